"""The commands of people's rights, over a real data folder."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from registry import cli
from registry.access.policy import LOCAL_STEWARD
from registry.config import Settings
from registry.db import open_database
from registry.experts import repository as experts
from registry.experts.models import Expert
from registry.experts.recording import record_people
from registry.ids import new_id
from registry.schema import migrate
from registry.taxonomy.service import get_crosswalk, is_loaded, load_taxonomies
from tests.factories import NOW, make_person, work

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(scratch: Path) -> Path:
    """A data folder with three people; the database server's account may pass through it."""
    made = scratch / f"rights-{new_id().hex[-8:]}"
    made.mkdir()
    made.chmod(0o711)
    with _opened(made) as session:
        people = [make_person(f"nguoi-{n}", f"Người Số {n}", work(f"Đề tài {n}")) for n in range(3)]
        record_people(session, LOCAL_STEWARD, people, get_crosswalk(session), NOW)
    return made


@contextmanager
def _opened(folder: Path) -> Iterator[Session]:
    """A session on the data folder's own database, which is closed with it."""
    database = open_database(Settings(data_folder=folder))
    try:
        migrate(database)
        with database.session() as session:
            if not is_loaded(session):
                load_taxonomies(session)
            yield session
    finally:
        database.close()


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


def _id(folder: Path, key: str) -> UUID:
    with _opened(folder) as session:
        return experts.find_by_source(session, "test", [key])[key]


def test_a_person_is_copied_erased_checked_and_proven_gone(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    expert = str(_id(folder, "nguoi-1"))
    as_json, as_html = tmp_path / "copy.json", tmp_path / "copy.html"

    nowhere = run("copy", expert)
    copied = run("copy", expert, "--json", str(as_json), "--html", str(as_html))
    too_soon = run("check-erased", expert)
    erased = run("erase", expert, "--reason", "thư số 3")
    checked = run("check-erased", expert)
    compacted = run("compact")
    gone = run("copy", expert, "--json", str(as_json))

    assert (nowhere[0], copied[0], too_soon[0]) == (2, 0, 4)
    assert json.loads(as_json.read_text())["name"] == "Người Số 1"
    assert "Đề tài 1" in as_html.read_text()
    assert as_json.stat().st_mode & 0o077 == 0
    assert erased[0] == 0, erased
    assert "no trace is left" in erased[1]
    assert (checked[0], gone[0]) == (0, 4)
    assert (compacted[0], compacted[1].strip()) == (0, "1 erasures to prove, 1 proven")


def test_erasures_are_taken_along_and_replayed_into_an_older_copy(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    first, second = _id(folder, "nguoi-1"), _id(folder, "nguoi-2")
    run("erase", str(first), "--reason", "test")
    listed = tmp_path / "erasures.jsonl"

    exported = run("export-erasures", str(listed))
    # Somebody whom the newer database had erased, as a restored backup brings him back.
    with listed.open("a") as file:
        file.write(json.dumps({"erased": str(second), "at": "2026-11-01T00:00:00+00:00"}) + "\n")
    replayed, again = run("replay-erasures", str(listed)), run("replay-erasures", str(listed))
    missing = run("replay-erasures", str(tmp_path / "nothing"))

    assert (exported[0], missing[0]) == (0, 2)
    assert replayed[1].strip() == "1 people erased again"
    assert again[1].strip() == "0 people erased again"
    with _opened(folder) as session:
        assert session.get_one(Expert, second).life == "erased"


def test_opening_a_restored_backup_erases_again_before_anything_else(
    run: Run, folder: Path
) -> None:
    expert = _id(folder, "nguoi-1")
    ledger = folder / "erasures.jsonl"
    ledger.write_text(json.dumps({"erased": str(expert), "at": "2026-11-01T00:00:00+00:00"}) + "\n")

    code, _, messages = run("requests")

    assert code == 0
    assert "erased again: 1" in messages
    with _opened(folder) as session:
        assert session.get_one(Expert, expert).life == "erased"


def test_registers_and_retention_are_listed_and_carried_out(run: Run) -> None:
    listed = [run("requests"), run("requests", "--overdue"), run("breaches")]
    looked, done = run("retention", "--dry-run"), run("retention")

    assert {code for code, _, _ in listed} == {0}
    assert (looked[0], done[0]) == (0, 0)
    assert "lead_expired: 0" in looked[1]
    assert looked[1].strip().endswith("nothing was changed")
    assert done[1].strip().endswith("done")
