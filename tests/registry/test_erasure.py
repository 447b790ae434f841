"""Erasing a person: everything goes, what must stay stays, and a check proves both."""

import threading
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from psycopg.errors import SerializationFailure
from sqlalchemy import inspect, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlmodel import SQLModel, select

from registry.access.models import Account, AccountRole, Claim
from registry.access.policy import LOCAL_STEWARD, Actor, Role
from registry.audit import service as audit
from registry.audit.models import AuditEntry
from registry.db import Database
from registry.errors import InvalidInputError, NotPermittedError
from registry.experts import repository as experts
from registry.experts.models import ContactEvent, Expert
from registry.experts.recording import record_people
from registry.experts.schemas import Life
from registry.rights import erasure_requests, ledger, leftovers, requests
from registry.rights.copy import copy_of
from registry.rights.deadlines import RequestKind
from registry.rights.erasure import ERASER, erase
from registry.rights.erasure_steps import NOTHING_PERSONAL, STAYS, STEPS
from registry.rights.models import Erasure, RightsRequest
from registry.rights.request_store import Received
from registry.rights.traces import Traces, collect, plain, plain_in_sql
from registry.taxonomy.service import get_crosswalk
from registry.vault import service as vault
from registry.vault.models import PersonKey
from tests import whole_person
from tests.factories import NOW, make_person, work
from tests.whole_person import Whole, make_whole

STEWARD = Actor("operator:test", frozenset({Role.STEWARD}))
AUDITOR = Actor("operator:auditor", frozenset({Role.AUDITOR}))


def _own(whole: Whole) -> Actor:
    return Actor(str(whole.account.id), frozenset(), expert_id=whole.id)


def _erase(database: Database, whole: Whole) -> tuple[Traces, leftovers.Shared]:
    with database.session() as session:
        traces = collect(session, [whole.id])
        shared = leftovers.shared_with_others(session, traces)
        erase(session, STEWARD, whole.id, "test", NOW)
    return traces, shared


def test_every_table_is_either_emptied_or_said_to_hold_nothing_personal(database: Database) -> None:
    tables = set(inspect(database.engine).get_table_names())

    handled = {step.table for step in STEPS} | set(STAYS) | set(NOTHING_PERSONAL)

    assert tables == handled
    assert set(SQLModel.metadata.tables) <= handled
    assert not {step.table for step in STEPS} & set(NOTHING_PERSONAL)


def test_nothing_of_an_erased_person_is_left_in_any_column(database: Database) -> None:
    whole = make_whole(database)

    traces, shared = _erase(database, whole)

    with database.session() as session:
        assert leftovers.check_database(session, traces, shared) == []
    # What was searched for would have been found.
    assert {plain(whole_person.NAME), plain(whole_person.VARIANT)} <= traces.names
    assert {whole_person.EMAIL, whole_person.ORCID, whole_person.TITLE} <= traces.texts
    assert traces.hashes


def test_the_check_finds_what_an_erasure_would_have_missed(database: Database) -> None:
    whole = make_whole(database)

    with database.session() as session:
        traces = collect(session, [whole.id])
        shared = leftovers.shared_with_others(session, traces)
        found = {left.place for left in leftovers.check_database(session, traces, shared)}

    assert {
        "statement.value",
        "statement.expert_id",
        "expert_summary.folded_name",
        "expert_source.source_key",
        "external_login.subject",
        "account.login",
        "match_run.request",
        "match_run.purpose",
        "match_run.result",
        "passage.text_hash",
        "text_vector.text_hash",
        "person_key.expert_id",
        "item_choice.item_key",
    } <= found
    assert not found & {f"{table}.expert_id" for table in STAYS}


