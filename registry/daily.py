"""A thread that looks, from time to time or when asked, whether something is to be done."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Final

from registry.errors import RegistryError
from registry.rights.deadlines import VIETNAM

_log = logging.getLogger(__name__)

# When few people work: the day's work closes tables for a moment.
QUIET_HOUR: Final = 3
_LOOK_EVERY_SECONDS: Final = 60.0
# Looks that are left out after one that failed.
_AFTER_FAILURE: Final = 10


def is_due(last: datetime | None, now: datetime) -> bool:
    """Whether the day's work, last done at `last`, is to be done: once from the quiet hour on.

    A machine that sleeps at that hour does it when it wakes.

    Args:
        last, now: Aware.
    """
    local = now.astimezone(VIETNAM)
    begins = datetime.combine(local.date(), time(QUIET_HOUR), VIETNAM)
    if local < begins:
        begins -= timedelta(days=1)
    return last is None or last < begins


class DailyWorker:
    """Calls `look` every minute, and at once when asked.

    Args:
        look: Does what is due; its argument says that somebody asked.
        every_seconds: Time between two looks; the first one comes after it.
    """

    def __init__(
        self, look: Callable[[bool], None], every_seconds: float = _LOOK_EVERY_SECONDS
    ) -> None:
        self._look, self._every = look, every_seconds
        self._stopping, self._asked = threading.Event(), threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="daily-worker", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def ask(self) -> None:
        """Have it done now, whatever the time."""
        self._asked.set()
        self._wake.set()

    def stop(self, timeout_seconds: float = 30.0) -> None:
        """End the thread after what is under way."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(timeout_seconds)

    def _run(self) -> None:
        pause = self._every
        while True:
            self._wake.wait(pause)
            self._wake.clear()
            pause = self._every
            if self._stopping.is_set():
                return
            asked = self._asked.is_set()
            self._asked.clear()
            try:
                self._look(asked)
            except RegistryError as exc:
                # Busy, no database: a later look may succeed. What was asked for stays asked.
                _log.warning("the day's work is put off: %s", exc)
                pause = self._every * _AFTER_FAILURE
                if asked:
                    self._asked.set()
            except Exception:
                _log.exception("the day's work failed; looking again later")
                pause = self._every * _AFTER_FAILURE
