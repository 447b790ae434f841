"""Statements that a sign-in at their source confirms: written so, and withdrawn with the claim."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, cast, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access.holding import list_proved
from registry.access.models import Account
from registry.access.policy import OWN_SIGHT, Actor
from registry.experts import kept, repository
from registry.experts.models import Statement
from registry.experts.proofs import ORCID_SIGN_IN, UNVERIFIED, Proved, proof_of
from registry.experts.schemas import Verification
from registry.experts.writing import Act, begin_change, copy_of, finish, write
from registry.ids import new_id


def find_proved(session: Session, expert_id: UUID) -> Proved | None:
    """What the holder of one profile has proved by signing in."""
    return list_proved(session, [expert_id]).get(expert_id)


def confirm(session: Session, holder: Actor, expert_id: UUID, now: datetime) -> int:
    """Confirm what the holder's sign-in proves of the profile, whichever source states it.

    To be called by a service that holds the person's row: when a profile becomes somebody's, and
    when its holder proves another iD. What a steward checked stays so; what the holder says is
    not his stays claimed.

    Returns:
        How many statements were confirmed.
    """
    proved = find_proved(session, expert_id)
    act = Act(holder, expert_id, "expert", OWN_SIGHT, new_id(), now)
    copies, supersedes = [], {}
    for row in kept.list_property(session, expert_id, "external_id"):
        columns = proof_of(proved, row.property, row.value, now)
        is_open = row.verification == Verification.CLAIMED and row.judgement != "rejected"
        if columns and is_open:
            copies.append(copy_of(row, act, **columns))
            supersedes[row.id] = copies[-1]["id"]
    if not copies:
        return 0
    begin_change(session, act, "verify")
    write(session, act, copies, supersedes)
    made = [str(copy["id"]) for copy in copies]
    finish(session, act, "statement:confirm", {"method": ORCID_SIGN_IN, "statements": made})
    return len(copies)


def withdraw_proofs(session: Session, act: Act, accounts: Collection[str]) -> None:
    """Note that what these accounts proved was not of this person: it is claimed again.

    Args:
        act: Of the change under which it is written.
    """
    rows = repository.list_current(session, [act.expert_id])[act.expert_id]
    void = [r for r in rows if is_by_sign_in(r) and r.verified_by in accounts]
    copies = [copy_of(row, act, **UNVERIFIED) for row in void]
    made = {row.id: copy["id"] for row, copy in zip(void, copies, strict=True)}
    write(session, act, copies, made)


def drop_unproved(session: Session, change_id: UUID) -> None:
    """Of what a change has said again, let only the proofs of present holders stand."""
    holders = select(cast(col(Account.id), Text)).where(
        col(Account.expert_id) == col(Statement.expert_id), col(Account.closed_at).is_(None)
    )
    session.execute(
        update(Statement)
        .where(
            col(Statement.change_id) == change_id,
            col(Statement.verification_method) == ORCID_SIGN_IN,
            col(Statement.verified_by).not_in(holders),
        )
        .values(**UNVERIFIED)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()


def is_by_sign_in(row: Statement) -> bool:
    """Whether a statement is confirmed by a sign-in."""
    return row.verification == Verification.CONFIRMED and row.verification_method == ORCID_SIGN_IN
