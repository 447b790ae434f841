import io
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from sqlalchemy import select

from ingest.load import load_whole
from ingest.sources.people_list import PeopleListReading, read_people_list
from registry.access.policy import LOCAL_STEWARD
from registry.db import Database
from registry.errors import ImportRefusedError
from registry.experts.models import Statement
from registry.experts.schemas import Life, Visibility
from registry.experts.values import Value

LISTS = Path(__file__).parent.parent / "data" / "people_lists"
RECEIVED_AT = datetime(2026, 11, 1, tzinfo=UTC)


def read(path: Path, ignore_columns: Sequence[str] = ()) -> PeopleListReading:
    return read_people_list(path, "list of 2026", RECEIVED_AT, "Ministry", ignore_columns)


def problems(path: Path) -> list[str]:
    with pytest.raises(ImportRefusedError) as caught:
        read(path)
    return [str(problem) for problem in caught.value.problems]


def csv_file(folder: Path, *lines: str) -> Path:
    path = folder / "list.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def xlsx_file(folder: Path, *rows: Sequence[Any]) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    path = folder / "list.xlsx"
    book.save(path)
    return path


def facts(reading: PeopleListReading, property_name: str, person: int = 0) -> list[dict[str, Any]]:
    return [
        s.value.model_dump(exclude_none=True, exclude_defaults=True)
        for s in reading.people[person].statements
        if s.property == property_name
    ]


def values(reading: PeopleListReading) -> list[Value]:
    return [s.value for person in reading.people for s in person.statements]


def test_a_list_with_vietnamese_headings_gives_leads() -> None:
    reading = read(LISTS / "vietnamese_headings.csv")

    first = reading.people[0]
    assert [p.source_key for p in reading.people] == ["CG01", "CG02"]
    assert (first.life, first.legal_ground, first.asserted_by) == (
        *(Life.LEAD, "ministry_list", "Ministry"),
    )
    assert facts(reading, "name") == [
        {"display": "Nguyễn Văn Hòa", "family": "Nguyễn", "middle": "Văn", "given": "Hòa"}
    ]
    assert facts(reading, "rank") == [{"rank": "associate_professor"}]
    assert facts(reading, "degree") == [{"level": "doctor", "field": {"vi": "Vật lý"}}]
    assert facts(reading, "affiliation") == [
        {
            "organisation": "Trường Đại học Mẫu Hà Nội",
            "country_code": "VN",
            "role": {"vi": "Trưởng khoa"},
            "is_main": True,
        }
    ]
    assert facts(reading, "post")[0]["title"] == {"vi": "Trưởng khoa"}
    assert [f["code"] for f in facts(reading, "field")] == ["10301", "2.10"]
    assert facts(reading, "language") == [{"code": "en", "level": "fluent"}, {"code": "ru"}]
    assert facts(reading, "external_id") == [{"scheme": "orcid", "value": "0000-0002-1825-0097"}]


def test_items_of_a_cell_become_works_with_year_and_doi() -> None:
    reading = read(LISTS / "vietnamese_headings.csv")

    assert facts(reading, "work") == [
        {"title": {"vi": "Cảm biến nano cho nước sạch (2019)"}},
        {"title": {"en": "Thin films for sensors (2021)"}, "doi": "10.5555/12345678"},
    ]
    assert [f["title"]["vi"] for f in facts(reading, "work", 1)] == [
        *("Pin thể rắn", "Hệ quản lý pin"),
    ]
    years = [s.started_on for s in reading.people[0].statements if s.property == "work"]
    assert years == ["2019", "2021"]


def test_contact_data_and_days_of_birth_stay_out_of_the_raw_record() -> None:
    reading = read(LISTS / "vietnamese_headings.csv")

    assert facts(reading, "contact") == [{"kind": "email", "address": "hoa@example.org"}]
    assert "example.org" not in str([person.raw for person in reading.people])
    assert "19/5" not in str(reading.people)


