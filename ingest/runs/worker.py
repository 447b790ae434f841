"""A thread of the serving process that takes imports on, which people begin on pages."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from ingest.runs import store
from ingest.runs.advancing import Tools, advance
from registry.access import sessions
from registry.access.models import Account
from registry.access.policy import LOCAL_STEWARD, Actor
from registry.config import Settings
from registry.db import Database
from registry.errors import BusyError, RegistryError

__all__ = ["ImportWorker", "actor_of_run"]

_log = logging.getLogger(__name__)
_LOOK_SECONDS: Final = 1.0
_AFTER_FAILURE_SECONDS: Final = 30.0


def actor_of_run(database: Database, actor_id: str) -> Actor:
    """Who loads a run: whoever began it, as far as he still may; an operator at the machine."""
    if actor_id.startswith("operator:"):
        return Actor(actor_id, LOCAL_STEWARD.roles)
    with database.session() as session:
        account = session.get(Account, UUID(actor_id))
        if account is None or account.closed_at is not None:
            return Actor(actor_id, frozenset())
        return sessions.load_actor(session, account, datetime.now(UTC))


class ImportWorker:
    """Looks every second for a run that can go on, and takes it on.

    Several processes may look: a run is taken on by one of them.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        advance_run: Callable[..., str] = advance,
        every_seconds: float = _LOOK_SECONDS,
    ) -> None:
        self._database, self._settings = database, settings
        self._advance, self._every = advance_run, every_seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="import-worker", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self, timeout_seconds: float = 30.0) -> None:
        """End the thread after the step under way; the next process goes on."""
        self._stopping.set()
        self._thread.join(timeout_seconds)

    def _run(self) -> None:
        pause = self._every
        while not self._stopping.wait(pause):
            pause = self._every
            try:
                self._look()
            except RegistryError as exc:
                _log.warning("imports are put off: %s", exc)
                pause = _AFTER_FAILURE_SECONDS
            except Exception:
                _log.exception("an import failed; looking again later")
                pause = _AFTER_FAILURE_SECONDS

    def _look(self) -> None:
        with self._database.session() as session:
            waiting = store.list_moving(session, datetime.now(UTC))
            actors = {run_id: store.get_run(session, run_id).actor for run_id in waiting}
        tools = Tools(self._settings, is_closing=self._stopping.is_set)
        for run_id, actor_id in actors.items():
            try:
                self._advance(self._database, run_id, actor_of_run(self._database, actor_id), tools)
            except BusyError:
                # Another process is at it, or another load runs.
                continue
