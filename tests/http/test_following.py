"""Changes by other processes reach a running service; nothing stops the thread that does it."""

import threading
import time
from collections.abc import Callable

from fastapi.testclient import TestClient
from sqlalchemy import text

from matching.engine import Engine
from registry.access.policy import LOCAL_STEWARD, Role
from registry.app import create_app
from registry.config import Settings
from registry.db import Database
from registry.errors import BusyError
from registry.experts.recording import record_people
from registry.experts.schemas import PersonDraft
from registry.taxonomy.service import get_crosswalk
from registry.worker import ChangeWorker, Progress
from tests.accounts import make_account, sign_in
from tests.factories import NOW, make_person, work

Make = Callable[[Database, list[PersonDraft]], Engine]


class Calls:
    """Stands for an engine and remembers what was asked of it."""

    def __init__(self, fails: type[Exception] | None = None, times: int = 0) -> None:
        self.derived = self.caught_up = 0
        self._fails, self._times = fails, times

    def derive(self, on_progress: Progress) -> int:
        self.derived += 1
        if self._fails is not None and self.derived <= self._times:
            raise self._fails("not now")
        return 0

    def catch_up(self) -> int:
        self.caught_up += 1
        return 0


def _eventually(condition: Callable[[], bool], seconds: float = 10.0) -> float:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds
        time.sleep(0.02)
    return time.monotonic() - began


def _notify(database: Database, topic: str) -> None:
    with database.session() as session:
        session.execute(text("SELECT pg_notify('registry_changes', :topic)"), {"topic": topic})


def test_an_edit_by_another_process_is_searchable_within_a_second(
    settings: Settings, database: Database, make_engine: Make
) -> None:
    engine = make_engine(database, [make_person("1", "Lê Hoa", work("Chỉnh sửa gen cây lúa"))])

    recruiter = make_account(database, "recruiter", Role.RECRUITER, body="most")
    with TestClient(create_app(settings, database, engine)) as client:
        sign_in(client, database, recruiter)

        def names() -> list[str]:
            answer = client.post("/api/v1/searches", json={"query": "cảm biến lượng tử"})
            return [person["display_name"] for person in answer.json()["people"]]

        before = names()
        with database.session() as session:
            new = make_person("2", "Trần Minh", work("Cảm biến lượng tử dùng tâm màu kim cương"))
            record_people(session, LOCAL_STEWARD, [new], get_crosswalk(session), NOW)
        waited = _eventually(lambda: names()[0] == "Trần Minh")

    assert before == ["Lê Hoa"]
    # About 0.2 s on an idle machine; loaded ones are slower.
    assert waited < 5


def test_new_statements_are_derived_and_derived_passages_only_read(database: Database) -> None:
    calls = Calls()
    worker = ChangeWorker(database.engine, calls.derive, calls.catch_up)
    worker.start()
    try:
        _eventually(lambda: calls.derived == 1)
        _notify(database, "passages")
        _eventually(lambda: calls.caught_up == 1)
        assert calls.derived == 1
        _notify(database, "expert")
        _eventually(lambda: calls.derived == 2)
    finally:
        worker.stop()


def test_while_another_process_derives_its_results_are_read(database: Database) -> None:
    calls = Calls(BusyError, times=1)
    worker = ChangeWorker(database.engine, calls.derive, calls.catch_up)
    worker.start()
    try:
        _eventually(lambda: calls.caught_up == 1)
        # That process may end before it saw the change: soon this one tries again.
        _eventually(lambda: calls.derived == 2)
    finally:
        worker.stop()


def test_a_failure_is_tried_again(database: Database) -> None:
    calls = Calls(RuntimeError, times=2)
    worker = ChangeWorker(database.engine, calls.derive, calls.catch_up)
    worker.start()
    try:
        _eventually(lambda: calls.derived == 3)
    finally:
        worker.stop()


def test_a_lost_connection_is_made_anew(database: Database) -> None:
    calls = Calls()
    worker = ChangeWorker(database.engine, calls.derive, calls.catch_up)
    worker.start()
    try:
        _eventually(lambda: calls.derived == 1)
        with database.session() as session:
            session.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND query LIKE 'LISTEN%'"
                )
            )
        _eventually(lambda: calls.derived == 2)
        _notify(database, "passages")
        _eventually(lambda: calls.caught_up == 1)
    finally:
        worker.stop()


def test_a_stop_is_quick_when_idle_and_in_a_long_derivation(database: Database) -> None:
    deriving = threading.Event()

    def derive(on_progress: Progress) -> int:
        deriving.set()
        while True:
            time.sleep(0.05)
            on_progress(1, 2)

    idle = ChangeWorker(database.engine, Calls().derive, Calls().catch_up)
    busy = ChangeWorker(database.engine, derive, Calls().catch_up)
    for worker in (idle, busy):
        worker.start()
    assert deriving.wait(10)

    began = time.monotonic()
    for worker in (idle, busy):
        worker.stop()

    assert time.monotonic() - began < 3
    assert "change-worker" not in [thread.name for thread in threading.enumerate()]