def test_personal_facts_are_for_bodies_and_contacts_for_stewards_only() -> None:
    statements = read(LISTS / "vietnamese_headings.csv").people[0].statements

    restricted = {s.property for s in statements if s.visibility is Visibility.BODIES}
    assert restricted == {"birth_year", "sex", "province"}
    assert {s.property for s in statements if s.visibility is Visibility.STEWARDS} == {"contact"}


def test_words_that_name_no_class_become_a_passage() -> None:
    reading = read(LISTS / "vietnamese_headings.csv")

    assert facts(reading, "field", 1) == []
    assert facts(reading, "biography", 1) == [{"text": {"vi": "Công nghệ chế tạo pin thể rắn"}}]
    assert "fields that name no class, kept as words: 1" in reading.notes


def test_utf16_semicolons_and_headings_without_marks_are_read() -> None:
    reading = read(LISTS / "without_marks_semicolon_utf16.csv")

    assert facts(reading, "degree") == [{"level": "doctor"}]
    assert facts(reading, "name", 1)[0]["family"] == "Hứa"
    assert facts(reading, "affiliation", 1)[0]["organisation"] == "Viện Mẫu; phòng 2"
    assert [len(p.source_key) for p in reading.people] == [32, 32]


def test_english_headings_and_tabs_are_read() -> None:
    reading = read(LISTS / "english_headings.tsv")

    assert facts(reading, "field") == [{"scheme": "ford", "code": "1.1"}]
    assert facts(reading, "patent") == [{"title": {"en": "Method of cooling (2015)"}}]
    assert facts(reading, "sex") == [{"sex": "female"}]


def test_a_workbook_with_a_title_row_numbers_and_dates_is_read(tmp_path: Path) -> None:
    path = xlsx_file(
        tmp_path,
        ["Danh sách, tháng 11"],
        [],
        ["STT", "Họ tên", "Ngày sinh", "Lĩnh vực"],
        [1, "TS. Lê Minh An", date(1980, 5, 1), 102],
        [2, "Trần Thu Hà", 1990.0, "1.2"],
    )

    reading = read(path)

    assert [f["year"] for i in (0, 1) for f in facts(reading, "birth_year", i)] == [1980, 1990]
    assert facts(reading, "field") == [{"scheme": "vn2008", "code": "102"}]
    assert facts(reading, "field", 1) == [{"scheme": "ford", "code": "1.2"}]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("tcvn3.csv", "TCVN3"),
        ("vni_in_unicode.csv", "VNI"),
        ("windows_1258.csv", "Windows-1258"),
        ("web_page.xls", "a web page"),
        ("ORIGIN.md", "no row with known headings"),
    ],
)
def test_other_encodings_and_kinds_are_refused_by_name(name: str, found: str) -> None:
    assert found in problems(LISTS / name)[0]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"\xd0\xcf\x11\xe0 old", "a damaged .xls workbook"),
        (b"PK\x03\x04 cut off", "a damaged workbook"),
        (b"%PDF-1.7", "a PDF"),
        (b"\x00\x01\x02", "a binary file"),
        (b"\n \n", "nothing"),
        ("Họ tên\n".encode("utf-16")[:-1], "half a character"),
        ('Họ tên,Năm sinh\n"An,1980\n'.encode(), "unexpected end of data"),
        ("Họ tên,Năm sinh\n".encode(), "headings without rows"),
    ],
)
def test_foreign_and_damaged_files_are_refused(tmp_path: Path, content: bytes, found: str) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(content)

    assert found in problems(path)[0]


def test_an_archive_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    with ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")

    assert "another office document" in problems(path)[0]


def test_every_bad_cell_is_named_by_row_and_column(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        "Danh sách",
        "Họ tên,Năm sinh,Giới tính,Học vị,Quốc gia,Lĩnh vực,Ngoại ngữ,ORCID",
        "Lê An,1890,nam,TS,Việt Nam,999,Tiếng Sao Hỏa,0000-0002-1825-0098",
        ",1980,Nam",
        "Lê Bình,31/2/1980,x,giỏi,Atlantis",
    )

    found = problems(path)

    assert [line.split(":")[0] for line in found] == [
        "row 3, column B (Năm sinh)",
        "row 3, column F (Lĩnh vực)",
        "row 3, column G (Ngoại ngữ)",
        "row 3, column H (ORCID)",
        "row 4, column A (Họ tên)",
        "row 5, column B (Năm sinh)",
        "row 5, column C (Giới tính)",
        "row 5, column D (Học vị)",
        "row 5, column E (Quốc gia)",
    ]
    assert found[0].endswith(
        'found "1890", expected a year from 1900 to 2026 or a date such as 19/5/1975'
    )


