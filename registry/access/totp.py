"""One-time codes as the second step after a password (RFC 6238: SHA-1, 6 digits, 30 seconds).

The seed is sealed and bound to its account. It counts from the moment when a first code has
confirmed it: until then `totp_used_step` is empty.
"""

import hmac
import io
from datetime import datetime
from typing import Final
from uuid import UUID

import pyotp
import segno
from sqlalchemy import or_, update
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access import words
from registry.access.models import Account
from registry.errors import InvalidInputError, NotFoundError, SignInFailedError
from registry.vault import service as vault

STEP_SECONDS: Final = 30
# A clock may be wrong by one step either way (RFC 6238, section 5.2).
_DRIFT: Final = 1
ISSUER: Final = "Registry of Vietnamese experts"


def is_on(account: Account) -> bool:
    """Whether the account is asked for codes."""
    return account.totp_sealed is not None and account.totp_used_step is not None


def is_begun(account: Account) -> bool:
    """Whether a seed waits for its first code."""
    return account.totp_sealed is not None and account.totp_used_step is None


def begin(session: Session, account: Account) -> None:
    """Give the account a seed that waits for its first code; an earlier such one is dropped.

    Raises:
        InvalidInputError: Codes are on.
    """
    if is_on(account):
        raise InvalidInputError(words.CODES_ON)
    account.totp_sealed = vault.seal_for_service(session, pyotp.random_base32(), _bound(account.id))
    session.flush()


def confirm(session: Session, account: Account, code: str, now: datetime) -> None:
    """Turn codes on, by one that fits.

    Raises:
        InvalidInputError: There is no seed that waits, or the code does not fit.
    """
    if not is_begun(account):
        raise InvalidInputError(words.CODES_NOT_BEGUN)
    if not use_code(session, account, code, now):
        raise InvalidInputError(words.CODE_WRONG)


def turn_off(session: Session, account: Account) -> None:
    """Drop the seed."""
    account.totp_sealed = account.totp_used_step = None
    session.flush()


def use_code(session: Session, account: Account, code: str, now: datetime) -> bool:
    """Whether the code fits now; if so, neither it nor an earlier one ever fits again."""
    step = _step_of(_seed(session, account), code, now)
    if step is None:
        return False
    # In one statement: of two that bring the same code at once, one wins.
    used = update(Account).where(
        col(Account.id) == account.id,
        or_(col(Account.totp_used_step).is_(None), col(Account.totp_used_step) < step),
    )
    won = session.execute(used.values(totp_used_step=step).returning(col(Account.id))).first()
    session.refresh(account)
    return won is not None


def _step_of(seed: str, code: str, now: datetime) -> int | None:
    typed = "".join(code.split()).encode("utf-8", "replace")
    current, codes = int(now.timestamp()) // STEP_SECONDS, pyotp.TOTP(seed)
    fitting = None
    # All are compared, the newest last.
    for step in range(current - _DRIFT, current + _DRIFT + 1):
        if hmac.compare_digest(codes.generate_otp(step).encode(), typed):
            fitting = step
    return fitting


def address(session: Session, account: Account) -> str:
    """The otpauth address of a seed that waits for its first code.

    Raises:
        NotFoundError: None waits: a seed in use is not shown again.
    """
    if not is_begun(account):
        raise NotFoundError("no one-time codes are being set up")
    codes = pyotp.TOTP(_seed(session, account))
    return codes.provisioning_uri(name=account.login, issuer_name=ISSUER)


def seed_to_type(session: Session, account: Account) -> str:
    """The seed in groups of four, for those who cannot scan."""
    if not is_begun(account):
        raise NotFoundError("no one-time codes are being set up")
    seed = _seed(session, account)
    return " ".join(seed[i : i + 4] for i in range(0, len(seed), 4))


def picture(session: Session, account: Account) -> bytes:
    """The address as a QR code: an SVG without style, script or links."""
    drawn = io.BytesIO()
    code = segno.make(address(session, account), error="m", micro=False)
    code.save(drawn, kind="svg", scale=5, border=4, dark="#000", light="#fff", svgclass=None)
    return drawn.getvalue()


def _bound(account_id: UUID) -> str:
    return f"totp:{account_id}"


def _seed(session: Session, account: Account) -> str:
    if account.totp_sealed is None:
        raise SignInFailedError(words.CODE_WRONG)
    seed: str = vault.unseal_for_service(session, account.totp_sealed, _bound(account.id))
    return seed
