"""XLSX workbooks as sheets: nothing is computed, a formula counts with its saved result."""

import math
import posixpath
import re
from datetime import date
from typing import Final, NamedTuple
from zipfile import ZipFile

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils.cell import column_index_from_string
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

from ingest.sources.sheet_xml import Attributes, LocalNames, parse_part
from ingest.sources.sheets import Block, Sheet, SheetMaker, Workbook
from ingest.sources.table_rows import MAX_COLUMNS, Fault, Written

__all__ = ["MAIN_PART", "read_xlsx"]

MAIN_PART: Final = "xl/workbook.xml"
_REFERENCE: Final = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
# Dates of East Asian editions, which have no code of their own (ECMA-376 part 1, 18.8.30).
_MORE_DATES: Final = frozenset([*range(27, 37), *range(50, 59)])
# "_x000D_" stands for a control character that XML cannot hold (18.4.8).
_ESCAPED: Final = re.compile(r"_x00([01][0-9A-Fa-f])_")


class _Entry(NamedTuple):
    name: str
    part: str
    is_hidden: bool


def read_xlsx(name: str, archive: ZipFile) -> Workbook:
    """The sheets of an XLSX package.

    Raises:
        ImportRefusedError: A sheet is larger than a list of people.
        DocumentTypeError, or one of `sheet_xml.DAMAGE`: It cannot be read.
    """
    entries, is_1904 = _entries(archive)
    parts = set(archive.namelist())
    shared = _shared(archive) if "xl/sharedStrings.xml" in parts else []
    dates = _date_styles(archive) if "xl/styles.xml" in parts else []
    sheets = [
        _SheetReader(name, entry, shared, dates, is_1904).read(archive)
        for entry in entries
        if entry.part in parts
    ]
    return Workbook(name, sheets, is_1904=is_1904)


def _entries(archive: ZipFile) -> tuple[list[_Entry], bool]:
    """The sheets of the workbook with their parts, and whether its dates count from 1904."""
    local = LocalNames()
    targets: dict[str, str] = {}
    listed: list[tuple[str, str, bool]] = []
    is_1904 = False

    def relation(tag: str, attributes: Attributes) -> None:
        if local[tag] == "Relationship" and attributes.get("TargetMode") != "External":
            is_sheet = attributes.get("Type", "").endswith("/worksheet")
            if is_sheet:
                target = posixpath.join("/xl", attributes.get("Target", ""))
                targets[attributes.get("Id", "")] = posixpath.normpath(target).lstrip("/")

    def sheet(tag: str, attributes: Attributes) -> None:
        nonlocal is_1904
        if local[tag] == "workbookPr":
            is_1904 = attributes.get("date1904", "0") in {"1", "true"}
        elif local[tag] == "sheet":
            ids = [value for key, value in attributes.items() if key.endswith(":id")]
            is_hidden = attributes.get("state", "visible") != "visible"
            listed.append((attributes.get("name", ""), ids[0] if ids else "", is_hidden))

    parse_part(archive, "xl/_rels/workbook.xml.rels", relation, _nothing)
    parse_part(archive, MAIN_PART, sheet, _nothing)
    return [
        _Entry(name, targets[key], hidden) for name, key, hidden in listed if key in targets
    ], is_1904


def _nothing(_: str) -> None:
    return None


def _shared(archive: ZipFile) -> list[str]:
    """The strings that cells share; readings printed above characters are no part of them."""
    local = LocalNames()
    strings: list[str] = []
    pieces: list[str] = []
    is_text = is_above = False

    def start(tag: str, _: Attributes) -> None:
        nonlocal is_text, is_above
        name = local[tag]
        if name == "si":
            pieces.clear()
        elif name == "rPh":
            is_above = True
        is_text = name == "t" and not is_above

    def end(tag: str) -> None:
        nonlocal is_text, is_above
        is_text = False
        name = local[tag]
        if name == "rPh":
            is_above = False
        elif name == "si":
            strings.append(_unescaped("".join(pieces)))

    def text(piece: str) -> None:
        if is_text:
            pieces.append(piece)

    parse_part(archive, "xl/sharedStrings.xml", start, end, text)
    return strings


def _unescaped(text: str) -> str:
    if "_x00" not in text:
        return text
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)).replace("\0", ""), text)


