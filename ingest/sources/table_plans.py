"""How the sheets of a file are to be read: what a person is shown, corrects and confirms. Pure.

A plan is JSON. Nobody's identity number, address or day of birth is in its samples.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from ingest.headings import Column, folded_heading
from ingest.legacy.charsets import Charset
from registry.errors import InvalidInputError

__all__ = [
    "LEAVE_OUT",
    "ColumnPlan",
    "Holds",
    "Open",
    "Sample",
    "SheetPlan",
    "TablePlan",
    "mapping_of",
    "saved_value",
    "with_answer",
]

LEAVE_OUT: Final = "leave out"
Holds = Column | Literal["leave out"]
# Who or what says what a column holds: a person now, the body earlier, the words of its heading.
Sure = Literal["said", "saved", "known", "unsure", "unknown"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Sample(_Part):
    """A cell in short, as it came and decoded."""

    before: str
    after: str


class ColumnPlan(_Part):
    """One column of a sheet.

    Args:
        index: From 0.
        heading: On one line, with that of its group, decoded where it is in an old form.
        holds: None when nobody knows yet.
        may_hold: What its heading could mean, when that is more than one thing.
        charset: The old form that its cells are written in, as recognised.
        confirmed: Whether a person has looked at the decoded cells, or at those of a file in no
            Unicode form, and says that they are right. Nothing is decoded before.
        needs_look: Whether a person has to do so.
        samples: Up to three; none for what is private.
    """

    index: int = Field(ge=0)
    heading: str
    holds: Holds | None
    sure: Sure
    may_hold: tuple[Column, ...] = ()
    charset: Charset | None = None
    confirmed: bool = False
    needs_look: bool = False
    samples: tuple[Sample, ...] = ()


class SheetPlan(_Part):
    """One sheet with a list.

    Args:
        is_read: Whether its rows are read.
        heading_rows: Their numbers, from 1, in order.
        rows: How many rows that are not empty lie below them.
        filled: Merged blocks of one column whose value stands in each of their rows.
    """

    name: str
    is_read: bool
    is_hidden: bool = False
    heading_rows: tuple[int, ...] = Field(min_length=1, max_length=2)
    rows: int
    columns: tuple[ColumnPlan, ...]
    filled: tuple[str, ...] = ()


class Open(NamedTuple):
    """Something that a person has to say before rows are read.

    Args:
        column: From 0; None for the sheet as a whole.
    """

    sheet: str
    column: int | None
    heading: str
    why: Literal["no sheet", "no names", "no heading", "unknown", "unsure", "old form"]


class TablePlan(_Part):
    """What is read of a file, and how."""

    sheets: tuple[SheetPlan, ...]
    notes: tuple[str, ...] = ()

    @property
    def unresolved(self) -> list[Open]:
        """What a person has to say first; empty when rows can be read."""
        read = [sheet for sheet in self.sheets if sheet.is_read]
        if not read:
            return [Open("", None, "", "no sheet")]
        return [one for sheet in read for one in _open_of(sheet)]


def _open_of(sheet: SheetPlan) -> list[Open]:
    found: list[Open] = []
    held = {column.holds for column in sheet.columns}
    if Column.NAME not in held and Column.GIVEN not in held:
        found.append(Open(sheet.name, None, "", "no names"))
    for column in sheet.columns:
        place = sheet.name, column.index, column.heading
        if column.holds is None or column.sure == "unknown":
            found.append(Open(*place, "unknown" if column.heading else "no heading"))
        elif column.sure == "unsure":
            found.append(Open(*place, "unsure"))
        elif column.needs_look and not column.confirmed and is_kept(column.holds):
            found.append(Open(*place, "old form"))
    return found


def is_kept(holds: Holds | None) -> bool:
    """Whether anything of a column's cells is kept."""
    return holds not in {LEAVE_OUT, Column.PRIVATE, Column.NUMBER, None}


def with_answer(
    plan: TablePlan,
    sheet: str,
    column: int,
    holds: Holds | None = None,
    *,
    confirmed: bool | None = None,
) -> TablePlan:
    """A plan in which a person has said what a column holds, or that its form is right.

    The answer counts for every sheet that has the same heading in the same column.

    Args:
        confirmed: False says that the cells are right as they are, and nothing is decoded.

    Raises:
        InvalidInputError: There is no such sheet or column.
    """
    asked = next((s for s in plan.sheets if s.name == sheet), None)
    found = next((c for c in asked.columns if c.index == column), None) if asked else None
    if found is None:
        raise InvalidInputError(f"the plan has no column {column + 1} in a sheet {sheet!r}")
    changes: dict[str, object] = {}
    if holds is not None:
        changes |= {"holds": holds, "sure": "said"}
    if confirmed is not None:
        changes |= {"confirmed": True}
        changes |= {} if confirmed else {"charset": None}

    def answered(each: ColumnPlan) -> ColumnPlan:
        is_same = (each.index, each.heading) == (column, found.heading)
        return each.model_copy(update=changes) if is_same else each

    sheets = (
        each.model_copy(update={"columns": tuple(map(answered, each.columns))})
        for each in plan.sheets
    )
    return plan.model_copy(update={"sheets": tuple(sheets)})


def mapping_of(plan: TablePlan) -> dict[str, str]:
    """What each heading of the sheets that are read holds, to be saved for the body."""
    return {
        folded_heading(column.heading): str(column.holds)
        for sheet in plan.sheets
        if sheet.is_read
        for column in sheet.columns
        if column.holds is not None and column.heading
    }


def saved_value(saved: Mapping[str, str], heading: str) -> Holds | None:
    """What a body said of a heading earlier; None when nothing, or something of former times."""
    value = saved.get(folded_heading(heading))
    if value == LEAVE_OUT:
        return LEAVE_OUT
    try:
        return Column(value) if value is not None else None
    except ValueError:
        return None
