"""When a profile was last confirmed, and whether its person can be reached."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.experts.freshness import (
    Band,
    Event,
    EventKind,
    Freshness,
    Reachability,
    band,
    freshness,
)

NOW = datetime(2026, 11, 25, 3, tzinfo=UTC)
SECOND = timedelta(seconds=1)
KINDS: tuple[EventKind, ...] = get_args(EventKind)

event_lists = st.lists(
    st.builds(
        lambda kind, days: Event(kind, NOW - timedelta(days=days)),
        st.sampled_from(KINDS),
        st.integers(-5, 500),
    ),
    max_size=8,
)


def _ago(kind: EventKind, days: float) -> Event:
    return Event(kind, NOW - timedelta(days=days))


def _reached(*events: Event) -> Reachability:
    return freshness(events, NOW).reachability


def test_the_latest_event_of_each_kind_is_kept() -> None:
    events = [_ago("confirmed", 9), _ago("confirmed", 20), _ago("replied", 3), _ago("bounced", 40)]

    assert freshness(events, NOW) == Freshness(
        confirmed_at=NOW - timedelta(days=9),
        replied_at=NOW - timedelta(days=3),
        bounced_at=NOW - timedelta(days=40),
        reachability="reachable",
    )


def test_nothing_known_is_unknown() -> None:
    assert freshness([], NOW) == Freshness(None, None, None, "unknown")


def test_a_bounce_after_the_last_reply_counts_however_recent_the_reply() -> None:
    assert _reached(_ago("replied", 3), _ago("bounced", 2)) == "bounced"
    assert _reached(_ago("bounced", 3), _ago("replied", 2)) == "reachable"


def test_a_bounce_is_undone_by_what_the_person_does_not_by_writing_again() -> None:
    assert _reached(_ago("bounced", 50), _ago("sent", 40)) == "bounced"
    assert _reached(_ago("bounced", 50), _ago("confirmed", 40)) == "unknown"


def test_a_reply_holds_for_365_days() -> None:
    last = Event("replied", NOW - timedelta(days=365))
    beyond = Event("replied", NOW - timedelta(days=365) - SECOND)

    assert _reached(last) == "reachable"
    assert _reached(beyond) == "unknown"


def test_confirming_a_profile_is_no_reply() -> None:
    assert _reached(_ago("confirmed", 1)) == "unknown"


def test_a_message_is_unanswered_after_30_days_of_silence() -> None:
    just = Event("sent", NOW - timedelta(days=30))
    not_yet = Event("sent", NOW - timedelta(days=30) + SECOND)

    assert _reached(just) == "unanswered"
    assert _reached(not_yet) == "unknown"


def test_writing_again_does_not_start_the_month_anew() -> None:
    assert _reached(_ago("sent", 40), _ago("sent", 5)) == "unanswered"


@pytest.mark.parametrize("kind", ["replied", "confirmed"])
def test_what_the_person_did_after_a_message_answers_it(kind: EventKind) -> None:
    assert _reached(_ago("sent", 500), _ago(kind, 450), _ago("sent", 10)) == "unknown"
    assert _reached(_ago("sent", 500), _ago(kind, 450), _ago("sent", 40)) == "unanswered"


def test_a_recent_reply_outweighs_a_later_message_without_one() -> None:
    assert _reached(_ago("replied", 100), _ago("sent", 40)) == "reachable"
    assert _reached(_ago("replied", 400), _ago("sent", 40)) == "unanswered"


@given(event_lists, st.data())
def test_the_order_in_which_events_are_told_changes_nothing(
    events: list[Event], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(events))

    assert freshness(shuffled, NOW) == freshness(events, NOW)


@given(event_lists)
def test_what_comes_later_does_not_count(events: list[Event]) -> None:
    past = [event for event in events if event.at <= NOW]

    assert freshness(events, NOW) == freshness(past, NOW)


@given(event_lists)
def test_a_reply_just_now_makes_anybody_reachable(events: list[Event]) -> None:
    assert freshness([*events, Event("replied", NOW)], NOW).reachability == "reachable"


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(0), "year"),
        (timedelta(days=365), "year"),
        (timedelta(days=365) + SECOND, "two_years"),
        (timedelta(days=730), "two_years"),
        (timedelta(days=730) + SECOND, "older"),
    ],
)
def test_the_band_of_a_confirmation_is_its_age_in_years(age: timedelta, expected: Band) -> None:
    assert band(NOW - age, NOW) == expected


def test_a_profile_never_confirmed_has_a_band_of_its_own() -> None:
    assert band(None, NOW) == "never"
