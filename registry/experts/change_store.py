"""SQL of changes: which there are, and what each of them wrote and closed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Uuid,
    and_,
    any_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    union,
)
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.experts.models import Change, ExpertSummary, Statement


@dataclass(frozen=True)
class Scope:
    """A change, or some of its statements, by ids of rows that it wrote or closed.

    Args:
        only: These alone; None: all.
        but: All but these.
    """

    change_id: UUID
    only: Collection[UUID] | None = None
    but: Collection[UUID] = ()

    def written(self, table: Any = Statement) -> ColumnElement[bool]:
        """What it wrote, but for what it superseded itself."""
        mine = and_(
            col(table.change_id) == self.change_id,
            col(table.closed_by).is_distinct_from(self.change_id),
        )
        return and_(mine, *self._limits(table))

    def closed(self, table: Any = Statement) -> ColumnElement[bool]:
        """What it closed, but for what it wrote itself."""
        others = and_(
            col(table.closed_by) == self.change_id,
            col(table.change_id).is_distinct_from(self.change_id),
        )
        return and_(others, *self._limits(table))

    def _limits(self, table: Any) -> list[ColumnElement[bool]]:
        found = []
        if self.only is not None:
            found.append(among(col(table.id), self.only))
        if self.but:
            found.append(~among(col(table.id), self.but))
        return found


def among(column: Any, ids: Collection[UUID]) -> ColumnElement[bool]:
    """Whether a column holds one of these ids."""
    # One array parameter: thousands of parameters are parsed anew each time.
    condition: ColumnElement[bool] = column == any_(bindparam(None, list(ids), ARRAY(Uuid)))
    return condition


def came_with(table: Any) -> ColumnElement[UUID]:
    """The profile that a statement came with, whichever shows it now."""
    found: ColumnElement[UUID] = func.coalesce(col(table.origin_id), col(table.expert_id))
    return found


def _touching(seen: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a change wrote or closed a statement that is seen."""
    return or_(
        exists().where(col(Statement.change_id) == col(Change.id), seen),
        exists().where(col(Statement.closed_by) == col(Change.id), seen),
    )


def list_changes(
    session: Session,
    seen: ColumnElement[bool],
    *,
    expert_id: UUID | None = None,
    kind: str | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> list[Change]:
    """Changes of which something is seen, newest first."""
    query = select(Change)
    if expert_id is None:
        # That a batch was loaded tells nothing of a person.
        query = query.where(or_(col(Change.expert_id).is_(None), _touching(seen)))
    else:
        of_him = and_(col(Statement.expert_id) == expert_id, seen)
        ids = union(
            select(col(Statement.change_id)).where(of_him),
            select(col(Statement.closed_by)).where(of_him),
        )
        query = query.where(col(Change.id).in_(ids))
    if kind is not None:
        query = query.where(col(Change.kind) == kind)
    if before is not None:
        query = query.where(col(Change.id) < before)
    return list(session.scalars(query.order_by(col(Change.id).desc()).limit(limit)))


def count_rows(
    session: Session,
    change_ids: Sequence[UUID],
    seen: ColumnElement[bool],
    expert_id: UUID | None = None,
) -> dict[UUID, tuple[int, int, int, list[str]]]:
    """Statements written and closed, people, and properties of each change, as far as is seen."""
    rows = []
    for column, other in ((Statement.change_id, Statement.closed_by), (Statement.closed_by, None)):
        # What a batch wrote and superseded itself is neither.
        passing = col(other if other is not None else Statement.change_id)
        query: Any = select(
            col(column).label("change"),
            literal(int(column is Statement.change_id)).label("is_written"),
            col(Statement.expert_id).label("person"),
            col(Statement.property).label("property"),
        ).where(among(col(column), change_ids), passing.is_distinct_from(col(column)), seen)
        if expert_id is not None:
            query = query.where(col(Statement.expert_id) == expert_id)
        rows.append(query)
    found = rows[0].union_all(rows[1]).subquery()
    written = func.count().filter(found.c.is_written == 1)
    counted = session.execute(
        select(
            found.c.change,
            written,
            func.count() - written,
            func.count(found.c.person.distinct()),
            func.array_agg(found.c.property.distinct()),
        ).group_by(found.c.change)
    )
    return {row[0]: (row[1], row[2], row[3], sorted(row[4])) for row in counted}


def list_rows(
    session: Session,
    change_id: UUID,
    seen: ColumnElement[bool],
    *,
    expert_id: UUID | None = None,
    after: UUID | None = None,
    people: int = 20,
) -> tuple[list[Statement], UUID | None]:
    """What a change wrote and closed of some people, and whom the next page comes after.

    Args:
        after: Only people with a greater id.
        people: How many at most.
    """
    scope = Scope(change_id)
    touched = and_(or_(scope.written(), scope.closed()), seen)
    persons = select(col(Statement.expert_id)).where(touched).distinct()
    if expert_id is not None:
        persons = persons.where(col(Statement.expert_id) == expert_id)
    if after is not None:
        persons = persons.where(col(Statement.expert_id) > after)
    ids = list(session.scalars(persons.order_by(col(Statement.expert_id)).limit(people + 1)))
    shown, more = ids[:people], len(ids) > people
    rows = session.scalars(
        select(Statement)
        .where(touched, among(col(Statement.expert_id), shown))
        .order_by(col(Statement.expert_id), col(Statement.id))
    )
    return list(rows), shown[-1] if more else None


def find_seen(
    session: Session, statement_ids: Collection[UUID], seen: ColumnElement[bool]
) -> set[UUID]:
    """Those of the statements that are seen."""
    query = select(col(Statement.id)).where(among(col(Statement.id), statement_ids), seen)
    return set(session.scalars(query))


def list_names(session: Session, expert_ids: Collection[UUID]) -> dict[UUID, str]:
    """Public names by person; those without one are missing."""
    rows = session.execute(
        select(col(ExpertSummary.expert_id), col(ExpertSummary.display_name)).where(
            among(col(ExpertSummary.expert_id), expert_ids)
        )
    )
    return {row[0]: row[1] for row in rows}
