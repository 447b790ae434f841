"""All SQL of people, statements and their summaries."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access.policy import Selector
from registry.experts.filters import ExpertFilter
from registry.experts.models import (
    ChangeLog,
    Expert,
    ExpertSource,
    ExpertSummary,
    SourceRecord,
    Statement,
)
from registry.experts.rules import CurrentStatement


def visible(selector: Selector) -> ColumnElement[bool]:
    """The selector as a condition on `expert`: every query of people carries it."""
    return col(Expert.life).in_([life.value for life in selector.lives])


def find_by_source(session: Session, source: str, keys: Iterable[str]) -> dict[str, UUID]:
    """Experts known under these ids of a source."""
    rows = session.execute(
        select(col(ExpertSource.source_key), col(ExpertSource.expert_id)).where(
            col(ExpertSource.source) == source, col(ExpertSource.source_key).in_(list(keys))
        )
    )
    return {row[0]: row[1] for row in rows}


def known_hashes(session: Session, source: str, keys: Iterable[str]) -> dict[str, str]:
    """The newest content hash that was loaded for each id of a source."""
    rows = session.execute(
        select(col(SourceRecord.source_key), col(SourceRecord.content_hash))
        .where(col(SourceRecord.source) == source, col(SourceRecord.source_key).in_(list(keys)))
        .order_by(col(SourceRecord.id))
    )
    return {row[0]: row[1] for row in rows}


def list_current(
    session: Session, expert_ids: Sequence[UUID], source: str | None = None
) -> dict[UUID, list[Statement]]:
    """Statements that are not superseded, by expert, oldest first."""
    query = select(Statement).where(
        col(Statement.expert_id).in_(list(expert_ids)), col(Statement.superseded_at).is_(None)
    )
    if source is not None:
        query = query.where(col(Statement.source) == source)
    found: dict[UUID, list[Statement]] = {expert_id: [] for expert_id in expert_ids}
    for statement in session.scalars(query.order_by(col(Statement.id))):
        found[statement.expert_id].append(statement)
    return found


def as_rule_input(statement: Statement) -> CurrentStatement:
    """The part of a statement that rules.py looks at."""
    return CurrentStatement(
        property=statement.property,
        value=statement.value,
        source=statement.source,
        verification=statement.verification,
        visibility=statement.visibility,
        asserted_at=statement.asserted_at,
        started_on=statement.started_on,
        ended_on=statement.ended_on,
        legal_ground=statement.legal_ground,
    )


def add_rows(session: Session, table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert many rows of one table in few statements."""
    if rows:
        session.execute(insert(table), list(rows))


def close(session: Session, statement_ids: Sequence[UUID], at: datetime) -> None:
    """Close statements: another says it anew (see `link_successors`), or nobody says it now."""
    session.execute(
        update(Statement)
        .where(col(Statement.id).in_(list(statement_ids)), col(Statement.superseded_at).is_(None))
        .values(superseded_at=at)
    )


def link_successors(session: Session, pairs: Sequence[tuple[UUID, UUID]]) -> None:
    """Note on closed statements which one says it anew."""
    for old_id, new_id in pairs:
        session.execute(
            update(Statement).where(col(Statement.id) == old_id).values(superseded_by=new_id)
        )


def put_summaries(session: Session, rows: Mapping[UUID, dict[str, Any] | None]) -> None:
    """Store the summaries; None removes a person from all lists."""
    gone = [expert_id for expert_id, row in rows.items() if row is None]
    if gone:
        session.execute(delete(ExpertSummary).where(col(ExpertSummary.expert_id).in_(gone)))
    present = [{"expert_id": key, **row} for key, row in rows.items() if row is not None]
    if present:
        query = upsert(ExpertSummary)
        columns = {name: query.excluded[name] for name in present[0] if name != "expert_id"}
        session.execute(
            query.on_conflict_do_update(index_elements=["expert_id"], set_=columns), present
        )


def get_visible(
    session: Session, expert_ids: Sequence[UUID], selector: Selector
) -> dict[UUID, tuple[Expert, ExpertSummary]]:
    """Those of the experts that the selector admits, with their summaries."""
    rows = session.execute(
        select(Expert, ExpertSummary)
        .join(ExpertSummary, col(ExpertSummary.expert_id) == col(Expert.id))
        .where(_among(expert_ids), visible(selector))
    )
    return {expert.id: (expert, summary) for expert, summary in rows}


def get_listed(
    session: Session, expert_ids: Sequence[UUID]
) -> dict[UUID, tuple[Expert, ExpertSummary]]:
    """Those of the people who are in any list, whoever asks: for indexes, not for answers."""
    rows = session.execute(
        select(Expert, ExpertSummary)
        .join(ExpertSummary, col(ExpertSummary.expert_id) == col(Expert.id))
        .where(_among(expert_ids))
    )
    return {expert.id: (expert, summary) for expert, summary in rows}


