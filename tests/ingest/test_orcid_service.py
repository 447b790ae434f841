import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import httpx
import pytest

from ingest.services.asking import Source, Unit
from ingest.services.client import Client
from ingest.services.orcid import MANIFEST, RecordsByOrcid, headers, judge
from ingest.services.orcid_search import Candidate, ExpandedSearch, candidate_of
from ingest.services.orcid_token import fetch_token
from ingest.services.replies import Reply
from ingest.sources.records import Notes
from registry.errors import (
    ImportRefusedError,
    InvalidInputError,
    SourceLaterError,
    SourceRefusedError,
)
from registry.experts.values import VALUE_CLASSES, ExternalIdValue, NameValue

SAMPLES = Path(__file__).parent.parent / "data" / "orcid"
ORCID, OTHER, THIRD = "0000-0002-1825-0097", "0000-0002-7319-2192", "0000-0001-5109-3700"
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
Answer = Callable[[httpx.Request], httpx.Response]


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text(encoding="utf-8"))


def recorded() -> list[Any]:
    found = []
    for path in sorted(SAMPLES.glob("*_*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        exchanges = content if isinstance(content, list) else [content]
        found += [
            pytest.param(one["response"], id=f"{path.stem} {i}")
            for i, one in enumerate(exchanges)
            if isinstance(one, dict) and "response" in one
        ]
    return found


def reply(
    status: int, body: Any = "", url: str = "https://pub.orcid.org/v3.0/x", **more: str
) -> Reply:
    text = body if isinstance(body, str) else json.dumps(body)
    named = {name.replace("_", "-"): value for name, value in more.items()}
    return Reply(url, status, named, text.encode(), NOON)


def client(answer: Answer) -> Client:
    pauses: list[float] = []
    return Client(
        MANIFEST,
        judge,
        headers=headers("tok-en"),
        transport=httpx.MockTransport(answer),
        pause=pauses.append,
    )


def by_path(answers: dict[str, httpx.Response]) -> Answer:
    return lambda request: answers[request.url.path.removeprefix("/v3.0/").split("/")[0]]


def record(orcid: str = ORCID) -> dict[str, Any]:
    return {
        "orcid-identifier": {"path": orcid},
        "person": sample("carberry_person.json"),
        "activities-summary": {"employments": sample("carberry_employments.json")},
    }


@pytest.mark.parametrize("response", recorded())
def test_every_recorded_reply_has_a_verdict(response: dict[str, Any]) -> None:
    verdict = judge(reply(response["status"], response["body"]))

    assert (
        verdict.kind
        == {200: "ok", 400: "no", 404: "missing", 429: "later", 500: "no"}[response["status"]]
    )
    assert verdict.kind == "ok" or verdict.why


def test_an_error_in_xml_or_as_a_page_says_nothing_of_a_person() -> None:
    error = (SAMPLES / "error-3.0.xml").read_text("utf-8")

    assert judge(reply(404, error)).kind == "no"
    assert judge(reply(404, "<html>")).kind == "no"
    assert judge(reply(500, error)).kind == "again"


def test_the_daily_quota_puts_a_run_off_to_the_next_day() -> None:
    body = sample("documented_429.json")["response"]["body"]

    verdict = judge(reply(429, body))

    assert (verdict.kind, verdict.wait) == ("later", 12 * 3600)
    assert judge(reply(429, body, retry_after="7")).wait == 7


@pytest.mark.parametrize(
    ("status", "kind"),
    [(503, "again"), (502, "again"), (409, "missing"), (401, "no"), (403, "no"), (406, "no")],
)
def test_other_replies_have_the_verdict_of_their_status(status: int, kind: str) -> None:
    assert judge(reply(status)).kind == kind


def test_records_of_known_ids_come_as_units_about_whom_they_were_asked_for() -> None:
    about = UUID(int=7)
    source: Source = RecordsByOrcid([f"https://orcid.org/{ORCID}", ORCID], {ORCID: about})
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json=record())

    [page] = source.pages(client(answer), None)

    [unit] = page.units
    assert (unit.key, unit.about, unit.aliases) == (ORCID, about, ())
    assert (page.cursor, page.total) == (None, 1)
    assert str(requests[0].url) == f"https://pub.orcid.org/v3.0/{ORCID}/record"
    assert requests[0].headers["authorization"] == "Bearer tok-en"
    assert requests[0].headers["accept"] == "application/json"
    draft = source.read(unit, Notes())
    assert (draft.source, draft.source_key, draft.partial) == ("orcid", ORCID, [])


def test_what_is_not_public_is_not_even_in_the_unit() -> None:
    raw = record()
    raw["person"]["biography"] |= {"visibility": "limited", "content": "Hidden"}
    raw["person"]["emails"] = {"email": [{"email": "a@example.org", "visibility": "public"}]}

    [page] = RecordsByOrcid([ORCID]).pages(
        client(lambda request: httpx.Response(200, json=raw)), None
    )

    content = json.dumps(page.units[0].raw)
    assert "Hidden" not in content
    assert "a@example.org" not in content


@pytest.mark.parametrize(
    "moved",
    [
        httpx.Response(301, headers={"location": f"https://orcid.org/{OTHER}"}),
        httpx.Response(301, json={"developer-message": f"refer to https://orcid.org/{OTHER}"}),
    ],
)
def test_a_deprecated_id_is_followed_and_kept_as_an_alias(moved: httpx.Response) -> None:
    answers = {ORCID: moved, OTHER: httpx.Response(200, json=record(OTHER))}
    source = RecordsByOrcid([ORCID], {ORCID: UUID(int=7)})

    [page] = source.pages(client(by_path(answers)), None)

    [unit] = page.units
    assert (unit.key, unit.aliases, unit.about) == (OTHER, (ORCID,), UUID(int=7))
    assert page.notes == [f"iDs that another iD has replaced: {ORCID} by {OTHER} (1)"]
    assert source.read(unit, Notes()).source_key == OTHER


def test_ids_that_replace_each_other_in_a_ring_are_refused() -> None:
    answers = {
        ORCID: httpx.Response(301, headers={"location": f"/v3.0/{OTHER}/record"}),
        OTHER: httpx.Response(301, headers={"location": f"/v3.0/{ORCID}/record"}),
    }
    pages = RecordsByOrcid([ORCID]).pages(client(by_path(answers)), None)

    with pytest.raises(SourceRefusedError):
        next(pages)


@pytest.mark.parametrize(
    "gone",
    [
        httpx.Response(404, json=sample("http_works_error.json")[0]["response"]["body"]),
        httpx.Response(409, json={"error-code": 9018}),
    ],
)
def test_a_record_that_is_gone_ends_all_that_it_said(gone: httpx.Response) -> None:
    source = RecordsByOrcid([ORCID])

    [page] = source.pages(client(lambda request: gone), None)

    [unit] = page.units
    draft = source.read(unit, Notes())
    assert (unit.raw, draft.source_key) == (None, ORCID)
    assert (draft.statements, draft.partial) == ([], [])


def test_a_run_goes_on_where_it_stopped() -> None:
    bodies = [f"{n:015d}" for n in range(1, 46)]
    orcids = [with_check_character(body) for body in bodies]
    source = RecordsByOrcid(orcids)

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=record(request.url.path.split("/")[2]))

    first, *_ = source.pages(client(answer), None)
    rest = [*source.pages(client(answer), first.cursor)]

    keys = [unit.key for page in [first, *rest] for unit in page.units]
    assert keys == orcids
    assert [page.cursor for page in rest] == [{"done": 40}, None]