def test_unknown_headings_are_refused_unless_ignored(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "Họ tên,Đơn vị,Ghi chú", "Lê An,Viện Mẫu,x")

    [problem] = problems(path)
    reading = read(path, ignore_columns=["ghi chú"])

    assert problem.startswith('row 1, column C (Ghi chú): found "Ghi chú", expected one of: Họ và')
    assert reading.people[0].raw == {"cells": {"Họ tên": "Lê An", "Đơn vị": "Viện Mẫu"}}
    assert "columns ignored as asked: Ghi chú (1)" in reading.notes


def test_headings_must_name_people_once(tmp_path: Path) -> None:
    twice = problems(csv_file(tmp_path, "Họ tên,Cơ quan,Đơn vị", "Lê An,A,B"))
    never = problems(csv_file(tmp_path, "Cơ quan,Năm sinh", "Viện Mẫu,1980"))
    unnamed = problems(csv_file(tmp_path, "Họ tên,", "Lê An,B"))

    assert "one column for Đơn vị công tác only" in twice[0]
    assert "no column with names" in never[0]
    assert unnamed == [
        'row 1, column B: found "B", expected nothing here, or a heading above this column'
    ]


def test_the_same_person_twice_is_refused(tmp_path: Path) -> None:
    by_key = csv_file(tmp_path, "Mã,Họ tên", "1,Lê An", "1,Lê Bình")
    assert "row 3: found the person of row 2" in problems(by_key)[0]

    by_facts = csv_file(tmp_path, "Họ tên,Năm sinh", "Lê An,1980", "LE AN,1980", "Lê An,1981")
    assert len(problems(by_facts)) == 1


def test_the_key_of_a_person_without_id_outlasts_order_and_other_columns(tmp_path: Path) -> None:
    before = read(csv_file(tmp_path, "Họ tên,Năm sinh", "Lê An,1980", "Lê Bình,1970"))
    after = read(csv_file(tmp_path, "Năm sinh,Họ tên,Học vị", "1970,Lê Bình,TS", "1980,Lê An,"))

    assert [p.source_key for p in before.people] == [p.source_key for p in after.people][::-1]


def test_two_ranks_for_one_person_are_refused(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "Họ tên,Học hàm", "GS. Lê Văn An,Phó giáo sư")

    assert "one academic rank" in problems(path)[0]


def test_a_field_code_that_the_sheet_made_a_number_is_refused(tmp_path: Path) -> None:
    path = xlsx_file(tmp_path, ["Họ tên", "Lĩnh vực"], ["Lê An", 2.1])

    assert "2.1 and 2.10 are the same" in problems(path)[0]


def test_merged_cells_count_for_each_row_and_a_note_says_so(tmp_path: Path) -> None:
    book = Workbook()
    for row in (["Danh sách", None], ["Họ tên", "Đơn vị"], ["Lê An", "Viện"], ["Lê Bình", None]):
        book.active.append(row)
    book.active.merge_cells("A1:B1")
    book.active.merge_cells("B3:B4")
    book.save(tmp_path / "list.xlsx")

    reading = read(tmp_path / "list.xlsx")

    assert [facts(reading, "affiliation", n)[0]["organisation"] for n in (0, 1)] == ["Viện"] * 2
    assert "merged cells, whose value counts for each row: B3:B4" in reading.notes[0]


