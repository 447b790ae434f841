"""Partial dates: whatever is accepted is a real date in one form, and its text sorts by time."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from registry.dates import check_partial_date, year_of
from registry.experts.schemas import StatementDraft
from tests.factories import said

DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))
LENGTHS = st.sampled_from((4, 7, 10))
PARTIAL = st.builds(lambda day, length: day.isoformat()[:length], DAYS, LENGTHS)
DIGITS = st.text(st.sampled_from("0123456789-\n ２٣०"), max_size=11)
NEARLY = st.builds(lambda text, end: text + end, PARTIAL, st.sampled_from("\n \t-0T٣"))


def _first_day(text: str) -> date:
    return date.fromisoformat(text + "0000-01-01"[len(text) :])


def _last_day(text: str) -> date:
    if len(text) == 10:
        return date.fromisoformat(text)
    if len(text) == 4:
        return date(int(text), 12, 31)
    return (_first_day(text).replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _is_accepted(text: str) -> bool:
    try:
        return check_partial_date(text) == text
    except ValueError:
        return False


@given(PARTIAL)
def test_every_year_month_and_day_of_the_calendar_is_accepted_as_it_is(text: str) -> None:
    assert check_partial_date(text) == text
    assert year_of(text) == _first_day(text).year


@given(st.one_of(PARTIAL, NEARLY, DIGITS, st.text(max_size=12)))
def test_whatever_is_accepted_is_a_real_date_in_ascii(text: str) -> None:
    if _is_accepted(text):
        assert text.isascii()
        assert len(text) in {4, 7, 10}
        assert text[:4].isdecimal()
        assert 1900 <= _first_day(text).year <= 2100


@given(st.integers(0, 9999), st.integers(0, 99), st.integers(0, 99))
@example(1900, 2, 29)
@example(2000, 2, 29)
@example(2100, 2, 29)
@example(2024, 0, 1)
def test_numbers_are_accepted_where_the_calendar_has_them(year: int, month: int, day: int) -> None:
    try:
        is_real = 1900 <= date(year, month, day).year <= 2100
    except ValueError:
        is_real = False

    assert _is_accepted(f"{year:04}-{month:02}-{day:02}") is is_real
    assert _is_accepted(f"{year:04}-{month:02}") is (1900 <= year <= 2100 and 1 <= month <= 12)


@given(NEARLY)
def test_nothing_may_follow_a_date(text: str) -> None:
    assert not _is_accepted(text)


@pytest.mark.parametrize("text", ["2024\n", "2024-05\n", "２０２４", "٢٠٢٤", "2024-०5", ""])
def test_line_ends_and_digits_of_other_scripts_are_refused(text: str) -> None:
    assert _is_accepted("2024-05")

    with pytest.raises(ValueError, match="YYYY"):
        check_partial_date(text)


@given(PARTIAL, PARTIAL)
def test_the_order_of_texts_is_the_order_of_time(one: str, other: str) -> None:
    if one < other:
        assert _first_day(one) <= _first_day(other)
    if _last_day(one) < _first_day(other):
        assert one < other


@given(PARTIAL, PARTIAL)
@example("2020-05", "2020-04-30")
@example("2020-05-31", "2020-05")
@example("2020-05", "2020")
@example("2020", "2020-01-01")
def test_a_statement_is_refused_where_its_end_lies_wholly_before_its_start(
    start: str, end: str
) -> None:
    award = {"title": {"vi": "Giải thưởng bịa"}}

    if _last_day(end) < _first_day(start):
        with pytest.raises(ValidationError, match="the end lies before the start"):
            said("award", award, started_on=start, ended_on=end)
    else:
        made = said("award", award, started_on=start, ended_on=end)
        assert (made.started_on, made.ended_on) == (start, end)


@given(st.one_of(NEARLY, DIGITS))
def test_a_statement_takes_no_date_that_the_check_refuses(text: str) -> None:
    fields = {"property": "award", "value": {"title": {"vi": "Giải thưởng bịa"}}}
    if _is_accepted(text):
        assert re.fullmatch("[0-9-]+", text)
        return

    with pytest.raises(ValidationError, match="expected a"):
        StatementDraft.model_validate({**fields, "ended_on": text})
