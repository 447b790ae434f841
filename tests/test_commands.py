"""The command line: real files in, clear messages and exit codes out."""

import json
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from registry import cli
from registry.commands import serving
from registry.config import Settings
from registry.db import Database, open_database
from registry.errors import BusyError

DATA = Path(__file__).parent / "data"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def folder(scratch: Path, models_folder: Path, encoder: object) -> Path:
    """A data folder that the commands of this module share."""
    made = scratch / "commands"
    made.mkdir()
    made.chmod(0o711)
    (made / "models").symlink_to(models_folder)
    return made


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `registry ...` in this process: exit code, output, messages."""

    def call(*arguments: str, **environment: str) -> tuple[int, str, str]:
        monkeypatch.setenv("REGISTRY_DATA_FOLDER", str(folder))
        monkeypatch.setenv("COLUMNS", "200")
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["registry", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return call


def _counted(folder: Path, table: str) -> int:
    database: Database = open_database(Settings(data_folder=folder))
    try:
        with database.session() as session:
            return int(session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)
    finally:
        database.close()


def test_published_openalex_records_come_in_as_leads_and_again_change_nothing(
    run: Run, folder: Path
) -> None:
    files = [str(DATA / "openalex" / n) for n in ("pyopenalex_author.json", "pyopenalex_work.json")]

    shown = run("ingest", "openalex", *files)
    found = run("search", "open access publishing", "--json", "--purpose", "a test")
    first = run("ingest", "openalex", *files, "--yes")
    again = run("ingest", "openalex", *files, "--yes")

    assert shown[0] == first[0] == again[0] == 0
    assert "nothing is written yet" in shown[1]
    assert json.loads(found[1])["people"] == []
    assert "1 new" in first[1]
    assert "0 new, 0 updated, 1 the same" in again[1]
    code, out, _ = run("search", "open access publishing", "--json")
    assert code == 0
    assert json.loads(out)["people"] == []
    code, out, _ = run("search", "open access publishing", "--json", "--purpose", "a test")
    assert [p["life"] for p in json.loads(out)["people"]] == ["lead"]


def test_a_wrong_file_is_refused_with_its_places_and_writes_nothing(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    before = _counted(folder, "statement")
    bad = tmp_path / "danh-sach.csv"
    bad.write_text("Họ và tên,Năm sinh,Đơn vị công tác\nNguyễn Văn An,19x5,Viện A\n", "utf-8")

    code, _, message = run(
        "ingest", "people-list", str(bad), "--source", "bo-a", "--asserted-by", "Bộ A", "--yes"
    )

    assert code == 3
    assert "row 2" in message
    assert "19x5" in message
    assert "Traceback" not in message
    assert _counted(folder, "statement") == before


def test_a_damaged_record_refuses_the_whole_file(run: Run, folder: Path, tmp_path: Path) -> None:
    before = _counted(folder, "expert")
    good = (DATA / "openalex" / "pyopenalex_author.json").read_text("utf-8")
    bad = tmp_path / "authors.jsonl"
    bad.write_text(json.dumps(json.loads(good)) + '\n{"id": "https://openalex.org/A5', "utf-8")

    code, _, message = run("ingest", "openalex", str(bad))

    assert code == 3
    assert "expected" in message
    assert _counted(folder, "expert") == before


@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (("search", ""), 2, "the query is empty"),
        (("search", "vi mạch", "--country", "Pháp"), 2, "unknown country"),
        (("search", "vi mạch", "--group", "11"), 2, "expected 1 to 10"),
        (("programmes", "match", "p99z"), 4, "programmes list"),
        (("ingest", "openalex", "/nowhere.json"), 3, "nowhere.json"),
        (("search", "vi mạch", "--limit", "0"), 2, "--limit"),
        (("search", "vi mạch", "--language", "de"), 2, "--language"),
        (("search", "vi mạch", "--purpose", "x" * 501), 2, "purpose"),
        (("search", "chip \udcff"), 2, "not UTF-8"),
    ],
)
def test_wrong_input_gets_one_clear_message_and_its_exit_code(
    run: Run, arguments: tuple[str, ...], exit_code: int, words: str
) -> None:
    code, _, message = run(*arguments)

    assert code == exit_code
    assert words in message
    assert "Traceback" not in message


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("REGISTRY_PORT", "abc", "REGISTRY_PORT"),
        ("REGISTRY_ENCODER_THREADS", "0", "REGISTRY_ENCODER_THREADS"),
        ("REGISTRY_LEXICAL_WEIGHT_SAME", "nan", "REGISTRY_LEXICAL_WEIGHT_SAME"),
        ("DATABASE_URL", "mysql://a:b@c/d", "DATABASE_URL is not of the form"),
        ("DATABASE_URL", "garbage", "DATABASE_URL is not of the form"),
        ("DATABASE_URL", "postgresql://u:p@127.0.0.1:abc/db", "DATABASE_URL is not of the form"),
        (
            "DATABASE_URL",
            "postgresql://u:p@127.0.0.1/db?foo=bar",
            "DATABASE_URL is not of the form",
        ),
    ],
)
def test_a_setting_out_of_range_is_named(run: Run, variable: str, value: str, words: str) -> None:
    code, _, message = run("ops", "status", **{variable: value})

    assert code == 2
    assert words in message
    assert "Traceback" not in message


def test_a_database_that_does_not_answer_is_told_without_its_password(run: Run) -> None:
    code, _, message = run("ops", "status", DATABASE_URL="postgresql://u:s3cret@127.0.0.1:1/db")

    assert code == 8
    assert "s3cret" not in message


def test_a_list_may_not_take_the_name_of_another_source(run: Run, folder: Path) -> None:
    before = _counted(folder, "source_record")
    file = DATA / "people_lists" / "vietnamese_headings.csv"

    code, _, message = run(
        "ingest", "people-list", str(file), "--source", "Demo", "--asserted-by", "x"
    )

    assert code == 2
    assert "kept for the registry itself" in message
    assert _counted(folder, "source_record") == before


def test_an_unknown_model_is_told(run: Run) -> None:
    code, _, message = run("search", "vi mạch", REGISTRY_MODEL="/no/such/model")

    assert code == 9
    assert "REGISTRY_MODEL" in message or "model" in message


def test_a_data_folder_of_a_newer_program_is_refused(run: Run, folder: Path) -> None:
    database = open_database(Settings(data_folder=folder))
    assert database.owner is not None
    change = text("UPDATE alembic_version SET version_num = :version RETURNING version_num")
    with database.owner.begin() as connection:
        found = connection.scalar(text("SELECT version_num FROM alembic_version"))
        connection.execute(change, {"version": "9999"})
    try:
        code, _, message = run("ops", "status")
    finally:
        with database.owner.begin() as connection:
            connection.execute(change, {"version": found})
        database.close()

    assert code == 7
    assert "newer version" in message


def test_a_damaged_index_is_built_anew_without_hand_work(run: Run, folder: Path) -> None:
    run("search", "open access")
    for slot in (folder / "index").glob("slot-*/generation-*"):
        for file in slot.iterdir():
            if file.is_dir():
                shutil.rmtree(file)
            else:
                file.write_bytes(b"damaged")

    code, out, _ = run("search", "open access", "--json", "--purpose", "a test")

    assert code == 0
    assert len(json.loads(out)["people"]) == 1


def test_status_is_json(run: Run) -> None:
    code, out, _ = run("ops", "status")

    assert code == 0
    assert json.loads(out)["people"] == {"lead": 1}


def test_the_listener_sends_without_delay_and_holds_its_port_at_once() -> None:
    listener = serving._bind("127.0.0.1", 0)

    with listener:
        # asyncio sets TCP_NODELAY on sockets that name their protocol, and on no others.
        assert listener.proto == socket.IPPROTO_TCP
        with pytest.raises(BusyError):
            serving._bind("127.0.0.1", listener.getsockname()[1])
