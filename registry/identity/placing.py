"""Rows about a person shown with the right one of his profiles, and taken back from there.

Nothing is merged in the tables: a row that is shown elsewhere knows the profile that it came with.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session
from sqlmodel import SQLModel, col

from registry.access.policy import Actor
from registry.councils.models import CouncilTerm
from registry.experts import repository
from registry.experts.change_store import came_with
from registry.experts.models import Change, ContactEvent, Disclosure, Expert, Statement
from registry.experts.recording import refresh_summaries
from registry.experts.standing import derive_standings
from registry.experts.writing import SAID
from registry.ids import new_id
from registry.rights.models import Consideration
from registry.taxonomy.service import get_crosswalk

__all__ = ["place", "renew", "restore"]

_MOVED: Final[tuple[type[SQLModel], ...]] = (
    Statement,
    Consideration,
    CouncilTerm,
    Disclosure,
    ContactEvent,
)


def place(session: Session, origin: UUID, shown_with: UUID) -> None:
    """Have all that came with a profile be shown with another one, or with itself again."""
    session.flush()
    for table in _MOVED:
        of_it: Any = table
        session.execute(
            update(table)
            .where(
                or_(
                    col(of_it.origin_id) == origin,
                    (col(of_it.expert_id) == origin) & col(of_it.origin_id).is_(None),
                )
            )
            .values(expert_id=shown_with, origin_id=None if origin == shown_with else origin)
            .execution_options(synchronize_session=False)
        )
    session.expire_all()


def renew(session: Session, people: Collection[UUID]) -> None:
    """Derive anew what follows from the rows of these profiles, here and in the indexes."""
    ids = sorted(people)
    refresh_summaries(session, ids, get_crosswalk(session))
    derive_standings(session, ids)
    # Whoever has lost rows has changed as well, though none of his is written.
    session.execute(
        update(Expert)
        .where(col(Expert.id).in_(ids))
        .values(life=col(Expert.life))
        .execution_options(synchronize_session=False)
    )


def restore(
    session: Session, actor: Actor, origin: UUID, former: UUID, change_id: UUID, now: datetime
) -> None:
    """Make a profile that was shown with another what it would be without what was done there.

    What its sources said meanwhile stays; what was corrected, rejected or hidden as part of the
    other profile was not said of this person.

    Args:
        former: The profile that it was shown with; the rows are its own again.
        change_id: Of the change that is begun here when anything is to be written.
    """
    rows = session.scalars(
        select(Statement).where(came_with(Statement) == origin).order_by(col(Statement.id))
    ).all()
    there = set(session.scalars(select(col(Change.id)).where(col(Change.expert_id) == former)))
    own = repository.list_choices(session, [origin]).get(origin, {})
    copies, supersedes, closes = [], {}, []
    for slot in _by_slot(rows):
        said = [row for row in slot if row.change_id not in there]
        wanted = said[-1] if said and not _ended(said[-1], there) else None
        current = next((row for row in slot if row.superseded_at is None), None)
        if wanted is None:
            closes += [current.id] if current is not None else []
            continue
        lifted = {"judgement": None, "judged_at": None} if not own and wanted.judgement else {}
        if current is wanted and not lifted:
            continue
        said_again = {name: getattr(wanted, name) for name in SAID}
        copy = {**said_again, "id": new_id(), "change_id": change_id, **lifted}
        copies.append(copy)
        if current is not None:
            supersedes[current.id] = copy["id"]
    if not copies and not closes:
        return
    repository.begin_change(session, change_id, "merge", actor.id, now, expert_id=origin)
    repository.close(session, [*supersedes, *closes], now, change_id)
    repository.add_rows(session, Statement, copies)
    repository.link_successors(session, list(supersedes.items()))


def _by_slot(rows: Sequence[Statement]) -> Iterator[list[Statement]]:
    slots: dict[tuple[str, str, str], list[Statement]] = {}
    for row in rows:
        slots.setdefault((row.source, row.property, row.item_key), []).append(row)
    yield from slots.values()


def _ended(row: Statement, there: Collection[UUID]) -> bool:
    """Whether somebody else than an editor of the other profile has closed it for good."""
    return row.superseded_at is not None and row.closed_by not in there
