"""The page of a link that was sent to somebody. Looking at it uses nothing up."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from registry.access import links, passwords, sessions, signin, words
from registry.access.browsers import (
    BrowserDep,
    OIDCDep,
    ProvidersDep,
    keep_private,
    provider_named,
    say,
    see_other,
    session_lasts,
    welcome,
)
from registry.access.links import Purpose
from registry.access.oidc import Provider
from registry.access.outside import FLOW_LASTS
from registry.access.outside_pages import begin
from registry.errors import InvalidInputError, LinkUnusableError, SignInFailedError
from registry.web.cookies import set_cookie
from registry.web.deps import LanguageDep, NowDep, SessionDep, SettingsDep, SignedInDep
from registry.web.errors import kind_of
from registry.web.forms import CHECKED_FORM
from registry.web.gate import open_to_all
from registry.web.language import Language
from registry.web.pages import link, render

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

_BY_LINK = open_to_all("whoever has the link may use it")


@router.get("/l/{token}", dependencies=[_BY_LINK])
def link_page(
    request: Request,
    session: SessionDep,
    signed_in: SignedInDep,
    language: LanguageDep,
    now: NowDep,
    providers: ProvidersDep,
    token: str,
) -> Response:
    """What the link is for, with a form that uses it."""
    try:
        if links.open_link(session, token, now).purpose == Purpose.CLAIM:
            return keep_private(see_other(link(f"/claim/{token}", language)))
        return _form(request, session, token, now, providers)
    except LinkUnusableError as exc:
        return _gone(request, exc, language)


@router.post("/l/{token}", dependencies=[_BY_LINK, CHECKED_FORM])
def use_link(
    request: Request,
    session: SessionDep,
    signed_in: SignedInDep,
    settings: SettingsDep,
    language: LanguageDep,
    now: NowDep,
    browser: BrowserDep,
    providers: ProvidersDep,
    token: str,
    password: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
) -> Response:
    """Use the link: set the password, or sign in to an invented account."""
    lasts = session_lasts(settings)
    try:
        purpose, _ = signin.open_account_link(session, token, now)
        if purpose is Purpose.SIGN_IN:
            is_development = settings.environment == "development"
            opened = signin.sign_in_by_link(
                session, token, browser, now, lasts, is_development=is_development
            )
        else:
            if passwords.normalise(password) != passwords.normalise(again):
                raise InvalidInputError(words.PASSWORDS_DIFFER)
            found = signin.set_password_by_link(session, token, password, browser, now, lasts)
            if found is None:
                return keep_private(see_other(link("/sign-in", language, done="password")))
            opened = found
    except LinkUnusableError as exc:
        return _gone(request, exc, language)
    except InvalidInputError as exc:
        return _form(request, session, token, now, providers, say(str(exc), language), 422)
    actor = sessions.load_actor(session, opened.account, now)
    return keep_private(welcome(settings, opened, actor, None, language))


@router.post("/l/{token}/with/{provider}", dependencies=[_BY_LINK, CHECKED_FORM])
def join_with_provider(
    request: Request,
    session: SessionDep,
    signed_in: SignedInDep,
    settings: SettingsDep,
    language: LanguageDep,
    now: NowDep,
    providers: ProvidersDep,
    client: OIDCDep,
    token: str,
    provider: str,
) -> Response:
    """Join by signing in at a provider; the link is used up when the browser comes back."""
    chosen = provider_named(providers, provider)
    try:
        purpose, account = signin.open_account_link(session, token, now)
        if purpose is not Purpose.JOIN:
            raise LinkUnusableError(words.LINK_UNUSABLE)
        row = links.open_link(session, token, now)
    except LinkUnusableError as exc:
        return _gone(request, exc, language)
    try:
        url, cookie = begin(
            request,
            settings,
            client,
            chosen,
            "",
            language,
            now,
            account_id=account.id,
            link_id=row.id,
        )
    except SignInFailedError:
        problem = say(words.OUTSIDE["failed"], language)
        return _form(request, session, token, now, providers, problem, 422)
    # A page with a plain link: the content policy lets no form lead to another host.
    answer = keep_private(render(request, "leave.html", {"provider": chosen, "address": url}))
    set_cookie(answer, settings, "outside", cookie, FLOW_LASTS)
    return answer


def _form(
    request: Request,
    session: Session,
    token: str,
    now: datetime,
    providers: Sequence[Provider],
    problem: str = "",
    status: int = 200,
) -> Response:
    purpose, account = signin.open_account_link(session, token, now)
    context = {
        "purpose": purpose.value,
        "account": account,
        "own_path": f"/l/{token}",
        "providers": providers if purpose is Purpose.JOIN else (),
        "problem": problem,
        "fewest": passwords.MIN_CHARACTERS,
    }
    return keep_private(render(request, "link.html", context, status))


def _gone(request: Request, error: LinkUnusableError, language: Language) -> Response:
    context = {"purpose": "", "problem": say(str(error), language)}
    return keep_private(render(request, "link.html", context, kind_of(error).status))
