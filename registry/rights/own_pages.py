"""Pages of a person's own consents and requests."""

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
from registry.rights import consent_rules as rules
from registry.rights import consents, page_parts, requests
from registry.rights.consent_rules import Purpose
from registry.rights.consent_texts import current_texts
from registry.rights.deadlines import RequestKind
from registry.web.deps import ActorDep, LanguageDep, NowDep, SessionDep
from registry.web.forms import CHECKED_FORM
from registry.web.gate import needs
from registry.web.language import Language
from registry.web.pages import link, render

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

_CONSENT = needs("consent:own")
_RIGHTS = needs("rights:own")


@router.get("/me/consents", dependencies=[_CONSENT])
def consents_page(
    request: Request, session: SessionDep, actor: ActorDep, language: LanguageDep, now: NowDep
) -> HTMLResponse:
    """What can be agreed to, each with its words, and what was."""
    return _consents(request, session, actor, language, now)


@router.get("/me/consents/print", dependencies=[_CONSENT])
def consents_print(
    request: Request, session: SessionDep, actor: ActorDep, language: LanguageDep, now: NowDep
) -> HTMLResponse:
    """All consents with the texts as agreed, to be printed or kept."""
    context = {
        "consents": consents.list_consents(session, actor, page_parts.own_id(actor)),
        "names": page_parts.name_bodies(session, language),
        **page_parts.times(language, now),
    }
    return render(request, "me_consents_print.html", context)


@router.post("/me/consents", dependencies=[_CONSENT, CHECKED_FORM])
def give(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    now: NowDep,
    purpose: Annotated[str, Form()] = "",
    body: Annotated[list[str], Form()] = [],  # noqa: B006
) -> Response:
    """Agree to a purpose."""
    own, bodies = page_parts.own_id(actor), page_parts.chosen_bodies(purpose, body)
    try:
        consents.give(session, actor, own, purpose, language, now, bodies=bodies)
    except page_parts.REFUSALS as exc:
        return _consents(request, session, actor, language, now, exc, purpose, body)
    return see_other(link("/me/consents", language, done="given"))


@router.post("/me/consents/{consent_id}/withdraw", dependencies=[_CONSENT, CHECKED_FORM])
def withdraw(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    now: NowDep,
    consent_id: UUID,
) -> Response:
    """Withdraw one consent."""
    try:
        consents.withdraw(session, actor, page_parts.own_id(actor), consent_id, now)
    except page_parts.REFUSALS as exc:
        return _consents(request, session, actor, language, now, exc)
    return see_other(link("/me/consents", language, done="withdrawn"))


def _consents(
    request: Request,
    session: Session,
    actor: Actor,
    language: Language,
    now: datetime,
    refusal: Exception | None = None,
    purpose: str = "",
    ticked: Sequence[str] = (),
) -> HTMLResponse:
    problem, status = page_parts.refused(session, refusal, language)
    agreed = consents.list_consents(session, actor, page_parts.own_id(actor))
    texts = current_texts(session)
    context = {
        "texts": {p: t.text_vi if language == "vi" else t.text_en for p, t in texts.items()},
        "purposes": list(Purpose),
        "per_body": rules.PER_BODY,
        "versions": {p: t.version for p, t in texts.items()},
        "agreed": agreed,
        "bodies": page_parts.list_bodies(session, language),
        "names": page_parts.name_bodies(session, language),
        "problem": problem,
        "wrong": purpose,
        "ticked": ticked,
        "done": request.query_params.get("done", ""),
        **page_parts.times(language, now),
    }
    return render(request, "me_consents.html", context, status)


@router.get("/me/requests", dependencies=[_RIGHTS])
def requests_page(
    request: Request, session: SessionDep, actor: ActorDep, language: LanguageDep, now: NowDep
) -> HTMLResponse:
    """Own requests with their deadlines."""
    return _requests(request, session, actor, language, now)


@router.post("/me/requests", dependencies=[_RIGHTS, CHECKED_FORM])
def ask(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    now: NowDep,
    kind: Annotated[str, Form()] = "",
    asked: Annotated[str, Form()] = "",
) -> Response:
    """Ask for something."""
    typed = {"kind": kind, "asked": asked}
    if kind not in set(RequestKind):
        return see_other(link("/me/requests", language))
    try:
        requests.ask(session, actor, RequestKind(kind), asked, now)
    except page_parts.REFUSALS as exc:
        return _requests(request, session, actor, language, now, exc, typed)
    return see_other(link("/me/requests", language, done="asked"))


def _requests(
    request: Request,
    session: Session,
    actor: Actor,
    language: Language,
    now: datetime,
    refusal: Exception | None = None,
    typed: dict[str, str] | None = None,
) -> HTMLResponse:
    problem, status = page_parts.refused(session, refusal, language)
    context = {
        "requests": requests.list_own(session, actor),
        "kinds": [kind.value for kind in RequestKind if kind is not RequestKind.DELETE],
        "problem": problem,
        "typed": typed or {"kind": "", "asked": ""},
        "done": request.query_params.get("done", ""),
        **page_parts.times(language, now),
    }
    return render(request, "me_requests.html", context, status)
