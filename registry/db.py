"""The one database: engine, sessions, migrations."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg import ProgrammingError
from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine, NullPool, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from registry import commits
from registry.audit import service as audit
from registry.config import Settings
from registry.errors import BusyError, DatabaseUnavailableError, InvalidInputError
from registry.postgres import (
    SERVICE,
    EmbeddedServer,
    connect_url,
    release,
    revive,
    start_embedded,
)
from registry.vault.master import MasterKeys, find_master_keys

Progress = Callable[[str], None]

# Any number serves, as long as each lock keeps its own.
LOAD_LOCK = 7_239_002
DERIVE_LOCK = 7_239_003


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@dataclass
class Database:
    """What this process works on.

    Args:
        engine: Works as the service's role.
        masters: Keys under which personal data are sealed.
        owner: Works as the role that owns the tables, where it is known: for migrations.
        server: The embedded server that this process holds, if any.
    """

    engine: Engine
    masters: MasterKeys
    owner: Engine | None = None
    server: EmbeddedServer | None = None

    def __post_init__(self) -> None:
        self._sessions = sessionmaker(
            self.engine, expire_on_commit=False, info={"vault": self.masters}
        )
        event.listen(self._sessions, "before_commit", commits.do_pending)
        event.listen(self._sessions, "before_commit", audit.write_pending)
        event.listen(self._sessions, "after_rollback", commits.forget_pending)
        event.listen(self._sessions, "after_rollback", audit.forget_pending)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session that commits when the block ends and rolls back on any error."""
        with self._sessions() as session:
            try:
                yield session
                session.commit()
            except BaseException:
                session.rollback()
                raise

    def revive(self) -> None:
        """Start the embedded server again if it died; somebody else's server is left alone."""
        if self.server is not None:
            revive(self.server)

    def close(self) -> None:
        """Return all connections; the embedded server stops with its last user."""
        self.engine.dispose()
        if self.owner is not None:
            self.owner.dispose()
        if self.server is not None:
            release(self.server)
            self.server = None


def make_engine(url: str) -> Engine:
    """An engine whose JSON keeps Vietnamese letters readable and whose sessions work in UTC."""
    return create_engine(
        url,
        json_serializer=_dumps,
        pool_pre_ping=True,
        # A logged error must not carry what was being written.
        hide_parameters=True,
        pool_size=8,
        max_overflow=8,
        # Facets group everybody by many columns: where the planner expects more groups than its
        # memory for hashes takes, it sorts them instead, which takes five times as long.
        connect_args={"options": "-c timezone=utc -c hash_mem_multiplier=8"},
    )


def open_database(settings: Settings, on_progress: Progress | None = None) -> Database:
    """Connect to DATABASE_URL, or start the embedded server in the data folder.

    Raises:
        DatabaseUnavailableError: The server does not start or does not answer.
        DataFolderError: The data folder cannot hold the embedded database.
    """
    masters = find_master_keys(
        settings.secret_keys, settings.environment, settings.data_folder.resolve()
    )
    server = owner = None
    if settings.database_url:
        url = _read_url(settings.database_url, "DATABASE_URL")
        if settings.owner_url:
            owner = _read_url(settings.owner_url, "REGISTRY_OWNER_URL", settings.owner_password)
    else:
        server = start_embedded(settings.postgres_folder, on_progress)
        url, owner = connect_url(server, "registry", SERVICE), connect_url(server, "registry")
        # The role can sign in before it may do anything: the first migration grants it.
    database = Database(
        make_engine(url),
        masters,
        create_engine(owner, poolclass=NullPool, hide_parameters=True) if owner else None,
        server,
    )
    try:
        with database.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except OperationalError as exc:
        database.close()
        raise DatabaseUnavailableError(
            "the database does not answer; check DATABASE_URL and that the server runs"
        ) from exc
    return database


def _read_url(url: str, variable: str, password: str | None = None) -> str:
    """The URL for SQLAlchemy with psycopg 3."""
    wrong = InvalidInputError(
        f"{variable} is not of the form postgresql://user:password@host:5432/database"
    )
    try:
        parsed = make_url(url)
        known = parsed.drivername in {"postgres", "postgresql", "postgresql+psycopg"}
        make_conninfo("", **{k: v for k, v in parsed.query.items() if isinstance(v, str)})
    except (ArgumentError, ValueError, ProgrammingError) as exc:
        raise wrong from exc
    if not known or not parsed.database:
        raise wrong
    parsed = parsed.set(drivername="postgresql+psycopg")
    if password:
        parsed = parsed.set(password=password)
    return parsed.render_as_string(hide_password=False)


@contextmanager
def exclusive(engine: Engine, lock: int, what: str) -> Iterator[None]:
    """Hold a database-wide lock for the block; freed by the server if this process dies.

    Raises:
        BusyError: Another process holds it.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        held = connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": lock})
        if not held:
            raise BusyError(f"{what} is already running on this database; wait until it has ended")
        try:
            yield
        finally:
            try:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": lock})
            except DBAPIError:
                # The connection is gone, and with it the lock.
                connection.invalidate()
