"""Deadlines of the law on personal data, over Vietnamese holidays and time zones."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import InvalidInputError
from registry.rights.deadlines import (
    VIETNAM,
    RequestKind,
    breach_notice_due,
    days_to_act,
    deadlines,
    extend,
    is_working_day,
)

WEDNESDAY = datetime(2026, 11, 25, 10, tzinfo=VIETNAM)
NAIVE = datetime(2026, 11, 25, 10)  # noqa: DTZ001

moments = st.datetimes(
    datetime(2026, 1, 1),  # noqa: DTZ001
    datetime(2035, 12, 31),  # noqa: DTZ001
    timezones=st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours))),
)
kinds = st.sampled_from(RequestKind)


def _last_second(year: int, month: int, day: int) -> datetime:
    """The end of a day in Vietnam, in UTC."""
    return datetime(year, month, day, 16, 59, 59, tzinfo=UTC)


def _answer_by(*received: int) -> date:
    moment = datetime(*received, tzinfo=VIETNAM)  # type: ignore[misc, arg-type]
    return deadlines(RequestKind.VIEW, moment, False).answer_by.astimezone(VIETNAM).date()


@pytest.mark.parametrize(
    ("kind", "alone", "through_third_party"),
    [
        ("view", 10, 15),
        ("correct", 10, 15),
        ("copy", 10, 15),
        ("withdraw", 15, 20),
        ("restrict", 15, 20),
        ("object", 15, 20),
        ("delete", 20, 30),
        ("complain", 15, 15),
    ],
)
def test_each_kind_of_request_has_its_days_to_act(
    kind: str, alone: int, through_third_party: int
) -> None:
    assert days_to_act(RequestKind(kind), False) == alone
    assert days_to_act(RequestKind(kind), True) == through_third_party


def test_days_run_to_the_end_of_the_day_in_vietnam_and_the_day_of_receipt_is_not_counted() -> None:
    found = deadlines(RequestKind.VIEW, WEDNESDAY, False)

    assert found.answer_by == _last_second(2026, 11, 27)
    assert found.act_by == _last_second(2026, 12, 5)
    assert found.latest == _last_second(2026, 12, 15)


def test_a_third_party_gives_more_days_to_act_and_none_to_answer() -> None:
    found = deadlines(RequestKind.DELETE, WEDNESDAY, True)

    assert found.answer_by == _last_second(2026, 11, 27)
    assert found.act_by == _last_second(2026, 12, 25)
    assert found.latest == _last_second(2027, 1, 24)


def test_the_answer_waits_over_a_weekend() -> None:
    assert _answer_by(2026, 11, 26, 10) == date(2026, 11, 30)
    assert _answer_by(2026, 11, 27, 10) == date(2026, 12, 1)


def test_a_day_begins_at_midnight_in_vietnam_whatever_the_zone_of_the_moment() -> None:
    thursday_there = datetime(2026, 11, 26, 16, 59, 59, tzinfo=UTC)
    friday_there = datetime(2026, 11, 26, 17, tzinfo=UTC)

    before = deadlines(RequestKind.VIEW, thursday_there, False)
    after = deadlines(RequestKind.VIEW, friday_there, False)

    assert before.answer_by == _last_second(2026, 11, 30)
    assert after.answer_by == _last_second(2026, 12, 1)
    assert before.act_by == _last_second(2026, 12, 6)
    assert after.act_by == _last_second(2026, 12, 7)


def test_friday_evening_in_utc_is_saturday_in_vietnam() -> None:
    found = deadlines(RequestKind.VIEW, datetime(2026, 11, 27, 18, tzinfo=UTC), False)

    assert found.answer_by == _last_second(2026, 12, 1)
    assert found.act_by == _last_second(2026, 12, 8)


def test_the_answer_waits_over_tet_2027() -> None:
    # Off from Thursday 4 to Wednesday 10 February.
    assert _answer_by(2027, 2, 1, 10) == date(2027, 2, 3)
    assert _answer_by(2027, 2, 2, 10) == date(2027, 2, 11)
    assert _answer_by(2027, 2, 6, 10) == date(2027, 2, 12)


def test_the_answer_waits_over_30_april_and_1_may_and_the_day_off_for_it() -> None:
    # In 2027 the first of May is a Saturday, so that Monday the third is off.
    assert _answer_by(2027, 4, 28, 10) == date(2027, 5, 4)
    assert _answer_by(2027, 4, 29, 10) == date(2027, 5, 5)


def test_the_answer_waits_over_2_september() -> None:
    assert _answer_by(2027, 9, 1, 10) == date(2027, 9, 7)
    assert _answer_by(2027, 8, 31, 10) == date(2027, 9, 6)


def test_a_saturday_worked_in_exchange_for_a_day_off_counts() -> None:
    # 22 August 2026 is worked for Monday the 31st; the next Saturday is not.
    assert _answer_by(2026, 8, 21, 10) == date(2026, 8, 24)
    assert _answer_by(2026, 8, 28, 10) == date(2026, 9, 4)


def test_days_to_act_are_calendar_days_over_holidays_too() -> None:
    received = datetime(2027, 2, 2, 10, tzinfo=VIETNAM)

    assert deadlines(RequestKind.VIEW, received, False).act_by == _last_second(2027, 2, 12)


@given(moments, kinds, st.booleans())
def test_exactly_two_working_days_lie_between_receipt_and_answer(
    moment: datetime, kind: RequestKind, through: bool
) -> None:
    answer_on = deadlines(kind, moment, through).answer_by.astimezone(VIETNAM).date()

    received_on = moment.astimezone(VIETNAM).date()
    between = [received_on + timedelta(days=n) for n in range(1, (answer_on - received_on).days)]
    assert is_working_day(answer_on)
    assert sum(map(is_working_day, between)) == 1


@given(moments, moments, kinds, st.booleans())
def test_who_asks_earlier_waits_no_longer(
    one: datetime, other: datetime, kind: RequestKind, through: bool
) -> None:
    first, second = (deadlines(kind, moment, through) for moment in sorted((one, other)))

    assert first.answer_by <= second.answer_by
    assert first.act_by <= second.act_by
    assert first.latest <= second.latest


@given(moments, kinds, st.booleans())
def test_the_longest_extension_ends_at_the_latest_moment_and_none_beyond(
    moment: datetime, kind: RequestKind, through: bool
) -> None:
    found = deadlines(kind, moment, through)
    most = days_to_act(kind, through)

    longest = extend(kind, found.act_by, most, through, already_extended=False)

    assert longest == found.latest
    with pytest.raises(InvalidInputError):
        extend(kind, found.act_by, most + 1, through, already_extended=False)


def test_an_extension_of_one_day_is_the_shortest() -> None:
    act_by = _last_second(2026, 12, 5)

    extended = extend(RequestKind.VIEW, act_by, 1, False, already_extended=False)

    assert extended == _last_second(2026, 12, 6)


@pytest.mark.parametrize("days", [0, -1, 11])
def test_an_extension_is_neither_empty_nor_negative_nor_longer_than_the_first_span(
    days: int,
) -> None:
    with pytest.raises(InvalidInputError, match="expected 1 to 10"):
        extend(RequestKind.VIEW, _last_second(2026, 12, 5), days, False, already_extended=False)


def test_a_request_is_not_extended_twice() -> None:
    with pytest.raises(InvalidInputError, match="no second time"):
        extend(RequestKind.VIEW, _last_second(2026, 12, 5), 1, False, already_extended=True)


def test_a_breach_is_told_within_72_hours_over_a_weekend_too() -> None:
    friday = datetime(2026, 11, 27, 18, 30, tzinfo=VIETNAM)

    due = breach_notice_due(friday)

    assert due == datetime(2026, 11, 30, 18, 30, tzinfo=VIETNAM)
    assert due.utcoffset() == timedelta(0)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="time zone"):
        deadlines(RequestKind.VIEW, NAIVE, False)
    with pytest.raises(InvalidInputError, match="time zone"):
        extend(RequestKind.VIEW, NAIVE, 1, False, already_extended=False)
    with pytest.raises(InvalidInputError, match="time zone"):
        breach_notice_due(NAIVE)
