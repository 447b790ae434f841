"""Any table in a file: one row of headings that the caller knows, and the rows below it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from ingest.legacy.charsets import NAMES
from ingest.sources.files import refusal
from ingest.sources.old_forms import form_of_column, sampled
from ingest.sources.sheets import Sheet, Workbook, joined
from ingest.sources.table_rows import Row, Table, cell_name, cleaned
from ingest.sources.workbooks import read_workbook
from registry.errors import Problem

__all__ = ["read_table"]

_FIRST_ROWS: Final = 20


def read_table(path: Path, is_heading: Callable[[str], bool]) -> Table:
    """Read the table in a file: the sheet, or the delimiter, with the most known headings.

    Rows above the headings are a title and are skipped, as are empty rows.

    Args:
        path: XLSX, XLS, ODS, or CSV with comma, semicolon or tab.
        is_heading: Whether a text is a heading that the caller knows.

    Raises:
        ImportRefusedError: Another kind of file, a damaged or hostile one, text in no Unicode
            form, no row of headings near the top, or a formula without a result.
    """

    def count(cells: Sequence[str]) -> int:
        return sum(is_heading(cleaned(cell)) for cell in cells)

    workbook = read_workbook(path, count)
    shown = [sheet for sheet in workbook.sheets if not sheet.is_hidden]
    found = [(*_heading_row(sheet, count), sheet) for sheet in shown]
    most, at, sheet = max(found, key=lambda each: each[0], default=(0, 0, None))
    _check_form(workbook, shown)
    if sheet is None or not most:
        problem = Problem(
            f"rows 1 to {_FIRST_ROWS}",
            "no row with known headings",
            "a row with headings such as Họ và tên, Năm sinh, Đơn vị công tác",
        )
        raise refusal(path.name, [problem])
    headings, rows = sheet.rows[at], list(sheet.rows[at + 1 :])
    _check_results(path.name, headings, rows)
    return Table(headings, rows, _notes(workbook, sheet))


def _heading_row(sheet: Sheet, count: Callable[[Sequence[str]], int]) -> tuple[int, int]:
    """How many headings the best of the first rows has, and its place."""
    first = sheet.rows[:_FIRST_ROWS]
    counts = [count([row.raw(c) for c in range(len(row.written))]) for row in first]
    best = max(counts, default=0)
    return best, counts.index(best) if counts else 0


def _check_form(workbook: Workbook, sheets: Sequence[Sheet]) -> None:
    expected = "Unicode text; convert it, for instance with UniKey's toolkit, and save again"
    for sheet in sheets:
        width = max((len(row.written) for row in sheet.rows), default=0)
        for column in range(width):
            sample = sampled([row.raw(column) for row in sheet.rows])
            form = form_of_column(sample, "")
            if form or (workbook.is_single_byte and sample):
                words = NAMES[form] if form else "another encoding than UTF-8"
                raise refusal(workbook.name, [Problem("the text", words, expected)])


def _check_results(name: str, headings: Row, rows: Sequence[Row]) -> None:
    expected = "values; open the file in a spreadsheet program and save it again"
    problems = [
        Problem(cell_name(row.number, column, headings.cell(column).text), fault.text, expected)
        for row in rows
        for column in range(len(row.written))
        if (fault := row.fault(column)) and fault.why == "no result"
    ]
    if problems:
        raise refusal(name, problems)


def _notes(workbook: Workbook, sheet: Sheet) -> list[str]:
    notes = list(workbook.notes)
    others = [repr(s.name)[1:-1] for s in workbook.sheets if s is not sheet and s.rows]
    if others:
        notes.append(f"sheet {sheet.name} was read; not read: {', '.join(others)}")
    if sheet.filled:
        notes.append(f"merged cells, whose value counts for each row: {joined(sheet.filled)}")
    return notes
