"""What an actor may see, as conditions of SQL: a selector's half that the database answers."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Text, Uuid, and_, any_, bindparam, exists, or_
from sqlalchemy import cast as sql_cast
from sqlmodel import col

from registry.access.policy import Near, Selector
from registry.experts.models import Expert, ExpertSummary, Statement
from registry.experts.schemas import Visibility


def visible(selector: Selector) -> ColumnElement[bool]:
    """The selector as a condition on `expert`: every query of profiles carries it."""
    ids = _kept(selector)
    return or_(_shown(selector), among(ids)) if ids else _shown(selector)


def _kept(selector: Selector) -> list[UUID]:
    """People whom he meets whatever the state of their profiles is."""
    return [key for key, relations in selector.near.items() if any(n.any_life for n in relations)]


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
    """The selector as a condition on `statement`: which of a visible person's are shown.

    Of one whom he meets although the profile is not shown to him, what that relation gives alone.
    """
    shown: ColumnElement[bool] = col(Statement.visibility).in_(
        [level.value for level in selector.levels]
    )
    if selector.bodies:
        named = overlaps(col(Statement.named_bodies), sorted(selector.bodies), Text)
        shown = or_(shown, and_(col(Statement.visibility) == Visibility.NAMED_BODIES.value, named))
    if Visibility.STEWARDS not in selector.levels:
        # What a person says is not his is kept for him and for stewards alone.
        shown = and_(shown, col(Statement.judgement).is_distinct_from("rejected"))
    relations = [(key, more) for key, found in selector.near.items() for more in found]
    # What holds only while the profile is shown, and what holds whatever its state is.
    shown = or_(shown, *(_near(key, more) for key, more in relations if not more.any_life))
    if kept := _kept(selector):
        meets = exists().where(
            col(Expert.id) == col(Statement.expert_id),
            # Who has no public name is shown to nobody who does not keep his profile.
            col(ExpertSummary.expert_id) == col(Expert.id),
            _shown(selector),
        )
        shown = and_(shown, or_(col(Statement.expert_id).not_in(kept), meets))
    return or_(shown, *(_near(key, more) for key, more in relations if more.any_life))


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
