"""Cookies of browsers, and the token that forms of a session carry."""

import hashlib
import hmac

from registry.config import Settings


def is_secure(settings: Settings) -> bool:
    """Whether people reach the service by HTTPS, and cookies may go no other way."""
    return settings.public_url.startswith("https:")


def session_cookie(settings: Settings) -> str:
    """The cookie's name: with HTTPS one that no other host and no plain page can set."""
    return "__Host-session" if is_secure(settings) else "session"


def form_token(session_token: str) -> str:
    """The token of a session's forms: whoever does not know the cookie cannot make it."""
    return hmac.new(session_token.encode(), b"form", hashlib.sha256).hexdigest()
