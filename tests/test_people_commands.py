"""`registry people`: lists, files, contacts and quality at the command line."""

import csv
import io
import json
import re
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from registry import cli

Run = Callable[..., tuple[int, str, str]]

LIST = "Họ và tên,Năm sinh,Đơn vị công tác\nNguyễn Văn Hùng,1970,Viện A\nLê Thị Hòa,1980,=1+1\n"


@pytest.fixture(scope="module")
def folder(scratch: Path) -> Path:
    """A data folder with two people from a list."""
    made = scratch / "people-commands"
    made.mkdir()
    made.chmod(0o711)
    return made


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `registry ...` in this process: exit code, output, messages."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setenv("REGISTRY_DATA_FOLDER", str(folder))
        monkeypatch.setattr(sys, "argv", ["registry", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return call


@pytest.fixture
def people(run: Run, folder: Path) -> dict[str, str]:
    """Ids of the people by name; loading them again changes nothing."""
    file = folder / "danh-sach.csv"
    file.write_text(LIST, "utf-8")
    code, _, message = run(
        "ingest", "people-list", str(file), "--source", "bo-a", "--asserted-by", "Bộ A", "--yes"
    )
    assert code == 0, message
    listed = json.loads(run("people", "list", "--json")[1])
    return {p["display_name"]: p["expert_id"] for p in listed["people"]}


def test_people_are_listed_with_filters_and_pages(run: Run, people: dict[str, str]) -> None:
    code, out, _ = run("people", "list", "--limit", "1")
    after = re.search(r"--after (\S+)", out)
    assert after is not None
    rest = run("people", "list", "--limit", "1", "--after", after[1])[1]

    assert code == 0
    assert "2 people in all" in out
    assert f"{people['Lê Thị Hòa']}  Lê Thị Hòa  =1+1  lead  unknown  confirmed never" in out
    assert "Nguyễn Văn Hùng" in rest
    assert run("people", "list", "--name", "hung nguyen")[1].count("lead") == 1
    assert "0 people in all" in run("people", "list", "--life", "verified")[1]


@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (["list", "--confirmed-within", "30"], 2, "365, 730"),
        (["list", "--reachability", "maybe"], 2, "unanswered"),
        (["list", "--sort", "score"], 2, "newest"),
        (["list", "--after", "abc"], 2, "no page of this list"),
        (["export", "out.csv", "--purpose", " "], 2, "for what purpose"),
        (["export", "/nowhere/out.csv", "--purpose", "x"], 2, "cannot be written"),
        (["contact-event", "0190c0de-0000-7000-8000-000000000000", "sent"], 4, "no expert"),
    ],
)
def test_a_wrong_command_says_what_to_do_and_leaves_no_file(
    run: Run,
    people: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    exit_code: int,
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)

    code, _, message = run("people", *arguments)

    assert code == exit_code
    assert words in " ".join(message.split())
    assert "Traceback" not in message
    assert list(tmp_path.iterdir()) == []


def test_an_export_is_a_new_file_for_its_owner_alone(
    run: Run, people: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "people.csv"

    first = run("people", "export", str(file), "--purpose", "kiểm tra danh sách")
    content = file.read_bytes()
    again = run("people", "export", str(file), "--purpose", "kiểm tra danh sách")

    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert first[0] == 0
    assert "2 people written" in first[2]
    assert {row["organisation"] for row in rows} == {"Viện A", "'=1+1"}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert again[0] == 2
    assert "choose another name" in again[2]
    assert file.read_bytes() == content
    assert list(tmp_path.iterdir()) == [file]


def test_a_contact_is_noted_and_counted_in_the_quality_view(
    run: Run, people: dict[str, str]
) -> None:
    code, out, _ = run(
        "people", "contact-event", people["Lê Thị Hòa"], "bounced", "--at", "2024-10-02T08:00+0700"
    )

    assert code == 0
    assert json.loads(out)["bounced_on"] == "2024-10-02"
    assert json.loads(out)["reachability"] == "bounced"
    assert "Lê Thị Hòa" in run("people", "list", "--reachability", "bounced")[1]
    whole = json.loads(run("people", "quality", "--json")[1])
    assert whole["lives"] == {"lead": 2}
    assert re.search(r"lead +2\n", run("people", "quality")[1])
