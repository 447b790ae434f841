"""Take a run on: read, compare, load; stopped or killed anywhere, the next call goes on."""

import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final
from uuid import UUID

from ingest.runs import store
from ingest.runs.comparing import compare_batch
from ingest.runs.kinds import KINDS, PEOPLE_LIST, FileKind, open_client
from ingest.runs.loading import load_batch
from ingest.runs.settling import settle
from ingest.runs.staging import (
    StagedPage,
    pages_of_people,
    pages_of_source,
    stage_page,
    unexpected,
)
from ingest.runs.tables import pages_of_table
from ingest.services.client import Transport
from ingest.sources.records import Notes
from registry.access.policy import Actor
from registry.config import Settings
from registry.db import Database, exclusive
from registry.errors import (
    CancelledError,
    ImportRefusedError,
    InvalidInputError,
    NotPermittedError,
    SourceLaterError,
    SourceRefusedError,
)

__all__ = ["Tools", "advance"]

_log = logging.getLogger(__name__)
_LOOK_SECONDS: Final = 1.0
# A source that gave no time is asked again after this.
_USUAL_WAIT: Final = timedelta(hours=1)
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Tools:
    """What taking a run on needs.

    Args:
        transport: How services are reached; a stand-in for tests.
        is_closing: Whether this process is about to end: the run stays as it is, to go on later.
    """

    settings: Settings
    transport: Transport | None = None
    is_closing: Callable[[], bool] = lambda: False
    on_progress: Progress | None = None

    def say(self, step: str, done: int, total: int) -> None:
        """Tell how far it is."""
        if self.on_progress is not None:
            self.on_progress(step, done, total)


class _Stop:
    """Whether somebody asked that a run stops; looked up in the database once a second."""

    def __init__(self, database: Database, run_id: UUID, tools: Tools) -> None:
        self._database, self._run_id, self._tools = database, run_id, tools
        self._looked_at, self._is_set = 0.0, False

    def is_set(self) -> bool:
        if self._tools.is_closing():
            return True
        if not self._is_set and monotonic() - self._looked_at >= _LOOK_SECONDS:
            self._looked_at = monotonic()
            with self._database.session() as session:
                self._is_set = store.get_run(session, self._run_id).is_stopping
        return self._is_set

    def wait(self, timeout: float) -> bool:
        until = monotonic() + timeout
        while not self.is_set() and (left := until - monotonic()) > 0:
            sleep(min(left, _LOOK_SECONDS))
        return self.is_set()


def advance(database: Database, run_id: UUID, actor: Actor, tools: Tools) -> str:
    """Take a run on as far as it goes without a person.

    Args:
        actor: Under whose name it is loaded.

    Returns:
        The state that it is in then.

    Raises:
        NotFoundError: There is no such run.
        BusyError: Another process is at it, or another load runs.
    """
    # Two numbers of 32 bits make the lock; the run's id ends in random ones.
    lock = int.from_bytes(run_id.bytes[-7:], "big")
    with exclusive(database.engine, lock, "this import"):
        stop = _Stop(database, run_id, tools)
        with database.session() as session:
            is_waiting = store.get_run(session, run_id).state == "waiting"
        if is_waiting:
            _set(database, run_id, "reading")
        while True:
            with database.session() as session:
                state = store.get_run(session, run_id).state
            if state not in store.MOVING:
                return state
            if stop.is_set():
                return state if tools.is_closing() else _set(database, run_id, "stopped")
            _step(database, run_id, state, actor, tools, stop)


def _step(
    database: Database, run_id: UUID, state: str, actor: Actor, tools: Tools, stop: _Stop
) -> None:
    try:
        if state == "reading":
            _read(database, run_id, tools, stop)
        elif state == "comparing":
            if compare_batch(database, run_id, actor) == 0:
                _set(database, run_id, "ready")
            _tell(database, run_id, tools, "compare")
        elif load_batch(database, run_id, actor) == 0:
            settle(database, run_id, actor)
            _set(database, run_id, "loaded")
        else:
            _tell(database, run_id, tools, "load")
    except CancelledError:
        # The loop sees that it was stopped.
        return
    except SourceLaterError as exc:
        _set(
            database,
            run_id,
            "waiting",
            str(exc),
            exc.until or datetime.now(UTC) + _USUAL_WAIT,
        )
    except (
        SourceRefusedError,
        ImportRefusedError,
        InvalidInputError,
        NotPermittedError,
    ) as exc:
        problems = getattr(exc, "problems", ())
        text = "; ".join([str(exc), *map(str, problems[:20])])
        _set(database, run_id, "failed", text)


