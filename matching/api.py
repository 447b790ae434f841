"""JSON of searches, matches and runs, and the two probes of a running process."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from matching import repetition, service
from matching.engine import Engine
from matching.schemas import MatchRequest, Repetition, RunPublic, SearchAnswer, SearchRequest
from registry.db import Database
from registry.web.bodies import REQUIRE_JSON, StrictBody
from registry.web.deps import ActorDep, NowDep, SessionDep
from registry.web.gate import needs, open_to_all

router = APIRouter(tags=["matching"])
probes = APIRouter(tags=["probes"])

_PROBE = open_to_all("whatever runs the service asks it without an account")


def get_engine(request: Request) -> Engine:
    """The engine of this process."""
    return cast(Engine, request.app.state.engine)


EngineDep = Annotated[Engine, Depends(get_engine)]


class SearchBody(StrictBody, SearchRequest):
    """A free-text search with its filters."""


class RoleMatchBody(StrictBody, MatchRequest):
    """Filters of a match with a programme role; the role's lines are the query."""


def role_key(role: str) -> UUID | str:
    """A role's id, or its code."""
    try:
        return UUID(role)
    except ValueError:
        return role


@router.post("/searches", dependencies=[needs("expert:search"), REQUIRE_JSON])
def search(
    session: SessionDep, engine: EngineDep, actor: ActorDep, now: NowDep, body: SearchBody
) -> SearchAnswer:
    """Rank people for a free text; the run is stored with its versions."""
    return service.search(session, engine, actor, body, now)


@router.post("/roles/{role}/matches", dependencies=[needs("expert:search"), REQUIRE_JSON])
def match_role(
    session: SessionDep,
    engine: EngineDep,
    actor: ActorDep,
    now: NowDep,
    role: str,
    body: RoleMatchBody,
) -> SearchAnswer:
    """Rank people for a programme role (its id or code) by all its lines."""
    return service.match_role(session, engine, actor, role_key(role), body, now)


@router.get("/runs/{run_id}", dependencies=[needs("run:read")])
def get_run(session: SessionDep, actor: ActorDep, run_id: UUID) -> RunPublic:
    """A stored run of the actor's own: request, versions, result."""
    return service.get_run(session, actor, run_id)


@router.post("/runs/{run_id}/repetitions", dependencies=[needs("run:read"), REQUIRE_JSON])
def repeat_run(
    session: SessionDep, engine: EngineDep, actor: ActorDep, now: NowDep, run_id: UUID
) -> Repetition:
    """Make a stored run again with its own weights, and say what is different."""
    return repetition.repeat_run(session, engine, actor, run_id, now)


class Health(BaseModel):
    """The process lives."""

    status: str = "ok"


class Ready(BaseModel):
    """Whether the process can serve. No numbers: it is told to everybody."""

    status: str
    database: bool
    index: bool


@probes.get("/health", dependencies=[_PROBE])
def health() -> Health:
    """Answers as long as the process lives."""
    return Health()


@probes.get("/ready", dependencies=[_PROBE], responses={503: {"model": Ready}})
def ready(request: Request, response: Response) -> Ready:
    """Whether the database answers and the index is open; 503 when not."""
    database: Database | None = request.app.state.database
    engine: Engine | None = request.app.state.engine
    found = Ready(status="unavailable", database=False, index=engine is not None)
    if database is not None:
        try:
            with database.session() as session:
                session.execute(text("SELECT 1"))
                found.database = True
        except SQLAlchemyError:
            # That is the answer: the probe must not fail itself.
            found.database = False
    if found.database and found.index:
        found.status = "ready"
    else:
        response.status_code = 503
    return found
