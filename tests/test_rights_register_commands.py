"""`registry rights`: consents, restriction, requests and breaches at the command line."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from registry import cli
from registry.access.bodies import create_body
from registry.access.policy import LOCAL_STEWARD, Actor, Role
from registry.config import Settings
from registry.db import open_database
from registry.experts import repository as experts
from registry.experts.models import Expert
from registry.experts.recording import record_people
from registry.rights.considerations import close_consideration, open_consideration
from registry.schema import migrate
from registry.taxonomy.service import get_crosswalk, load_taxonomies
from tests.factories import NOW, make_person, work

Run = Callable[..., tuple[int, str, str]]
ID = r"[0-9a-f]{8}-[0-9a-f-]{27}"
UNKNOWN = "00000000-0000-7000-8000-000000000000"
LETTER = ("--channel", "paper", "--evidence", "thư số 7")
RECRUITER = Actor("test", frozenset({Role.RECRUITER}), body="most")
ADMINISTRATOR = Actor("operator:test", frozenset({Role.ADMINISTRATOR}))


@contextmanager
def _opened(folder: Path) -> Iterator[Session]:
    database = open_database(Settings(data_folder=folder))
    try:
        migrate(database)
        with database.session() as session:
            yield session
    finally:
        database.close()


@pytest.fixture(scope="module")
def folder(scratch: Path) -> Path:
    made = scratch / "rights-registers"
    made.mkdir()
    made.chmod(0o711)
    return made


@pytest.fixture(scope="module")
def people(folder: Path) -> dict[str, str]:
    """People in the data folder of the commands, one a test that changes him."""
    with _opened(folder) as session:
        load_taxonomies(session)
        made = [make_person(key, f"Người Số {key}", work(f"Đề tài {key}")) for key in "123"]
        record_people(session, LOCAL_STEWARD, made, get_crosswalk(session), NOW)
        create_body(session, ADMINISTRATOR, "most", "Bộ KH&CN", "Ministry of Science")
        found = experts.find_by_source(session, "test", list("123"))
        return {key: str(expert_id) for key, expert_id in found.items()}


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `registry rights ...` in this process: exit code, output, messages."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setenv("REGISTRY_DATA_FOLDER", str(folder))
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.setattr(sys, "argv", ["registry", "rights", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return call


def _is_restricted(folder: Path, expert: str) -> bool:
    with _opened(folder) as session:
        return session.get_one(Expert, UUID(expert)).restricted_at is not None


def test_a_consent_on_paper_is_recorded_with_its_proof_and_withdrawn(
    run: Run, people: dict[str, str]
) -> None:
    expert = people["1"]

    none = run("consents", expert)
    too_soon = run("record-consent", expert, "matching", "--language", "vi", *LETTER)
    given = run("record-consent", expert, "registry", "--language", "vi", *LETTER)
    named = run("record-consent", expert, "council", "--language", "en", "--body", "most", *LETTER)
    listed = run("consents", expert)
    council = re.findall(rf"({ID})  council  most  given", listed[1])[0]
    ended = run("withdraw-consent", expert, council, *LETTER)
    again = run("withdraw-consent", expert, council, *LETTER)

    assert none[1].strip() == "No consents."
    assert (too_soon[0], given[0], named[0]) == (2, 0, 0)
    assert given[1].strip() == "recorded: registry for all registered bodies"
    assert re.search(r"registry  all bodies  given \S+ \(paper, vi, text .*“thư số 7”", listed[1])
    assert (ended[0], again[0]) == (0, 2)
    assert re.search(rf"{council}  council  most .*  withdrawn ", run("consents", expert)[1])


def test_a_consent_without_proof_or_for_an_unknown_body_is_refused(
    run: Run, people: dict[str, str]
) -> None:
    expert = people["1"]
    give = ("record-consent", expert, "registry", "--language", "vi")

    refused = [
        run(*give, "--channel", "paper", "--evidence", " "),
        run(*give, "--channel", "web", "--evidence", "x"),
        run(*give, "--channel", "paper"),
        run(*give, *LETTER, "--body", "nobody"),
        run("record-consent", expert, "everything", "--language", "vi", *LETTER),
    ]
    unknown = [
        run("record-consent", UNKNOWN, "registry", "--language", "vi", *LETTER),
        run("withdraw-consent", expert, UNKNOWN, *LETTER),
        run("consents", UNKNOWN),
    ]

    assert [code for code, _, _ in refused] == [2] * len(refused)
    assert [code for code, _, _ in unknown] == [4] * len(unknown)


def test_a_restriction_is_set_and_lifted(run: Run, folder: Path, people: dict[str, str]) -> None:
    expert = people["2"]

    restricted = run("restrict", expert)
    was = _is_restricted(folder, expert)
    lifted = run("lift", expert)

    assert (restricted[0], was) == (0, True)
    assert (lifted[0], _is_restricted(folder, expert)) == (0, False)
    assert (run("restrict", UNKNOWN)[0], run("lift", UNKNOWN)[0]) == (4, 4)


def test_considerations_of_all_bodies_are_listed(
    run: Run, folder: Path, people: dict[str, str]
) -> None:
    before = run("considerations")
    with _opened(folder) as session:
        person = UUID(people["1"])
        row = open_consideration(session, RECRUITER, person, "trưởng nhóm vi mạch", NOW)
        considered = str(row.id)
    now = run("considerations")
    with _opened(folder) as session:
        close_consideration(session, RECRUITER, UUID(considered), "engaged", NOW)

    assert "Nobody is considered." in before[1]
    listed = rf"{considered}  most  {person} Người Số 1  trưởng nhóm vi mạch  since 2026-11-01"
    assert re.search(listed, now[1])
    assert "Nobody is considered." in run("considerations")[1]
    assert re.search(rf"{considered} .* engaged 2026-11-01", run("considerations", "--closed")[1])


def test_a_request_is_received_answered_extended_once_and_finished(
    run: Run, people: dict[str, str]
) -> None:
    received = run(
        "receive", "correct", "--words", "sửa tên", "--channel", "paper", "--expert", people["2"]
    )
    request = re.findall(rf"^({ID})  correct  open  about {people['2']}", received[1])[0]

    waiting = run("requests")
    answered = run("answer", request, "--words", "đã nhận")
    twice = run("answer", request)
    extended = run("extend", request, "--days", "5", "--reason", "chờ xác minh")
    again = run("extend", request, "--days", "5", "--reason", "chờ thêm")
    finished = run("finish", request, "--words", "đã sửa")
    shown = run("request", request)

    assert request in waiting[1]
    assert "correct  answered" in answered[1]
    assert (twice[0], extended[0], again[0], finished[0]) == (2, 0, 2, 0)
    assert "correct  done" in finished[1]
    for words in ("words: sửa tên", "answer: đã nhận", "extension: chờ", "outcome: đã sửa"):
        assert words in shown[1]
    assert run("refuse", request, "--words", "muộn")[0] == 2


def test_a_request_of_somebody_not_here_needs_his_name_and_can_be_refused(run: Run) -> None:
    ask = ("receive", "copy", "--words", "xin bản sao", "--channel", "phone")

    without = run(*ask)
    received = run(*ask, "--requester", "Ông Ba, 0900 000 000")
    request = re.findall(rf"^({ID})  copy  open  of somebody not here", received[1])[0]
    cannot = run("carry-out", request)
    silent = run("refuse", request, "--words", " ")
    refused = run("refuse", request, "--words", "không có dữ liệu nào")

    assert (without[0], received[0], cannot[0], silent[0]) == (2, 0, 2, 2)
    assert "copy  refused" in refused[1]


def test_a_letter_that_asks_for_restriction_is_carried_out(
    run: Run, folder: Path, people: dict[str, str]
) -> None:
    received = run(
        "receive",
        "restrict",
        *("--words", "ngừng dùng", "--channel", "paper", "--expert", people["3"]),
    )
    request = re.findall(rf"^({ID})", received[1])[0]

    done = run("carry-out", request)

    assert done[0] == 0
    assert "restrict  done" in done[1]
    assert _is_restricted(folder, people["3"])
    assert run("carry-out", request)[0] == 2


def test_a_request_that_is_not_there_is_said_with_its_own_exit_code(run: Run) -> None:
    ended = [
        run("request", UNKNOWN),
        run("answer", UNKNOWN),
        run("extend", UNKNOWN, "--days", "1", "--reason", "x"),
        run("finish", UNKNOWN, "--words", "x"),
        run("refuse", UNKNOWN, "--words", "x"),
        run("carry-out", UNKNOWN),
        run("receive", "copy", "--words", "x", "--channel", "email", "--expert", UNKNOWN),
    ]

    assert [code for code, _, _ in ended] == [4] * len(ended)


def test_a_breach_is_noted_written_on_notified_and_closed(run: Run) -> None:
    made = run("create-breach", "--title", "Mất máy", "--found", "2026-11-02T09:00")
    breach = re.findall(rf"^({ID})  Mất máy  notice due 2026-11-05 02:00Z  version", made[1])[0]
    version = made[1].split()[-1]

    updated = run("update-breach", breach, "--measures", "đã khóa", "--people", "3")
    stale = run("update-breach", breach, "--title", "Mất điện thoại", "--if-match", version)
    shown = run("breach", breach)
    early = run("close-breach", breach)
    noted = run("notify-breach", breach, "--number", "TB-1")
    closed = run("close-breach", breach)

    assert updated[0] == 0
    assert f"based on the current version, {version}" in updated[2]
    assert stale[0] == 15
    assert "measures is now “đã khóa”" in stale[2]
    # What was not given has stayed.
    assert "title: Mất máy" in shown[1]
    assert "people_affected: 3" in shown[1]
    assert early[0] == 2
    assert "notified, TB-1" in noted[1]
    assert "closed" in closed[1]
    assert run("update-breach", breach, "--title", "Khác")[0] == 2


def test_a_breach_without_title_or_found_tomorrow_is_refused(run: Run) -> None:
    refused = [
        run("create-breach", "--title", " ", "--found", "2026-11-02T09:00"),
        run("create-breach", "--title", "x", "--found", "2999-01-01T09:00"),
        run("create-breach", "--title", "x", "--found", "yesterday"),
    ]
    unknown = [
        run("breach", UNKNOWN),
        run("update-breach", UNKNOWN, "--title", "x"),
        run("notify-breach", UNKNOWN, "--number", "1"),
        run("close-breach", UNKNOWN),
    ]

    assert [code for code, _, _ in refused] == [2] * len(refused)
    assert [code for code, _, _ in unknown] == [4] * len(unknown)
