"""The folder of the embedded server: what lies in it, and whether it may lie there.

```text
<folder>/               of the user who runs the service
  data/                 the database files
  socket/               the only door to the server; of the account that runs it, mode 0700
  password              a libpq password file, mode 0600
  programs-<version>/   only when the account cannot reach the installed programs
  server.log            what the server says: no statements, no values
  *.lock                who starts, who uses, whether a server lives
```
"""

import hashlib
import os
import pwd
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from registry.errors import DataFolderError
from registry.postgres.account import Account
from registry.postgres.address import PORT

# The least room to start in: a server on a full disk stops at once.
START_MEBIBYTES = 32

# The address of a socket holds 104 bytes on macOS and 108 on Linux, with a closing zero.
_LONGEST_SOCKET_PATH = 103


@dataclass(frozen=True)
class Place:
    """A folder that was opened with `open_folder`, and the account that runs the server."""

    home: Path
    account: Account

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def password_file(self) -> Path:
        return self.home / "password"

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    @property
    def start_lock(self) -> Path:
        """Held alone by the process that starts or stops the server."""
        return self.home / "start.lock"

    @property
    def users_lock(self) -> Path:
        """Shared by the processes that use the server."""
        return self.home / "users.lock"

    @property
    def server_lock(self) -> Path:
        """Inherited by the server and all its children: free when none of them lives."""
        return self.home / "server.lock"


def open_folder(folder: Path) -> Path:
    """Make the folder of the server, when missing, for the user of this process; its real path.

    Raises:
        DataFolderError: It cannot be written, or belongs to somebody else.
    """
    as_root = os.geteuid() == 0
    with writing(folder):
        folder = folder.expanduser().resolve()
        for missing in [path for path in reversed(folder.parents) if not path.exists()]:
            missing.mkdir(exist_ok=True)
            if as_root:
                # Whatever the usual mode of new files is: what is made here must not be refused.
                missing.chmod(0o711)
        if as_root:
            # In a folder of another user, that user could turn root's writing elsewhere by links.
            _require_owner(folder.parent)
        folder.mkdir(exist_ok=True)
        _require_owner(folder)
        # Empty: made a moment ago, here or by another process that starts at the same time.
        if not any(folder.iterdir()):
            # Under root, the account that runs the server passes through; what lies inside is
            # closed piece by piece.
            folder.chmod(0o711 if as_root else 0o700)
    return folder


def require_reachable(place: Place) -> None:
    """Refuse a folder that the account of the server cannot reach.

    Nothing is opened for it: a closed folder was closed by somebody for a reason.

    Raises:
        DataFolderError: A folder on the way does not let others through.
    """
    way = [*reversed(place.home.parents), place.home]
    if place.account.demoted and (closed := place.account.first_unreachable(way)) is not None:
        raise DataFolderError(
            "Under root, the embedded PostgreSQL runs as an account without rights, and the "
            f"folder {closed} does not let it through to the data folder. Choose a data folder "
            "that lies in folders which others may pass through (mode 711 or 755), for example "
            "below /var/lib (setting REGISTRY_DATA_FOLDER), or run the service as an ordinary user."
        )


def require_room(place: Place, mebibytes: int) -> None:
    """Refuse to write when less room is left.

    Raises:
        DataFolderError: Less than `mebibytes` MiB are free.
    """
    free = shutil.disk_usage(place.home).free // 2**20
    if free < mebibytes:
        raise DataFolderError(
            f"The database needs {mebibytes} MiB of free room in {place.home}, {free} MiB are "
            "left. Make room, or choose another data folder (setting REGISTRY_DATA_FOLDER)."
        )


def socket_folder(place: Place) -> Path:
    """The folder of the server's socket: made when missing, closed to everybody else.

    It lies beside the data, or in a short private folder, remembered beside the data, when the
    path is too long for a socket or holds a character that connection strings give a meaning.
    """
    folder = place.home / "socket"
    too_long = len(os.fsencode(folder / f".s.PGSQL.{PORT}")) > _LONGEST_SOCKET_PATH
    if not too_long and not set(",:") & set(str(folder)):
        folder.mkdir(exist_ok=True)
        _give(folder, place.account)
        return folder
    # A copy of the data folder must not share the socket of the original: its place is noted too.
    origin = hashlib.sha256(os.fsencode(place.home)).hexdigest()
    note = place.home / "socket-folder"
    if note.exists():
        remembered, _, of = note.read_text(encoding="utf-8").strip().partition("\n")
        if of == origin and _is_private(Path(remembered), place.account):
            return Path(remembered)
    # Not the configured temporary folder: that one may be long or closed as well.
    folder = Path(tempfile.mkdtemp(prefix="registry-", dir="/tmp"))
    _give(folder, place.account)
    write_privately(note, f"{folder}\n{origin}\n")
    return folder


def make_private_folder(folder: Path, account: Account) -> None:
    """Make a folder that only the account may enter, emptied of what an earlier attempt left."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    _give(folder, account)


def write_privately(path: Path, text: str, owner: Account | None = None) -> None:
    """Replace a file as a whole by one that only its owner may read."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        if owner is not None and owner.demoted:
            os.fchown(descriptor, owner.uid, owner.gid)
        file.flush()
        os.fsync(descriptor)
    draft.replace(path)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn what the system says about writing into the foreseen failure.

    Raises:
        DataFolderError: The folder cannot be made, read or written.
    """
    try:
        yield
    except OSError as exc:
        raise DataFolderError(
            f"The data folder {folder} cannot be used: {exc.strerror}. Give its rights to the "
            "user who runs the service, make room, or choose another data folder (setting "
            "REGISTRY_DATA_FOLDER)."
        ) from exc


def _give(folder: Path, account: Account) -> None:
    folder.chmod(0o700)
    if account.demoted:
        os.chown(folder, account.uid, account.gid)


def _is_private(folder: Path, account: Account) -> bool:
    try:
        found = folder.lstat()
    except OSError:
        return False
    return (
        stat.S_ISDIR(found.st_mode)
        and stat.S_IMODE(found.st_mode) == 0o700
        and found.st_uid == account.uid
    )


def _require_owner(folder: Path) -> None:
    owner = folder.stat().st_uid
    if owner != os.geteuid():
        raise DataFolderError(
            f"The folder {folder} belongs to the user {_user_name(owner)}, and the service runs "
            f"as {_user_name(os.geteuid())}. Run it as {_user_name(owner)}, or choose another "
            "data folder (setting REGISTRY_DATA_FOLDER)."
        )


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
