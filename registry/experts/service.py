"""What is done with people: record what a source says of them, read a profile."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access.policy import Actor, require, selector_for
from registry.errors import NotFoundError
from registry.experts import repository
from registry.experts.models import (
    Expert,
    ExpertSource,
    ExpertSummary,
    LeadView,
    SourceRecord,
    Statement,
)
from registry.experts.rules import Crosswalk, summarise
from registry.experts.schemas import Life, PersonDraft, StatementDraft
from registry.ids import new_id


@dataclass
class RecordCounts:
    """What a batch did: people new, changed, the same; statements written and closed."""

    new: int = 0
    updated: int = 0
    same: int = 0
    statements: int = 0
    closed: int = 0

    def add(self, other: "RecordCounts") -> None:
        self.new += other.new
        self.updated += other.updated
        self.same += other.same
        self.statements += other.statements
        self.closed += other.closed


@dataclass(frozen=True)
class Profile:
    """A person as the actor may see him: the summary and the visible statements."""

    expert: Expert
    summary: ExpertSummary
    statements: list[Statement]


def _hash(content: Any) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _row(
    draft: StatementDraft, person: PersonDraft, expert_id: UUID, record_id: UUID, actor: Actor
) -> dict[str, Any]:
    value = draft.value.model_dump(mode="json", exclude_none=True)
    content = [draft.property, value, draft.started_on, draft.ended_on]
    return {
        "id": new_id(),
        "expert_id": expert_id,
        "property": draft.property,
        "item_key": draft.value.item_key() or "",
        "value": value,
        "value_hash": _hash([*content, draft.verification.value, draft.visibility.value]),
        "external_id": draft.value.external_id(),
        "started_on": draft.started_on,
        "ended_on": draft.ended_on,
        "source": person.source,
        "source_record_id": record_id,
        "asserted_by": person.asserted_by or actor.id,
        "asserted_at": person.retrieved_at,
        "retrieved_at": person.retrieved_at,
        "evidence_url": draft.evidence_url or person.url,
        "legal_ground": person.legal_ground,
        "verification": draft.verification.value,
        "visibility": draft.visibility.value,
    }


def _once(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep items of one key apart: two periods at one institute are two statements."""
    seen: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        key = (row["property"], row["item_key"])
        if key in seen and seen[key]["value_hash"] != row["value_hash"]:
            row["item_key"] = f"{row['item_key']} {row['started_on'] or ''} {row['value_hash'][:8]}"
            key = (row["property"], row["item_key"])
        seen[key] = row
    return list(seen.values())


def record_people(
    session: Session,
    actor: Actor,
    people: Sequence[PersonDraft],
    crosswalk: Crosswalk,
    now: datetime,
) -> RecordCounts:
    """Record what one source says of some people; the same content again changes nothing.

    A known person's statements of this source are compared item by item: what is said anew
    supersedes the old statement, what is no longer said is closed (but for the properties of
    which the draft brings only a part), the rest stays untouched. The life of a known person is
    the registry's own and no source changes it.
    """
    require(actor, "expert:import")
    counts = RecordCounts()
    by_source: dict[str, list[PersonDraft]] = {}
    for person in people:
        by_source.setdefault(person.source, []).append(person)
    for source, group in by_source.items():
        counts.add(_record_source(session, actor, source, group, crosswalk, now))
    return counts


def _record_source(
    session: Session,
    actor: Actor,
    source: str,
    people: Sequence[PersonDraft],
    crosswalk: Crosswalk,
    now: datetime,
) -> RecordCounts:
    counts = RecordCounts()
    keys = [person.source_key for person in people]
    known = repository.find_by_source(session, source, keys)
    hashes = repository.known_hashes(session, source, keys)
    tables: dict[Any, list[dict[str, Any]]] = {
        Expert: [],
        ExpertSource: [],
        SourceRecord: [],
        Statement: [],
    }
    old = repository.list_current(session, list(known.values()), source)
    touched: list[UUID] = []
    closed: list[tuple[UUID, UUID | None]] = []
    for person in people:
        content_hash = _hash(
            [person.raw, [s.model_dump(mode="json") for s in person.statements], person.life.value]
        )
        if hashes.get(person.source_key) == content_hash:
            counts.same += 1
            continue
        record_id = new_id()
        expert_id = known.get(person.source_key)
        if expert_id is None:
            expert_id = known[person.source_key] = new_id()
            counts.new += 1
            tables[Expert].append(
                {"id": expert_id, "life": person.life.value, "is_invented": person.is_invented}
            )
            tables[ExpertSource].append(
                {"source": source, "source_key": person.source_key, "expert_id": expert_id}
            )
        else:
            counts.updated += 1
        tables[SourceRecord].append(
            {
                "id": record_id,
                "expert_id": expert_id,
                "source": source,
                "source_key": person.source_key,
                "content_hash": content_hash,
                "url": person.url,
                "raw": person.raw,
                "retrieved_at": person.retrieved_at,
            }
        )
        rows = _once([_row(s, person, expert_id, record_id, actor) for s in person.statements])
        current = {(s.property, s.item_key): s for s in old.get(expert_id, [])}
        for row in rows:
            before = current.pop((row["property"], row["item_key"]), None)
            if before is not None and before.value_hash == row["value_hash"]:
                continue
            if before is not None:
                closed.append((before.id, row["id"]))
            tables[Statement].append(row)
            counts.statements += 1
        gone = [left.id for left in current.values() if left.property not in person.partial]
        closed += [(statement_id, None) for statement_id in gone]
        counts.closed += len(gone)
        touched.append(expert_id)
    for table in (Expert, ExpertSource, SourceRecord):
        repository.add_rows(session, table, tables[table])
    # Closed first (the new row's id is filled in after it exists): one current row an item.
    repository.close(session, [old_id for old_id, _ in closed], now)
    repository.add_rows(session, Statement, tables[Statement])
    repository.link_successors(session, [(old, new) for old, new in closed if new is not None])
    refresh_summaries(session, touched, crosswalk)
    return counts


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


def get_profile(
    session: Session, actor: Actor, expert_id: UUID, purpose: str | None = None
) -> Profile:
    """A person and the current statements that the actor may see.

    Opening the profile of a lead is recorded with the purpose.

    Raises:
        NotFoundError: No such person, or not one that the actor may see: the answer is the same.
    """
    require(actor, "expert:read")
    selector = selector_for(actor, purpose)
    found = repository.get_visible(session, [expert_id], selector).get(expert_id)
    if found is None:
        raise NotFoundError(f"no expert with the id {expert_id}")
    if found[0].life in {Life.LEAD, Life.INVITED}:
        repository.add_rows(
            session,
            LeadView,
            [{"id": new_id(), "expert_id": expert_id, "actor": actor.id, "purpose": purpose}],
        )
    statements = repository.list_current(session, [expert_id])[expert_id]
    audiences = {audience.value for audience in selector.audiences}
    return Profile(*found, [s for s in statements if s.visibility in audiences])
