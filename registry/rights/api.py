"""JSON for whoever handles people's rights: consents on paper, requests, erasures, retention."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Query, Request
from fastapi.responses import JSONResponse

from registry.daily import DailyWorker
from registry.errors import BusyError
from registry.rights import compaction, consents, erasure_requests, requests, restriction, retention
from registry.rights.consent_texts import current_texts
from registry.rights.copy import copy_of
from registry.rights.keeping import LedgerDep, keep_ledger
from registry.rights.people import get_person
from registry.rights.request_store import OPEN, Received, open_request
from registry.rights.schemas import (
    AnswerBody,
    CompactionPublic,
    ConsentRecord,
    ConsentsPublic,
    ErasureBody,
    ErasurePublic,
    ExtensionBody,
    OutcomeBody,
    ProofBody,
    RequestPublic,
    RequestRecord,
    RetentionPublic,
)
from registry.web.bodies import REQUIRE_JSON
from registry.web.deps import ActorDep, NowDep, SessionDep
from registry.web.gate import needs

router = APIRouter(tags=["rights"])

_RECORD = needs("consent:record")
_HANDLE = needs("rights:handle")
_RETENTION = needs("retention:run")


@router.get("/experts/{expert_id}/consents", dependencies=[_RECORD])
def list_consents(session: SessionDep, actor: ActorDep, expert_id: UUID) -> ConsentsPublic:
    """What a person agreed to, the ended consents included."""
    get_person(session, actor, expert_id, "consent:record")
    agreed = consents.list_consents(session, actor, expert_id)
    return ConsentsPublic.of(current_texts(session), agreed)


@router.post("/experts/{expert_id}/consents", dependencies=[_RECORD, REQUIRE_JSON], status_code=201)
def record_consent(
    session: SessionDep, actor: ActorDep, now: NowDep, expert_id: UUID, body: ConsentRecord
) -> ConsentsPublic:
    """Record a consent that came by letter, e-mail or in person, with where the proof is kept."""
    consents.give(
        session,
        actor,
        expert_id,
        body.purpose,
        body.language,
        now,
        bodies=body.bodies,
        proof=body.proof(),
    )
    return list_consents(session, actor, expert_id)


@router.post(
    "/experts/{expert_id}/consents/{consent_id}/withdrawal",
    dependencies=[_RECORD, REQUIRE_JSON],
    status_code=204,
)
def record_withdrawal(
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    expert_id: UUID,
    consent_id: UUID,
    body: ProofBody,
) -> None:
    """Record that a person withdrew a consent; it is out of force at once."""
    consents.withdraw(session, actor, expert_id, consent_id, now, body.proof())


@router.get("/experts/{expert_id}/data", dependencies=[_HANDLE])
def get_data(session: SessionDep, actor: ActorDep, now: NowDep, expert_id: UUID) -> JSONResponse:
    """Everything that is held about a person, to be sent to him."""
    return JSONResponse(copy_of(session, actor, expert_id, now))


@router.put("/experts/{expert_id}/restriction", dependencies=[_HANDLE], status_code=204)
def restrict(session: SessionDep, actor: ActorDep, now: NowDep, expert_id: UUID) -> None:
    """Stop every use of a person's data but their keeping, because he asked for it."""
    restriction.restrict(session, actor, expert_id, now)


@router.delete("/experts/{expert_id}/restriction", dependencies=[_HANDLE], status_code=204)
def lift_restriction(session: SessionDep, actor: ActorDep, expert_id: UUID) -> None:
    """End a restriction that a person asked for."""
    restriction.lift_restriction(session, actor, expert_id)


@router.post("/experts/{expert_id}/erasure", dependencies=[_HANDLE, REQUIRE_JSON])
def erase(
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    expert_id: UUID,
    body: ErasureBody,
    ledger: LedgerDep,
    tasks: BackgroundTasks,
) -> ErasurePublic:
    """Erase a person who asked for it in a request that is not done yet."""
    made = erasure_requests.erase_on_request(
        session, actor, expert_id, body.request_id, body.confirmation, now
    )
    tasks.add_task(keep_ledger, ledger)
    return ErasurePublic.of(made)


