"""How good the registry is, and what waits: what stewards look at every day."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from registry.access.policy import Actor, require, selector_for
from registry.access.queues import count_waiting_claims
from registry.audit import service as audit
from registry.experts import quality_counts as counts
from registry.experts.freshness import Days
from registry.experts.models import Change
from registry.experts.repository import count_experts
from registry.rights.queues import count_open_requests

# People named in each list of the view.
_SHOWN: Final = 20
_CHANGES: Final = 10


class ConflictPublic(BaseModel):
    """Somebody of whom sources say two things where one can hold."""

    expert_id: UUID
    display_name: str
    life: str
    properties: list[str]


class StalePublic(BaseModel):
    """A claimed profile that its person has not confirmed for a year."""

    expert_id: UUID
    display_name: str
    life: str
    confirmed_on: date | None
    since: date = Field(description="Since when the profile is in its state.")


class QueuesPublic(BaseModel):
    """What waits for stewards."""

    open_claims: int
    contested_claims: int
    open_requests: int
    overdue_requests: int


class QualityPublic(BaseModel):
    """The quality view; hidden statements count in its numbers, which stewards alone see."""

    lives: dict[str, int]
    people: int = Field(description="Leads, invited, claimed and verified; restricted ones apart.")
    complete: dict[str, int] = Field(description="Of these, how many have each part.")
    verification: dict[str, int] = Field(description="Current statements, by verification.")
    verification_by_property: dict[str, dict[str, int]]
    claimed: int = Field(description="Claimed and verified profiles: what the next two count.")
    freshness: dict[str, int] = Field(
        description="year, two_years, older, never: since the person confirmed his profile."
    )
    reachability: dict[str, int]
    conflicting: int
    conflicts: list[ConflictPublic]
    stale: list[StalePublic]
    queues: QueuesPublic


@dataclass(frozen=True)
class Desk:
    """The overview of a steward's desk."""

    quality: QualityPublic
    changes: list[Change]


def get_quality(session: Session, actor: Actor, now: datetime) -> QualityPublic:
    """The quality view as of now."""
    require(actor, "quality:read")
    selector = selector_for(actor).without_near()
    days = Days(now.date())
    by_property = counts.count_verification(session)
    verification: dict[str, int] = {}
    for found in by_property.values():
        for name, count in found.items():
            verification[name] = verification.get(name, 0) + count
    people, complete = counts.count_complete(session)
    fresh = counts.count_fresh(session, days)
    conflicting, conflicts = counts.list_conflicts(session, selector, _SHOWN)
    stale = counts.list_stale(session, selector, days, _SHOWN)
    audit.record(session, actor, "quality:read")
    return QualityPublic(
        lives=count_experts(session),
        people=people,
        complete=complete,
        verification=verification,
        verification_by_property=by_property,
        claimed=sum(fresh.values()),
        freshness=fresh,
        reachability=counts.count_reachable(session, days),
        conflicting=conflicting,
        conflicts=[
            ConflictPublic(expert_id=key, display_name=name, life=life, properties=properties)
            for key, name, life, properties in conflicts
        ],
        stale=[
            StalePublic(
                expert_id=key,
                display_name=name,
                life=life,
                confirmed_on=confirmed_at.date() if confirmed_at else None,
                since=since.date(),
            )
            for key, name, life, confirmed_at, since in stale
        ],
        queues=_queues(session, now),
    )


def _queues(session: Session, now: datetime) -> QueuesPublic:
    open_claims, contested = count_waiting_claims(session)
    open_requests, overdue = count_open_requests(session, now)
    return QueuesPublic(
        open_claims=open_claims,
        contested_claims=contested,
        open_requests=open_requests,
        overdue_requests=overdue,
    )


def get_desk(session: Session, actor: Actor, now: datetime) -> Desk:
    """The quality view with the newest changes."""
    require(actor, "change:read")
    return Desk(get_quality(session, actor, now), list(counts.list_changes(session, _CHANGES)))
