"""What a workbook is once read: sheets of rows, with the blocks of cells that were merged."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from openpyxl.utils import get_column_letter

from ingest.sources.files import refusal
from ingest.sources.table_rows import MAX_COLUMNS, MAX_ROWS, Row, Written
from registry.errors import Problem

__all__ = ["Block", "Sheet", "SheetMaker", "Workbook", "joined"]

# More text than any list of 60,000 people holds; few strings can be shared by millions of cells.
_MAX_TEXT: Final = 200_000_000
_MAX_BLOCKS: Final = 20_000
_MAX_FILLED: Final = 2_000_000


class Block(NamedTuple):
    """Merged cells, both ends included; rows from 1, columns from 0."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int

    def __str__(self) -> str:
        first = f"{get_column_letter(self.first_column + 1)}{self.first_row}"
        return f"{first}:{get_column_letter(self.last_column + 1)}{self.last_row}"


@dataclass(frozen=True)
class Sheet:
    """A sheet: its rows that are not empty, by number, and its merged blocks.

    Args:
        filled: Blocks of one column whose value now stands in each of their rows.
    """

    name: str
    rows: Sequence[Row]
    merged: Sequence[Block] = ()
    filled: Sequence[Block] = ()
    is_hidden: bool = False


@dataclass(frozen=True)
class Workbook:
    """A file of sheets.

    Args:
        is_single_byte: A CSV file in no Unicode form, of which each byte is shown as Windows-1252
            shows it, so that nothing is lost before a person says what it is.
        is_1904: Its dates count from 1904, not from 1900.
    """

    name: str
    sheets: Sequence[Sheet]
    is_single_byte: bool = False
    is_1904: bool = False
    notes: Sequence[str] = field(default=())


class SheetMaker:
    """Collects the rows of one sheet and refuses what no list of people is.

    Args:
        file: Name of the file, for messages.
    """

    def __init__(self, file: str, name: str, *, is_hidden: bool = False) -> None:
        self._file, self._name, self._is_hidden = file, name, is_hidden
        self._rows: list[Row] = []
        self._blocks: list[Block] = []
        self._text = 0

    def add(self, number: int, written: list[Written]) -> None:
        """Add a row; an empty one, and empty cells at its end, are left out.

        Raises:
            ImportRefusedError: More rows, columns or text than a list has.
        """
        while written and (written[-1] is None or written[-1] == ""):
            written.pop()
        if not written:
            return
        if len(written) > MAX_COLUMNS:
            expected = f"at most {MAX_COLUMNS}; delete what stands far to the right of the list"
            self._refuse(f"{len(written)} columns", expected)
        if len(self._rows) == MAX_ROWS:
            self._refuse(f"more than {MAX_ROWS} rows", f"at most {MAX_ROWS}; split the list")
        self._text += sum(len(value) for value in written if isinstance(value, str))
        if self._text > _MAX_TEXT:
            self._refuse("more text than a list of people holds", "a list of people")
        self._rows.append(Row(number, tuple(written)))

    def merge(self, block: Block) -> None:
        """Note a merged block; one cell alone is none."""
        if block.first_row > block.last_row or block.first_column > block.last_column:
            return
        if (block.first_row, block.first_column) != (block.last_row, block.last_column):
            self._blocks.append(block)
        if len(self._blocks) > _MAX_BLOCKS:
            self._refuse(f"more than {_MAX_BLOCKS} merged blocks", "one value in each cell")

    def made(self) -> Sheet:
        """The sheet, blocks of one column filled."""
        rows = {row.number: row for row in sorted(self._rows, key=lambda row: row.number)}
        filled = self._filled(rows)
        return Sheet(self._name, list(rows.values()), self._blocks, filled, self._is_hidden)

    def _filled(self, rows: dict[int, Row]) -> list[Block]:
        """Give the value of a block to its rows; only rows that hold something of their own."""
        filled: list[Block] = []
        cells = 0
        for block in self._blocks:
            column = block.first_column
            top = rows.get(block.first_row)
            if column != block.last_column or top is None or column >= len(top.written):
                continue
            numbers = range(block.first_row + 1, min(block.last_row, max(rows)) + 1)
            cells += len(numbers)
            if cells > _MAX_FILLED:
                self._refuse("merged blocks without end", "one value in each cell")
            below = [rows[number] for number in numbers if number in rows]
            for row in below:
                written = list(row.written) + [None] * (column + 1 - len(row.written))
                written[column] = top.written[column]
                rows[row.number] = Row(row.number, tuple(written))
            if below and top.written[column] not in {None, ""}:
                filled.append(block)
        return filled

    def _refuse(self, found: str, expected: str) -> None:
        where = f"sheet {self._name}" if self._name else "the file"
        raise refusal(self._file, [Problem(where, found, expected)])


def joined(blocks: Iterable[Block], most: int = 8) -> str:
    """Some blocks by name, for a note."""
    names = [str(block) for block in blocks]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
