"""`registry profile draft`: a file is printed, compared with a profile, and added as one change."""

import io
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
from tests.factories import NOW, make_person, work

Run = Callable[..., tuple[int, str, str]]
RIS = """TY  - JOUR
AU  - Hoa
TI  - Vắc xin
PY  - 2022
ER  -
TY  - JOUR
AU  - Hoa
TI  - Màng lọc nước
PY  - 2023
ER  -
TY  - GEN
TI  - Không rõ là gì
ER  -
"""


@pytest.fixture(scope="module")
def folder(scratch: Path) -> Path:
    made = scratch / "profile-draft"
    made.mkdir()
    made.chmod(0o711)
    return made


@pytest.fixture(scope="module")
def expert(folder: Path) -> str:
    database = open_database(Settings(data_folder=folder))
    try:
        migrate(database)
        load_whole(database, LOCAL_STEWARD, [make_person("1", "Lê Hoa", work("Vắc xin"))], NOW)
        with database.session() as session:
            return str(find_by_source(session, "test", ["1"])["1"])
    finally:
        database.close()


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setenv("REGISTRY_DATA_FOLDER", str(folder))
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.setattr(sys, "argv", ["registry", "profile", "draft", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
        with pytest.raises(SystemExit) as left:
            cli.main()
        told = capsys.readouterr()
        return int(left.value.code or 0), told.out, told.err

    return call


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "list.ris"
    path.write_text(RIS, "utf-8")
    return str(path)


def test_a_file_is_printed_without_a_database(run: Run, file: str) -> None:
    code, told, _ = run(file)

    assert code == 0
    assert "Màng lọc nước" in told
    assert "(line 6, record 2)" in told
    assert "3 items, 2 of them sure; 0 not understood" in told


def test_what_is_sure_and_new_is_added_as_one_change(run: Run, file: str, expert: str) -> None:
    _, compared, _ = run(file, "--to", expert)
    assert re.search(r"Vắc xin.*known as [0-9a-f-]{36}", compared)

    code, told, _ = run(file, "--to", expert, "--accept")
    assert code == 0
    assert "items added: 1; the change is" in told

    code, told, _ = run(file, "--to", expert, "--accept", "--item", "3")
    assert "items added: 1" in told
    code, _, problem = run(file, "--to", expert, "--accept")
    assert code == 2
    assert "no item is sure and new" in problem


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--accept"], 2, "--to"),
        (["--item", "1"], 2, "--accept"),
        (["--to", "00000000-0000-7000-8000-000000000000"], 4, "no expert"),
    ],
)
def test_wrong_arguments_are_told(
    run: Run, file: str, expert: str, arguments: list[str], code: int, told: str
) -> None:
    found, _, problem = run(file, *arguments)

    assert found == code
    assert told in problem


def test_a_file_that_cannot_be_read_is_told_with_what_to_do(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.4 broken")

    refused, missing = run(str(tmp_path / "x.pdf")), run(str(tmp_path / "none"))

    assert refused[0] == 3
    assert "a damaged PDF" in refused[2]
    assert missing[0] == 2
