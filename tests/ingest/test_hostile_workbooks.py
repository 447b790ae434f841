"""Workbooks made to do harm: packed bombs, entities, and sizes that lie."""

import io
import struct
import time
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import psutil
import pytest
from openpyxl import Workbook

from ingest.sources.people_list import read_people_list
from registry.errors import ImportRefusedError

NOW = datetime(2026, 11, 1, tzinfo=UTC)
# Each name stands for ten of the one before: a thousand million laughs in some hundred letters.
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]>"
)
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
SHEET = "xl/worksheets/sheet1.xml"


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


def test_a_bomb_is_refused_by_its_unpacked_size_without_being_unpacked(tmp_path: Path) -> None:
    bomb = _workbook(tmp_path, **{"xl/media/image1.png": bytes(200 * 2**20)})
    before, began = psutil.Process().memory_info().rss, time.monotonic()

    with pytest.raises(ImportRefusedError) as caught:
        _read(bomb)

    assert "64 MB once unpacked" in str(caught.value.problems[0])
    assert psutil.Process().memory_info().rss - before < 100 * 2**20
    assert time.monotonic() - began < 10


def test_a_part_that_lies_about_its_size_is_refused_as_damaged(tmp_path: Path) -> None:
    path = _workbook(tmp_path, **{"xl/extra.xml": b"<a>" + b"x" * 2**20 + b"</a>"})
    content = bytearray(path.read_bytes())
    # The unpacked size in the directory at the end, which is the one that readers believe.
    at = content.rindex(b"xl/extra.xml") - 46 + 24
    content[at : at + 4] = struct.pack("<I", 10)
    path.write_bytes(content)

    with pytest.raises(ImportRefusedError) as caught:
        _read(path)

    assert "damaged" in str(caught.value.problems[0])
