"""How to reach the embedded server, and the database on it."""

from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import URL, make_url

from registry.errors import DatabaseUnavailableError

# A socket's name holds a port even where no network is involved.
PORT = 5432
SUPERUSER = "registry"
# The service works as this role: it owns nothing, so that it cannot change what it may only add to.
SERVICE = "registry_service"
DATABASE = "registry"


@dataclass(frozen=True)
class EmbeddedServer:
    """How to reach the server. Neither text holds the password: both name the file of it.

    Args:
        url: For SQLAlchemy, with psycopg 3, to the database `registry`.
        conninfo: The same for libpq: psycopg, psql, pg_dump.
    """

    url: str
    conninfo: str


def describe(sockets: Path, password_file: Path) -> EmbeddedServer:
    """The server whose socket lies in one folder and whose password in a libpq password file."""
    host, passfile = str(sockets), str(password_file)
    url = URL.create(
        "postgresql+psycopg",
        username=SUPERUSER,
        database=DATABASE,
        query={"host": host, "port": str(PORT), "passfile": passfile},
    )
    conninfo = make_conninfo(
        host=host, port=PORT, user=SUPERUSER, dbname=DATABASE, passfile=passfile
    )
    return EmbeddedServer(url.render_as_string(hide_password=False), conninfo)


def connect_url(server: EmbeddedServer, database: str, role: str = SUPERUSER) -> str:
    """The URL for SQLAlchemy of another database or role on the same server."""
    url = make_url(server.url).set(database=database, username=role)
    return url.render_as_string(hide_password=False)


def ensure_service_role(server: EmbeddedServer, password: str) -> None:
    """Make the role that the service works as, or give it this password.

    Raises:
        DatabaseUnavailableError: The server refuses.
    """
    maintenance = make_conninfo(server.conninfo, dbname="postgres")
    role = sql.Identifier(SERVICE)
    try:
        with psycopg.connect(maintenance, autocommit=True) as connection:
            query = "SELECT 1 FROM pg_roles WHERE rolname = %s"
            if connection.execute(query, [SERVICE]).fetchone() is None:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
            connection.execute(
                sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(password))
            )
    except psycopg.Error as exc:
        raise DatabaseUnavailableError(
            f"The embedded PostgreSQL refuses to make the role {SERVICE}: {type(exc).__name__}"
        ) from exc


def ensure_database(server: EmbeddedServer) -> None:
    """Make the database when missing, and bring pgvector to the version of the programs.

    Two processes must not do this at once.

    Raises:
        DatabaseUnavailableError: The server refuses.
    """
    try:
        maintenance = make_conninfo(server.conninfo, dbname="postgres")
        with psycopg.connect(maintenance, autocommit=True) as connection:
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            if connection.execute(query, [DATABASE]).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        with psycopg.connect(server.conninfo, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
            connection.execute("ALTER EXTENSION vector UPDATE")
    except psycopg.Error as exc:
        raise DatabaseUnavailableError(
            f"The embedded PostgreSQL runs but refuses the service: {exc}. After parts of its "
            "folder were restored, the password file and the database must be of one backup."
        ) from exc
