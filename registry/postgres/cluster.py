"""The files of the database: checked, and made once."""

import os
import secrets
from pathlib import Path

from registry.errors import DatabaseUnavailableError, DataFolderError
from registry.postgres.address import SERVICE, SUPERUSER, EmbeddedServer, ensure_service_role
from registry.postgres.place import (
    START_MEBIBYTES,
    Place,
    make_private_folder,
    require_room,
    write_privately,
    writing,
)
from registry.postgres.programs import MAJOR_VERSION, find_programs, last_lines

# A fresh cluster holds 40 MB of tables and 16 MB of log, which grows to 80 MB before it is reused.
_NEW_CLUSTER_MEBIBYTES = 256


def require_version(place: Place) -> None:
    """Refuse the files of another major version of PostgreSQL.

    Raises:
        DataFolderError: The cluster is of another version, or no cluster lies where one should.
    """
    if not place.data.exists():
        return
    try:
        found = (place.data / "PG_VERSION").read_text(encoding="ascii").strip()
    except OSError as exc:
        raise DataFolderError(
            f"The folder {place.data} holds no readable PostgreSQL database ({exc.strerror}). "
            "Restore a backup, or choose another data folder (setting REGISTRY_DATA_FOLDER)."
        ) from exc
    if found != str(MAJOR_VERSION):
        raise DataFolderError(
            f"The database in {place.data} was made by PostgreSQL {found}, and this version of the "
            f"service runs PostgreSQL {MAJOR_VERSION}. Run the version that made it, back up there "
            "and restore here into another data folder (setting REGISTRY_DATA_FOLDER)."
        )
    if not place.password_file.exists():
        raise DataFolderError(
            f"The password of the database, {place.password_file}, is missing. Restore that file "
            "from a backup of the data folder."
        )


def create(place: Place) -> None:
    """Make the cluster and its password. An attempt that was cut short is begun anew.

    Raises:
        DataFolderError: There is no room, or the folder cannot be written.
        DatabaseUnavailableError: initdb failed; the message ends with what it said.
    """
    require_room(place, _NEW_CLUSTER_MEBIBYTES)
    programs = find_programs(place)
    draft = place.home / "data.new"
    initial = place.home / "initial-password"
    password = secrets.token_hex(32)
    with writing(place.home):
        make_private_folder(draft, place.account)
        write_privately(place.password_file, f"*:*:*:{SUPERUSER}:{password}\n")
        write_privately(initial, password, owner=place.account)
        try:
            made = place.account.run(
                [
                    str(programs.initdb),
                    f"--pgdata={draft}",
                    f"--username={SUPERUSER}",
                    f"--pwfile={initial}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--data-checksums",
                    "--no-instructions",
                ]
            )
        finally:
            initial.unlink()
        if made.returncode != 0:
            require_room(place, START_MEBIBYTES)
            raise DatabaseUnavailableError(
                "The embedded PostgreSQL could not create its database. Remove the cause, or set "
                "DATABASE_URL to a server. It said:\n" + last_lines(made.stdout)
            )
        draft.rename(place.data)
        _sync_folder(place.home)


def ensure_service(place: Place, server: EmbeddedServer) -> None:
    """Make the service's own role, once; its password joins the other in the password file.

    The file is written after the role has the password: an attempt that was cut short is begun
    anew with another one.

    Raises:
        DataFolderError: The password file cannot be read or written.
        DatabaseUnavailableError: The server refuses.
    """
    with writing(place.home):
        known = place.password_file.read_text("utf-8")
        if f":{SERVICE}:" in known:
            return
        password = secrets.token_hex(32)
        ensure_service_role(server, password)
        write_privately(place.password_file, f"{known}*:*:*:{SERVICE}:{password}\n")


def _sync_folder(folder: Path) -> None:
    """Without it, a power cut could undo the renaming, and the next start would begin anew."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