def test_formulas_count_with_their_saved_result(tmp_path: Path) -> None:
    path = xlsx_file(tmp_path, ["Họ tên", "Năm sinh"], ["Lê An", "=1900+80"])
    assert 'row 2, column B (Năm sinh): found "a formula without a saved' in problems(path)[0]

    packed = io.BytesIO()
    with ZipFile(path) as old, ZipFile(packed, "w") as new:
        for entry in old.namelist():
            content = old.read(entry)
            new.writestr(
                entry, content.replace(b"<v></v>", b"<v>1980</v>").replace(b"<v />", b"<v>1980</v>")
            )
    path.write_bytes(packed.getvalue())
    reading = read(path)

    assert facts(reading, "birth_year") == [{"year": 1980}]


def test_only_the_sheet_with_the_list_is_read(tmp_path: Path) -> None:
    book = Workbook()
    book.active.title = "Hướng dẫn"
    for row in (["Cách điền"], ["Điền đủ các cột"]):
        book.active.append(row)
    sheet = book.create_sheet("Danh sách")
    for row in (["Họ tên"], ["Lê An"]):
        sheet.append(row)
    book.save(tmp_path / "list.xlsx")

    reading = read(tmp_path / "list.xlsx")

    assert len(reading.people) == 1
    assert reading.notes == ["sheet Danh sách was read; not read: Hướng dẫn"]


def test_a_workbook_of_an_unknown_archive_version_is_refused(tmp_path: Path) -> None:
    path = xlsx_file(tmp_path, ["Họ tên"], ["Lê An"])
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 6] = 99
    path.write_bytes(content)

    assert "damaged workbook" in problems(path)[0]


CELLS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.sampled_from(["GS.TS", "2.10", "1980", "31/12/1980", "-", "Tiếng Anh", "10.1/x", "(2019)"]),
    st.just("x" * 600),
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.lists(CELLS, min_size=1, max_size=10), max_size=4), st.sampled_from(",;\t"))
def test_any_cells_are_read_or_refused(
    tmp_path: Path, rows: list[list[str]], delimiter: str
) -> None:
    headings = "Họ tên|Mã|Năm sinh|Học vị|Quốc gia|Lĩnh vực|Ngoại ngữ|Công trình|ORCID|Chức vụ"
    quoted = [['"' + cell.replace('"', '""') + '"' for cell in row] for row in rows]
    lines = [delimiter.join(row) for row in [headings.split("|"), *quoted]]
    path = csv_file(tmp_path, *lines)

    try:
        reading = read(path)
    except ImportRefusedError as error:
        if not error.problems:
            raise
    else:
        assert values(reading)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 100_000), st.binary(min_size=1, max_size=40))
def test_a_damaged_workbook_is_read_or_refused(tmp_path: Path, at: int, junk: bytes) -> None:
    path = xlsx_file(tmp_path, ["Họ tên", "Năm sinh"], ["Lê An", 1980])
    content = path.read_bytes()
    at %= len(content)
    path.write_bytes(content[:at] + junk + content[at + len(junk) :])

    try:
        reading = read(path)
    except ImportRefusedError as error:
        if not error.problems:
            raise
    else:
        assert len(reading.people) == 1


def test_a_sheet_with_a_cell_far_to_the_right_is_refused(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Họ và tên"])
    sheet.append(["Nguyễn Văn An"])
    sheet.cell(row=2, column=16_000, value="x")
    book.save(tmp_path / "wide.xlsx")

    with pytest.raises(ImportRefusedError) as caught:
        read(tmp_path / "wide.xlsx")

    assert "16000 columns" in str(caught.value.problems[0])


def test_contact_data_of_a_list_are_stored_sealed_and_read_again_as_the_same(
    database: Database,
) -> None:
    people = read(LISTS / "vietnamese_headings.csv").people

    first = load_whole(database, LOCAL_STEWARD, people, RECEIVED_AT)
    again = load_whole(database, LOCAL_STEWARD, people, RECEIVED_AT)

    assert (first.new, again.new, again.same) == (2, 0, 2)
    with database.session() as session:
        contacts = session.scalars(select(Statement).where(Statement.property == "contact")).all()
    assert len(contacts) == 2
    assert "example.org" not in str([row.value for row in contacts])
