"""Years, months and periods in Vietnamese and English words: 2015–nay, từ 2010 đến 2014. Pure."""

import re
from dataclasses import dataclass
from typing import Final

from registry.text import fold

__all__ = ["Period", "find_period", "folded", "years_in"]

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            *("jan january", "feb february", "mar march", "apr april", "may", "jun june"),
            *("jul july", "aug august", "sep sept september", "oct october"),
            *("nov november", "dec december"),
        ),
        start=1,
    )
    for name in names.split()
}
_NAMES: Final = "|".join(sorted(_MONTHS, key=len, reverse=True))
_YEAR: Final = r"(?:19|20)\d\d(?!\d)"


def _point(n: int) -> str:
    """One year with its month where it has one; the groups are numbered by `n`."""
    return (
        rf"(?:(?P<iy{n}>{_YEAR})-(?P<im{n}>0[1-9]|1[0-2])(?:-\d\d)?(?!\d)"
        rf"|(?:\d{{1,2}}\s+)?(?P<nm{n}>{_NAMES})\b\.?,?\s*(?:\d{{1,2}},\s*)?(?P<ny{n}>{_YEAR})"
        rf"|(?:(?:ngay\s+)?(?:\d{{1,2}}\s*[/.-]\s*)?(?:thang\s+)?(?P<m{n}>\d{{1,2}})"
        rf"\s*(?:[/.-]|,?\s+nam)\s*)?(?:nam\s+)?(?P<y{n}>{_YEAR}))"
    )


_NOW: Final = r"(?:hien nay|hien tai|nay|present|now|current|today|date|ongoing)(?!\w)"
_TO: Final = r"\s*(?:[-–—−→~]+|\bden\b|\btoi\b|\bto\b|\buntil\b|\btill\b)\s*"
_SINCE: Final = r"(?:\b(?:tu|from|since)\s+)"
_RANGE: Final = re.compile(
    rf"(?<![\d/.]){_SINCE}?{_point(1)}{_TO}(?:(?:den|to)\s+)?(?:{_point(2)}|(?P<now>{_NOW}))"
)
_OPEN: Final = re.compile(rf"{_SINCE}{_point(1)}(?:\s*(?:den|to|-|–)\s*{_NOW})?")
_POINT: Final = re.compile(rf"(?<![\d/.]){_point(1)}")
_ANY_YEAR: Final = re.compile(rf"(?<!\d){_YEAR}")


@dataclass(frozen=True)
class Period:
    """When something was; `start` alone is one year, or the begin of what has not ended.

    Args:
        is_point: One date, which may be of the begin or of the end.
        span: Where it stands in the text.
    """

    start: str
    end: str | None
    is_point: bool
    span: tuple[int, int]

    def without(self, text: str) -> str:
        """The text without the words of the period."""
        return f"{text[: self.span[0]]} {text[self.span[1] :]}"


def folded(text: str) -> str:
    """The text in lower case without marks, each letter at its place."""
    found = fold(text)
    if len(found) == len(text):
        return found
    # Letters that become two or none: each on its own, so that places stay.
    return "".join(f if len(f := fold(char)) == 1 else " " for char in text)


def years_in(text: str) -> list[str]:
    """All years of a text."""
    return _ANY_YEAR.findall(text)


def find_period(text: str) -> Period | None:
    """The first period of a text, else its first year."""
    words = folded(text)
    if match := _RANGE.search(words):
        start = _date(match, 1)
        end = None if match["now"] else _date(match, 2)
        return Period(start, end, is_point=False, span=match.span())
    if match := _OPEN.search(words):
        return Period(_date(match, 1), None, is_point=False, span=match.span())
    if match := _POINT.search(words):
        return Period(_date(match, 1), None, is_point=True, span=match.span())
    return None


def _date(match: re.Match[str], n: int) -> str:
    if year := match[f"iy{n}"]:
        return f"{year}-{match[f'im{n}']}"
    if year := match[f"ny{n}"]:
        return f"{year}-{_MONTHS[match[f'nm{n}']]:02}"
    year, month = match[f"y{n}"], int(match[f"m{n}"] or 0)
    return f"{year}-{month:02}" if 1 <= month <= 12 else year
