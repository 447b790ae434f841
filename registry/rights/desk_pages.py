"""Pages of stewards for people's rights: requests, consents on paper, copies, retention."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from registry.access.browsers import see_other
from registry.access.policy import Actor
from registry.errors import InvalidInputError, NotFoundError
from registry.rights import erasure_requests, page_parts, requests
from registry.rights import words as messages
from registry.rights.copy import copy_of
from registry.rights.copy_page import copy_file
from registry.rights.deadlines import RequestKind
from registry.rights.keeping import LedgerDep, keep_ledger
from registry.rights.people import name_of
from registry.rights.request_store import OPEN, Received
from registry.web.deps import ActorDep, LanguageDep, NowDep, SessionDep
from registry.web.forms import CHECKED_FORM
from registry.web.gate import needs
from registry.web.language import Language
from registry.web.pages import link, render

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

_HANDLE = needs("rights:handle")
_NO_REQUEST = dict.fromkeys(("kind", "channel", "asked", "requester", "profile", "third_party"), "")


@router.get("/desk/requests", dependencies=[_HANDLE])
def requests_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    now: NowDep,
    show: str = "open",
) -> HTMLResponse:
    """Requests that wait, the most urgent first, or those that are done."""
    return _requests(request, session, actor, language, now, show=show)


@router.post("/desk/requests", dependencies=[_HANDLE, CHECKED_FORM])
def receive(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    now: NowDep,
    kind: Annotated[str, Form()] = "",
    channel: Annotated[str, Form()] = "",
    asked: Annotated[str, Form()] = "",
    requester: Annotated[str, Form()] = "",
    profile: Annotated[str, Form()] = "",
    third_party: Annotated[str, Form()] = "",
) -> Response:
    """Take down a request that came by letter, e-mail, telephone or in person."""
    typed = {
        "kind": kind,
        "channel": channel,
        "asked": asked,
        "requester": requester,
        "profile": profile,
        "third_party": third_party,
    }
    if kind not in set(RequestKind):
        return see_other(link("/desk/requests", language))
    try:
        expert_id = _read_profile(profile)
        received = Received(
            RequestKind(kind), asked, channel, expert_id, requester, third_party == "yes"
        )
        row = requests.receive(session, actor, received, now)
    except (*page_parts.REFUSALS, NotFoundError) as exc:
        return _requests(request, session, actor, language, now, refusal=exc, typed=typed)
    return see_other(link(f"/desk/requests/{row.id}", language, done="received"))


def _read_profile(text: str) -> UUID | None:
    """The id of a profile, as such or as the end of its address."""
    named = text.strip().partition("?")[0].rstrip("/").rpartition("/")[2]
    if not named:
        return None
    try:
        return UUID(named)
    except ValueError as exc:
        raise NotFoundError("no such profile") from exc


def _requests(
    request: Request,
    session: Session,
    actor: Actor,
    language: Language,
    now: datetime,
    *,
    show: str = "open",
    refusal: Exception | None = None,
    typed: dict[str, str] | None = None,
) -> HTMLResponse:
    problem, status = _refused(session, refusal, language)
    states = ("done", "refused") if show == "done" else OPEN
    context = {
        "show": "done" if show == "done" else "open",
        "requests": requests.list_all(session, actor, states=states),
        "kinds": [kind.value for kind in RequestKind],
        "channels": requests.CHANNELS,
        "problem": problem,
        "typed": typed or _NO_REQUEST,
        **page_parts.times(language, now),
    }
    return render(request, "desk_requests.html", context, status)


@router.get("/desk/requests/{request_id}", dependencies=[_HANDLE])
def request_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    now: NowDep,
    request_id: UUID,
) -> HTMLResponse:
    """One request, and what can be done with it."""
    return _request(request, session, actor, language, now, request_id)


@router.post("/desk/requests/{request_id}", dependencies=[_HANDLE, CHECKED_FORM])
def act(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    now: NowDep,
    ledger: LedgerDep,
    tasks: BackgroundTasks,
    request_id: UUID,
    act: Annotated[str, Form()] = "",
    words: Annotated[str, Form()] = "",
    days: Annotated[str, Form()] = "",
    confirmation: Annotated[str, Form()] = "",
) -> Response:
    """Answer it, prolong it, carry it out, note it as done, or refuse it."""
    typed = {"words": words, "days": days, "confirmation": confirmation}
    try:
        if act == "answer":
            requests.answer(session, actor, request_id, words, now)
        elif act == "extend":
            requests.prolong(session, actor, request_id, _read_days(days), words, now)
        elif act == "done":
            requests.finish(session, actor, request_id, words, now)
        elif act == "refuse":
            requests.refuse(session, actor, request_id, words, now)
        elif act == "carry_out":
            requests.carry_out(session, actor, request_id, now)
        elif act == "erase":
            _erase(session, actor, request_id, confirmation, now)
            tasks.add_task(keep_ledger, ledger)
    except page_parts.REFUSALS as exc:
        return _request(request, session, actor, language, now, request_id, exc, typed)
    return see_other(link(f"/desk/requests/{request_id}", language, done=act))


def _read_days(text: str) -> int:
    digits = text.strip()
    return int(digits) if digits.isdecimal() and len(digits) < 4 else 0


def _erase(
    session: Session, actor: Actor, request_id: UUID, confirmation: str, now: datetime
) -> None:
    expert_id = requests.get_request(session, actor, request_id).request.expert_id
    if expert_id is None:
        raise NotFoundError(f"the request {request_id} is about no profile")
    erasure_requests.erase_on_request(session, actor, expert_id, request_id, confirmation, now)


def _request(
    request: Request,
    session: Session,
    actor: Actor,
    language: Language,
    now: datetime,
    request_id: UUID,
    refusal: Exception | None = None,
    typed: dict[str, str] | None = None,
) -> HTMLResponse:
    problem, status = _refused(session, refusal, language)
    opened = requests.get_request(session, actor, request_id)
    expert_id = opened.request.expert_id
    context: dict[str, Any] = {
        "opened": opened,
        "name": name_of(session, expert_id) if expert_id is not None else None,
        "word": erasure_requests.CONFIRMATION[language],
        "problem": problem,
        "typed": typed or {"words": "", "days": "", "confirmation": ""},
        "done": request.query_params.get("done", ""),
        **page_parts.times(language, now),
    }
    return render(request, "desk_request.html", context, status)


@router.get("/desk/experts/{expert_id}/copy.json", dependencies=[_HANDLE])
def copy_json(session: SessionDep, actor: ActorDep, now: NowDep, expert_id: UUID) -> Response:
    """Everything that is held about a person, to be sent to him, for machines."""
    document = copy_of(session, actor, expert_id, now)
    return JSONResponse(document, headers=_as_file(expert_id, "json"))


@router.get("/desk/experts/{expert_id}/copy.html", dependencies=[_HANDLE])
def copy_html(
    session: SessionDep, actor: ActorDep, language: LanguageDep, now: NowDep, expert_id: UUID
) -> HTMLResponse:
    """The same for people, in both languages."""
    document = copy_of(session, actor, expert_id, now)
    file = copy_file(session, document, language)
    return HTMLResponse(file, headers=_as_file(expert_id, "html"))


def _as_file(expert_id: UUID, ending: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="data-{expert_id}.{ending}"'}


def _refused(session: Session, refusal: Exception | None, language: Language) -> tuple[str, int]:
    if isinstance(refusal, NotFoundError):
        # A profile that was typed; here the form is shown again as for any other slip.
        refusal = InvalidInputError(messages.PROFILE_UNKNOWN)
    return page_parts.refused(session, refusal, language)
