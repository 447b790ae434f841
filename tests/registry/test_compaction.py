"""Erased people leave every answer at once and every file after a compaction, with the proof."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel import select

from matching import repository, sweeping
from matching.engine import Engine
from matching.passages import text_hash
from matching.schemas import SearchRequest
from matching.service import search
from registry.access.policy import LOCAL_STEWARD, Actor, Role
from registry.config import Settings
from registry.daily import DailyWorker, is_due
from registry.db import Database, exclusive
from registry.errors import BusyError
from registry.experts import repository as experts
from registry.experts.recording import record_people
from registry.jobs import begin_compaction, do_daily, finish_compaction, looking
from registry.rights import compaction, ledger, leftovers
from registry.rights.erasure import ERASER, erase
from registry.rights.erasure_steps import REWRITTEN
from registry.rights.models import Erasure
from registry.rights.traces import Traces, collect
from registry.taxonomy.service import get_crosswalk
from tests.conftest import attach
from tests.factories import NOW, make_person, said, work

STEWARD = Actor("operator:test", frozenset({Role.STEWARD}))
NAME = "Khương Bảo Uyển"
TITLE = "Tinh thể quang tử đảo ngược cho cảm biến hơi"
PEOPLE = [
    make_person("uyen-0001", NAME, work(TITLE), said("work", {"title": {"en": "Inverse opals"}})),
    make_person("2", "Lê Hoa", work("Chỉnh sửa gen cây lúa")),
    make_person("3", "Trần Minh", work("Cảm biến lượng tử")),
    # Enough, that her rows alone are no reason to build an index anew.
    *(make_person(f"m{n}", f"Mai {n}", work(f"Đề tài số {n} về vật liệu")) for n in range(6)),
]
OTHERS = {"Lê Hoa", "Trần Minh"}
Make = Callable[..., Engine]


def _id(database: Database, key: str = "uyen-0001") -> UUID:
    with database.session() as session:
        return experts.find_by_source(session, "test", [key])[key]


def _erase(database: Database, expert_id: UUID) -> Traces:
    with database.session() as session:
        traces = collect(session, [expert_id])
        erase(session, STEWARD, expert_id, "test", NOW)
    return traces


def _names(database: Database, engine: Engine) -> set[str]:
    with database.session() as session:
        request = SearchRequest(query="tinh thể quang tử")
        return {p.display_name for p in search(session, engine, STEWARD, request, NOW).people}


def _in_table_file(database: Database, table: str, said: str) -> bool:
    """Whether the bytes of a table's file hold a text; only a superuser can look."""
    assert database.owner is not None
    with database.owner.connect() as connection:
        connection.execute(text("CHECKPOINT"))
        found = connection.scalar(
            text(
                "SELECT position(convert_to(:said, 'UTF8') IN "
                "pg_read_binary_file(pg_relation_filepath(CAST(:table AS regclass))))"
            ),
            {"said": said, "table": table},
        )
        return bool(found)


def test_an_erased_person_is_in_no_answer_at_once_and_then_in_no_index(
    database: Database, make_engine: Make
) -> None:
    engine = make_engine(database, PEOPLE)
    expert_id = _id(database)
    before = _names(database, engine)

    _erase(database, expert_id)

    assert NAME in before
    assert NAME not in _names(database, engine)
    engine.catch_up()
    rows = engine.index.person_of_row[engine.index.alive]
    assert expert_id not in {engine.index.people.ids[row] for row in rows}
    assert engine.index.words.passages == 8
    assert engine.index.people.facts[engine.index.people.number_of(expert_id)] is None