def test_what_others_share_with_an_erased_person_stays(database: Database) -> None:
    whole = make_whole(database)
    with database.session() as session:
        before = copy_of(session, STEWARD, whole.other_id, NOW)["tables"]

    _, shared = _erase(database, whole)

    with database.session() as session:
        after = copy_of(session, STEWARD, whole.other_id, NOW)["tables"]
        vectors = session.scalar(text("SELECT count(*) FROM text_vector WHERE encoder_version='e'"))
        run = session.execute(text("SELECT result, request, purpose FROM match_run")).one()
    assert ("statement.value", whole_person.SHARED_TITLE) in shared
    assert after["statement"] == before["statement"]
    assert after["passage"] == before["passage"]
    assert vectors == 2
    assert run.result[0]["expert_id"] == str(whole.other_id)
    assert run.result[1] == {"rank": 2, "erased": True}
    assert (run.request["query"], run.purpose) == ("[erased]", "[erased]")


def test_what_stays_is_the_id_and_the_proof(database: Database) -> None:
    whole = make_whole(database)

    _erase(database, whole)

    with database.session() as session:
        expert = session.get(Expert, whole.id)
        proof = session.scalars(select(Erasure)).one()
        request = session.scalars(select(RightsRequest)).one()
        account = session.get(Account, whole.account.id)
        key = session.get(PersonKey, whole.id)
        entries = audit.list_entries(session, AUDITOR, about=whole.id)
        audit.verify(session, AUDITOR)
    assert expert is not None
    assert expert.life == Life.ERASED
    assert proof.expert_id == whole.id
    assert proof.counts["statement"] > 5
    assert (request.state, request.words, request.requester) == ("done", None, None)
    assert request.act_by == NOW
    assert account is not None
    assert account.closed_at is not None
    assert account.expert_id is None
    assert key is None
    assert {entry.is_closed for entry in entries if entry.action == "expert:read"} == {True}
    assert next(e for e in entries if e.action == "expert:erase").details is None


def test_a_former_account_is_erased_with_the_person_and_its_claim_goes(database: Database) -> None:
    whole = make_whole(database)

    _erase(database, whole)

    with database.session() as session:
        former = session.get_one(Account, whole.former.id)
        assert session.scalars(select(Claim)).all() == []
    assert former.login == f"erased-{former.id}"
    assert whole_person.NAME not in former.display_name
    assert former.closed_at == NOW


def _parted(session: Session, expert_id: UUID, login: str, state: str = "ended") -> Account:
    """An open account that held the profile once."""
    account = Account(login=login, display_name="Ai Đó")
    session.add(account)
    session.flush()
    session.add(
        Claim(
            expert_id=expert_id,
            account_id=account.id,
            proof="words",
            state=state,
            life_before="lead",
            created_at=NOW,
        )
    )
    return account


def test_that_he_held_anothers_profile_before_stays_without_his_words(database: Database) -> None:
    whole = make_whole(database)
    with database.session() as session:
        sealed = vault.seal(session, whole.other_id, {"sought": f"Tôi là {whole_person.NAME}"})
        for state, life_before in (("reverted", "lead"), ("refused", None)):
            session.add(
                Claim(
                    expert_id=whole.other_id,
                    account_id=whole.account.id,
                    proof="words",
                    state=state,
                    life_before=life_before,
                    words=sealed,
                    created_at=NOW,
                )
            )

    _erase(database, whole)

    with database.session() as session:
        (left,) = session.scalars(select(Claim)).all()
    assert (left.expert_id, left.state, left.words) == (whole.other_id, "reverted", None)


def test_an_open_former_account_is_erased_unless_somebody_needs_it(database: Database) -> None:
    whole = make_whole(database)
    with database.session() as session:
        idle = _parted(session, whole.id, "idle")
        wrong = _parted(session, whole.id, "wrong", "reverted")
        moved = _parted(session, whole.id, "moved")
        moved.expert_id = whole.other_id
        office = _parted(session, whole.id, "office")
        role = {"role": "steward", "granted_by": "test", "granted_at": NOW}
        session.add(AccountRole(account_id=office.id, **role))
        waiting = _parted(session, whole.id, "waiting")
        asked = {"proof": "words", "state": "open", "created_at": NOW}
        session.add(Claim(account_id=waiting.id, **asked))

    _erase(database, whole)

    with database.session() as session:
        logins = {a.id: a.login for a in session.scalars(select(Account))}
        claims = session.scalars(select(Claim)).all()
    assert logins[idle.id] == f"erased-{idle.id}"
    assert {logins[a.id] for a in (wrong, moved, office, waiting)} == {
        "wrong",
        "moved",
        "office",
        "waiting",
    }
    assert [claim.account_id for claim in claims] == [waiting.id]


