"""XLSX workbooks as rows: nothing is computed, a formula counts with its saved result."""

import io
import lzma
import struct
import warnings
import zlib
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Final
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from ingest.sources.files import refusal
from ingest.sources.table_rows import (
    EXPECTED,
    Cell,
    Row,
    Table,
    as_table,
    cleaned,
    heading_row,
    no_headings,
)
from registry.errors import Problem

_MAX_ROWS: Final = 50_000
_MAX_COLUMNS: Final = 200
_MAX_UNPACKED: Final = 64 * 1024 * 1024
# What zipfile, its decompressors, the XML parser and openpyxl may raise on
# damaged workbooks; RuntimeError covers encrypted entries and unknown compression.
_DAMAGE: Final = (
    *(BadZipFile, InvalidFileException, ParseError, zlib.error, lzma.LZMAError, struct.error),
    *(LookupError, ValueError, TypeError, AttributeError, OSError, EOFError, RuntimeError),
    *(ArithmeticError, AssertionError),
)


def from_workbook(name: str, content: bytes, is_heading: Callable[[str], bool]) -> Table:
    _check_archive(name, content)
    book = _load(name, content, with_results=False)
    best: tuple[int, int, Any, list[Row]] | None = None
    for sheet in book.worksheets:
        if sheet.max_row > _MAX_ROWS:
            problem = Problem(
                f"sheet {sheet.title}",
                f"{sheet.max_row} rows",
                f"at most {_MAX_ROWS}; delete the empty formatted rows below the list, or split it",
            )
            raise refusal(name, [problem])
        if sheet.max_column > _MAX_COLUMNS:
            problem = Problem(
                f"sheet {sheet.title}",
                f"{sheet.max_column} columns",
                f"at most {_MAX_COLUMNS}; delete what stands far to the right of the list",
            )
            raise refusal(name, [problem])
        first = [_row(n, cells) for n, cells in enumerate(sheet.iter_rows(max_row=10), start=1)]
        at, count = heading_row(first, is_heading)
        if sheet.sheet_state == "visible" and count > (best[1] if best else 0):
            best = (at, count, sheet, first)
    if best is None:
        first_rows = [
            _row(n, cells)
            for sheet in book.worksheets
            for n, cells in enumerate(sheet.iter_rows(max_row=200), start=1)
        ]
        raise no_headings(name, first_rows)
    at, _, sheet, _ = best
    _check_merged(name, sheet, at + 1)
    rows, notes = _sheet_rows(name, content, sheet, at + 1)
    others = [repr(s.title)[1:-1] for s in book.worksheets if s is not sheet and s.max_row > 1]
    if others:
        notes.append(f"sheet {sheet.title} was read; not read: {', '.join(others)}")
    return as_table(name, rows, at, notes)


def _check_archive(name: str, content: bytes) -> None:
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except _DAMAGE as exc:
        problem = Problem("the file", "a damaged workbook or archive", EXPECTED)
        raise refusal(name, [problem]) from exc
    if "xl/workbook.xml" not in {entry.filename for entry in entries}:
        found = "an archive or another office document"
        raise refusal(name, [Problem("the file", found, EXPECTED)])
    if sum(entry.file_size for entry in entries) > _MAX_UNPACKED:
        found = "more than 64 MB once unpacked"
        raise refusal(name, [Problem("the file", found, "a smaller workbook, without pictures")])
    _check_parts(name, content)


def _check_parts(name: str, content: bytes) -> None:
    """Refuse parts with a document type: the format knows none, and entities in it can grow
    without end or name files and addresses (ECMA-376 part 2, 9.1.1.2)."""
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            for entry in archive.infolist():
                if not entry.filename.endswith((".xml", ".rels")):
                    continue
                # A declaration stands before the first element; in UTF-16 each letter has a zero.
                part = archive.read(entry).replace(b"\0", b"")
                if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
                    problem = Problem(entry.filename[:60], "a document type", EXPECTED)
                    raise refusal(name, [problem])
    except _DAMAGE as exc:
        problem = Problem("the file", "a damaged workbook or archive", EXPECTED)
        raise refusal(name, [problem]) from exc


def _load(name: str, content: bytes, *, with_results: bool) -> Any:
    try:
        with warnings.catch_warnings():
            # Extensions that openpyxl leaves out (validation lists, themes) carry no cells.
            warnings.simplefilter("ignore")
            return load_workbook(io.BytesIO(content), data_only=with_results)
    except _DAMAGE as exc:
        found = f"a damaged workbook ({type(exc).__name__})"
        raise refusal(name, [Problem("the file", found, EXPECTED)]) from exc


def _check_merged(name: str, sheet: Any, heading_row: int) -> None:
    """Merged cells leave all but one cell empty: the data of those rows would be lost."""
    problems = [
        Problem(
            f"cells {area.coord}",
            "merged cells",
            "one row of headings and one value in each cell below; unmerge and fill them",
        )
        for area in sheet.merged_cells.ranges
        if area.max_row >= heading_row and sheet.cell(area.min_row, area.min_col).value is not None
    ]
    if problems:
        raise refusal(name, problems)


def _sheet_rows(
    name: str, content: bytes, sheet: Any, heading_row: int
) -> tuple[list[Row], list[str]]:
    formulas = [
        cell.coordinate
        for cells in sheet.iter_rows(min_row=heading_row)
        for cell in cells
        if cell.data_type == "f"
    ]
    notes: list[str] = []
    if formulas:
        sheet = _load(name, content, with_results=True)[sheet.title]
        if all(sheet[coordinate].value is None for coordinate in formulas):
            expected = "values; open the file in a spreadsheet program and save it again"
            found = "a formula without a saved result"
            raise refusal(name, [Problem(f"cell {c}", found, expected) for c in formulas])
        notes.append(f"cells with a formula, read by its saved result: {len(formulas)}")
    rows = [_row(number, cells) for number, cells in enumerate(sheet.iter_rows(), start=1)]
    return rows, notes


def _row(number: int, cells: Sequence[Any]) -> Row:
    return Row(number, [_cell(cell) for cell in cells])


def _cell(cell: Any) -> Cell:
    value = cell.value
    if value is None:
        return Cell("")
    if cell.data_type == "e":
        return Cell(str(value), "error")
    if isinstance(value, bool):
        return Cell(str(value).upper())
    if isinstance(value, int | float):
        is_whole = isinstance(value, int) or value.is_integer()
        return Cell(str(int(value)) if is_whole else str(value), "number")
    if isinstance(value, datetime):
        return Cell(value.date().isoformat())
    if isinstance(value, date):
        return Cell(value.isoformat())
    return Cell(cleaned(str(value)))
