"""A ministry's list as rows of a run, read by the plan that a person has settled."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ingest.runs.staging import Staged, StagedPage, pages_of_people
from ingest.sources.people_list import read_people_list
from ingest.sources.records import Notes


def pages_of_table(
    path: Path,
    settings: Mapping[str, Any],
    at: datetime,
    notes: Notes,
    cursor: Mapping[str, Any] | None,
) -> Iterator[StagedPage]:
    """The rows of a list in pages."""
    reading = read_people_list(path, settings["source"], at, settings["asserted_by"])
    for line in reading.notes:
        notes.count(line)
    people = (Staged(draft.source_key, draft.source_key, draft) for draft in reading.people)
    yield from pages_of_people(people, cursor)
