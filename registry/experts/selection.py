"""SQL of filters: who passes them under a permission, and how many people each value leaves."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Select, Text, and_, case, func, or_, select
from sqlalchemy import cast as sql_cast
from sqlalchemy import null as sql_null
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access.policy import Selector
from registry.experts.filters import (
    CONFIRMED_WITHIN,
    ExpertFilter,
    NameQuery,
    check_permitted,
    sees_standing,
)
from registry.experts.freshness import Days
from registry.experts.models import Expert, ExpertStanding, ExpertSummary
from registry.experts.schemas import Visibility
from registry.experts.visibility import overlaps, searchable, visible

# What stands between the words of a name, as blanks.
_SIGNS: Final = ",.;:-‐‑–—−_·•/\\'’‘\"“”()[]{}&+"


@dataclass(frozen=True)
class Selection:
    """Whom a search or a list is about.

    Args:
        is_list: Nobody is ranked: stewards, who keep the records, then see people as well who did
            not agree to be ranked.
        name: Words of the names.
    """

    selector: Selector
    narrowed: ExpertFilter
    is_list: bool = False
    name: NameQuery | None = None

    def __post_init__(self) -> None:
        check_permitted(self.selector, self.narrowed)

    def without(self, **filters: Any) -> "Selection":
        """The same without some kinds of the filter."""
        return replace(self, narrowed=replace(self.narrowed, **filters))


def select_people(selection: Selection, *columns: Any) -> Select[Any]:
    """A query over everybody in the selection; `expert_standing` is joined, and may be empty."""
    selector = selection.selector
    is_stewards = Visibility.STEWARDS in selector.levels
    shown = visible(selector.without_near()) if selection.is_list and is_stewards else None
    query = (
        select(*columns)
        .select_from(ExpertSummary)
        .join(Expert, col(Expert.id) == col(ExpertSummary.expert_id))
        .outerjoin(ExpertStanding, col(ExpertStanding.expert_id) == col(ExpertSummary.expert_id))
        .where(searchable(selector) if shown is None else shown, *_narrowed_by(selection.narrowed))
    )
    if selection.name is not None:
        query = query.where(*_named(selection.name))
    return query


def count_matching(session: Session, selection: Selection) -> int:
    """People who pass filters and permission."""
    return session.scalar(select_people(selection, func.count())) or 0


def count_facets(session: Session, selection: Selection) -> dict[str, dict[str, int]]:
    """People by value of each kind of filter, with the other kinds applied.

    A kind is counted without its own filter, so that a further value can be chosen beside. Kinds
    that the selector may not filter by are not counted.
    """
    narrowed = selection.narrowed
    shows_standing = sees_standing(selection.selector) and narrowed.on is not None
    everybody = selection.without(
        residences=(),
        countries=(),
        fields=(),
        groups=(),
        confirmed_within=None,
        reachability=(),
        lives=(),
    )
    values = _filtered_values(narrowed if shows_standing else None)
    # One pass over the people, grouped by what filters look at; the rest is adding up. A query
    # for each kind passes over everybody seven times.
    inner = select_people(everybody, *values).subquery()
    rows = session.execute(select(*inner.c, func.count()).group_by(*inner.c)).all()
    groups = [(_Values(*row[:-1]), row[-1]) for row in rows]
    passing = {kind: [test(each) for each, _ in groups] for kind, test in _tests(narrowed).items()}
    kinds = ["residences", "countries", "fields", "groups"]
    kinds += ["reachability", "confirmed_within"] if shows_standing else []
    kinds += ["lives"] if Visibility.STEWARDS in selection.selector.levels else []
    counts: dict[str, dict[str, int]] = {}
    for kind in kinds:
        others = zip(*(passed for name, passed in passing.items() if name != kind), strict=True)
        counter: Counter[str] = Counter()
        for (each, number), passes in zip(groups, others, strict=True):
            if all(passes):
                for value in each.of(kind):
                    counter[value] += number
        counts[kind] = dict(counter)
    return counts


@dataclass(frozen=True)
class _Values:
    """What filters look at, of a group of people who do not differ in it."""

    residence: str
    country: str | None
    fields: list[str]
    groups: list[int]
    life: str
    reachability: str | None
    confirmed: int | None

    def of(self, kind: str) -> Iterable[str]:
        """The filter values of a kind under which these people are counted."""
        match kind:
            case "residences":
                return [self.residence]
            case "countries":
                return [self.country] if self.country is not None else []
            case "fields":
                return [code.removeprefix("ford:") for code in self.fields]
            case "groups":
                return [str(number) for number in self.groups]
            case "lives":
                return [self.life]
            case "reachability":
                return [self.reachability] if self.reachability is not None else []
            case _:
                # The steps contain each other: confirmed within one year is within two as well.
                step = self.confirmed
                return [] if step is None else [str(s) for s in CONFIRMED_WITHIN if s >= step]


def _filtered_values(standing: ExpertFilter | None) -> tuple[Any, ...]:
    """Columns of `_Values`; without standing, nothing is read of it."""
    reached: Any = sql_null()
    confirmed: Any = sql_null()
    if standing is not None:
        days = standing.days
        reached = reachability(days)
        steps = [
            (confirmed_from(days.confirmed_from(step)), step) for step in sorted(CONFIRMED_WITHIN)
        ]
        confirmed = case(*steps, else_=None)
    return (
        _RESIDENCE.label("residence"),
        col(ExpertSummary.country_code),
        col(ExpertSummary.fields),
        col(ExpertSummary.groups),
        col(Expert.life),
        sql_cast(reached, Text).label("reached"),
        sql_cast(confirmed, Integer).label("confirmed"),
    )


def _tests(narrowed: ExpertFilter) -> dict[str, Callable[[_Values], bool]]:
    """The filter, kind by kind, as `_narrowed_by` has it in SQL; one without a choice passes."""
    fields = {f"ford:{code}" for code in narrowed.fields}
    lives = {life.value for life in narrowed.lives}
    within = narrowed.confirmed_within
    return {
        "residences": lambda v: not narrowed.residences or v.residence in narrowed.residences,
        "countries": lambda v: not narrowed.countries or v.country in narrowed.countries,
        "fields": lambda v: not fields or not fields.isdisjoint(v.fields),
        "groups": lambda v: not narrowed.groups or not set(narrowed.groups).isdisjoint(v.groups),
        "confirmed_within": lambda v: (
            not within or (v.confirmed is not None and v.confirmed <= within)
        ),
        "reachability": lambda v: (
            not narrowed.reachability or v.reachability in narrowed.reachability
        ),
        "lives": lambda v: not lives or v.life in lives,
    }


_RESIDENCE: Final = case(
    (col(ExpertSummary.is_overseas).is_(None), "unknown"),
    (col(ExpertSummary.is_overseas).is_(True), "overseas"),
    else_="domestic",
)


def _narrowed_by(narrowed: ExpertFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if narrowed.residences:
        conditions.append(_RESIDENCE.in_(narrowed.residences))
    if narrowed.countries:
        conditions.append(col(ExpertSummary.country_code).in_(narrowed.countries))
    if narrowed.fields:
        codes = [f"ford:{code}" for code in narrowed.fields]
        conditions.append(overlaps(col(ExpertSummary.fields), codes, Text))
    if narrowed.groups:
        conditions.append(overlaps(col(ExpertSummary.groups), list(narrowed.groups), Integer))
    if narrowed.confirmed_within:
        first = narrowed.days.confirmed_from(narrowed.confirmed_within)
        conditions.append(confirmed_from(first))
    if narrowed.reachability:
        conditions.append(reachability(narrowed.days).in_(narrowed.reachability))
    if narrowed.lives:
        conditions.append(col(Expert.life).in_([life.value for life in narrowed.lives]))
    return conditions


def confirmed_from(first: date) -> ColumnElement[bool]:
    """Whether the profile was confirmed on this day (UTC) or later; null: never."""
    return col(ExpertStanding.confirmed_at) >= _start(first)


def reachability(days: Days) -> ColumnElement[str]:
    """`freshness.Days.reachability` in SQL, for a query that joins `expert_standing`."""
    table = ExpertStanding
    heard_at = func.greatest(col(table.confirmed_at), col(table.replied_at))
    bounced_at = col(table.bounced_at)
    return case(
        (and_(bounced_at.is_not(None), or_(heard_at.is_(None), bounced_at > heard_at)), "bounced"),
        (col(table.replied_at) >= _start(days.replied_from), "reachable"),
        (col(table.sent_at) < _start(days.silent_until + timedelta(days=1)), "unanswered"),
        else_="unknown",
    )


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _named(name: NameQuery) -> list[ColumnElement[bool]]:
    found = _spaced(col(ExpertSummary.folded_name))
    return [found.contains(f" {word}", autoescape=True) for word in name.folded]


def name_rank(name: NameQuery) -> ColumnElement[int]:
    """0: the words stand in the name as typed, marks included; 1: without marks; 2: begun."""
    toned = _spaced(func.lower(col(ExpertSummary.display_name)))
    folded = _spaced(col(ExpertSummary.folded_name))
    as_typed = [
        or_(*(toned.contains(f" {each} ", autoescape=True) for each in spellings))
        for spellings in name.toned
    ]
    whole = [folded.contains(f" {word} ", autoescape=True) for word in name.folded]
    return case((and_(*as_typed), 0), (and_(*whole), 1), else_=2)


def _spaced(column: Any) -> ColumnElement[str]:
    """Words of a name, each with a blank on both sides."""
    blanks: ColumnElement[str] = " " + func.translate(column, _SIGNS, " " * len(_SIGNS)) + " "
    return blanks
