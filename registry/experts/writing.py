"""The ground of every edit: who acts as what, one change, rows that supersede rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access.holding import lock_expert
from registry.access.policy import Actor, Near
from registry.audit import service as audit
from registry.errors import InvalidInputError
from registry.experts import editing_words as words
from registry.experts import repository
from registry.experts.models import Statement
from registry.experts.parties import Party, party_for, sight_of, unknown_expert
from registry.experts.recording import refresh_summaries
from registry.experts.schemas import Life
from registry.ids import new_id
from registry.taxonomy.service import get_crosswalk
from registry.text import clean
from registry.vault import service as vault

MAX_REASON: Final = 2_000

# What a row is, and not what it says: a copy has its own.
_OF_THE_ROW: Final = frozenset(
    {"id", "change_id", "closed_by", "superseded_by", "superseded_at", "recorded_at"}
)
SAID: Final = tuple(
    column.name
    for column in Statement.__table__.columns  # type: ignore[attr-defined]
    if column.name not in _OF_THE_ROW
)


@dataclass(frozen=True)
class Act:
    """Something that somebody does to one profile, whose row is held until it is done.

    Args:
        near: What he sees of the profile.
    """

    actor: Actor
    expert_id: UUID
    party: Party
    near: Near
    change_id: UUID
    now: datetime


def open_act(
    session: Session,
    actor: Actor,
    expert_id: UUID,
    now: datetime,
    *,
    own: str = "statement:edit_own",
    office: str = "statement:edit",
    kept: str | None = "statement:edit_own",
) -> Act:
    """Begin: as what the actor acts is settled, and nobody else edits this profile meanwhile.

    Raises:
        NotFoundError: No such profile, or none that the actor has a part in.
        NotPermittedError: It is his or in his keeping, but this is not for him to do.
    """
    party = party_for(actor, expert_id, own=own, office=office, kept=kept)
    expert = lock_expert(session, expert_id)
    if expert is None or expert.life == Life.ERASED:
        raise unknown_expert(expert_id)
    return Act(actor, expert_id, party, sight_of(actor, expert_id, party), new_id(), now)


def begin_change(session: Session, act: Act, kind: str, reason: str | None = None) -> None:
    """Note the change under which all that follows is written; the reason is sealed."""
    said = clean(reason or "")
    repository.begin_change(
        session,
        act.change_id,
        kind,
        act.actor.id,
        act.now,
        expert_id=act.expert_id,
        on_behalf_of=act.expert_id if act.party != "expert" else None,
        label=act.party,
        words=vault.seal(session, act.expert_id, said) if said else None,
    )


def require_reason(reason: str | None, needed: bool = True) -> None:
    """Refuse an act without a reason, or with one that nobody would read.

    Raises:
        InvalidInputError: It is needed and missing, or too long.
    """
    said = clean(reason or "")
    if needed and not said:
        raise InvalidInputError(words.REASON_MISSING)
    if len(said) > MAX_REASON:
        raise InvalidInputError(words.REASON_LONG)


def copy_of(row: Statement, act: Act, **changes: Any) -> dict[str, Any]:
    """A row that says the same as another, but for the given columns."""
    said = {name: getattr(row, name) for name in SAID}
    return {**said, "id": new_id(), "change_id": act.change_id, **changes}


def write(
    session: Session,
    act: Act,
    rows: Iterable[Mapping[str, Any]],
    supersedes: Mapping[UUID, UUID],
    closes: Sequence[UUID] = (),
) -> None:
    """Write statements of the act's change.

    Args:
        rows: New statements; each has every column of `SAID`.
        supersedes: Old statement to the new one that says it anew.
        closes: Statements that nobody says any more.
    """
    # Closed first (the new row's id is filled in after it exists): one current row an item.
    gone = [*supersedes, *closes]
    closed = repository.close(session, gone, act.now, act.change_id)
    assert len(closed) == len(set(gone)), "the profile's row is held, so nobody closed one before"
    repository.add_rows(session, Statement, list(rows))
    repository.link_successors(session, list(supersedes.items()))


def finish(session: Session, act: Act, action: str, details: dict[str, Any]) -> None:
    """Derive the summary anew, and note the act."""
    refresh_summaries(session, [act.expert_id], get_crosswalk(session))
    audit.record(
        session,
        act.actor,
        action,
        about=act.expert_id,
        subject=f"change:{act.change_id}",
        details={"as": act.party, **details},
    )
