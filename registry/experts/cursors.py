"""Where the next page of a list begins, as a text that only this service reads."""

import base64
import binascii
import hashlib
import json
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from sqlalchemy.orm import Session

from registry.errors import InvalidInputError
from registry.vault import service as vault

_LONGEST: Final = 4000


def seal_cursor(session: Session, bound_to: str, values: list[Any]) -> str:
    """The sort values of the last row, encrypted: addresses hold no names.

    Nobody can make a cursor of his own, and so ask where a person stands whom he may not see.
    Equal values give an equal text (AES-SIV, RFC 5297), so that equal lists are equal bytes.

    Args:
        bound_to: The list and its reader; a cursor of another one does not open.
    """
    plain = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
    sealed = _cipher(session).encrypt(plain, [bound_to.encode()])
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def open_cursor(session: Session, bound_to: str, cursor: str) -> list[Any]:
    """The sort values that `seal_cursor` was given.

    Raises:
        InvalidInputError: It is no cursor of this list.
    """
    refused = InvalidInputError(
        "this is no page of this list; leave out `after` to begin at the first page"
    )
    if len(cursor) > _LONGEST or not cursor.isascii():
        raise refused
    try:
        sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
        plain = _cipher(session).decrypt(sealed, [bound_to.encode()])
    except (binascii.Error, InvalidTag, ValueError) as exc:
        raise refused from exc
    values: list[Any] = json.loads(plain)
    return values


def bind(reader: str, *parts: str) -> str:
    """What tells one reader's list from any other."""
    return hashlib.sha256("\0".join((reader, *parts)).encode()).hexdigest()


def _cipher(session: Session) -> AESSIV:
    return AESSIV(bytes.fromhex(vault.digest(session, "cursor", "key")))