def iterate_ids(session: Session, batch: int = 500) -> Iterator[list[UUID]]:
    """All people by id, in batches."""
    last: UUID | None = None
    while True:
        query = select(col(Expert.id)).order_by(col(Expert.id)).limit(batch)
        if last is not None:
            query = query.where(col(Expert.id) > last)
        found = list(session.scalars(query))
        if not found:
            return
        yield found
        last = found[-1]


def list_stated(
    session: Session, expert_ids: Sequence[UUID], selector: Selector
) -> dict[UUID, tuple[str | None, list[str], str | None, bool | None, int | None]]:
    """Degree, languages, sector, overseas and first year of those whom the selector admits."""
    rows = session.execute(
        select(
            col(Expert.id),
            col(ExpertSummary.degree),
            col(ExpertSummary.languages),
            col(ExpertSummary.sector),
            col(ExpertSummary.is_overseas),
            col(ExpertSummary.first_year),
        )
        .join(ExpertSummary, col(ExpertSummary.expert_id) == col(Expert.id))
        .where(_among(expert_ids), visible(selector))
    )
    return {row[0]: (row[1], row[2], row[3], row[4], row[5]) for row in rows}


def _among(expert_ids: Sequence[UUID]) -> ColumnElement[bool]:
    # One array parameter: a list of hundreds of parameters is parsed anew each time.
    return col(Expert.id) == any_(bindparam(None, list(expert_ids), ARRAY(Uuid)))


def count_experts(session: Session) -> dict[str, int]:
    """Number of people in each life state."""
    rows = session.execute(
        select(col(Expert.life), func.count()).group_by(col(Expert.life)).order_by(col(Expert.life))
    )
    return {row[0]: row[1] for row in rows}


def last_change(session: Session) -> int:
    """Position of the newest logged change; 0 when there is none."""
    return session.scalar(select(func.max(col(ChangeLog.seq)))) or 0


_RESIDENCE = case(
    (col(ExpertSummary.is_overseas).is_(None), "unknown"),
    (col(ExpertSummary.is_overseas).is_(True), "overseas"),
    else_="domestic",
)


def narrowed_by(narrowed: ExpertFilter) -> list[ColumnElement[bool]]:
    """A filter as conditions on `expert_summary`."""
    conditions: list[ColumnElement[bool]] = []
    if narrowed.residences:
        conditions.append(_RESIDENCE.in_(narrowed.residences))
    if narrowed.countries:
        conditions.append(col(ExpertSummary.country_code).in_(narrowed.countries))
    if narrowed.fields:
        codes = [f"ford:{code}" for code in narrowed.fields]
        conditions.append(_overlaps(col(ExpertSummary.fields), codes, Text))
    if narrowed.groups:
        conditions.append(_overlaps(col(ExpertSummary.groups), list(narrowed.groups), Integer))
    return conditions


def _overlaps(column: Any, values: Sequence[Any], kind: Any) -> ColumnElement[bool]:
    return cast(ColumnElement[bool], column.op("&&")(sql_cast(list(values), ARRAY(kind))))


def count_matching(session: Session, selector: Selector, narrowed: ExpertFilter) -> int:
    """People who pass filters and permission."""
    query = (
        select(func.count())
        .select_from(ExpertSummary)
        .join(Expert, col(Expert.id) == col(ExpertSummary.expert_id))
        .where(visible(selector), *narrowed_by(narrowed))
    )
    return session.scalar(query) or 0


def count_facets(
    session: Session, selector: Selector, narrowed: ExpertFilter
) -> dict[str, dict[str, int]]:
    """People by value of each kind of filter, with the other kinds applied.

    A kind is counted without its own filter, so that a further value can be chosen beside.
    """
    kinds: dict[str, tuple[Any, ExpertFilter]] = {
        "residences": (_RESIDENCE, replace(narrowed, residences=())),
        "countries": (col(ExpertSummary.country_code), replace(narrowed, countries=())),
        "fields": (func.unnest(col(ExpertSummary.fields)), replace(narrowed, fields=())),
        "groups": (func.unnest(col(ExpertSummary.groups)), replace(narrowed, groups=())),
    }
    counts: dict[str, dict[str, int]] = {}
    for kind, (value, others) in kinds.items():
        inner = (
            select(value.label("value"))
            .select_from(ExpertSummary)
            .join(Expert, col(Expert.id) == col(ExpertSummary.expert_id))
            .where(visible(selector), *narrowed_by(others))
            .subquery()
        )
        rows = session.execute(
            select(inner.c.value, func.count())
            .where(inner.c.value.is_not(None))
            .group_by(inner.c.value)
        )
        counts[kind] = {str(value).removeprefix("ford:"): count for value, count in rows}
    return counts
