"""CSV and XLSX files as a row of headings and rows of cells, numbered as in the sheet."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from ingest.sources.files import kind_of, read_bytes, refusal
from ingest.sources.legacy_text import legacy_bytes
from ingest.sources.table_rows import (
    EXPECTED,
    HEADING_ROWS,
    Cell,
    Row,
    Table,
    as_table,
    cleaned,
    heading_row,
    no_headings,
)
from ingest.sources.workbooks import from_workbook
from registry.errors import Problem

_WRONG_KINDS: Final = {
    "markup": "a web page or XML, whatever the file is called; open it and save it as .xlsx",
    "ole": "an old .xls workbook, or one with a password; save it as .xlsx without a password",
    "pdf": "a PDF",
    "gzip": "a packed file; unpack it first",
    "binary": "a binary file",
}


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
        table = from_workbook(path.name, content, is_heading)
    elif kind in {"text", "utf-16"}:
        table = _from_csv(path.name, _decoded(path.name, content), is_heading)
    else:
        raise refusal(path.name, [Problem("the file", _WRONG_KINDS[kind], EXPECTED)])
    return table


def _decoded(name: str, content: bytes) -> str:
    encoding = "utf-16" if kind_of(content) == "utf-16" else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as exc:
        found = "half a character" if encoding == "utf-16" else legacy_bytes(content)
        where = f"line {content[: exc.start].count(10) + 1}"
        expected = "UTF-8; in the spreadsheet program, save as CSV UTF-8 in a Unicode font"
        raise refusal(name, [Problem(where, found, expected)]) from exc


def _from_csv(name: str, text: str, is_heading: Callable[[str], bool]) -> Table:
    def found(delimiter: str) -> tuple[int, int]:
        first: list[Row] = []
        try:
            for row in _csv_rows(text, delimiter):
                first.append(row)
                if len(first) == HEADING_ROWS:
                    break
        except csv.Error:
            pass  # Another delimiter may fit; if none does, the whole reading says where.
        return heading_row(first, is_heading)

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
        raise no_headings(name, rows)
    return as_table(name, rows, at, [])


def _csv_rows(text: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    for number, cells in enumerate(reader, start=1):
        yield Row(number, [Cell(cleaned(cell)) for cell in cells])
