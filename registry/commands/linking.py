"""Find which rows of tables are of one person."""

from pathlib import Path
from typing import Annotated

import typer

from ingest.identity.evidence import Kind, PersonRecord
from ingest.identity.linking import link
from ingest.identity.person_tables import Columns, read_people, write_pairs
from registry.commands.imports import ingest_app
from registry.console import err, out, progress
from registry.errors import InvalidInputError


@ingest_app.command("link")
def ingest_link(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX with a row for each record")],
    other: Annotated[
        Path | None, typer.Argument(help="A second table; without it, the first against itself")
    ] = None,
    to: Annotated[Path, typer.Option(help="CSV file for the pairs")] = Path("pairs.csv"),
    name: Annotated[
        list[str], typer.Option(help="Heading of the name, or of its parts in order; repeatable")
    ] = [],  # noqa: B006
    id_column: Annotated[
        str | None, typer.Option("--id", help="Heading of the id; without it, row numbers")
    ] = None,
    evidence: Annotated[
        list[str],
        typer.Option(
            help="What else to compare, KIND=HEADING: orcid, email, birth, affiliation, place, "
            "coauthors or topic; repeatable. Several values in a cell are parted by ;"
        ),
    ] = [],  # noqa: B006
    least: Annotated[
        float, typer.Option(help="Leave out pairs with less evidence, in bits; 0 is even odds")
    ] = -15.0,
) -> None:
    """Write pairs of records that may be of one person, with evidence and reasons; decide nothing.

    Columns are guessed by their headings unless --name says which hold the name.
    """
    columns = Columns(tuple(name), id_column, _evidence(evidence)) if name else None
    if columns is None and (id_column or evidence):
        raise InvalidInputError("say --name as well: columns are guessed only when none is given")
    ones, found = read_people(file, columns)
    others = None if other is None else read_people(other, columns)[0]
    said = ", ".join([" + ".join(found.name), *(f"{k}={h}" for k, h in found.evidence.items())])
    out.print(f"comparing {len(ones):,} records by {said}", markup=False)
    _say_unread(file, ones)
    with progress() as step:
        pairs = link(ones, others, least, step)
        count = write_pairs(to, pairs, ones, ones if others is None else others)
    out.print(f"{count:,} pairs written to {to}", markup=False)


def _evidence(given: list[str]) -> dict[Kind, str]:
    found: dict[Kind, str] = {}
    for each in given:
        kind, equals, heading = each.partition("=")
        if not equals or kind not in set(Kind) or not heading:
            kinds = ", ".join(Kind)
            raise InvalidInputError(f"{each!r} is not KIND=HEADING with a kind of: {kinds}")
        found[Kind(kind)] = heading
    return found


def _say_unread(file: Path, records: list[PersonRecord]) -> None:
    """What could not be read is not compared, and said."""
    unread = [(r.id, kind, text) for r in records for kind, text in r.unread.items()]
    for record_id, kind, text in unread[:10]:
        err.print(
            f"note: {file.name}, {record_id}: {kind} {text[:60]!r} cannot be read", markup=False
        )
    if len(unread) > 10:
        err.print(f"note: and {len(unread) - 10} more that cannot be read", markup=False)
