"""The register of breaches: what happened, and the notice to the authority within 72 hours.

Source: Law 91/2025/QH15, Art 23, in force 1 January 2026.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access.policy import Actor, require
from registry.audit import service as audit
from registry.errors import InvalidInputError, NotFoundError
from registry.field_versions import check_version, version_of
from registry.ids import new_id
from registry.rights import words
from registry.rights.deadlines import VIETNAM, breach_notice_due
from registry.rights.models import Breach
from registry.text import clean
from registry.vault import service as vault

_LONGEST: Final = 20_000
# A slip of the century, not a breach.
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)


class BreachContent(BaseModel):
    """What is kept sealed of a breach.

    Args:
        notice: Number of the notice to the authority, or why none was needed.
    """

    title: str
    description: str = ""
    measures: str = ""
    notice: str = ""


@dataclass(frozen=True)
class Known:
    """A breach, opened."""

    row: Breach
    content: BreachContent

    @property
    def fields(self) -> dict[str, Any]:
        """What can change of it, as its version counts it."""
        return {
            **self.content.model_dump(),
            "people_affected": self.row.people_affected,
            "notified_at": self.row.notified_at,
            "closed_at": self.row.closed_at,
        }

    @property
    def version(self) -> str:
        """To write on."""
        return version_of(self.fields)

    def remaining(self, now: datetime) -> timedelta | None:
        """Time left for the notice, negative when it is late; None when it was given."""
        return None if self.row.notified_at is not None else self.row.notice_due - now

    def is_overdue(self, now: datetime) -> bool:
        """Whether the notice is late, or came late."""
        return (self.row.notified_at or now) > self.row.notice_due


def read_found(text: str) -> datetime:
    """When a breach was found, as somebody types it; without a zone it is Vietnamese time.

    Raises:
        InvalidInputError: It is no moment, such as 2026-11-25T14:30.
    """
    try:
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=VIETNAM)).astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise InvalidInputError(words.BREACH_FOUND) from exc


def create(
    session: Session,
    actor: Actor,
    content: BreachContent,
    found_at: datetime,
    people_affected: int | None,
    now: datetime,
) -> Known:
    """Note a breach; from its finding on, the 72 hours run.

    Raises:
        InvalidInputError: No title, or no possible time of finding.
    """
    require(actor, "breach:manage")
    _check(content)
    if not _EARLIEST <= found_at <= now:
        raise InvalidInputError(words.BREACH_FOUND)
    row = Breach(
        id=new_id(),
        found_at=found_at,
        notice_due=breach_notice_due(found_at),
        people_affected=people_affected,
        content=b"",
        recorded_by=actor.id,
    )
    row.content = _seal(session, row, content)
    session.add(row)
    session.flush()
    _record(session, actor, row, "create")
    return Known(row, content)


def update(
    session: Session,
    actor: Actor,
    breach_id: UUID,
    content: BreachContent,
    people_affected: int | None,
    *,
    seen: Collection[str],
) -> Known:
    """Write what is known by now; the number of the notice stays as it is.

    Args:
        seen: Versions of the breach that this may be based on.

    Raises:
        ChangedMeanwhileError: It is no longer what was seen.
        InvalidInputError: No title, a text that is too long, or the breach is closed.
    """
    row, before = _lock(session, actor, breach_id)
    check_version(Known(row, before).fields, seen, words.STALE_BREACH)
    _check(content)
    content = content.model_copy(update={"notice": before.notice})
    row.content, row.people_affected = _seal(session, row, content), people_affected
    session.flush()
    _record(session, actor, row, "update", {"before": before.model_dump()})
    return Known(row, content)


def notify(
    session: Session,
    actor: Actor,
    breach_id: UUID,
    number: str,
    now: datetime,
    *,
    seen: Collection[str],
) -> Known:
    """Note that the authority was notified, and under which number; `seen` as for `update`.

    Raises:
        ChangedMeanwhileError: It is no longer what was seen.
        InvalidInputError: No number, or the breach is closed.
    """
    row, content = _lock(session, actor, breach_id)
    check_version(Known(row, content).fields, seen, words.STALE_BREACH)
    said = clean(number)
    if not said or len(said) > 200:
        raise InvalidInputError(words.NOTICE_NUMBER)
    content = content.model_copy(update={"notice": said})
    row.content, row.notified_at = _seal(session, row, content), row.notified_at or now
    session.flush()
    _record(session, actor, row, "notify", {"number": said})
    return Known(row, content)


def close(
    session: Session, actor: Actor, breach_id: UUID, now: datetime, *, seen: Collection[str]
) -> Known:
    """Close a breach that the authority was told of; `seen` as for `update`.

    Raises:
        ChangedMeanwhileError: It is no longer what was seen.
        InvalidInputError: It was not told.
    """
    row, content = _lock(session, actor, breach_id)
    check_version(Known(row, content).fields, seen, words.STALE_BREACH)
    if row.notified_at is None:
        raise InvalidInputError(words.NOTICE_FIRST)
    row.closed_at = now
    session.flush()
    _record(session, actor, row, "close")
    return Known(row, content)


def get_breach(session: Session, actor: Actor, breach_id: UUID) -> Known:
    """One breach.

    Raises:
        NotFoundError: There is none with this id.
    """
    require(actor, "breach:manage")
    row = session.get(Breach, breach_id)
    if row is None:
        raise NotFoundError(f"no breach with the id {breach_id}")
    return Known(row, _unseal(session, row))


def list_breaches(session: Session, actor: Actor) -> Sequence[Known]:
    """All breaches: those that are not closed first, the newest first."""
    require(actor, "breach:manage")
    rows = session.scalars(
        select(Breach).order_by(col(Breach.closed_at).is_not(None), col(Breach.id).desc())
    )
    return [Known(row, _unseal(session, row)) for row in rows]


def _lock(session: Session, actor: Actor, breach_id: UUID) -> tuple[Breach, BreachContent]:
    require(actor, "breach:manage")
    row = session.get(Breach, breach_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFoundError(f"no breach with the id {breach_id}")
    if row.closed_at is not None:
        raise InvalidInputError(words.BREACH_ENDED)
    return row, _unseal(session, row)


def _check(content: BreachContent) -> None:
    if not 1 <= len(clean(content.title)) <= 200:
        raise InvalidInputError(words.BREACH_TITLE)
    if max(len(content.description), len(content.measures)) > _LONGEST:
        raise InvalidInputError(words.BREACH_LONG)


def _seal(session: Session, row: Breach, content: BreachContent) -> bytes:
    return vault.seal_for_service(session, content.model_dump(), f"breach:{row.id}")


def _unseal(session: Session, row: Breach) -> BreachContent:
    opened = vault.unseal_for_service(session, row.content, f"breach:{row.id}")
    return BreachContent.model_validate(opened)


def _record(
    session: Session,
    actor: Actor,
    row: Breach,
    what: str,
    details: dict[str, Any] | None = None,
) -> None:
    audit.record(session, actor, f"breach:{what}", subject=f"breach:{row.id}", details=details)
