"""Files of every format as sheets: the same cells, exactly as they came."""

import io
import random
import re
from datetime import date
from pathlib import Path
from zipfile import ZipFile

import pytest

from ingest.sources.people_list import open_list
from ingest.sources.sheets import Workbook
from ingest.sources.table_rows import Fault, tidy
from registry.errors import ImportRefusedError
from registry.text import clean
from tests.ingest.list_files import FORMATS, make, make_sheets

ROWS = [
    ["DANH SÁCH CHUYÊN GIA"],
    [],
    ["STT", "Họ và tên", "Ngày sinh", "Đơn vị công tác"],
    [1, "Nguyễn Văn Hòa", date(1975, 5, 19), "Viện Mẫu"],
    [2, "Trần Thu Hà", 1990, "Trường Mẫu\nKhoa Vật lý"],
]


def texts(workbook: Workbook, sheet: int = 0) -> dict[int, list[str]]:
    return {row.number: [c.text for c in row.cells] for row in workbook.sheets[sheet].rows}


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_gives_the_same_cells_under_the_same_row_numbers(
    tmp_path: Path, suffix: str
) -> None:
    workbook = open_list(make(tmp_path / f"list.{suffix}", ROWS))

    assert texts(workbook) == {
        1: ["DANH SÁCH CHUYÊN GIA"],
        3: ["STT", "Họ và tên", "Ngày sinh", "Đơn vị công tác"],
        4: ["1", "Nguyễn Văn Hòa", "1975-05-19", "Viện Mẫu"],
        5: ["2", "Trần Thu Hà", "1990", "Trường Mẫu\nKhoa Vật lý"],
    }


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_is_what_it_holds_whatever_its_name_says(tmp_path: Path, suffix: str) -> None:
    made = make(tmp_path / f"list.{suffix}", ROWS)
    named = made.rename(tmp_path / "list.dat")

    assert texts(open_list(named))[3][1] == "Họ và tên"


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_cell_keeps_its_text_exactly_beside_the_clean_one(tmp_path: Path, suffix: str) -> None:
    raw = " Nguyễn\u00adVăn\u00a0Hòa\u200b"
    workbook = open_list(make(tmp_path / f"list.{suffix}", [["Họ tên"], [raw]]))

    [_, row] = workbook.sheets[0].rows
    assert row.raw(0) == row.cell(0).raw == raw
    assert row.cell(0).text == "NguyễnVăn Hòa"


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    "text", ["=1+1", "+84 912 345 678", "-5", "@SUM(A1)", "=cmd|' /C calc'!A0"]
)
def test_texts_that_look_like_formulas_stay_texts(tmp_path: Path, suffix: str, text: str) -> None:
    written = f"'{text}" if suffix == "xlsx" and text.startswith("=") else text
    workbook = open_list(make(tmp_path / f"list.{suffix}", [["Họ tên"], [written]]))

    assert workbook.sheets[0].rows[1].raw(0) == text


@pytest.mark.parametrize("suffix", ["xlsx", "xls", "ods"])
def test_a_block_of_one_column_fills_its_rows(tmp_path: Path, suffix: str) -> None:
    rows = [["Họ tên", "Đơn vị"], ["Lê An", "Viện"], ["Lê Bình", None], ["Lê Chi", "Trường"]]

    workbook = open_list(make(tmp_path / f"list.{suffix}", rows, [(1, 1, 2, 1)]))

    [sheet] = workbook.sheets
    assert [row.raw(1) for row in sheet.rows] == ["Đơn vị", "Viện", "Viện", "Trường"]
    assert list(map(str, sheet.filled)) == ["B2:B3"]


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_a_block_makes_no_rows_where_there_are_none(tmp_path: Path, suffix: str) -> None:
    rows = [["Họ tên", "Đơn vị"], ["Lê An", "Viện"], ["Lê Bình", None]]

    workbook = open_list(make(tmp_path / f"list.{suffix}", rows, [(1, 1, 900, 1)]))

    assert [row.number for row in workbook.sheets[0].rows] == [1, 2, 3]


@pytest.mark.parametrize("suffix", ["xlsx", "xls", "ods"])
def test_a_block_over_several_columns_fills_nothing(tmp_path: Path, suffix: str) -> None:
    rows = [["Họ tên", "Đơn vị"], ["Khối trường", None], ["Lê Bình", None]]

    workbook = open_list(make(tmp_path / f"list.{suffix}", rows, [(1, 0, 2, 1)]))

    assert workbook.sheets[0].filled == []


