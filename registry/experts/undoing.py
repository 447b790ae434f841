"""Undo all that some accounts did to a profile since a moment, whatever others did meanwhile.

Unlike taking one change back, nothing that came later stands in the way: what others wrote stays,
without the decisions that it had taken over from what is undone.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access.policy import Actor, Near
from registry.experts import repository
from registry.experts.change_store import came_with
from registry.experts.choosing import (
    find_judgement,
    find_visibility,
    judgement_keys,
    visibility_keys,
)
from registry.experts.confirming import withdraw_proofs
from registry.experts.models import Change, ContactEvent, ItemChoice, Statement
from registry.experts.parties import SOURCES
from registry.experts.recording import refresh_summaries
from registry.experts.reverting import decided_again
from registry.experts.schemas import Visibility, usual_visibility
from registry.experts.standing import derive_standings
from registry.experts.values import external_ids_of
from registry.experts.writing import Act, begin_change, copy_of, write
from registry.ids import new_id
from registry.taxonomy.service import get_crosswalk

Slot = tuple[UUID, str, str, str]


@dataclass(frozen=True)
class _Undone:
    """What is undone: changes of these writers since then."""

    act: Act
    writers: Sequence[str]
    since: datetime
    changes: frozenset[UUID]


def undo_acts(
    session: Session,
    actor: Actor,
    expert_id: UUID,
    writers: Sequence[str],
    since: datetime,
    reason: str,
    now: datetime,
) -> dict[str, Any]:
    """Make a profile what it would be without these accounts, under one change.

    To be called by a service that has the right to it and holds the person's row.

    Args:
        writers: Ids of accounts, as changes name their actors.

    Returns:
        How many changes were undone, statements closed and said again.
    """
    near = Near(frozenset(Visibility), any_life=True)
    act = Act(actor, expert_id, "steward", near, new_id(), now)
    found = session.scalars(
        select(col(Change.id)).where(
            col(Change.expert_id) == expert_id,
            col(Change.actor).in_(writers),
            col(Change.created_at) >= since,
        )
    )
    undone = _Undone(act, writers, since, frozenset(found))
    begin_change(session, act, "revert", reason)
    closed, restored = _restore_statements(session, undone)
    made = _restore_choices(session, undone)
    _settle(session, undone, made)
    withdraw_proofs(session, act, writers)
    session.execute(
        update(Change)
        .where(col(Change.id).in_(undone.changes), col(Change.reverted_by).is_(None))
        .values(reverted_by=act.change_id)
    )
    _forget_confirmations(session, undone)
    refresh_summaries(session, [expert_id], get_crosswalk(session))
    return {"changes": len(undone.changes), "closed": closed, "restored": restored}


def _slot(row: Statement) -> Slot:
    return row.origin_id or row.expert_id, row.source, row.property, row.item_key


def _restore_statements(session: Session, undone: _Undone) -> tuple[int, int]:
    """Close what was written, and say again what was closed and would still be said."""
    expert_id, changes = undone.act.expert_id, undone.changes
    touched = session.scalars(
        select(Statement).where(
            col(Statement.expert_id) == expert_id,
            or_(col(Statement.change_id).in_(changes), col(Statement.closed_by).in_(changes)),
        )
    ).all()
    written = {row.id: row for row in touched if row.change_id in changes}
    current = repository.list_current(session, [expert_id])[expert_id]
    gone = [row for row in current if row.id in written or _is_own_word(row, undone)]
    taken = {_slot(row) for row in current if row not in gone}
    copies: dict[Slot, dict[str, Any]] = {}
    for row in sorted(touched, key=lambda row: row.id):
        closed = row.closed_by in changes and row.change_id not in changes
        if closed and _slot(row) not in taken and _is_still_said(row, written, changes):
            copies[_slot(row)] = copy_of(row, undone.act)
    supersedes = {r.id: copies[_slot(r)]["id"] for r in gone if _slot(r) in copies}
    closes = [row.id for row in gone if row.id not in supersedes]
    write(session, undone.act, copies.values(), supersedes, closes)
    return len(gone), len(copies)


def _is_own_word(row: Statement, undone: _Undone) -> bool:
    """Said in the person's name by one of the writers, also where others have checked it since."""
    return (
        row.source == SOURCES["expert"]
        and row.asserted_by in undone.writers
        and row.asserted_at >= undone.since
    )


