"""All SQL of people, statements and their summaries."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Uuid,
    any_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access.policy import Selector
from registry.experts.models import (
    Change,
    ChangeLog,
    Expert,
    ExpertSource,
    ExpertStanding,
    ExpertSummary,
    ItemChoice,
    SourceRecord,
    Statement,
    Suppression,
)
from registry.experts.rules import CurrentStatement
from registry.experts.schemas import Life
from registry.experts.visibility import among, said_to, searchable, visible

# States in which a person can be in a list at all; what else holds is the selector's to say.
LISTED_LIVES = ("lead", "invited", "claimed", "verified")


def find_by_source(session: Session, source: str, keys: Iterable[str]) -> dict[str, UUID]:
    """Experts known under these ids of a source."""
    rows = session.execute(
        select(col(ExpertSource.source_key), col(ExpertSource.expert_id)).where(
            col(ExpertSource.source) == source, col(ExpertSource.source_key).in_(list(keys))
        )
    )
    return {row[0]: row[1] for row in rows}


def known_hashes(session: Session, source: str, keys: Iterable[str]) -> dict[str, str]:
    """The newest content hash that was loaded for each id of a source, and not taken back."""
    rows = session.execute(
        select(
            col(SourceRecord.source_key),
            col(SourceRecord.content_hash),
            col(SourceRecord.change_id),
        )
        .where(col(SourceRecord.source) == source, col(SourceRecord.source_key).in_(list(keys)))
        .order_by(col(SourceRecord.id))
    ).all()
    void = taken_back(session, {row[2] for row in rows if row[2] is not None})
    return {row[0]: row[1] for row in rows if row[2] not in void}


def taken_back(session: Session, change_ids: Collection[UUID]) -> set[UUID]:
    """Those of the changes that do not hold: reverted, and the revert was not reverted itself."""
    reverts = {
        row[0]: row[1]
        for row in session.execute(
            select(col(Change.id), col(Change.reverted_by)).where(
                col(Change.id).in_(list(change_ids)), col(Change.reverted_by).is_not(None)
            )
        )
    }
    void = taken_back(session, {r for r in reverts.values() if r}) if reverts else set()
    return {change_id for change_id, revert in reverts.items() if revert not in void}


def list_current(
    session: Session,
    expert_ids: Sequence[UUID],
    source: str | None = None,
    selector: Selector | None = None,
) -> dict[UUID, list[Statement]]:
    """Statements that are not superseded, by expert, oldest first.

    Args:
        selector: Only those that it admits; None for what derives and keeps, never for answers.
    """
    query = select(Statement).where(
        col(Statement.expert_id).in_(list(expert_ids)), col(Statement.superseded_at).is_(None)
    )
    if source is not None:
        query = query.where(col(Statement.source) == source)
    if selector is not None:
        query = query.where(said_to(selector))
    found: dict[UUID, list[Statement]] = {expert_id: [] for expert_id in expert_ids}
    for statement in session.scalars(query.order_by(col(Statement.id))):
        found[statement.expert_id].append(statement)
    return found


def list_said_by(
    session: Session, origins: Sequence[UUID], source: str
) -> dict[UUID, list[Statement]]:
    """What a source says now of these profiles, by the profile that it came with, oldest first."""
    came_with = func.coalesce(col(Statement.origin_id), col(Statement.expert_id))
    query = select(Statement).where(
        came_with == any_(bindparam(None, list(origins), ARRAY(Uuid))),
        col(Statement.source) == source,
        col(Statement.superseded_at).is_(None),
    )
    found: dict[UUID, list[Statement]] = {expert_id: [] for expert_id in origins}
    for statement in session.scalars(query.order_by(col(Statement.id))):
        found[statement.origin_id or statement.expert_id].append(statement)
    return found


def find_canonical(session: Session, expert_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """By which profile each of these is shown: itself, unless it was merged into another."""
    rows = session.execute(
        select(col(Expert.id), func.coalesce(col(Expert.canonical_id), col(Expert.id))).where(
            among(list(expert_ids))
        )
    )
    return {row[0]: row[1] for row in rows}


def lock_experts(session: Session, expert_ids: Collection[UUID]) -> None:
    """Hold these people's rows until the transaction ends, so that nobody edits them meanwhile.

    Those who only look are not held up. In the order of ids: two that lock many never wait for
    each other.
    """
    if expert_ids:
        session.execute(
            select(col(Expert.id))
            .where(among(list(expert_ids)))
            .order_by(col(Expert.id))
            .with_for_update(key_share=True)
        )


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
        judgement=statement.judgement,
    )


def add_rows(session: Session, table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert many rows of one table in few statements."""
    if rows:
        session.execute(insert(table), list(rows))


