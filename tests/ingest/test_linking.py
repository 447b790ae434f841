"""Which records are proposed as one person, with which reasons; and tables that cannot be read."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingest.identity.evidence import Kind, PersonRecord, make_record
from ingest.identity.linking import LinkedPair, link
from ingest.identity.person_tables import Columns, guess_columns, read_people, reasons
from registry.cli import app
from registry.errors import ImportRefusedError, InvalidInputError

FAKE = Path(__file__).parents[1] / "data" / "linking" / "fake_1000.csv"
AT_AFFILIATION = {Kind.AFFILIATION: "affiliation"}
PEOPLE = [
    "Nguyễn Văn Hùng",
    "Nguyễn Văn Hưng",
    "Trần Thị Thu Hiền",
    "Lê Minh Tuấn",
    "Phạm Ngọc Ánh",
    "Hoàng Đức Anh",
]


def _named(*names: str) -> list[PersonRecord]:
    return [make_record(str(number), name, {}) for number, name in enumerate(names)]


def _best(pairs: list[LinkedPair], one: int) -> int:
    return max((p for p in pairs if p.one == one), key=lambda pair: pair.bits).other


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("Hung Van Nguyen", "Nguyễn Văn Hùng"),
        ("Hiền, Trần T. T.", "Trần Thị Thu Hiền"),
        ("Thuhien Tran", "Trần Thị Thu Hiền"),
        ("TUAN LE", "Lê Minh Tuấn"),
        ("Hoang D. A.", "Hoàng Đức Anh"),
        ("Ngoc-Anh Pham", "Phạm Ngọc Ánh"),
    ],
)
def test_by_names_alone_the_right_person_comes_first(spelling: str, name: str) -> None:
    pairs = list(link(_named(spelling), _named(*PEOPLE)))

    assert PEOPLE[_best(pairs, 0)] == name


def test_records_of_one_table_are_not_compared_with_themselves_but_with_the_other() -> None:
    pairs = list(link(_named("Lê Minh Tuấn", "Tuan Le Minh"), _named("Lê Minh Tuấn")))

    assert {(pair.one, pair.other) for pair in pairs} == {(0, 0), (1, 0)}


def test_a_name_that_many_have_says_less_than_one_that_few_have() -> None:
    names = ["Nguyễn Văn Hùng", "Tôn Nữ Khánh Huyền"]

    bits = {(p.one, p.other): p.bits for p in link(_named(*names), _named(*names))}

    assert bits[0, 0] < bits[1, 1]


def test_an_orcid_brings_together_what_names_would_not_and_a_birth_year_speaks_against() -> None:
    orcid = "0000-0002-1825-0097"
    ones = [
        make_record("a", "Nguyễn Thị Hoa", {Kind.ORCID: orcid, Kind.BIRTH: "1980"}),
        make_record("b", "Trần Văn Nam", {Kind.BIRTH: "1975"}),
    ]
    others = [
        make_record("c", "Hoa Smith", {Kind.ORCID: f"https://orcid.org/{orcid}"}),
        make_record("d", "Nam Tran Van", {Kind.BIRTH: "1975"}),
        make_record("e", "Nam Tran Van", {Kind.BIRTH: "1991"}),
    ]

    bits = {(pair.one, pair.other): pair.bits for pair in link(ones, others, least_bits=-60)}

    assert (0, 0) in bits
    assert bits[1, 1] > bits.get((1, 2), -60)


def test_each_reason_is_told_with_what_it_weighs_and_together_they_are_the_score() -> None:
    (pair,) = link(_named("Hung V. Nguyen"), _named("Nguyễn Văn Hùng"))

    told = reasons(pair)

    assert pair.bits == pytest.approx(sum(part.bits for part in pair.parts))
    assert "hung = hùng, without marks" in told
    assert "v = văn, by its initial" in told


def test_invented_records_with_slips_are_told_apart_better_than_by_jaro_winkler_rules() -> None:
    records, _ = read_people(FAKE, None)
    with FAKE.open(encoding="utf-8", newline="") as file:
        cluster = {row["unique_id"]: row["cluster"] for row in csv.DictReader(file)}
    true = sum(n * (n - 1) // 2 for n in Counter(cluster.values()).values())

    found = list(link(records, least_bits=-4))

    right = sum(cluster[records[p.one].id] == cluster[records[p.other].id] for p in found)
    # Rules of Jaro and Winkler reach .864 on these records.
    assert 2 * right / (len(found) + true) > 0.93


def test_what_cannot_be_read_is_kept_apart_and_not_compared() -> None:
    record = make_record("1", "An", {Kind.ORCID: "0000-0002-1825-0098", Kind.BIRTH: "khoảng 1970"})

    assert record.orcid is None
    assert record.birth is None
    assert set(record.unread) == {Kind.ORCID, Kind.BIRTH}


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        (["Mã", "Họ và tên", "Năm sinh"], Columns(("Họ và tên",), "Mã", {Kind.BIRTH: "Năm sinh"})),
        (["first_name", "surname"], Columns(("surname", "first_name"))),
        (["author_name", "affiliation"], Columns(("author_name",), None, AT_AFFILIATION)),
    ],
)
def test_columns_are_guessed_by_their_headings(headings: list[str], expected: Columns) -> None:
    assert guess_columns(headings) == expected


def test_a_table_without_names_asks_for_the_column() -> None:
    with pytest.raises(InvalidInputError, match="--name"):
        guess_columns(["a", "b"])


def _table(folder: Path, *lines: str) -> Path:
    path = folder / "people.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_an_id_that_stands_twice_is_refused_with_both_rows(tmp_path: Path) -> None:
    table = _table(tmp_path, "id,name", "7,An", "7,Bình")

    with pytest.raises(ImportRefusedError) as refused:
        read_people(table, None)

    assert refused.value.problems[0].where == "row 3"
    assert "row 2" in refused.value.problems[0].found


def test_the_command_writes_pairs_that_no_spreadsheet_computes(tmp_path: Path) -> None:
    table = _table(tmp_path, "id,name", "=1+1,Lê Minh Tuấn", "b,Tuan Le Minh")
    to = tmp_path / "pairs.csv"

    result = CliRunner().invoke(app, ["ingest", "link", str(table), "--to", str(to)])

    assert result.exit_code == 0, result.output
    with to.open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert {row["id_1"], row["id_2"]} == {"'=1+1", "b"}
    assert "without marks" in row["reasons"]


@pytest.mark.parametrize(
    "more",
    [["--evidence", "shoe=size", "--name", "name"], ["--id", "id"], ["--name", "nobody"]],
)
def test_wrong_columns_end_in_an_error_that_says_what_to_do(
    tmp_path: Path, more: list[str]
) -> None:
    table = _table(tmp_path, "id,name", "a,An", "b,Bình")
    to = tmp_path / "pairs.csv"

    result = CliRunner().invoke(app, ["ingest", "link", str(table), "--to", str(to), *more])

    assert isinstance(result.exception, InvalidInputError | ImportRefusedError)
    assert not to.exists()