def test_a_compaction_takes_an_erased_person_out_of_every_file_and_proves_it(
    database: Database, make_engine: Make, tmp_path: Path
) -> None:
    engine, root = make_engine(database, PEOPLE), tmp_path / "index"
    expert_id = _id(database)
    engine.index.save()
    statistics = engine.index.statistics.version
    traces = _erase(database, expert_id)
    engine.catch_up()
    engine.index.save()
    left_before = leftovers.check_files(root, traces)
    in_table_before = _in_table_file(database, "statement", TITLE)

    begun = begin_compaction(database, STEWARD, NOW)
    too_early = finish_compaction(database, STEWARD, root, NOW)
    renewed = sweeping.renew(engine)
    proven = finish_compaction(database, STEWARD, root, NOW)

    assert left_before
    assert in_table_before
    assert (begun, too_early, renewed, proven) == (1, (0, ["slot-00"]), True, (1, []))
    assert leftovers.check_files(root, traces) == []
    assert not _in_table_file(database, "statement", TITLE)
    assert not _in_table_file(database, "expert_summary", NAME)
    assert engine.index.statistics.version == statistics
    assert _names(database, engine) >= OTHERS
    assert NAME not in _names(database, engine)
    with database.session() as session:
        erasure = session.scalars(select(Erasure)).one()
        assert compaction.check_erased(session, STEWARD, expert_id) == []
        assert leftovers.check_statistics(session, traces) == []
    assert erasure.compacted_at == NOW
    assert erasure.proof is not None
    assert erasure.proof["leftovers"] == []
    assert set(erasure.proof["tables"]) == set(REWRITTEN)
    for table in erasure.proof["tables"].values():
        assert table["file"] != table["file_before"]
    assert sweeping.renew(engine) is False
    assert begin_compaction(database, STEWARD, NOW) == 0


def test_nothing_is_rewritten_when_nobody_was_erased(database: Database) -> None:
    with database.engine.connect() as connection:
        before = compaction._files(connection)

    done = begin_compaction(database, STEWARD, NOW)

    with database.engine.connect() as connection:
        assert compaction._files(connection) == before
    assert done == 0


def test_an_index_that_no_process_uses_is_removed_and_a_used_one_waited_for(
    database: Database, make_engine: Make, tmp_path: Path
) -> None:
    engine, root = make_engine(database, PEOPLE), tmp_path / "index"
    second = attach(database, engine.encoder, root)
    abandoned = second.folder.path
    second.close()
    _erase(database, _id(database))
    begin_compaction(database, STEWARD, NOW)

    first_try = finish_compaction(database, STEWARD, root, NOW)

    assert abandoned.name == "slot-01"
    assert first_try == (0, ["slot-00"])
    assert not list(abandoned.glob("generation-*"))
    assert not (abandoned / "CURRENT").exists()
    # Its process ends, and the next one begins anew without the person.
    engine.close()
    assert finish_compaction(database, STEWARD, root, NOW) == (1, [])
    again = attach(database, engine.encoder, root)
    assert NAME not in _names(database, again)
    again.close()


def test_who_was_erased_before_an_index_was_built_is_never_in_it(
    database: Database, make_engine: Make, tmp_path: Path
) -> None:
    with database.session() as session:
        record_people(session, LOCAL_STEWARD, PEOPLE, get_crosswalk(session), NOW)
    expert_id = _id(database)
    traces = _erase(database, expert_id)

    engine = make_engine(database, PEOPLE[1:])
    engine.index.save()

    assert leftovers.check_files(tmp_path / "index", traces) == []
    begin_compaction(database, STEWARD, NOW)
    assert sweeping.renew(engine) is False


def test_a_table_in_use_puts_the_compaction_off_and_keeps_it_pending(database: Database) -> None:
    with database.session() as session:
        record_people(session, LOCAL_STEWARD, PEOPLE, get_crosswalk(session), NOW)
    _erase(database, _id(database))

    with database.session() as reader:
        reader.execute(text("SELECT count(*) FROM statement"))
        with pytest.raises(BusyError, match="statement"):
            compaction.rewrite_tables(database, STEWARD, NOW, attempts=1)

    with database.session() as session:
        assert [row.proof for row in compaction.list_pending(session)] == [None]
        assert compaction.waits_since(session) == NOW
    assert compaction.rewrite_tables(database, STEWARD, NOW, attempts=1) == 1


def test_two_compactions_do_not_run_at_once(database: Database) -> None:
    lock = compaction.COMPACTION_LOCK
    with exclusive(database.engine, lock, "a compaction"), pytest.raises(BusyError):
        begin_compaction(database, STEWARD, NOW)

    assert begin_compaction(database, STEWARD, NOW) == 0