def _is_still_said(
    row: Statement, written: Mapping[UUID, Statement], changes: Collection[UUID]
) -> bool:
    """Whether nobody else has closed meanwhile what took the place of this statement."""
    successor = written.get(row.superseded_by) if row.superseded_by else None
    while successor is not None:
        if successor.closed_by is not None and successor.closed_by not in changes:
            return False
        successor = written.get(successor.superseded_by) if successor.superseded_by else None
    return True


def _restore_choices(session: Session, undone: _Undone) -> list[ItemChoice]:
    """Close decisions that were made, and hold by those before; all that were made."""
    expert_id, changes = undone.act.expert_id, undone.changes
    touched = session.scalars(
        select(ItemChoice)
        .where(
            col(ItemChoice.expert_id) == expert_id,
            or_(col(ItemChoice.change_id).in_(changes), col(ItemChoice.closed_by).in_(changes)),
        )
        .order_by(col(ItemChoice.id))
    ).all()
    made = [choice for choice in touched if choice.change_id in changes]
    open_ids = [choice.id for choice in made if choice.superseded_at is None]
    repository.close_choices(session, open_ids, undone.act.now, undone.act.change_id)
    held = repository.list_choices(session, [expert_id]).get(expert_id, {})
    before = {
        (choice.property, choice.item_key): choice
        for choice in touched
        if choice.change_id not in changes and (choice.property, choice.item_key) not in held
    }
    again = [decided_again(choice, undone.act.change_id) for choice in before.values()]
    repository.add_rows(session, ItemChoice, again)
    return made


def _settle(session: Session, undone: _Undone, made: Sequence[ItemChoice]) -> None:
    """Free what others wrote of the decisions that it was under."""
    if not made:
        return
    expert_id = undone.act.expert_id
    void = {(choice.property, choice.item_key): choice for choice in made}
    holding = repository.list_choices(session, [expert_id]).get(expert_id, {})
    copies, supersedes = [], {}
    for row in repository.list_current(session, [expert_id])[expert_id]:
        external_ids = external_ids_of(row.property, row.value)
        keys = visibility_keys(row.item_key, external_ids)
        columns: dict[str, Any] = {}
        if find_visibility(void, row.property, keys) is not None:
            shown = find_visibility(holding, row.property, keys) or _before(session, undone, row)
            columns["visibility"] = (
                shown.visibility if shown is not None else usual_visibility(row.property).value
            )
            columns["named_bodies"] = shown.named_bodies if shown is not None else []
        keys = judgement_keys(row.item_key, external_ids, row.value)
        if find_judgement(void, row.property, keys) is not None:
            judged = find_judgement(holding, row.property, keys)
            columns["judgement"] = judged.judgement if judged is not None else None
            columns["judged_at"] = judged.chosen_at if judged is not None else None
        if any(getattr(row, name) != value for name, value in columns.items()):
            copies.append(copy_of(row, undone.act, **columns))
            supersedes[row.id] = copies[-1]["id"]
    write(session, undone.act, copies, supersedes)


def _before(session: Session, undone: _Undone, row: Statement) -> Statement | None:
    """The statement of this item and source that there was last before all that is undone."""
    return session.scalars(
        select(Statement)
        .outerjoin(Change, col(Change.id) == col(Statement.change_id))
        .where(
            came_with(Statement) == (row.origin_id or row.expert_id),
            col(Statement.source) == row.source,
            col(Statement.property) == row.property,
            col(Statement.item_key) == row.item_key,
            or_(col(Change.id).is_(None), col(Change.created_at) < undone.since),
        )
        .order_by(col(Statement.id).desc())
        .limit(1)
    ).first()


def _forget_confirmations(session: Session, undone: _Undone) -> None:
    """That "everything here is right" was not the person's word."""
    expert_id = undone.act.expert_id
    session.execute(
        delete(ContactEvent).where(
            col(ContactEvent.expert_id) == expert_id,
            col(ContactEvent.kind) == "confirmed",
            col(ContactEvent.recorded_by).in_(undone.writers),
            col(ContactEvent.at) >= undone.since,
        )
    )
    derive_standings(session, [expert_id])
