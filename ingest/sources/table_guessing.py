"""Guess how a file is to be read, from its headings and cells. Pure."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from ingest.headings import LIST_COLUMNS, Column
from ingest.legacy.charsets import Charset, decode
from ingest.sources.masking import masked, masked_birth
from ingest.sources.old_forms import form_by_another, form_of_column, sampled
from ingest.sources.sheet_headings import (
    Heading,
    Headings,
    find_headings,
    shown_heading,
    understood,
)
from ingest.sources.sheets import Sheet, Workbook, joined
from ingest.sources.table_plans import (
    ColumnPlan,
    Holds,
    Sample,
    SheetPlan,
    Sure,
    TablePlan,
    saved_value,
)
from ingest.sources.table_rows import Row, cleaned
from registry.names.titles import split_titles

__all__ = ["guess_plan"]

_SAMPLES: Final = 3
_LOOKED_AT: Final = 300
_BIRTHS: Final = frozenset({Column.BIRTH, Column.BIRTH_OF_MAN, Column.BIRTH_OF_WOMAN})
_CONTACTS: Final = frozenset({Column.EMAIL, Column.PHONE, Column.CONTACT})
_NAME_PARTS: Final = frozenset({Column.FAMILY, Column.FAMILY_AND_MIDDLE, Column.MIDDLE})
# Twelve digits of an identity card (Decree 137/2015/NĐ-CP, article 13), or nine of an older one.
_IDENTITY: Final = re.compile(r"0\d{11}|\d{9}")


def guess_plan(workbook: Workbook, saved: Mapping[str, str]) -> TablePlan:
    """How a file may be read.

    The sheet with the most known headings is read, and those with the same headings; the others
    that hold a list are offered. A heading that nobody knows is never dropped: the plan stays
    unresolved until a person says what it holds.

    Args:
        saved: What the body said of headings earlier, by `folded_heading`: the value of a
            `Column`, or `LEAVE_OUT`.
    """
    found = [(sheet, find_headings(sheet)) for sheet in workbook.sheets]
    lists = [(sheet, headings) for sheet, headings in found if headings is not None]
    plans = [_sheet_plan(workbook, sheet, headings, saved) for sheet, headings in lists]
    offered = [(h.known, plan) for (_, h), plan in zip(lists, plans, strict=True)]
    shown = [each for each in offered if not each[1].is_hidden]
    best = max(shown, key=lambda each: (each[0], each[1].rows > 0), default=(0, None))[1]
    same = _headings_of(best) if best else None
    read = [
        plan.model_copy(update={"is_read": True})
        if not plan.is_hidden and _headings_of(plan) == same and (plan.rows or plan is best)
        else plan
        for plan in plans
    ]
    return TablePlan(sheets=tuple(read), notes=tuple(_notes(workbook, read)))


def _headings_of(plan: SheetPlan) -> list[tuple[int, str]]:
    return [(column.index, column.heading.casefold()) for column in plan.columns]


def _notes(workbook: Workbook, plans: Sequence[SheetPlan]) -> list[str]:
    notes = list(workbook.notes)
    if workbook.is_single_byte:
        notes.append("the file is in no Unicode form; its letters are shown as Windows-1252")
    read = {plan.name for plan in plans if plan.is_read}
    others = [repr(s.name)[1:-1] for s in workbook.sheets if s.name not in read and s.rows]
    if others and read:
        names = ", ".join(sorted(read))
        notes.append(f"sheet {names} was read; not read: {', '.join(others)}")
    last = {plan.name: plan.heading_rows[-1] for plan in plans if plan.is_read}
    for sheet in workbook.sheets:
        if sheet.name not in last:
            continue
        if sheet.filled:
            blocks = joined(sheet.filled)
            notes.append(
                f"sheet {sheet.name}: merged cells, whose value counts for each row: {blocks}"
            )
        wide = [
            block
            for block in sheet.merged
            if block.first_row > last[sheet.name]
            and block.last_column > block.first_column
            and block.last_row > block.first_row
        ]
        if wide:
            words = "merged cells over several rows and columns, whose value counts for the first"
            notes.append(f"sheet {sheet.name}: {words}: {joined(wide)}")
    return notes


def _sheet_plan(
    workbook: Workbook, sheet: Sheet, headings: Headings, saved: Mapping[str, str]
) -> SheetPlan:
    rows = [row for row in sheet.rows if row.number > headings.rows[-1]]
    width = max([len(headings.columns), *(len(row.written) for row in rows)])
    above = [*headings.columns, *[Heading("")] * (width - len(headings.columns))]
    drafts = [_Draft(index, heading, rows) for index, heading in enumerate(above)]
    drafts = [draft for draft in drafts if draft.heading.text.strip() or draft.has_values]
    _settle_forms(drafts)
    for draft in drafts:
        draft.settle(saved)
    _settle_names(drafts, saved)
    _settle_twice(drafts)
    columns = tuple(draft.plan(is_single_byte=workbook.is_single_byte) for draft in drafts)
    return SheetPlan(
        name=sheet.name,
        is_read=False,
        is_hidden=sheet.is_hidden,
        heading_rows=headings.rows,
        rows=len(rows),
        columns=columns,
        filled=tuple(map(str, sheet.filled[:50])),
    )


class _Draft:
    """A column while it is being worked out."""

    def __init__(self, index: int, heading: Heading, rows: Sequence[Row]) -> None:
        self.index, self.heading = index, heading
        texts = (row.raw(index) for row in rows)
        self.values = list(dict.fromkeys(text for text in texts if text.strip()))
        self.has_values = bool(self.values)
        self.sample = sampled(self.values)
        self.charset: Charset | None = form_of_column(self.sample, heading.text)
        self.holds: Holds | None = None
        self.sure: Sure = "unknown"
        self.may_hold: tuple[Column, ...] = ()
        self.shown = ""

    def settle(self, saved: Mapping[str, str]) -> None:
        """Decide what the column holds: as saved, else by its heading, else it stays open."""
        found, form = understood(self.heading.text, self.heading.group, self.charset)
        if not found and self.charset and not self.heading.text.isascii():
            # A heading that nobody knows is shown as the cells below it are.
            form = form_by_another([self.heading.text], self.charset)
        self.shown = shown_heading(self.heading, form)
        if (said := saved_value(saved, self.shown)) is not None and self.shown:
            self.holds, self.sure = said, "saved"
        elif len(found) == 1:
            self.holds, self.sure = found[0], "known"
            self._doubt()
        elif found:
            self.holds, self.sure = self._by_cells(found)
            self.may_hold = found

    def _doubt(self) -> None:
        """A column of keys that look like identity numbers is not taken for one."""
        values = [text.strip() for text in self.values[:_LOOKED_AT]]
        if self.holds is Column.KEY and values and all(map(_IDENTITY.fullmatch, values)):
            self.holds, self.sure = Column.PRIVATE, "unsure"
            self.may_hold = (Column.PRIVATE, Column.KEY)

    def _by_cells(self, found: tuple[Column, ...]) -> tuple[Holds, Sure]:
        """Cells that are titles, and nothing else, tell a rank from a post."""
        titled = {Column.RANK, Column.TITLES} & set(found)
        looked_at = [cleaned(self.decoded(text)) for text in self.values[:_LOOKED_AT]]
        if Column.POSITION in found and titled and looked_at:
            titles = sum(bool(t) and not rest for t, rest in map(split_titles, looked_at))
            if titles == len(looked_at):
                return Column.TITLES, "known"
            if titles == 0:
                return Column.POSITION, "known"
        return found[0], "unsure"

    def decoded(self, text: str) -> str:
        return decode(text, self.charset) if self.charset else text

    def plan(self, *, is_single_byte: bool) -> ColumnPlan:
        """The column as it is shown."""
        is_foreign = bool(self.sample)
        needs_look = is_foreign and (self.charset is not None or is_single_byte)
        return ColumnPlan(
            index=self.index,
            heading=self.shown,
            holds=self.holds,
            sure=self.sure,
            may_hold=self.may_hold,
            charset=self.charset,
            needs_look=needs_look,
            samples=tuple(self._samples()),
        )

    def _samples(self) -> list[Sample]:
        if self.holds is Column.PRIVATE or self.holds in _CONTACTS:
            return []
        mask = masked_birth if self.holds in _BIRTHS else masked
        # Where a form is to be confirmed, cells that it changes say more than others.
        changed = [text for text in self.sample if self.decoded(text) != text]
        chosen = list(dict.fromkeys([*changed[:_SAMPLES], *self.values[:_SAMPLES]]))[:_SAMPLES]
        return [
            Sample(before=mask(text), after=mask(cleaned(self.decoded(text)))) for text in chosen
        ]


def _settle_forms(drafts: Sequence[_Draft]) -> None:
    """Columns of few words are written in the form of the others, where that fits."""
    forms = Counter(draft.charset for draft in drafts if draft.charset)
    if not forms:
        return
    usual = forms.most_common(1)[0][0]
    for draft in drafts:
        if draft.charset is None and draft.sample:
            draft.charset = form_by_another(draft.sample, usual)


def _settle_names(drafts: Sequence[_Draft], saved: Mapping[str, str]) -> None:
    """Names in several columns: what "Tên" heads there, and a heading above two columns."""
    holders = [draft for draft in drafts if draft.holds is Column.NAME and draft.sure == "known"]
    if any(draft.holds in _NAME_PARTS for draft in drafts):
        for draft in holders:
            if saved_value(saved, draft.shown) is None:
                draft.holds = Column.GIVEN
    elif len(holders) == 2 and holders[0].index + 1 == holders[1].index:
        first, second = holders
        if first.shown == second.shown:
            first.holds, second.holds = Column.FAMILY_AND_MIDDLE, Column.GIVEN
            first.sure = second.sure = "unsure"


def _settle_twice(drafts: Sequence[_Draft]) -> None:
    """Two columns that would both hold what a person has once: neither is sure."""
    for column in Column:
        claims = [draft for draft in drafts if draft.holds is column]
        guessed = [draft for draft in claims if draft.sure == "known"]
        if len(claims) > 1 and column not in LIST_COLUMNS:
            for draft in guessed:
                draft.sure, draft.may_hold = "unsure", (column,)