def _read(database: Database, run_id: UUID, tools: Tools, stop: _Stop) -> None:
    with database.session() as session:
        run = store.get_run(session, run_id)
        kind, settings, cursor = run.kind, dict(run.settings), run.cursor
        notes, at = Notes.load(run.notes), run.created_at
    if kind == PEOPLE_LIST or isinstance(KINDS[kind], FileKind):
        with _files(database, run_id) as paths:
            if kind == PEOPLE_LIST:
                pages = pages_of_table(paths[0], settings, at, notes, cursor)
            else:
                reader = KINDS[kind]
                assert isinstance(reader, FileKind)
                pages = pages_of_people(reader.read(paths, at, notes), cursor)
            _stage(database, run_id, pages, notes, tools, stop)
    else:
        _ask(database, run_id, kind, settings, cursor, notes, tools, stop)


def _ask(
    database: Database,
    run_id: UUID,
    kind: str,
    settings: Mapping[str, Any],
    cursor: Mapping[str, Any] | None,
    notes: Notes,
    tools: Tools,
    stop: _Stop,
) -> None:
    asked = KINDS[kind]
    assert not isinstance(asked, FileKind)
    with open_client(asked.service, tools.settings, stop, tools.transport) as client:
        pages = pages_of_source(asked.ask(settings), client, cursor, notes)
        _stage(database, run_id, pages, notes, tools, stop)
    with database.session() as session:
        run = store.get_run(session, run_id, hold=True)
        if run.state == "comparing":
            for line in unexpected(asked.service.manifest.expected, run.notes.get("tally", {})):
                notes.count(line)
            run.notes = {**run.notes, **notes.dump()}


def _stage(
    database: Database,
    run_id: UUID,
    pages: Iterator[StagedPage],
    notes: Notes,
    tools: Tools,
    stop: _Stop,
) -> None:
    last: StagedPage | None = None
    for page in pages:
        stage_page(database, run_id, page, notes)
        last = page
        _tell(database, run_id, tools, "read")
        if stop.is_set():
            return
    if last is None or last.cursor is not None:
        # A source without anything more to give says so by ending.
        stage_page(database, run_id, StagedPage([], None), notes)


def _tell(database: Database, run_id: UUID, tools: Tools, step: str) -> None:
    if tools.on_progress is None:
        return
    with database.session() as session:
        counts = store.count_rows(session, [run_id])[run_id]
        run = store.get_run(session, run_id)
    rows = counts.get("rows", 0)
    done = {
        "read": rows,
        "compare": rows - counts.get("uncompared", 0),
        "load": counts.get("loaded", 0),
    }[step]
    total = {"read": run.total or rows, "compare": rows, "load": counts.get("chosen", 0)}[step]
    tools.say(f"{step} people", min(done, total), total)


def _set(
    database: Database,
    run_id: UUID,
    state: str,
    problem: str | None = None,
    not_before: datetime | None = None,
) -> str:
    with database.session() as session:
        run = store.get_run(session, run_id, hold=True)
        run.state, run.problem, run.not_before = state, problem, not_before
        run.is_stopping = False
        run.updated_at = datetime.now(UTC)
    return state


class _files:  # noqa: N801
    """The files of a run in a folder of their own, which goes when the block ends."""

    def __init__(self, database: Database, run_id: UUID) -> None:
        self._database, self._run_id = database, run_id
        self._folder = tempfile.TemporaryDirectory(prefix="registry-import-")

    def __enter__(self) -> list[Path]:
        paths = []
        with self._database.session() as session:
            for number, (file, content) in enumerate(store.iterate_files(session, self._run_id)):
                folder = Path(self._folder.name) / str(number)
                folder.mkdir()
                path = folder / (Path(file.name).name or "file")
                path.write_bytes(content)
                paths.append(path)
        return paths

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()
