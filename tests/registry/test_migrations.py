"""The schema: from empty to now and back, equal to the models, refused when newer."""

from collections.abc import Callable

import pytest
from alembic import command
from sqlalchemy import Engine, inspect, text

from registry.db import Database
from registry.errors import DataFolderError
from registry.schema import _alembic, migrate


def _owner(database: Database) -> Engine:
    assert database.owner is not None
    return database.owner


def test_the_models_and_the_migrated_schema_are_equal(database: Database) -> None:
    with _owner(database).connect() as connection:
        config = _alembic()
        config.attributes["connection"] = connection

        command.check(config)


def test_the_schema_goes_down_to_empty_and_up_again(database: Database) -> None:
    with _owner(database).connect() as connection:
        config = _alembic()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        connection.commit()
        left = set(inspect(connection).get_table_names())
        connection.commit()

        command.upgrade(config, "head")
        connection.commit()

    assert left <= {"alembic_version"}
    assert "statement" in inspect(database.engine).get_table_names()


def test_migrating_twice_changes_nothing(database: Database) -> None:
    migrate(database)
    migrate(database)


def test_data_of_a_newer_version_are_refused(make_database: Callable[[str], Database]) -> None:
    newer = make_database("newer_schema")
    with _owner(newer).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(DataFolderError, match="newer version"):
        migrate(newer)


def test_after_a_restore_elsewhere_positions_of_the_old_server_are_forgotten(
    make_database: Callable[[str], Database],
) -> None:
    # A copy is to its template what a restored dump is to the database that it was taken of.
    restored = make_database("restored")
    with restored.session() as session:
        session.execute(
            text("INSERT INTO change_log (expert_id, topic) VALUES (gen_random_uuid(), 'expert')")
        )

    migrate(restored)
    with restored.session() as session:
        left = session.scalar(text("SELECT count(*) FROM change_log"))
        session.execute(
            text("INSERT INTO change_log (expert_id, topic) VALUES (gen_random_uuid(), 'expert')")
        )
    migrate(restored)

    assert left == 0
    with restored.session() as session:
        assert session.scalar(text("SELECT count(*) FROM change_log")) == 1
