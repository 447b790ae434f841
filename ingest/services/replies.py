"""Replies of services, and what is to be done about each. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from registry.errors import SourceRefusedError

__all__ = ["AGAIN_STATUSES", "Reply", "Verdict", "json_of", "judge_by_status", "wait_of"]

# What passes by itself, for most services.
AGAIN_STATUSES: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Reply:
    """What a service answered.

    Args:
        url: What was asked, without anything secret.
        headers: By lower-case name.
        retrieved_at: Aware, in UTC.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    content: bytes
    retrieved_at: datetime

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", errors="replace")


@dataclass(frozen=True)
class Verdict:
    """What a reply means.

    Args:
        kind: 'ok'; 'missing': there is no such record; 'moved': it is at the header Location;
            'again': the same request may succeed after a pause; 'later': not before hours or a
            day; 'no': never, as it was made.
        why: For a person, in one sentence; what he can do about it, where that is known.
        wait: Seconds that the service asks to wait.
    """

    kind: Literal["ok", "missing", "moved", "again", "later", "no"]
    why: str = ""
    wait: float | None = None


def wait_of(headers: Mapping[str, str]) -> float | None:
    """Seconds of Retry-After; None when it is absent, a date or nonsense."""
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < 10_000_000 else None


def judge_by_status(
    reply: Reply,
    *,
    again: frozenset[int] = AGAIN_STATUSES,
    missing: frozenset[int] = frozenset({404}),
) -> Verdict:
    """What a status says, for a service without peculiarities."""
    if reply.status == 200:
        return Verdict("ok")
    if reply.status in missing:
        return Verdict("missing", "there is no such record")
    if reply.status in {301, 302, 303, 307, 308}:
        return Verdict("moved")
    if reply.status in again:
        return Verdict("again", f"it answered with status {reply.status}", wait_of(reply.headers))
    return Verdict("no", f"it answered with status {reply.status}: {said(reply)}")


def said(reply: Reply) -> str:
    """The first words of a reply, on one line."""
    return " ".join(reply.text[:2000].split())[:200] or "nothing"


def json_of(reply: Reply) -> Any:
    """The JSON of a reply.

    Raises:
        SourceRefusedError: It is none: services answer with plain text or pages when something is
            wrong with them.
    """
    try:
        return json.loads(reply.content)
    except (ValueError, RecursionError) as exc:
        raise SourceRefusedError(
            f"{reply.url} answered with something else than JSON: {said(reply)}"
        ) from exc
