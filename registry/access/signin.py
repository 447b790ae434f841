"""Signing in: password, one-time code, links. What fails is counted, and never says why.

A failure is counted in the session that is passed in, so callers end that session normally
(`SignInFailedError` is caught by the page): rolled back, the failure would not count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access import attempts, links, others, passwords, repository, sessions, totp, words
from registry.access.attempts import Bucket, bucket
from registry.access.devices import device_cookie, read_device
from registry.access.links import Purpose
from registry.access.models import Account
from registry.access.policy import Actor
from registry.access.sessions import hash_secret
from registry.access.signing import read_signed, sign
from registry.access.throttle import Kind, network_of
from registry.audit import service as audit
from registry.errors import LinkUnusableError, SignInFailedError
from registry.text import clean

CODE_WAITS: Final = timedelta(minutes=5)
_SIGNED_FOR: Final = "pending"
_LONGEST_LOGIN: Final = 100
_SETS_PASSWORD: Final = frozenset({Purpose.JOIN, Purpose.PASSWORD, Purpose.RECOVERY})


@dataclass(frozen=True)
class Browser:
    """What a request tells of the browser that sent it.

    Args:
        address: Network address of the client; None when it is not known.
        agent: What the browser calls itself.
        device: Its device cookie.
        session: Its session cookie; a new sign-in ends that session.
    """

    address: str | None
    agent: str | None = None
    device: str | None = None
    session: str | None = None


@dataclass(frozen=True)
class Opened:
    """A session has begun.

    Args:
        token: Of the session's cookie; not kept, nor is `device`, of the device's cookie.
        has_news: Whether others did something with the account since its owner was here last.
    """

    account: Account
    token: str
    device: str
    has_news: bool


@dataclass(frozen=True)
class CodeWanted:
    """The password was right and a one-time code is wanted; `pending` goes into a cookie."""

    pending: str


def sign_in(
    session: Session, login: str, password: str, browser: Browser, now: datetime, lasts: timedelta
) -> Opened | CodeWanted:
    """Sign in with a password.

    Raises:
        SignInFailedError: In one text and after the same work for an unknown name, a wrong
            password, a closed account and one that has no password.
        TooManyAttemptsError: Too many failures from there; the password was not looked at.
    """
    name = clean(login).lower()[:_LONGEST_LOGIN]
    account = repository.find_by_login(session, name)
    check_password(session, name, account, password, browser, now, words.SIGN_IN_FAILED)
    assert account is not None
    _hold(session, account, _mark(account), words.SIGN_IN_FAILED)
    if account.password_hash is not None and passwords.is_outdated(account.password_hash):
        account.password_hash = passwords.hash_password(password)
    if totp.is_on(account):
        return CodeWanted(_make_pending(session, account, now))
    _forget_failures(session, account, browser)
    return open_session(session, account, "password", browser, now, lasts)


def check_password(
    session: Session,
    name: str,
    account: Account | None,
    password: str,
    browser: Browser,
    now: datetime,
    message: str,
) -> None:
    """Pass when it is the account's password; else count a failure.

    Args:
        name: The sign-in name; for one that nobody has, all runs just the same.
        message: What the error says.

    Raises:
        SignInFailedError: It is not.
        TooManyAttemptsError: Too many failures from there.
    """
    buckets = _buckets(session, name, account, browser)
    attempts.admit(session, buckets, now)
    if not passwords.verify(account.password_hash if account else None, password):
        attempts.count_failure(session, buckets, now)
        raise SignInFailedError(message)


def give_code(
    session: Session, pending: str, code: str, browser: Browser, now: datetime, lasts: timedelta
) -> Opened:
    """The second step: the one-time code after the password.

    Raises:
        SignInFailedError: A wrong or used code, or the first step is too long ago.
        TooManyAttemptsError: Too many failures.
    """
    account = read_pending(session, pending, now)
    mark = _mark(account)
    buckets = _buckets(session, account.login.lower(), account, browser)
    if buckets[0].kind is not Kind.DEVICE:
        # Whoever is here knows the password: he gets no new guesses by changing networks.
        buckets = [bucket(session, Kind.CODE, account.id.hex), *buckets]
    attempts.admit(session, buckets, now)
    if not totp.use_code(session, account, code, now):
        attempts.count_failure(session, buckets, now)
        raise SignInFailedError(words.CODE_WRONG)
    _hold(session, account, mark, words.START_AGAIN)
    attempts.forget(session, [each for each in buckets if each.kind is not Kind.NETWORK])
    return open_session(session, account, "password", browser, now, lasts)


def read_pending(session: Session, pending: str, now: datetime) -> Account:
    """Whose password was given a moment ago in this browser.

    Raises:
        SignInFailedError: Too long ago, not one of this service, or the password was changed since.
    """
    content = read_signed(session, "links", _SIGNED_FOR, pending)
    match content:
        case [str(account_id), int(until), str(mark)] if until > now.timestamp():
            account = repository.find_account(session, UUID(account_id))
            if account is not None and mark == _mark(account):
                return account
    raise SignInFailedError(words.START_AGAIN)


def _make_pending(session: Session, account: Account, now: datetime) -> str:
    until = int((now + CODE_WAITS).timestamp())
    return sign(session, "links", _SIGNED_FOR, [account.id.hex, until, _mark(account)])


def _mark(account: Account) -> str:
    # Changes with the password; of the salted hash, so that it tells nothing about it.
    return hash_secret(account.password_hash or "")[:16]


def _hold(session: Session, account: Account, mark: str, message: str) -> None:
    """Hold the account until the transaction ends, if its password is still the one that was given.

    While that was looked at, which takes long on purpose, its owner may have set another one and
    ended all sessions: none may begin with the old one after that.

    Raises:
        SignInFailedError: It is another one, or the account was closed.
    """
    session.flush()
    session.refresh(account, with_for_update={"key_share": True})
    if account.closed_at is not None or _mark(account) != mark:
        raise SignInFailedError(message)


def set_password_by_link(
    session: Session, token: str, password: str, browser: Browser, now: datetime, lasts: timedelta
) -> Opened | None:
    """Set a password with a link; all sessions, tokens and other links of the account end.

    A recovery link also turns codes off and unlinks all providers: whoever has lost hold of the
    account may have left another way in.

    Returns:
        The session that begins, or None: the account is asked for codes, so it signs in anew.

    Raises:
        LinkUnusableError: As `open_link` does, or the link is for something else.
        InvalidInputError: The password may not be set; the link is still good.
    """
    purpose, account = open_account_link(session, token, now)
    if purpose not in _SETS_PASSWORD:
        raise LinkUnusableError(words.LINK_UNUSABLE)
    chosen = passwords.check_new(password, account.login, account.display_name)
    links.use_link(session, token, now)
    account.password_hash = passwords.hash_password(chosen)
    details: dict[str, object] = {"link": purpose.value}
    if purpose is Purpose.RECOVERY:
        totp.turn_off(session, account)
        details["unlinked"] = repository.drop_identities(session, account.id)
    links.revoke_links(session, account.id, now)
    details["sessions_ended"] = repository.revoke_sessions(session, account.id, now)
    details["tokens_ended"] = repository.revoke_tokens(session, account.id, now)
    audit.record(session, actor_of(account), "account:set_password", details=details)
    if totp.is_on(account):
        return None
    return open_session(session, account, "link", browser, now, lasts)


def sign_in_by_link(
    session: Session,
    token: str,
    browser: Browser,
    now: datetime,
    lasts: timedelta,
    *,
    is_development: bool,
) -> Opened:
    """Sign in to an invented account, in development only.

    Raises:
        LinkUnusableError: As `open_link` does, or it is no such link, account or place.
    """
    purpose, account = open_account_link(session, token, now)
    if purpose is not Purpose.SIGN_IN or not account.is_invented or not is_development:
        raise LinkUnusableError(words.LINK_UNUSABLE)
    links.use_link(session, token, now)
    return open_session(session, account, "link", browser, now, lasts)


def open_account_link(session: Session, token: str, now: datetime) -> tuple[Purpose, Account]:
    """What a link is for and whose it is; nothing is used up.

    Raises:
        LinkUnusableError: As `open_link` does, or it is not about an account.
    """
    link = links.open_link(session, token, now)
    account = repository.find_account(session, link.account_id) if link.account_id else None
    if account is None:
        raise LinkUnusableError(words.LINK_UNUSABLE)
    return Purpose(link.purpose), account


def open_session(
    session: Session,
    account: Account,
    method: str,
    browser: Browser,
    now: datetime,
    lasts: timedelta,
) -> Opened:
    """Begin a session with an id that is new, and end the one that the browser had."""
    if browser.session is not None:
        sessions.end_by_cookie(session, browser.session, now)
    has_news = others.has_news(session, account, now)
    token = sessions.start(session, account, method, browser.agent, now, lasts)
    device = device_cookie(session, account.id, read_device(session, browser.device))
    return Opened(account, token, device, has_news)


def actor_of(account: Account) -> Actor:
    """The account as the one who acts on itself, for the audit."""
    return Actor(str(account.id), frozenset())


def _buckets(
    session: Session, name: str, account: Account | None, browser: Browser
) -> Sequence[Bucket]:
    device = read_device(session, browser.device)
    if device is not None and account is not None and device.account_id == account.id:
        return [bucket(session, Kind.DEVICE, device.id)]
    network = network_of(browser.address)
    return [
        bucket(session, Kind.ACCOUNT, name, network),
        bucket(session, Kind.NETWORK, network),
    ]


def _forget_failures(session: Session, account: Account, browser: Browser) -> None:
    # Not those of the network: an attacker with an account of his own would wipe them away.
    own = _buckets(session, account.login.lower(), account, browser)[:1]
    attempts.forget(session, own)
