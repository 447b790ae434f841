"""The rows of a list, whatever file they come from, and where its headings are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from openpyxl.utils import get_column_letter

from ingest.sources.files import refusal
from ingest.sources.legacy_text import legacy_form
from registry.errors import Problem
from registry.text import clean

HEADING_ROWS: Final = 10
EXPECTED: Final = "a list as .xlsx or as CSV in UTF-8"


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


def cleaned(text: str) -> str:
    return "\n".join(line for part in text.splitlines() if (line := clean(part)))


def heading_row(rows: Sequence[Row], is_heading: Callable[[str], bool]) -> tuple[int, int]:
    """Index of the row with the most known headings, and how many they are."""
    counts = [sum(is_heading(c.text) for c in row.cells) for row in rows[:HEADING_ROWS]]
    best = max(counts, default=0)
    return (counts.index(best), best) if best else (0, 0)


def _check_form(name: str, rows: Sequence[Row]) -> None:
    form = legacy_form(cell.text for row in rows[:200] for cell in row.cells)
    if form:
        expected = "Unicode text; convert it, for instance with UniKey's toolkit, and save again"
        raise refusal(name, [Problem("the text", f"Vietnamese as {form}", expected)])


def no_headings(name: str, is_in_form: Sequence[Row]) -> Exception:
    _check_form(name, is_in_form)
    problem = Problem(
        f"rows 1 to {HEADING_ROWS}",
        "no row with known headings",
        "a row with headings such as Họ và tên, Năm sinh, Đơn vị công tác",
    )
    return refusal(name, [problem])


def as_table(name: str, rows: list[Row], at: int, notes: list[str]) -> Table:
    _check_form(name, rows)
    data = [row for row in rows[at + 1 :] if any(cell.text for cell in row.cells)]
    return Table(rows[at], data, notes)
