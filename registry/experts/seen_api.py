"""JSON of one's own profile: its state, how it is seen, who looked."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from registry.experts import lifecycle, lookers, preview
from registry.experts.api import ExpertPublic, profile_public
from registry.experts.lifecycle import Status
from registry.experts.preview import Closed, Viewer
from registry.experts.schemas import Life
from registry.web.bodies import REQUIRE_JSON, StrictBody
from registry.web.deps import ActorDep, NowDep, Purpose, SessionDep
from registry.web.etags import IfMatch, etag, seen_versions
from registry.web.gate import needs

router = APIRouter(tags=["own profile"])


class StatusPublic(BaseModel):
    """A profile's state, and where the one who asks can move it."""

    life: Life
    life_since: datetime
    expires_at: datetime | None
    former: Life | None
    moves: list[Life]
    is_held: bool
    is_contested: bool


class LifeMove(StrictBody):
    """Where a profile is to go; a steward gives the reason."""

    life: Life
    reason: str | None = None
    channel: str | None = Field(
        default=None, description="How a withdrawal reached the steward: paper, email, in_person."
    )


class SeenPublic(BaseModel):
    """One's profile as somebody else is shown it; `profile` null: he is shown nothing."""

    viewer: Viewer
    profile: ExpertPublic | None
    why: Closed | None
    is_found: bool
    hidden: int


class LookPublic(BaseModel):
    """What one body did on one day for one purpose; `body` null: data stewards and the like."""

    kind: str
    body: str | None
    name_vi: str | None
    name_en: str | None
    purpose: str | None
    day: date
    count: int


class LooksPublic(BaseModel):
    """A page of looks; `next` is the `before` of the next one."""

    looks: list[LookPublic]
    next: UUID | None


@router.get("/experts/{expert_id}/life", dependencies=[needs("consent:own", "life:move")])
def get_life(
    session: SessionDep, actor: ActorDep, response: Response, expert_id: UUID
) -> StatusPublic:
    """The state of one's own profile, or for a steward of any."""
    return _status(response, lifecycle.get_status(session, actor, expert_id))


@router.put(
    "/experts/{expert_id}/life", dependencies=[needs("consent:own", "life:move"), REQUIRE_JSON]
)
def put_life(
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    response: Response,
    expert_id: UUID,
    body: LifeMove,
    if_match: IfMatch = None,
) -> StatusPublic:
    """Move a profile; If-Match carries the ETag of its state, as GET gives it."""
    seen = seen_versions(if_match)
    lifecycle.move(session, actor, expert_id, body.life, body.reason, now, body.channel, seen=seen)
    return _status(response, lifecycle.get_status(session, actor, expert_id))


@router.get("/me/seen", dependencies=[needs("profile:own")])
def get_seen(
    session: SessionDep,
    actor: ActorDep,
    viewer: Annotated[Viewer, Query(alias="as")] = Viewer.PUBLIC,
    body: Annotated[str | None, Query(max_length=40)] = None,
    section: Annotated[list[str], Query(max_length=50)] = [],  # noqa: B006
    purpose: Purpose = None,
) -> SeenPublic:
    """One's own profile as somebody else would be shown it now."""
    seen = preview.see_as(session, actor, viewer, body=body, purpose=purpose, sections=section)
    return SeenPublic(
        viewer=seen.viewer,
        profile=profile_public(session, seen.profile) if seen.profile is not None else None,
        why=seen.why,
        is_found=seen.is_found,
        hidden=seen.hidden,
    )


@router.get("/me/disclosures", dependencies=[needs("rights:own")])
def list_disclosures(
    session: SessionDep,
    actor: ActorDep,
    before: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> LooksPublic:
    """Who looked at, exported or listed one's profile: bodies, purposes, days; no accounts."""
    found = lookers.list_looks(session, actor, before, limit + 1)
    shown = [
        LookPublic(**{k: v for k, v in vars(look).items() if k != "last_id"})
        for look in found[:limit]
    ]
    return LooksPublic(looks=shown, next=found[limit - 1].last_id if len(found) > limit else None)


def _status(response: Response, found: Status) -> StatusPublic:
    response.headers["ETag"] = etag(found.version)
    return StatusPublic(
        life=Life(found.expert.life),
        life_since=found.expert.life_since,
        expires_at=found.expert.expires_at,
        former=found.former,
        moves=found.moves,
        is_held=found.is_held,
        is_contested=found.is_contested,
    )
