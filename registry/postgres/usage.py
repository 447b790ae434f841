"""One process's use of the server: who is the first, who is the last."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from registry.errors import BusyError
from registry.postgres import cluster, locks, server
from registry.postgres.account import server_account
from registry.postgres.address import EmbeddedServer, describe, ensure_database
from registry.postgres.place import Place, open_folder, require_reachable, socket_folder, writing

# Longer than creating a cluster on a slow disk, and than stopping with much left to write.
_LOCK_TIMEOUT_SECONDS = 120.0


@dataclass(frozen=True)
class Usage:
    """A server that this process uses until it calls `leave`."""

    address: EmbeddedServer
    place: Place
    sockets: Path
    lock: int

    def revive(self) -> None:
        """Start the server again if it died (out of memory, killed by hand); its data recover."""
        with locks.held(self.place.start_lock, _LOCK_TIMEOUT_SECONDS):
            server.ensure_running(self.place, self.sockets, lambda _: None)

    def leave(self) -> None:
        """Give up the use; stop the server when no other process uses it."""
        with locks.held(self.place.start_lock, _LOCK_TIMEOUT_SECONDS):
            _give_up(self.place, self.sockets, self.lock)


def enter(folder: Path, on_progress: Callable[[str], None]) -> Usage:
    """Use the server of a folder; `start_embedded` lists the failures."""
    home = open_folder(folder)
    place = Place(home, server_account())
    require_reachable(place)
    with writing(home), locks.held(place.start_lock, _LOCK_TIMEOUT_SECONDS):
        cluster.require_version(place)
        sockets = socket_folder(place)
        lock = locks.take(place.users_lock, shared=True)
        if lock is None:
            raise BusyError(f"Another program holds {place.users_lock}. End it, then try again.")
        try:
            if not place.data.exists():
                on_progress("Creating the database, once")
                cluster.create(place)
            server.ensure_running(place, sockets, on_progress)
            address = describe(sockets, place.password_file)
            ensure_database(address)
            cluster.ensure_service(place, address)
        except BaseException:
            _give_up(place, sockets, lock)
            raise
        return Usage(address, place, sockets, lock)


def _give_up(place: Place, sockets: Path, lock: int) -> None:
    # Closed, and asked for anew by a second opening: a forked child may hold the first one still,
    # and then uses the server too.
    os.close(lock)
    if locks.is_free(place.users_lock):
        server.stop(place, sockets)
