"""The page on which somebody closes his own account."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from registry.access import leaving
from registry.access.browsers import BrowserDep, retry_headers, say, see_other, wait_minutes
from registry.access.policy import Actor
from registry.errors import (
    ChangedMeanwhileError,
    InvalidInputError,
    RegistryError,
    SignInFailedError,
    SignInTooOldError,
    TooManyAttemptsError,
)
from registry.web.cookies import drop_cookie
from registry.web.deps import ActorDep, LanguageDep, NowDep, SessionDep, SettingsDep
from registry.web.errors import kind_of
from registry.web.forms import CHECKED_FORM
from registry.web.gate import needs, open_to_all
from registry.web.language import Language
from registry.web.pages import link, render

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

_OWN = needs("account:own")
_GONE = open_to_all("whoever has closed his account is signed in no more")
_SHOWN = (
    InvalidInputError,
    SignInFailedError,
    SignInTooOldError,
    TooManyAttemptsError,
    ChangedMeanwhileError,
)


@router.get("/account/close", dependencies=[_OWN])
def close_page(
    request: Request, session: SessionDep, actor: ActorDep, language: LanguageDep
) -> HTMLResponse:
    """What closing the own account would mean, and the form that does it."""
    return _page(request, session, actor, language)


@router.post("/account/close", dependencies=[_OWN, CHECKED_FORM])
def close(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    settings: SettingsDep,
    language: LanguageDep,
    now: NowDep,
    browser: BrowserDep,
    password: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Close it for good."""
    try:
        is_anonymised = leaving.leave(session, actor, password, browser, now)
    except _SHOWN as exc:
        # Nothing is changed by then but the count of failures, which is to be kept.
        return _page(request, session, actor, language, exc)
    done = "gone" if is_anonymised else "kept"
    answer = see_other(link("/account/closed", language, done=done))
    drop_cookie(answer, settings, "session")
    # This browser is known to an account that is no more.
    drop_cookie(answer, settings, "device")
    return answer


@router.get("/account/closed", dependencies=[_GONE])
def closed_page(request: Request) -> HTMLResponse:
    """What has happened, and what stays."""
    is_kept = request.query_params.get("done") == "kept"
    return render(request, "account_closed.html", {"is_kept": is_kept})


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    language: Language,
    error: RegistryError | None = None,
) -> HTMLResponse:
    context = {
        "outlook": leaving.look_ahead(session, actor),
        "problem": say(str(error), language) if error else "",
        "wait": wait_minutes(error) if error else 0,
        "is_old": isinstance(error, SignInTooOldError),
    }
    status = kind_of(error).status if error else 200
    # A wrong password of somebody who has signed in asks for no other sign-in.
    status = 422 if status == 401 else status
    headers = retry_headers(error) if error else {}
    return render(request, "account_close.html", context, status, headers)