@router.get("/rights-requests", dependencies=[_HANDLE])
def list_requests(
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    state: Annotated[
        list[Literal["open", "answered", "done", "refused"]] | None, Query(max_length=4)
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> list[RequestPublic]:
    """Requests in these states (if none are named: those not done), the most urgent first."""
    found = requests.list_all(session, actor, states=state or OPEN, limit=limit)
    return [RequestPublic.of(opened, now) for opened in found]


@router.post("/rights-requests", dependencies=[_HANDLE, REQUIRE_JSON], status_code=201)
def record_request(
    session: SessionDep, actor: ActorDep, now: NowDep, body: RequestRecord
) -> RequestPublic:
    """Take down a request that came by letter, e-mail, telephone or in person."""
    row = requests.receive(session, actor, Received(**body.model_dump()), now)
    return RequestPublic.of(open_request(session, row), now)


@router.get("/rights-requests/{request_id}", dependencies=[_HANDLE])
def get_request(
    session: SessionDep, actor: ActorDep, now: NowDep, request_id: UUID
) -> RequestPublic:
    """One request."""
    return RequestPublic.of(requests.get_request(session, actor, request_id), now)


@router.post("/rights-requests/{request_id}/answer", dependencies=[_HANDLE, REQUIRE_JSON])
def answer(
    session: SessionDep, actor: ActorDep, now: NowDep, request_id: UUID, body: AnswerBody
) -> RequestPublic:
    """Note that the person was told that the request came, and when it will be done."""
    requests.answer(session, actor, request_id, body.words, now)
    return get_request(session, actor, now, request_id)


@router.post("/rights-requests/{request_id}/extension", dependencies=[_HANDLE, REQUIRE_JSON])
def extend(
    session: SessionDep, actor: ActorDep, now: NowDep, request_id: UUID, body: ExtensionBody
) -> RequestPublic:
    """Move the day to act by, once."""
    requests.prolong(session, actor, request_id, body.days, body.reason, now)
    return get_request(session, actor, now, request_id)


@router.post("/rights-requests/{request_id}/outcome", dependencies=[_HANDLE, REQUIRE_JSON])
def end(
    session: SessionDep, actor: ActorDep, now: NowDep, request_id: UUID, body: OutcomeBody
) -> RequestPublic:
    """Note that a request was carried out, or is refused, and why."""
    act = requests.finish if body.state == "done" else requests.refuse
    act(session, actor, request_id, body.words, now)
    return get_request(session, actor, now, request_id)


@router.post("/rights-requests/{request_id}/act", dependencies=[_HANDLE, REQUIRE_JSON])
def carry_out(session: SessionDep, actor: ActorDep, now: NowDep, request_id: UUID) -> RequestPublic:
    """Restrict, or withdraw all consents, as the request asks, and note it as done."""
    requests.carry_out(session, actor, request_id, now)
    return get_request(session, actor, now, request_id)


@router.get("/erasures", dependencies=[_RETENTION])
def list_erasures(
    session: SessionDep, actor: ActorDep, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> list[ErasurePublic]:
    """Proofs of erasures, newest first."""
    return [ErasurePublic.of(row) for row in compaction.list_erasures(session, actor, limit)]


@router.post("/erasures/compaction", dependencies=[_RETENTION, REQUIRE_JSON], status_code=202)
def compact(request: Request, session: SessionDep, actor: ActorDep) -> CompactionPublic:
    """Have tables and indexes rewritten now, so that erased people are physically gone.

    It is done by this process, beside what else it does; `/erasures` tells when it is proven.
    """
    daily: DailyWorker | None = request.app.state.daily
    if daily is None:
        raise BusyError("this process does no work on schedule; run `registry rights compact`")
    pending = compaction.count_pending(session, actor)
    if pending:
        daily.ask()
    return CompactionPublic(pending=pending, is_asked=bool(pending))


@router.get("/retention", dependencies=[_RETENTION])
def find_due(session: SessionDep, actor: ActorDep, now: NowDep) -> list[RetentionPublic]:
    """What the rules of retention would take now; nothing is changed."""
    return [_finding(found) for found in retention.find_due(session, actor, now)]


@router.post("/retention", dependencies=[_RETENTION, REQUIRE_JSON])
def run_retention(
    actor: ActorDep, now: NowDep, ledger: LedgerDep, tasks: BackgroundTasks
) -> list[RetentionPublic]:
    """Erase and delete what is due now, as the day's work does by itself."""
    done = retention.run(ledger.database, actor, now)
    tasks.add_task(keep_ledger, ledger)
    return [_finding(found) for found in done]


def _finding(found: retention.Finding) -> RetentionPublic:
    return RetentionPublic(
        rule=found.rule.code,
        ground=found.rule.ground,
        days=found.rule.days,
        count=found.count,
        people=list(found.people),
        accounts=list(found.accounts),
    )
