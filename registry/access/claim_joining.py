"""Make an account with the link of an invitation, for somebody who has none to claim with."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from registry.access import (
    accounts,
    attempts,
    claim_texts,
    claims,
    links,
    passwords,
    signin,
    words,
)
from registry.access.holding import lock_expert
from registry.access.policy import Actor
from registry.access.signin import Browser, Opened
from registry.access.throttle import Kind
from registry.errors import InvalidInputError


@dataclass(frozen=True)
class Chosen:
    """How somebody wants to sign in from now on."""

    login: str
    display_name: str
    password: str
    again: str


def join_to_claim(
    session: Session,
    token: str,
    chosen: Chosen,
    browser: Browser,
    now: datetime,
    lasts: timedelta,
) -> Opened:
    """Make the one account that this link gives a right to, and sign it in; the link stays good.

    Names that are taken are counted in the session that is passed in, as when delegates are named,
    so callers end it normally: before what can fail, nothing else is written.

    The account holds no role: it can claim the profile, and nothing else.

    Raises:
        LinkUnusableError: The link cannot be used to claim a profile (any more).
        InvalidInputError: An account was made with it before, or a part cannot be used.
        TooManyAttemptsError: Too many names that are taken were asked for with this link.
    """
    link = links.open_link(session, token, now)
    # Of two who join by one link at once, the second sees what the first has done.
    lock_expert(session, claims.require_claimable(session, link))
    session.refresh(link)
    if link.account_id is not None:
        raise InvalidInputError(claim_texts.JOINED_ALREADY)
    if passwords.normalise(chosen.password) != passwords.normalise(chosen.again):
        raise InvalidInputError(words.PASSWORDS_DIFFER)
    # Nobody is signed in yet: who acts is whoever holds the link, and that is what is noted.
    holder = Actor(f"link:{link.id}", frozenset())
    # Before the name is looked at: whoever asks for one only to learn whether it is there pays.
    password = passwords.check_new(
        chosen.password, chosen.login.strip().lower(), chosen.display_name
    )
    counted = [attempts.bucket(session, Kind.NAMING, f"link:{link.id}")]
    attempts.admit(session, counted, now, words.TOO_MANY_NAMES)
    try:
        account = accounts.open_account(session, holder, chosen.login, chosen.display_name)
    except InvalidInputError as exc:
        if str(exc) == words.LOGIN_TAKEN:
            attempts.count_failure(session, counted, now)
        raise
    account.password_hash = passwords.hash_password(password)
    link.account_id = account.id
    session.flush()
    return signin.open_session(session, account, "link", browser, now, lasts)
