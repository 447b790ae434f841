"""Accounts with passwords, and a browser for the services of signing in."""

from datetime import UTC, datetime, timedelta

import pyotp
from sqlalchemy.orm import Session

from registry.access import passwords, totp
from registry.access.models import Account
from registry.access.policy import Actor
from registry.access.signin import Browser

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
LASTS = timedelta(hours=12)
PASSWORD = "ngựa đúng pin kẹp giấy"
OTHER_PASSWORD = "mưa phùn trên mái tôn"
HOME = Browser("198.51.100.7", "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Firefox/130.0")
ELSEWHERE = Browser("203.0.113.9")

# Hashed once: each takes a tenth of a second.
_HASHED = passwords.hash_password(PASSWORD)


def make_member(session: Session, login: str = "thu", **fields: object) -> Account:
    """An account that signs in with PASSWORD."""
    values = {"display_name": "Lê Thị Thử", "password_hash": _HASHED, **fields}
    account = Account(login=login, **values)
    session.add(account)
    session.flush()
    return account


def actor_of(account: Account) -> Actor:
    """The account without roles."""
    return Actor(str(account.id), frozenset())


def turn_codes_on(session: Session, account: Account, now: datetime = NOW) -> pyotp.TOTP:
    """One-time codes for an account, confirmed an hour ago; what makes its codes."""
    totp.begin(session, account)
    codes = pyotp.TOTP(totp.seed_to_type(session, account).replace(" ", ""))
    earlier = now - timedelta(hours=1)
    totp.confirm(session, account, codes.at(earlier), earlier)
    return codes
