"""By when a request about personal data must be answered and carried out. Pure.

Days are counted in Vietnamese time, whatever zone a moment comes in, and a deadline is the last
second of its day there, given in UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from functools import cache
from typing import Final

from holidays import HolidayBase, country_holidays

from registry.errors import InvalidInputError

# Vietnam has no summer time, so that a fixed offset needs no zone database.
VIETNAM: Final = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")

ANSWER_WORKING_DAYS: Final = 2
BREACH_NOTICE_HOURS: Final = 72


class RequestKind(StrEnum):
    """What a person may ask for (Law 91/2025/QH15, Art 4)."""

    VIEW = "view"
    CORRECT = "correct"
    COPY = "copy"
    WITHDRAW = "withdraw"
    RESTRICT = "restrict"
    OBJECT = "object"
    DELETE = "delete"
    COMPLAIN = "complain"


# Days to act when the registry holds the data itself, and when it must go through a third party.
_DAYS: Final[Mapping[RequestKind, tuple[int, int]]] = {
    RequestKind.VIEW: (10, 15),
    RequestKind.CORRECT: (10, 15),
    RequestKind.COPY: (10, 15),
    RequestKind.WITHDRAW: (15, 20),
    RequestKind.RESTRICT: (15, 20),
    RequestKind.OBJECT: (15, 20),
    RequestKind.DELETE: (20, 30),
    # The decree names no time to settle a complaint: 15 days are the registry's own promise, and
    # a third party is no ground for more.
    RequestKind.COMPLAIN: (15, 15),
}


@dataclass(frozen=True)
class Deadlines:
    """Moments (aware, UTC) of one request.

    Args:
        answer_by: The person has been told that the request came and when it will be done.
        act_by: It is done.
        latest: It is done, with the one extension that the decree allows at its longest.
    """

    answer_by: datetime
    act_by: datetime
    latest: datetime


def deadlines(kind: RequestKind, received_at: datetime, through_third_party: bool) -> Deadlines:
    """By when a request must be answered, carried out, and carried out at the very latest.

    The day of receipt is not counted. The days to act are calendar days from receipt; unlike
    Civil Code Art 148.5 permits, they are not moved when they end on a day off: earlier is never
    late.

    Raises:
        InvalidInputError: `received_at` has no time zone.

    Source: Law 91/2025/QH15, Art 4, and Decree 356/2025/NĐ-CP, Art 5, both in force 1 January
    2026; counting of days: Civil Code 91/2015/QH13, Art 147 and 148, in force 1 January 2017.
    """
    received_on = _vietnamese_day(received_at)
    days = timedelta(days=days_to_act(kind, through_third_party))
    return Deadlines(
        answer_by=_end_of(_after_working_days(received_on, ANSWER_WORKING_DAYS)),
        act_by=_end_of(received_on + days),
        latest=_end_of(received_on + 2 * days),
    )


def days_to_act(kind: RequestKind, through_third_party: bool) -> int:
    """Calendar days to carry out a request; one extension may add as many at most.

    Source: Decree 356/2025/NĐ-CP, Art 5, in force 1 January 2026.
    """
    return _DAYS[kind][through_third_party]


def extend(
    kind: RequestKind,
    act_by: datetime,
    days: int,
    through_third_party: bool,
    *,
    already_extended: bool,
) -> datetime:
    """The new moment to act by, in UTC.

    Args:
        act_by: As `deadlines` gave it.
        days: Calendar days to add: 1 up to `days_to_act`.
        already_extended: Whether this request has been extended before.

    Raises:
        InvalidInputError: A second extension, less than a day, more than the first span, or
            `act_by` without a time zone.

    Source: Decree 356/2025/NĐ-CP, Art 5, in force 1 January 2026.
    """
    if already_extended:
        raise InvalidInputError("this request was extended once; the law allows no second time")
    most = days_to_act(kind, through_third_party)
    if not 1 <= days <= most:
        raise InvalidInputError(f"cannot extend by {days} days; expected 1 to {most}")
    return _end_of(_vietnamese_day(act_by) + timedelta(days=days))


def breach_notice_due(found_at: datetime) -> datetime:
    """When the authority must have been told of a breach: 72 hours later, days off included.

    Raises:
        InvalidInputError: `found_at` has no time zone.

    Source: Law 91/2025/QH15, Art 23, in force 1 January 2026.
    """
    return _aware(found_at).astimezone(UTC) + timedelta(hours=BREACH_NOTICE_HOURS)


def is_working_day(day: date) -> bool:
    """Whether offices work in Vietnam: Monday to Friday without public holidays and their days off.

    A Saturday that the government swaps for a day off counts as worked, which makes a deadline
    earlier, never later. Swaps and the exact days of Tết are set year by year: for years that the
    `holidays` package does not know yet, it gives the usual days.
    """
    return _calendar(day.year).is_working_day(day)


@cache
def _calendar(year: int) -> HolidayBase:
    # Without `expand=False` a look-up could change the calendar while another thread reads it.
    return country_holidays("VN", years=year, expand=False)


def _after_working_days(day: date, count: int) -> date:
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def _vietnamese_day(moment: datetime) -> date:
    return _aware(moment).astimezone(VIETNAM).date()


def _aware(moment: datetime) -> datetime:
    # A naive moment would silently be read in the zone of the machine.
    if moment.utcoffset() is None:
        raise InvalidInputError("this moment has no time zone; expected one, such as +07:00 or Z")
    return moment


def _end_of(day: date) -> datetime:
    # 24:00 would be shown as the next day.
    return datetime.combine(day, time(23, 59, 59), VIETNAM).astimezone(UTC)
