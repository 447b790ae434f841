"""Pages on which stewards record consents that reached them on paper, by e-mail or in person."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from registry.access.browsers import see_other
from registry.access.policy import Actor
from registry.errors import NotFoundError
from registry.rights import consent_rules as rules
from registry.rights import consents, page_parts
from registry.rights.consent_rules import Purpose
from registry.rights.consent_store import Proof
from registry.rights.people import get_person, name_of
from registry.web.deps import ActorDep, LanguageDep, NowDep, SessionDep
from registry.web.forms import CHECKED_FORM
from registry.web.gate import needs
from registry.web.language import Language
from registry.web.pages import link, render

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

_RECORD = needs("consent:record")


@router.get("/desk/experts/{expert_id}/consents", dependencies=[_RECORD])
def consents_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    now: NowDep,
    expert_id: UUID,
) -> HTMLResponse:
    """What a person agreed to, and a form for what reached the steward."""
    return _consents(request, session, actor, language, now, expert_id)


@router.post("/desk/experts/{expert_id}/consents", dependencies=[_RECORD, CHECKED_FORM])
def record(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    now: NowDep,
    expert_id: UUID,
    purpose: Annotated[str, Form()] = "",
    body: Annotated[list[str], Form()] = [],  # noqa: B006
    channel: Annotated[str, Form()] = "",
    evidence: Annotated[str, Form(max_length=500)] = "",
    read_in: Annotated[str, Form()] = "",
    consent_id: Annotated[str, Form()] = "",
) -> Response:
    """Record a consent, or with `consent_id` that one was withdrawn."""
    typed = {"purpose": purpose, "channel": channel, "evidence": evidence, "read_in": read_in}
    proof = Proof(channel, evidence)
    try:
        if consent_id:
            known = consents.list_consents(session, actor, expert_id)
            found = next((c.consent.id for c in known if str(c.consent.id) == consent_id), None)
            if found is None:
                raise NotFoundError(f"no consent with the id {consent_id[:40]}")
            consents.withdraw(session, actor, expert_id, found, now, proof)
        else:
            bodies = page_parts.chosen_bodies(purpose, body)
            consents.give(
                session, actor, expert_id, purpose, read_in, now, bodies=bodies, proof=proof
            )
    except page_parts.REFUSALS as exc:
        return _consents(request, session, actor, language, now, expert_id, exc, typed, body)
    return see_other(link(f"/desk/experts/{expert_id}/consents", language, done="yes"))


def _consents(
    request: Request,
    session: Session,
    actor: Actor,
    language: Language,
    now: datetime,
    expert_id: UUID,
    refusal: Exception | None = None,
    typed: dict[str, str] | None = None,
    ticked: Sequence[str] = (),
) -> HTMLResponse:
    problem, status = page_parts.refused(session, refusal, language)
    expert = get_person(session, actor, expert_id, "consent:record")
    context = {
        "expert": expert,
        "name": name_of(session, expert_id),
        "agreed": consents.list_consents(session, actor, expert_id),
        "purposes": list(Purpose),
        "channels": rules.RECORDED_CHANNELS,
        "bodies": page_parts.list_bodies(session, language),
        "names": page_parts.name_bodies(session, language),
        "problem": problem,
        "typed": typed or {"purpose": "", "channel": "", "evidence": "", "read_in": language},
        "ticked": ticked,
        "done": request.query_params.get("done") == "yes",
        **page_parts.times(language, now),
    }
    return render(request, "desk_consents.html", context, status)
