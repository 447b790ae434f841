"""`registry claims`: contests and the state of a profile at the command line."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from registry import cli
from registry.access.models import Claim
from registry.config import Settings
from registry.db import Database, open_database
from registry.rights.consent_texts import load_texts
from registry.schema import migrate
from registry.taxonomy.service import load_taxonomies
from tests.claims import claim, make_lead

Run = Callable[..., tuple[int, str, str]]
ID = r"[0-9a-f]{8}-[0-9a-f-]{27}"
UNKNOWN = "00000000-0000-7000-8000-000000000000"


@contextmanager
def _opened(folder: Path) -> Iterator[Database]:
    database = open_database(Settings(data_folder=folder))
    try:
        migrate(database)
        yield database
    finally:
        database.close()


@pytest.fixture(scope="module")
def folder(scratch: Path) -> Path:
    made = scratch / "claims-commands"
    made.mkdir()
    made.chmod(0o711)
    return made


@pytest.fixture(scope="module")
def people(folder: Path) -> dict[str, str]:
    """Profiles with their holders, and one that nobody holds."""
    with _opened(folder) as database:
        with database.session() as session:
            load_taxonomies(session)
            load_texts(session)
        found = {key: make_lead(database, key) for key in ("held", "moved", "parted", "free")}
        for key in ("held", "moved", "parted"):
            claim(database, found[key], f"holder-{key}")
        return {key: str(expert_id) for key, expert_id in found.items()}


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `registry claims ...` in this process: exit code, output, messages."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setenv("REGISTRY_DATA_FOLDER", str(folder))
        monkeypatch.setattr(sys, "argv", ["registry", "claims", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return call


def test_a_held_profile_is_contested_once_until_somebody_decides(
    run: Run, folder: Path, people: dict[str, str]
) -> None:
    contested = run("contest", people["held"], "--words", "Bà Lan gọi: hồ sơ là của bà")
    again = run("contest", people["held"], "--words", "Bà Lan gọi lần nữa")
    (found,) = re.findall(rf"^({ID})  contested", contested[1])
    kept = run("keep", found, "--reason", "căn cước đã xem")

    assert contested[0] == 0
    assert again[0] == 2
    assert "granted" in kept[1]
    with _opened(folder) as database, database.session() as session:
        assert session.get_one(Claim, found).state == "granted"


def test_what_nobody_holds_or_says_nothing_of_cannot_be_contested(
    run: Run, people: dict[str, str]
) -> None:
    assert run("contest", people["free"], "--words", "không phải")[0] == 2
    assert run("contest", people["held"], "--words", " ")[0] == 2
    assert run("contest", "x", "--words", "không phải")[0] == 2
    assert run("contest", UNKNOWN, "--words", "không phải")[0] == 4


def test_a_claim_is_ended_with_a_reason_and_the_profile_is_offered_again(
    run: Run, folder: Path, people: dict[str, str]
) -> None:
    with _opened(folder) as database, database.session() as session:
        of_profile = col(Claim.expert_id) == UUID(people["parted"])
        (claim_id,) = session.scalars(select(col(Claim.id)).where(of_profile))
    offered = run("invite", people["parted"], "--to", "khoa@vidu.example")

    without = run("end", str(claim_id))
    empty = run("end", str(claim_id), "--reason", " ")
    ended = run("end", str(claim_id), "--reason", "dùng tài khoản của viện")
    again = run("end", str(claim_id), "--reason", "lần nữa")

    assert offered[0] == without[0] == empty[0] == 2
    assert (ended[0], ended[1].split()) == (0, [str(claim_id), "ended"])
    assert again[0] not in {0, 2}
    assert run("invite", people["parted"], "--to", "khoa@vidu.example")[0] == 0
    assert f"{claim_id}  ended" in run("list", "--all")[1]
    assert str(claim_id) not in run("list")[1]


def test_a_profile_is_moved_on_the_state_that_was_seen(run: Run, people: dict[str, str]) -> None:
    expert = people["moved"]

    paused = run("life", expert, "paused", "--reason", "thư số 3")
    (version,) = re.findall(r"based on the current version, (\S+)", paused[2])
    stale = run("life", expert, "claimed", "--reason", "thư số 4", "--if-match", version)
    resumed = run("life", expert, "claimed", "--reason", "thư số 4")

    assert paused[0] == 0
    assert paused[1].startswith("paused: ")
    assert stale[0] == 15
    assert "life is now “paused”" in stale[2]
    assert resumed[1].startswith("claimed: ")
    assert run("life", UNKNOWN, "paused", "--reason", "x")[0] == 4
