"""Keep a process's indexes equal to the database: build, open, follow the change log."""

import fcntl
import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

from matching import repository
from matching.counting import fitting_statistics, freeze_statistics
from matching.encoder import Encoder
from matching.people_columns import PersonFacts
from matching.search_index import (
    IndexPassage,
    SearchIndex,
    current_generation,
    new_generation,
    swap_in,
)
from matching.statistics import Statistics
from registry.db import Database
from registry.errors import BusyError, DataFolderError, IndexFormatError
from registry.experts import change_log
from registry.experts import repository as experts
from registry.experts.freshness import is_bounced
from registry.experts.models import Expert, ExpertStanding, ExpertSummary

# Rows of deleted passages stay until a rebuild; beyond this share they cost more than one.
REBUILD_DEAD_SHARE = 0.3
_SLOTS = 16
# File of a generation: the position that it was built from.
BUILT_FROM = "built-from"
# People taken in at once: what a kill or a search waits for at most.
BATCH = 100
# The same of an index that nobody searches yet: each batch costs a commit of the text index.
BUILD_BATCH = 1000

Progress = Callable[[int, int], None]


class IndexFolder:
    """The first free slot under the index folder, held by this process until it ends.

    Each process follows the change log with indexes of its own, so that none waits for another;
    the lock is the operating system's and is freed by a kill as well.
    """

    def __init__(self, root: Path) -> None:
        # What lies here are passages of people: for the owner of this process alone.
        try:
            root.mkdir(parents=True, exist_ok=True)
            root.chmod(0o700)
        except OSError as exc:
            raise DataFolderError(
                f"the folder {root} cannot be made or used ({exc.strerror}); remove what stands "
                "in its place, or choose another data folder with REGISTRY_DATA_FOLDER"
            ) from exc
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
        statistics = fitting_statistics(session, encoder)
        cluster = repository.cluster_id(session)
    if statistics is None:
        return _build_in_place(database, encoder, folder, on_progress, None)
    generation = current_generation(folder.path)
    if generation is None or _mark(generation) != cluster:
        return _build_in_place(database, encoder, folder, on_progress, statistics)
    try:
        index = SearchIndex.load(generation, statistics, encoder.dimension)
    except IndexFormatError:
        return _build_in_place(database, encoder, folder, on_progress, statistics)
    follow(database, encoder, index, nullcontext())
    return index


def _mark(generation: Path) -> str | None:
    try:
        return (generation / "cluster").read_text("utf-8")
    except (OSError, ValueError):
        return None


def _build_in_place(
    database: Database,
    encoder: Encoder,
    folder: IndexFolder,
    on_progress: Progress | None,
    statistics: Statistics | None,
) -> SearchIndex:
    index = build_index(database, encoder, folder, on_progress, statistics)
    swap_in(folder.path, index.folder)
    return index


def build_index(
    database: Database,
    encoder: Encoder,
    folder: IndexFolder,
    on_progress: Progress | None = None,
    statistics: Statistics | None = None,
) -> SearchIndex:
    """Build a new generation beside the one in use; `swap_in` puts it in its place.

    Args:
        statistics: Frozen ones to build under; None counts and freezes new ones.
    """
    generation = new_generation(folder.path)
    index: SearchIndex | None = None
    try:
        with database.session() as session:
            # Read first: what commits from now on, while people are listed too, is read twice and
            # never missed. Who was erased before has never been in the files of this generation.
            position = change_log.snapshot(session)
            (generation / BUILT_FROM).write_text(position, "utf-8")
            everybody = list(experts.iterate_ids(session, BUILD_BATCH))
            total, done = sum(len(batch) for batch in everybody), 0
            if on_progress is not None:
                on_progress(done, total)
            if statistics is None:
                statistics = freeze_statistics(session, encoder)
            (generation / "cluster").write_text(repository.cluster_id(session), "utf-8")
            index = SearchIndex(generation, statistics, encoder.dimension)
            index.position = position
            for batch in everybody:
                index.replace(*read_people(session, encoder, batch))
                done += len(batch)
                if on_progress is not None:
                    on_progress(done, total)
        index.save()
    except BaseException:
        # Half an index is of no use, and holds what may have to be erased.
        if index is not None:
            index.close()
        shutil.rmtree(generation, ignore_errors=True)
        raise
    return index


def follow(
    database: Database,
    encoder: Encoder,
    index: SearchIndex,
    lock: AbstractContextManager[object],
) -> int:
    """Take in what changed since the index's position.

    Args:
        lock: Held while the index changes, and not while the database is read.

    Returns:
        Number of people that were read anew.
    """
    with database.session() as session:
        position = change_log.snapshot(session)
        changed = change_log.changed_since(session, index.position)
        for start in range(0, len(changed), BATCH):
            read = read_people(session, encoder, changed[start : start + BATCH])
            with lock:
                index.replace(*read)
        index.position = position
    return len(changed)


def read_people(
    session: Session, encoder: Encoder, expert_ids: Sequence[UUID]
) -> tuple[dict[UUID, PersonFacts | None], dict[UUID, list[IndexPassage]]]:
    """What an index takes in of these people: facts (None: in no list), and passages."""
    facts: dict[UUID, PersonFacts | None] = dict.fromkeys(expert_ids)
    standings = experts.list_standings(session, expert_ids)
    for expert_id, (expert, summary) in experts.get_listed(session, expert_ids).items():
        facts[expert_id] = _facts(expert, summary, standings.get(expert_id))
    items: dict[UUID, list[IndexPassage]] = {}
    for passage, vector in repository.load_passages(session, encoder.version, expert_ids):
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
    return facts, items


def _facts(expert: Expert, summary: ExpertSummary, standing: ExpertStanding | None) -> PersonFacts:
    kept = standing or ExpertStanding(expert_id=expert.id)
    return PersonFacts(
        expert.life,
        summary.country_code,
        summary.is_overseas,
        tuple(summary.fields),
        tuple(summary.groups),
        None if expert.open_to is None else tuple(sorted(expert.open_to)),
        _day(kept.confirmed_at),
        _day(kept.replied_at),
        _day(kept.sent_at),
        is_bounced(kept.confirmed_at, kept.replied_at, kept.bounced_at),
    )


def _day(at: datetime | None) -> int | None:
    """Sessions work in UTC, so that the date is the day in UTC as well."""
    return at.date().toordinal() if at else None
