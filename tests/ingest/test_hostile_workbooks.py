"""Workbooks made to do harm: packed bombs, entities, and sizes that lie."""

import io
import random
import struct
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import psutil
import pytest
import xlwt
from openpyxl import Workbook

from ingest.sources.people_list import read_people_list
from registry.errors import ImportRefusedError
from tests.ingest.list_files import make

NOW = datetime(2026, 11, 1, tzinfo=UTC)
# Each name stands for ten of the one before: a thousand million laughs in some hundred letters.
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]>"
)
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
SHEET = "xl/worksheets/sheet1.xml"
ROWS = [["Họ và tên", "Đơn vị công tác"], ["Nguyễn Văn Hùng", "Viện Hóa học"]]


def _workbook(tmp_path: Path, **replaced: bytes) -> Path:
    """A people list of one row, with some parts replaced."""
    book = Workbook()
    assert book.active is not None
    book.active.append(["Họ và tên", "Đơn vị công tác"])
    book.active.append(["Nguyễn Văn Hùng", "Viện Hóa học"])
    plain = io.BytesIO()
    book.save(plain)
    path = tmp_path / "list.xlsx"
    with ZipFile(plain) as source, ZipFile(path, "w", ZIP_DEFLATED) as target:
        for entry in source.infolist():
            content = replaced.get(entry.filename, source.read(entry))
            target.writestr(entry.filename, content)
        for name in replaced.keys() - {e.filename for e in source.infolist()}:
            target.writestr(name, replaced[name])
    return path


def _read(path: Path) -> None:
    read_people_list(path, "bo-khcn", NOW, "Bộ KH&CN")


def _refused(path: Path) -> str:
    with pytest.raises(ImportRefusedError) as caught:
        _read(path)
    return str(caught.value.problems[0])


def _replaced(path: Path, part: str, content: str) -> Path:
    """The package with another content of one part."""
    with ZipFile(path) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    with ZipFile(path, "w", ZIP_DEFLATED) as target:
        for name, old in parts.items():
            target.writestr(name, content if name == part else old)
    return path


def _sheet(path: Path) -> str:
    with ZipFile(path) as archive:
        return archive.read(SHEET).decode()


def test_the_list_itself_is_read(tmp_path: Path) -> None:
    _read(_workbook(tmp_path))


