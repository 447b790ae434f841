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


def test_accounts_that_were_closed_before_let_go_of_their_profiles(
    database: Database,
) -> None:
    with _owner(database).connect() as connection:
        config = _alembic()
        config.attributes["connection"] = connection
        command.downgrade(config, "0002")
        connection.execute(
            text(
                "INSERT INTO expert (id, life, is_invented) "
                "SELECT gen_random_uuid(), 'claimed', true FROM generate_series(1, 3)"
            )
        )
        # Closed with a granted claim, closed with a contested one, and open.
        connection.execute(
            text(
                "INSERT INTO account (id, login, display_name, expert_id, language, is_invented, "
                "closed_at) SELECT gen_random_uuid(), 'a' || n, 'A', id, 'vi', false, "
                "CASE WHEN n < 3 THEN TIMESTAMPTZ '2026-05-01Z' END "
                "FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM expert) e"
            )
        )
        connection.execute(
            text(
                "INSERT INTO claim (id, expert_id, account_id, proof, state, life_before, "
                "created_at) SELECT gen_random_uuid(), expert_id, id, 'link', "
                "CASE login WHEN 'a2' THEN 'contested' ELSE 'granted' END, 'lead', now() "
                "FROM account"
            )
        )
        connection.execute(
            text(
                "INSERT INTO external_login (provider, subject, account_id, linked_at) "
                "SELECT 'orcid', login, id, now() FROM account"
            )
        )
        connection.execute(
            text(
                "INSERT INTO delegation (id, expert_id, account_id, sections, created_at, "
                "expires_at) SELECT gen_random_uuid(), a.expert_id, d.id, '{work}', "
                "TIMESTAMPTZ '2026-04-01Z', TIMESTAMPTZ '2036-01-01Z' FROM account a, account d "
                "WHERE d.login = 'a3'"
            )
        )

        command.upgrade(config, "head")
        rows = connection.execute(
            text(
                "SELECT a.login, c.state, a.expert_id IS NULL, c.decided_by, "
                "(SELECT count(*) FROM external_login x WHERE x.account_id = a.id), "
                "(SELECT count(*) FROM delegation d WHERE d.expert_id = c.expert_id "
                "AND d.revoked_at IS NULL) FROM account a JOIN claim c ON c.account_id = a.id "
                "ORDER BY a.login"
            )
        ).all()
        command.downgrade(config, "0002")
        states = connection.execute(text("SELECT DISTINCT state FROM claim")).scalars().all()
        connection.commit()

    assert rows == [
        ("a1", "ended", True, "operator:migration", 0, 0),
        ("a2", "contested", True, None, 0, 0),
        ("a3", "granted", False, None, 1, 1),
    ]
    assert set(states) == {"reverted", "contested", "granted"}
