"""Versions of things that keep no history: a short digest per field, so that a change has a name.

Pure. Whoever changes such a thing names the version that he has read; where it is no longer the
current one, the digests that differ tell which fields somebody else has changed.
"""

import base64
import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from registry.errors import ChangedMeanwhileError

# 48 bits a field: one in 10^14 changes would go unseen.
_BYTES: Final = 6
_SHOWN: Final = 200


def version_of(fields: Mapping[str, Any]) -> str:
    """The version of a thing with these fields, as an ETag carries it; their order counts."""
    return ".".join(_digest(name, value) for name, value in fields.items())


def check_version(fields: Mapping[str, Any], seen: Collection[str], message: str) -> None:
    """Refuse to change a thing that is no longer as it was seen.

    Args:
        fields: As they are now, under the lock of whoever is about to change them.
        seen: The versions that the change may be based on.
        message: What is said then.

    Raises:
        ChangedMeanwhileError: Tells which fields are different, and what they are now; nothing of
            that when no version of such a thing was named.
    """
    current = version_of(fields)
    if current in seen:
        return
    told = [found for version in seen if (found := _changed(fields, version, current)) is not None]
    names = min(told, key=len, default=[])
    raise ChangedMeanwhileError(message, [_describe(name, fields[name]) for name in names])


def _changed(fields: Mapping[str, Any], version: str, current: str) -> list[str] | None:
    before, now = version.split("."), current.split(".")
    if len(before) != len(now):
        return None
    return [name for name, was, now_is in zip(fields, before, now, strict=True) if was != now_is]


def _describe(name: str, value: Any) -> dict[str, Any]:
    """In the form in which changes of statements are told (experts/versions.py)."""
    if isinstance(value, datetime):
        value = value.isoformat()
    after = None if value in (None, "") else str(value)
    return {
        "location": [name],
        "message": f"{name} is now {'nothing' if after is None else f'“{after[:_SHOWN]}”'}",
        "property": name,
        "path": name,
        "after": after,
    }


def _digest(name: str, value: Any) -> str:
    content = json.dumps([name, value], ensure_ascii=False, default=str).encode()
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()[:_BYTES]).decode()
