"""ETags: which version an answer is of, and which one a change was made on (RFC 9110, 13.1)."""

import re
from typing import Annotated, Final

from fastapi import Header

from registry.errors import PreconditionNeededError

_TAG: Final = re.compile(r'\s*(W/)?"([\x21\x23-\x7e]*)"\s*(?:,|$)')

IfMatch = Annotated[
    str | None,
    Header(max_length=1000, description='The ETag of what is changed: `"…"`, as it was read.'),
]
IfNoneMatch = Annotated[
    str | None, Header(max_length=1000, description="ETags of copies that the client has.")
]


def etag(version: str) -> str:
    """A version as the header carries it."""
    return f'"{version}"'


def seen_versions(if_match: str | None) -> frozenset[str]:
    """The versions that a change may be based on.

    Raises:
        PreconditionNeededError: None is named. "*" names none: it would overwrite what nobody
            has read.
    """
    found = frozenset(tag for is_weak, tag in _tags(if_match or "") if not is_weak)
    if not found:
        raise PreconditionNeededError(
            'say which version you are changing: send If-Match with its ETag, such as "…"'
        )
    return found


def is_same(if_none_match: str | None, version: str) -> bool:
    """Whether the client has this version already."""
    return version in {tag for _, tag in _tags(if_none_match or "")}


def _tags(header: str) -> list[tuple[str, str]]:
    found, place = [], 0
    while place < len(header):
        match = _TAG.match(header, place)
        if match is None:
            return []
        found.append((match[1] or "", match[2]))
        place = match.end()
    return found
