"""CSV and XLSX files as a row of headings and rows of cells, numbered as in the sheet.

No program that computes is run: a formula counts with the result that was saved beside it.
"""

import csv
import io
import lzma
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Literal
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from ingest.sources.files import kind_of, read_bytes, refusal
from ingest.sources.legacy_text import legacy_bytes, legacy_form
from registry.errors import Problem
from registry.text import clean

__all__ = ["Cell", "Row", "Table", "read_table"]

_HEADING_ROWS: Final = 10
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
_EXPECTED: Final = "a list as .xlsx or as CSV in UTF-8"
_WRONG_KINDS: Final = {
    "markup": "a web page or XML, whatever the file is called; open it and save it as .xlsx",
    "ole": "an old .xls workbook, or one with a password; save it as .xlsx without a password",
    "pdf": "a PDF",
    "gzip": "a packed file; unpack it first",
    "binary": "a binary file",
}


@dataclass(frozen=True)
class Cell:
    """A cell: its text, cleaned but for line ends, and what it was in the sheet."""

    text: str
    kind: Literal["text", "number", "error"] = "text"


@dataclass(frozen=True)
class Row:
    """A row under its number in the sheet, from 1."""

    number: int
    cells: list[Cell]

    def cell(self, column: int) -> Cell:
        """The cell of a column (from 0), an empty one beyond the last."""
        return self.cells[column] if column < len(self.cells) else Cell("")


@dataclass(frozen=True)
class Table:
    """The headings of a list, its rows that are not empty, and notes for the steward."""

    headings: Row
    rows: list[Row]
    notes: list[str]

    def where(self, row: int, column: int) -> str:
        """A cell as a person would look for it: row 7, column D (Năm sinh)."""
        heading = clean(self.headings.cell(column).text)
        name = f" ({heading})" if heading else ""
        return f"row {row}, column {get_column_letter(column + 1)}{name}"


def read_table(path: Path, is_heading: Callable[[str], bool]) -> Table:
    """Read the list in a file: the first sheet, or the delimiter, with the most known headings.

    Rows above the headings are a title and are skipped, as are empty rows.

    Args:
        path: XLSX, or CSV with comma, semicolon or tab in UTF-8 or UTF-16.
        is_heading: Whether a text is a heading that the caller knows.

    Raises:
        ImportRefusedError: Another kind of file, a damaged one, an older encoding of Vietnamese,
            no row of headings among the first ten, merged cells in the list, or a formula
            without a saved result.
    """
    content = read_bytes(path)
    kind = kind_of(content)
    if kind == "zip":
        table = _from_workbook(path.name, content, is_heading)
    elif kind in {"text", "utf-16"}:
        table = _from_csv(path.name, _decoded(path.name, content), is_heading)
    else:
        raise refusal(path.name, [Problem("the file", _WRONG_KINDS[kind], _EXPECTED)])
    return table


def _cleaned(text: str) -> str:
    return "\n".join(line for part in text.splitlines() if (line := clean(part)))


def _decoded(name: str, content: bytes) -> str:
    encoding = "utf-16" if kind_of(content) == "utf-16" else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as exc:
        found = "half a character" if encoding == "utf-16" else legacy_bytes(content)
        where = f"line {content[: exc.start].count(10) + 1}"
        expected = "UTF-8; in the spreadsheet program, save as CSV UTF-8 in a Unicode font"
        raise refusal(name, [Problem(where, found, expected)]) from exc


def _heading_row(rows: Sequence[Row], is_heading: Callable[[str], bool]) -> tuple[int, int]:
    """Index of the row with the most known headings, and how many they are."""
    counts = [sum(is_heading(c.text) for c in row.cells) for row in rows[:_HEADING_ROWS]]
    best = max(counts, default=0)
    return (counts.index(best), best) if best else (0, 0)


def _check_form(name: str, rows: Sequence[Row]) -> None:
    form = legacy_form(cell.text for row in rows[:200] for cell in row.cells)
    if form:
        expected = "Unicode text; convert it, for instance with UniKey's toolkit, and save again"
        raise refusal(name, [Problem("the text", f"Vietnamese as {form}", expected)])


