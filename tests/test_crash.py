"""SIGKILL at every stage, then the same command again: nothing reported as done is lost."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ingest.load import load_whole
from matching.encoder import Encoder
from matching.engine import Engine
from matching.schemas import SearchRequest
from matching.service import search
from registry.access import sessions
from registry.access.policy import LOCAL_RECRUITER, LOCAL_STEWARD, Role
from registry.config import Settings
from registry.db import Database, open_database
from registry.experts.schemas import PersonDraft
from tests.accounts import make_account
from tests.conftest import attach
from tests.factories import NOW, make_person, work

PEOPLE = 150


@pytest.fixture
def environment(scratch: Path, models_folder: Path, encoder: object) -> dict[str, str]:
    """A new data folder with the written-out model already in it."""
    folder = scratch / f"crash-{time.monotonic_ns()}"
    folder.mkdir()
    folder.chmod(0o711)
    (folder / "models").symlink_to(models_folder)
    return os.environ | {"REGISTRY_DATA_FOLDER": str(folder), "PYTHONUNBUFFERED": "1"}


def _start(environment: dict[str, str], *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "registry.cli", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _demo(environment: dict[str, str]) -> "subprocess.Popen[str]":
    return _start(environment, "demo", "--people", str(PEOPLE), "--no-serve")


def _kill_at(process: "subprocess.Popen[str]", line_start: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(line_start):
            process.send_signal(signal.SIGKILL)
            break
    process.stdout.read()
    assert process.wait() == -signal.SIGKILL


def _counts(environment: dict[str, str]) -> dict[str, Any]:
    database = open_database(Settings(data_folder=Path(environment["REGISTRY_DATA_FOLDER"])))
    try:
        with database.session() as session:
            return {
                table: session.scalar(text(f"SELECT count(*) FROM {table}"))
                for table in ("expert", "statement", "passage", "derivation", "expert_summary")
            }
    finally:
        database.close()


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, int]:
    """Filled by the first test: what an undisturbed run leaves."""
    return {}


@pytest.mark.parametrize(
    "stage",
    ["nothing", "load invented people: 100", "encode passages: 32", "index people: 0"],
)
def test_a_kill_in_the_demonstration_is_made_good_by_running_it_again(
    environment: dict[str, str], undisturbed: dict[str, int], stage: str
) -> None:
    if stage != "nothing":
        _kill_at(_demo(environment), stage)

    again = _demo(environment)
    output, _ = again.communicate(timeout=120)

    assert again.returncode == 0, output
    assert "similarity" in output
    counts = _counts(environment)
    assert counts["expert"] == counts["derivation"] == PEOPLE
    undisturbed.update(undisturbed or counts)
    assert counts == undisturbed


def test_a_kill_between_the_text_index_and_the_manifest_loses_and_doubles_nothing(
    make_engine: Callable[[Database, list[PersonDraft]], Engine],
    database: Database,
    encoder: Encoder,
    tmp_path: Path,
) -> None:
    people = [make_person(str(n), "Lê Thị Hoa", work(f"Vắc xin {n}")) for n in range(6)]
    make_engine(database, people[:4]).close()
    engine = attach(database, encoder, tmp_path / "index")
    engine.index.save()
    load_whole(database, LOCAL_STEWARD, people, NOW)
    engine.derive()
    # As a kill does: the text index has committed, rows and manifest have not been written.
    engine.index.words.close()
    engine.folder.release()

    again = attach(database, encoder, tmp_path / "index")

    with database.session() as session:
        asked = SearchRequest(query="vắc xin", limit=50)
        answer = search(session, again, LOCAL_RECRUITER, asked, NOW)
    assert len(answer.people) == 6
    assert again.index.words.passages == int(again.index.alive.sum()) == 6
    again.close()


def _call(
    port: int, path: str, body: dict[str, Any] | None = None, token: str = ""
) -> dict[str, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        data=json.dumps(body).encode() if body is not None else None,
        headers={"Content-Type": "application/json"}
        | ({"Authorization": f"Bearer {token}"} if token else {}),
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def _serve(environment: dict[str, str], port: int) -> "subprocess.Popen[str]":
    process = _start(environment, "serve", "--port", str(port))
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            _call(port, "/ready")
        except OSError:
            time.sleep(0.1)
        else:
            return process
    process.kill()
    raise AssertionError(process.communicate()[0])


def _token(environment: dict[str, str]) -> str:
    """A recruiter's token in the data folder of this environment."""
    folder = Path(environment["REGISTRY_DATA_FOLDER"])
    database = open_database(Settings(data_folder=folder))
    try:
        account = make_account(database, "recruiter", Role.RECRUITER, body="most")
        now = datetime.now(UTC)
        with database.session() as session:
            actor = sessions.load_actor(session, account, now, signed_in_at=now)
            scopes = {"expert:search", "run:read"}
            return sessions.create_token(session, actor, "test", scopes, 1, now)[1]
    finally:
        database.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_kill_while_serving_loses_no_run_that_was_answered(environment: dict[str, str]) -> None:
    _demo(environment).communicate(timeout=120)
    port, token = _free_port(), _token(environment)
    first = _serve(environment, port)
    answer = _call(port, "/api/v1/searches", {"query": "vắc xin thế hệ mới"}, token)
    first.send_signal(signal.SIGKILL)
    first.communicate()

    second = _serve(environment, port)
    run = _call(port, f"/api/v1/runs/{answer['run_id']}", token=token)
    same = _call(port, "/api/v1/searches", {"query": "vắc xin thế hệ mới"}, token)
    second.send_signal(signal.SIGTERM)
    second.communicate(timeout=60)

    assert run["id"] == answer["run_id"]
    assert answer["people"], "nobody was found: the lists below would be equal for nothing"
    assert [p["expert_id"] for p in same["people"]] == [p["expert_id"] for p in answer["people"]]
    assert [p["score"] for p in same["people"]] == [p["score"] for p in answer["people"]]


def test_a_busy_port_is_told_before_anything_is_started(environment: dict[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = _start(environment, "serve", "--port", str(taken.getsockname()[1]))
        output, _ = process.communicate(timeout=30)

    assert process.returncode == 6
    assert "choose another with --port" in output
    assert "Traceback" not in output
