"""Pages of a person about his data: take them away, restrict, withdraw, erase."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from registry.access.browsers import say, see_other
from registry.access.policy import Actor
from registry.experts.models import Expert
from registry.rights import erasure_requests, page_parts, requests, restriction, words
from registry.rights.copy import copy_of
from registry.rights.copy_page import copy_file, sections
from registry.rights.deadlines import RequestKind
from registry.rights.keeping import LedgerDep, keep_ledger
from registry.web.cookies import drop_cookie
from registry.web.deps import ActorDep, LanguageDep, NowDep, SessionDep, SettingsDep
from registry.web.forms import CHECKED_FORM
from registry.web.gate import needs, open_to_all
from registry.web.language import Language
from registry.web.pages import link, render

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

_RIGHTS = needs("rights:own")


@router.get("/me/data", dependencies=[_RIGHTS])
def data_page(
    request: Request, session: SessionDep, actor: ActorDep, language: LanguageDep, now: NowDep
) -> HTMLResponse:
    """Take one's data away, restrict their use, withdraw, or have everything erased."""
    return _data(request, session, actor, language, now)


@router.get("/me/data/copy", dependencies=[_RIGHTS])
def copy_page(
    request: Request, session: SessionDep, actor: ActorDep, language: LanguageDep, now: NowDep
) -> HTMLResponse:
    """Everything that is held, on one page."""
    document = copy_of(session, actor, page_parts.own_id(actor), now)
    context = {"document": document, "sections": sections(session, document, language)}
    return render(request, "me_copy.html", context)


@router.get("/me/data/copy.json", dependencies=[_RIGHTS])
def copy_json(session: SessionDep, actor: ActorDep, now: NowDep) -> Response:
    """Everything that is held, as a file for machines."""
    document = copy_of(session, actor, page_parts.own_id(actor), now)
    return JSONResponse(document, headers=_as_file(now, "json"))


@router.get("/me/data/copy.html", dependencies=[_RIGHTS])
def copy_html(
    session: SessionDep, actor: ActorDep, language: LanguageDep, now: NowDep
) -> HTMLResponse:
    """Everything that is held, as one file for people, in both languages."""
    document = copy_of(session, actor, page_parts.own_id(actor), now)
    return HTMLResponse(copy_file(session, document, language), headers=_as_file(now, "html"))


def _as_file(now: datetime, ending: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="my-data-{now:%Y-%m-%d}.{ending}"'}


@router.post("/me/data/restriction", dependencies=[_RIGHTS, CHECKED_FORM])
def restrict(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    now: NowDep,
    act: Annotated[str, Form()] = "",
) -> Response:
    """Restrict the use of one's data, which a request documents, or end that."""
    try:
        if act == "lift":
            restriction.lift_restriction(session, actor, page_parts.own_id(actor))
        else:
            asked = say(words.ASKED_BY_BUTTON, language)
            requests.ask(session, actor, RequestKind.RESTRICT, asked, now)
    except page_parts.REFUSALS as exc:
        return _data(request, session, actor, language, now, exc)
    done = "lifted" if act == "lift" else "restricted"
    return see_other(link("/me/data", language, done=done))


@router.post("/me/data/withdrawal", dependencies=[_RIGHTS, CHECKED_FORM])
def withdraw_all(
    request: Request, session: SessionDep, actor: ActorDep, language: LanguageDep, now: NowDep
) -> Response:
    """Withdraw all consents, which a request documents."""
    try:
        asked = say(words.ASKED_BY_BUTTON, language)
        requests.ask(session, actor, RequestKind.WITHDRAW, asked, now)
    except page_parts.REFUSALS as exc:
        return _data(request, session, actor, language, now, exc)
    return see_other(link("/me/data", language, done="withdrawn"))


@router.post("/me/data/erasure", dependencies=[_RIGHTS, CHECKED_FORM])
def erase(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    settings: SettingsDep,
    language: LanguageDep,
    now: NowDep,
    ledger: LedgerDep,
    tasks: BackgroundTasks,
    confirmation: Annotated[str, Form()] = "",
) -> Response:
    """Erase everything at once."""
    try:
        erasure_requests.erase_own(session, actor, confirmation, now)
    except page_parts.REFUSALS as exc:
        return _data(request, session, actor, language, now, exc, confirmation)
    tasks.add_task(keep_ledger, ledger)
    answer = see_other(link("/erased", language))
    drop_cookie(answer, settings, "session")
    return answer


@router.get("/erased", dependencies=[open_to_all("whoever was erased has no account any more")])
def erased_page(request: Request) -> HTMLResponse:
    """What happened, and what stays."""
    return render(request, "erased.html", {})


def _data(
    request: Request,
    session: Session,
    actor: Actor,
    language: Language,
    now: datetime,
    refusal: Exception | None = None,
    typed: str = "",
) -> HTMLResponse:
    problem, status = page_parts.refused(session, refusal, language)
    expert = session.get(Expert, page_parts.own_id(actor))
    context: dict[str, Any] = {
        "expert": expert,
        "word": erasure_requests.CONFIRMATION[language],
        "typed": typed,
        "problem": problem,
        "done": request.query_params.get("done", ""),
        **page_parts.times(language, now),
    }
    return render(request, "me_data.html", context, status)
