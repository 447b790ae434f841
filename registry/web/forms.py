"""Forms of pages: what a browser sends must come from a page of this service."""

import hmac
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Form, HTTPException, Request
from starlette.requests import HTTPConnection

from registry.web.cookies import form_token, session_cookie
from registry.web.deps import SettingsDep

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def is_foreign(request: HTTPConnection) -> bool:
    """Whether a browser says that another site makes it send this.

    Programs say nothing of the kind; they carry a token and no cookie.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower()
    return False


def check_form(request: Request, settings: SettingsDep, csrf: Annotated[str, Form()] = "") -> None:
    """The rule of every form: its hidden field `csrf` is that of the browser's session.

    A browser without a session (signing in) is held to `is_foreign`, which the middleware asks.
    """
    token = request.cookies.get(session_cookie(settings))
    if token and not hmac.compare_digest(csrf.encode(), form_token(token).encode()):
        raise HTTPException(403, "this form is of another session; open the page again")


CHECKED_FORM = Depends(check_form)