def test_erasing_twice_changes_nothing(database: Database) -> None:
    whole = make_whole(database)
    _erase(database, whole)

    with database.session() as session:
        again = erase(session, STEWARD, whole.id, "again", NOW + timedelta(days=1))

    assert (again.reason, again.erased_at) == ("test", NOW)
    with database.session() as session:
        found = session.scalars(select(AuditEntry).where(AuditEntry.action == "expert:erase"))
        assert len(found.all()) == 1


def test_profiles_merged_with_his_are_erased_with_a_person(database: Database) -> None:
    whole = make_whole(database)
    with database.session() as session:
        merged = session.get(Expert, whole.other_id)
        assert merged is not None
        merged.life, merged.canonical_id = Life.MERGED, whole.id

    with database.session() as session:
        erase(session, STEWARD, whole.id, "test", NOW)

    with database.session() as session:
        assert {e.life for e in session.scalars(select(Expert))} == {"erased"}
        traces = Traces((whole.id, whole.other_id))
        assert leftovers.check_database(session, traces) == []


def test_no_import_brings_an_erased_person_back(database: Database) -> None:
    whole = make_whole(database)
    _erase(database, whole)
    same = make_person(whole_person.SOURCE_KEY, whole_person.NAME)
    by_orcid = make_person(whole_person.ORCID, whole_person.NAME, source="orcid")
    new = make_person("new", "Hồ Văn Lâm")

    with database.session() as session:
        people = [same, by_orcid, new]
        counts = record_people(session, LOCAL_STEWARD, people, get_crosswalk(session), NOW)

    assert (counts.new, counts.refused) == (1, 2)


def test_only_the_person_and_the_offices_may_erase(database: Database) -> None:
    whole = make_whole(database)
    recruiter = Actor("r", frozenset({Role.RECRUITER}), body="most")

    with database.session() as session, pytest.raises(NotPermittedError):
        erase(session, recruiter, whole.id, "test", NOW)


def test_a_person_who_confirms_is_erased_at_once_and_a_request_documents_it(
    database: Database,
) -> None:
    whole = make_whole(database)

    with database.session() as session, pytest.raises(InvalidInputError):
        erasure_requests.erase_own(session, _own(whole), "yes", NOW)
    with database.session() as session:
        erasure_requests.erase_own(session, _own(whole), " xoa ", NOW)

    with database.session() as session:
        rows = session.scalars(select(RightsRequest).order_by(RightsRequest.id)).all()
        proof = session.scalars(select(Erasure)).one()
        traces = Traces((whole.id,))
        assert leftovers.check_database(session, traces) == []
    assert [(row.kind, row.state) for row in rows] == [("correct", "done"), ("delete", "done")]
    assert proof.erased_by == "the person"


def test_a_steward_erases_on_a_letter_about_this_person_only(database: Database) -> None:
    whole = make_whole(database)
    with database.session() as session:
        letter = Received(RequestKind.DELETE, "Xin xóa hồ sơ của tôi", "paper", whole.id)
        row = requests.receive(session, STEWARD, letter, NOW)
        other = Received(RequestKind.DELETE, "Xin xóa", "paper", whole.other_id)
        wrong = requests.receive(session, STEWARD, other, NOW)

    with database.session() as session, pytest.raises(Exception, match="for this person"):
        erasure_requests.erase_on_request(session, STEWARD, whole.id, wrong.id, "XÓA", NOW)
    with database.session() as session:
        erasure_requests.erase_on_request(session, STEWARD, whole.id, row.id, "erase", NOW)

    with database.session() as session:
        done = session.get(RightsRequest, row.id)
        assert done is not None
        assert (done.state, done.words, done.handled_by) == ("done", None, STEWARD.id)