def with_check_character(body: str) -> str:
    total = 0
    for digit in body:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    whole = body + ("X" if check == 10 else str(check))
    return "-".join(whole[at : at + 4] for at in range(0, 16, 4))


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, text="<html>maintenance</html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"num-found": 0}),
        httpx.Response(200, json={"orcid-identifier": {"path": "0000-0002-1825-0098"}}),
    ],
)
def test_a_reply_that_is_no_record_is_refused(response: httpx.Response) -> None:
    pages = RecordsByOrcid([ORCID]).pages(client(lambda request: response), None)

    with pytest.raises(SourceRefusedError):
        next(pages)


def test_an_id_with_a_wrong_check_character_is_not_asked_for() -> None:
    with pytest.raises(InvalidInputError):
        RecordsByOrcid(["0000-0002-1825-0098"])


def test_the_quota_stops_a_run_until_tomorrow() -> None:
    body = sample("documented_429.json")["response"]["body"]
    pages = RecordsByOrcid([ORCID]).pages(
        client(lambda request: httpx.Response(429, text=body)), None
    )

    with pytest.raises(SourceLaterError) as caught:
        next(pages)

    assert caught.value.until is not None
    assert caught.value.until.hour == 0


def hit(orcid: str = ORCID, **changes: Any) -> dict[str, Any]:
    return {
        "orcid-id": orcid,
        "given-names": "Văn Hòa",
        "family-names": "Nguyễn",
        "credit-name": None,
        "other-name": ["Hoa V. Nguyen"],
        "email": ["hoa@example.org"],
        "institution-name": ["Can Tho University", "Can Tho University", "<b>CTU</b>"],
    } | changes


