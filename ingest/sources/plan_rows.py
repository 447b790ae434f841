"""Read the rows of a file as a plan says, each into the draft of a person or its problems."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from ingest.headings import Column
from ingest.sources.people_rows import ReadColumn, RowReader
from ingest.sources.plan_checks import check_plan
from ingest.sources.records import Notes
from ingest.sources.row_kinds import RowSorter
from ingest.sources.sheets import Sheet, Workbook
from ingest.sources.table_plans import ColumnPlan, SheetPlan, TablePlan, is_kept
from registry.errors import Problem
from registry.experts.schemas import PersonDraft

__all__ = ["ListOrigin", "ReadRow", "read_rows"]

_NAMES = frozenset(
    {Column.NAME, Column.FAMILY_AND_MIDDLE, Column.FAMILY, Column.MIDDLE, Column.GIVEN}
)


@dataclass(frozen=True)
class ListOrigin:
    """Where a list comes from.

    Args:
        source: Its name, the same whenever a later state of it is read.
        retrieved_at: When it was received; aware, in UTC.
        asserted_by: The body that made it.
    """

    source: str
    retrieved_at: datetime
    asserted_by: str


@dataclass(frozen=True)
class ReadRow:
    """One row of a list: a person, or why it is none.

    Args:
        number: Of the row in its sheet, from 1.
        draft: None when the row has problems, or is no person (then a note says what it is).
    """

    sheet: str
    number: int
    draft: PersonDraft | None
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


def read_rows(
    workbook: Workbook,
    plan: TablePlan,
    latest_year: int,
    origin: ListOrigin,
    notes: Notes | None = None,
) -> Iterator[ReadRow]:
    """Read the rows below the headings of the sheets that the plan says, in order.

    A cell that cannot be read makes its own row a problem, and no other. Headings again, totals,
    titles within the list and signatures are no people; a note says so. That one person stands in
    two rows is not looked at.

    Args:
        latest_year: No birth year lies after it.
        notes: What is left out of cells is counted here.

    Raises:
        InvalidInputError: The plan is not resolved, contradicts itself, or is of another file.
    """
    sheets = check_plan(workbook, plan)
    counted = notes if notes is not None else Notes()
    return _rows(workbook, sheets, latest_year, origin, counted)


def _rows(
    workbook: Workbook,
    sheets: list[tuple[Sheet, SheetPlan]],
    latest_year: int,
    origin: ListOrigin,
    notes: Notes,
) -> Iterator[ReadRow]:
    for sheet, plan in sheets:
        columns = [_column(each) for each in plan.columns if is_kept(each.holds)]
        reader = RowReader(columns, latest_year, notes, is_1904=workbook.is_1904)
        sorter = _sorter(sheet, plan)
        for row in sheet.rows:
            if row.number <= plan.heading_rows[-1]:
                continue
            reason = sorter.reason(row)
            if reason is not None:
                notes.name("rows that are no people", reason)
                yield ReadRow(sheet.name, row.number, None, notes=(reason,))
                continue
            person, problems = reader.read(row)
            if person is None:
                yield ReadRow(sheet.name, row.number, None, tuple(problems))
                continue
            raw: dict[str, object] = {"cells": person.raw}
            if person.forms:
                raw["forms"] = person.forms
            try:
                draft = PersonDraft(
                    source=origin.source,
                    source_key=person.source_key(),
                    retrieved_at=origin.retrieved_at,
                    raw=raw,
                    legal_ground="ministry_list",
                    asserted_by=origin.asserted_by,
                    statements=person.statements(),
                )
            except ValidationError as exc:
                found = "a person that cannot be kept"
                problem = Problem(f"row {row.number}", found, exc.errors()[0]["msg"])
                yield ReadRow(sheet.name, row.number, None, (problem,))
                continue
            yield ReadRow(sheet.name, row.number, draft)


def _column(plan: ColumnPlan) -> ReadColumn:
    assert isinstance(plan.holds, Column)
    charset = plan.charset if plan.confirmed else None
    return ReadColumn(plan.index, plan.holds, plan.heading, charset)


def _sorter(sheet: Sheet, plan: SheetPlan) -> RowSorter:
    headings = [
        [row.raw(place) for place in range(len(row.written))]
        for row in sheet.rows
        if row.number in plan.heading_rows
    ]
    names = [column.index for column in plan.columns if column.holds in _NAMES]
    numbers = [column.index for column in plan.columns if column.holds is Column.NUMBER]
    spanning = frozenset(
        block.first_row
        for block in sheet.merged
        if block.last_column > block.first_column and block.first_row == block.last_row
    )
    return RowSorter(headings, names, min(numbers, default=None), len(plan.columns), spanning)
