"""The embedded server, as the rest of the service sees it."""

import atexit
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from registry.errors import DatabaseUnavailableError
from registry.postgres.address import EmbeddedServer


@dataclass
class _Held:
    """A server that this process holds: how often it was asked for, and how to let it go."""

    server: EmbeddedServer
    leave: Callable[[], None]
    revive: Callable[[], None]
    count: int = 1


# The process number is part of the key: a forked child inherits the dictionary, and holds nothing.
_held: dict[tuple[int, Path], _Held] = {}
_guard = threading.RLock()


def start_embedded(
    folder: Path, on_progress: Callable[[str], None] | None = None
) -> EmbeddedServer:
    """Reach the PostgreSQL of a folder: made, started or joined, whatever is needed.

    Several processes may use one folder at once. The last one that releases it, or exits, stops
    the server. A process that is killed cannot: the server then runs on for the next one. Asked
    for again in the same process, the same server comes back, to be released as often.

    Args:
        folder: Holds nothing but the server: its files, password, socket and log. Made when
            missing.
        on_progress: Is told, in one sentence, about each step that takes longer than a moment.

    Raises:
        DataFolderError: The folder cannot be written or reached, belongs to another user, has no
            room, or holds a database of another PostgreSQL version.
        DatabaseUnavailableError: The server does not start; the message ends with its log.
        BusyError: Another process keeps starting or stopping it.
    """
    if sys.platform == "win32":
        raise DatabaseUnavailableError(
            "The embedded PostgreSQL runs on Linux and macOS. On Windows, set DATABASE_URL to a "
            "PostgreSQL 18 server with pgvector."
        )
    if "PGPASSWORD" in os.environ:
        raise DatabaseUnavailableError(
            "The environment variable PGPASSWORD would take the place of the embedded "
            "PostgreSQL's own password. Unset it, or set DATABASE_URL to the server it is for."
        )
    # Not at the head of the module: it needs what does not exist on Windows, where this module is
    # still imported by a service that has a DATABASE_URL.
    from registry.postgres.usage import enter

    with _guard:
        key = (os.getpid(), folder.expanduser().resolve())
        if (held := _held.get(key)) is not None:
            held.count += 1
            return held.server
        usage = enter(folder, on_progress or (lambda _: None))
        _held[key] = _Held(usage.address, usage.leave, usage.revive)
        return usage.address


def release(server: EmbeddedServer) -> None:
    """Let go of what `start_embedded` gave; the last user of all processes stops the server."""
    with _guard:
        for key, held in list(_held.items()):
            if held.server == server and key[0] == os.getpid():
                held.count -= 1
                if held.count == 0:
                    del _held[key]
                    held.leave()


def revive(server: EmbeddedServer) -> None:
    """Start a server that this process holds again, if it died.

    Raises:
        DatabaseUnavailableError: It does not start.
    """
    with _guard:
        for key, held in _held.items():
            if held.server == server and key[0] == os.getpid():
                held.revive()


def _release_all() -> None:
    for (process, _), held in list(_held.items()):
        if process == os.getpid():
            held.leave()
    _held.clear()


atexit.register(_release_all)
