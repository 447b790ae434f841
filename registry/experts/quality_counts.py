"""SQL of the quality view: how checked, fresh, reachable and complete the registry is."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access.policy import Selector
from registry.experts.filters import CONFIRMED_WITHIN
from registry.experts.freshness import Days
from registry.experts.models import Change, Expert, ExpertStanding, ExpertSummary, Statement
from registry.experts.repository import LISTED_LIVES
from registry.experts.selection import confirmed_from, reachability
from registry.experts.visibility import said_to, visible

# Properties of which a person has one value at a time: two are a contradiction.
SINGLE: Final = ("birth_year", "sex", "sector", "origin", "rank")
# What a profile must hold to be of use: found, matched, reached.
PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("name",),
    "affiliation": ("affiliation",),
    "field": ("field",),
    "evidence": ("work", "patent", "project", "award", "post", "biography"),
    "contact": ("contact",),
}

_IS_SAID: Final = (
    col(Statement.superseded_at).is_(None),
    col(Statement.judgement).is_distinct_from("rejected"),
)
# Nothing but keeping is done with the data of people who asked for that.
_IS_KEPT: Final = (col(Expert.life).in_(LISTED_LIVES), col(Expert.restricted_at).is_(None))
# Leads have nobody yet who could confirm anything.
_IS_CLAIMED: Final = (
    col(Expert.life).in_(["claimed", "verified"]),
    col(Expert.restricted_at).is_(None),
)


def count_verification(session: Session) -> dict[str, dict[str, int]]:
    """Current statements by property and verification."""
    rows = session.execute(
        select(col(Statement.property), col(Statement.verification), func.count())
        .join(Expert, col(Expert.id) == col(Statement.expert_id))
        .where(*_IS_SAID, *_IS_KEPT)
        .group_by(col(Statement.property), col(Statement.verification))
        .order_by(col(Statement.property), col(Statement.verification))
    )
    found: dict[str, dict[str, int]] = {}
    for name, verification, count in rows:
        found.setdefault(name, {})[verification] = count
    return found


def count_complete(session: Session) -> tuple[int, dict[str, int]]:
    """People in the registry, and how many of them have each part."""
    people = select(func.count()).select_from(Expert).where(*_IS_KEPT)
    counts = [
        func.count(func.distinct(case((col(Statement.property).in_(names), Expert.id))))
        for names in PARTS.values()
    ]
    row = session.execute(
        select(*counts)
        .select_from(Statement)
        .join(Expert, col(Expert.id) == col(Statement.expert_id))
        .where(*_IS_SAID, *_IS_KEPT)
    ).one()
    return session.scalar(people) or 0, dict(zip(PARTS, row, strict=True))


def count_fresh(session: Session, days: Days) -> dict[str, int]:
    """Claimed profiles by the time since their people confirmed them, in steps of filters."""
    year, two_years = (confirmed_from(days.confirmed_from(step)) for step in CONFIRMED_WITHIN)
    never = col(ExpertStanding.confirmed_at).is_(None)
    band = case((never, "never"), (year, "year"), (two_years, "two_years"), else_="older")
    return _count_claimed(session, band)


def count_reachable(session: Session, days: Days) -> dict[str, int]:
    """Claimed profiles by what is known of the way to reach their people."""
    return _count_claimed(session, reachability(days))


def _count_claimed(session: Session, value: ColumnElement[str]) -> dict[str, int]:
    inner = _with_standing(select(value.label("value"))).where(*_IS_CLAIMED).subquery()
    rows = session.execute(select(inner.c.value, func.count()).group_by(inner.c.value))
    return {row[0]: row[1] for row in rows}


def _with_standing(query: Any) -> Select[Any]:
    """A query of columns over all people, `expert_standing` joined, which may be empty."""
    joined: Select[Any] = query.select_from(Expert).outerjoin(
        ExpertStanding, col(ExpertStanding.expert_id) == col(Expert.id)
    )
    return joined


def list_conflicts(
    session: Session, selector: Selector, limit: int
) -> tuple[int, list[tuple[UUID, str, str, list[str]]]]:
    """People of whom sources say two things where one can hold, and he has not said which.

    Returns:
        How many there are; the first of them: id, name, life, the properties.
    """
    contradicted = (
        select(col(Statement.expert_id).label("expert_id"), col(Statement.property).label("name"))
        .where(*_IS_SAID, said_to(selector), col(Statement.property).in_(SINGLE))
        .group_by(col(Statement.expert_id), col(Statement.property))
        .having(
            func.count(func.distinct(col(Statement.value))) > 1,
            ~func.bool_or(
                or_(
                    col(Statement.source) == "self",
                    func.coalesce(col(Statement.judgement), "") == "accepted",
                )
            ),
        )
        .subquery()
    )
    properties = func.array_agg(contradicted.c.name)
    query = (
        select(col(Expert.id), col(ExpertSummary.display_name), col(Expert.life), properties)
        .join(ExpertSummary, col(ExpertSummary.expert_id) == col(Expert.id))
        .join(contradicted, contradicted.c.expert_id == col(Expert.id))
        .where(visible(selector))
        .group_by(col(Expert.id), col(ExpertSummary.display_name), col(Expert.life))
    )
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.execute(query.order_by(func.count().desc(), col(Expert.id)).limit(limit))
    return total, [(row[0], row[1], row[2], sorted(row[3])) for row in rows]


def list_stale(
    session: Session, selector: Selector, days: Days, limit: int
) -> list[tuple[UUID, str, str, datetime | None, datetime]]:
    """Claimed profiles that nobody has confirmed for a year, the longest first.

    Who never confirmed is counted from when he claimed his profile.

    Returns:
        Id, name, life, when it was confirmed, since when it is in its state.
    """
    confirmed_at = col(ExpertStanding.confirmed_at)
    since = func.coalesce(confirmed_at, col(Expert.life_since))
    columns = (
        col(Expert.id),
        col(ExpertSummary.display_name),
        col(Expert.life),
        confirmed_at,
        col(Expert.life_since),
    )
    query = (
        _with_standing(select(*columns))
        .join(ExpertSummary, col(ExpertSummary.expert_id) == col(Expert.id))
        .where(
            visible(selector),
            *_IS_CLAIMED,
            func.coalesce(confirmed_from(days.confirmed_from(CONFIRMED_WITHIN[0])), False).is_(
                False
            ),
        )
        .order_by(since, col(Expert.id))
        .limit(limit)
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in session.execute(query)]


def list_changes(session: Session, limit: int) -> Sequence[Change]:
    """The newest acts that wrote or closed statements."""
    return session.scalars(select(Change).order_by(col(Change.id).desc()).limit(limit)).all()
