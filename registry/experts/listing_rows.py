"""SQL of lists: rows in an order, from a place on; statements counted for the rows shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal, get_args
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Integer, and_, case, func, literal, or_, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access.policy import Selector
from registry.experts.models import Expert, ExpertStanding, ExpertSummary, Statement
from registry.experts.selection import Selection, name_rank, select_people
from registry.experts.visibility import said_to
from registry.text import fold

Sort = Literal["name", "organisation", "country", "confirmed", "newest"]
SORTS: Final[tuple[Sort, ...]] = get_args(Sort)


@dataclass(frozen=True)
class SortKey:
    """A part of an order, never null; the id comes last, so that no two rows are equal."""

    value: Any
    is_descending: bool = False


@dataclass(frozen=True)
class ListRow:
    """A person in a list, with the values of the sort keys."""

    expert: Expert
    summary: ExpertSummary
    standing: ExpertStanding | None
    place: list[Any]


def list_rows(
    session: Session, selection: Selection, sort: Sort, after: Sequence[Any] | None, limit: int
) -> list[ListRow]:
    """People of the selection in order.

    Args:
        after: `place` of the row before; None begins at the first.
    """
    keys = _sort_keys(selection, sort)
    query = select_people(
        selection, Expert, ExpertSummary, ExpertStanding, *(key.value for key in keys)
    )
    if after is not None:
        query = query.where(_beyond(keys, after))
    order = [key.value.desc() if key.is_descending else key.value for key in keys]
    rows = session.execute(query.order_by(*order).limit(limit))
    return [
        ListRow(expert, summary, standing, [_plain(value) for value in place])
        for expert, summary, standing, *place in rows
    ]


def rows_of(
    session: Session, selection: Selection, expert_ids: Sequence[UUID]
) -> dict[UUID, tuple[Expert, ExpertSummary, ExpertStanding | None]]:
    """Those of the people who are in the selection now."""
    query = select_people(selection, Expert, ExpertSummary, ExpertStanding)
    # Read anew: what another transaction committed meanwhile counts.
    rows = session.execute(
        query.where(col(Expert.id).in_(list(expert_ids))).execution_options(populate_existing=True)
    )
    return {row[0].id: (row[0], row[1], row[2]) for row in rows}


def list_ids(session: Session, selection: Selection, sort: Sort, limit: int) -> list[UUID]:
    """Ids of the people of the selection in order."""
    keys = _sort_keys(selection, sort)
    order = [key.value.desc() if key.is_descending else key.value for key in keys]
    query = select_people(selection, col(Expert.id)).order_by(*order).limit(limit)
    return list(session.scalars(query))


def _sort_keys(selection: Selection, sort: Sort) -> list[SortKey]:
    summary = ExpertSummary
    keys = [] if selection.name is None else [SortKey(name_rank(selection.name))]
    if sort == "name":
        keys += [SortKey(_text(col(summary.folded_name)))]
    elif sort == "organisation":
        words = func.lower(func.coalesce(col(summary.organisation), ""))
        folded = func.translate(words, *_FOLDING)
        keys += [_nulls_last(summary.organisation), SortKey(_text(folded))]
    elif sort == "country":
        code = func.coalesce(col(summary.country_code), "")
        keys += [_nulls_last(summary.country_code), SortKey(_text(code))]
    elif sort == "confirmed":
        at = col(ExpertStanding.confirmed_at)
        days = sql_cast(sql_cast(func.timezone("UTC", at), Date) - _FIRST_DAY, Integer)
        keys += [
            _nulls_last(ExpertStanding.confirmed_at),
            SortKey(func.coalesce(days, 0), is_descending=True),
        ]
    # Ids are ordered by the time when a person came in.
    return [*keys, SortKey(col(Expert.id), is_descending=sort == "newest")]


_FIRST_DAY: Final = literal(date(2000, 1, 1))


def _letters() -> tuple[str, str]:
    """Small marked letters of Vietnamese and Latin-1, and what `text.fold` makes of each.

    No more than these: the database goes through them for each letter of a text.
    """
    codes = [
        *range(0xE0, 0x100),
        0x103,
        0x111,
        0x129,
        0x169,
        0x1A1,
        0x1B0,
        *range(0x1EA1, 0x1EFA, 2),
    ]
    pairs = [(chr(code), fold(chr(code))) for code in codes]
    changed = [(letter, to) for letter, to in pairs if len(to) == 1 and to != letter]
    return "".join(letter for letter, _ in changed), "".join(to for _, to in changed)


# The wheel's PostgreSQL sorts by code points: Đ after z.
_FOLDING: Final = _letters()


def _text(value: Any) -> ColumnElement[str]:
    # By code points whatever the database's locale is, so that a place is the same everywhere.
    sorted_by: ColumnElement[str] = value.collate("C")
    return sorted_by


def _nulls_last(column: Any) -> SortKey:
    return SortKey(case((col(column).is_(None), 1), else_=0))


def _beyond(keys: Sequence[SortKey], place: Sequence[Any]) -> ColumnElement[bool]:
    """Whether a row comes later in the order than the place."""
    conditions = []
    for number, key in enumerate(keys):
        same = [k.value == v for k, v in zip(keys[:number], place, strict=False)]
        wanted = place[number]
        conditions.append(
            and_(*same, key.value < wanted if key.is_descending else key.value > wanted)
        )
    return or_(*conditions)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


def count_statements(
    session: Session, expert_ids: Sequence[UUID], selector: Selector
) -> dict[UUID, tuple[int, int]]:
    """Current statements that the selector admits, and those of them that somebody checked."""
    is_checked = col(Statement.verification).in_(["checked", "confirmed"])
    rows = session.execute(
        select(col(Statement.expert_id), func.count(), func.count().filter(is_checked))
        .where(
            col(Statement.expert_id).in_(list(expert_ids)),
            col(Statement.superseded_at).is_(None),
            said_to(selector),
        )
        .group_by(col(Statement.expert_id))
    )
    return {row[0]: (row[1], row[2]) for row in rows}


_SAID: Final = (
    "id",
    "property",
    "value",
    "external_id",
    "started_on",
    "ended_on",
    "source",
    "asserted_by",
    "asserted_at",
    "evidence_url",
    "verification",
    "verified_at",
    "visibility",
    "origin_id",
)


def list_said(
    session: Session, expert_ids: Sequence[UUID], selector: Selector
) -> dict[UUID, list[dict[str, Any]]]:
    """Current statements of these people that the selector admits, oldest first, as values.

    `origin_id` is for whoever opens contact data, and leaves with that.
    """
    found: dict[UUID, list[dict[str, Any]]] = {expert_id: [] for expert_id in expert_ids}
    rows = session.execute(
        select(col(Statement.expert_id), *(getattr(Statement, name) for name in _SAID))
        .where(
            col(Statement.expert_id).in_(list(expert_ids)),
            col(Statement.superseded_at).is_(None),
            said_to(selector),
        )
        .order_by(col(Statement.id))
    )
    for expert_id, *values in rows:
        found[expert_id].append(dict(zip(_SAID, values, strict=True)))
    return found
