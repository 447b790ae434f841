"""Cookies of browsers, and the token that forms of a session carry."""

import hashlib
import hmac
from datetime import timedelta
from typing import Literal

from starlette.responses import Response

from registry.config import Settings


def is_secure(settings: Settings) -> bool:
    """Whether people reach the service by HTTPS, and cookies may go no other way."""
    return settings.public_url.startswith("https:")


Cookie = Literal["session", "device", "pending", "outside", "news"]


def cookie_name(settings: Settings, cookie: Cookie) -> str:
    """The cookie's name: with HTTPS one that no other host and no plain page can set."""
    return f"__Host-{cookie}" if is_secure(settings) else cookie


def session_cookie(settings: Settings) -> str:
    """The name of the cookie that signs a browser in."""
    return cookie_name(settings, "session")


def set_cookie(
    response: Response, settings: Settings, cookie: Cookie, value: str, lasts: timedelta
) -> None:
    """Give the browser a cookie that no script reads and no other site's form sends."""
    response.set_cookie(
        cookie_name(settings, cookie),
        value,
        max_age=int(lasts.total_seconds()),
        path="/",
        secure=is_secure(settings),
        httponly=True,
        samesite="lax",
    )


def drop_cookie(response: Response, settings: Settings, cookie: Cookie) -> None:
    """Take a cookie back."""
    set_cookie(response, settings, cookie, "", timedelta(0))


def form_token(session_token: str) -> str:
    """The token of a session's forms: whoever does not know the cookie cannot make it."""
    return hmac.new(session_token.encode(), b"form", hashlib.sha256).hexdigest()
