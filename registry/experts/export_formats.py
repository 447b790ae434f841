"""People as files: CSV, workbook, JSON lines. Nothing in them is taken for a formula."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, Any, Final, Literal, get_args

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

Format = Literal["csv", "xlsx", "jsonl"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
MEDIA_TYPES: Final[Mapping[Format, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/x-ndjson",
}

Person = Mapping[str, Any]

PERSON_COLUMNS: Final = (
    "id",
    "display_name",
    "is_invented",
    "life",
    "organisation",
    "role_vi",
    "role_en",
    "country_code",
    "is_overseas",
    "sector",
    "academic_rank",
    "degree",
    "languages",
    "fields",
    "groups",
    "email",
    "phone",
    "address",
    "statements",
    "verified",
    "confirmed_on",
    "reachability",
)
STATEMENT_COLUMNS: Final = (
    "person_id",
    "display_name",
    "property",
    "value",
    "started_on",
    "ended_on",
    "source",
    "asserted_by",
    "asserted_at",
    "evidence_url",
    "verification",
    "verified_at",
    "visibility",
)

# Excel refuses a file with a longer text in a cell.
_LONGEST_CELL: Final = 32_767
# What begins a formula in a spreadsheet program, in the full-width forms of East Asian input too.
_FORMULA_SIGNS: Final = "=+-@\t\r\n＝＋－＠"


def write_people(file_format: Format, people: Iterable[Person], out: IO[bytes]) -> None:
    """Write people in one of the formats.

    CSV holds a row for each person. A workbook holds a second sheet with the statements and their
    sources; JSON lines hold them with each person.

    Args:
        people: As `exporting` reads them, with `statements`, `contacts` and `standing`.
    """
    if file_format == "jsonl":
        for person in people:
            line = json.dumps(person, ensure_ascii=False, separators=(",", ":"))
            out.write(line.encode() + b"\n")
    elif file_format == "csv":
        _write_csv(people, out)
    else:
        _write_xlsx(people, out)


def _write_csv(people: Iterable[Person], out: IO[bytes]) -> None:
    # With the mark, spreadsheet programs read the file as UTF-8.
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=True)
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(PERSON_COLUMNS)
    for person in people:
        rows.writerow([neutral(cell) for cell in _person_cells(person)])
    text.detach()


def neutral(cell: Any) -> Any:
    """The cell with an apostrophe before it when a spreadsheet program would compute it.

    Source: OWASP, CSV Injection (owasp.org/www-community/attacks/CSV_Injection).
    """
    if not isinstance(cell, str):
        return cell
    begins = cell.lstrip(" \u00a0\u3000")[:1]
    return f"'{cell}" if begins and begins in _FORMULA_SIGNS else cell


def _write_xlsx(people: Iterable[Person], out: IO[bytes]) -> None:
    book = Workbook(write_only=True)
    persons, said = book.create_sheet("people"), book.create_sheet("statements")
    persons.append(PERSON_COLUMNS)
    said.append(STATEMENT_COLUMNS)
    for person in people:
        persons.append([_typed(persons, cell) for cell in _person_cells(person)])
        for statement in person["statements"]:
            said.append([_typed(said, cell) for cell in _statement_cells(person, statement)])
    book.save(out)


def _typed(sheet: Any, cell: Any) -> Any:
    """A text as a text, whatever it begins with, also when somebody edits the cell."""
    if not isinstance(cell, str):
        return cell
    text = ILLEGAL_CHARACTERS_RE.sub("", cell)
    if len(text) > _LONGEST_CELL:
        text = text[: _LONGEST_CELL - 1] + "…"
    made = WriteOnlyCell(sheet, text)
    made.data_type = "s"
    if neutral(text) is not text:
        made.quotePrefix = True
    return made


def _person_cells(person: Person) -> list[Any]:
    contacts, standing = person["contacts"], person["standing"] or {}
    known = {
        **person,
        **standing,
        **{kind: contacts.get(kind) for kind in ("email", "phone", "address")},
        "statements": len(person["statements"]),
        "verified": sum(s["verification"] != "claimed" for s in person["statements"]),
    }
    return [_cell(known.get(column)) for column in PERSON_COLUMNS]


def _statement_cells(person: Person, statement: Mapping[str, Any]) -> list[Any]:
    known = {
        **statement,
        "person_id": person["id"],
        "display_name": person["display_name"],
        "value": json.dumps(statement["value"], ensure_ascii=False),
    }
    return [_cell(known.get(column)) for column in STATEMENT_COLUMNS]


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Sequence) and not isinstance(value, str):
        # Nothing, and not an empty text.
        return "; ".join(str(each) for each in value) or None
    return value
