"""Make erased people physically gone from vectors and indexes; each process renews its own."""

import fcntl
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from matching.engine import Engine
from matching.follow import BUILT_FROM
from matching.passages import text_hash
from matching.search_index import current_generation
from registry.db import DERIVE_LOCK, Database, exclusive
from registry.programmes.service import example_texts
from registry.rights.compaction import is_begun_since

_BEFORE_EVERYTHING = "1:1:"

_log = logging.getLogger(__name__)


def drop_vectors(database: Database) -> int:
    """Delete vectors of texts that no passage has any more, but for the texts of the program.

    A person's passage that lost its vector meanwhile (somebody with the same text was erased
    while it was made) is put up to be made anew.

    Returns:
        How many were deleted.

    Raises:
        BusyError: Passages are being encoded; half-finished ones could lose their vectors.
    """
    kept = [
        text_hash(form)
        for texts in example_texts().values()
        for body in texts
        for form in (body, f"query {body}")
    ]
    with (
        exclusive(database.engine, DERIVE_LOCK, "the encoding of passages"),
        database.session() as session,
    ):
        gone = session.execute(
            text(
                "DELETE FROM text_vector v WHERE NOT v.text_hash = ANY(:kept) AND NOT EXISTS "
                "(SELECT FROM passage p WHERE p.text_hash = v.text_hash) RETURNING 1"
            ),
            {"kept": kept},
        ).all()
        session.execute(
            text(
                "DELETE FROM derivation d WHERE EXISTS (SELECT FROM passage p "
                "WHERE p.expert_id = d.expert_id AND NOT EXISTS (SELECT FROM text_vector v "
                "WHERE v.text_hash = p.text_hash AND v.encoder_version = d.encoder_version))"
            )
        )
    return len(gone)


def renew(engine: Engine) -> bool:
    """Build this process's index anew when it was built before somebody was erased.

    The statistics stay, so that no score moves.
    """
    with engine.database.session() as session:
        stale = _is_stale(session, engine.folder.path)
    if stale:
        _log.info("building the index anew: somebody was erased since it was built")
        engine.catch_up()
        engine.rebuild(engine.index.statistics)
    return stale


def clear_abandoned(session: Session, root: Path) -> list[str]:
    """Remove indexes that hold erased people and that no process uses; their slots' names."""
    cleared = []
    for slot in _slots(root):
        with _held(slot) as is_mine:
            if is_mine and _is_stale(session, slot):
                for generation in slot.glob("generation-*"):
                    shutil.rmtree(generation)
                (slot / "CURRENT").unlink(missing_ok=True)
                cleared.append(slot.name)
    return cleared


def list_stale(session: Session, root: Path) -> list[str]:
    """Names of the slots whose index still holds somebody erased: their processes renew them."""
    return [s.name for s in _slots(root) if _is_stale(session, s)]


def describe(root: Path) -> dict[str, str]:
    """The generation in use of each slot, for the proof."""
    found = {slot.name: current_generation(slot) for slot in _slots(root)}
    return {name: generation.name for name, generation in found.items() if generation is not None}


def _slots(root: Path) -> list[Path]:
    return sorted(path for path in root.glob("slot-*") if path.is_dir())


def _is_stale(session: Session, slot: Path) -> bool:
    """Whether files of a slot may hold somebody who was erased since they were written.

    Generations that a crash left beside the one in use count as well.
    """
    return any(_holds_erased(session, folder) for folder in slot.glob("generation-*"))


def _holds_erased(session: Session, generation: Path) -> bool:
    try:
        position = (generation / BUILT_FROM).read_text("utf-8")
    except OSError:
        # Of an earlier version, or one that is being built: nobody knows, so it counts as old.
        position = ""
    return is_begun_since(session, position or _BEFORE_EVERYTHING)


@contextmanager
def _held(slot: Path) -> Iterator[bool]:
    """Whether the slot is free, and held for the block if so."""
    with (slot / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