def _date_styles(archive: ZipFile) -> list[bool]:
    """Whether numbers in each cell style are shown as dates."""
    local = LocalNames()
    formats: dict[str, str] = {}
    ids: list[str] = []
    is_cell = False

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal is_cell
        name = local[tag]
        if name == "cellXfs":
            is_cell = True
        elif name == "numFmt":
            formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "xf" and is_cell:
            ids.append(attributes.get("numFmtId", "0"))

    def end(tag: str) -> None:
        nonlocal is_cell
        if local[tag] == "cellXfs":
            is_cell = False

    parse_part(archive, "xl/styles.xml", start, end)

    def is_date(key: str) -> bool:
        if key in formats:
            return bool(is_date_format(formats[key]))
        number = int(key) if key.isdigit() else 0
        return number in _MORE_DATES or bool(is_date_format(BUILTIN_FORMATS.get(number)))

    known = {key: is_date(key) for key in set(ids)}
    return [known[key] for key in ids]


class _SheetReader:
    """Reads one sheet as a stream; what is held is its rows."""

    def __init__(
        self, file: str, entry: _Entry, shared: list[str], dates: list[bool], is_1904: bool
    ) -> None:
        self._maker = SheetMaker(file, entry.name, is_hidden=entry.is_hidden)
        self._part, self._shared, self._dates = entry.part, shared, dates
        self._epoch = CALENDAR_MAC_1904 if is_1904 else CALENDAR_WINDOWS_1900
        self._local = LocalNames()
        self._columns: dict[str, int] = {}
        self._number, self._column = 0, -1
        self._row: list[Written] = []
        self._type, self._style = "n", ""
        self._pieces: list[str] = []
        self._is_text = self._is_above = self._has_formula = self._has_result = False

    def read(self, archive: ZipFile) -> Sheet:
        parse_part(archive, self._part, self._start, self._end, self._text)
        return self._maker.made()

    def _start(self, tag: str, attributes: Attributes) -> None:
        name = self._local[tag]
        if name == "c":
            self._begin_cell(attributes)
        elif name == "v" or (name == "t" and not self._is_above):
            self._is_text = self._has_result = True
        elif name == "f":
            self._has_formula = True
        elif name == "row":
            self._number = int(attributes.get("r", self._number + 1))
            self._row, self._column = [], -1
        elif name == "rPh":
            self._is_above = True
        elif name == "mergeCell":
            ends = _REFERENCE.findall(attributes.get("ref", ""))
            if len(ends) == 2:
                (left, top), (right, bottom) = ends
                first, last = column_index_from_string(left), column_index_from_string(right)
                self._maker.merge(Block(int(top), first - 1, int(bottom), last - 1))

    def _begin_cell(self, attributes: Attributes) -> None:
        letters = attributes.get("r", "").rstrip("0123456789")
        if not letters:
            self._column += 1
        elif letters in self._columns:
            self._column = self._columns[letters]
        else:
            self._column = self._columns[letters] = column_index_from_string(letters) - 1
        self._type, self._style = attributes.get("t", "n"), attributes.get("s", "")
        self._pieces.clear()
        self._has_formula = self._has_result = False

    def _text(self, piece: str) -> None:
        if self._is_text:
            self._pieces.append(piece)

    def _end(self, tag: str) -> None:
        name = self._local[tag]
        if name in {"v", "t"}:
            self._is_text = False
        elif name == "c":
            value = self._value("".join(self._pieces))
            if value is not None:
                self._put(value)
        elif name == "row":
            self._maker.add(self._number, self._row)
            self._row = []
        elif name == "rPh":
            self._is_above = False

    def _put(self, value: Written) -> None:
        row = self._row
        if self._column > MAX_COLUMNS:
            # Too wide a row is refused; its cells need not be held for that.
            row.extend([None] * (self._column + 1 - len(row)))
            row[self._column] = value
            self._maker.add(self._number, row)
        while len(row) < self._column:
            row.append(None)
        if self._column < len(row):
            row[self._column] = value
        else:
            row.append(value)

    def _value(self, text: str) -> Written:
        kind = self._type
        if kind == "s":
            return self._shared[int(text)] if text else None
        if kind == "e":
            return Fault(text[:20], "error")
        if not text:
            # A result that is an empty text is saved as such; other formulas lack one.
            is_missing = self._has_formula and not (kind == "str" and self._has_result)
            return Fault("a formula without a saved result", "no result") if is_missing else None
        if kind in {"str", "inlineStr"}:
            return _unescaped(text)
        if kind == "b":
            return text.strip() in {"1", "true"}
        if kind == "d":
            return date.fromisoformat(text[:10])
        number = float(text)
        if not math.isfinite(number):
            return Fault(text[:20], "error")
        style = int(self._style) if self._style.isdigit() else 0
        if style < len(self._dates) and self._dates[style]:
            return self._as_date(number)
        is_whole = number.is_integer() and abs(number) < 1e15
        return int(number) if is_whole else number

    def _as_date(self, number: float) -> Written:
        try:
            found: Written = from_excel(number, self._epoch)
        except (ValueError, OverflowError):
            return number
        return found
