"""A ministry's list as rows of a run, read by the plan that a person has settled."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ingest.runs.staging import Staged, StagedPage, pages_of_people
from ingest.sources.plan_rows import ListOrigin, read_rows
from ingest.sources.records import Notes
from ingest.sources.sheet_headings import headings_in
from ingest.sources.table_guessing import guess_plan
from ingest.sources.table_plans import TablePlan
from ingest.sources.workbooks import read_workbook

__all__ = ["guess_table", "pages_of_table"]


def guess_table(path: Path, saved: Mapping[str, str]) -> TablePlan:
    """How a list may be read.

    Args:
        saved: What its body has said of headings earlier.

    Raises:
        ImportRefusedError: It is no list, or a damaged or hostile file.
    """
    return guess_plan(read_workbook(path, headings_in), saved)


def pages_of_table(
    path: Path,
    settings: Mapping[str, Any],
    at: datetime,
    notes: Notes,
    cursor: Mapping[str, Any] | None,
) -> Iterator[StagedPage]:
    """The rows of a list in pages; a row that cannot be read stops no other.

    Raises:
        ImportRefusedError: The file cannot be read.
        InvalidInputError: The plan is not resolved, or of another file.
    """
    plan = TablePlan.model_validate(settings["plan"])
    workbook = read_workbook(path, headings_in)
    origin = ListOrigin(settings["source"], at, settings["asserted_by"])
    several = sum(sheet.is_read for sheet in plan.sheets) > 1

    def people() -> Iterator[Staged]:
        for row in read_rows(workbook, plan, at.year, origin, notes):
            if row.draft is None and not row.problems:
                continue  # A heading again, a total: counted in a note.
            place = f"{row.sheet}, row {row.number}" if several else f"row {row.number}"
            problems = tuple(str(problem) for problem in row.problems)
            key = row.draft.source_key if row.draft is not None else None
            yield Staged(place, key, row.draft, problems)

    yield from pages_of_people(people(), cursor)
