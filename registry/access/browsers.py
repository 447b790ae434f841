"""Between browsers and the services of signing in: what a request tells, what an answer sets."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from registry.access.models import Account
from registry.access.oidc import OIDCClient, Provider
from registry.access.paths import safe_path
from registry.access.policy import Actor, permissions_of
from registry.access.signin import CODE_WAITS, Browser, Opened
from registry.config import Settings
from registry.errors import NotFoundError, TooManyAttemptsError
from registry.web.cookies import cookie_name, drop_cookie, set_cookie
from registry.web.deps import SettingsDep
from registry.web.language import DEFAULT, LANGUAGES, Language, texts
from registry.web.pages import link

# Long, so that whoever signs in now and then is still known; every sign-in renews it.
_DEVICE_LASTS: Final = timedelta(days=365)


def get_browser(request: Request, settings: SettingsDep) -> Browser:
    """The browser of a request.

    The address is that of the connection. Behind a proxy the server puts the client's in its
    place, for proxies that FORWARDED_ALLOW_IPS names; no header is read here.
    """
    return Browser(
        request.client.host if request.client else None,
        request.headers.get("user-agent"),
        request.cookies.get(cookie_name(settings, "device")),
        request.cookies.get(cookie_name(settings, "session")),
    )


BrowserDep = Annotated[Browser, Depends(get_browser)]


def get_providers(request: Request) -> tuple[Provider, ...]:
    """The providers that people can sign in with."""
    providers: tuple[Provider, ...] = request.app.state.providers
    return providers


ProvidersDep = Annotated[tuple[Provider, ...], Depends(get_providers)]


def get_oidc(request: Request) -> OIDCClient:
    """What talks to them."""
    client: OIDCClient = request.app.state.oidc
    return client


OIDCDep = Annotated[OIDCClient, Depends(get_oidc)]


def provider_named(providers: tuple[Provider, ...], name: str) -> Provider:
    """The provider of this name.

    Raises:
        NotFoundError: The settings name none such.
    """
    for provider in providers:
        if provider.name == name:
            return provider
    raise NotFoundError("no such provider; choose one on the sign-in page")


def session_lasts(settings: Settings) -> timedelta:
    """How long a session is good."""
    return timedelta(hours=settings.session_hours)


def see_other(path: str) -> RedirectResponse:
    """Go on to a page of this service, and ask for it with GET."""
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


def welcome(
    settings: Settings, opened: Opened, actor: Actor, next_path: str | None, language: Language
) -> RedirectResponse:
    """The answer to a sign-in: its cookies, and the way on."""
    answer = see_other(way_on(opened.account, actor, next_path, language))
    set_cookie(answer, settings, "session", opened.token, session_lasts(settings))
    set_cookie(answer, settings, "device", opened.device, _DEVICE_LASTS)
    drop_cookie(answer, settings, "pending")
    # No secret: pages tell him until he has looked at his account.
    if opened.has_news:
        set_cookie(answer, settings, "news", "1", session_lasts(settings))
    else:
        drop_cookie(answer, settings, "news")
    return answer


def ask_for_code(
    settings: Settings, pending: str, next_path: str | None, language: Language
) -> RedirectResponse:
    """The answer to a right password where a one-time code is wanted as well."""
    answer = see_other(link("/sign-in/code", language, next=safe_path(next_path)))
    set_cookie(answer, settings, "pending", pending, CODE_WAITS)
    return answer


def way_on(account: Account, actor: Actor, next_path: str | None, language: Language) -> str:
    """Where somebody goes after signing in: on to where he was going, else to his own work."""
    path = safe_path(next_path)
    if path is not None and not path.startswith("/sign-"):
        return path
    own = next((each for each in LANGUAGES if each == account.language), DEFAULT)
    return link(home_of(actor), language if language != DEFAULT else own)


def home_of(actor: Actor) -> str:
    """The page that somebody's work begins on."""
    held = permissions_of(actor)
    pages = {
        "expert:search": "/",
        "profile:own": "/me",
        "audit:read": "/audit",
        "account:manage": "/admin",
    }
    return next((page for permission, page in pages.items() if permission in held), "/account")


def say(message: str, language: Language) -> str:
    """A service's message in the language of the page."""
    return texts(language).gettext(message)


def retry_headers(error: Exception) -> dict[str, str]:
    """The header that says when the next attempt is taken."""
    if isinstance(error, TooManyAttemptsError):
        return {"Retry-After": str(error.retry_after_seconds)}
    return {}


def wait_minutes(error: Exception) -> int:
    """How many minutes there are to wait, rounded up; 0 when there is no wait."""
    seconds = error.retry_after_seconds if isinstance(error, TooManyAttemptsError) else 0
    return -(-seconds // 60)


def keep_private(answer: Response) -> Response:
    """Let the browser tell no page where it came from: the address is a secret."""
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
