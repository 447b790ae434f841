"""Pages of signing in and out."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from registry.access import sessions, signin, words
from registry.access.browsers import (
    BrowserDep,
    ProvidersDep,
    ask_for_code,
    retry_headers,
    say,
    see_other,
    session_lasts,
    wait_minutes,
    way_on,
    welcome,
)
from registry.access.paths import safe_path
from registry.access.signin import CodeWanted
from registry.errors import RegistryError, SignInFailedError, TooManyAttemptsError
from registry.web.cookies import cookie_name, drop_cookie
from registry.web.deps import LanguageDep, NowDep, SessionDep, SettingsDep, SignedInDep
from registry.web.errors import kind_of
from registry.web.forms import CHECKED_FORM
from registry.web.gate import open_to_all
from registry.web.language import Language
from registry.web.pages import link, render

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

_SIGNING_IN = open_to_all("this is how somebody signs in")

NextPath = Annotated[str, Form(alias="next")]


@router.get("/sign-in", dependencies=[_SIGNING_IN])
def sign_in_page(
    request: Request,
    signed_in: SignedInDep,
    language: LanguageDep,
    providers: ProvidersDep,
    next: str = "",
    failed: str = "",
    done: str = "",
    again: bool = False,
) -> Response:
    """The form; whoever has signed in is sent on, unless he is to sign in again."""
    if signed_in is not None and not again:
        if failed in words.OUTSIDE:
            return see_other(link("/account", language, failed=failed))
        return see_other(way_on(signed_in.account, signed_in.actor, next, language))
    context = {
        "providers": providers,
        "problem": say(words.OUTSIDE[failed], language) if failed in words.OUTSIDE else "",
        "wait": 0,
        "done": done if done in {"password", "out"} else "",
        "login": signed_in.account.login if signed_in is not None else "",
        "is_again": signed_in is not None,
        "next": safe_path(next) or "",
    }
    return render(request, "sign_in.html", context)


@router.post("/sign-in", dependencies=[_SIGNING_IN, CHECKED_FORM])
def sign_in(
    request: Request,
    session: SessionDep,
    settings: SettingsDep,
    language: LanguageDep,
    now: NowDep,
    browser: BrowserDep,
    providers: ProvidersDep,
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next_path: NextPath = "",
) -> Response:
    """Look at name and password."""
    lasts = session_lasts(settings)
    try:
        found = signin.sign_in(session, login, password, browser, now, lasts)
    # Caught here, so that the failure that was counted is committed.
    except (SignInFailedError, TooManyAttemptsError) as exc:
        context = {
            "providers": providers,
            "done": "",
            "login": login,
            "is_again": False,
            "next": safe_path(next_path) or "",
        }
        return _again(request, "sign_in.html", context, exc, language)
    if isinstance(found, CodeWanted):
        return ask_for_code(settings, found.pending, next_path, language)
    actor = sessions.load_actor(session, found.account, now)
    return welcome(settings, found, actor, next_path, language)


@router.get("/sign-in/code", dependencies=[_SIGNING_IN])
def code_page(
    request: Request,
    session: SessionDep,
    signed_in: SignedInDep,
    settings: SettingsDep,
    language: LanguageDep,
    now: NowDep,
    next: str = "",
) -> Response:
    """The form of the second step."""
    pending = request.cookies.get(cookie_name(settings, "pending"), "")
    try:
        signin.read_pending(session, pending, now)
    except SignInFailedError:
        return see_other(link("/sign-in", language, next=safe_path(next)))
    context = {"problem": "", "wait": 0, "next": safe_path(next) or ""}
    return render(request, "sign_in_code.html", context)


@router.post("/sign-in/code", dependencies=[_SIGNING_IN, CHECKED_FORM])
def give_code(
    request: Request,
    session: SessionDep,
    settings: SettingsDep,
    language: LanguageDep,
    now: NowDep,
    browser: BrowserDep,
    code: Annotated[str, Form()] = "",
    next_path: NextPath = "",
) -> Response:
    """Look at the one-time code."""
    pending = request.cookies.get(cookie_name(settings, "pending"), "")
    lasts = session_lasts(settings)
    try:
        opened = signin.give_code(session, pending, code, browser, now, lasts)
    except (SignInFailedError, TooManyAttemptsError) as exc:
        context = {"next": safe_path(next_path) or ""}
        return _again(request, "sign_in_code.html", context, exc, language)
    actor = sessions.load_actor(session, opened.account, now)
    return welcome(settings, opened, actor, next_path, language)


@router.post("/sign-out", dependencies=[open_to_all("an old session may be over"), CHECKED_FORM])
def sign_out(
    session: SessionDep,
    settings: SettingsDep,
    language: LanguageDep,
    now: NowDep,
    browser: BrowserDep,
) -> Response:
    """End the browser's session."""
    if browser.session is not None:
        sessions.end_by_cookie(session, browser.session, now)
    answer = see_other(link("/sign-in", language, done="out"))
    drop_cookie(answer, settings, "session")
    drop_cookie(answer, settings, "news")
    return answer


def _again(
    request: Request,
    template: str,
    context: Mapping[str, object],
    error: RegistryError,
    language: Language,
) -> HTMLResponse:
    """The form once more, with what was typed, and what was wrong."""
    shown = {**context, "problem": say(str(error), language), "wait": wait_minutes(error)}
    return render(request, template, shown, kind_of(error).status, retry_headers(error))
