"""The audit: chained, only added to, and whole after somebody was erased."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from registry.access.policy import LOCAL_STEWARD, Actor, Role
from registry.audit import service
from registry.audit.chain import FIRST_PREVIOUS, Link, first_break, link_hash
from registry.db import Database
from registry.errors import AuditBrokenError, NotPermittedError
from registry.experts.models import Expert
from registry.ids import new_id
from registry.schema import is_separated
from registry.vault import service as vault
from tests.factories import NOW

AUDITOR = Actor("an-auditor", frozenset({Role.AUDITOR}))


def _write(database: Database, *actions: str, about: UUID | None = None) -> None:
    for action in actions:
        with database.session() as session:
            service.record(
                session, LOCAL_STEWARD, action, about=about, details={"why": "vì việc chung"}
            )


def _verify(database: Database, noted: tuple[int, bytes] | None = None) -> tuple[int, str]:
    with database.session() as session:
        return service.verify(session, AUDITOR, noted)


def _owner(database: Database) -> Engine:
    assert database.owner is not None
    return database.owner


def _tamper(database: Database, command: str) -> None:
    """As the owner of the tables could, with the guard taken off."""
    with _owner(database).begin() as connection:
        connection.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
        connection.execute(text(command))
        connection.execute(text("ALTER TABLE audit_entry ENABLE TRIGGER USER"))


def test_acts_are_numbered_chained_and_read_newest_first(database: Database) -> None:
    _write(database, "a:one", "a:two")

    with database.session() as session:
        entries = service.list_entries(session, AUDITOR)

    assert [(e.seq, e.action) for e in entries] == [(2, "a:two"), (1, "a:one")]
    assert entries[0].details == {"why": "vì việc chung"}
    assert _verify(database)[0] == 3


def test_reading_the_audit_is_an_act_as_well(database: Database) -> None:
    with database.session() as session:
        service.list_entries(session, AUDITOR)
    with database.session() as session:
        entries = service.list_entries(session, AUDITOR)

    assert [(e.actor, e.action) for e in entries] == [("an-auditor", "audit:read")]


def test_only_an_auditor_reads_it(session: Session) -> None:
    with pytest.raises(NotPermittedError):
        service.list_entries(session, LOCAL_STEWARD)


def _note_and_fail(session: Session) -> None:
    service.record(session, LOCAL_STEWARD, "a:one")
    raise NotPermittedError("refused")


def test_an_act_that_was_rolled_back_leaves_no_entry(database: Database) -> None:
    with pytest.raises(NotPermittedError), database.session() as session:
        _note_and_fail(session)
    _write(database, "a:two")

    with database.session() as session:
        assert [e.action for e in service.list_entries(session, AUDITOR)] == ["a:two"]


@pytest.mark.parametrize(
    "command",
    [
        "UPDATE audit_entry SET actor = 'somebody'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "ALTER TABLE audit_entry DISABLE TRIGGER USER",
        "DROP TABLE audit_entry",
        "SET session_replication_role = replica",
    ],
)
def test_the_service_cannot_change_what_it_wrote(database: Database, command: str) -> None:
    _write(database, "a:one")

    refused = pytest.raises(DBAPIError, match=r"permission denied|must be owner")
    with refused, database.session() as session:
        session.execute(text(command))
    with database.session() as session:
        assert is_separated(session.connection())


@pytest.mark.parametrize(
    "command", ["UPDATE audit_entry SET actor = ''", "DELETE FROM audit_entry"]
)
def test_even_the_owner_is_refused_unless_he_takes_the_guard_off(
    database: Database, command: str
) -> None:
    _write(database, "a:one")

    with pytest.raises(DBAPIError, match="only added to"), _owner(database).begin() as connection:
        connection.execute(text(command))


@pytest.mark.parametrize(
    ("command", "broken"),
    [
        ("UPDATE audit_entry SET actor = 'x' WHERE seq = 2", "entry 2: its content"),
        ("UPDATE audit_entry SET payload = '\\x00' WHERE seq = 2", "entry 2: its content"),
        ("UPDATE audit_entry SET payload = NULL WHERE seq = 2", "entry 2: its content"),
        ("UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE seq = 3", "entry 3"),
        ("DELETE FROM audit_entry WHERE seq = 2", "entry 2: the entry is missing"),
        ("DELETE FROM audit_entry WHERE seq = 1", "entry 1: the entry is missing"),
        (
            "UPDATE audit_entry SET actor = 'x', hash = sha256('x') WHERE seq = 2",
            "entry 2: its content",
        ),
    ],
)
def test_the_first_broken_link_is_named(database: Database, command: str, broken: str) -> None:
    _write(database, "a:one", "a:two", "a:three")
    _tamper(database, command)

    with pytest.raises(AuditBrokenError, match=broken):
        _verify(database)


def test_entries_cut_off_at_the_end_are_noticed_by_a_noted_head(database: Database) -> None:
    _write(database, "a:one", "a:two", "a:three")
    seq, head = _verify(database)
    _tamper(database, "DELETE FROM audit_entry WHERE seq = 3")

    assert _verify(database)[0] == 2
    with pytest.raises(AuditBrokenError, match="entry 3 was noted"):
        _verify(database, (seq, bytes.fromhex(head)))


def test_a_chain_written_anew_from_some_entry_on_is_noticed_by_a_noted_head(
    database: Database,
) -> None:
    _write(database, "a:one", "a:two")
    seq, head = _verify(database)
    _tamper(database, "DELETE FROM audit_entry WHERE seq = 2")
    _write(database, "a:other")

    assert _verify(database)[0] == 2
    with pytest.raises(AuditBrokenError, match="another entry"):
        _verify(database, (seq, bytes.fromhex(head)))


def test_a_noted_head_that_fits_is_no_break(database: Database) -> None:
    _write(database, "a:one")
    seq, head = _verify(database)
    _write(database, "a:two")

    assert _verify(database, (seq, bytes.fromhex(head)))[0] == 2


def test_the_chain_holds_when_many_write_at_once(database: Database) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: _write(database, *[f"a:{n}"] * 10), range(4)))

    assert _verify(database)[0] == 40


def test_what_the_service_says_of_number_time_and_hash_is_not_believed(database: Database) -> None:
    with database.session() as session:
        session.execute(
            text(
                "INSERT INTO audit_entry (seq, at, actor, action, previous_hash, hash) "
                "VALUES (77, '2001-01-01Z', 'x', 'a:forged', '\\x01', '\\x02')"
            )
        )

    with database.session() as session:
        (entry,) = service.list_entries(session, AUDITOR)
    assert entry.seq == 1
    assert entry.at > NOW
    _verify(database)


def test_after_a_persons_key_is_destroyed_the_chain_holds_and_the_details_are_closed(
    database: Database,
) -> None:
    with database.session() as session:
        person = Expert(id=new_id(), life="claimed")
        session.add(person)
    _write(database, "expert:read", about=person.id)
    with database.session() as session:
        vault.destroy_key(session, person.id)

    with database.session() as session:
        (entry,) = service.list_entries(session, AUDITOR, about=person.id)

    assert entry.details is None
    assert entry.is_closed
    assert _verify(database)[0] == 2


def test_entries_are_found_by_act_resource_account_and_person(database: Database) -> None:
    _write(database, "expert:read", "expert:import", "run:read")

    with database.session() as session:
        by_act = service.list_entries(session, AUDITOR, action="expert:read")
        by_resource = service.list_entries(session, AUDITOR, action="expert:")
        by_wildcard = service.list_entries(session, AUDITOR, action="e%:")
        by_account = service.list_entries(session, AUDITOR, by="nobody")
        page = service.list_entries(session, AUDITOR, before=3, limit=1)

    assert [e.action for e in by_act] == ["expert:read"]
    assert len(by_resource) == 2
    assert by_wildcard == by_account == []
    assert [e.seq for e in page] == [2]


_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


def _link(actor: str, action: str, subject: str | None, payload: bytes | None) -> Link:
    draft = Link(1, NOW, actor, action, None, None, subject, payload, FIRST_PREVIOUS, b"")
    return replace(draft, hash=link_hash(draft))


@given(_TEXTS, _TEXTS, st.none() | _TEXTS, st.none() | st.binary(max_size=8))
def test_no_two_entries_share_a_hash_unless_they_are_equal(
    actor: str, action: str, subject: str | None, payload: bytes | None
) -> None:
    one = _link(actor, action, subject, payload)
    moved = _link(actor + action[:1], action[1:], subject, payload)

    assert first_break([one])[0] is None
    assert (moved.hash == one.hash) == (not action)


@given(_TEXTS.filter(bool), st.none() | _TEXTS)
def test_the_database_and_the_check_compute_the_same_hash(actor: str, subject: str | None) -> None:
    # Through the database in one transaction that is never committed.
    with DATABASES[0].engine.connect() as connection:
        row = connection.execute(
            text(
                "INSERT INTO audit_entry (actor, action, subject) VALUES (:actor, 'a:x', :subject) "
                "RETURNING seq, at, actor, action, expert_id, body, subject, payload, "
                "previous_hash, hash"
            ),
            {"actor": actor, "subject": subject},
        ).one()
        connection.rollback()

    assert link_hash(Link(*row)) == row.hash


DATABASES: list[Database] = []


@pytest.fixture(autouse=True, scope="module")
def _one_database_for_the_property(make_database: object) -> None:
    DATABASES[:] = [make_database("audit-property")]  # type: ignore[operator]
