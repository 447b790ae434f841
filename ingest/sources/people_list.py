"""A ministry's list of people in CSV or XLSX, read into drafts of persons.

A list gives leads: that a ministry names somebody is no consent of that person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ingest.headings import LIST_COLUMNS, Column, known_headings, recognise
from ingest.sources.files import refusal, shorten
from ingest.sources.people_rows import RowReader
from ingest.sources.records import Notes
from ingest.sources.table_rows import Table
from ingest.sources.tables import read_table
from registry.errors import Problem
from registry.experts.schemas import PersonDraft
from registry.text import clean, fold

__all__ = ["PeopleListReading", "read_people_list"]


@dataclass(frozen=True)
class PeopleListReading:
    """The people of a list, and what was left out of it."""

    people: list[PersonDraft]
    notes: list[str]


def read_people_list(
    path: Path,
    source: str,
    retrieved_at: datetime,
    asserted_by: str,
    ignore_columns: Sequence[str] = (),
) -> PeopleListReading:
    """Read a list with one person a row under Vietnamese or English headings.

    Titles before a name become rank and degree. Of a date of birth only the year is kept. Contact
    data and identity numbers are recognised and left out.

    Args:
        path: XLSX, or CSV in UTF-8 or UTF-16.
        source: Name of the source, the same whenever a later state of the list is read.
        retrieved_at: When the list was received; aware, in UTC. No birth year lies after it.
        asserted_by: The body that made the list.
        ignore_columns: Headings of columns that are to be left out.

    Raises:
        ImportRefusedError: The file is no such list, or cells cannot be read; each is named by row
            and column. Nothing is returned then.
    """
    notes = Notes()
    table = read_table(path, lambda text: recognise(text) is not None)
    columns, problems = _columns(table, ignore_columns, notes)
    reader = RowReader(table, columns, retrieved_at.year, notes, problems)
    people: list[PersonDraft] = []
    rows_by_key: dict[str, int] = {}
    has_names = Column.NAME in columns.values()
    for row in table.rows if has_names else []:
        person = reader.read(row)
        if person is None:
            continue
        key = person.source_key()
        first = rows_by_key.setdefault(key, row.number)
        if first != row.number:
            expected = f"each person once; if these are two people, a column {Column.KEY}"
            problems.append(Problem(f"row {row.number}", f"the person of row {first}", expected))
        draft = PersonDraft(
            source=source,
            source_key=key,
            retrieved_at=retrieved_at,
            raw={"cells": person.raw},
            legal_ground="ministry_list",
            asserted_by=asserted_by,
            statements=person.statements(),
        )
        people.append(draft)
    if not table.rows:
        problems.append(Problem("the list", "headings without rows", "a row for each person"))
    if problems:
        raise refusal(path.name, problems)
    return PeopleListReading(people, table.notes + notes.lines())


def _columns(
    table: Table, ignored: Sequence[str], notes: Notes
) -> tuple[dict[int, Column], list[Problem]]:
    """The column under each index, and what is wrong with the headings."""
    to_ignore = {fold(clean(heading)): heading for heading in ignored}
    columns: dict[int, Column] = {}
    problems: list[Problem] = []
    row = table.headings.number
    for index, cell in enumerate(table.headings.cells):
        heading = clean(cell.text)
        column = recognise(cell.text)
        if fold(heading) in to_ignore:
            notes.name("columns ignored as asked", heading)
        elif not heading:
            continue
        elif column is None:
            expected = f"one of: {known_headings()}; or name the column as one to ignore"
            problems.append(Problem(table.where(row, index), shorten(heading), expected))
        elif column is Column.CONTACT:
            group = "columns left out, since contact data and identity numbers need encryption"
            notes.name(f"{group} at rest", heading)
        elif column in columns.values() and column not in LIST_COLUMNS:
            expected = f"one column for {column} only; name the other one as one to ignore"
            problems.append(Problem(table.where(row, index), shorten(heading), expected))
        elif column is not Column.NUMBER:
            columns[index] = column
    if Column.NAME not in columns.values():
        expected = f"a column {Column.NAME}"
        problems.append(Problem(f"row {row}", "no column with names", expected))
    return columns, problems
