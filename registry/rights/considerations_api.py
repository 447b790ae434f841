"""JSON of considerations: whom a body considers for what, and how it ended."""

from uuid import UUID

from fastapi import APIRouter

from registry.rights import considerations
from registry.rights.schemas import (
    ConsiderationCreate,
    ConsiderationOutcome,
    ConsiderationPublic,
)
from registry.web.bodies import REQUIRE_JSON
from registry.web.deps import ActorDep, NowDep, SessionDep
from registry.web.gate import needs

router = APIRouter(prefix="/considerations", tags=["considerations"])

_CONSIDER = needs("expert:export")


@router.get("", dependencies=[_CONSIDER])
def list_considerations(
    session: SessionDep, actor: ActorDep, is_open: bool = True, before: UUID | None = None
) -> list[ConsiderationPublic]:
    """Considerations of one's own body, newest first; for a steward those of all bodies.

    200 at a time; `before` is the id of the last one of the page before.
    """
    found = considerations.list_considerations(session, actor, is_open=is_open, before=before)
    return [ConsiderationPublic.model_validate(row) for row in found]


@router.post("", dependencies=[_CONSIDER, REQUIRE_JSON], status_code=201)
def open_consideration(
    session: SessionDep, actor: ActorDep, now: NowDep, body: ConsiderationCreate
) -> ConsiderationPublic:
    """Begin to consider a person; he can see that, and what for."""
    row = considerations.open_consideration(
        session, actor, body.expert_id, body.purpose, now, body.council_id
    )
    return ConsiderationPublic.model_validate(row)


@router.post("/{consideration_id}/outcome", dependencies=[_CONSIDER, REQUIRE_JSON])
def close_consideration(
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    consideration_id: UUID,
    body: ConsiderationOutcome,
) -> ConsiderationPublic:
    """Note how it ended; who was not engaged is erased later, unless he agreed to stay."""
    row = considerations.close_consideration(session, actor, consideration_id, body.outcome, now)
    return ConsiderationPublic.model_validate(row)
