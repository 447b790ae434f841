"""ODS workbooks as sheets: nothing is computed, a formula counts with its saved result."""

import math
from datetime import date, datetime
from typing import Final
from zipfile import ZipFile

from ingest.sources.sheet_xml import Attributes, parse_part
from ingest.sources.sheets import Block, SheetMaker, Workbook
from ingest.sources.table_rows import MAX_COLUMNS, MAX_ROWS, Fault, Written

__all__ = ["is_encrypted", "read_ods"]

_CELLS: Final = frozenset({"table:table-cell", "table:covered-table-cell"})
# What stands inside a table without being of it: comments, drawings, and former states.
_ASIDE: Final = frozenset(
    {"office:annotation", "table:tracked-changes", "draw:frame", "table:shapes", "text:ruby-text"}
)
_MARKS: Final = {"text:tab": "\t", "text:line-break": "\n"}
_NUMBERS: Final = frozenset({"float", "percentage", "currency"})


def is_encrypted(archive: ZipFile) -> bool:
    """Whether the manifest says that parts are encrypted."""
    found: list[str] = []

    def start(tag: str, _: Attributes) -> None:
        if tag.endswith("encryption-data"):
            found.append(tag)

    if "META-INF/manifest.xml" in archive.namelist():
        parse_part(archive, "META-INF/manifest.xml", start, lambda _: None)
    return bool(found)


def read_ods(name: str, archive: ZipFile) -> Workbook:
    """The sheets of an ODS package.

    Raises:
        ImportRefusedError: A sheet is larger than a list of people.
        DocumentTypeError, or one of `sheet_xml.DAMAGE`: It cannot be read.
    """
    reader = _Reader(name)
    parse_part(archive, "content.xml", reader.start, reader.end, reader.text)
    return Workbook(name, [maker.made() for maker in reader.makers])


class _Reader:
    def __init__(self, file: str) -> None:
        self._file = file
        self.makers: list[SheetMaker] = []
        self._hidden: set[str] = set()
        self._style = ""
        self._depth = self._aside = self._number = self._column = 0
        self._row: list[Written] = []
        self._repeated_rows = 1
        self._cell: Attributes | None = None
        self._paragraphs: list[str] = []
        self._pieces: list[str] = []
        self._is_text = False

    def start(self, tag: str, attributes: Attributes) -> None:
        if self._aside or tag in _ASIDE:
            self._aside += 1
        elif tag in _CELLS:
            self._cell, self._paragraphs = attributes, []
        elif tag == "text:p" and self._cell is not None:
            self._pieces, self._is_text = [], True
        elif tag in _MARKS:
            self._pieces.append(_MARKS[tag])
        elif tag == "text:s":
            self._pieces.append(" " * min(int(attributes.get("text:c", 1)), 1000))
        elif tag == "table:table-row":
            self._row, self._column = [], 0
            self._repeated_rows = int(attributes.get("table:number-rows-repeated", 1))
        elif tag == "table:table":
            is_hidden = attributes.get("table:style-name", "") in self._hidden
            name = attributes.get("table:name", "")
            self.makers.append(SheetMaker(self._file, name, is_hidden=is_hidden))
            self._number = 1
        elif tag == "style:style":
            self._style = attributes.get("style:name", "")
        elif tag == "style:table-properties" and attributes.get("table:display") == "false":
            self._hidden.add(self._style)

    def text(self, piece: str) -> None:
        if self._is_text and not self._aside:
            self._pieces.append(piece)

    def end(self, tag: str) -> None:
        if self._aside:
            self._aside -= 1
        elif tag == "text:p" and self._is_text:
            self._paragraphs.append("".join(self._pieces))
            self._is_text = False
        elif tag in _CELLS and self._cell is not None:
            self._end_cell(self._cell, is_covered=tag == "table:covered-table-cell")
            self._cell = None
        elif tag == "table:table-row" and self.makers:
            self._end_row()

    def _end_cell(self, cell: Attributes, *, is_covered: bool) -> None:
        times = int(cell.get("table:number-columns-repeated", 1))
        # A covered cell may keep what was there before the merge; nobody sees it.
        value = None if is_covered else self._value(cell)
        columns = int(cell.get("table:number-columns-spanned", 1))
        rows = int(cell.get("table:number-rows-spanned", 1))
        if self.makers and (columns > 1 or rows > 1):
            first = self._number, self._column
            last = self._number + rows - 1, self._column + columns - 1
            self.makers[-1].merge(Block(*first, *last))
        if value is not None and value != "":
            # Formats may run to the last of 16,384 columns; values of a list do not.
            self._row.extend([None] * (min(self._column, MAX_COLUMNS) - len(self._row)))
            self._row.extend([value] * min(times, MAX_COLUMNS + 1))
        self._column += times

    def _end_row(self) -> None:
        times = self._repeated_rows
        if self._row:
            for number in range(self._number, self._number + min(times, MAX_ROWS + 1)):
                self.makers[-1].add(number, list(self._row))
        self._number += times

    def _value(self, cell: Attributes) -> Written:
        kind = cell.get("office:value-type")
        text = "\n".join(self._paragraphs)
        if cell.get("calcext:value-type") == "error":
            return Fault(text[:20] or "error", "error")
        if kind in _NUMBERS:
            number = float(cell.get("office:value", ""))
            if not math.isfinite(number):
                return Fault(text[:20] or "error", "error")
            is_whole = number.is_integer() and abs(number) < 1e15
            return int(number) if is_whole else number
        if kind == "date":
            stated = cell.get("office:date-value", "")
            if len(stated) > 10:
                return datetime.fromisoformat(stated[:19])
            return date.fromisoformat(stated)
        if kind == "boolean":
            return cell.get("office:boolean-value") == "true"
        if kind is None and "table:formula" in cell and not text:
            return Fault("a formula without a saved result", "no result")
        # Where no text is shown, the attribute holds it.
        return text or cell.get("office:string-value") or None
