"""Signed texts that browsers and people carry: nobody else can make or change one."""

import hashlib
from typing import Any

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy.orm import Session

from registry.vault import service as vault
from registry.vault.service import ServiceKeyName


def _serializer(session: Session, key: ServiceKeyName, purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(
        vault.service_key(session, key),
        salt=purpose,
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )


def sign(session: Session, key: ServiceKeyName, purpose: str, content: list[Any]) -> str:
    """A text of URL-safe letters that holds the content, for everybody to read.

    Args:
        purpose: A text that was signed for one purpose is none for another.
    """
    return str(_serializer(session, key, purpose).dumps(content))


def read_signed(session: Session, key: ServiceKeyName, purpose: str, text: str) -> list[Any] | None:
    """What `sign` was given; None when the text is not one of its own."""
    try:
        content = _serializer(session, key, purpose).loads(text)
    except BadData:
        return None
    return content if isinstance(content, list) else None