@pytest.mark.parametrize("declared", [LAUGHS, OUTSIDE], ids=["growing", "outside"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_before_anything_is_parsed(
    tmp_path: Path, declared: str, encoding: str
) -> None:
    sheet = _sheet(_workbook(tmp_path)).split("?>", 1)[-1]
    declared = declared.replace('"1.0"', f'"1.0" encoding="{encoding}"')
    hostile = _workbook(tmp_path, **{SHEET: (declared + sheet).encode(encoding)})

    with pytest.raises(ImportRefusedError) as caught:
        _read(hostile)

    assert "a document type" in str(caught.value.problems[0])


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels"])
def test_entities_are_refused_in_every_part_that_is_read(tmp_path: Path, part: str) -> None:
    with ZipFile(_workbook(tmp_path)) as archive:
        plain = archive.read(part).decode().split("?>", 1)[-1]

    assert "a document type" in _refused(_workbook(tmp_path, **{part: (LAUGHS + plain).encode()}))


@pytest.mark.parametrize("declared", [LAUGHS, OUTSIDE], ids=["growing", "outside"])
def test_entities_are_refused_in_ods_too(tmp_path: Path, declared: str) -> None:
    path = make(tmp_path / "list.ods", ROWS)
    with ZipFile(path) as archive:
        plain = archive.read("content.xml").decode().split("?>", 1)[-1]

    assert "a document type" in _refused(_replaced(path, "content.xml", declared + plain))


def _within_bounds(path: Path) -> str:
    """Why a file was refused, when neither much memory nor time went by."""
    before, began = psutil.Process().memory_info().rss, time.monotonic()
    found = _refused(path)
    assert psutil.Process().memory_info().rss - before < 150 * 2**20
    assert time.monotonic() - began < 20
    return found


def test_a_bomb_is_refused_by_its_unpacked_size_without_being_unpacked(tmp_path: Path) -> None:
    bomb = tmp_path / "list.xlsx"
    with ZipFile(_workbook(tmp_path)) as plain:
        parts = {entry: plain.read(entry) for entry in plain.namelist()}
    with ZipFile(bomb, "w", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        with archive.open("xl/sharedStrings.xml", "w", force_zip64=True) as part:
            for _ in range(300):
                part.write(bytes(2**20))

    assert "256 MB once unpacked" in _within_bounds(bomb)


def test_a_part_that_lies_about_its_size_is_refused_as_damaged(tmp_path: Path) -> None:
    path = _workbook(tmp_path)
    content = bytearray(path.read_bytes())
    # The unpacked size in the directory at the end, which is the one that readers believe.
    at = content.rindex(SHEET.encode()) - 46 + 24
    content[at : at + 4] = struct.pack("<I", 10)
    path.write_bytes(content)

    assert "damaged" in _refused(path)


def test_a_cell_in_the_last_corner_costs_nothing(tmp_path: Path) -> None:
    sheet = _sheet(_workbook(tmp_path)).replace(
        "</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    )

    assert "16384 columns" in _within_bounds(_workbook(tmp_path, **{SHEET: sheet.encode()}))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('r="2"', 'r="x"'),
        ('r="2"', 'r="-7"'),
        ('r="B2"', 'r="ZZZZZZZZ2"'),
        ('r="B2" t="inlineStr"', 'r="B2" t="s"'),
        ("</sheetData>", '<row r="3"><c r="A3" t="s"><v>99</v></c></row></sheetData>'),
        ("</sheetData>", '<row r="3"><c r="A3" t="n"><v>x</v></c></row></sheetData>'),
        ("</sheetData>", '<row r="3"><c r="A3" t="d"><v>31/2</v></c></row></sheetData>'),
        ("</sheetData>", '<row r="3"><c r="A3"><v>1e999</v></c></row></sheetData>'),
        ("</sheetData>", '</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'),
        ("</sheetData>", '</sheetData><mergeCells><mergeCell ref="B2:A1"/></mergeCells>'),
    ],
)
def test_sheets_that_contradict_the_format_are_read_or_refused(
    tmp_path: Path, old: str, new: str
) -> None:
    sheet = _sheet(_workbook(tmp_path))
    assert old in sheet

    with suppress(ImportRefusedError):
        _read(_workbook(tmp_path, **{SHEET: sheet.replace(old, new, 1).encode()}))


def test_merged_blocks_without_end_are_refused(tmp_path: Path) -> None:
    blocks = '<mergeCell ref="A1:A1048576"/>' * 21_000
    sheet = _sheet(_workbook(tmp_path)).replace(
        "</sheetData>", f"</sheetData><mergeCells>{blocks}</mergeCells>"
    )

    assert "merged blocks" in _within_bounds(_workbook(tmp_path, **{SHEET: sheet.encode()}))


def test_one_long_text_in_a_million_cells_is_refused(tmp_path: Path) -> None:
    cells = "".join('<row><c t="s"><v>0</v></c><c t="s"><v>0</v></c></row>' for _ in range(9_000))
    sheet = _sheet(_workbook(tmp_path)).replace("</sheetData>", f"{cells}</sheetData>")
    shared = f"<sst><si><t>{'x' * 32_000}</t></si></sst>".encode()
    hostile = _workbook(tmp_path, **{SHEET: sheet.encode(), "xl/sharedStrings.xml": shared})

    assert "more text than a list of people holds" in _within_bounds(hostile)


def test_ods_rows_repeated_without_end_are_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "list.ods", ROWS)
    with ZipFile(path) as archive:
        content = archive.read("content.xml").decode()
    many = content.replace(
        "</table:table>",
        '<table:table-row table:number-rows-repeated="1048576"><table:table-cell '
        'office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row>'
        "</table:table>",
    )
    wide = content.replace(
        "</table:table>",
        '<table:table-row><table:table-cell table:number-columns-repeated="999999999" '
        'office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row>'
        "</table:table>",
    )

    assert "more than 60000 rows" in _within_bounds(_replaced(path, "content.xml", many))
    assert "201 columns" in _within_bounds(_replaced(path, "content.xml", wide))


def test_an_xls_with_a_cell_in_the_last_corner_of_each_sheet_is_refused(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    for number in range(40):
        sheet = book.add_sheet(f"S{number}")
        sheet.write(0, 0, "Họ tên")
        sheet.write(65_535, 255, "x")
    book.save(str(tmp_path / "list.xls"))

    # Forty sheets of 16 million cells each would take more memory than there is.
    found = _within_bounds(tmp_path / "list.xls")

    assert "256 columns" in found or "too much memory" in found


def test_workbooks_with_a_password_are_told_as_such(tmp_path: Path) -> None:
    # What Excel writes is an envelope with the workbook as an encrypted stream in it.
    envelope = tmp_path / "envelope.xlsx"
    envelope.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    )
    old = make(tmp_path / "old.xls", ROWS)
    content = old.read_bytes()
    # A record that asks for a password (FILEPASS, 2F) in place of one that is not needed (C1).
    at = content.index(b"\xc1\x00\x02\x00")
    old.write_bytes(content[:at] + b"\x2f\x00\x02\x00\x01\x00" + content[at + 6 :])
    ods = _replaced(
        make(tmp_path / "list.ods", ROWS),
        "META-INF/manifest.xml",
        '<m:manifest xmlns:m="x"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>',
    )
    locked = bytearray(_workbook(tmp_path).read_bytes())
    locked[locked.rindex(b"PK\x01\x02") + 8] |= 1
    entry = tmp_path / "entry.xlsx"
    entry.write_bytes(locked)

    for path in (envelope, old, ods, entry):
        assert "a workbook with a password" in _refused(path), path.name


@pytest.mark.parametrize(
    "content",
    [
        b"<html><body><table><tr><td>H\xe1\xbb\x8d t\xc3\xaan</td></tr></table></body></html>",
        b"\xef\xbb\xbf\r\n<HTML xmlns:o='urn:schemas-microsoft-com:office:office'>",
        b"<?xml version='1.0'?><Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'/>",
        b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n",
    ],
)
def test_a_web_page_called_xls_is_refused_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "list.xls"
    path.write_bytes(content)

    found = _refused(path)

    assert "a web page or XML" in found
    assert "save it as .xlsx" in found


def test_other_archives_and_documents_are_refused(tmp_path: Path) -> None:
    for names, told in ((["xl/workbook.bin"], ".xlsb"), (["word/document.xml"], "another office")):
        path = tmp_path / "list.xlsx"
        with ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, "x")
        assert told in _refused(path)
    text = make(tmp_path / "list.ods", ROWS)
    assert "another office" in _refused(
        _replaced(text, "mimetype", "application/vnd.oasis.opendocument.text")
    )


@pytest.mark.parametrize("suffix", ["xlsx", "ods", "csv"])
@pytest.mark.parametrize(
    "count", [150, pytest.param(3_000, marks=pytest.mark.soak)], ids=["some", "many"]
)
def test_a_damaged_file_is_read_or_refused(tmp_path: Path, suffix: str, count: int) -> None:
    _damage(make(tmp_path / f"list.{suffix}", ROWS), count)


@pytest.mark.parametrize(
    "count", [12, pytest.param(400, marks=pytest.mark.soak)], ids=["some", "many"]
)
def test_a_damaged_xls_is_read_or_refused(tmp_path: Path, count: int) -> None:
    _damage(make(tmp_path / "list.xls", ROWS), count)


def _damage(path: Path, count: int) -> None:
    whole, chance = path.read_bytes(), random.Random(path.name)
    for _ in range(count):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(damaged))
            damaged[at : at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
        path.write_bytes(damaged)
        with suppress(ImportRefusedError):
            _read(path)
