"""Who runs the server: the user of this process or, under root, an account without rights.

PostgreSQL refuses to run as root.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from registry.errors import DatabaseUnavailableError

# An account of its own: under a shared one such as "nobody", every other service that runs so
# could read the database.
ACCOUNT_NAME = "registry-pg"

# The settings and secrets of the service are not for the server; C keeps its messages in English.
_ENVIRONMENT: Mapping[str, str] = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True)
class Account:
    """User and group of the server; `demoted` when they are not those of this process."""

    uid: int
    gid: int
    demoted: bool

    def run(
        self,
        arguments: Sequence[str],
        *,
        output: int | IO[bytes] = subprocess.PIPE,
        inherited: Sequence[int] = (),
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a program as this account, without the environment of the service.

        Args:
            output: Where what it prints and complains about goes.
            inherited: Open descriptors that it keeps.

        Raises:
            DatabaseUnavailableError: The program or the change of user is not possible.
        """
        try:
            return subprocess.run(
                arguments,
                check=False,
                cwd="/",
                env=_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=inherited,
                # Ctrl-C in a terminal goes to the service alone, which stops the server itself.
                start_new_session=True,
                umask=0o077,
                user=self.uid if self.demoted else None,
                group=self.gid if self.demoted else None,
                extra_groups=[] if self.demoted else None,
            )
        except OSError as exc:
            raise DatabaseUnavailableError(
                f"The embedded PostgreSQL cannot be run ({exc.strerror}). Run the service as an "
                "ordinary user, or set DATABASE_URL to a PostgreSQL server."
            ) from exc

    def first_unreachable(self, paths: Sequence[Path]) -> Path | None:
        """The first of the folders and programs that the account may not pass through or run.

        The system is asked, as that account: modes alone do not tell (access lists, mounts).
        """
        script = 'for p; do [ -x "$p" ] || { printf %s "$p"; exit 0; }; done'
        printed = self.run(["/bin/sh", "-c", script, "sh", *map(str, paths)]).stdout
        return Path(os.fsdecode(printed)) if printed else None


def server_account() -> Account:
    """The user of this process or, when that is root, the account made for the server.

    Raises:
        DatabaseUnavailableError: The process runs as root and the account cannot be made.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), demoted=False)
    entry = _find_account() or _make_account()
    return Account(entry.pw_uid, entry.pw_gid, demoted=True)


def _find_account() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(ACCOUNT_NAME)
    except KeyError:
        return None


def _make_account() -> pwd.struct_passwd:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is not None:
        options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
        shell = ["--shell", "/usr/sbin/nologin"]
        subprocess.run([useradd, *options, *shell, ACCOUNT_NAME], check=False, capture_output=True)
    # Looked for even after a failure: another process may have made it meanwhile.
    if (entry := _find_account()) is not None:
        return entry
    raise DatabaseUnavailableError(
        "PostgreSQL does not run as root, and the system account "
        f"{ACCOUNT_NAME} for it could not be made. Run the service as an ordinary user, make that "
        "account, or set DATABASE_URL to a PostgreSQL server."
    )
