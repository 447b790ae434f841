"""SQL of taking a change back.

A batch may concern hundreds of thousands of statements: they are compared, closed and said again
in sets, and never row by row.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Uuid,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    union,
    update,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from registry.db import LOAD_LOCK
from registry.experts.change_store import Scope, among, came_with, find_seen
from registry.experts.models import Change, ExpertSummary, ItemChoice, Statement
from registry.experts.writing import SAID


def hold_change(session: Session, change_id: UUID) -> Change | None:
    """A change, held until the transaction ends: it is taken back once."""
    return session.get(Change, change_id, with_for_update=True, populate_existing=True)


def hold_loads(session: Session) -> bool:
    """Keep loads away until the transaction ends; False when one is running."""
    return bool(session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": LOAD_LOCK}))


def list_people(session: Session, scope: Scope) -> list[UUID]:
    """Whose statements it wrote or closed, by id."""
    people = select(col(Statement.expert_id)).where(or_(scope.written(), scope.closed()))
    chosen = select(col(ItemChoice.expert_id)).where(
        or_(col(ItemChoice.change_id) == scope.change_id, _closed_choice(scope.change_id))
    )
    found = union(people, chosen) if scope.only is None else people.distinct()
    return sorted(session.scalars(found))


def widen(session: Session, scope: Scope, ids: Collection[UUID]) -> set[UUID]:
    """The rows of a change together with those that they supersede, or that supersede them."""
    mine = or_(scope.written(), scope.closed())
    rows = session.execute(
        select(col(Statement.id), col(Statement.superseded_by)).where(
            mine,
            or_(
                among(col(Statement.id), ids),
                among(col(Statement.superseded_by), ids),
            ),
        )
    ).all()
    found = {row[0] for row in rows}
    after = {row[1] for row in rows if row[1] is not None and row[0] in set(ids)}
    return found | (find_seen(session, after, mine) if after else set())


@dataclass(frozen=True)
class Later:
    """A statement of a change whose item was changed again.

    Args:
        statement_id: A row that the change wrote or closed.
        change_id: The later change; None for rows of an earlier version of this program.
    """

    statement_id: UUID
    expert_id: UUID
    property: str
    change_id: UUID | None


def list_changed_later(session: Session, scope: Scope) -> list[Later]:
    """Rows that the change wrote and others closed, and items that others said anew since."""
    closed = select(
        col(Statement.id),
        col(Statement.expert_id),
        col(Statement.property),
        col(Statement.closed_by),
    ).where(scope.written(), col(Statement.superseded_at).is_not(None))
    old, new = aliased(Statement), aliased(Statement)
    said_anew = (
        select(col(old.id), col(old.expert_id), col(old.property), col(new.change_id))
        .join(
            new,
            and_(
                came_with(new) == came_with(old),
                col(new.source) == col(old.source),
                col(new.property) == col(old.property),
                col(new.item_key) == col(old.item_key),
                # Ids are in the order of writing.
                col(new.id) > col(old.id),
                col(new.change_id).is_distinct_from(scope.change_id),
            ),
        )
        .where(scope.closed(old))
        .ext(distinct_on(col(old.id)))
        .order_by(col(old.id), col(new.id).desc())
    )
    found = {row[0]: Later(*row) for query in (closed, said_anew) for row in session.execute(query)}
    return sorted(found.values(), key=lambda later: (later.expert_id, later.statement_id))


def has_property(session: Session, scope: Scope, property_name: str) -> bool:
    """Whether a change wrote or closed a statement of this property."""
    mine = or_(scope.written(), scope.closed())
    query = select(exists().where(mine, col(Statement.property) == property_name))
    return bool(session.scalar(query))


def has_others(session: Session, scope: Scope) -> bool:
    """Whether the change has statements beside those that are chosen."""
    whole = Scope(scope.change_id, but=scope.only or ())
    return bool(session.scalar(select(exists().where(or_(whole.written(), whole.closed())))))


def moves_checks(session: Session, scope: Scope) -> bool:
    """Whether taking it back would make or withdraw a check of words that stay the same."""
    old, new = aliased(Statement), aliased(Statement)
    differ = or_(
        *(
            col(getattr(new, name)).is_distinct_from(col(getattr(old, name)))
            for name in ("verification", "verified_at", "verification_document")
        )
    )
    query = select(
        exists().where(
            scope.closed(old),
            col(old.superseded_by) == col(new.id),
            col(old.value_hash) == col(new.value_hash),
            differ,
        )
    )
    return bool(session.scalar(query))


def take_back(session: Session, scope: Scope, at: datetime, change_id: UUID) -> tuple[int, int]:
    """Close what the change wrote, and say anew, under another change, what it closed.

    Returns:
        How many statements were closed, and said anew.
    """
    closed = session.execute(
        update(Statement)
        .where(scope.written(), col(Statement.superseded_at).is_(None))
        .values(superseded_at=at, closed_by=change_id)
        .execution_options(synchronize_session=False)
    )
    source = (
        select(
            func.uuidv7(type_=Uuid).label("fresh"),
            col(Statement.superseded_by).label("successor"),
            *(getattr(Statement, name) for name in SAID),
        )
        .where(scope.closed())
        .cte("source")
    )
    again = (
        insert(Statement)
        .from_select(
            ["id", "change_id", *SAID],
            select(source.c.fresh, literal(change_id, Uuid), *(source.c[name] for name in SAID)),
        )
        .returning(col(Statement.id))
        .cte("again")
    )
    # One command: the new ids are known in it alone.
    session.execute(
        update(Statement)
        .where(col(Statement.id) == source.c.successor, col(Statement.closed_by) == change_id)
        .values(superseded_by=source.c.fresh)
        .add_cte(again)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
    said = session.scalar(
        select(func.count()).select_from(Statement).where(col(Statement.change_id) == change_id)
    )
    return closed.rowcount, said or 0  # type: ignore[attr-defined]


def _closed_choice(change_id: UUID) -> ColumnElement[bool]:
    return and_(
        col(ItemChoice.closed_by) == change_id,
        col(ItemChoice.change_id).is_distinct_from(change_id),
    )


def list_choices_of(session: Session, change_id: UUID) -> tuple[list[ItemChoice], list[ItemChoice]]:
    """Decisions that a change made, and those that it superseded."""
    made = select(ItemChoice).where(col(ItemChoice.change_id) == change_id)
    closed = select(ItemChoice).where(_closed_choice(change_id))
    order = col(ItemChoice.id)
    return (
        list(session.scalars(made.order_by(order))),
        list(session.scalars(closed.order_by(order))),
    )


def list_newer_choices(session: Session, choice: ItemChoice, but: UUID) -> list[ItemChoice]:
    """Decisions about the same item that other changes made later."""
    return list(
        session.scalars(
            select(ItemChoice).where(
                col(ItemChoice.expert_id) == choice.expert_id,
                col(ItemChoice.property) == choice.property,
                col(ItemChoice.item_key) == choice.item_key,
                col(ItemChoice.id) > choice.id,
                col(ItemChoice.change_id) != but,
            )
        )
    )


def list_under_choice(session: Session, choice: ItemChoice, but: UUID) -> list[Statement]:
    """Current statements that a decision was applied to when they were written later."""
    follows = []
    if choice.visibility is not None:
        follows.append(col(Statement.visibility) == choice.visibility)
    if choice.judgement is not None:
        follows.append(col(Statement.judgement) == choice.judgement)
    return list(
        session.scalars(
            select(Statement).where(
                col(Statement.expert_id) == choice.expert_id,
                col(Statement.property) == choice.property,
                col(Statement.item_key) == choice.item_key,
                col(Statement.superseded_at).is_(None),
                col(Statement.id) > choice.id,
                col(Statement.change_id).is_distinct_from(but),
                or_(*follows),
            )
        )
    )


def list_said_again(session: Session, expert_id: UUID, change_id: UUID) -> list[Statement]:
    """What a revert has said again of one person."""
    query = select(Statement).where(
        col(Statement.change_id) == change_id, col(Statement.expert_id) == expert_id
    )
    return list(session.scalars(query.order_by(col(Statement.id))))


def drop_empty_summaries(session: Session, expert_ids: Sequence[UUID]) -> list[UUID]:
    """Take those of the people out of all lists of whom nothing is stated any more."""
    said = exists().where(
        col(Statement.expert_id) == col(ExpertSummary.expert_id),
        col(Statement.superseded_at).is_(None),
    )
    return list(
        session.scalars(
            delete(ExpertSummary)
            .where(among(col(ExpertSummary.expert_id), expert_ids), ~said)
            .returning(col(ExpertSummary.expert_id))
            .execution_options(synchronize_session=False)
        )
    )


def mark_taken_back(session: Session, change_id: UUID, by: UUID) -> None:
    """Note on a change that another one took it back."""
    session.execute(update(Change).where(col(Change.id) == change_id).values(reverted_by=by))
