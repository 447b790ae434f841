"""Waiting after failed sign-ins: how long, and counted by what."""

from datetime import UTC, datetime, timedelta

import pytest

from registry.access.throttle import LIMITS, Failures, Kind, Limit, network_of, opens_at

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
LIMIT = Limit(3, timedelta(seconds=10), timedelta(seconds=60), timedelta(days=1))


@pytest.mark.parametrize(
    ("count", "seconds"), [(3, 10), (4, 20), (5, 40), (6, 60), (7, 60), (10_000, 60)]
)
def test_each_failure_doubles_the_wait_up_to_the_longest(count: int, seconds: int) -> None:
    assert opens_at(Failures(count, NOW), LIMIT) == NOW + timedelta(seconds=seconds)


def test_the_first_failures_are_free() -> None:
    assert opens_at(Failures(2, NOW), LIMIT) is None
    assert opens_at(Failures(0, None), LIMIT) is None


def test_no_limit_of_signing_in_makes_anybody_wait_for_more_than_an_hour() -> None:
    assert set(LIMITS) == set(Kind)
    waits = {kind: limit.longest_wait for kind, limit in LIMITS.items()}
    # Names are given by somebody who has signed in, and who can do all else meanwhile.
    assert waits.pop(Kind.NAMING) == timedelta(days=1)
    assert max(waits.values()) <= timedelta(hours=1)


def test_of_names_that_cannot_be_used_ten_are_free_in_a_day() -> None:
    limit = LIMITS[Kind.NAMING]

    assert opens_at(Failures(9, NOW), limit) is None
    assert opens_at(Failures(10, NOW), limit) == NOW + timedelta(days=1)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2ff:3::4", "2001:db8:1:200::/56"),
        ("fe80::1%eth0", "fe80::/56"),
        ("testclient", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_failures_are_counted_by_the_network_of_an_address(
    address: str | None, network: str
) -> None:
    assert network_of(address) == network


def test_neighbours_share_a_network_and_others_do_not() -> None:
    assert network_of("203.0.113.1") == network_of("203.0.113.254")
    assert network_of("203.0.113.1") != network_of("203.0.114.1")
    assert network_of("2001:db8:1:200::1") == network_of("2001:db8:1:2ff::1")
    assert network_of("2001:db8:1:200::1") != network_of("2001:db8:1:300::1")
