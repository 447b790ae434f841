"""Keep a process's indexes equal to the database: build, open, follow the change log."""

import fcntl
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from matching import repository
from matching.derive import encode_missing
from matching.encoder import Encoder
from matching.passages import text_hash
from matching.people_columns import PersonFacts
from matching.search_index import (
    IndexPassage,
    SearchIndex,
    current_generation,
    new_generation,
    swap_in,
)
from matching.statistics import Statistics, VectorSum, freeze
from matching.terms import Frequencies, TermCounts, count_terms
from registry.db import Database
from registry.errors import BusyError, IndexFormatError
from registry.programmes.service import example_texts

# Rows of deleted passages stay until a rebuild; beyond this share they cost more than one.
REBUILD_DEAD_SHARE = 0.3
# Growth that alone is no reason to count statistics anew.
FEW_PASSAGES = 1000
_SLOTS = 16
_COUNTED_LIVES = {"claimed", "verified"}

Progress = Callable[[int, int], None]


class IndexFolder:
    """The first free slot under the index folder, held by this process until it ends.

    Each process follows the change log with indexes of its own, so that none waits for another;
    the lock is the operating system's and is freed by a kill as well.
    """

    def __init__(self, root: Path) -> None:
        # What lies here are passages of people: for the owner of this process alone.
        root.mkdir(parents=True, exist_ok=True)
        root.chmod(0o700)
        for number in range(_SLOTS):
            self.path = root / f"slot-{number:02d}"
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = (self.path / "lock").open("w")
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self._lock.close()
                continue
            return
        raise BusyError(f"{_SLOTS} processes use the indexes in this data folder; end one first")

    def release(self) -> None:
        """Let another process have the slot."""
        self._lock.close()


def freeze_statistics(session: Session, encoder: Encoder) -> Statistics:
    """Count what everybody may find, and freeze the result under a new version.

    Passages of leads, of people who paused or withdrew, and restricted ones count nothing: no
    score that somebody sees may tell of them.
    """
    sums: dict[str, VectorSum] = {}
    counted: list[TermCounts] = []
    for expert_ids in repository.iterate_experts(session):
        people, passages = repository.load_people(session, encoder.version, expert_ids)
        for passage, vector in passages:
            expert, _ = people[passage.expert_id]
            if passage.audience != "public" or expert.life not in _COUNTED_LIVES:
                continue
            before = sums.get(passage.language, VectorSum(np.zeros(encoder.dimension), 0))
            sums[passage.language] = VectorSum(before.total + vector, before.count + 1)
            counted.append(count_terms(passage.body))
    passages_of, queries_of = reference_sums(session, encoder)
    statistics = freeze(encoder.version, sums, passages_of, queries_of, Frequencies.of(counted))
    repository.add_statistics(session, statistics)
    return statistics


def reference_sums(
    session: Session, encoder: Encoder
) -> tuple[dict[str, VectorSum], dict[str, VectorSum]]:
    """Vectors of the texts that come with the program, as passages and as queries, per language.

    They are encoded once and stored like all others.
    """
    as_passages, as_queries = {}, {}
    for language, texts in example_texts().items():
        bodies = {text_hash(body): body for body in texts}
        encode_missing(session, encoder.version, bodies, encoder.encode_passages)
        as_passages[language] = _stored_sum(session, encoder, bodies)
        # A key of its own: as a query, the same text has another vector.
        bodies = {text_hash(f"query {body}"): body for body in texts}
        encode_missing(session, encoder.version, bodies, encoder.encode_queries)
        as_queries[language] = _stored_sum(session, encoder, bodies)
    return as_passages, as_queries


def _stored_sum(session: Session, encoder: Encoder, bodies: Mapping[str, str]) -> VectorSum:
    vectors = repository.get_vectors(session, encoder.version, list(bodies))
    return VectorSum(np.sum(list(vectors.values()), axis=0, dtype=np.float64), len(vectors))


def open_index(
    database: Database,
    encoder: Encoder,
    folder: IndexFolder,
    on_progress: Progress | None = None,
) -> SearchIndex:
    """The saved index brought up to date, or a new one when there is none that fits.

    An index of another model, format, statistics or database is refused by its manifest and
    built anew beside; nothing is searched that mixes two.
    """
    with database.session() as session:
        try:
            statistics = repository.find_statistics(session, encoder.version)
        except IndexFormatError:
            statistics = None
        cluster = repository.cluster_id(session)
        passages = repository.count_passages(session)
    if statistics is None or passages > 2 * statistics.frequencies.passages + FEW_PASSAGES:
        # None yet, or counted over so little that they say nothing about what is there now.
        return build_index(database, encoder, folder, on_progress)
    generation = current_generation(folder.path)
    if generation is None or _mark(generation) != cluster:
        return build_index(database, encoder, folder, on_progress, statistics)
    try:
        index = SearchIndex.load(generation, statistics, encoder.dimension)
    except IndexFormatError:
        return build_index(database, encoder, folder, on_progress, statistics)
    follow(database, encoder, index, on_progress)
    return index


def _mark(generation: Path) -> str | None:
    try:
        return (generation / "cluster").read_text("utf-8")
    except (OSError, ValueError):
        return None


def build_index(
    database: Database,
    encoder: Encoder,
    folder: IndexFolder,
    on_progress: Progress | None = None,
    statistics: Statistics | None = None,
) -> SearchIndex:
    """Build a new generation beside the old one and swap it in when it is whole.

    Args:
        statistics: Frozen ones to build under; None counts and freezes new ones.
    """
    generation = new_generation(folder.path)
    with database.session() as session:
        if statistics is None:
            statistics = freeze_statistics(session, encoder)
        (generation / "cluster").write_text(repository.cluster_id(session), "utf-8")
        index = SearchIndex(generation, statistics, encoder.dimension)
        index.position = repository.snapshot(session)
        everybody = list(repository.iterate_experts(session))
        total, done = sum(len(batch) for batch in everybody), 0
        for batch in everybody:
            _reload(session, encoder, index, batch)
            done += len(batch)
            if on_progress is not None:
                on_progress(done, total)
    index.save()
    swap_in(folder.path, generation)
    return index


def follow(
    database: Database,
    encoder: Encoder,
    index: SearchIndex,
    on_progress: Progress | None = None,
) -> int:
    """Take in what changed since the index's position.

    Returns:
        Number of people that were read anew.
    """
    with database.session() as session:
        # Read the position first: what commits meanwhile is read twice, never missed.
        position = repository.snapshot(session)
        changed = repository.changed_since(session, index.position)
        for start in range(0, len(changed), 500):
            _reload(session, encoder, index, changed[start : start + 500])
            if on_progress is not None:
                on_progress(min(start + 500, len(changed)), len(changed))
        index.position = position
    return len(changed)


def _reload(
    session: Session, encoder: Encoder, index: SearchIndex, expert_ids: Sequence[UUID]
) -> None:
    people, passages = repository.load_people(session, encoder.version, expert_ids)
    facts: dict[UUID, PersonFacts | None] = dict.fromkeys(expert_ids)
    for expert_id, (expert, summary) in people.items():
        facts[expert_id] = PersonFacts(
            expert.life,
            summary.country_code,
            summary.is_overseas,
            tuple(summary.fields),
            tuple(summary.groups),
        )
    items: dict[UUID, list[IndexPassage]] = {}
    for passage, vector in passages:
        items.setdefault(passage.expert_id, []).append(
            IndexPassage(
                passage.id,
                passage.statement_id,
                passage.language,
                passage.body,
                passage.audience,
                vector,
            )
        )
    index.replace(facts, items)
