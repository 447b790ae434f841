"""Browsers that have signed in to an account before, known by a signed cookie.

The cookie signs nobody in. Its failures are counted by themselves, so that guesses from elsewhere
never slow down the owner of the account at his own desk.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access.signing import read_signed, sign
from registry.ids import new_id

_PURPOSE = "device"


@dataclass(frozen=True)
class Device:
    """A browser, and the account that it was last signed in to."""

    id: str
    account_id: UUID


def read_device(session: Session, cookie: str | None) -> Device | None:
    """What the cookie says; None when it is not one of this service."""
    content = read_signed(session, "devices", _PURPOSE, cookie) if cookie else None
    match content:
        case [str(device_id), str(account_id)]:
            return Device(device_id, UUID(account_id))
    return None


def device_cookie(session: Session, account_id: UUID, known: Device | None) -> str:
    """The cookie after a sign-in; a browser that is known for the account keeps its number."""
    is_known = known is not None and known.account_id == account_id
    device_id = known.id if known is not None and is_known else new_id().hex
    return sign(session, "devices", _PURPOSE, [device_id, account_id.hex])
