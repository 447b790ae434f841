"""A steward's check of one statement on a document, and its withdrawal."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access.policy import Actor, require
from registry.errors import InvalidInputError, NotPermittedError
from registry.experts import editing_words as words
from registry.experts import kept
from registry.experts.confirming import find_proved, is_by_sign_in
from registry.experts.models import Statement
from registry.experts.proofs import UNVERIFIED, proof_of
from registry.experts.schemas import Verification
from registry.experts.versions import current_item
from registry.experts.writing import (
    Act,
    begin_change,
    copy_of,
    finish,
    open_act,
    require_reason,
    write,
)
from registry.text import clean

METHODS: Final = ("document", "register", "interview")
MAX_DOCUMENT: Final = 500


def verify_item(
    session: Session,
    actor: Actor,
    expert_id: UUID,
    statement_id: UUID,
    method: str,
    document: str,
    *,
    seen: Collection[str],
    now: datetime,
) -> Statement:
    """Note that a statement was checked: how, and on which document.

    It holds for this one statement: what another source says of the item is not checked by it,
    and what is said anew has to be checked anew.

    Args:
        method: One of `METHODS`.
        document: What was looked at, so that somebody else finds it again.
        seen: Versions of the statement that the check was made on.

    Raises:
        NotFoundError: The steward sees no such statement.
        NotPermittedError: It is his own profile.
        ChangedMeanwhileError: It is no longer what was seen.
        InvalidInputError: An unknown method, or no document.
    """
    act = _open(session, actor, expert_id, now)
    target = current_item(session, act, statement_id, seen)
    looked_at = clean(document)
    if method not in METHODS:
        raise InvalidInputError(words.METHOD_UNKNOWN)
    if not looked_at:
        raise InvalidInputError(words.DOCUMENT_MISSING)
    if len(looked_at) > MAX_DOCUMENT:
        raise InvalidInputError(words.DOCUMENT_LONG)
    columns = {
        "verification": Verification.CHECKED.value,
        "verified_by": actor.id,
        "verified_at": now,
        "verification_method": method,
        "verification_document": looked_at,
    }
    return _resay(session, act, target, columns, None, "statement:verify")


def withdraw_verification(
    session: Session,
    actor: Actor,
    expert_id: UUID,
    statement_id: UUID,
    reason: str,
    *,
    seen: Collection[str],
    now: datetime,
) -> Statement:
    """Note that a check does not hold: the statement is again what its source made it.

    Raises:
        NotFoundError: The steward sees no such statement.
        NotPermittedError: It is his own profile.
        ChangedMeanwhileError: It is no longer what was seen.
        InvalidInputError: It is not checked, or the reason is missing.
    """
    act = _open(session, actor, expert_id, now)
    target = current_item(session, act, statement_id, seen)
    require_reason(reason)
    if target.verification != Verification.CHECKED:
        raise InvalidInputError(words.NOT_CHECKED)
    columns = _before_checks(session, target, now)
    return _resay(session, act, target, columns, reason, "statement:unverify")


def _open(session: Session, actor: Actor, expert_id: UUID, now: datetime) -> Act:
    require(actor, "statement:verify")
    if actor.expert_id == expert_id:
        raise NotPermittedError(words.NOT_ONESELF)
    office = "statement:verify"
    return open_act(session, actor, expert_id, now, own=office, office=office, kept=None)


def _resay(
    session: Session,
    act: Act,
    target: Statement,
    columns: Mapping[str, object],
    reason: str | None,
    action: str,
) -> Statement:
    copy = copy_of(target, act, **columns)
    begin_change(session, act, "verify", reason)
    write(session, act, [copy], {target.id: copy["id"]})
    finish(session, act, action, {"statement": str(copy["id"])})
    return session.get_one(Statement, copy["id"])


def _before_checks(session: Session, row: Statement, now: datetime) -> Mapping[str, Any]:
    """How the statement was verified, in the same words, before anybody checked it."""
    while row.verification == Verification.CHECKED:
        earlier = [
            each
            for each in kept.list_predecessors(session, [row.id])
            if each.value_hash == row.value_hash
        ]
        if not earlier:
            return UNVERIFIED
        row = earlier[-1]
    if is_by_sign_in(row):
        # Whoever signed in so must hold the profile still: a check by others is no new proof of it.
        proved = find_proved(session, row.expert_id)
        return proof_of(proved, row.property, row.value, row.verified_at or now) or UNVERIFIED
    return {name: getattr(row, name) for name in UNVERIFIED}
