"""Keys: what is sealed opens with its own key alone, and with none once that is destroyed."""

import base64
import os
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from registry.db import Database
from registry.errors import DataFolderError, NotFoundError, SecretsError
from registry.experts.models import Expert, SourceRecord
from registry.experts.upkeep import seal_old_records
from registry.ids import new_id
from registry.vault import service as vault
from registry.vault.master import (
    EXAMPLE_KEY,
    MasterKey,
    MasterKeys,
    find_master_keys,
    read_master_keys,
)
from registry.vault.models import PersonKey
from tests.conftest import MASTERS

SECRET = {"address": "hung@example.org"}


def _key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def _person(session: Session) -> Expert:
    person = Expert(id=new_id(), life="claimed")
    session.add(person)
    session.flush()
    return person


def _with_masters(database: Database, *keys: MasterKey) -> Database:
    return Database(database.engine, MasterKeys(keys))


def test_what_is_sealed_of_one_person_does_not_open_as_anothers(session: Session) -> None:
    one, other = _person(session), _person(session)
    sealed = vault.seal(session, one.id, SECRET)
    vault.seal(session, other.id, SECRET)

    assert vault.unseal(session, one.id, sealed) == SECRET
    assert b"example.org" not in sealed
    with pytest.raises(SecretsError):
        vault.unseal(session, other.id, sealed)


def test_a_changed_byte_is_noticed(session: Session) -> None:
    person = _person(session)
    sealed = bytearray(vault.seal(session, person.id, SECRET))
    sealed[-1] ^= 1

    with pytest.raises(SecretsError):
        vault.unseal(session, person.id, bytes(sealed))


def test_without_the_persons_key_nothing_opens_again(database: Database) -> None:
    with database.session() as session:
        person = _person(session)
        sealed = vault.seal(session, person.id, SECRET)
        vault.destroy_key(session, person.id)

    with database.session() as session, pytest.raises(NotFoundError, match="erased"):
        vault.unseal(session, person.id, sealed)


def test_a_digest_is_the_same_for_the_same_and_tells_nothing_without_the_key(
    database: Database, make_other: Database
) -> None:
    with database.session() as session:
        first = vault.digest(session, "contact", "a@example.org")
        again = vault.digest(session, "contact", "a@example.org")
        other_kind = vault.digest(session, "source", "a@example.org")
    with make_other.session() as session:
        elsewhere = vault.digest(session, "contact", "a@example.org")

    assert first == again
    assert len({first, other_kind, elsewhere}) == 3


@pytest.fixture
def make_other(make_database: object, request: pytest.FixtureRequest) -> Database:
    """A second registry."""
    made: Database = make_database(f"other-{abs(hash(request.node.nodeid)):x}"[:40])  # type: ignore[operator]
    return made


def test_a_new_master_key_opens_everything_after_rotation_and_the_old_one_can_go(
    database: Database,
) -> None:
    with database.session() as session:
        person = _person(session)
        sealed = vault.seal(session, person.id, SECRET)
        digest = vault.digest(session, "contact", "a@example.org")
    new = MasterKey("next", os.urandom(32))

    with _with_masters(database, new, *MASTERS.keys).session() as session:
        assert vault.rotate(session, batch=1) > 0
    with _with_masters(database, new, *MASTERS.keys).session() as session:
        assert vault.rotate(session) == 0

    with _with_masters(database, new).session() as session:
        assert vault.unseal(session, person.id, sealed) == SECRET
        assert vault.digest(session, "contact", "a@example.org") == digest
        assert set(vault.count_wrapped(session)) == {"next"}
    missing = pytest.raises(SecretsError, match="'next' is missing")
    with missing, _with_masters(database, *MASTERS.keys).session() as session:
        vault.unseal(session, person.id, sealed)


def test_a_wrong_key_under_the_right_name_is_told(database: Database) -> None:
    with database.session() as session:
        person = _person(session)
        sealed = vault.seal(session, person.id, SECRET)

    impostor = MasterKey(MASTERS.current, os.urandom(32))
    with _with_masters(database, impostor).session() as session, pytest.raises(SecretsError):
        vault.unseal(session, person.id, sealed)


@pytest.mark.parametrize(
    "given",
    [
        "",
        "no-colon",
        f"UPPER:{base64.b64encode(bytes(32)).decode()}",
        "short:" + base64.b64encode(bytes(range(16))).decode(),
        "letters:not base64!",
        f"example:{EXAMPLE_KEY}",
        "zeros:" + base64.b64encode(bytes(32)).decode(),
    ],
)
def test_keys_of_another_form_weak_or_published_ones_are_refused(given: str) -> None:
    with pytest.raises(SecretsError):
        read_master_keys(given)


def test_two_keys_of_one_name_are_refused() -> None:
    with pytest.raises(SecretsError, match="one name"):
        read_master_keys(f"a:{_key()},a:{_key()}")


def test_the_first_key_given_is_the_one_that_wraps() -> None:
    assert read_master_keys(f"new:{_key()}, old:{_key()}").current == "new"


def test_production_does_not_run_on_a_key_beside_the_data(tmp_path: Path) -> None:
    with pytest.raises(SecretsError, match="REGISTRY_SECRET_KEYS"):
        find_master_keys(None, "production", tmp_path)

    assert not list(tmp_path.iterdir())


def test_development_keeps_one_key_of_its_own_for_its_owner_alone(tmp_path: Path) -> None:
    first = find_master_keys(None, "development", tmp_path)
    again = find_master_keys(None, "development", tmp_path)

    (file,) = tmp_path.iterdir()
    assert first == again
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_damaged_development_key_is_not_replaced(tmp_path: Path) -> None:
    find_master_keys(None, "development", tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_text("damaged")

    with pytest.raises(DataFolderError, match="backup"):
        find_master_keys(None, "development", tmp_path)
    assert file.read_text() == "damaged"


def test_records_that_were_kept_openly_are_sealed_and_read_the_same(database: Database) -> None:
    with database.session() as session:
        person = _person(session)
        session.execute(
            text(
                "INSERT INTO source_record (id, expert_id, source, source_key, content_hash, raw, "
                "retrieved_at) VALUES (gen_random_uuid(), :id, 'test', '1', 'x', "
                """'{"name": "Hùng"}', now())"""
            ),
            {"id": person.id},
        )

    done, again = seal_old_records(database), seal_old_records(database)

    with database.session() as session:
        row = session.scalars(select(SourceRecord)).one()
        assert (done, again, row.raw) == (1, 0, None)
        assert row.sealed is not None
        assert vault.unseal(session, person.id, row.sealed) == {"name": "Hùng"}


def test_two_processes_that_seal_for_a_new_person_use_one_key(database: Database) -> None:
    with database.session() as session:
        person = _person(session)
    with database.session() as first, database.session() as second:
        sealed = vault.seal(first, person.id, SECRET)
        first.commit()
        later = vault.seal(second, person.id, SECRET)

    with database.session() as session:
        assert vault.unseal(session, person.id, sealed) == SECRET
        assert vault.unseal(session, person.id, later) == SECRET
        assert len(session.scalars(select(PersonKey)).all()) == 1
