"""`registry profile`: statements and changes at the command line."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.load import load_whole
from registry import cli
from registry.access.policy import LOCAL_STEWARD
from registry.config import Settings
from registry.db import open_database
from registry.experts.repository import find_by_source
from registry.schema import migrate
from tests.factories import NOW, make_person, said, work

Run = Callable[..., tuple[int, str, str]]
ID = r"[0-9a-f]{8}-[0-9a-f-]{27}"


@pytest.fixture(scope="module")
def folder(scratch: Path) -> Path:
    made = scratch / "profile-commands"
    made.mkdir()
    made.chmod(0o711)
    return made


@pytest.fixture(scope="module")
def expert(folder: Path) -> str:
    """A person in the data folder of the commands."""
    database = open_database(Settings(data_folder=folder))
    try:
        migrate(database)
        person = make_person(
            "1", "Lê Thị Hoa", work("Vắc xin"), said("sector", {"sector": "state"})
        )
        load_whole(database, LOCAL_STEWARD, [person], NOW)
        with database.session() as session:
            return str(find_by_source(session, "test", ["1"])["1"])
    finally:
        database.close()


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `registry profile ...` in this process: exit code, output, messages."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setenv("REGISTRY_DATA_FOLDER", str(folder))
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.setattr(sys, "argv", ["registry", "profile", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return call


def test_a_statement_is_shown_checked_followed_and_taken_back(run: Run, expert: str) -> None:
    code, shown, _ = run("show", expert)
    assert code == 0
    assert "Lê Thị Hoa" in shown
    statement = re.findall(rf"({ID})  work: Vắc xin  \(test, claimed, public\)", shown)[0]

    code, _, _ = run("verify", statement, "--method", "document", "--document", "QĐ 12/2020")
    assert code == 0
    assert "test, checked, public" in run("show", expert)[1]
    # The same id once more: it is no longer what was seen.
    code, _, message = run("verify", statement, "--method", "document", "--document", "QĐ 13")
    assert code == 15
    assert "a data steward changed verification" in message

    code, history, _ = run("history", expert)
    change = re.findall(rf"({ID})  \S+ \S+  verify  steward  \+1 -1", history)[0]
    code, difference, _ = run("diff", change, "--language", "en")
    assert code == 0
    assert "Verification: claimed, not checked → checked" in difference
    code, reverted, _ = run("revert", change)
    assert code == 0
    assert "1 statements closed, 1 said again" in reverted
    assert "test, claimed, public" in run("show", expert)[1]
    assert run("revert", change)[0] == 2


def test_a_batch_is_taken_back_by_item_and_as_a_whole(run: Run, expert: str) -> None:
    listed = run("changes", "--kind", "import")[1]
    batch = re.findall(rf"({ID})  \S+ \S+  import  source test", listed)[0]
    sector = re.findall(rf"({ID})  .*sector:", run("diff", batch)[1])[0]

    code, _, _ = run("revert", batch, "--item", sector)
    assert code == 0
    assert "sector" not in run("show", expert)[1]
    refused, _, message = run("revert", batch)
    assert refused == 15
    assert "sector: this item was changed again later" in message
    code, done, _ = run("revert", batch, "--leave-changed")

    assert code == 0
    assert "items left as they are" in done
    assert "Vắc xin" in run("show", expert)[1]


def test_what_is_not_there_is_said_with_its_own_exit_code(run: Run, expert: str) -> None:
    unknown = "00000000-0000-7000-8000-000000000000"

    assert run("show", unknown)[0] == 4
    assert run("history", unknown)[0] == 4
    assert run("diff", unknown)[0] == 4
    assert run("revert", unknown)[0] == 4
    assert run("verify", unknown, "--method", "document", "--document", "x")[0] == 4
