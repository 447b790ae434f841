"""What everybody does with an account of his own: name, language, password, one-time codes."""

from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access import links, passwords, repository, signin, totp, words
from registry.access.fresh import is_fresh, require_fresh
from registry.access.models import Account
from registry.access.policy import Actor, require
from registry.access.signin import Browser
from registry.audit import service as audit
from registry.errors import InvalidInputError
from registry.text import clean

LANGUAGES: Final = frozenset({"vi", "en"})
_LONGEST_NAME: Final = 100


def check_display_name(text: str) -> str:
    """A name that may be shown, in its one form.

    Raises:
        InvalidInputError: Empty or too long.
    """
    name = clean(text)
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise InvalidInputError(words.NAME_WRONG)
    return name


def update(session: Session, actor: Actor, display_name: str, language: str) -> Account:
    """Change the name that is shown and the language of pages after signing in.

    Raises:
        InvalidInputError: A wrong name or language.
    """
    account = _own(session, actor)
    name = check_display_name(display_name)
    if language not in LANGUAGES:
        raise InvalidInputError(words.LANGUAGE_WRONG)
    account.display_name, account.language = name, language
    session.flush()
    audit.record(session, actor, "account:update")
    return account


def change_password(
    session: Session,
    actor: Actor,
    session_id: UUID,
    current: str,
    new: str,
    browser: Browser,
    now: datetime,
) -> None:
    """Set a new password, or the first one; all other sessions, all tokens and links end.

    Args:
        session_id: The session that goes on.
        current: Not looked at where there is no password; then the sign-in must be recent.

    Raises:
        InvalidInputError: The new password may not be set.
        SignInTooOldError: The first one is set, and he signed in a while ago.
        SignInFailedError, TooManyAttemptsError: As `signin.check_password` does.
    """
    account = _own(session, actor)
    if account.password_hash is not None:
        _check(session, account, current, browser, now)
    else:
        # A first password is set without an old one, so the sign-in must be as good as that.
        require_fresh(actor, now)
    chosen = passwords.check_new(new, account.login, account.display_name)
    account.password_hash = passwords.hash_password(chosen)
    links.revoke_links(session, account.id, now)
    ended = repository.revoke_sessions(session, account.id, now, but=session_id)
    tokens = repository.revoke_tokens(session, account.id, now)
    details = {"sessions_ended": ended, "tokens_ended": tokens}
    audit.record(session, actor, "account:set_password", details=details)


def prove(session: Session, actor: Actor, password: str, browser: Browser, now: datetime) -> Actor:
    """The actor after he has typed his password once more: as if he had just signed in.

    Args:
        password: Where none was typed, or the account has none, nothing changes.

    Raises:
        SignInFailedError, TooManyAttemptsError: As `signin.check_password` does.
    """
    account = _own(session, actor)
    if is_fresh(actor, now) or not password or account.password_hash is None:
        return actor
    _check(session, account, password, browser, now)
    return replace(actor, signed_in_at=now)


def begin_codes(
    session: Session, actor: Actor, password: str, browser: Browser, now: datetime
) -> None:
    """Make a seed for one-time codes; it counts once a code has confirmed it.

    Raises:
        InvalidInputError: Codes are on, or there is no password that they could follow.
        SignInFailedError, TooManyAttemptsError: As `signin.check_password` does.
    """
    account = _own(session, actor)
    if account.password_hash is None:
        raise InvalidInputError(words.CODES_NEED_PASSWORD)
    _check(session, account, password, browser, now)
    totp.begin(session, account)


def confirm_codes(session: Session, actor: Actor, code: str, now: datetime) -> None:
    """Turn codes on with the first of them.

    Raises:
        InvalidInputError: Setting up has not begun, or the code does not fit.
    """
    totp.confirm(session, _own(session, actor), code, now)
    audit.record(session, actor, "account:codes_on")


def end_codes(
    session: Session, actor: Actor, password: str, browser: Browser, now: datetime
) -> None:
    """Turn codes off.

    Raises:
        SignInFailedError, TooManyAttemptsError: As `signin.check_password` does.
    """
    account = _own(session, actor)
    _check(session, account, password, browser, now)
    totp.turn_off(session, account)
    audit.record(session, actor, "account:codes_off")


def _own(session: Session, actor: Actor) -> Account:
    require(actor, "account:own")
    return repository.get_own_account(session, actor)


def _check(
    session: Session, account: Account, password: str, browser: Browser, now: datetime
) -> None:
    name = account.login.lower()
    signin.check_password(session, name, account, password, browser, now, words.PASSWORD_WRONG)
