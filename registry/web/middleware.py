"""Around every request: what is refused before it is read, headers on every answer, bugs logged."""

import logging
import re
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.errors import InvalidInputError
from registry.web.errors import ERRORS, HTTP_ERRORS, failure, unforeseen
from registry.web.forms import UNSAFE, is_foreign

_log = logging.getLogger(__name__)

MAX_BODY_BYTES: Final = 1_000_000
# Where people send files of theirs: 10 MB, as a form, or as text in JSON; and drafts made of them.
LARGER_BODIES: Final = (
    (re.compile(r"/desk/imports"), 33_600_000),
    (re.compile(r"/api/v1/imports/files"), 45_000_000),
    (re.compile(r"/me/file"), 10_600_000),
    (re.compile(r"/me/file/items"), 4_000_000),
    (re.compile(r"/api/v1/experts/[^/]+/drafts"), 14_200_000),
    (re.compile(r"/api/v1/experts/[^/]+/drafts/items"), 1_500_000),
)

# Whoever has the address of an invitation, a claim or a new password can use it.
_LINK: Final = re.compile(r"^(/(?:l|claim)/)[^/]+")

_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


class Guard:
    """Limits, security headers and the last resort for bugs, as plain ASGI.

    It stands inside Starlette's own error middleware and answers bugs itself, so that the
    answer to a bug carries the same headers as every other one.
    """

    def __init__(
        self, app: ASGIApp, allowed_hosts: frozenset[str], is_secure: bool = False
    ) -> None:
        self.app, self.allowed_hosts, self.is_secure = app, allowed_hosts, is_secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False
        # HEAD is GET without the body, on every address.
        is_head = scope["method"] == "HEAD"
        if is_head:
            scope = {**scope, "method": "GET"}

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                _add_headers(headers, scope["path"])
                if self.is_secure:
                    # A year, as browsers ask for; names below this one are somebody else's.
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            elif is_head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        request = Request(scope)
        refusal = _refuse(request, self.allowed_hosts)
        if refusal is not None:
            await refusal(scope, receive, send_guarded)
            return
        try:
            most = _most_bytes(scope["path"])
            await self.app(scope, _limited(receive, most), send_guarded)
        except Exception:
            # What was typed stands in the query and is not logged.
            path = _without_secret(scope["path"])
            _log.exception("unforeseen failure: %s %s", scope["method"], path)
            if started:
                raise
            await unforeseen(request)(scope, receive, send_guarded)


def _without_secret(path: str) -> str:
    """An address for the log: it holds ids, but for links that are sent to people."""
    return _LINK.sub(r"\1...", path)


def _add_headers(headers: MutableHeaders, path: str) -> None:
    for name, value in _HEADERS.items():
        # A page whose address is a secret sends no referrer at all.
        headers.setdefault(name, value)
    # A withdrawal takes effect at once: no copy of a person stays in a cache.
    headers["Cache-Control"] = "max-age=86400" if path.startswith("/static/") else "no-store"


def _refuse(request: Request, allowed_hosts: frozenset[str]) -> Response | None:
    host = Headers(scope=request.scope).get("host", "")
    if _name_of(host) not in allowed_hosts:
        # A page of another site can make its own name point here, and then reads what it likes.
        code, kind = HTTP_ERRORS[400]
        return failure(
            request,
            kind,
            code,
            "this service does not answer to that host name; an operator "
            "adds it to REGISTRY_ALLOWED_HOSTS",
        )
    length = Headers(scope=request.scope).get("content-length", "")
    most = _most_bytes(request.scope["path"])
    if length.isdigit() and int(length) > most:
        code, kind = HTTP_ERRORS[413]
        return failure(request, kind, code, _too_large(most))
    if request.method in UNSAFE and is_foreign(request):
        code, kind = HTTP_ERRORS[403]
        return failure(request, kind, code, "the request comes from a page of another site")
    if "\0" in request.scope["path"] or b"%00" in request.scope["query_string"]:
        # PostgreSQL stores no NUL in text, and none belongs in an address.
        wrong = InvalidInputError
        return failure(request, ERRORS[wrong], wrong.code, "the address holds a NUL character")
    return None


def _name_of(host: str) -> str:
    """A Host header without its port, in lower case."""
    name, colon, port = host.lower().rpartition(":")
    return name if colon and port.isdigit() else host.lower()


def _most_bytes(path: str) -> int:
    """How long a body may be that is sent to this address."""
    found = (most for pattern, most in LARGER_BODIES if pattern.fullmatch(path))
    return next(found, MAX_BODY_BYTES)


def _too_large(most: int) -> str:
    return f"send at most {most:,} bytes"


def _limited(receive: Receive, most: int) -> Receive:
    taken = 0

    async def receive_limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise HTTPException(413, _too_large(most))
        return message

    return receive_limited
