"""Encoder, restorer and indexes of one process, opened once and kept up to date."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from threadpoolctl import threadpool_limits

from matching.counting import fitting_statistics
from matching.derive import derive_all
from matching.encoder import Encoder, load_encoder
from matching.follow import (
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


@dataclass
class Engine:
    """What a search needs besides the database session.

    `lock` is held while the indexes are read or changed; encoding and reading the database run
    outside it. `following` is held by the one thread that brings the indexes up to date.
    `derived` is the position up to which this process knows everything to be encoded.
    """

    database: Database
    encoder: Encoder
    restorer: ToneRestorer
    folder: IndexFolder
    index: SearchIndex
    weights: Weights
    lock: threading.RLock = field(default_factory=threading.RLock)
    following: threading.RLock = field(default_factory=threading.RLock)
    derived: str | None = None

    def catch_up(self) -> int:
        """Take in what changed in the database.

        A new generation is built when too many rows are dead, or when the registry has outgrown
        what the statistics were counted over. Searches go on meanwhile.

        Returns:
            Number of people that were read anew.
        """
        with self.following:
            changed = follow(self.database, self.encoder, self.index, self.lock)
            if changed:
                with self.database.session() as session:
                    statistics = fitting_statistics(session, self.encoder)
                if statistics is None or self.index.dead_share > REBUILD_DEAD_SHARE:
                    self.rebuild(statistics)
        return changed

    def rebuild(self, statistics: Statistics | None, on_progress: Count | None = None) -> None:
        """Build the indexes anew beside the old ones and swap them in.

        Args:
            statistics: Those to build under; None counts anew.
        """
        with self.following:
            new = build_index(self.database, self.encoder, self.folder, on_progress, statistics)
            with self.lock:
                old, self.index = self.index, new
                old.close()
                swap_in(self.folder.path, new.folder)

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
        with self.following, self.lock:
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
