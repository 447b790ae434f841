"""Write acts into the audit, read it, follow its chain."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access.policy import Actor, require
from registry.audit.chain import Link, first_break
from registry.audit.models import AuditEntry
from registry.errors import AuditBrokenError, NotFoundError
from registry.vault import service as vault

_PENDING: Final = "audit"
_BOUND_TO: Final = "audit"


def record(
    session: Session,
    actor: Actor,
    action: str,
    *,
    about: UUID | None = None,
    subject: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Note an act; it is written when the transaction commits, and not when it rolls back.

    Args:
        action: `resource:what`, as in permissions.
        about: The person whose data it concerns.
        subject: What else it concerns, as `kind:id`; no personal data.
        details: Sealed, under the person's key when there is one: erasing him closes them.
    """
    session.info.setdefault(_PENDING, []).append((actor, action, about, subject, details))


def write_pending(session: Session) -> None:
    """Write what was noted: as the last thing before a commit, for the chain is then locked."""
    pending = session.info.pop(_PENDING, None)
    if not pending:
        return
    session.flush()
    people = [(about, d) for _, _, about, _, d in pending if about is not None and d is not None]
    sealed = iter(vault.seal_many(session, people))
    rows = []
    for actor, action, about, subject, details in pending:
        payload = None
        if details is not None:
            if about is not None:
                payload = next(sealed)
            else:
                payload = vault.seal_for_service(session, details, _BOUND_TO)
        rows.append(
            {
                "actor": actor.id,
                "action": action,
                "expert_id": about,
                "body": actor.body,
                "subject": subject,
                "payload": payload,
            }
        )
    # One statement a row: each must see the one before it.
    for row in rows:
        session.execute(insert(AuditEntry).inline(), [row])


def forget_pending(session: Session) -> None:
    """Drop what was noted in a transaction that is rolled back."""
    session.info.pop(_PENDING, None)


@dataclass(frozen=True)
class Entry:
    """An entry as an auditor reads it; `details` is None when there are none, or closed ones.

    Args:
        is_closed: There were details, and the person's key was destroyed.
    """

    seq: int
    at: datetime
    actor: str
    action: str
    expert_id: UUID | None
    body: str | None
    subject: str | None
    details: dict[str, Any] | None
    is_closed: bool
    hash: str


def list_entries(
    session: Session,
    actor: Actor,
    *,
    before: int | None = None,
    limit: int = 50,
    action: str | None = None,
    by: str | None = None,
    about: UUID | None = None,
) -> list[Entry]:
    """Entries, newest first; reading them is an entry as well.

    Args:
        before: Only entries with a smaller number: the next page.
        action: Only this action, or with a closing colon all of a resource.
        by: Only acts of this actor's id.
        about: Only acts on this person's data.
    """
    require(actor, "audit:read")
    query = select(AuditEntry).order_by(col(AuditEntry.seq).desc()).limit(limit)
    if before is not None:
        query = query.where(col(AuditEntry.seq) < before)
    if action is not None:
        same = col(AuditEntry.action)
        query = query.where(
            same.startswith(action, autoescape=True) if action.endswith(":") else same == action
        )
    if by is not None:
        query = query.where(col(AuditEntry.actor) == by)
    if about is not None:
        query = query.where(col(AuditEntry.expert_id) == about)
    found = [_read(session, row) for row in session.scalars(query)]
    record(session, actor, "audit:read", about=about, details=None)
    return found


@dataclass(frozen=True)
class Done:
    """An act without its details, for services that have to know who did something."""

    at: datetime
    actor: str
    action: str
    subject: str | None


def list_done(session: Session, about: UUID, actions: Collection[str]) -> list[Done]:
    """What of this kind was done to one person's data, oldest first.

    To be called by a service that has the right to act on it; nothing sealed is opened.
    """
    query = (
        select(
            col(AuditEntry.at),
            col(AuditEntry.actor),
            col(AuditEntry.action),
            col(AuditEntry.subject),
        )
        .where(col(AuditEntry.expert_id) == about, col(AuditEntry.action).in_(list(actions)))
        .order_by(col(AuditEntry.seq))
    )
    return [Done(*row) for row in session.execute(query)]


def list_subjects(session: Session, by: str, action: str) -> set[str]:
    """What an actor did this to, as `kind:id`; like `list_done`, for services."""
    query = select(col(AuditEntry.subject)).where(
        col(AuditEntry.actor) == by,
        col(AuditEntry.action) == action,
        col(AuditEntry.subject).is_not(None),
    )
    return {subject for subject in session.scalars(query) if subject is not None}


def list_on(
    session: Session,
    subjects: Collection[str],
    actions: Collection[str],
    since: datetime,
    but_by: str,
) -> list[Entry]:
    """What others did to these subjects after a moment, newest first, with details.

    For services that tell somebody what was done to what is his own. There is no index of
    subjects: the actions are what is looked up, so they must be rare ones.

    Args:
        subjects: As `kind:id`.
        but_by: Whose acts are left out: his own.
    """
    query = (
        select(AuditEntry)
        .where(
            col(AuditEntry.action).in_(list(actions)),
            col(AuditEntry.subject).in_(list(subjects)),
            col(AuditEntry.at) > since,
            col(AuditEntry.actor) != but_by,
        )
        .order_by(col(AuditEntry.seq).desc())
    )
    return [_read(session, row) for row in session.scalars(query)]


def _read(session: Session, row: AuditEntry) -> Entry:
    details, closed = None, False
    if row.payload is not None:
        try:
            if row.expert_id is not None:
                details = vault.unseal(session, row.expert_id, row.payload)
            else:
                details = vault.unseal_for_service(session, row.payload, _BOUND_TO)
        except NotFoundError:
            closed = True
    return Entry(
        row.seq,
        row.at,
        row.actor,
        row.action,
        row.expert_id,
        row.body,
        row.subject,
        details,
        closed,
        row.hash.hex(),
    )


def verify(
    session: Session, actor: Actor, noted: tuple[int, bytes] | None = None
) -> tuple[int, str]:
    """Follow the whole chain.

    Args:
        noted: Number and hash of an entry that was noted outside the database earlier.

    Returns:
        Number and hash of the newest entry: to be noted outside, for the next time.

    Raises:
        AuditBrokenError: The chain does not hold; names the first broken link.
    """
    require(actor, "audit:read")
    broken, seq, last = first_break(_links(session), noted)
    if broken is not None:
        raise AuditBrokenError(f"the audit does not hold at entry {broken.seq}: {broken.reason}")
    return seq, last.hex()


def _links(session: Session) -> Iterator[Link]:
    query = select(AuditEntry).order_by(col(AuditEntry.seq)).execution_options(yield_per=1000)
    for row in session.scalars(query):
        yield Link(
            row.seq,
            row.at,
            row.actor,
            row.action,
            row.expert_id,
            row.body,
            row.subject,
            row.payload,
            row.previous_hash,
            row.hash,
        )
        session.expunge(row)
