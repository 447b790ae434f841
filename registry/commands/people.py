"""Bring people in from files."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ingest.load import load_whole
from ingest.sources.openalex import read_openalex
from ingest.sources.people_list import read_people_list
from registry.access.policy import LOCAL_STEWARD
from registry.commands.opening import open_data
from registry.console import out, progress
from registry.errors import InvalidInputError
from registry.experts.rules import RESERVED_SOURCES
from registry.experts.schemas import PersonDraft

ingest_app = typer.Typer(no_args_is_help=True, help="Bring people in from files.")


def _load(people: list[PersonDraft], notes: list[str]) -> None:
    with open_data() as (_, database), progress() as step:
        counts = load_whole(
            database,
            LOCAL_STEWARD,
            people,
            datetime.now(UTC),
            lambda done: step("load people", done, len(people)),
        )
    for note in notes:
        out.print(f"note: {note}", markup=False)
    out.print(
        f"{counts.new} new, {counts.updated} updated, {counts.same} the same; "
        f"{counts.statements} statements written, {counts.closed} no longer said and closed. They "
        "are leads: `registry search` shows them with --purpose."
    )


@ingest_app.command("openalex")
def ingest_openalex(
    files: Annotated[
        list[Path], typer.Argument(help="Author and work records, JSON or JSON lines")
    ],
) -> None:
    """Load OpenAlex author and work records from files; a wrong file writes nothing."""
    reading = read_openalex(files, datetime.now(UTC))
    _load(reading.people, reading.notes)


@ingest_app.command("people-list")
def ingest_people_list(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX with Vietnamese or English headings")],
    source: Annotated[str, typer.Option(help="Name under which this list is kept")],
    asserted_by: Annotated[str, typer.Option(help="The body that made the list")],
    ignore_column: Annotated[
        list[str], typer.Option(help="A heading to leave out; may be repeated")
    ] = [],  # noqa: B006
) -> None:
    """Load a ministry's list of people; a wrong file writes nothing and says what is wrong."""
    if source.casefold() in RESERVED_SOURCES:
        raise InvalidInputError(
            f"the source name {source!r} is kept for the registry itself; name the list, for "
            "example bo-khcn-2026"
        )
    reading = read_people_list(
        file, source, datetime.now(UTC), asserted_by, ignore_columns=ignore_column
    )
    _load(reading.people, reading.notes)
