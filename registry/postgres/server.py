"""The server process of a cluster: started, watched while it starts, stopped."""

import os
import shutil
import signal
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path

from registry.errors import BusyError, DatabaseUnavailableError
from registry.postgres import locks
from registry.postgres.address import PORT
from registry.postgres.place import START_MEBIBYTES, Place, require_room, writing
from registry.postgres.programs import find_programs, last_lines

# Repairing after a crash reads the log since the last checkpoint: seconds as a rule, minutes on a
# slow disk.
_START_TIMEOUT_SECONDS = 300.0
_SLOW_START_SECONDS = 3.0
_STOP_TIMEOUT_SECONDS = 60.0

_LOG_BYTES = 4 * 2**20

# For a laptop that runs the service beside other work. Durability stays at its defaults.
_SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "50",
    "shared_buffers": "128MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "512MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Errors of statements hold personal data ("Key (email)=... exists") and reach the service
    # anyway: the log keeps what concerns the server, and no statement texts.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
}


def ensure_running(place: Place, sockets: Path, on_progress: Callable[[str], None]) -> None:
    """Return when a server of this cluster accepts connections, started here when none lives.

    The caller holds the start lock.

    Raises:
        BusyError: A server that was started by hand runs on the files.
        DataFolderError: There is no room.
        DatabaseUnavailableError: The server ended, or was not ready in time; the message ends with
            the last lines of its log.
    """
    _limit_log(place.log)
    began = time.monotonic()
    log_start = 0
    started = told = False
    while not (_status(place) == "ready" and _postmaster(place, sockets) is not None):
        if locks.is_free(place.server_lock):
            if started:
                require_room(place, START_MEBIBYTES)
                raise DatabaseUnavailableError(
                    "The embedded PostgreSQL did not start. Remove the cause, or restore a backup. "
                    "The end of its log:\n" + _log_end(place.log, log_start)
                )
            _remove_stale_notes(place, sockets)
            on_progress("Starting the database")
            log_start = place.log.stat().st_size if place.log.exists() else 0
            _launch(place, sockets)
            started = True
        waited = time.monotonic() - began
        if waited > _START_TIMEOUT_SECONDS:
            raise DatabaseUnavailableError(
                f"The embedded PostgreSQL was not ready within {_START_TIMEOUT_SECONDS:.0f} "
                "seconds. The end of its log:\n" + _log_end(place.log, log_start)
            )
        if not told and waited > _SLOW_START_SECONDS:
            on_progress("Waiting for the database: it repairs itself after an interruption")
            told = True
        time.sleep(0.01)


def stop(place: Place, sockets: Path) -> None:
    """End the server and wait until it is gone; sessions still open are ended.

    The caller holds the start lock. A server that does not accept connections is left alone: what
    remains of it ends by itself, or is dealt with at the next start.
    """
    postmaster = _postmaster(place, sockets)
    if postmaster is None:
        return
    # PostgreSQL's "fast shutdown".
    os.kill(postmaster, signal.SIGINT)
    deadline = time.monotonic() + _STOP_TIMEOUT_SECONDS
    while not locks.is_free(place.server_lock) and time.monotonic() < deadline:
        time.sleep(0.01)


def _launch(place: Place, sockets: Path) -> None:
    require_room(place, START_MEBIBYTES)
    programs = find_programs(place)
    quoted = str(sockets).replace('"', '""')
    settings = {**_SETTINGS, "unix_socket_directories": f'"{quoted}"'}
    command = [str(programs.postgres), "-D", str(place.data)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    lock = locks.take(place.server_lock)
    if lock is None:
        return
    try:
        with open(place.log, "ab", opener=_open_privately) as log:
            # The shell leaves at once, so that the server is no child of this process, and no
            # remains of it stay when it ends first. The server and its children keep the lock.
            place.account.run(
                ["/bin/sh", "-c", '"$0" "$@" &', *command], output=log, inherited=[lock]
            )
    finally:
        os.close(lock)


def _remove_stale_notes(place: Place, sockets: Path) -> None:
    """Remove what a server that is gone noted about itself: beside its files and its socket.

    PostgreSQL believes a note as long as any process of the same user has the number, were it the
    unburied remains of the old one, and would not start. Its second guard, shared memory bound to
    the folder, stays in force.
    """
    lines = _pid_file(place)
    doors = [_socket(sockets)]
    # In a copy of a running server's folder, the note speaks of the original.
    if len(lines) > 4 and lines[1] == str(place.data) and lines[4]:
        doors.append(Path(lines[4]) / f".s.PGSQL.{lines[3]}")
    if any(_peer(door) is not None for door in doors):
        raise BusyError(
            f"A PostgreSQL server that the service did not start runs on {place.data}. Stop it, "
            "or set DATABASE_URL to it."
        )
    notes = [place.data / "postmaster.pid", sockets / f"{_socket(sockets).name}.lock"]
    with writing(place.home):
        for note in notes:
            note.unlink(missing_ok=True)


def _pid_file(place: Place) -> list[str]:
    """PostgreSQL's note: process, folder, start, port, socket folder, host, memory, status."""
    try:
        text = (place.data / "postmaster.pid").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    return [line.strip() for line in text.splitlines()]


def _status(place: Place) -> str | None:
    lines = _pid_file(place)
    return lines[7] if len(lines) > 7 else None


def _postmaster(place: Place, sockets: Path) -> int | None:
    """The process that listens on the socket; None when none does or it cannot be told for sure."""
    lines = _pid_file(place)
    listening = _peer(_socket(sockets))
    if listening is None or not lines or not lines[0].isdigit():
        return None
    noted = int(lines[0])
    return noted if listening in (noted, 0) else None


def _socket(folder: Path) -> Path:
    return folder / f".s.PGSQL.{PORT}"


def _peer(path: Path) -> int | None:
    """The process number behind a socket, 0 when the system does not tell; None: nobody listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(5)
        try:
            client.connect(str(path))
        except OSError:
            return None
        if not hasattr(socket, "SO_PEERCRED"):
            return 0
        credentials = client.getsockopt(
            socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")
        )
        process, _, _ = struct.unpack("3i", credentials)
        return int(process)


def _limit_log(log: Path) -> None:
    """Keep one older part. The server writes on at the end of the same file, emptied."""
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        shutil.copy2(log, log.with_name(log.name + ".1"))
        os.truncate(log, 0)


def _log_end(log: Path, start: int) -> str:
    return last_lines(log.read_bytes()[start:])


def _open_privately(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)
