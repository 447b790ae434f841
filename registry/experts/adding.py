"""New statements of a person: one, or many under one change that can be taken back as a whole."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access.policy import Actor
from registry.errors import InvalidInputError, NotPermittedError
from registry.experts import contacts, kept
from registry.experts import editing_words as words
from registry.experts.confirming import find_proved
from registry.experts.judging import Shown, guard_origin, named
from registry.experts.models import Statement
from registry.experts.own_rows import free_key, row_of, settle, stay_rejected
from registry.experts.proofs import proof_of
from registry.experts.schemas import StatementDraft
from registry.experts.versions import check_profile
from registry.experts.writing import (
    Act,
    begin_change,
    finish,
    open_act,
    require_reason,
    write,
)

# So many that a file can bring; what is added together is taken back together.
MOST_AT_ONCE: Final = 1_000
_WEB: Final = re.compile(r"https?://[^\s\"'<>]{1,1990}", re.IGNORECASE)


def add_items(
    session: Session,
    actor: Actor,
    expert_id: UUID,
    drafts: Sequence[StatementDraft],
    *,
    seen: Collection[str],
    now: datetime,
    reason: str | None = None,
) -> tuple[UUID, list[Statement]]:
    """State many things of a person under one change: all of them, or nothing.

    What is stated by the same party already is passed over, so that a file that is brought once
    more adds what is new in it.

    Args:
        drafts: Of each only property, value, dates and evidence count, as of a single one.
        seen: Versions of the profile that they may be based on.

    Returns:
        The change, and the new statements in the order of their drafts; none when all was stated
        before, and then there is no change.

    Raises:
        NotFoundError: No such profile, or none that the actor has a part in.
        NotPermittedError: A section or the origin is not his to write.
        ChangedMeanwhileError: The profile is no longer what was seen.
        InvalidInputError: Nothing is chosen, too much at once, or a part cannot be.
    """
    act = open_act(session, actor, expert_id, now)
    for draft in drafts:
        guard_section(act, draft)
    check_profile(session, act, seen)
    if not drafts:
        raise InvalidInputError(words.NOTHING_CHOSEN_HERE)
    if len(drafts) > MOST_AT_ONCE:
        raise InvalidInputError(words.TOO_MANY_AT_ONCE)
    said: dict[str, list[Statement]] = {}
    rows: list[dict[str, Any]] = []
    for draft in drafts:
        check_draft(draft, reason)
        name = draft.property
        if name not in said:
            said[name] = kept.list_property(session, expert_id, name)
        try:
            row = added_row(session, act, draft, said[name])
        except InvalidInputError as exc:
            if str(exc) != words.ALREADY_SAID:
                raise
            continue
        rows.append(row)
        # The next one of these drafts finds it said.
        said[name].append(Statement(**row))
    if rows:
        begin_change(session, act, "edit", reason)
        write(session, act, rows, {})
        ids = [str(row["id"]) for row in rows]
        finish(session, act, "statement:add", {"statements": ids})
    return act.change_id, [session.get_one(Statement, row["id"]) for row in rows]


def guard_section(act: Act, draft: StatementDraft) -> None:
    """Refuse what is not in the sections of a delegate, and origin by somebody else's word.

    Raises:
        NotPermittedError: It is not the actor's to state.
    """
    if act.near.sections is not None and draft.property not in act.near.sections:
        raise NotPermittedError(words.OUTSIDE_SECTIONS)
    guard_origin(act, draft.property)


def added_row(
    session: Session,
    act: Act,
    draft: StatementDraft,
    said: Collection[Statement],
    shown: Shown | None = None,
) -> dict[str, Any]:
    """The row of a new statement, as it is to be stored.

    Args:
        said: All current statements of the property.
        shown: Who may see it; None: as was chosen for this item before, else as is usual.

    Raises:
        InvalidInputError: It is stated already.
    """
    stored = contacts.stored_value(session, act.expert_id, draft.value)
    row = row_of(act, draft, stored, free_key(act, draft, stored, said))
    if shown is None:
        settle(session, act, row, draft, stored)
    else:
        row["visibility"], row["named_bodies"] = shown.visibility.value, named(shown)
    stay_rejected(session, act, row, draft)
    proved = find_proved(session, act.expert_id)
    return row | proof_of(proved, draft.property, row["value"], act.now)


def check_draft(draft: StatementDraft, reason: str | None) -> None:
    """Refuse evidence without an address, and a reason that nobody would read.

    Raises:
        InvalidInputError: One of them.
    """
    if draft.evidence_url is not None and not _WEB.fullmatch(draft.evidence_url):
        raise InvalidInputError(words.EVIDENCE_ADDRESS)
    require_reason(reason, needed=False)
