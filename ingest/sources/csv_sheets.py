"""CSV files as a sheet: in Unicode, or byte by byte until a person says what the bytes are."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from ingest.sources.files import kind_of, refusal
from ingest.sources.sheets import Sheet, SheetMaker, Workbook
from registry.errors import Problem

__all__ = ["read_csv"]

_MAX_BYTES: Final = 128 * 1024 * 1024
_DELIMITERS: Final = ",;\t|"
# By this many rows the delimiter is told.
_FIRST_ROWS: Final = 20
# Bytes 80 to 9F as Windows-1252 shows them, where it has a letter for them.
_SHOWN: Final = {
    byte: shown for byte in range(0x80, 0xA0) if (shown := bytes([byte]).decode("cp1252", "ignore"))
}
# The first line by which Excel is told the delimiter.
_STATED: Final = re.compile(r'"?sep=(.)"?[ \t]*\r?\n', re.IGNORECASE)


def read_csv(name: str, content: bytes, headings_in: Callable[[list[str]], int]) -> Workbook:
    """The rows of a CSV file.

    What is no Unicode is read as Windows-1252, and the five bytes that it has no letter for as
    control characters: so each byte is one character, and nothing is lost.

    Args:
        headings_in: How many cells of a row are headings; it tells the delimiter.

    Raises:
        ImportRefusedError: Half a character, quotes that never close, or too much of anything.
    """
    if len(content) > _MAX_BYTES:
        problem = Problem("the file", "more than 128 MB", "a smaller file; split it")
        raise refusal(name, [problem])
    text, is_single_byte = _decoded(name, content)
    text = text.replace("\0", "")
    stated = _STATED.match(text)
    if stated:
        delimiter, text = stated[1], text[stated.end() :]
    else:
        delimiter = max(_DELIMITERS, key=lambda each: _headings(text, each, headings_in))
    sheet = _sheet(name, text, delimiter, 2 if stated else 1)
    return Workbook(name, [sheet], is_single_byte=is_single_byte)


def _decoded(name: str, content: bytes) -> tuple[str, bool]:
    encoding = "utf-16" if kind_of(content) == "utf-16" else "utf-8-sig"
    try:
        return content.decode(encoding), False
    except UnicodeDecodeError as exc:
        if encoding == "utf-16":
            where = f"line {content[: exc.start].count(10) + 1}"
            problem = Problem(where, "half a character", "a whole file in UTF-8 or UTF-16")
            raise refusal(name, [problem]) from exc
    return content.decode("latin-1").translate(_SHOWN), True


def _headings(text: str, delimiter: str, headings_in: Callable[[list[str]], int]) -> int:
    try:
        return max(map(headings_in, islice(_rows(text, delimiter), _FIRST_ROWS)), default=0)
    except csv.Error:
        # Another delimiter may fit; if none does, the whole reading says where.
        return 0


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _sheet(name: str, text: str, delimiter: str, first: int) -> Sheet:
    maker = SheetMaker(name, "")
    number = first - 1
    try:
        for number, cells in enumerate(_rows(text, delimiter), start=first):
            maker.add(number, [cell or None for cell in cells])
    except csv.Error as exc:
        too_long = "field larger" in str(exc)
        expected = (
            "cells of at most 131,072 characters" if too_long else "quotes that open and close"
        )
        raise refusal(name, [Problem(f"row {number + 1}", str(exc), expected)]) from exc
    return maker.made()
