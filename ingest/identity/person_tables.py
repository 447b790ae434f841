"""Read any table of people for comparison, and write what was found."""

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ingest.identity.evidence import Kind, PersonRecord, make_record
from ingest.identity.linking import LinkedPair
from ingest.sources.files import refusal
from ingest.sources.table_rows import Table
from ingest.sources.tables import read_table
from registry.errors import InvalidInputError, Problem
from registry.experts.export_formats import neutral
from registry.names.compare import Agreement, NameEvidence
from registry.text import clean, fold

__all__ = ["Columns", "guess_columns", "read_people", "reasons", "write_pairs"]

# Headings that say what a column holds, folded; what is not here is named by the user.
_HEADINGS: Final[Mapping[str, frozenset[str]]] = {
    "name": frozenset(
        {"name", "full name", "display name", "author", "author name", "ho va ten", "ho ten", "ten"}
    ),
    "id": frozenset({"id", "unique id", "record id", "rec id", "ma", "ma so"}),
    Kind.ORCID: frozenset({"orcid", "orcid id", "ma orcid"}),
    Kind.EMAIL: frozenset({"email", "e mail", "email hash", "thu dien tu"}),
    Kind.BIRTH: frozenset(
        {"dob", "date of birth", "birth date", "birth year", "year of birth", "nam sinh"}
        | {"ngay sinh", "ngay thang nam sinh"}
    ),
    Kind.AFFILIATION: frozenset(
        {"affiliation", "organisation", "organization", "employer", "institution"}
        | {"author affiliation", "don vi", "don vi cong tac", "co quan", "co quan cong tac"}
    ),
    Kind.PLACE: frozenset({"city", "place", "province", "town", "tinh", "thanh pho"}),
    Kind.COAUTHORS: frozenset({"coauthors", "co authors", "dong tac gia"}),
    Kind.TOPIC: frozenset({"topic", "topics", "field", "fields", "linh vuc"}),
}
# Names in two columns are joined in this order.
_PARTS_OF_NAME: Final = (
    frozenset({"surname", "last name", "family name", "ho"}),
    frozenset({"middle name", "ten dem"}),
    frozenset({"first name", "given name", "forename"}),
)


@dataclass(frozen=True)
class Columns:
    """Which headings of a table hold what.

    Args:
        name: Joined by blanks, in this order.
        id: The record's own id; None numbers the rows.
        evidence: Headings by the kind of what they hold.
    """

    name: tuple[str, ...]
    id: str | None = None
    evidence: Mapping[Kind, str] = field(default_factory=dict)


def guess_columns(headings: Sequence[str]) -> Columns:
    """What headings say of themselves.

    Raises:
        InvalidInputError: None of them names people.
    """
    by_words = {_words(heading): heading for heading in headings}

    def first(known: frozenset[str]) -> str | None:
        return next((by_words[words] for words in by_words if words in known), None)

    whole = first(_HEADINGS["name"])
    parts = (whole,) if whole else tuple(filter(None, map(first, _PARTS_OF_NAME)))
    if not parts:
        listed = ", ".join(map(repr, headings))
        raise InvalidInputError(
            f"no column is known to hold names; say --name with one of {listed}"
        )
    evidence = {kind: heading for kind in Kind if (heading := first(_HEADINGS[kind]))}
    return Columns(parts, first(_HEADINGS["id"]), evidence)


def _words(heading: str) -> str:
    return " ".join(fold(clean(heading)).replace("_", " ").replace("-", " ").split())


def read_people(path: Path, columns: Columns | None) -> tuple[list[PersonRecord], Columns]:
    """The people of a CSV or XLSX table.

    Args:
        columns: What its headings hold; None guesses by their words.

    Returns:
        One record a row, without rows that have neither name nor evidence, and the columns.

    Raises:
        ImportRefusedError: The file cannot be read, or lacks a column, or an id stands twice.
        InvalidInputError: Nothing is known to hold names.
    """
    if columns is None:
        known = {words for kinds in _HEADINGS.values() for words in kinds}
        known = known.union(*_PARTS_OF_NAME)
        table = read_table(path, lambda text: _words(text) in known)
        columns = guess_columns([cell.text for cell in table.headings.cells if cell.text])
    else:
        asked = {*columns.name, *columns.evidence.values(), *filter(None, [columns.id])}
        table = read_table(path, lambda text: clean(text) in asked)
    return _records(path, table, columns), columns


def _records(path: Path, table: Table, columns: Columns) -> list[PersonRecord]:
    at = {clean(cell.text): number for number, cell in enumerate(table.headings.cells)}
    asked = [*columns.name, *filter(None, [columns.id]), *columns.evidence.values()]
    if missing := [heading for heading in asked if clean(heading) not in at]:
        found = ", ".join(filter(None, at))
        raise refusal(path.name, [Problem("the headings", found, f"a column {missing[0]!r}")])
    records: list[PersonRecord] = []
    rows: dict[str, int] = {}
    for row in table.rows:

        def text(heading: str, row: object = row) -> str:
            return str(row.cell(at[clean(heading)]).text)  # type: ignore[attr-defined]

        record_id = text(columns.id) if columns.id else str(row.number)
        if record_id in rows:
            where, first = f"row {row.number}", rows[record_id]
            found = f"the id {record_id!r} of row {first} again"
            raise refusal(path.name, [Problem(where, found, "an id of its own for each row")])
        rows[record_id] = row.number
        name = " ".join(filter(None, map(text, columns.name)))
        values = {kind: text(heading) for kind, heading in columns.evidence.items()}
        if name or any(values.values()):
            records.append(make_record(record_id, name, values))
    return records


_HOW: Final = {
    Agreement.EXACT: "the same",
    Agreement.MARKS_MISSING: "without marks",
    Agreement.SPELLING: "spelt otherwise",
    Agreement.MARKS_DIFFER: "with other marks",
    Agreement.JOINED: "written as one",
    Agreement.INITIAL: "by its initial",
    Agreement.SHORT: "in short",
    Agreement.SLIP: "but for one letter",
}


def reasons(pair: LinkedPair) -> str:
    """Why two records may be of one person, part by part, with its bits."""
    parts = [f"{part.label} ({part.bits:+.1f})" for part in pair.parts]
    return "; ".join([*parts, _of_names(pair.name)])


def _of_names(evidence: NameEvidence) -> str:
    said = [
        f"{' '.join(shared.one)} = {' '.join(shared.other)}, {_HOW[shared.how]}"
        for shared in evidence.shared
    ]
    left = [*evidence.left_one, *evidence.left_other]
    alone = [f"only on one side: {' '.join(left)}"] if left else []
    turned = {"same": [], "moved": ["in another order"], "other": ["in a strange order"]}
    return "names: " + ", ".join([*said, *alone, *turned[evidence.order]])


def write_pairs(
    path: Path,
    pairs: Iterable[LinkedPair],
    ones: Sequence[PersonRecord],
    others: Sequence[PersonRecord],
) -> int:
    """Write pairs as CSV, the likeliest first; a file that is there is replaced when all is done.

    Returns:
        How many were written.
    """
    beside = path.with_name(path.name + ".part")
    count = 0
    with beside.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id_1", "id_2", "name_1", "name_2", "bits", "probability", "reasons"])
        for pair in pairs:
            one, other = ones[pair.one], others[pair.other]
            scores = f"{pair.bits:.3f}", f"{pair.probability:.6f}"
            texts = (neutral(text) for text in (one.id, other.id, one.name, other.name))
            rows.writerow([*texts, *scores, reasons(pair)])
            count += 1
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    return count
