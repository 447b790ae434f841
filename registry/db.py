"""The one database: engine, sessions, migrations."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from psycopg import ProgrammingError
from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from registry.config import Settings
from registry.errors import (
    BusyError,
    DatabaseUnavailableError,
    DataFolderError,
    InvalidInputError,
)
from registry.postgres import EmbeddedServer, connect_url, release, revive, start_embedded

Progress = Callable[[str], None]

# Any number serves, as long as each lock keeps its own.
MIGRATION_LOCK = 7_239_001
LOAD_LOCK = 7_239_002
DERIVE_LOCK = 7_239_003


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@dataclass
class Database:
    """An engine, and the embedded server that this process holds, if any."""

    engine: Engine
    server: EmbeddedServer | None = None

    def __post_init__(self) -> None:
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)

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
        connect_args={"options": "-c timezone=utc"},
    )


def open_database(settings: Settings, on_progress: Progress | None = None) -> Database:
    """Connect to DATABASE_URL, or start the embedded server in the data folder.

    Raises:
        DatabaseUnavailableError: The server does not start or does not answer.
        DataFolderError: The data folder cannot hold the embedded database.
    """
    server = None
    if settings.database_url:
        url = settings.database_url
        _check_url(url)
        for prefix in ("postgres://", "postgresql://"):
            if url.startswith(prefix):
                url = "postgresql+psycopg://" + url[len(prefix) :]
    else:
        server = start_embedded(settings.postgres_folder, on_progress)
        url = connect_url(server, "registry")
    database = Database(make_engine(url), server)
    try:
        with database.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except OperationalError as exc:
        database.close()
        raise DatabaseUnavailableError(
            "the database does not answer; check DATABASE_URL and that the server runs"
        ) from exc
    return database


def _check_url(url: str) -> None:
    wrong = InvalidInputError(
        "DATABASE_URL is not of the form postgresql://user:password@host:5432/database"
    )
    try:
        parsed = make_url(url)
        known = parsed.drivername in {"postgres", "postgresql", "postgresql+psycopg"}
        make_conninfo("", **{k: v for k, v in parsed.query.items() if isinstance(v, str)})
    except (ArgumentError, ValueError, ProgrammingError) as exc:
        raise wrong from exc
    if not known or not parsed.database:
        raise wrong


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", "registry:migrations")
    return config


def migrate(engine: Engine) -> None:
    """Bring the schema to this version; several processes may call it at once.

    Raises:
        DataFolderError: The data were made by a newer version of this program.
    """
    config = _alembic()
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.commit()
        try:
            refuse_newer(connection)
            _require_vector(connection)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            notice_restore(connection)
            connection.commit()
        finally:
            # After a failed migration, nothing else would be accepted.
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
            connection.commit()


def database_identity(connection: Connection) -> str:
    """What tells this database from any other, one restored from its dump included."""
    query = text(
        "SELECT system_identifier || '/' || oid FROM pg_control_system(), pg_database "
        "WHERE datname = current_database()"
    )
    return str(connection.scalar(query))


def notice_restore(connection: Connection) -> None:
    """After a restore elsewhere, forget positions: they count the old server's transactions.

    Passages and vectors stay; the people are looked through once more, and indexes that belong
    to the old database are refused by their mark.
    """
    identity = database_identity(connection)
    known = connection.scalar(text("SELECT identity FROM database_mark"))
    if known == identity:
        return
    if known is not None:
        connection.execute(text("TRUNCATE change_log, derivation"))
        connection.execute(text("DELETE FROM database_mark"))
    connection.execute(text("INSERT INTO database_mark VALUES (:identity)"), {"identity": identity})


def _require_vector(connection: Connection) -> None:
    try:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))
        connection.commit()
    except DBAPIError as exc:
        connection.rollback()
        raise DatabaseUnavailableError(
            "this PostgreSQL lacks the extension pgvector, or its user may not create it; install "
            "pgvector on the server and run CREATE EXTENSION vector in the database"
        ) from exc


def refuse_newer(connection: Connection) -> None:
    """Refuse a database whose schema this version does not know."""
    current = MigrationContext.configure(connection).get_current_revision()
    if current is None:
        return
    try:
        ScriptDirectory.from_config(_alembic()).get_revision(current)
    except CommandError as exc:
        raise DataFolderError(
            f"the data were made by a newer version of this program (schema {current}); "
            "install that version, or choose another data folder with REGISTRY_DATA_FOLDER"
        ) from exc


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