def test_what_is_written_of_a_person_while_he_is_erased_is_refused(database: Database) -> None:
    whole = make_whole(database)
    _erase(database, whole)

    with pytest.raises(Exception, match="erased meanwhile"), database.session() as session:
        audit.record(session, STEWARD, "test:late", about=whole.id, details={"a": 1})

    with database.session() as session:
        assert session.get(PersonKey, whole.id) is None


def test_what_is_written_of_a_person_meanwhile_waits_for_the_erasure_and_fails(
    database: Database,
) -> None:
    whole = make_whole(database)
    failed: list[type[BaseException]] = []
    began = threading.Event()

    def write() -> None:
        try:
            with database.session() as session:
                began.set()
                session.add(
                    ContactEvent(expert_id=whole.id, kind="sent", at=NOW, recorded_by="test")
                )
        except OperationalError as exc:
            failed.append(type(exc.orig))

    writer = threading.Thread(target=write)
    with database.session() as session:
        erase(session, STEWARD, whole.id, "test", NOW)
        writer.start()
        began.wait()
        # It cannot have written yet: the person's row is held.
        writer.join(0.3)
        waited = writer.is_alive()
    writer.join(10)

    assert waited
    assert failed == [SerializationFailure]
    with database.session() as session:
        assert leftovers.check_database(session, Traces((whole.id,))) == []


def test_a_restored_backup_is_told_of_erasures_again(database: Database, tmp_path: Path) -> None:
    # A backup that still holds her: here, a row of the ledger that the database does not know.
    whole, path = make_whole(database), tmp_path / "erasures.jsonl"
    other = make_whole_ledger(path, whole)

    erased = ledger.replay(database, path, NOW)
    again = ledger.replay(database, path, NOW)

    assert (erased, again) == (1, 0)
    with database.session() as session:
        assert leftovers.check_database(session, Traces((whole.id,))) == []
        assert experts.find_suppressed(session, [other]) == {other}


def make_whole_ledger(path: Path, whole: Whole) -> str:
    digest = "d" * 64
    path.write_text(
        f'{{"erased": "{whole.id}", "at": "2026-10-01T00:00:00+00:00"}}\n'
        f'{{"suppressed": "{digest}", "at": "2026-10-01T00:00:00+00:00"}}\n'
    )
    return digest


def test_the_ledger_knows_every_erasure_once_and_mends_a_torn_line(
    database: Database, tmp_path: Path
) -> None:
    whole, path = make_whole(database), tmp_path / "erasures.jsonl"
    _erase(database, whole)

    first, second = ledger.reconcile(database, path), ledger.reconcile(database, path)
    path.write_bytes(path.read_bytes()[:-20])
    mended = ledger.reconcile(database, path)

    assert first > 1
    assert (second, mended) == (0, 1)
    found = ledger.read(path)
    assert found.erased == {whole.id: NOW}
    assert len(found.suppressed) == first - 1
    assert path.stat().st_mode & 0o077 == 0
    assert whole_person.SOURCE_KEY not in path.read_text()


def test_a_ledger_with_an_unreadable_line_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "erasures.jsonl"
    path.write_text('{"erased": 5}\n{"erased": "x"}\n')

    with pytest.raises(InvalidInputError, match="line 1"):
        ledger.read(path)


@pytest.mark.parametrize(
    "words", ["Đặng Thị Ơn", "ĐẶNG THỊ ƠN", "Андрей Кузнецов", "Müller-Straße", "朝鮮 한국 100%_\\"]
)
def test_names_are_looked_for_alike_in_the_database_and_here(session: Session, words: str) -> None:
    made = session.scalar(text(f"SELECT {plain_in_sql('CAST(:words AS text)')}"), {"words": words})

    assert made == plain(words)


def test_a_person_without_anything_else_can_be_erased(database: Database) -> None:
    with database.session() as session:
        record_people(
            session,
            LOCAL_STEWARD,
            [make_person("plain", "Ngô Bá Khá", work("Đá ong"))],
            get_crosswalk(session),
            NOW,
        )
    with database.session() as session:
        expert_id = experts.find_by_source(session, "test", ["plain"])["plain"]
        erase(session, ERASER, expert_id, "test", NOW)

    with database.session() as session:
        assert leftovers.check_database(session, Traces((expert_id,))) == []
