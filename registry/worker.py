"""A thread that keeps this process's indexes up to date with the database."""

import logging
import threading
from collections.abc import Callable
from time import monotonic

import psycopg
from psycopg import Connection
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from registry.errors import BusyError, RegistryError

_log = logging.getLogger(__name__)

CHANNEL = "registry_changes"
Progress = Callable[[int, int], None]

# How long a stop may go unnoticed while nothing happens.
_LOOK_UP_SECONDS = 0.25
# A notification can be lost with its connection: so often everything is looked at unasked.
_SWEEP_SECONDS = 10.0
# Another process derives; if it ends before it saw the change, this one takes over.
_BUSY_SECONDS = 1.0
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0


class _StoppedError(Exception):
    """Leaves a long derivation between two of its transactions."""


class ChangeWorker:
    """Listens for committed changes, has them derived, and takes them in.

    Args:
        database: Where to listen; the connection is the thread's own.
        derive: Makes passages and vectors of changed people and takes them in. Calls its
            argument between transactions. Raises BusyError while another process does it.
        catch_up: Takes in what any process has derived.
        revive: Starts the database again if it is this process's to start, and died.
    """

    def __init__(
        self,
        database: Engine,
        derive: Callable[[Progress], int],
        catch_up: Callable[[], int],
        revive: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._derive, self._catch_up, self._revive = derive, catch_up, revive
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="change-worker", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self, timeout_seconds: float = 30.0) -> None:
        """End the thread: at once when idle, after the transaction under way when not."""
        self._stopping.set()
        self._thread.join(timeout_seconds)

    def _run(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            try:
                connection = self._listen()
                try:
                    # What changed while nobody listened, first.
                    due = self._take_in(has_new_statements=True)
                    pause = _FIRST_PAUSE_SECONDS
                    while not self._stopping.is_set():
                        due = self._wait_and_take_in(connection, due)
                finally:
                    connection.close()
            except _StoppedError:
                return
            except (OperationalError, psycopg.OperationalError):
                _log.warning("the database does not answer; trying again in %.1f s", pause)
                self._try_to_revive()
                self._stopping.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            except Exception:
                # Whatever it was (database gone, disk full), the next round may succeed.
                _log.exception("following changes failed; trying again in %.1f s", pause)
                self._stopping.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _try_to_revive(self) -> None:
        try:
            self._revive()
        except RegistryError as exc:
            _log.warning("%s", exc)

    def _listen(self) -> "Connection[tuple[object, ...]]":
        pooled = self._database.raw_connection()
        connection = pooled.driver_connection
        pooled.detach()
        assert isinstance(connection, Connection)
        connection.autocommit = True
        connection.execute(f"LISTEN {CHANNEL}")
        return connection

    def _wait_and_take_in(self, connection: "Connection[tuple[object, ...]]", due: float) -> float:
        topics = [n.payload for n in connection.notifies(timeout=_LOOK_UP_SECONDS, stop_after=1)]
        if self._stopping.is_set() or not (topics or monotonic() >= due):
            return due
        # Passages that somebody derived ("passages") only have to be read.
        return self._take_in(has_new_statements=not topics or "expert" in topics)

    def _take_in(self, has_new_statements: bool) -> float:
        """Do what is to do.

        Returns:
            When to look again unasked, by the monotonic clock.
        """
        if has_new_statements:
            try:
                self._derive(self._leave_when_stopped)
            except BusyError:
                self._catch_up()
                return monotonic() + _BUSY_SECONDS
        else:
            self._catch_up()
        return monotonic() + _SWEEP_SECONDS

    def _leave_when_stopped(self, done: int, total: int) -> None:
        if self._stopping.is_set():
            raise _StoppedError