@pytest.mark.parametrize("suffix", ["xlsx", "xls", "ods"])
def test_all_sheets_are_read(tmp_path: Path, suffix: str) -> None:
    path = make_sheets(
        tmp_path / f"list.{suffix}", {"Hướng dẫn": [["Điền đủ"]], "DS": [["Họ tên"], ["Lê An"]]}
    )

    workbook = open_list(path)

    assert [sheet.name for sheet in workbook.sheets] == ["Hướng dẫn", "DS"]
    assert texts(workbook, 1) == {1: ["Họ tên"], 2: ["Lê An"]}


def test_a_formula_without_a_result_is_told_from_an_empty_result(tmp_path: Path) -> None:
    path = make(tmp_path / "list.xlsx", [["Họ tên", "Mã"], ["Lê An", "=1+1"], ["Lê Bình", "=B1"]])
    _rewrite(
        path,
        "xl/worksheets/sheet1.xml",
        rb'<c r="B3"><f>B1</f><v ?(?:/>|></v>)</c>',
        b'<c r="B3" t="str"><f>B1</f><v></v></c>',
    )

    rows = open_list(path).sheets[0].rows

    assert rows[1].fault(1) == Fault("a formula without a saved result", "no result")
    assert rows[2].fault(1) is None


def test_a_formula_counts_with_its_result_and_a_failed_one_is_a_fault(tmp_path: Path) -> None:
    path = make(tmp_path / "list.xlsx", [["Họ tên", "Mã"], ["Lê An", "=1+1"], ["Lê Bình", "=B1"]])
    part = "xl/worksheets/sheet1.xml"
    no_result = rb"<v ?(?:/>|></v>)"
    _rewrite(path, part, rb"<f>1\+1</f>" + no_result, b"<f>1+1</f><v>2</v>")
    failed = b'<c r="B3" t="e"><f>B1</f><v>#REF!</v>'
    _rewrite(path, part, rb'<c r="B3"><f>B1</f>' + no_result, failed)

    rows = open_list(path).sheets[0].rows

    assert rows[1].cell(1).text == "2"
    assert rows[2].fault(1) == Fault("#REF!", "error")


