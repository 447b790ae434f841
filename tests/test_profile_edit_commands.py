"""`registry profile`: edits at the command line, as a data steward makes them."""

import io
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.load import load_whole
from registry import cli
from registry.access.bodies import create_body
from registry.access.policy import LOCAL_STEWARD, Actor, Role
from registry.config import Settings
from registry.db import open_database
from registry.experts.repository import find_by_source
from registry.schema import migrate
from tests.factories import NOW, make_person, work

Run = Callable[..., tuple[int, str, str]]
ID = r"[0-9a-f]{8}-[0-9a-f-]{27}"
UNKNOWN = "00000000-0000-7000-8000-000000000000"
ADMINISTRATOR = Actor("operator:test", frozenset({Role.ADMINISTRATOR}))


@pytest.fixture(scope="module")
def folder(scratch: Path) -> Path:
    made = scratch / "profile-edits"
    made.mkdir()
    made.chmod(0o711)
    return made


@pytest.fixture(scope="module")
def experts(folder: Path) -> dict[str, str]:
    """People in the data folder of the commands, one a test that changes him."""
    database = open_database(Settings(data_folder=folder))
    try:
        migrate(database)
        people = [make_person(key, f"Người Số {key}", work("Vắc xin")) for key in "123456"]
        load_whole(database, LOCAL_STEWARD, people, NOW)
        with database.session() as session:
            create_body(session, ADMINISTRATOR, "most", "Bộ KH&CN", "Ministry of Science")
            found = find_by_source(session, "test", [person.source_key for person in people])
            return {key: str(expert_id) for key, expert_id in found.items()}
    finally:
        database.close()


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `registry profile ...` in this process: exit code, output, messages."""

    def call(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setenv("REGISTRY_DATA_FOLDER", str(folder))
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.setattr(sys, "argv", ["registry", "profile", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        with pytest.raises(SystemExit) as ended:
            cli.main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return call


def _statement(shown: str, words: str) -> str:
    """The id on the line with these words."""
    return re.findall(rf"({ID})  {words}", shown)[0]


def test_a_statement_is_added_on_the_current_version_which_is_said(
    run: Run, experts: dict[str, str], tmp_path: Path
) -> None:
    expert, value = experts["1"], tmp_path / "award.json"
    value.write_text(json.dumps({"title": {"vi": "Giải thưởng Hồ Chí Minh"}}), "utf-8")
    version = re.findall(r"version (\S+)", run("show", expert)[1])[0]

    code, added, told = run(
        "add", expert, "award", "--file", str(value), "--started", "2019", "--reason", "QĐ 1"
    )

    assert code == 0, told
    statement = re.findall(rf"added: the statement is ({ID})", added)[0]
    assert f"based on the current version, {version}" in told
    assert re.search(
        rf"{statement}  award: Giải thưởng Hồ Chí Minh  \(steward, claimed, public\)",
        run("show", expert)[1],
    )
    # The same once more is stated already; on the version before, somebody has changed it.
    assert run("add", expert, "award", "--file", str(value), "--started", "2019")[0] == 2
    code, _, told = run("add", expert, "award", "--file", str(value), "--if-match", version)
    assert code == 15
    assert "a data steward changed title" in told


def test_a_value_is_read_from_the_input_and_one_that_is_none_is_refused(
    run: Run, experts: dict[str, str], tmp_path: Path
) -> None:
    expert = experts["1"]
    degree = '{"level": "doctor", "field": {"vi": "Hóa học"}}'

    taken = run("add", expert, "degree", "--file", "-", stdin=degree)
    wrong = [
        run("add", expert, "degree", "--file", "-", stdin="{"),
        run("add", expert, "degree", "--file", "-", stdin="[1]"),
        run("add", expert, "degree", "--file", "-", stdin="[" * 100_000),
        run("add", expert, "degree", "--file", "-", stdin='{"level": "unheard of"}'),
        run("add", expert, "degree", "--file", str(tmp_path / "nothing.json")),
        run("add", expert, "colour", "--file", "-", stdin="{}"),
        run("add", expert, "degree", "--file", "-", "--started", "last year", stdin=degree),
        run("add", expert, "award", "--evidence", "ftp://x", "--file", "-", stdin=degree),
    ]

    assert taken[0] == 0, taken
    assert [code for code, _, _ in wrong] == [2] * len(wrong)
    assert "is not JSON" in wrong[0][2]
    assert "level" in wrong[3][2]
    assert "nothing.json" in wrong[4][2]


def test_what_only_the_person_may_say_is_refused_to_an_operator(
    run: Run, experts: dict[str, str]
) -> None:
    origin = '{"is_vietnamese": true}'

    code, _, told = run("add", experts["1"], "origin", "--file", "-", stdin=origin)

    assert code == 5, told
    assert "origin is stated by the person alone" in told


def test_a_source_s_statement_stays_beside_the_correction(
    run: Run, experts: dict[str, str]
) -> None:
    expert = experts["2"]
    source = _statement(run("show", expert)[1], "work: Vắc xin")
    value = '{"title": {"vi": "Vắc xin", "en": "Vaccines"}}'

    code, corrected, told = run("correct", source, "--file", "-", "--started", "2022", stdin=value)

    assert code == 0, told
    own = re.findall(rf"corrected: the statement is ({ID})", corrected)[0]
    shown = run("show", expert)[1]
    assert source in shown
    assert re.search(rf"{own}  work: .* \(steward, ", shown)
    same = run("correct", own, "--file", "-", "--started", "2022", stdin=value)
    assert (same[0], same[1].strip()) == (0, f"nothing differs: the statement is {own}")
    # The superseded id is followed to what it has become, unless it is named as the version.
    newer = '{"title": {"vi": "Vắc xin mới"}}'
    assert run("correct", own, "--file", "-", stdin=newer)[0] == 0
    again = run("correct", own, "--file", "-", stdin=value)
    assert again[0] == 0
    assert run("correct", own, "--file", "-", "--if-match", own, stdin=newer)[0] == 15


def test_one_s_own_statement_is_removed_and_a_source_s_is_rejected_with_a_reason(
    run: Run, experts: dict[str, str]
) -> None:
    expert = experts["3"]
    award = '{"title": {"vi": "Giải Nhì"}}'
    added = run("add", expert, "award", "--file", "-", stdin=award)[1]
    own = re.findall(ID, added)[0]
    source = _statement(run("show", expert)[1], "work: Vắc xin")

    removed = run("remove", own)
    without = run("remove", source)
    rejected = run("remove", source, "--reason", "thư ngày 3 tháng 5")

    assert (removed[0], removed[1].strip()) == (0, "removed: nobody says it any more")
    assert without[0] == 2
    assert "Give the reason" in without[2]
    assert rejected[0] == 0
    assert "rejected: the statement is now" in rejected[1]
    assert "Giải Nhì" not in run("show", expert)[1]
    assert run("remove", own)[0] == 4


def test_an_item_is_judged_and_the_judgement_taken_back(run: Run, experts: dict[str, str]) -> None:
    statement = _statement(run("show", experts["4"])[1], "work: Vắc xin")

    accepted = run("judge", statement, "accept", "--reason", "thư số 4")
    stale = run("judge", statement, "reject", "--reason", "thư số 5", "--if-match", statement)
    shown = run("show", experts["4"])[1]
    undone = run("judge", statement, "undo", "--reason", "gọi lại")

    assert accepted[0] == 0
    assert accepted[1].startswith("accepted: the statement is now")
    assert stale[0] == 15
    assert "work: Vắc xin  (test, claimed, accepted, public)" in shown
    assert undone[1].startswith("not judged: ")
    assert run("judge", statement, "maybe", "--reason", "x")[0] == 2
    assert run("judge", statement, "accept")[0] == 2
    assert run("judge", statement, "accept", "--reason", " ")[0] == 2


def test_who_sees_an_item_is_noted_on_the_person_s_word(run: Run, experts: dict[str, str]) -> None:
    statement = _statement(run("show", experts["5"])[1], "work: Vắc xin")

    bodies = run("show-to", statement, "named_bodies", "--body", "most", "--reason", "thư số 6")
    no_body = run("show-to", statement, "named_bodies", "--reason", "thư số 7")
    unknown = run("show-to", statement, "named_bodies", "--body", "x", "--reason", "thư số 7")
    stewards = run("show-to", statement, "stewards", "--reason", "thư số 8")

    assert bodies[0] == 0, bodies
    assert bodies[1].startswith("shown to named_bodies, most: ")
    assert (no_body[0], unknown[0]) == (2, 2)
    assert stewards[1].startswith("shown to stewards: ")
    assert "work: Vắc xin  (test, claimed, stewards)" in run("show", experts["5"])[1]
    # What the person alone sees is hidden from stewards as well, here too.
    assert run("show-to", statement, "self", "--reason", "thư số 9")[0] == 0
    assert run("show-to", statement, "public", "--reason", "thư số 10")[0] == 4


def test_a_check_that_does_not_hold_is_withdrawn(run: Run, experts: dict[str, str]) -> None:
    statement = _statement(run("show", experts["6"])[1], "work: Vắc xin")
    run("verify", statement, "--method", "document", "--document", "QĐ 2")

    withdrawn = run("unverify", statement, "--reason", "QĐ 2 là của người khác")
    again = run("unverify", statement, "--reason", "QĐ 2 là của người khác")

    assert withdrawn[0] == 0, withdrawn
    assert withdrawn[1].startswith("claimed: the statement is now")
    assert again[0] == 2
    assert "is not checked" in again[2]


def test_what_is_not_there_is_said_with_its_own_exit_code(run: Run) -> None:
    value = '{"title": {"vi": "Giải Ba"}}'

    ended = [
        run("add", UNKNOWN, "award", "--file", "-", stdin=value),
        run("correct", UNKNOWN, "--file", "-", stdin=value),
        run("remove", UNKNOWN),
        run("judge", UNKNOWN, "accept", "--reason", "x"),
        run("show-to", UNKNOWN, "public", "--reason", "x"),
        run("unverify", UNKNOWN, "--reason", "x"),
    ]

    assert [code for code, _, _ in ended] == [4] * len(ended)
