"""Pages on which stewards look at claims and decide."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from registry.access import claim_decisions, claim_texts, claims
from registry.access.browsers import say, see_other
from registry.access.claim_decisions import DECISIONS, WAITING, Decision
from registry.access.policy import Actor
from registry.errors import ChangedMeanwhileError, InvalidInputError, NotPermittedError
from registry.web.deps import ActorDep, LanguageDep, NowDep, SessionDep
from registry.web.errors import kind_of
from registry.web.forms import CHECKED_FORM
from registry.web.gate import needs
from registry.web.language import Language
from registry.web.pages import link, render

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

_DECIDE = needs("claim:decide")
_A_PAGE = 50
_STATES = {
    "waiting": WAITING,
    "held": ("granted", "contested"),
    "ended": ("refused", "reverted", "ended"),
}


@router.get("/desk/claims", dependencies=[_DECIDE])
def claims_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    show: str = "waiting",
    before: UUID | None = None,
) -> HTMLResponse:
    """Claims that wait for a decision, or others."""
    show = show if show in _STATES else "waiting"
    found = claim_decisions.list_claims(session, actor, _STATES[show], before, _A_PAGE + 1)
    context = {
        "show": show,
        "claims": found[:_A_PAGE],
        "more": found[_A_PAGE - 1].claim.id if len(found) > _A_PAGE else None,
    }
    return render(request, "desk_claims.html", context)


@router.get("/desk/claims/{claim_id}", dependencies=[_DECIDE])
def claim_page(
    request: Request, session: SessionDep, actor: ActorDep, language: LanguageDep, claim_id: UUID
) -> HTMLResponse:
    """One claim with its words."""
    return _claim(request, session, actor, language, claim_id)


@router.post("/desk/claims/{claim_id}", dependencies=[_DECIDE, CHECKED_FORM])
def decide(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    now: NowDep,
    claim_id: UUID,
    decision: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    profile: Annotated[str, Form()] = "",
) -> Response:
    """Decide about it."""
    typed = {"reason": reason, "profile": profile}
    known: Decision | None = next((d for d in DECISIONS if d == decision), None)
    try:
        if known is None:
            raise InvalidInputError(claim_texts.DECISION_MISSING)
        found = claims.find_named(session, profile)
        if profile.strip() and found is None:
            raise InvalidInputError(claim_texts.PROFILE_MISSING)
        claim_decisions.decide(session, actor, claim_id, known, reason, now, found)
    except (InvalidInputError, NotPermittedError, ChangedMeanwhileError) as exc:
        session.rollback()
        status = kind_of(exc).status
        return _claim(request, session, actor, language, claim_id, str(exc), status, typed)
    return see_other(link(f"/desk/claims/{claim_id}", language, done="yes"))


def _claim(
    request: Request,
    session: Session,
    actor: Actor,
    language: Language,
    claim_id: UUID,
    problem: str = "",
    status: int = 200,
    typed: dict[str, str] | None = None,
) -> HTMLResponse:
    opened = claim_decisions.open_claim(session, actor, claim_id)
    context = {
        "opened": opened,
        "is_own": str(opened.listed.claim.account_id) == actor.id,
        "problem": say(problem, language) if problem else "",
        "typed": typed or {"reason": "", "profile": ""},
        "done": request.query_params.get("done") == "yes",
    }
    return render(request, "desk_claim.html", context, status)
