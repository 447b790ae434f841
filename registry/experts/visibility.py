"""What an actor may see, as conditions of SQL: a selector's half that the database answers."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Text, Uuid, and_, any_, bindparam, exists, or_
from sqlalchemy import cast as sql_cast
from sqlmodel import col

from registry.access.policy import Near, Selector
from registry.experts.models import Expert, Statement
from registry.experts.schemas import Visibility


def visible(selector: Selector) -> ColumnElement[bool]:
    """The selector as a condition on `expert`: every query of profiles carries it."""
    ids = [expert_id for expert_id, near in selector.near.items() if near.any_life]
    return or_(_shown(selector), among(ids)) if ids else _shown(selector)


def searchable(selector: Selector) -> ColumnElement[bool]:
    """The condition of searches, counts and lists: the same for all who share a role."""
    return and_(_shown(selector), col(Expert.is_searchable).is_(True))


def _shown(selector: Selector) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [
        col(Expert.life).in_([life.value for life in selector.lives]),
        col(Expert.restricted_at).is_(None),
    ]
    if selector.bodies is not None:
        named = overlaps(col(Expert.open_to), sorted(selector.bodies), Text)
        conditions.append(or_(col(Expert.open_to).is_(None), named))
    if selector.published_only:
        conditions.append(col(Expert.is_published).is_(True))
    return and_(*conditions)


def said_to(selector: Selector) -> ColumnElement[bool]:
    """The selector as a condition on `statement`: which of a visible person's are shown."""
    shown: ColumnElement[bool] = col(Statement.visibility).in_(
        [level.value for level in selector.levels]
    )
    if selector.bodies:
        named = overlaps(col(Statement.named_bodies), sorted(selector.bodies), Text)
        shown = or_(shown, and_(col(Statement.visibility) == Visibility.NAMED_BODIES.value, named))
    if Visibility.STEWARDS not in selector.levels:
        # What a person says is not his is kept for him and for stewards alone.
        shown = and_(shown, col(Statement.judgement).is_distinct_from("rejected"))
    whole = [expert_id for expert_id, more in selector.near.items() if more.any_life]
    if whole:
        # Whoever meets a profile by a near relation alone sees what that gives, and no more.
        meets = exists().where(col(Expert.id) == col(Statement.expert_id), _shown(selector))
        shown = and_(shown, or_(col(Statement.expert_id).not_in(whole), meets))
    near = (_near(expert_id, more) for expert_id, more in selector.near.items())
    return or_(shown, *near)


def _near(expert_id: UUID, more: Near) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [
        col(Statement.expert_id) == expert_id,
        col(Statement.visibility).in_([level.value for level in more.levels]),
    ]
    if more.sections is not None:
        conditions.append(col(Statement.property).in_(sorted(more.sections)))
    if not more.any_life:
        conditions.append(col(Statement.judgement).is_distinct_from("rejected"))
    return and_(*conditions)


def among(expert_ids: Sequence[UUID]) -> ColumnElement[bool]:
    # One array parameter: a list of hundreds of parameters is parsed anew each time.
    return col(Expert.id) == any_(bindparam(None, list(expert_ids), ARRAY(Uuid)))


def overlaps(column: Any, values: Sequence[Any], kind: Any) -> ColumnElement[bool]:
    """Whether an array column holds one of the values."""
    return cast(ColumnElement[bool], column.op("&&")(sql_cast(list(values), ARRAY(kind))))