def begin_change(
    session: Session,
    change_id: UUID,
    kind: str,
    actor: str,
    at: datetime,
    *,
    expert_id: UUID | None = None,
    on_behalf_of: UUID | None = None,
    label: str | None = None,
    words: bytes | None = None,
) -> bool:
    """Note a change, once.

    Returns:
        Whether it is new: a batch of several transactions begins in the first of them.
    """
    written = session.execute(
        upsert(Change)
        .values(
            id=change_id,
            kind=kind,
            actor=actor,
            created_at=at,
            expert_id=expert_id,
            on_behalf_of=on_behalf_of,
            label=label,
            words=words,
        )
        .on_conflict_do_nothing()
        .returning(col(Change.id))
    )
    return written.first() is not None


def find_suppressed(session: Session, digests: Sequence[str]) -> set[str]:
    """Those of the digests that stand for somebody who was erased."""
    return set(
        session.scalars(
            select(col(Suppression.digest)).where(col(Suppression.digest).in_(list(digests)))
        )
    )


def list_choices(
    session: Session, expert_ids: Sequence[UUID]
) -> dict[UUID, dict[tuple[str, str], ItemChoice]]:
    """What holds of people's decisions about items, by person, then property and key."""
    found: dict[UUID, dict[tuple[str, str], ItemChoice]] = {}
    query = select(ItemChoice).where(
        col(ItemChoice.expert_id) == any_(bindparam(None, list(expert_ids), ARRAY(Uuid))),
        col(ItemChoice.superseded_at).is_(None),
    )
    for choice in session.scalars(query):
        found.setdefault(choice.expert_id, {})[choice.property, choice.item_key] = choice
    return found


def close(
    session: Session, statement_ids: Sequence[UUID], at: datetime, change_id: UUID
) -> list[UUID]:
    """Close statements: another says it anew (see `link_successors`), or nobody says it now.

    Returns:
        Those that were current until now; one closed by somebody else meanwhile is missing.
    """
    if not statement_ids:
        return []
    closed = session.scalars(
        update(Statement)
        .where(col(Statement.id).in_(list(statement_ids)), col(Statement.superseded_at).is_(None))
        .values(superseded_at=at, closed_by=change_id)
        .returning(col(Statement.id))
    )
    return list(closed)


def close_choices(
    session: Session, choice_ids: Sequence[UUID], at: datetime, change_id: UUID
) -> None:
    """Close decisions about items: newer ones supersede them, or they are taken back."""
    if choice_ids:
        session.execute(
            update(ItemChoice)
            .where(col(ItemChoice.id).in_(list(choice_ids)))
            .values(superseded_at=at, closed_by=change_id)
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
        .where(among(expert_ids), visible(selector))
    )
    return {expert.id: (expert, summary) for expert, summary in rows}


def get_found(
    session: Session, expert_ids: Sequence[UUID], selector: Selector
) -> dict[UUID, tuple[Expert, ExpertSummary]]:
    """Those of the experts whom a search under this selector may show."""
    rows = session.execute(
        select(Expert, ExpertSummary)
        .join(ExpertSummary, col(ExpertSummary.expert_id) == col(Expert.id))
        .where(among(expert_ids), searchable(selector))
    )
    return {expert.id: (expert, summary) for expert, summary in rows}


def get_listed(
    session: Session, expert_ids: Sequence[UUID]
) -> dict[UUID, tuple[Expert, ExpertSummary]]:
    """Those of the people who are in any list, whoever asks: for indexes, not for answers."""
    rows = session.execute(
        select(Expert, ExpertSummary)
        .join(ExpertSummary, col(ExpertSummary.expert_id) == col(Expert.id))
        .where(
            among(expert_ids),
            col(Expert.life).in_(LISTED_LIVES),
            col(Expert.is_searchable).is_(True),
            col(Expert.restricted_at).is_(None),
        )
    )
    return {expert.id: (expert, summary) for expert, summary in rows}


def list_standings(session: Session, expert_ids: Sequence[UUID]) -> dict[UUID, ExpertStanding]:
    """What is kept of contacts with these people; those never written to are missing."""
    rows = session.scalars(
        select(ExpertStanding).where(col(ExpertStanding.expert_id).in_(list(expert_ids)))
    )
    return {row.expert_id: row for row in rows}


def iterate_ids(session: Session, batch: int = 500) -> Iterator[list[UUID]]:
    """All people by id, in batches, but for those who were erased."""
    last: UUID | None = None
    while True:
        query = select(col(Expert.id)).where(col(Expert.life) != Life.ERASED)
        query = query.order_by(col(Expert.id)).limit(batch)
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
        .where(among(expert_ids), searchable(selector))
    )
    return {row[0]: (row[1], row[2], row[3], row[4], row[5]) for row in rows}


def count_experts(session: Session) -> dict[str, int]:
    """Number of people in each life state."""
    rows = session.execute(
        select(col(Expert.life), func.count()).group_by(col(Expert.life)).order_by(col(Expert.life))
    )
    return {row[0]: row[1] for row in rows}


def last_change(session: Session) -> int:
    """Position of the newest logged change; 0 when there is none."""
    return session.scalar(select(func.max(col(ChangeLog.seq)))) or 0
