"""Encoder, restorer and indexes of one process, opened once and kept up to date."""

import logging
import shutil
import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field

from threadpoolctl import threadpool_limits

from matching.counting import fitting_statistics, still_fit
from matching.derive import derive_all
from matching.encoder import Encoder, load_encoder
from matching.follow import (
    BATCH,
    REBUILD_DEAD_SHARE,
    IndexFolder,
    build_index,
    follow,
    open_index,
)
from matching.scoring import Weights, calibrate
from matching.search_index import SearchIndex, swap_in
from matching.statistics import Statistics
from matching.tones import ToneRestorer
from registry.config import Settings
from registry.db import Database
from registry.errors import BusyError

Progress = Callable[[str, int, int], None]
Count = Callable[[int, int], None]

_log = logging.getLogger(__name__)

# How often a new index may try to keep up by itself before the old one waits for it.
_ROUNDS_BESIDE = 20


class _ClosingError(Exception):
    """Leaves the building of an index between two batches."""


@dataclass
class Engine:
    """What a search needs besides the database session.

    `lock` is held while the indexes are read or changed; encoding and reading the database run
    outside it. `following` is held by the one thread that brings the indexes up to date, and
    `building` by the one that builds new ones meanwhile. `derived` is the position up to which
    this process knows everything to be encoded.
    """

    database: Database
    encoder: Encoder
    restorer: ToneRestorer
    folder: IndexFolder
    index: SearchIndex
    weights: Weights
    lock: threading.RLock = field(default_factory=threading.RLock)
    following: threading.RLock = field(default_factory=threading.RLock)
    building: threading.RLock = field(default_factory=threading.RLock)
    is_closing: bool = False
    derived: str | None = None

    def catch_up(self) -> int:
        """Take in what changed in the database.

        A new generation is built when too many rows are dead, when the registry has outgrown
        what the statistics were counted over, or when another process counted anew. Searches go
        on meanwhile.

        Returns:
            Number of people that were read anew.
        """
        changed = self._follow()
        # Whoever builds already takes this in as well.
        if changed and self.building.acquire(blocking=False):
            try:
                with self.database.session() as session:
                    fits = still_fit(session, self.index)
                if not fits or self.index.dead_share > REBUILD_DEAD_SHARE:
                    with self.database.session() as session:
                        statistics = fitting_statistics(session, self.encoder)
                    self.rebuild(statistics)
            finally:
                self.building.release()
        return changed

    def _follow(self) -> int:
        with self.following:
            return follow(self.database, self.encoder, self.index, self.lock)

    def rebuild(self, statistics: Statistics | None, on_progress: Count | None = None) -> None:
        """Build the indexes anew beside the old ones and swap them in.

        The old ones are kept up to date until then: who is hidden or withdrawn while others are
        read must not wait for the end.

        Args:
            statistics: Those to build under; None counts anew.
        """

        def between(done: int, total: int) -> None:
            if self.is_closing:
                raise _ClosingError
            self._follow()
            if on_progress is not None:
                on_progress(done, total)

        with self.building:
            try:
                new = build_index(self.database, self.encoder, self.folder, between, statistics)
            except _ClosingError:
                _log.info("closing: the index that was being built is given up")
                return
            try:
                self._catch_up_beside(new)
                with self.following:
                    follow(self.database, self.encoder, new, nullcontext())
                    with self.lock:
                        old, self.index = self.index, new
                        old.close()
                        swap_in(self.folder.path, new.folder)
            except BaseException:
                if self.index is not new:
                    # It holds people who may have to be erased, and nobody would look after it.
                    new.close()
                    shutil.rmtree(new.folder, ignore_errors=True)
                raise

    def _catch_up_beside(self, new: SearchIndex) -> None:
        """Take in what changed while an index was built, and keep the one in use up to date."""
        for _ in range(_ROUNDS_BESIDE):
            if follow(self.database, self.encoder, new, nullcontext()) <= BATCH:
                return
            self._follow()

    def derive(self, on_progress: Count | None = None) -> int:
        """Take in what changed, make passages and vectors of it, and take those in.

        What was hidden or withdrawn leaves the indexes first, and during a long backlog again
        and again: it must not wait for the encoding of others.

        Returns:
            Number of people that were read anew at the end.
        """
        self.catch_up()

        def between(done: int, total: int) -> None:
            self.catch_up()
            if on_progress is not None:
                on_progress(done, total)

        # After the first time, a look at what changed since costs nothing however many there are.
        self.derived = derive_all(self.database, self.encoder, between, self.derived)
        return self.catch_up()

    def close(self) -> None:
        """Save the indexes where they stand and give their folder back."""
        self.is_closing = True
        with self.building, self.following, self.lock:
            self.index.save()
            self.index.close()
            self.folder.release()


def open_engine(
    settings: Settings, database: Database, on_progress: Progress | None = None
) -> Engine:
    """Load the model, encode what is new, open or build the indexes."""

    def step(name: str) -> Callable[[int, int], None] | None:
        if on_progress is None:
            return None
        return lambda done, total: on_progress(name, done, total)

    def note(message: str) -> None:
        if on_progress is not None:
            on_progress(message, 1, 1)

    encoder = load_encoder(
        settings.model, settings.models_folder, note, threads=settings.encoder_threads
    )
    # Products here are small: a second BLAS thread only waits for the first.
    threadpool_limits(limits=1, user_api="blas")
    try:
        derive_all(database, encoder, step("encode passages"))
    except BusyError:
        # Another process is encoding; what it finishes reaches this one through the change log.
        _log.info("another process is encoding passages; going on with what is there")
    folder = IndexFolder(settings.index_folder)
    index = open_index(database, encoder, folder, step("index people"))
    return Engine(
        database=database,
        encoder=encoder,
        restorer=ToneRestorer.bundled(),
        folder=folder,
        index=index,
        weights=calibrate(
            Weights(settings.lexical_weight_same, settings.lexical_weight_cross, settings.pooling),
            encoder.version,
        ),
    )
