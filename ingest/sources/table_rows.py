"""The rows of a list, whatever file they come from."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, Literal
from unicodedata import is_normalized

from openpyxl.utils import get_column_letter

from registry.text import clean

__all__ = [
    "EXPECTED",
    "MAX_COLUMNS",
    "MAX_ROWS",
    "Cell",
    "Fault",
    "Row",
    "Table",
    "Written",
    "cell_name",
    "cleaned",
    "tidy",
]

MAX_ROWS: Final = 60_000
MAX_COLUMNS: Final = 200
_LOOK_ALIKES: Final = re.compile("[ÐðƉɖ]")
EXPECTED: Final = "a list as .xlsx, .xls, .ods or .csv"


@dataclass(frozen=True)
class Fault:
    """A cell without a value: its formula fails, or was saved without a result."""

    text: str
    why: Literal["error", "no result"]


# What a sheet holds in a cell; None where it is empty.
Written = str | int | float | bool | date | datetime | time | timedelta | Fault | None


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its text, cleaned but for line ends, what it was in the sheet, and as it came."""

    text: str
    kind: Literal["text", "number", "date", "error"] = "text"
    raw: str = ""


_EMPTY: Final = Cell("")


@dataclass(frozen=True, slots=True)
class Row:
    """A row under its number in the sheet, from 1.

    Only what was written is held, since there are many rows; cells are made when asked for.
    """

    number: int
    written: Sequence[Written]

    def cell(self, column: int) -> Cell:
        """The cell of a column (from 0), an empty one beyond the last."""
        return _cell(self.written[column]) if column < len(self.written) else _EMPTY

    @property
    def cells(self) -> list[Cell]:
        """All cells, up to the last that is not empty."""
        return [_cell(value) for value in self.written]

    def raw(self, column: int) -> str:
        """The text of a cell as it came, "" for an empty one or one beyond the last."""
        value = self.written[column] if column < len(self.written) else None
        return value if isinstance(value, str) else _cell(value).raw

    def fault(self, column: int) -> Fault | None:
        """Why a cell has no value, when it should have one."""
        value = self.written[column] if column < len(self.written) else None
        return value if isinstance(value, Fault) else None


@dataclass(frozen=True)
class Table:
    """The headings of a list, its rows that are not empty, and notes for the steward."""

    headings: Row
    rows: list[Row]
    notes: list[str]


def cell_name(row: int, column: int, heading: str = "") -> str:
    """A cell as a person would look for it: row 7, column D (Năm sinh)."""
    name = f" ({heading})" if heading else ""
    return f"row {row}, column {get_column_letter(column + 1)}{name}"


def cleaned(text: str) -> str:
    """A text cleaned line by line, without empty lines."""
    lines = text.splitlines()
    if len(lines) <= 1:
        return tidy(text)
    return "\n".join(line for part in lines if (line := tidy(part)))


@lru_cache(maxsize=8192)
def tidy(text: str) -> str:
    """`clean`, remembered: lists repeat themselves, and a cell is cleaned more than once."""
    # Most are clean already, which is told sooner than done: an Eth alone would be looked at.
    if (
        text.isprintable()
        and "  " not in text
        and text == text.strip()
        and is_normalized("NFC", text)
        and not _LOOK_ALIKES.search(text)
    ):
        return text
    return clean(text)


def _cell(value: Written) -> Cell:
    if value is None:
        return _EMPTY
    if isinstance(value, str):
        return Cell(cleaned(value), raw=value)
    if isinstance(value, Fault):
        return Cell(value.text, "error", value.text)
    if isinstance(value, bool):
        text = str(value).upper()
        return Cell(text, raw=text)
    if isinstance(value, int | float):
        text = _number(value)
        return Cell(text, "number", text)
    if isinstance(value, datetime):
        text = value.date().isoformat()
        return Cell(text, "date", text)
    if isinstance(value, date):
        return Cell(value.isoformat(), "date", value.isoformat())
    return Cell(str(value), raw=str(value))


def _number(value: float) -> str:
    if isinstance(value, int):
        return str(value)
    # Beyond 15 digits a sheet has rounded: the exponent says so.
    is_whole = math.isfinite(value) and value.is_integer() and abs(value) < 1e15
    return str(int(value)) if is_whole else str(value)
