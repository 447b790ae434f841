"""JSON of the register of breaches."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response

from registry.rights import breaches
from registry.rights.breaches import BreachContent, Known
from registry.rights.schemas import BreachBody, BreachCreate, BreachPublic, NoticeBody
from registry.web.bodies import REQUIRE_JSON
from registry.web.deps import ActorDep, NowDep, SessionDep
from registry.web.etags import IfMatch, etag, seen_versions
from registry.web.gate import needs

router = APIRouter(prefix="/breaches", tags=["breaches"])

_MANAGE = needs("breach:manage")


def _content(body: BreachBody) -> BreachContent:
    return BreachContent(title=body.title, description=body.description, measures=body.measures)


@router.get("", dependencies=[_MANAGE])
def list_breaches(session: SessionDep, actor: ActorDep, now: NowDep) -> list[BreachPublic]:
    """All breaches: those that are not closed first."""
    return [BreachPublic.of(known, now) for known in breaches.list_breaches(session, actor)]


@router.post("", dependencies=[_MANAGE, REQUIRE_JSON], status_code=201)
def create_breach(
    session: SessionDep, actor: ActorDep, now: NowDep, response: Response, body: BreachCreate
) -> BreachPublic:
    """Note a breach; from its finding on, 72 hours run for the notice."""
    known = breaches.create(
        session, actor, _content(body), body.found_at, body.people_affected, now
    )
    return _answer(response, known, now)


@router.get("/{breach_id}", dependencies=[_MANAGE])
def get_breach(
    session: SessionDep, actor: ActorDep, now: NowDep, response: Response, breach_id: UUID
) -> BreachPublic:
    """One breach."""
    return _answer(response, breaches.get_breach(session, actor, breach_id), now)


@router.put("/{breach_id}", dependencies=[_MANAGE, REQUIRE_JSON])
def update_breach(
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    response: Response,
    breach_id: UUID,
    body: BreachBody,
    if_match: IfMatch = None,
) -> BreachPublic:
    """Write what is known by now; If-Match carries the ETag of the breach."""
    seen = seen_versions(if_match)
    known = breaches.update(
        session, actor, breach_id, _content(body), body.people_affected, seen=seen
    )
    return _answer(response, known, now)


@router.post("/{breach_id}/notice", dependencies=[_MANAGE, REQUIRE_JSON])
def notify(
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    response: Response,
    breach_id: UUID,
    body: NoticeBody,
    if_match: IfMatch = None,
) -> BreachPublic:
    """Note that the authority was notified, under which number; If-Match carries the ETag."""
    seen = seen_versions(if_match)
    known = breaches.notify(session, actor, breach_id, body.number, now, seen=seen)
    return _answer(response, known, now)


@router.post("/{breach_id}/closing", dependencies=[_MANAGE, REQUIRE_JSON])
def close(
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    response: Response,
    breach_id: UUID,
    if_match: IfMatch = None,
) -> BreachPublic:
    """Close a breach that the authority was told of; If-Match carries the ETag."""
    seen = seen_versions(if_match)
    return _answer(response, breaches.close(session, actor, breach_id, now, seen=seen), now)


def _answer(response: Response, known: Known, now: datetime) -> BreachPublic:
    response.headers["ETag"] = etag(known.version)
    return BreachPublic.of(known, now)
