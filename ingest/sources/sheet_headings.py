"""Where the headings of a sheet are, and what stands above each of its columns. Pure."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ingest.headings import Column, candidates
from ingest.legacy.charsets import CHARSETS, Charset, decode
from ingest.sources.sheets import Block, Sheet
from ingest.sources.table_rows import MAX_COLUMNS, Row, cleaned

__all__ = [
    "Heading",
    "Headings",
    "find_headings",
    "headings_in",
    "shown_heading",
    "understood",
]

# A list begins within so many rows that are not empty: above it are titles.
_FIRST_ROWS: Final = 20
_COLUMN_NUMBER: Final = re.compile(r"\(?\d{1,2}\)?")


@dataclass(frozen=True)
class Heading:
    """A heading as it was written, with the one above it that it shares with others."""

    text: str
    group: str = ""

    @property
    def shown(self) -> str:
        """Both on one line."""
        text, group = _line(self.text), _line(self.group)
        return f"{group} / {text}" if group and group != text else text


@dataclass(frozen=True)
class Headings:
    """The headings of a sheet: in which rows they are, and one per column (from 0)."""

    rows: tuple[int, ...]
    columns: tuple[Heading, ...]
    known: int


def _line(text: str) -> str:
    return " ".join(text.split())


def shown_heading(heading: Heading, charset: Charset | None) -> str:
    """A heading on one line, decoded where an old form is given."""
    text, group = heading.text, heading.group
    if charset is not None:
        text, group = decode(text, charset), decode(group, charset)
    return Heading(cleaned(text), cleaned(group)).shown


@lru_cache(maxsize=4096)
def understood(
    text: str, group: str = "", charset: Charset | None = None
) -> tuple[tuple[Column, ...], Charset | None]:
    """What a heading may mean, and the old form that it is understood in.

    Args:
        charset: The form that is tried first, such as that of its column.
    """
    if found := candidates(cleaned(text), cleaned(group)):
        return found, None
    if text.isascii() and group.isascii():
        return (), None
    first: tuple[Charset, ...] = (charset,) if charset else ()
    for each in (*first, *CHARSETS):
        decoded = cleaned(decode(text, each)), cleaned(decode(group, each))
        if decoded != (text, group) and (found := candidates(*decoded)):
            return found, each
    return (), None


def headings_in(cells: Sequence[str]) -> int:
    """How many texts of a row are headings, in Unicode or an old form."""
    return len({found for cell in cells if cell.strip() for found in understood(cell)[0][:1]})


def find_headings(
    sheet: Sheet, count: Callable[[Sequence[Heading]], int] | None = None
) -> Headings | None:
    """The headings of a sheet; None when no row is known to hold any.

    Two rows are joined where merged cells tie them, or where the second has headings below
    empty cells of the first.

    Args:
        count: How many of some headings are known; by default those of people lists.
    """
    known = count or _count
    first = list(sheet.rows[:_FIRST_ROWS])
    best: Headings | None = None
    for place, row in enumerate(first):
        single = _single(row, sheet.merged)
        options = [Headings((row.number,), single, known(single))]
        below = first[place + 1] if place + 1 < len(first) else None
        if below is not None and below.number == row.number + 1:
            joined, is_tied = _joined(row, below, sheet.merged)
            # A title above the headings, merged or not, is no heading of two rows.
            if joined and options[0].known > (0 if is_tied else 1):
                both = Headings((row.number, below.number), joined, known(joined))
                options = [both] if is_tied else [*options, both]
        for option in options:
            if option.known > (best.known if best else 0):
                best = option
    return best


def _count(headings: Sequence[Heading]) -> int:
    found = [understood(heading.text, heading.group)[0] for heading in headings if heading.text]
    return len({each[0] for each in found if each})


def _single(row: Row, merged: Sequence[Block]) -> tuple[Heading, ...]:
    return tuple(map(Heading, _spread(row, merged, len(row.written))))


def _spread(row: Row, merged: Sequence[Block], width: int) -> list[str]:
    """The texts of a row, where a heading spans several columns in each of them."""
    texts = [row.raw(column) for column in range(width)]
    for block in merged:
        if block.first_row == row.number and block.last_column > block.first_column:
            span = range(block.first_column, block.last_column + 1)
            texts += [""] * (min(span[-1] + 1, MAX_COLUMNS) - len(texts))
            for column in span:
                if column < len(texts):
                    texts[column] = row.raw(block.first_column)
    return texts


def _joined(row: Row, below: Row, merged: Sequence[Block]) -> tuple[tuple[Heading, ...], bool]:
    """The headings of two rows, column by column, and whether a cell spans both rows.

    They are () where the rows do not belong together.
    """
    ties = [b for b in merged if b.first_row <= row.number and b.last_row >= below.number]
    spans = any(b.first_row == row.number and b.last_column > b.first_column for b in merged)
    if not ties and not spans and not _completes(row, below):
        return (), False
    above = _spread(row, merged, max(len(row.written), len(below.written)))
    own = _spread(below, merged, len(above))
    headings: list[Heading] = []
    for column, group in enumerate(above):
        text = own[column] if column < len(own) else ""
        if below.fault(column) or (not ties and _COLUMN_NUMBER.fullmatch(text.strip())):
            return (), False
        is_tied = any(b.first_column <= column <= b.last_column for b in ties)
        headings.append(Heading(group if is_tied or not text.strip() else text, group))
    return tuple(headings), bool(ties)


def _completes(row: Row, below: Row) -> bool:
    """Whether the second row has headings below empty cells of the first, and only headings."""
    own = [c for c in range(len(below.written)) if below.raw(c).strip()]
    free = [c for c in own if not row.raw(c).strip()]
    return bool(free) and all(understood(below.raw(c))[0] for c in own)
