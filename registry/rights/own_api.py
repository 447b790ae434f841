"""JSON of a person's rights over his own data."""

from uuid import UUID

from fastapi import APIRouter, BackgroundTasks
from fastapi.responses import JSONResponse

from registry.errors import NotFoundError
from registry.rights import consents, erasure_requests, requests, restriction
from registry.rights.consent_texts import current_texts
from registry.rights.copy import copy_of
from registry.rights.keeping import LedgerDep, keep_ledger
from registry.rights.request_store import open_request
from registry.rights.schemas import (
    ConsentCreate,
    ConsentsPublic,
    ErasurePublic,
    OwnErasureBody,
    RequestCreate,
    RequestPublic,
)
from registry.web.bodies import REQUIRE_JSON
from registry.web.deps import ActorDep, NowDep, SessionDep
from registry.web.gate import needs

router = APIRouter(prefix="/me", tags=["rights"])

_CONSENT = needs("consent:own")
_RIGHTS = needs("rights:own")


def _own_id(actor: ActorDep) -> UUID:
    if actor.expert_id is None:
        raise NotFoundError("this account has no profile")
    return actor.expert_id


@router.get("/consents", dependencies=[_CONSENT])
def list_consents(session: SessionDep, actor: ActorDep) -> ConsentsPublic:
    """What can be agreed to, and what was, the ended ones included."""
    agreed = consents.list_consents(session, actor, _own_id(actor))
    return ConsentsPublic.of(current_texts(session), agreed)


@router.post("/consents", dependencies=[_CONSENT, REQUIRE_JSON], status_code=201)
def give_consent(
    session: SessionDep, actor: ActorDep, now: NowDep, body: ConsentCreate
) -> ConsentsPublic:
    """Agree to a purpose, for some bodies or all."""
    consents.give(
        session, actor, _own_id(actor), body.purpose, body.language, now, bodies=body.bodies
    )
    return list_consents(session, actor)


@router.delete("/consents/{consent_id}", dependencies=[_CONSENT], status_code=204)
def withdraw_consent(session: SessionDep, actor: ActorDep, now: NowDep, consent_id: UUID) -> None:
    """Withdraw a consent; it is out of force at once."""
    consents.withdraw(session, actor, _own_id(actor), consent_id, now)


@router.get("/requests", dependencies=[_RIGHTS])
def list_requests(session: SessionDep, actor: ActorDep, now: NowDep) -> list[RequestPublic]:
    """Own requests with their deadlines, newest first."""
    return [RequestPublic.of(found, now) for found in requests.list_own(session, actor)]


@router.post("/requests", dependencies=[_RIGHTS, REQUIRE_JSON], status_code=201)
def make_request(
    session: SessionDep, actor: ActorDep, now: NowDep, body: RequestCreate
) -> RequestPublic:
    """Ask for something; restriction and withdrawal are done at once."""
    row = requests.ask(session, actor, body.kind, body.words, now)
    return RequestPublic.of(open_request(session, row), now)


@router.get("/data", dependencies=[_RIGHTS])
def get_data(session: SessionDep, actor: ActorDep, now: NowDep) -> JSONResponse:
    """Everything that is held about oneself."""
    return JSONResponse(copy_of(session, actor, _own_id(actor), now))


@router.put("/restriction", dependencies=[_RIGHTS], status_code=204)
def restrict(session: SessionDep, actor: ActorDep, now: NowDep) -> None:
    """Stop every use of one's data but their keeping."""
    restriction.restrict(session, actor, _own_id(actor), now)


@router.delete("/restriction", dependencies=[_RIGHTS], status_code=204)
def lift_restriction(session: SessionDep, actor: ActorDep) -> None:
    """Let one's data be used again as the consents allow."""
    restriction.lift_restriction(session, actor, _own_id(actor))


@router.post("/erasure", dependencies=[_RIGHTS, REQUIRE_JSON])
def erase(
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    body: OwnErasureBody,
    ledger: LedgerDep,
    tasks: BackgroundTasks,
) -> ErasurePublic:
    """Erase oneself, profile and account, at once; nothing can bring it back."""
    made = erasure_requests.erase_own(session, actor, body.confirmation, now)
    tasks.add_task(keep_ledger, ledger)
    return ErasurePublic.of(made)
