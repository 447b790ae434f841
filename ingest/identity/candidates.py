"""Who of the registry somebody may be: people met under shared keys, with the evidence."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, delete, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session
from sqlmodel import col

from ingest.identity.blocking import MOST_CANDIDATES, MOST_OF_KEY, block_keys, strong_keys
from ingest.identity.deciding import is_certain, signals
from ingest.identity.evidence import Kind, PersonRecord
from ingest.identity.linking import LinkedPair, Part, link
from ingest.identity.model import YEAR, usual
from ingest.identity.models import IdentityKey, IdentityMark, IdentityRecord
from ingest.identity.people import records_of
from registry.db import Database
from registry.experts import change_log, repository
from registry.experts.contacts import opened_of
from registry.experts.models import Expert
from registry.experts.schemas import Life, PersonDraft
from registry.vault import service as vault

__all__ = ["Match", "find_matches", "load_records", "refresh"]

# Pairs with less evidence than this are not worth anybody's look.
LEAST_BITS: Final = -6.0
# A person is not shown more possible selves than this.
_MOST_MATCHES: Final = 5
_BATCH: Final = 500
# What is known of the registry's people beside their names.
_KINDS: Final = (Kind.AFFILIATION, Kind.COAUTHORS, Kind.EMAIL, Kind.ORCID, Kind.TOPIC, YEAR)
_MARK: Final = "identity"
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Match:
    """Somebody of the registry who may be the person.

    Args:
        signals: Kinds of evidence beside the name that speak for it on their own.
        is_certain: Whether the rule for merging without a person holds.
    """

    expert_id: UUID
    bits: float
    signals: int
    is_certain: bool
    parts: tuple[Part, ...]


def refresh(database: Database, on_progress: Progress | None = None) -> int:
    """Let the records follow the registry; the first time, everybody is read.

    Stopped anywhere, the next call goes on or begins anew, without harm.

    Returns:
        Number of people who were read.
    """
    with database.session() as session:
        position = change_log.snapshot(session)
        mark = session.get(IdentityMark, _MARK)
        changed = (
            [each for batch in repository.iterate_ids(session, _BATCH) for each in batch]
            if mark is None
            else change_log.changed_since(session, mark.position)
        )
    for start in range(0, len(changed), _BATCH):
        with database.session() as session:
            _derive(session, changed[start : start + _BATCH])
        if on_progress is not None:
            on_progress(min(start + _BATCH, len(changed)), len(changed))
    with database.session() as session:
        query = upsert(IdentityMark).values(name=_MARK, position=position)
        session.execute(
            query.on_conflict_do_update(index_elements=["name"], set_={"position": position})
        )
    return len(changed)


def _derive(session: Session, people: Sequence[UUID]) -> None:
    alive = set(
        session.scalars(
            select(col(Expert.id)).where(
                col(Expert.id).in_(people), col(Expert.life).not_in([Life.ERASED, Life.MERGED])
            )
        )
    )
    session.execute(delete(IdentityKey).where(col(IdentityKey.expert_id).in_(people)))
    session.execute(delete(IdentityRecord).where(col(IdentityRecord.expert_id).in_(people)))
    records, keys = [], []
    for expert_id, rows in repository.list_current(session, sorted(alive)).items():
        stated = [
            (row.property, opened_of(session, row)) for row in rows if row.judgement != "rejected"
        ]
        found = records_of(str(expert_id), stated, _digest(session))
        if found:
            records.append({"expert_id": expert_id, "records": [asdict(r) for r in found]})
            keys += [{"expert_id": expert_id, "key": key} for key in sorted(_keys(found))]
    if records:
        session.execute(insert(IdentityRecord), records)
        session.execute(upsert(IdentityKey).on_conflict_do_nothing(), keys)


def _digest(session: Session) -> Callable[[str], str]:
    return lambda address: vault.digest(session, "identity", address)


def _keys(records: Iterable[PersonRecord]) -> set[int]:
    return {
        _number(key) for record in records for key in (*strong_keys(record), *block_keys(record))
    }


def _number(key: str) -> int:
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), signed=True)


def load_records(session: Session, people: Iterable[UUID] | None = None) -> list[PersonRecord]:
    """The records of people; of everybody when none are named."""
    query = select(IdentityRecord).order_by(col(IdentityRecord.expert_id))
    if people is not None:
        query = query.where(col(IdentityRecord.expert_id).in_(list(people)))
    return [_read(r) for row in session.scalars(query) for r in row.records]


def _read(stored: Mapping[str, Any]) -> PersonRecord:
    lists = ("affiliation", "coauthors", "topics")
    birth = stored["birth"]
    return PersonRecord(
        **{
            **stored,
            **{name: tuple(stored[name]) for name in lists},
            "birth": (birth[0], birth[1], birth[2]) if birth else None,
        }
    )


def find_matches(
    database: Database,
    drafts: Mapping[int, PersonDraft],
    about: Mapping[int, UUID],
) -> dict[int, list[Match]]:
    """For each draft, who of the registry he may be, the likeliest first.

    Args:
        about: Whom the source was asked about: that is evidence for itself, and told as such.
    """
    if not drafts:
        return {}
    refresh(database)
    with database.session() as session:
        digest = _digest(session)
        ones = [
            record
            for number, draft in drafts.items()
            for record in records_of(
                str(number),
                [(s.property, s.value.model_dump(mode="json")) for s in draft.statements],
                digest,
            )
        ]
        met = _meet(session, ones)
        canonical = repository.find_canonical(session, list(about.values()))
        others = load_records(session, met | set(canonical.values()))
        people = session.scalar(select(func.count()).select_from(IdentityRecord)) or 0
    found = _best(link(ones, others, LEAST_BITS, model=usual(_KINDS, people)), ones, others)
    matches: dict[int, list[Match]] = {}
    for number in drafts:
        asked = canonical.get(about[number]) if number in about else None
        mine = sorted(found.get(number, {}).values(), key=lambda match: -match.bits)
        if asked is not None:
            mine = [_as_asked(asked, mine), *(m for m in mine if m.expert_id != asked)]
        matches[number] = mine[:_MOST_MATCHES]
    return matches


def _as_asked(expert_id: UUID, found: Sequence[Match]) -> Match:
    """The person whom the source was asked about by an id that his profile states."""
    known = next((m for m in found if m.expert_id == expert_id), None)
    part = Part("asked", "the source was asked about this person by an id of his profile", 20.0)
    bits, parts = (known.bits, known.parts) if known else (0.0, ())
    return Match(expert_id, bits + part.bits, signals(parts) + 2, True, (part, *parts))


def _meet(session: Session, records: Sequence[PersonRecord]) -> set[UUID]:
    """People who share a key with any of these; a key that many share brings nobody together."""
    numbered = [(record.id, key) for record in records for key in _keys([record])]
    keys = sorted({key for _, key in numbered})
    rows = session.execute(
        text(
            "SELECT key, expert_id FROM identity_key WHERE key IN ("
            "SELECT key FROM identity_key WHERE key = ANY(CAST(:keys AS bigint[])) "
            "GROUP BY key HAVING count(*) <= :most)"
        ).bindparams(bindparam("keys", keys), bindparam("most", MOST_OF_KEY)),
    ).all()
    people: dict[int, list[UUID]] = {}
    for key, expert_id in rows:
        people.setdefault(key, []).append(expert_id)
    met: dict[str, dict[UUID, int]] = {}
    for person, key in numbered:
        for expert_id in people.get(key, ()):
            shared = met.setdefault(person, {})
            shared[expert_id] = shared.get(expert_id, 0) + 1
    return {
        expert_id
        for shared in met.values()
        for expert_id in sorted(shared, key=lambda each: -shared[each])[:MOST_CANDIDATES]
    }


def _best(
    pairs: Iterable[LinkedPair], ones: Sequence[PersonRecord], others: Sequence[PersonRecord]
) -> dict[int, dict[UUID, Match]]:
    """The strongest pair of each two people, whatever forms of their names it is about."""
    found: dict[int, dict[UUID, Match]] = {}
    for pair in pairs:
        number, expert_id = int(ones[pair.one].id), UUID(others[pair.other].id)
        mine = found.setdefault(number, {})
        if expert_id not in mine or pair.bits > mine[expert_id].bits:
            mine[expert_id] = Match(
                expert_id,
                pair.bits,
                signals(pair.parts),
                is_certain(pair.bits, pair.parts),
                pair.parts,
            )
    return found
