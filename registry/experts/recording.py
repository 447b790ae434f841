"""Record what a source says of people: what is new, what supersedes, what is no longer said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access.holding import list_proved
from registry.access.policy import Actor, require
from registry.audit import service as audit
from registry.experts import contacts, repository
from registry.experts.choosing import decided, hash_of, keep_apart
from registry.experts.life import expires_at
from registry.experts.models import (
    Expert,
    ExpertSource,
    ItemChoice,
    SourceRecord,
    Statement,
)
from registry.experts.proofs import UNVERIFIED, Proved, proof_of
from registry.experts.rules import Crosswalk, summarise
from registry.experts.schemas import PersonDraft, StatementDraft, Verification
from registry.experts.values import external_ids_of
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
    digests = {
        p.source_key: vault.digest(session, "source", f"{source}\0{p.source_key}") for p in people
    }
    suppressed = repository.find_suppressed(session, list(digests.values()))
    wanted = [p for p in people if digests[p.source_key] not in suppressed]
    counts.refused = len(people) - len(wanted)
    hashes = repository.known_hashes(session, source, [p.source_key for p in wanted])
    hashed = [(person, _hash(person)) for person in wanted]
    changed = [(p, content) for p, content in hashed if hashes.get(p.source_key) != content]
    counts.same = len(wanted) - len(changed)
    known = repository.find_by_source(session, source, [p.source_key for p, _ in changed])
    # Nobody edits them between the comparison and the writing.
    repository.lock_experts(session, list(known.values()))
    old = repository.list_current(session, list(known.values()), source)
    choices = repository.list_choices(session, list(known.values()))
    proved = list_proved(session, list(known.values()))
    for person, content_hash in changed:
        record_id = new_id()
        expert_id = known.get(person.source_key)
        if expert_id is None:
            expert_id = known[person.source_key] = new_id()
            counts.new += 1
            rows.experts.append(
                {
                    "id": expert_id,
                    "life": person.life.value,
                    "life_since": now,
                    "expires_at": expires_at(person.life, now),
                    "is_invented": person.is_invented,
                }
            )
            rows.sources.append(
                {"source": source, "source_key": person.source_key, "expert_id": expert_id}
            )
        else:
            counts.updated += 1
        rows.records.append(
            {
                "id": record_id,
                "expert_id": expert_id,
                "source": source,
                "source_key": person.source_key,
                "content_hash": content_hash,
                "change_id": change_id,
                "url": person.url,
                "retrieved_at": person.retrieved_at,
            }
        )
        rows.raws.append((expert_id, person.raw))
        chosen = choices.get(expert_id, {})
        holder = proved.get(expert_id)
        said = _Said(person, expert_id, record_id, actor, change_id, chosen, holder, now)
        _compare(session, said, old.get(expert_id, []), rows, counts)
    _write(session, actor, source, rows, now, change_id)
    refresh_summaries(session, rows.touched, crosswalk)
    return counts


def _hash(person: PersonDraft) -> str:
    return hash_of(
        [person.raw, [s.model_dump(mode="json") for s in person.statements], person.life.value]
    )


@dataclass(frozen=True)
class _Said:
    """What one source says of one person, what he decided about items earlier, and has proved."""

    person: PersonDraft
    expert_id: UUID
    record_id: UUID
    actor: Actor
    change_id: UUID
    choices: Mapping[tuple[str, str], ItemChoice]
    proved: Proved | None
    now: datetime


def _compare(
    session: Session, said: _Said, old: Sequence[Statement], rows: _Rows, counts: RecordCounts
) -> None:
    current = {(s.property, s.item_key): s for s in old}
    drawn = [_row(session, draft, said) for draft in said.person.statements]
    for row in keep_apart(drawn, old):
        external_ids = external_ids_of(row["property"], row["value"])
        row.update(
            decided(said.choices, row["property"], row["item_key"], external_ids, row["value"])
        )
        if row["verification"] == Verification.CLAIMED and row["judgement"] != "rejected":
            row |= proof_of(said.proved, row["property"], row["value"], said.now)
        before = current.pop((row["property"], row["item_key"]), None)
        if before is not None and before.value_hash == row["value_hash"]:
            continue
        if before is not None:
            rows.closed.append((before.id, row["id"]))
        rows.statements.append(row)
        counts.statements += 1
    gone = [left.id for left in current.values() if left.property not in said.person.partial]
    rows.closed += [(statement_id, None) for statement_id in gone]
    counts.closed += len(gone)
    rows.touched.append(said.expert_id)


def _row(session: Session, draft: StatementDraft, said: _Said) -> dict[str, Any]:
    person = said.person
    stored = contacts.stored_value(session, said.expert_id, draft.value)
    content = [draft.property, stored.content, draft.started_on, draft.ended_on]
    return {
        "id": new_id(),
        "expert_id": said.expert_id,
        "property": draft.property,
        "item_key": stored.item_key,
        "value": stored.value,
        "value_hash": hash_of(
            [*content, draft.verification.value, draft.visibility.value, *draft.named_bodies]
        ),
        "external_id": draft.value.external_id(),
        "started_on": draft.started_on,
        "ended_on": draft.ended_on,
        "source": person.source,
        "source_record_id": said.record_id,
        "asserted_by": person.asserted_by or said.actor.id,
        "asserted_at": person.retrieved_at,
        "retrieved_at": person.retrieved_at,
        "evidence_url": draft.evidence_url or person.url,
        "legal_ground": person.legal_ground,
        **UNVERIFIED,
        "verification": draft.verification.value,
        "visibility": draft.visibility.value,
        "named_bodies": sorted(set(draft.named_bodies)),
        "judgement": None,
        "judged_at": None,
        "change_id": said.change_id,
    }


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
