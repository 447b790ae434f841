"""A ministry's list of people in a spreadsheet, read into drafts of persons without asking.

A list gives leads: that a ministry names somebody is no consent of that person. What a person
would have to say first (what a column holds, what old form it is in) refuses the list here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from openpyxl.utils import get_column_letter

from ingest.headings import Column, folded_heading, known_headings
from ingest.legacy.charsets import NAMES
from ingest.sources.files import refusal, shorten
from ingest.sources.plan_rows import ListOrigin, read_rows
from ingest.sources.records import Notes
from ingest.sources.sheet_headings import headings_in
from ingest.sources.sheets import Workbook
from ingest.sources.table_guessing import guess_plan
from ingest.sources.table_plans import LEAVE_OUT, ColumnPlan, Open, SheetPlan, TablePlan
from ingest.sources.workbooks import read_workbook
from registry.errors import Problem
from registry.experts.schemas import PersonDraft

__all__ = ["PeopleListReading", "open_list", "read_people_list"]


@dataclass(frozen=True)
class PeopleListReading:
    """The people of a list, and what was left out of it."""

    people: list[PersonDraft]
    notes: list[str]


def open_list(path: Path) -> Workbook:
    """The sheets of a list, for a plan.

    Raises:
        ImportRefusedError: The file is no spreadsheet, or a damaged, encrypted or hostile one.
    """
    return read_workbook(path, headings_in)


def read_people_list(
    path: Path,
    source: str,
    retrieved_at: datetime,
    asserted_by: str,
    ignore_columns: Sequence[str] = (),
) -> PeopleListReading:
    """Read a list with one person a row under Vietnamese or English headings.

    Titles before a name become rank and degree. Of a date of birth only the year is kept. Identity
    numbers and home addresses are recognised and left out.

    Args:
        path: XLSX, XLS, ODS, or CSV.
        source: Name of the source, the same whenever a later state of the list is read.
        retrieved_at: When the list was received; aware, in UTC. No birth year lies after it.
        asserted_by: The body that made the list.
        ignore_columns: Headings of columns that are to be left out.

    Raises:
        ImportRefusedError: The file is no such list, a person would have to say something first,
            or cells cannot be read; each is named by row and column. Nothing is returned then.
    """
    workbook = open_list(path)
    ignored = {folded_heading(heading): LEAVE_OUT for heading in ignore_columns}
    plan = guess_plan(workbook, ignored)
    problems = list(_open_problems(plan))
    if problems:
        raise refusal(path.name, problems)
    notes = Notes()
    for column in _read_columns(plan):
        if column.sure == "saved":
            notes.name("columns ignored as asked", column.heading)
        elif column.holds is Column.PRIVATE:
            notes.name("columns left out, since nothing here needs them", column.heading)
    people: list[PersonDraft] = []
    rows_by_key: dict[str, str] = {}
    is_several = sum(sheet.is_read for sheet in plan.sheets) > 1
    origin = ListOrigin(source, retrieved_at, asserted_by)
    for row in read_rows(workbook, plan, retrieved_at.year, origin, notes):
        problems += row.problems
        if row.draft is None:
            continue
        where = f"row {row.number}" + (f" of sheet {row.sheet}" if is_several else "")
        first = rows_by_key.setdefault(row.draft.source_key, where)
        if first != where:
            expected = f"each person once; if these are two people, a column {Column.KEY}"
            problems.append(Problem(where, f"the person of {first}", expected))
        people.append(row.draft)
    if not people and not problems:
        problems.append(Problem("the list", "headings without rows", "a row for each person"))
    if problems:
        raise refusal(path.name, problems)
    return PeopleListReading(people, [*plan.notes, *notes.lines()])


def _read_columns(plan: TablePlan) -> Iterator[ColumnPlan]:
    for sheet in plan.sheets:
        if sheet.is_read:
            yield from sheet.columns


def _open_problems(plan: TablePlan) -> Iterator[Problem]:
    """What is still open in a plan, as reasons to refuse the file."""
    sheets = {sheet.name: sheet for sheet in plan.sheets}
    for one in plan.unresolved:
        if one.why == "no sheet":
            yield Problem(
                "the first rows",
                "no row with known headings",
                "a row with headings such as Họ và tên, Năm sinh, Đơn vị công tác",
            )
        elif one.column is None:
            where = f"row {sheets[one.sheet].heading_rows[-1]}"
            yield Problem(where, "no column with names", f"a column {Column.NAME}")
        else:
            yield _of_column(sheets[one.sheet], one)


def _of_column(sheet: SheetPlan, one: Open) -> Problem:
    column = next(c for c in sheet.columns if c.index == one.column)
    place = f"row {sheet.heading_rows[-1]}, column {get_column_letter(column.index + 1)}"
    where = f"{place} ({one.heading})" if one.heading else place
    found = shorten(one.heading)
    if one.why == "no heading":
        sample = column.samples[0].before if column.samples else "values"
        expected = "nothing here, or a heading above this column"
        return Problem(where, shorten(sample), expected)
    if one.why == "unknown":
        expected = f"one of: {known_headings()}; or name the column as one to ignore"
        return Problem(where, found, expected)
    if one.why == "unsure" and len(column.may_hold) == 1:
        expected = f"one column for {column.holds} only; name the other one as one to ignore"
        return Problem(where, found, expected)
    if one.why == "unsure":
        names = " or ".join(column.may_hold) or str(column.holds)
        return Problem(where, found, f"a heading that says which it is: {names}")
    form = NAMES[column.charset] if column.charset else "another encoding than UTF-8"
    words = f"Vietnamese as {form}" if column.charset else form
    expected = "Unicode text, saved as CSV UTF-8 or .xlsx; convert it with UniKey's toolkit"
    return Problem(where, words, expected)
