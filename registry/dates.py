"""Dates that know their precision: a year, a month or a day."""

import re
from calendar import monthrange
from typing import Annotated

from pydantic import AfterValidator

_PARTIAL = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


def check_partial_date(text: str) -> str:
    """Accept YYYY, YYYY-MM or YYYY-MM-DD that exists in the calendar.

    The text form keeps the precision of the source and still sorts by time.
    """
    match = _PARTIAL.fullmatch(text)
    if match is None:
        raise ValueError("expected a date as YYYY, YYYY-MM or YYYY-MM-DD")
    year, month, day = (int(part) if part else None for part in match.groups())
    if year is None or not 1900 <= year <= 2100:
        raise ValueError("expected a year between 1900 and 2100")
    if month is not None and not 1 <= month <= 12:
        raise ValueError("expected a month between 01 and 12")
    if month is not None and day is not None and not 1 <= day <= monthrange(year, month)[1]:
        raise ValueError("expected a day that this month has")
    return text


PartialDate = Annotated[str, AfterValidator(check_partial_date)]


def year_of(date: str | None) -> int | None:
    """The year of a partial date."""
    return int(date[:4]) if date else None
