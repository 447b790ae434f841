"""Record what a source says of people: what is new, what supersedes, what is no longer said."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access.policy import Actor, require
from registry.audit import service as audit
from registry.experts import repository
from registry.experts.life import expires_at
from registry.experts.models import Expert, ExpertSource, SourceRecord, Statement
from registry.experts.rules import Crosswalk, summarise
from registry.experts.said import Seen, look
from registry.experts.schemas import PersonDraft
from registry.ids import new_id
from registry.vault import service as vault


@dataclass
class RecordCounts:
    """What a batch did.

    Args:
        new, updated, same: People.
        refused: People who were erased and are not brought back.
        statements, closed: Statements written, and no longer said.
    """

    new: int = 0
    updated: int = 0
    same: int = 0
    refused: int = 0
    statements: int = 0
    closed: int = 0

    def add(self, other: "RecordCounts") -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass
class _Rows:
    """What is to be written, by table, and which statements it closes."""

    experts: list[dict[str, Any]] = field(default_factory=list)
    sources: list[dict[str, Any]] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    raws: list[tuple[UUID, Any]] = field(default_factory=list)
    statements: list[dict[str, Any]] = field(default_factory=list)
    closed: list[tuple[UUID, UUID | None]] = field(default_factory=list)
    touched: list[UUID] = field(default_factory=list)


def record_people(
    session: Session,
    actor: Actor,
    people: Sequence[PersonDraft],
    crosswalk: Crosswalk,
    now: datetime,
    change_id: UUID | None = None,
) -> RecordCounts:
    """Record what one source says of some people; the same content again changes nothing.

    A known person's statements of this source are compared item by item: what is said anew
    supersedes the old statement, what is no longer said is closed (but for the properties of
    which the draft brings only a part), the rest stays untouched. The life of a known person is
    the registry's own and no source changes it; neither does a source undo what a person decided
    about an item, nor bring back somebody who was erased.

    Args:
        change_id: The change that this is a part of, when several calls make one batch.
    """
    require(actor, "expert:import")
    counts = RecordCounts()
    by_source: dict[str, list[PersonDraft]] = {}
    for person in people:
        by_source.setdefault(person.source, []).append(person)
    for source, group in by_source.items():
        batch = change_id or new_id()
        counts.add(_record_source(session, actor, source, group, crosswalk, now, batch))
    return counts


def _record_source(
    session: Session,
    actor: Actor,
    source: str,
    people: Sequence[PersonDraft],
    crosswalk: Crosswalk,
    now: datetime,
    change_id: UUID,
) -> RecordCounts:
    counts, rows = RecordCounts(), _Rows()
    for seen in look(session, actor, source, people, now, change_id, hold=True):
        if seen.outcome == "erased":
            counts.refused += 1
        elif seen.outcome == "same":
            counts.same += 1
        else:
            _add(seen, rows, counts, now, change_id)
    _write(session, actor, source, rows, now, change_id)
    refresh_summaries(session, rows.touched, crosswalk)
    return counts


def _add(seen: Seen, rows: _Rows, counts: RecordCounts, now: datetime, change_id: UUID) -> None:
    person, key = seen.person, {"source": seen.person.source, "source_key": seen.person.source_key}
    if seen.outcome == "new":
        counts.new += 1
        rows.experts.append(
            {
                "id": seen.expert_id,
                "life": person.life.value,
                "life_since": now,
                "expires_at": expires_at(person.life, now),
                "is_invented": person.is_invented,
            }
        )
        rows.sources.append({**key, "expert_id": seen.expert_id})
    else:
        counts.updated += 1
    rows.records.append(
        {
            **key,
            "id": seen.record_id,
            "expert_id": seen.expert_id,
            "content_hash": seen.content_hash,
            "change_id": change_id,
            "url": person.url,
            "retrieved_at": person.retrieved_at,
        }
    )
    rows.raws.append((seen.expert_id, person.raw))
    rows.statements += seen.rows
    rows.closed += seen.closes
    rows.touched.append(seen.shown_with)
    counts.statements += len(seen.rows)
    counts.closed += sum(new is None for _, new in seen.closes)


def _write(
    session: Session, actor: Actor, source: str, rows: _Rows, now: datetime, change_id: UUID
) -> None:
    if not rows.records:
        return
    if repository.begin_change(session, change_id, "import", actor.id, now, label=source):
        details = {"source": source}
        audit.record(
            session, actor, "expert:import", subject=f"change:{change_id}", details=details
        )
    repository.add_rows(session, Expert, rows.experts)
    repository.add_rows(session, ExpertSource, rows.sources)
    for record, sealed in zip(rows.records, vault.seal_many(session, rows.raws), strict=True):
        record["sealed"] = sealed
    repository.add_rows(session, SourceRecord, rows.records)
    # Closed first (the new row's id is filled in after it exists): one current row an item.
    repository.close(session, [old_id for old_id, _ in rows.closed], now, change_id)
    repository.add_rows(session, Statement, rows.statements)
    repository.link_successors(
        session, [(old_id, new) for old_id, new in rows.closed if new is not None]
    )


def refresh_summaries(session: Session, expert_ids: Sequence[UUID], crosswalk: Crosswalk) -> None:
    """Derive the summaries of these people anew from their current statements."""
    session.expire_all()
    current = repository.list_current(session, expert_ids)
    repository.put_summaries(
        session,
        {
            expert_id: summarise([repository.as_rule_input(s) for s in statements], crosswalk)
            for expert_id, statements in current.items()
        },
    )