def test_repeated_cells_of_ods_count_and_formats_to_the_end_do_not(tmp_path: Path) -> None:
    path = make(tmp_path / "list.ods", [["Họ tên", "Đơn vị"], ["Lê An", "Viện"]])
    _rewrite(
        path,
        "content.xml",
        b"</table:table>",
        b'<table:table-row table:number-rows-repeated="2"><table:table-cell'
        b' office:value-type="string" table:number-columns-repeated="2"><text:p>x'
        b'<text:s text:c="2"/>'
        b"y</text:p><office:annotation><text:p>no</text:p></office:annotation></table:table-cell>"
        b'<table:table-cell table:number-columns-repeated="16382"/></table:table-row>'
        b'<table:table-row table:number-rows-repeated="1048570"><table:table-cell/>'
        b"</table:table-row></table:table>",
    )

    rows = open_list(path).sheets[0].rows

    assert [(row.number, list(row.written)) for row in rows[2:]] == [
        *((3, ["x  y", "x  y"]), (4, ["x  y", "x  y"])),
    ]


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def test_shared_strings_are_read_with_any_prefix_and_without_readings(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    with ZipFile(path, "w") as archive:
        archive.writestr(
            "xl/workbook.xml",
            f'<x:workbook xmlns:x="{MAIN}" xmlns:k="{LINKS}"><x:sheets>'
            '<x:sheet name="A" k:id="r1" state="hidden"/><x:sheet name="B" k:id="r2"/>'
            "</x:sheets></x:workbook>",
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            "<Relationships>"
            + "".join(
                f'<Relationship Id="r{n}" Type="{LINKS}/worksheet" Target="{target}"/>'
                for n, target in ((1, "/xl/worksheets/a.xml"), (2, "worksheets/b.xml"))
            )
            + "</Relationships>",
        )
        archive.writestr(
            "xl/sharedStrings.xml",
            f'<x:sst xmlns:x="{MAIN}"><x:si><x:t>Họ tên</x:t></x:si><x:si><x:r><x:t>Lê </x:t></x:r>'
            "<x:r><x:t>An_x000D_</x:t></x:r><x:rPh><x:t>no</x:t></x:rPh></x:si></x:sst>",
        )
        cells = '<x:row><x:c t="s"><x:v>0</x:v></x:c></x:row><x:row r="7"><x:c r="C7" t="s"><x:v>1'
        for name in "ab":
            archive.writestr(
                f"xl/worksheets/{name}.xml",
                f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>{cells}</x:v></x:c></x:row>'
                "</x:sheetData></x:worksheet>",
            )

    workbook = open_list(path)

    assert [sheet.is_hidden for sheet in workbook.sheets] == [True, False]
    assert [(r.number, list(r.written)) for r in workbook.sheets[1].rows] == [
        *((1, ["Họ tên"]), (7, [None, None, "Lê An\r"])),
    ]


def test_dates_that_count_from_1904_are_read_as_such(tmp_path: Path) -> None:
    path = make(tmp_path / "list.xlsx", [["Họ tên", "Ngày sinh"], ["Lê An", date(1975, 5, 19)]])
    _rewrite(path, "xl/workbook.xml", rb"<workbookPr ?/>", b'<workbookPr date1904="1"/>')

    workbook = open_list(path)

    assert workbook.is_1904
    assert workbook.sheets[0].rows[1].cell(1).text == "1979-05-20"


@pytest.mark.parametrize(
    ("content", "cells"),
    [
        ("Họ tên,Đơn vị\nLê An,A".encode(), ["Lê An", "A"]),
        ("\ufeffHọ tên;Đơn vị\r\nLê An;A,B".encode(), ["Lê An", "A,B"]),
        ("sep=|\r\nHọ tên|Đơn vị\r\nLê An|A".encode(), ["Lê An", "A"]),
        ("Họ tên\tĐơn vị\nLê An\tA".encode("utf-16"), ["Lê An", "A"]),
        ('Họ tên,Đơn vị\n"Lê ""Tư"" An","A\nB"'.encode(), ['Lê "Tư" An', "A\nB"]),
    ],
)
def test_csv_is_read_with_any_usual_delimiter(
    tmp_path: Path, content: bytes, cells: list[str]
) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(content)

    workbook = open_list(path)

    assert [cell.text for cell in workbook.sheets[0].rows[1].cells] == cells
    assert not workbook.is_single_byte


def test_bytes_that_are_no_unicode_are_kept_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    codes = bytes(code for code in range(0x80, 0x100))
    path.write_bytes(b"Name,Unit\nAn," + codes)

    workbook = open_list(path)
    raw = workbook.sheets[0].rows[1].raw(1)

    assert workbook.is_single_byte
    assert len(raw) == len(set(raw)) == 128
    assert raw[:2] == "\u20ac\x81"


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([["Họ tên"], *[["An"]] * 60_001], "more than 60000 rows"),
        ([["Họ tên"], ["An", *[None] * 250, "x"]], "252 columns"),
    ],
)
def test_what_is_larger_than_a_list_is_refused(
    tmp_path: Path, rows: list[list[str]], found: str
) -> None:
    with pytest.raises(ImportRefusedError) as caught:
        open_list(make(tmp_path / "list.csv", rows))

    assert found in str(caught.value.problems[0])


def _rewrite(path: Path, part: str, pattern: bytes, new: bytes) -> None:
    packed = io.BytesIO()
    with ZipFile(path) as source, ZipFile(packed, "w") as target:
        for entry in source.namelist():
            content = source.read(entry)
            if entry == part:
                content, times = re.subn(pattern, lambda _: new, content)
                assert times == 1
            target.writestr(entry, content)
    path.write_bytes(packed.getvalue())


@pytest.mark.parametrize("seed", range(5))
def test_a_tidy_text_is_the_clean_one(seed: int) -> None:
    chance = random.Random(seed)
    letters = [
        "a",
        "é",
        "e\u0301",
        "Đ",
        "Ð",
        "ð",
        "Ɖ",
        " ",
        "  ",
        "\u00a0",
        "\u00ad",
        "\t",
        "\u200b",
        "ử",
    ]
    for _ in range(2_000):
        text = "".join(chance.choices(letters, k=chance.randint(0, 6)))
        assert tidy(text) == clean(text)
