"""SQL of those who keep a profile: what they see of its items, now and as they were."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from registry.access.policy import Near
from registry.experts.models import Change, Expert, ExpertSummary, ItemChoice, Statement
from registry.experts.schemas import Life, Visibility


def within(near: Near) -> ColumnElement[bool]:
    """What somebody who keeps a profile sees, as a condition on `statement`, closed ones included.

    Of an item that the person has hidden since, he no longer sees what it was before, also under
    the keys that it had before it was corrected.
    """
    levels = [level.value for level in near.levels]
    conditions: list[ColumnElement[bool]] = [col(Statement.visibility).in_(levels)]
    if set(near.levels) != set(Visibility):
        chosen = aliased(ItemChoice)
        hides = and_(
            col(chosen.expert_id) == col(Statement.expert_id),
            col(chosen.property) == col(Statement.property),
            col(chosen.superseded_at).is_(None),
            col(chosen.visibility).is_not(None),
            col(chosen.visibility).not_in(levels),
        )
        conditions += [
            ~exists().where(hides, col(chosen.item_key) == col(Statement.item_key)),
            or_(
                col(Statement.superseded_at).is_(None),
                # Asked first, since it is seldom so: the walk is then spared.
                ~exists().where(hides),
                ~exists().where(hides, col(chosen.item_key).in_(_later_keys())),
            ),
        ]
    if near.sections is not None:
        conditions.append(col(Statement.property).in_(sorted(near.sections)))
    return and_(*conditions)


def _later_keys() -> Select[str]:
    """Keys of all that has come of the statement's item, whichever source said it under one.

    A correction may give an item another key (of another title or DOI), and the row that stood
    for it in another source ends under the old one.
    """
    old, new = aliased(Statement), aliased(Statement)
    walk = (
        select(col(Statement.item_key).label("item_key"))
        .correlate(Statement)
        .cte("later_keys", recursive=True, nesting=True)
    )
    walk = walk.union(
        select(col(new.item_key))
        .select_from(walk)
        .join(
            old,
            and_(
                col(old.expert_id) == col(Statement.expert_id),
                col(old.property) == col(Statement.property),
                col(old.item_key) == walk.c.item_key,
            ),
        )
        .join(new, col(new.id) == col(old.superseded_by))
        .correlate(Statement)
    )
    return select(walk.c.item_key)


def find_kept(session: Session, expert_id: UUID) -> tuple[Expert, ExpertSummary | None] | None:
    """A person in whatever state but erased; without a summary when no name of his is public."""
    row = session.execute(
        select(Expert, ExpertSummary)
        .outerjoin(ExpertSummary, col(ExpertSummary.expert_id) == col(Expert.id))
        .where(col(Expert.id) == expert_id, col(Expert.life) != Life.ERASED.value)
    ).first()
    return (row[0], row[1]) if row is not None else None


def list_kept(session: Session, expert_id: UUID, near: Near) -> list[Statement]:
    """The current statements of a profile that he sees, oldest first."""
    return list(
        session.scalars(
            select(Statement)
            .where(
                col(Statement.expert_id) == expert_id,
                col(Statement.superseded_at).is_(None),
                within(near),
            )
            .order_by(col(Statement.id))
        )
    )


def find_statement(
    session: Session, expert_id: UUID, statement_id: UUID, near: Near
) -> Statement | None:
    """One statement of this profile, closed or not, as far as he sees it."""
    return session.scalars(
        select(Statement)
        .where(
            col(Statement.id) == statement_id,
            col(Statement.expert_id) == expert_id,
            within(near),
        )
        .execution_options(populate_existing=True)
    ).first()


def find_expert_of(session: Session, statement_id: UUID) -> UUID | None:
    """Whose statement this is."""
    return session.scalar(select(col(Statement.expert_id)).where(col(Statement.id) == statement_id))


def list_property(session: Session, expert_id: UUID, property_name: str) -> list[Statement]:
    """All current statements of one property: a decision about an item holds for every source."""
    return list(
        session.scalars(
            select(Statement)
            .where(
                col(Statement.expert_id) == expert_id,
                col(Statement.property) == property_name,
                col(Statement.superseded_at).is_(None),
            )
            .order_by(col(Statement.id))
        )
    )


def list_touched_since(
    session: Session,
    expert_id: UUID,
    change_id: UUID | None,
    seen: ColumnElement[bool],
    limit: int,
) -> list[Statement]:
    """Statements that were written or closed by later changes than this one, oldest first.

    Args:
        seen: The condition that says which statements are seen.
    """
    query = select(Statement).where(col(Statement.expert_id) == expert_id, seen)
    if change_id is not None:
        later = or_(col(Statement.change_id) > change_id, col(Statement.closed_by) > change_id)
        query = query.where(later)
    return list(session.scalars(query.order_by(col(Statement.id)).limit(limit)))


def list_changes_of(session: Session, change_ids: Collection[UUID]) -> dict[UUID, Change]:
    """Changes by id."""
    found = session.scalars(select(Change).where(col(Change.id).in_(list(change_ids))))
    return {change.id: change for change in found}


def list_predecessors(session: Session, statement_ids: Sequence[UUID]) -> list[Statement]:
    """Statements that these supersede."""
    return list(
        session.scalars(
            select(Statement)
            .where(col(Statement.superseded_by).in_(list(statement_ids)))
            .order_by(col(Statement.id))
        )
    )
