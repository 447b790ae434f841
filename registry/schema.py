"""The schema: brought to this version by the role that owns it, opened to the role that works."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from psycopg import sql
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from registry.db import Database
from registry.errors import DatabaseUnavailableError, DataFolderError

MIGRATION_LOCK = 7_239_001

# Tables that the service adds to and reads, and neither it nor anybody else changes.
APPEND_ONLY = ("audit_entry",)


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", "registry:migrations")
    return config


def migrate(database: Database) -> None:
    """Bring the schema to this version; several processes may call it at once.

    Raises:
        DataFolderError: The data were made by a newer version of this program.
        DatabaseUnavailableError: Something is to be done that the service's role may not do.
    """
    config = _alembic()
    if database.owner is None and _is_current(database):
        return
    with (database.owner or database.engine).connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.commit()
        try:
            refuse_newer(connection)
            _require_vector(connection)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            notice_restore(connection)
            if database.owner is not None:
                _open_to(connection, database.engine.url.username or "")
            connection.commit()
        except ProgrammingError as exc:
            if database.owner is None:
                raise DatabaseUnavailableError(
                    "the schema is of an older version, and the role of DATABASE_URL may not "
                    "change it; run `registry ops migrate` with REGISTRY_OWNER_URL"
                ) from exc
            raise
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


def _is_current(database: Database) -> bool:
    """Whether there is nothing to do, so that a role without the right to do it goes on."""
    with database.engine.connect() as connection:
        refuse_newer(connection)
        found = MigrationContext.configure(connection).get_current_revision()
        if found is None or found != ScriptDirectory.from_config(_alembic()).get_current_head():
            return False
        known = connection.scalar(text("SELECT identity FROM database_mark"))
        return bool(known == database_identity(connection))


def _open_to(connection: Connection, role: str) -> None:
    """Let the service's role work on the tables of the owner, and only add to the audit."""
    name = sql.Identifier(role).as_string(None)
    for grant in (
        f"GRANT USAGE ON SCHEMA public TO {name}",
        # MAINTAIN: erased rows are removed for good by rewriting tables.
        f"GRANT SELECT, INSERT, UPDATE, DELETE, MAINTAIN ON ALL TABLES IN SCHEMA public TO {name}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}",
        f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {name}",
        *(f"REVOKE UPDATE, DELETE, MAINTAIN ON {table} FROM {name}" for table in APPEND_ONLY),
    ):
        connection.execute(text(grant))


def is_separated(connection: Connection) -> bool:
    """Whether the connected role can only add to the audit, because another one owns it."""
    return bool(
        connection.scalar(
            text(
                "SELECT bool_and(NOT pg_has_role(c.relowner, 'MEMBER')) FROM pg_class c "
                "WHERE c.relname = ANY(:names)"
            ),
            {"names": list(APPEND_ONLY)},
        )
    )
