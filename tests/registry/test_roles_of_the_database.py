"""Owner and worker: one role brings the schema up to date, the other works and owns nothing."""

from collections.abc import Callable

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from registry.config import Settings
from registry.db import Database, open_database
from registry.errors import DatabaseUnavailableError, InvalidInputError
from registry.postgres import SERVICE, EmbeddedServer, connect_url
from registry.schema import is_separated, migrate


@pytest.fixture
def empty(server: EmbeddedServer, request: pytest.FixtureRequest) -> str:
    """Name of a database without a schema, on a server that both roles reach by URL."""
    name = f"e{abs(hash(request.node.nodeid)):x}"[:40]
    engine = create_engine(connect_url(server, "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    # As the set-up of a server does: only a superuser may.
    engine = create_engine(connect_url(server, name))
    with engine.begin() as connection:
        connection.execute(text("CREATE EXTENSION vector"))
    engine.dispose()
    return name


def _url(server: EmbeddedServer, name: str, role: str) -> str:
    return make_url(connect_url(server, name, role)).set(drivername="postgresql").render_as_string()


def _open(settings: Settings, database_url: str, owner_url: str | None = None) -> Database:
    changed = {"database_url": database_url, "owner_url": owner_url}
    return open_database(settings.model_copy(update=changed))


def test_the_owner_migrates_and_the_service_works_without_owning(
    settings: Settings, server: EmbeddedServer, empty: str
) -> None:
    both = _open(settings, _url(server, empty, SERVICE), _url(server, empty, "registry"))
    migrate(both)
    both.close()

    alone = _open(settings, _url(server, empty, SERVICE))
    migrate(alone)

    with alone.session() as session:
        assert is_separated(session.connection())
        session.execute(text("INSERT INTO suppression (digest) VALUES ('x')"))
    with pytest.raises(DBAPIError), alone.session() as session:
        session.execute(text("DROP TABLE suppression"))
    alone.close()


def test_without_the_owner_an_old_schema_is_told_with_what_to_do(
    settings: Settings, server: EmbeddedServer, empty: str
) -> None:
    alone = _open(settings, _url(server, empty, SERVICE))

    with pytest.raises(DatabaseUnavailableError, match="REGISTRY_OWNER_URL"):
        migrate(alone)
    alone.close()


def test_one_role_for_both_runs_and_is_reported_as_such(
    settings: Settings, server: EmbeddedServer, empty: str
) -> None:
    single = _open(settings, _url(server, empty, "registry"))

    migrate(single)

    with single.session() as session:
        assert not is_separated(session.connection())
    single.close()


@pytest.mark.parametrize("url", ["mysql://a@b/c", "postgresql://a@b", "nonsense"])
def test_a_wrong_owner_url_names_its_variable(
    settings: Settings, server: EmbeddedServer, empty: str, url: str
) -> None:
    with pytest.raises(InvalidInputError, match="REGISTRY_OWNER_URL"):
        _open(settings, _url(server, empty, SERVICE), url)


def test_a_new_table_is_open_to_the_service_after_the_next_migration(
    make_database: Callable[[str], Database],
) -> None:
    database = make_database("grown")
    assert database.owner is not None
    with database.owner.begin() as connection:
        connection.execute(text("CREATE TABLE grown (id int)"))

    migrate(database)

    with database.session() as session:
        session.execute(text("INSERT INTO grown VALUES (1)"))
