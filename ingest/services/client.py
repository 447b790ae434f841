"""Ask an outside service: at its pace, again where that helps, never where it does not."""

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol
from urllib.parse import urljoin, urlsplit

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from ingest.services.manifest import Manifest
from ingest.services.replies import Reply, Verdict
from registry.errors import CancelledError, SourceLaterError, SourceRefusedError

__all__ = ["Client", "Judge", "Stop", "Transport"]

Judge = Callable[[Reply], Verdict]
# How requests travel; a stand-in for a service is one.
Transport = httpx.BaseTransport

_log = logging.getLogger(__name__)
_TIMEOUT: Final = httpx.Timeout(60.0, connect=15.0)
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 60.0
# Of a record that was merged into another one, and that again.
_MOST_MOVES: Final = 3


class Stop(Protocol):
    """Says that somebody stops what is under way; a `threading.Event` is one."""

    def is_set(self) -> bool:
        """Whether it is to stop."""
        ...

    def wait(self, timeout: float) -> bool:
        """Wait so many seconds, or until it is to stop; whether it is."""
        ...


class _AgainError(Exception):
    def __init__(self, why: str, wait: float | None) -> None:
        super().__init__(why)
        self.why, self.wait = why, wait


class Client:
    """One service, asked by one run at a time.

    Args:
        judge: What a reply means; the service's own module knows.
        headers: Of each request, the keys to the service among them: never part of an address,
            which ends up in logs and records.
        address: Instead of the manifest's, for a mirror or a stand-in.
        cancelled: Looked at before each request and while waiting.
        pause: Waits so many seconds, or until `cancelled` is set.
    """

    def __init__(
        self,
        manifest: Manifest,
        judge: Judge,
        *,
        headers: Mapping[str, str] | None = None,
        address: str | None = None,
        transport: httpx.BaseTransport | None = None,
        cancelled: Stop | None = None,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        self.manifest, self._judge = manifest, judge
        self._address = (address or manifest.address).rstrip("/")
        # The one of both addresses that is not asked at present.
        self._other = manifest.mirror if address is None else None
        self._cancelled: Stop = cancelled or threading.Event()
        self._pause = pause or self._cancelled.wait
        self._next_at = 0.0
        self._http = httpx.Client(
            headers={"User-Agent": "expert-registry", **(headers or {})},
            timeout=_TIMEOUT,
            transport=transport,
            follow_redirects=False,
        )

    def close(self) -> None:
        """Close connections."""
        self._http.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply | None:
        """Ask for something by its path below the service's address.

        Returns:
            The reply; None when the service has no such record.

        Raises:
            SourceRefusedError: The service will never answer this, or answers nonsense.
            SourceLaterError: It cannot be had now; `until` says when, where that is known.
            CancelledError: Somebody stopped it.
        """
        return self.ask("GET", path, params=params, headers=headers)

    def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        form: Mapping[str, str] | None = None,
    ) -> Reply | None:
        """As `get`, with any method and a body as JSON or as a form."""
        request = self._http.build_request(
            method,
            f"{self._address}/{path.lstrip('/')}",
            params=params,
            headers=headers,
            json=json,
            data=form,
        )
        for _ in range(_MOST_MOVES):
            reply = self._tried(request)
            verdict = self._judge(reply)
            if verdict.kind == "ok":
                return reply
            if verdict.kind == "missing":
                return None
            if verdict.kind == "moved":
                request = self._moved(request, reply)
                continue
            raise SourceRefusedError(f"{self.manifest.name} refused {reply.url}: {verdict.why}")
        raise SourceRefusedError(f"{self.manifest.name} sends {path} from one place to another")

    def _tried(self, request: httpx.Request) -> Reply:
        retrying = Retrying(
            retry=retry_if_exception_type(_AgainError),
            stop=stop_after_attempt(self.manifest.tries),
            wait=_wait,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(self._once, request)
        except _AgainError as exc:
            raise SourceLaterError(
                f"{self.manifest.name} cannot be reached now: {exc.why}; try again later"
            ) from exc

    def _once(self, request: httpx.Request) -> Reply:
        self._keep_pace()
        request = self._placed(request)
        url = str(request.url)
        try:
            response = self._http.send(request, stream=True)
            try:
                content = self._read(response, url)
            finally:
                response.close()
        except (httpx.TransportError, httpx.DecodingError) as exc:
            self._turn()
            raise _AgainError(type(exc).__name__, None) from exc
        lower = {name.lower(): value for name, value in response.headers.items()}
        reply = Reply(url, response.status_code, lower, content, datetime.now(UTC))
        verdict = self._judge(reply)
        if verdict.kind == "later" or (verdict.wait or 0) > self.manifest.longest_wait:
            until = (
                None if verdict.wait is None else reply.retrieved_at + timedelta(0, verdict.wait)
            )
            raise SourceLaterError(f"{self.manifest.name}: {verdict.why}", until)
        if verdict.kind == "again":
            _log.info("%s: %s", self.manifest.name, verdict.why)
            # A mirror is for what fails; to be told to slow down holds for both.
            if reply.status >= 500:
                self._turn()
            raise _AgainError(verdict.why, verdict.wait)
        return reply

    def _turn(self) -> None:
        if self._other is not None:
            self._address, self._other = self._other, self._address

    def _placed(self, request: httpx.Request) -> httpx.Request:
        """The request at the address that is asked at present."""
        url = str(request.url)
        if self._other is None or not url.startswith(f"{self._other}/"):
            return request
        return self._rebuilt(request, self._address + url.removeprefix(self._other))

    def _rebuilt(self, request: httpx.Request, url: str) -> httpx.Request:
        """The same request at another place; its Host has to fit that."""
        headers = [(name, value) for name, value in request.headers.items() if name != "host"]
        return self._http.build_request(
            request.method, url, headers=headers, content=request.content
        )

    def _read(self, response: httpx.Response, url: str) -> bytes:
        pieces, size = [], 0
        for piece in response.iter_bytes():
            size += len(piece)
            if size > self.manifest.largest_reply:
                limit = self.manifest.largest_reply // (1024 * 1024)
                raise SourceRefusedError(f"{url} answers with more than {limit} MB")
            pieces.append(piece)
        return b"".join(pieces)

    def _keep_pace(self) -> None:
        now = time.monotonic()
        self._sleep(max(0.0, self._next_at - now))
        self._next_at = max(now, self._next_at) + 1 / self.manifest.per_second

    def _sleep(self, seconds: float) -> None:
        if seconds > 0:
            self._pause(seconds)
        if self._cancelled.is_set():
            raise CancelledError(f"asking {self.manifest.name} was stopped")

    def _moved(self, request: httpx.Request, reply: Reply) -> httpx.Request:
        """The request at its new place, which must be the same host: no key goes elsewhere."""
        target = urljoin(reply.url, reply.headers.get("location", ""))
        old, new = urlsplit(reply.url), urlsplit(target)
        if (old.scheme, old.netloc) != (new.scheme, new.netloc) or request.method != "GET":
            raise SourceRefusedError(f"{self.manifest.name} sends {reply.url} to another host")
        return self._rebuilt(request, target)


def _wait(state: RetryCallState) -> float:
    """What the service asked for, else twice as long each time; a little spread out."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, _AgainError) and error.wait is not None:
        return error.wait + random.uniform(0, 0.5)
    longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (state.attempt_number - 1))
    return random.uniform(longest / 2, longest)
