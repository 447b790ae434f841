import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from ingest.services.client import Client
from ingest.services.manifest import Manifest
from ingest.services.replies import Reply, Verdict, judge_by_status, wait_of
from registry.errors import CancelledError, SourceLaterError, SourceRefusedError
from registry.experts.values import LocalText

KEY = "secret-key-7"
MANIFEST = Manifest(
    name="example",
    title=LocalText(en="Example"),
    licence="none",
    documents="https://example.org/docs",
    address="https://api.example.org/v1/",
    per_second=5.0,
)
MIRRORED = replace(MANIFEST, address="https://a.example.org", mirror="https://b.example.org")


class Service:
    """Answers with what it was given, in order; the last answer again and again."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        # A response can be read once.
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    @property
    def urls(self) -> list[str]:
        return [str(request.url) for request in self.requests]


def client_of(
    service: Callable[[httpx.Request], httpx.Response],
    pauses: list[float] | None = None,
    manifest: Manifest = MANIFEST,
    **more: Any,
) -> Client:
    waited: list[float] = [] if pauses is None else pauses
    more = {"judge": judge_by_status, "pause": waited.append} | more
    return Client(manifest, transport=httpx.MockTransport(service), **more)


def retries(pauses: list[float]) -> list[float]:
    """The pauses after failures, without those that keep the pace."""
    return [pause for pause in pauses if pause >= 0.5]


FAST = replace(MANIFEST, per_second=1000.0)


def test_a_path_is_asked_for_below_the_address_with_its_parameters() -> None:
    service = Service(httpx.Response(200, json={"a": 1}))

    with client_of(service) as client:
        reply = client.get("/works", {"filter": 'x:"y"', "rows": 5})

    assert service.urls == ["https://api.example.org/v1/works?filter=x%3A%22y%22&rows=5"]
    assert service.requests[0].headers["user-agent"] == "expert-registry"
    assert reply is not None
    assert (reply.status, reply.content) == (200, b'{"a":1}')
    assert reply.retrieved_at.utcoffset() == timedelta(0)


def test_a_body_is_sent_as_json() -> None:
    service = Service(httpx.Response(200))

    client_of(service).ask("POST", "batch", params={"fields": "name"}, json={"ids": ["1"]})

    [request] = service.requests
    assert (request.method, request.content) == ("POST", b'{"ids":["1"]}')
    assert request.headers["content-type"] == "application/json"


def test_requests_are_begun_no_faster_than_the_manifest_says() -> None:
    pauses: list[float] = []
    client = client_of(Service(httpx.Response(200)), pauses)

    for _ in range(4):
        client.get("x")

    # Nobody sleeps here, so each wait is longer by one interval than the one before.
    assert pauses == pytest.approx([0.2, 0.4, 0.6], abs=0.15)


def test_a_request_that_is_made_again_keeps_the_pace_too() -> None:
    pauses: list[float] = []
    service = Service(httpx.Response(503), httpx.Response(200))

    client_of(service, pauses, replace(MANIFEST, per_second=0.01)).get("x")

    assert max(pauses) == pytest.approx(100, abs=1)


def test_what_fails_in_passing_is_asked_again_after_growing_pauses() -> None:
    pauses: list[float] = []
    service = Service(*[httpx.Response(503)] * 4, httpx.Response(200))

    reply = client_of(service, pauses, FAST).get("x")

    assert reply is not None
    assert len(service.requests) == 5
    bounds = [(0.5, 1.0), (1.0, 2.0), (2.0, 4.0), (4.0, 8.0)]
    found = retries(pauses)
    assert len(found) == len(bounds)
    assert all(low <= pause <= high for pause, (low, high) in zip(found, bounds, strict=True))


def test_after_the_last_try_the_source_is_to_be_asked_later() -> None:
    service = Service(httpx.Response(502))

    with pytest.raises(SourceLaterError, match="status 502"):
        client_of(service, manifest=replace(FAST, tries=3)).get("x")

    assert len(service.requests) == 3


def test_retry_after_is_obeyed() -> None:
    pauses: list[float] = []
    service = Service(httpx.Response(429, headers={"Retry-After": "7"}), httpx.Response(200))

    client_of(service, pauses, FAST).get("x")

    assert retries(pauses) == pytest.approx([7.25], abs=0.26)


def test_a_wait_that_is_longer_than_a_run_sleeps_puts_it_off() -> None:
    pauses: list[float] = []
    service = Service(httpx.Response(429, headers={"Retry-After": "3600"}))

    with pytest.raises(SourceLaterError) as caught:
        client_of(service, pauses, FAST).get("x")

    assert caught.value.until is not None
    assert len(service.requests) == 1
    assert retries(pauses) == []


def test_a_verdict_of_later_is_not_asked_again_and_says_when_if_it_is_known() -> None:
    def judge(reply: Reply) -> Verdict:
        return Verdict("later", "the quota is used up")

    service = Service(httpx.Response(200))

    with pytest.raises(SourceLaterError, match="the quota is used up") as caught:
        client_of(service, judge=judge).get("x")

    assert caught.value.until is None
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("5", 5.0), ("0", 0.0), ("-1", None), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("nan", None)],
)
def test_retry_after_is_read_as_seconds_or_not_at_all(value: str, seconds: float | None) -> None:
    assert wait_of({"retry-after": value}) == seconds


def test_what_is_not_there_is_none_and_not_asked_again() -> None:
    service = Service(httpx.Response(404))

    reply = client_of(service).get("x")

    assert reply is None
    assert len(service.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 418, 501])
def test_what_will_never_be_answered_is_refused_and_not_asked_again(status: int) -> None:
    service = Service(httpx.Response(status, text="  bad\n question "))

    with pytest.raises(SourceRefusedError, match="bad question"):
        client_of(service).get("x")

    assert len(service.requests) == 1


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError("no route"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut off"),
        httpx.DecodingError("no gzip"),
    ],
)
def test_errors_of_the_network_pass(error: Exception) -> None:
    service = Service(error, error, httpx.Response(200))

    assert client_of(service).get("x") is not None


def test_errors_of_the_network_that_stay_are_for_later() -> None:
    with pytest.raises(SourceLaterError, match="ConnectError"):
        client_of(Service(httpx.ConnectError("no route"))).get("x")


def test_a_damaged_packed_reply_is_asked_for_again() -> None:
    calls = 0

    def service(request: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        if calls == 1:
            headers = {"Content-Encoding": "gzip"}
            return httpx.Response(200, headers=headers, stream=Pieces(b"no gzip at all"))
        return httpx.Response(200)

    assert client_of(service).get("x") is not None
    assert calls == 2


class Pieces(httpx.SyncByteStream):
    def __init__(self, *pieces: bytes) -> None:
        self.pieces, self.sent, self.is_closed = pieces, 0, False

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            self.sent += 1
            yield piece

    def close(self) -> None:
        self.is_closed = True


def test_a_reply_that_is_too_large_is_refused_before_it_is_read_whole() -> None:
    stream = Pieces(*[b"x" * 1024 * 1024] * 20)
    manifest = replace(MANIFEST, largest_reply=3 * 1024 * 1024)

    with pytest.raises(SourceRefusedError, match="more than 3 MB"):
        client_of(lambda _: httpx.Response(200, stream=stream), manifest=manifest).get("x")

    assert stream.sent == 4
    assert stream.is_closed


def test_a_reply_as_large_as_allowed_is_read() -> None:
    content = b"x" * 1024
    manifest = replace(MANIFEST, largest_reply=1024)

    reply = client_of(Service(httpx.Response(200, content=content)), manifest=manifest).get("x")

    assert reply is not None
    assert reply.content == content


def test_a_redirect_within_the_host_is_followed_with_the_key() -> None:
    service = Service(httpx.Response(301, headers={"Location": "/v1/new"}), httpx.Response(200))

    reply = client_of(service, headers={"x-api-key": KEY}).get("old")

    assert reply is not None
    assert reply.url == "https://api.example.org/v1/new"
    assert [request.headers["x-api-key"] for request in service.requests] == [KEY, KEY]


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example.org/v1/new",
        "//evil.example.org/v1/new",
        "http://api.example.org/v1/new",
        "https://api.example.org:8443/v1/new",
    ],
)
def test_a_redirect_to_another_host_is_refused(location: str) -> None:
    service = Service(httpx.Response(302, headers={"Location": location}), httpx.Response(200))

    with pytest.raises(SourceRefusedError, match="another host"):
        client_of(service, headers={"x-api-key": KEY}).get("old")

    assert len(service.requests) == 1


def test_a_redirect_of_what_was_sent_is_refused() -> None:
    service = Service(httpx.Response(307, headers={"Location": "/v1/new"}), httpx.Response(200))

    with pytest.raises(SourceRefusedError):
        client_of(service).ask("POST", "old", json={})

    assert len(service.requests) == 1


def test_redirects_without_end_are_refused() -> None:
    service = Service(httpx.Response(301, headers={"Location": "/v1/x"}))

    with pytest.raises(SourceRefusedError, match="from one place to another"):
        client_of(service).get("x")

    assert len(service.requests) == 3


@pytest.mark.parametrize("status", [200, 302, 400, 401, 429, 503])
def test_a_key_is_in_no_message_no_log_and_no_address(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    headers = {"Location": "https://evil.example.org/"} if status == 302 else {}
    service = Service(httpx.Response(status, headers=headers, text="no"))
    client = client_of(
        service, headers={"Authorization": f"Bearer {KEY}"}, manifest=replace(FAST, tries=2)
    )

    said = ""
    try:
        reply = client.get("x", {"q": "y"})
        said = repr(reply)
    except (SourceRefusedError, SourceLaterError) as exc:
        said = f"{exc!r} {exc.__cause__!r} {exc.__context__!r}"

    assert said
    assert KEY not in said
    assert KEY not in caplog.text
    assert service.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_nothing_is_asked_once_it_is_cancelled() -> None:
    cancelled = threading.Event()
    cancelled.set()
    service = Service(httpx.Response(200))

    with pytest.raises(CancelledError):
        client_of(service, cancelled=cancelled).get("x")

    assert service.requests == []


def test_who_cancels_while_it_waits_stops_it() -> None:
    cancelled = threading.Event()
    service = Service(httpx.Response(429, headers={"Retry-After": "30"}))

    def pause(seconds: float) -> None:
        if seconds > 20:
            cancelled.set()

    with pytest.raises(CancelledError):
        client_of(service, cancelled=cancelled, pause=pause).get("x")

    assert len(service.requests) == 1


def test_without_a_pause_of_its_own_it_waits_on_the_event_that_cancels() -> None:
    cancelled = threading.Event()

    def service(request: httpx.Request) -> httpx.Response:
        cancelled.set()
        return httpx.Response(429, headers={"Retry-After": "60"})

    transport = httpx.MockTransport(service)
    client = Client(MANIFEST, judge_by_status, transport=transport, cancelled=cancelled)

    with pytest.raises(CancelledError):
        client.get("x")


def test_a_mirror_is_asked_while_the_first_address_fails_and_stays_when_it_answers() -> None:
    down = {"a.example.org"}

    def service(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.method} {request.headers['host']} {request.content.decode()}")
        return httpx.Response(500 if request.url.host in down else 200)

    asked: list[str] = []
    client = client_of(service, manifest=MIRRORED)
    first = client.ask("POST", "x", json=[1])
    client.get("y", {"q": "z"})
    down = {"b.example.org"}
    last = client.get("y")

    assert asked[:3] == [
        "POST a.example.org [1]",
        "POST b.example.org [1]",
        "GET b.example.org ",
    ]
    assert asked[3:] == ["GET b.example.org ", "GET a.example.org "]
    assert first is not None
    assert last is not None
    assert (first.url, last.url) == ("https://b.example.org/x", "https://a.example.org/y")


def test_a_mirror_is_asked_when_the_first_address_cannot_be_reached() -> None:
    service = Service(httpx.ConnectTimeout("slow"), httpx.Response(200))

    client_of(service, manifest=MIRRORED).get("x")

    assert service.urls == ["https://a.example.org/x", "https://b.example.org/x"]


def test_a_mirror_is_no_way_around_a_limit() -> None:
    service = Service(httpx.Response(429), httpx.Response(404))

    client_of(service, manifest=MIRRORED).get("x")

    assert service.urls == ["https://a.example.org/x"] * 2


def test_when_both_fail_the_source_is_to_be_asked_later() -> None:
    service = Service(httpx.Response(500))

    with pytest.raises(SourceLaterError):
        client_of(service, manifest=MIRRORED).get("x")

    assert {request.url.host for request in service.requests} == {
        "a.example.org",
        "b.example.org",
    }
    assert len(service.requests) == MIRRORED.tries


def test_an_address_of_ones_own_has_no_mirror() -> None:
    service = Service(httpx.Response(500), httpx.Response(200))

    client_of(service, manifest=MIRRORED, address="http://stand.in.example.org/").get("x")

    assert service.urls == ["http://stand.in.example.org/x"] * 2
