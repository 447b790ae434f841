"""Whether a plan, as a person has corrected it, can be followed on a file. Pure."""

from collections import Counter

from openpyxl.utils import get_column_letter

from ingest.headings import LIST_COLUMNS, Column
from ingest.legacy.charsets import CHARSETS
from ingest.sources.sheet_headings import find_headings, shown_heading
from ingest.sources.sheets import Sheet, Workbook
from ingest.sources.table_plans import Open, SheetPlan, TablePlan
from registry.errors import InvalidInputError

__all__ = ["check_plan", "in_words"]

_WORDS = {
    "no sheet": "no sheet is to be read; choose at least one",
    "no names": f"no column holds names; say which one is {Column.NAME}",
    "no heading": "a column with values has no heading; say what it holds, or leave it out",
    "unknown": "nobody knows what this column holds; say it, or leave it out",
    "unsure": "it is not sure what this column holds; say it",
    "old form": "look at the decoded cells of this column, and confirm or refuse them",
}


def in_words(one: Open) -> str:
    """Something that is open, as a sentence for a person."""
    place = f"sheet {one.sheet}, " if one.sheet else ""
    if one.column is not None:
        place += f"column {get_column_letter(one.column + 1)}"
        place += f" ({one.heading})" if one.heading else ""
    where = place.rstrip(", ")
    return f"{where}: {_WORDS[one.why]}" if where else _WORDS[one.why]


def check_plan(workbook: Workbook, plan: TablePlan) -> list[tuple[Sheet, SheetPlan]]:
    """The sheets that are to be read, each with its plan.

    Raises:
        InvalidInputError: Something is still open, was said twice, or is not of this file.
    """
    if still_open := plan.unresolved:
        raise InvalidInputError("; ".join(map(in_words, still_open[:10])))
    sheets = {sheet.name: sheet for sheet in workbook.sheets}
    named = Counter(each.name for each in plan.sheets)
    found: list[tuple[Sheet, SheetPlan]] = []
    for each in plan.sheets:
        if each.name not in sheets or named[each.name] > 1:
            known = ", ".join(repr(name) for name in sheets)
            raise InvalidInputError(f"the plan names a sheet {each.name!r}; the file has {known}")
        if each.is_read:
            _check_columns(each)
            _check_sheet(sheets[each.name], each)
            found.append((sheets[each.name], each))
    return found


def _check_columns(plan: SheetPlan) -> None:
    """What each column holds must go together."""
    held = Counter(column.holds for column in plan.columns)
    for holds, count in held.items():
        if count > 1 and isinstance(holds, Column) and holds not in LIST_COLUMNS:
            raise InvalidInputError(
                f"{_place(plan)}{count} columns hold {holds}, and a person has one; leave the "
                "others out, or say what they hold"
            )
    parts = {Column.FAMILY_AND_MIDDLE, Column.FAMILY, Column.MIDDLE, Column.GIVEN} & set(held)
    if Column.NAME in held and parts:
        names = ", ".join(sorted(parts))
        raise InvalidInputError(
            f"{_place(plan)}names stand in one column ({Column.NAME}) or in parts ({names}), "
            "not in both"
        )
    if {Column.FAMILY, Column.FAMILY_AND_MIDDLE} <= set(held):
        raise InvalidInputError(
            f"{_place(plan)}either {Column.FAMILY} or {Column.FAMILY_AND_MIDDLE}, not both"
        )


def _place(plan: SheetPlan) -> str:
    return f"sheet {plan.name}: " if plan.name else ""


def _check_sheet(sheet: Sheet, plan: SheetPlan) -> None:
    """The plan must be one of this file."""
    numbers = {row.number for row in sheet.rows}
    last = plan.heading_rows[-1]
    if not set(plan.heading_rows) <= numbers or list(plan.heading_rows) != sorted(
        set(plan.heading_rows)
    ):
        rows = ", ".join(map(str, plan.heading_rows))
        raise InvalidInputError(f"{_place(plan)}there are no headings in rows {rows}")
    indexes = Counter(column.index for column in plan.columns)
    twice = [index for index, count in indexes.items() if count > 1]
    if twice:
        raise InvalidInputError(f"{_place(plan)}column {twice[0] + 1} stands twice in the plan")
    filled: set[int] = set()
    for row in sheet.rows:
        if row.number > last and not filled:
            filled.update(
                place
                for place, value in enumerate(row.written)
                if place not in indexes and value is not None and str(value).strip()
            )
    if filled:
        letter = get_column_letter(min(filled) + 1)
        raise InvalidInputError(
            f"{_place(plan)}column {letter} has values and is not in the plan; the plan may be of "
            "another file"
        )
    found = find_headings(sheet)
    if found is None or found.rows != plan.heading_rows:
        return
    for column in plan.columns:
        if column.index >= len(found.columns):
            continue
        heading = found.columns[column.index]
        if column.heading not in {shown_heading(heading, form) for form in (None, *CHARSETS)}:
            letter = get_column_letter(column.index + 1)
            raise InvalidInputError(
                f"{_place(plan)}column {letter} is not headed {column.heading!r} in this file; "
                "the plan is of another one"
            )