def _no_headings(name: str, is_in_form: Sequence[Row]) -> Exception:
    _check_form(name, is_in_form)
    problem = Problem(
        f"rows 1 to {_HEADING_ROWS}",
        "no row with known headings",
        "a row with headings such as Họ và tên, Năm sinh, Đơn vị công tác",
    )
    return refusal(name, [problem])


def _table(name: str, rows: list[Row], at: int, notes: list[str]) -> Table:
    _check_form(name, rows)
    data = [row for row in rows[at + 1 :] if any(cell.text for cell in row.cells)]
    return Table(rows[at], data, notes)


def _from_csv(name: str, text: str, is_heading: Callable[[str], bool]) -> Table:
    def found(delimiter: str) -> tuple[int, int]:
        first: list[Row] = []
        try:
            for row in _csv_rows(text, delimiter):
                first.append(row)
                if len(first) == _HEADING_ROWS:
                    break
        except csv.Error:
            pass  # Another delimiter may fit; if none does, the whole reading says where.
        return _heading_row(first, is_heading)

    best = max(",;\t", key=lambda delimiter: found(delimiter)[1])
    at, count = found(best)
    rows: list[Row] = []
    try:
        for row in _csv_rows(text, best):
            rows.append(row)
    except csv.Error as exc:
        too_long = "field larger" in str(exc)
        expected = (
            "cells of at most 131,072 characters" if too_long else "quotes that open and close"
        )
        problem = Problem(f"row {len(rows) + 1}", str(exc), expected)
        raise refusal(name, [problem]) from exc
    if not count:
        raise _no_headings(name, rows)
    return _table(name, rows, at, [])


def _csv_rows(text: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    for number, cells in enumerate(reader, start=1):
        yield Row(number, [Cell(_cleaned(cell)) for cell in cells])


def _from_workbook(name: str, content: bytes, is_heading: Callable[[str], bool]) -> Table:
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
        at, count = _heading_row(first, is_heading)
        if sheet.sheet_state == "visible" and count > (best[1] if best else 0):
            best = (at, count, sheet, first)
    if best is None:
        first_rows = [
            _row(n, cells)
            for sheet in book.worksheets
            for n, cells in enumerate(sheet.iter_rows(max_row=200), start=1)
        ]
        raise _no_headings(name, first_rows)
    at, _, sheet, _ = best
    _check_merged(name, sheet, at + 1)
    rows, notes = _sheet_rows(name, content, sheet, at + 1)
    others = [repr(s.title)[1:-1] for s in book.worksheets if s is not sheet and s.max_row > 1]
    if others:
        notes.append(f"sheet {sheet.title} was read; not read: {', '.join(others)}")
    return _table(name, rows, at, notes)


def _check_archive(name: str, content: bytes) -> None:
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except _DAMAGE as exc:
        problem = Problem("the file", "a damaged workbook or archive", _EXPECTED)
        raise refusal(name, [problem]) from exc
    if "xl/workbook.xml" not in {entry.filename for entry in entries}:
        found = "an archive or another office document"
        raise refusal(name, [Problem("the file", found, _EXPECTED)])
    if sum(entry.file_size for entry in entries) > _MAX_UNPACKED:
        found = "more than 64 MB once unpacked"
        raise refusal(name, [Problem("the file", found, "a smaller workbook, without pictures")])


def _load(name: str, content: bytes, *, with_results: bool) -> Any:
    try:
        with warnings.catch_warnings():
            # Extensions that openpyxl leaves out (validation lists, themes) carry no cells.
            warnings.simplefilter("ignore")
            return load_workbook(io.BytesIO(content), data_only=with_results)
    except _DAMAGE as exc:
        found = f"a damaged workbook ({type(exc).__name__})"
        raise refusal(name, [Problem("the file", found, _EXPECTED)]) from exc


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
    return Cell(_cleaned(str(value)))
