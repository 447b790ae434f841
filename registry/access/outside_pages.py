"""Out to a provider and back: the two addresses of signing in with somebody else's word.

No transaction is open while a provider is asked; the routes open their own.
"""

import secrets
from datetime import datetime
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from registry.access import outside, sessions, signin, words
from registry.access.browsers import (
    BrowserDep,
    OIDCDep,
    ProvidersDep,
    provider_named,
    see_other,
    session_lasts,
    welcome,
)
from registry.access.oidc import OIDCClient, Provider
from registry.access.outside import FLOW_LASTS, Flow, Return
from registry.config import Settings
from registry.db import Database
from registry.errors import SignInFailedError
from registry.web.cookies import cookie_name, set_cookie
from registry.web.deps import LanguageDep, NowDep, SettingsDep
from registry.web.gate import open_to_all
from registry.web.language import DEFAULT, LANGUAGES, Language
from registry.web.pages import link

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

_SIGNING_IN = open_to_all("this is how somebody signs in")
_SHORTEST_SECRET: Final = 32


@router.get("/sign-in/with/{provider}", dependencies=[_SIGNING_IN])
def go_out(
    request: Request,
    settings: SettingsDep,
    language: LanguageDep,
    now: NowDep,
    providers: ProvidersDep,
    client: OIDCDep,
    provider: str,
    next: str = "",
) -> Response:
    """Send the browser to the provider."""
    found = provider_named(providers, provider)
    try:
        url, cookie = begin(request, settings, client, found, next, language, now)
    except SignInFailedError:
        return see_other(link("/sign-in", language, failed="failed", next=next))
    answer = see_other(url)
    set_cookie(answer, settings, "outside", cookie, FLOW_LASTS)
    return answer


def begin(
    request: Request,
    settings: Settings,
    client: OIDCClient,
    provider: Provider,
    next_path: str,
    language: Language,
    now: datetime,
    *,
    account_id: UUID | None = None,
    link_id: UUID | None = None,
) -> tuple[str, str]:
    """The provider's address to go to, and the cookie that binds the flow to the browser.

    Raises:
        SignInFailedError: The provider does not answer as it should.
    """
    begun = client.begin(provider, redirect_uri(settings, provider), now)
    cookie = _cookie(request, settings, language)
    database: Database = request.app.state.database
    with database.session() as session:
        outside.remember(
            session,
            provider,
            begun,
            cookie,
            next_path,
            now,
            account_id=account_id,
            link_id=link_id,
        )
    return begun.url, cookie


def redirect_uri(settings: Settings, provider: Provider) -> str:
    """Where the provider sends the browser back to: one address each, against mix-ups."""
    return f"{settings.public_url}/sign-in/back/{provider.name}"


def _cookie(request: Request, settings: Settings, language: Language) -> str:
    # Two sign-ins at once in one browser share the secret: the second does not end the first.
    held = request.cookies.get(cookie_name(settings, "outside"), "").partition(".")[2]
    secret = held if len(held) >= _SHORTEST_SECRET else secrets.token_urlsafe(32)
    return f"{language}.{secret}"


@router.get("/sign-in/back/{provider}", dependencies=[_SIGNING_IN])
def come_back(
    request: Request,
    settings: SettingsDep,
    now: NowDep,
    browser: BrowserDep,
    providers: ProvidersDep,
    client: OIDCDep,
    provider: str,
    state: str = "",
    code: str | None = None,
    error: str | None = None,
    iss: str | None = None,
) -> Response:
    """Take up the sign-in that the provider has sent back."""
    found = provider_named(providers, provider)
    database: Database = request.app.state.database
    cookie = request.cookies.get(cookie_name(settings, "outside"))
    # The provider does not bring the language back: the cookie has kept it.
    language = next((each for each in LANGUAGES if (cookie or "").startswith(f"{each}.")), DEFAULT)
    flow: Flow | None = None
    try:
        flow = _take(database, found, Return(state, code, error, iss), cookie, now)
        uri = redirect_uri(settings, found)
        identity = client.finish(found, uri, flow.nonce, flow.verifier, flow.code, now)
        with database.session() as session:
            held = browser.session and sessions.find_signed_in(session, browser.session, now)
            owner = held.account.id if held else None
            account = outside.settle(session, flow, identity, owner, now)
            if flow.account_id is not None and flow.link_id is None:
                return see_other(link("/account", language, done="linked"))
            lasts = session_lasts(settings)
            opened = signin.open_session(session, account, found.name, browser, now, lasts)
            actor = sessions.load_actor(session, account, now)
            # The cookie stays until it runs out: another tab may be under way with it.
            return welcome(settings, opened, actor, flow.next_path, language)
    except SignInFailedError as exc:
        # Signed in or not, the sign-in page tells it in the right place.
        code_of = {text: each for each, text in words.OUTSIDE.items()}
        way = flow.next_path if flow is not None else None
        failed = code_of.get(str(exc), "failed")
        return see_other(link("/sign-in", language, failed=failed, next=way))


def _take(
    database: Database, provider: Provider, came: Return, cookie: str | None, now: datetime
) -> Flow:
    """`take_flow`, committed whether it fails or not: a state is good for one attempt."""
    with database.session() as session:
        try:
            return outside.take_flow(session, provider, came, cookie, now)
        except SignInFailedError as exc:
            failure = exc
    raise failure
