"""The links of the audit chain, computed apart from the database that writes them. Pure."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

FIRST_PREVIOUS: Final = bytes(32)


@dataclass(frozen=True)
class Link:
    """An entry as it is stored."""

    seq: int
    at: datetime
    actor: str
    action: str
    expert_id: UUID | None
    body: str | None
    subject: str | None
    payload: bytes | None
    previous_hash: bytes
    hash: bytes


@dataclass(frozen=True)
class Break:
    """The first link that does not hold."""

    seq: int
    reason: str


def link_hash(link: Link) -> bytes:
    """SHA-256 over every field, each with its length before it, and the digest of the payload.

    Lengths keep fields apart: no text can be moved over a border unseen.
    """
    at = link.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    digest = None if link.payload is None else hashlib.sha256(link.payload).hexdigest()
    parts = [
        str(link.seq),
        at,
        link.actor,
        link.action,
        None if link.expert_id is None else str(link.expert_id),
        link.body,
        link.subject,
        digest,
        link.previous_hash.hex(),
    ]
    text = "".join("-" if part is None else f"{len(part.encode())}:{part}" for part in parts)
    return hashlib.sha256(text.encode()).digest()


def first_break(
    links: Iterable[Link], head: tuple[int, bytes] | None = None
) -> tuple[Break | None, int, bytes]:
    """Follow the chain from its beginning.

    Args:
        links: All entries by number.
        head: Number and hash of an entry noted elsewhere earlier: without it, entries cut off
            at the end leave a chain that holds.

    Returns:
        The first link that does not hold, or None; number and hash of the last link that does.
    """
    seq, previous = 0, FIRST_PREVIOUS
    noted = head is None or head[0] == 0
    for link in links:
        if link.seq != seq + 1:
            return Break(seq + 1, "the entry is missing"), seq, previous
        if link.previous_hash != previous:
            return Break(link.seq, "it does not follow the entry before it"), seq, previous
        if link_hash(link) != link.hash:
            return Break(link.seq, "its content is not what was written"), seq, previous
        seq, previous = link.seq, link.hash
        if head is not None and seq == head[0]:
            if previous != head[1]:
                return Break(seq, "it is another entry than the one noted"), seq, previous
            noted = True
    if not noted and head is not None:
        return Break(seq + 1, f"the entry is missing; entry {head[0]} was noted"), seq, previous
    return None, seq, previous
