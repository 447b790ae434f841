"""Dates of birth in every form that lists write them in; only the year is taken. Pure."""

import re
from datetime import date, timedelta
from typing import Final

from ingest.sources.cell_errors import CellError
from registry.dates import check_partial_date
from registry.text import fold

__all__ = ["birth_year"]

_SEPARATED: Final = re.compile(
    r"(?:(?:(\d{1,2})\s*[/.\-\s]\s*)?(\d{1,2})\s*[/.\-\s]\s*)?(\d{4})(?:\s+00?:00(?::00)?)?"
)
_ISO: Final = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?(?:[t ]\d\d?:\d\d(?::\d\d)?.*)?")
# In words: ngày 19 tháng 5 năm 1975, tháng 5 năm 1975, năm 1975, 19 tháng 5, 1975.
_IN_WORDS: Final = re.compile(
    r"(?:(?:(?:ngay\s*)?(\d{1,2})\s*)?thang\s*(\d{1,2})[\s,]*)?(?:nam\s*)?(\d{4})"
)
_SAID: Final = re.compile(
    r"^(?:sinh\s+)?(?:(?:ngay|thang|nam)\s+(?=\d+[/.\-\s]*\d*[/.\-\s]*\d*$))?"
)
_MONTHS: Final = {
    **{"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6},
    **{"jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12},
}
_ENGLISH: Final = (
    re.compile(
        r"(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?[\s.-]+)?(?P<month>[a-z]{3,9})[\s.,-]+(?P<year>\d{4})"
    ),
    re.compile(r"(?P<month>[a-z]{3,9})[\s.]+(?P<day>\d{1,2})(?:st|nd|rd|th)?[\s,]+(?P<year>\d{4})"),
)
_SHORT_YEAR: Final = re.compile(r"(?:\d{1,2}\s*[/.\-]\s*){1,2}'?(\d{2})|'?(\d{2})")
# Days are counted from here, as sheets do that take 1900 for a leap year; or from 1904.
_COUNTED_FROM: Final = {False: date(1899, 12, 30), True: date(1904, 1, 1)}
# Below, a number is a year, or nothing at all: the day that it would count lies before 1910.
_FIRST_SERIAL: Final = 3_654
_LAST_SERIAL: Final = 80_000


def birth_year(text: str, latest: int, *, is_number: bool = False, is_1904: bool = False) -> int:
    """The year of a year, a month or a date: day first, ISO, or in words.

    Args:
        latest: No birth lies after this year.
        is_number: The cell is a number: beyond the years it counts days, as sheets do.
        is_1904: Its sheet counts them from 1904.

    Raises:
        CellError: No such date, or a year of two digits.
    """
    expected = f"a year from 1900 to {latest} or a date such as 19/5/1975"
    if is_number:
        text = _counted(text, is_1904=is_1904)
    plain = " ".join(_SAID.sub("", fold(text).strip(" .,;")).split())
    if short := _SHORT_YEAR.fullmatch(plain):
        years = short[1] or short[2]
        raise CellError(f"the year in four digits; {years} may be 19{years} or 20{years}")
    stated = _partial(plain)
    if stated is None:
        raise CellError(expected)
    try:
        if not 1900 <= int(stated[:4]) <= latest:
            raise CellError(expected)
        check_partial_date(stated)
    except ValueError as exc:
        raise CellError(expected) from exc
    return int(stated[:4])


def _counted(text: str, *, is_1904: bool) -> str:
    """The date that a number counts; another number as it is."""
    try:
        number = float(text)
    except ValueError:
        return text
    if not _FIRST_SERIAL <= number < _LAST_SERIAL:
        # 5.1975 may have been 05/1975, and 5.198 May of 1980: a sheet drops the zero.
        return text if number.is_integer() else ""
    return (_COUNTED_FROM[is_1904] + timedelta(days=int(number))).isoformat()


def _partial(plain: str) -> str | None:
    """YYYY, YYYY-MM or YYYY-MM-DD of a date in any known form; it may not exist."""
    if match := _ISO.fullmatch(plain):
        year, month, day = match.groups()
    elif match := _SEPARATED.fullmatch(plain) or _IN_WORDS.fullmatch(plain):
        day, month, year = match.groups()
    else:
        found = next((m for p in _ENGLISH if (m := p.fullmatch(plain))), None)
        number = _MONTHS.get(found["month"][:3]) if found else None
        if found is None or number is None:
            return None
        day, month, year = found["day"], str(number), found["year"]
    return "-".join(part.zfill(2) for part in (year, month, day) if part)
