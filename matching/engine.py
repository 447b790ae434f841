"""Encoder, restorer and indexes of one process, opened once and kept up to date."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from threadpoolctl import threadpool_limits

from matching.derive import derive_all
from matching.encoder import Encoder, load_encoder
from matching.follow import (
    REBUILD_DEAD_SHARE,
    IndexFolder,
    build_index,
    follow,
    open_index,
)
from matching.scoring import Weights
from matching.search_index import SearchIndex
from matching.tones import ToneRestorer
from registry.config import Settings
from registry.db import Database
from registry.errors import BusyError

Progress = Callable[[str, int, int], None]

_log = logging.getLogger(__name__)


@dataclass
class Engine:
    """What a search needs besides the database session.

    `lock` is held while the indexes are read or changed; encoding runs outside it. `derived` is
    the position up to which this process knows everything to be encoded.
    """

    database: Database
    encoder: Encoder
    restorer: ToneRestorer
    folder: IndexFolder
    index: SearchIndex
    weights: Weights
    lock: threading.RLock = field(default_factory=threading.RLock)
    derived: str | None = None

    def catch_up(self) -> int:
        """Take in what changed in the database; rebuild when too many rows are dead."""
        with self.lock:
            changed = follow(self.database, self.encoder, self.index)
            if self.index.dead_share > REBUILD_DEAD_SHARE:
                old, statistics = self.index, self.index.statistics
                self.index = build_index(
                    self.database, self.encoder, self.folder, statistics=statistics
                )
                old.close()
        return changed

    def derive(self, on_progress: Callable[[int, int], None] | None = None) -> int:
        """Make passages and vectors of changed people, then take them in.

        Returns:
            Number of people that were read anew.
        """
        # After the first time, a look at what changed since costs nothing however many there are.
        self.derived = derive_all(self.database, self.encoder, on_progress, self.derived)
        return self.catch_up()

    def close(self) -> None:
        """Save the indexes where they stand and give their folder back."""
        with self.lock:
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
        weights=Weights(
            lexical_same=settings.lexical_weight_same, lexical_cross=settings.lexical_weight_cross
        ),
    )
