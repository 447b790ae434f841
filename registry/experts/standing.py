"""Contacts with people, and what they say of a profile's freshness and a person's reachability."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, Literal, cast
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access.policy import Actor, Selector, require, selector_for
from registry.audit import service as audit
from registry.errors import InvalidInputError, NotFoundError
from registry.experts import repository
from registry.experts.filters import sees_standing
from registry.experts.freshness import Days, Event, EventKind, Reachability, freshness
from registry.experts.models import ContactEvent, Expert, ExpertStanding, ExpertSummary
from registry.experts.service import disclose
from registry.ids import new_id
from registry.text import clean

# What a body or a steward notes; that a profile is right, only its person says.
Contact = Literal["sent", "replied", "bounced"]

_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)


class StandingPublic(BaseModel):
    """How fresh a profile is and whether its person can be reached; days are in UTC."""

    confirmed_on: date | None = Field(description="When the person last said that all is right.")
    replied_on: date | None
    bounced_on: date | None
    unanswered_since: date | None = Field(
        description="Day of the first message that nothing has answered."
    )
    reachability: Reachability


def record_contact(
    session: Session,
    actor: Actor,
    expert_id: UUID,
    kind: Contact,
    now: datetime,
    *,
    at: datetime | None = None,
    purpose: str | None = None,
) -> StandingPublic | None:
    """Note that somebody was written to, answered, or could not be reached.

    Args:
        at: When that was; None for now.
        purpose: Why he was written to: what a recruiter must state to see a lead at all.

    Returns:
        What is then known of the way to reach him; None for whoever may not see that.

    Raises:
        NotFoundError: No such person, or not one that the actor may see.
        InvalidInputError: The time lies ahead, or long before there was anything to note.
    """
    require(actor, "contact:record")
    why = clean(purpose or "") or None
    selector = selector_for(actor, why)
    _get_visible(session, expert_id, selector)
    if at is not None and not _EARLIEST <= at <= now:
        raise InvalidInputError("the time of a contact lies between 2000 and now")
    # One zone for all: the day of an event is that in UTC.
    happened_at = (at or now).astimezone(UTC)
    standing = _add(session, actor, expert_id, kind, happened_at, now)
    if kind == "sent":
        disclose(session, actor, "contact", [expert_id], why)
    details = {"kind": kind, "at": happened_at.isoformat(), "purpose": why}
    audit.record(session, actor, "contact:record", about=expert_id, details=details)
    return standing if sees_standing(selector) else None


def confirm(session: Session, actor: Actor, now: datetime) -> StandingPublic:
    """Note that the person himself says of his profile: everything here is right."""
    require(actor, "profile:own")
    assert actor.expert_id is not None
    standing = _add(session, actor, actor.expert_id, "confirmed", now, now)
    audit.record(session, actor, "profile:confirm", about=actor.expert_id)
    return standing


@dataclass(frozen=True)
class Contacts:
    """A person with what is kept of contacts with him; None for whoever may not see that."""

    expert: Expert
    summary: ExpertSummary
    standing: StandingPublic | None


def get_contacts(
    session: Session, actor: Actor, expert_id: UUID, now: datetime, purpose: str | None = None
) -> Contacts:
    """What is kept of contacts with a person.

    Raises:
        NotFoundError: No such person, or not one that the actor may see.
    """
    require(actor, "contact:record")
    selector = selector_for(actor, purpose)
    expert, summary = _get_visible(session, expert_id, selector)
    if not sees_standing(selector):
        return Contacts(expert, summary, None)
    kept = repository.list_standings(session, [expert_id]).get(expert_id)
    return Contacts(expert, summary, public(kept, now.date()))


def _get_visible(
    session: Session, expert_id: UUID, selector: Selector
) -> tuple[Expert, ExpertSummary]:
    # By office alone: his own profile, or one that he keeps for somebody, is no matter of it.
    found = repository.get_visible(session, [expert_id], selector.without_near()).get(expert_id)
    if found is None:
        raise NotFoundError(f"no expert with the id {expert_id}")
    return found


def get_own(session: Session, actor: Actor, now: datetime) -> StandingPublic:
    """What is kept of contacts with the person himself."""
    require(actor, "profile:own")
    assert actor.expert_id is not None
    found = repository.list_standings(session, [actor.expert_id])
    return public(found.get(actor.expert_id), now.date())


def public(standing: ExpertStanding | None, on: date) -> StandingPublic:
    """The kept times as of a day; None: nothing is known."""
    if standing is None:
        return StandingPublic(
            confirmed_on=None,
            replied_on=None,
            bounced_on=None,
            unanswered_since=None,
            reachability="unknown",
        )
    times = (standing.confirmed_at, standing.replied_at, standing.bounced_at, standing.sent_at)
    confirmed_on, replied_on, bounced_on, sent_on = (at.date() if at else None for at in times)
    return StandingPublic(
        confirmed_on=confirmed_on,
        replied_on=replied_on,
        bounced_on=bounced_on,
        unanswered_since=sent_on,
        reachability=Days(on).reachability(*times),
    )


def _add(
    session: Session, actor: Actor, expert_id: UUID, kind: EventKind, at: datetime, now: datetime
) -> StandingPublic:
    # Held to the commit: of two events at once, the second is computed with the first.
    session.execute(
        select(col(Expert.id)).where(col(Expert.id) == expert_id).with_for_update(key_share=True)
    )
    session.add(
        ContactEvent(
            id=new_id(),
            expert_id=expert_id,
            kind=kind,
            at=at,
            recorded_by=actor.id,
            body=actor.body,
        )
    )
    session.flush()
    derived = _derive(session, expert_id)
    assert derived is not None
    return public(derived, now.date())


def derive_standings(session: Session, expert_ids: Iterable[UUID]) -> None:
    """Derive standings anew, of people whose events are others now."""
    for expert_id in expert_ids:
        if _derive(session, expert_id) is None:
            gone = col(ExpertStanding.expert_id) == expert_id
            session.execute(delete(ExpertStanding).where(gone))


def _derive(session: Session, expert_id: UUID) -> ExpertStanding | None:
    """Derive the standing anew from all events; None when there is no event."""
    rows = session.scalars(select(ContactEvent).where(col(ContactEvent.expert_id) == expert_id))
    events = [Event(cast(EventKind, row.kind), row.at) for row in rows]
    if not events:
        return None
    # All of them are past, one included that was noted while this transaction waited.
    found = freshness(events, max(event.at for event in events))
    values = {
        "confirmed_at": found.confirmed_at,
        "replied_at": found.replied_at,
        "bounced_at": found.bounced_at,
        "sent_at": found.open_since,
    }
    session.execute(
        upsert(ExpertStanding)
        .values(expert_id=expert_id, **values)
        .on_conflict_do_update(index_elements=["expert_id"], set_=values)
    )
    return ExpertStanding(expert_id=expert_id, **values)
