"""What needs a sign-in of the last minutes, and who is asked for it."""

from datetime import UTC, datetime, timedelta

import pytest

from registry.access.fresh import is_fresh, require_fresh
from registry.access.policy import Actor
from registry.errors import SignInTooOldError

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)


def _signed_in(ago: timedelta) -> Actor:
    return Actor("somebody", frozenset(), signed_in_at=NOW - ago)


def test_a_sign_in_is_fresh_for_fifteen_minutes() -> None:
    assert is_fresh(_signed_in(timedelta(minutes=15)), NOW)
    assert not is_fresh(_signed_in(timedelta(minutes=15, seconds=1)), NOW)


def test_an_operator_at_the_command_line_is_never_asked() -> None:
    require_fresh(Actor("operator:root", frozenset()), NOW)

    with pytest.raises(SignInTooOldError, match="Sign in again"):
        require_fresh(Actor("somebody", frozenset()), NOW)


def test_a_program_is_told_that_no_token_can_do_this() -> None:
    program = Actor("somebody", frozenset(), scopes=frozenset({"delegation:own"}))

    with pytest.raises(SignInTooOldError, match="with a token"):
        require_fresh(program, NOW)