def test_a_trace_that_is_left_keeps_an_erasure_unproven(
    database: Database, make_engine: Make, tmp_path: Path
) -> None:
    engine, root = make_engine(database, PEOPLE), tmp_path / "index"
    expert_id = _id(database)
    _erase(database, expert_id)
    with database.session() as session:
        session.execute(
            text(
                "UPDATE programme SET summary_en = :id "
                "WHERE code = (SELECT min(code) FROM programme)"
            ),
            {"id": f"as {expert_id} said"},
        )
    begin_compaction(database, STEWARD, NOW)
    sweeping.renew(engine)

    proven = finish_compaction(database, STEWARD, root, NOW)

    assert proven == (0, [])
    with database.session() as session:
        erasure = session.scalars(select(Erasure)).one()
        # It is tried again with the next day's work, not every minute.
        assert compaction.list_begun(session) == []
        assert compaction.waits_since(session) == NOW
    assert erasure.compacted_at is None
    assert erasure.proof is not None
    assert erasure.proof["leftovers"] == ["programme.summary_en: id"]


def test_vectors_that_no_passage_needs_go_and_those_of_the_program_stay(
    database: Database, make_engine: Make
) -> None:
    engine = make_engine(database, PEOPLE)
    version, old = engine.encoder.version, text_hash("Một câu không ai còn nói")
    with database.session() as session:
        before = session.scalar(text("SELECT count(*) FROM text_vector"))
        session.execute(
            text(
                "INSERT INTO text_vector SELECT encoder_version, :old, vector "
                "FROM text_vector LIMIT 1"
            ),
            {"old": old},
        )

    gone = sweeping.drop_vectors(database)

    with database.session() as session:
        assert session.scalar(text("SELECT count(*) FROM text_vector")) == before
        assert repository.known_vectors(session, version, [old]) == set()
    assert gone == 1


def test_a_passage_that_lost_its_vector_gets_it_again(
    database: Database, make_engine: Make
) -> None:
    engine = make_engine(database, PEOPLE)
    with database.session() as session:
        session.execute(
            text("DELETE FROM text_vector WHERE text_hash = :key"), {"key": text_hash(TITLE)}
        )

    sweeping.drop_vectors(database)
    engine.derive()

    with database.session() as session:
        known = repository.known_vectors(session, engine.encoder.version, [text_hash(TITLE)])
    assert known == {text_hash(TITLE)}


def test_a_serving_process_does_all_of_it_by_itself(
    database: Database, make_engine: Make, tmp_path: Path
) -> None:
    settings = Settings(data_folder=tmp_path)
    engine = make_engine(database, PEOPLE)
    expert_id = _id(database)
    look = looking(settings, database, engine)
    look(False)
    with database.session() as session:
        erase(session, STEWARD, expert_id, "test", datetime.now(UTC))

    look(False)
    with database.session() as session:
        at_once = session.scalars(select(Erasure)).one().compacted_at
    look(True)

    with database.session() as session:
        erasure = session.scalars(select(Erasure)).one()
    # Not before the night, unless somebody asks.
    assert at_once is None
    assert erasure.compacted_at is not None
    assert NAME not in _names(database, engine)


def test_the_days_work_erases_lists_and_is_done_once_a_day(
    database: Database, tmp_path: Path
) -> None:
    with database.session() as session:
        record_people(
            session,
            LOCAL_STEWARD,
            [make_person("9", "Võ Tâm", life=PEOPLE[0].life.LEAD)],
            get_crosswalk(session),
            NOW,
        )

    do_daily(database, ERASER, tmp_path, NOW + timedelta(days=400))

    found = ledger.read(ledger.path_in(tmp_path))
    assert list(found.erased) == [_erased(database)]


def _erased(database: Database) -> UUID:
    with database.session() as session:
        return session.scalars(select(Erasure)).one().expert_id


def test_the_days_work_is_due_from_three_oclock_in_vietnam() -> None:
    evening = datetime(2026, 11, 2, 14, tzinfo=UTC)
    before, after = datetime(2026, 11, 2, 19, 59, tzinfo=UTC), datetime(2026, 11, 2, 20, tzinfo=UTC)

    assert is_due(None, evening)
    assert not is_due(evening, before)
    assert is_due(evening, after)
    assert not is_due(after, after)
    assert is_due(after, after + timedelta(days=3))


def test_a_worker_that_is_asked_looks_at_once_and_one_that_fails_looks_again() -> None:
    asked: list[bool] = []
    done = threading.Event()

    def look(was_asked: bool) -> None:
        asked.append(was_asked)
        if len(asked) == 1:
            raise BusyError("not now")
        done.set()

    worker = DailyWorker(look, every_seconds=0.01)
    worker.ask()
    worker.start()

    assert done.wait(5)
    worker.stop()
    # What was asked for and failed is still asked for.
    assert asked[:2] == [True, True]
