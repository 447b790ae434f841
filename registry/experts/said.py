"""What a source says of people beside what it said before: nothing is written here.

A dry run and a load look by the same eyes, so that what was shown is what happens.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access.holding import list_proved
from registry.access.policy import Actor
from registry.experts import contacts, repository
from registry.experts.choosing import decided, hash_of, keep_apart
from registry.experts.models import ItemChoice, Statement
from registry.experts.proofs import UNVERIFIED, Proved, proof_of
from registry.experts.schemas import PersonDraft, StatementDraft, Verification
from registry.experts.values import external_ids_of
from registry.ids import new_id
from registry.vault import service as vault

__all__ = ["Outcome", "Seen", "look"]

# Erased: was erased, and is not brought back.
Outcome = Literal["erased", "same", "new", "update"]


@dataclass(frozen=True)
class Seen:
    """What would become of one person's record.

    Args:
        expert_id: The profile that the source's id stands for; a new one for somebody new.
        shown_with: The profile that shows the person; `expert_id` unless that was merged.
        rows: Statements to be written, as they are stored.
        closes: Statements that end, each with the id of the one that says it anew, if one does.
        before: Statements that `closes` ends, by id.
    """

    person: PersonDraft
    outcome: Outcome
    content_hash: str
    expert_id: UUID
    shown_with: UUID
    record_id: UUID
    rows: list[dict[str, Any]] = field(default_factory=list)
    closes: list[tuple[UUID, UUID | None]] = field(default_factory=list)
    before: Mapping[UUID, Statement] = field(default_factory=dict)


def look(
    session: Session,
    actor: Actor,
    source: str,
    people: Sequence[PersonDraft],
    now: datetime,
    change_id: UUID,
    *,
    hold: bool,
) -> list[Seen]:
    """What would become of these people's records, in their order.

    Args:
        people: Of this source, each once.
        change_id: Under which the rows would be written.
        hold: For whoever writes what is found: nobody else may edit these people, or judge who is
            who, until the transaction ends. Else contact data stay open in the rows.
    """
    keys = [person.source_key for person in people]
    digests = {key: vault.digest(session, "source", f"{source}\0{key}") for key in keys}
    suppressed = repository.find_suppressed(session, list(digests.values()))
    hashes = repository.known_hashes(session, source, keys)
    known = repository.find_by_source(session, source, keys)
    hashed = {person.source_key: _hash(person) for person in people}
    changed = [known[key] for key in keys if key in known and hashes.get(key) != hashed[key]]
    shown = _shown_with(session, changed, hold)
    old = repository.list_said_by(session, changed, source)
    choices = repository.list_choices(session, [*changed, *shown.values()])
    proved = list_proved(session, list(shown.values()))
    ids = {key: known.get(key) or new_id() for key in keys}
    if hold:
        # At once: asked for one by one, the keys would take longer than all the rest.
        wanted = [ids[p.source_key] for p in people if _has_contacts(p)]
        vault.person_keys(session, wanted, make=True)
    found = []
    for person in people:
        key = person.source_key
        expert_id = ids[key]
        shows = shown.get(expert_id, expert_id)
        outcome: Outcome = (
            "erased"
            if digests[key] in suppressed
            else "same"
            if hashes.get(key) == hashed[key]
            else "update"
            if key in known
            else "new"
        )
        seen = Seen(person, outcome, hashed[key], expert_id, shows, new_id())
        if outcome in {"new", "update"}:
            # What the person decided himself counts more than what was decided before.
            chosen = {**choices.get(expert_id, {}), **choices.get(shows, {})}
            said = _Said(seen, actor, change_id, chosen, proved.get(shows), now, hold)
            seen = _compare(session, said, old.get(expert_id, []))
        found.append(seen)
    return found


def _has_contacts(person: PersonDraft) -> bool:
    return any(statement.property == "contact" for statement in person.statements)


def _shown_with(session: Session, people: Sequence[UUID], hold: bool) -> dict[UUID, UUID]:
    """By which profile each of these is shown."""
    shown: dict[UUID, UUID] = {}
    while (now := repository.find_canonical(session, people)) != shown:
        shown = now
        if hold:
            repository.lock_experts(session, {*people, *shown.values()})
    return shown


def _hash(person: PersonDraft) -> str:
    return hash_of(
        [person.raw, [s.model_dump(mode="json") for s in person.statements], person.life.value]
    )


@dataclass(frozen=True)
class _Said:
    """What is said, by whom it is loaded, and what the person decided and has proved."""

    seen: Seen
    actor: Actor
    change_id: UUID
    choices: Mapping[tuple[str, str], ItemChoice]
    proved: Proved | None
    now: datetime
    is_stored: bool


def _compare(session: Session, said: _Said, old: Sequence[Statement]) -> Seen:
    seen = said.seen
    rows: list[dict[str, Any]] = []
    closes: list[tuple[UUID, UUID | None]] = []
    current = {(s.property, s.item_key): s for s in old}
    drawn = [_row(session, draft, said) for draft in seen.person.statements]
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
            closes.append((before.id, row["id"]))
        rows.append(row)
    gone = [left.id for left in current.values() if left.property not in seen.person.partial]
    closes += [(statement_id, None) for statement_id in gone]
    by_id = {s.id: s for s in old}
    return Seen(
        seen.person,
        seen.outcome,
        seen.content_hash,
        seen.expert_id,
        seen.shown_with,
        seen.record_id,
        rows,
        closes,
        {old_id: by_id[old_id] for old_id, _ in closes},
    )


def _row(session: Session, draft: StatementDraft, said: _Said) -> dict[str, Any]:
    seen, person = said.seen, said.seen.person
    stored = contacts.stored_value(
        session, seen.expert_id, draft.value, is_shown=not said.is_stored
    )
    content = [draft.property, stored.content, draft.started_on, draft.ended_on]
    return {
        "id": new_id(),
        "expert_id": seen.shown_with,
        "origin_id": seen.expert_id if seen.expert_id != seen.shown_with else None,
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
        "source_record_id": seen.record_id,
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
