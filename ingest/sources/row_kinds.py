"""Rows of a list that are no people: headings again, totals, sections, signatures. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from ingest.sources.table_rows import Row
from registry.text import fold

__all__ = ["RowSorter"]

_TOTAL: Final = re.compile(
    r"(?:tong(?: cong| so)?(?:\s*[:=(\d].*)?|tong (?:cong|so)\b.*|cong(?:\s*[:=]\s*.*)?|"
    r"(?:grand )?total\b.*|subtotal\b.*|(?:danh sach|bang) nay (?:gom|co)\b.*|"
    r"danh sach (?:gom|co) .*|an dinh danh sach\b.*)"
)
_FOOTER: Final = re.compile(
    r"(?:nguoi lap(?: bieu| bang| danh sach)?|nguoi tong hop|thu truong(?: don vi| co quan)?|"
    r"noi nhan|xac nhan(?: cua)?.*|ky ten.*|\(?ky(?:,| va| ten).*|\(?da ky\)?|tm\. .*|kt\. .*|"
    r"tl\. .*|phu trach don vi|truong phong.*to chuc.*|nguon\s*:.*|source\s*:.*|note[s]?\s*:.*|"
    r"ghi chu\s*:.*|\(?\*+\)?\s.*|prepared by.*|signature.*|"
    # Where and when it was signed: a date alone is one of birth.
    r"[^\d,]{2,40},\s*ngay\b.*\bthang\b.*|ngay[\s.…_]*thang\b.*)"
)
_SECTION_MARK: Final = re.compile(r"(?:[ivxlcdm]+|[a-zđ])[.)/]?")
# "B. Khối trường", and not "V. Nguyen", who has an initial.
_SECTION: Final = re.compile(
    r"(?:[ivxlc]+|[a-zđ])\s*[.)/:–-]\s*(?:khoi|nhom|ban|vien|truong|bo|so|don vi|cac|tinh|linh vuc|"
    r"nganh|hoi|co quan|trong nuoc|ngoai nuoc|chuyen gia|nha khoa hoc|group|section|part)\b.*"
)
_COLUMN_NUMBER: Final = re.compile(r"\(?(\d{1,3}|[a-zA-Z])\)?")


def _folded(text: str) -> str:
    return fold(" ".join(text.split()))


class RowSorter:
    """Tells the rows that are no people, one after the other.

    Args:
        headings: The texts of the headings as they were written, by column; of joined rows both.
        names: The columns (from 0) that hold names.
        number: The column of running numbers, where there is one.
        spanning: Rows in which one merged cell covers the columns of names and others.
    """

    def __init__(
        self,
        headings: Sequence[Sequence[str]],
        names: Sequence[int],
        number: int | None,
        columns: int,
        spanning: frozenset[int] = frozenset(),
    ) -> None:
        self._headings = [
            {place: _folded(text) for place, text in enumerate(row) if text.strip()}
            for row in headings
        ]
        self._names, self._number, self._columns = list(names), number, columns
        self._spanning = spanning
        self._is_after_end = False
        self._usual = 0

    def reason(self, row: Row) -> str | None:
        """Why a row is no person, in words for a note; None when it should be one."""
        texts = {
            place: text for place in range(len(row.written)) if (text := row.raw(place).strip())
        }
        if not texts:
            return "empty"
        if self._are_headings(texts):
            return "headings again"
        if len(texts) > 2 and self._are_column_numbers(texts):
            return "numbers of columns"
        named = [place for place in self._names if place in texts]
        beside = [p for p in texts if p not in self._names and p != self._number]
        if self._is_end(texts, named, beside):
            return "a total or the end of the list"
        if self._is_section(row, texts, named, beside):
            return "a title within the list"
        if self._is_after_end and not self._is_like_others(texts, named):
            return "a total or the end of the list"
        self._usual = max(self._usual, len(texts))
        return None

    def _are_headings(self, texts: dict[int, str]) -> bool:
        # Folding takes time: in headings again, the first cell or the name is one.
        likely = {min(texts), *(place for place in self._names if place in texts)}
        if not any(
            headings.get(place) == _folded(texts[place])
            for headings in self._headings
            for place in likely
        ):
            return False
        folded = {place: _folded(text) for place, text in texts.items()}
        least = 1 if self._columns == 1 else 2
        for headings in self._headings:
            same = sum(headings.get(place) == text for place, text in folded.items())
            if same >= least and same * 2 >= len(folded):
                return True
        return False

    def _are_column_numbers(self, texts: dict[int, str]) -> bool:
        """Whether the cells count the columns: 1 2 3, (1) (2) (3), or A B 1 2."""
        found = [_COLUMN_NUMBER.fullmatch(texts[place]) for place in sorted(texts)]
        if not all(found):
            return False
        values = [match[1].lower() for match in found if match]
        numbers = [int(value) for value in values if value.isdigit()]
        return len(set(values)) == len(values) and numbers == sorted(numbers) and bool(numbers)

    def _is_end(self, texts: dict[int, str], named: list[int], beside: list[int]) -> bool:
        first = _folded(texts[min(texts)])
        name = _folded(texts[named[0]]) if named else ""
        is_total = _TOTAL.fullmatch(first) or (name and _TOTAL.fullmatch(name))
        # What ends a list stands in few cells; a person may be called Công, and has other cells.
        few = texts.values() if len(texts) <= 3 else ()
        is_footer = any(_FOOTER.fullmatch(_folded(text)) for text in few)
        ends = is_total and (not named or _TOTAL.fullmatch(name)) and len(beside) <= 3
        signs = is_footer and (not named or _FOOTER.fullmatch(name) is not None)
        if ends or signs:
            self._is_after_end = True
        return bool(ends or signs)

    def _is_section(
        self, row: Row, texts: dict[int, str], named: list[int], beside: list[int]
    ) -> bool:
        if self._columns == 1:
            return False
        if len(texts) == 1:
            [(place, text)] = texts.items()
            if row.number in self._spanning or (named and _SECTION.fullmatch(_folded(text))):
                return True
            # Far to the right, a cell alone belongs to a person whose name is missing.
            is_left = not named and place <= min(self._names)
            return is_left and re.search(r"[^\W\d_]{2}", text) is not None
        # A list of numbers and names alone may count in Roman figures.
        marked = self._columns > 2 and self._number is not None and self._number in texts
        mark = fold(texts[self._number]) if marked and self._number is not None else ""
        return not beside and bool(mark) and _SECTION_MARK.fullmatch(mark) is not None

    def _is_like_others(self, texts: dict[int, str], named: list[int]) -> bool:
        if not named or (self._number is not None and self._number not in texts):
            return False
        return len(texts) * 2 >= self._usual
