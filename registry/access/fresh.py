"""What a sign-in of a while ago is not enough for. Pure.

A browser may have been left open, or its session stolen. Whatever would outlive that session (a
token, another way to sign in, somebody else's access) needs a sign-in of the last minutes.
"""

from datetime import datetime, timedelta
from typing import Final

from registry.access import words
from registry.access.policy import Actor
from registry.errors import SignInTooOldError

FRESH: Final = timedelta(minutes=15)


def is_fresh(actor: Actor, now: datetime) -> bool:
    """Whether the actor has proved a moment ago who he is; at the command line he always has."""
    if actor.is_operator:
        return True
    return actor.signed_in_at is not None and now - actor.signed_in_at <= FRESH


def require_fresh(actor: Actor, now: datetime) -> None:
    """Let the act pass, or ask for a new sign-in.

    Raises:
        SignInTooOldError: The sign-in is too old, or a program acts with a token.
    """
    if not is_fresh(actor, now):
        by_token = actor.scopes is not None
        raise SignInTooOldError(words.NOT_BY_TOKEN if by_token else words.SIGN_IN_AGAIN)