def found(hits: Any, total: int) -> httpx.Response:
    return httpx.Response(200, json={"expanded-result": hits, "num-found": total})


def test_a_search_proposes_people_with_names_and_institutions() -> None:
    source = ExpandedSearch("family-name:Nguyễn")

    [page] = source.pages(client(lambda request: found([hit()], 1)), None)

    [unit] = page.units
    assert candidate_of(unit, Notes()) == Candidate(
        ORCID, ("Văn Hòa Nguyễn", "Hoa V. Nguyen"), ("Can Tho University", "CTU")
    )
    assert "hoa@example.org" not in json.dumps(unit.raw)


def test_a_lead_of_a_search_changes_nothing_else_that_is_known() -> None:
    lead: Source = ExpandedSearch("x")

    draft = lead.read(Unit(ORCID, hit(), NOON), Notes())

    assert set(draft.partial) == set(VALUE_CLASSES)
    assert [type(s.value) for s in draft.statements] == [NameValue, NameValue, ExternalIdValue]


def test_a_search_without_hits_has_a_list_that_is_null() -> None:
    body = sample("http_orcid_search_no_results.json")[0]["response"]["body"]
    answers = [found(None, 0), httpx.Response(200, json=body)]

    for answer in answers:
        [page] = ExpandedSearch("x").pages(client(lambda request, a=answer: a), None)
        assert (page.units, page.cursor, page.total) == ([], None, 0)


def numbered(request: httpx.Request) -> httpx.Response:
    start = int(request.url.params["start"])
    rows = int(request.url.params["rows"])
    hits = [hit(with_check_character(f"{n:015d}")) for n in range(start, start + rows)]
    return found(hits, 25_000)


def test_a_search_ends_where_the_service_shows_no_more_and_says_so() -> None:
    pages = [*ExpandedSearch("x", rows=1000).pages(client(numbered), None)]

    assert len(pages) == 11
    assert pages[0].cursor == {"start": 1000}
    assert pages[-1].cursor is None
    assert pages[-1].notes == ["hits that the search counts but does not show: 14000"]


def test_a_search_that_repeats_its_page_ends() -> None:
    pages = [*ExpandedSearch("x", rows=1).pages(client(lambda r: found([hit()], 500)), None)]

    assert len(pages) == 2


def test_hits_without_a_sound_id_are_left_out_and_noted() -> None:
    bad = [hit("0000-0002-1825-0098"), {"family-names": "x"}, "x", hit()]

    [page] = ExpandedSearch("x").pages(client(lambda request: found(bad, 4)), None)

    assert [unit.key for unit in page.units] == [ORCID]
    assert page.notes == ["hits without an ORCID iD left out: 3"]


def test_a_hit_of_another_form_is_refused_with_its_place() -> None:
    unit = Unit(ORCID, hit(**{"given-names": 7}), NOON)

    with pytest.raises(ImportRefusedError) as caught:
        candidate_of(unit, Notes())

    assert caught.value.problems[0].where == "given-names"


@pytest.mark.parametrize("rows", [0, 1001])
def test_a_search_takes_no_rows_that_the_service_refuses(rows: int) -> None:
    with pytest.raises(InvalidInputError):
        ExpandedSearch("x", rows=rows)


def test_a_token_is_fetched_with_the_secret_in_the_body_alone() -> None:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={"access_token": "tok-en", "scope": "/read-public"})

    token = fetch_token("APP-1", "s3cret/", transport=httpx.MockTransport(answer))

    [request] = requests
    assert token == "tok-en"
    assert str(request.url) == "https://orcid.org/oauth/token"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert int(request.headers["content-length"]) == len(request.content)
    assert parse_qs(request.content.decode()) == {
        "client_id": ["APP-1"],
        "client_secret": ["s3cret/"],
        "grant_type": ["client_credentials"],
        "scope": ["/read-public"],
    }


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(401, json={"error_description": "bad s3cret"}),
        httpx.Response(302, headers={"location": "https://example.org/"}),
        httpx.Response(200, text="s3cret"),
        httpx.Response(200, json={"access_token": None}),
        httpx.Response(200, json={"access_token": "a\r\nb"}),
    ],
)
def test_what_is_no_token_is_refused_and_no_message_repeats_the_answer(
    response: httpx.Response, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    transport = httpx.MockTransport(lambda request: response)

    with pytest.raises(SourceRefusedError) as caught:
        fetch_token("APP-1", "s3cret", transport=transport)

    assert "s3cret" not in str(caught.value) + caplog.text
