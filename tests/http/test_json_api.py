"""The JSON API through the real application: answers, refusals, limits."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from matching.api import RoleMatchBody
from matching.schemas import SearchRequest

SEARCHES = "/api/v1/searches"
CHIP = "thiết kế vi mạch bán dẫn"


def _search(client: TestClient, **body: Any) -> dict[str, Any]:
    answer = client.post(SEARCHES, json={"query": CHIP, **body})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["status"] == status
    assert found["code"] == code
    assert found["title"]
    assert "Traceback" not in answer.text
    return found


def test_a_search_ranks_people_with_sourced_passages(client: TestClient) -> None:
    answer = _search(client, limit=5)

    scores = [person["score"] for person in answer["people"]]
    evidence = answer["people"][0]["lines"][0]["evidence"]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 5
    assert evidence[0]["source"] == "demo"
    assert evidence[0]["verification"]


def test_a_run_can_be_read_again(client: TestClient) -> None:
    answer = _search(client, limit=3)

    run = client.get(f"/api/v1/runs/{answer['run_id']}").json()

    assert [r["expert_id"] for r in run["result"]] == [p["expert_id"] for p in answer["people"]]
    assert run["request"]["query"] == CHIP
    assert run["index_version"] == answer["index_version"]


def test_filters_narrow_and_are_counted(client: TestClient) -> None:
    overseas = _search(client, residences=["overseas"], limit=100)

    chosen = {v["value"]: v for v in overseas["facets"]["residences"]}
    assert {p["is_overseas"] for p in overseas["people"]} == {True}
    assert chosen["overseas"]["count"] == overseas["total"]
    assert chosen["domestic"]["count"] > 0


@pytest.mark.parametrize("query", ["", "   ", "?!", "a" * 100_000])
def test_a_query_without_use_is_refused_with_advice(client: TestClient, query: str) -> None:
    found = _problem(client.post(SEARCHES, json={"query": query}), 422, "invalid_input")

    assert "describe the expertise" in found["detail"]


@pytest.mark.parametrize(
    ("body", "location"),
    [
        ('{"query": "robot", "qeury": 1}', ["body", "qeury"]),
        ('{"query": "robot", "limit": 0}', ["body", "limit"]),
        ('{"query": "robot", "limit": NaN}', ["body", "limit"]),
        ('{"query": 7}', ["body", "query"]),
        ('{"query": "ro\\u0000bot"}', ["body", "query"]),
        ('{"query": "ro\\ud800bot"}', ["body", "query"]),
        ('{"query": "robot", "countries": ["V\\u0000N"]}', ["body", "countries"]),
        ('{"query": "robot", "purpose": "\\u0000"}', ["body", "purpose"]),
        ('{"query": "robot", "\\ud800": 1}', ["body"]),
        ("{}", ["body", "query"]),
        ("[]", ["body"]),
        ("null", ["body"]),
    ],
)
def test_a_wrong_body_is_refused_with_its_place(
    client: TestClient, body: str, location: list[str]
) -> None:
    answer = client.post(
        SEARCHES, content=body.encode(), headers={"content-type": "application/json"}
    )

    found = _problem(answer, 422, "invalid_input")
    assert location in [error["location"] for error in found["errors"]]


def test_an_unknown_filter_value_is_refused_with_what_is_known(client: TestClient) -> None:
    answer = client.post(SEARCHES, json={"query": CHIP, "countries": ["XX"]})

    assert "ISO 3166-1" in _problem(answer, 422, "invalid_input")["detail"]


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[" * 100_000, b""])
def test_what_is_not_json_is_refused(client: TestClient, content: bytes) -> None:
    answer = client.post(SEARCHES, content=content, headers={"content-type": "application/json"})

    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_another_content_type_is_refused(client: TestClient, kind: str) -> None:
    answer = client.post(SEARCHES, content=b'{"query": "robot"}', headers={"content-type": kind})

    _problem(answer, 415, "unsupported_media_type")


def test_a_body_over_one_megabyte_is_refused_by_its_declared_length(client: TestClient) -> None:
    answer = client.post(SEARCHES, json={"query": "a" * 1_000_001})

    _problem(answer, 413, "too_large")


def test_a_body_over_one_megabyte_is_refused_while_it_is_sent(client: TestClient) -> None:
    sent = 0

    def chunks() -> Iterator[bytes]:
        nonlocal sent
        while sent < 50:
            sent += 1
            yield b"a" * 100_000

    answer = client.post(SEARCHES, content=chunks(), headers={"content-type": "application/json"})

    _problem(answer, 413, "too_large")


def test_addresses_that_name_nothing_are_not_found(client: TestClient) -> None:
    nobody = "00000000-0000-7000-8000-000000000000"

    _problem(client.get("/api/v1/nothing"), 404, "not_found")
    _problem(client.get("/api/v1/experts/abc"), 404, "not_found")
    _problem(client.get(f"/api/v1/experts/{nobody}"), 404, "not_found")
    _problem(client.get(f"/api/v1/runs/{nobody}"), 404, "not_found")
    _problem(client.post("/api/v1/roles/p99z/matches", json={}), 404, "not_found")


def test_a_nul_in_an_address_is_refused(client: TestClient) -> None:
    _problem(client.post("/api/v1/roles/p%00/matches", json={}), 422, "invalid_input")
    _problem(client.get("/api/v1/experts/abc?purpose=%00"), 422, "invalid_input")


def test_another_method_is_refused_with_those_that_there_are(client: TestClient) -> None:
    answer = client.delete(SEARCHES)

    _problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "POST"


def test_titles_follow_the_language_that_is_asked_for(client: TestClient) -> None:
    address = "/api/v1/nothing"

    assert client.get(address).json()["title"] == "There is no such page"
    assert client.get(f"{address}?lang=vi").json()["title"] == "Không có trang này"
    accepted = {"accept-language": "vi-VN,vi;q=0.9,en;q=0.8"}
    assert client.get(address, headers=accepted).json()["title"] == "Không có trang này"


def test_a_role_is_matched_by_code_as_by_id(client: TestClient) -> None:
    programmes = client.get("/api/v1/roles").json()
    role = programmes[0]["roles"][0]

    by_code = client.post(f"/api/v1/roles/{role['code']}/matches", json={"limit": 5}).json()
    by_id = client.post(f"/api/v1/roles/{role['id']}/matches", json={"limit": 5}).json()

    assert by_code["people"] == by_id["people"]
    positions = [line["position"] for line in by_code["people"][0]["lines"]]
    assert positions == [line["position"] for line in role["lines"]]


def test_a_match_takes_what_a_search_takes_but_the_query() -> None:
    taken, search = RoleMatchBody.model_fields, SearchRequest.model_fields

    assert set(taken) == set(search) - {"query"}
    for name, field in taken.items():
        assert (field.annotation, field.default) == (search[name].annotation, search[name].default)
        assert field.metadata == search[name].metadata


def test_a_profile_gives_the_source_of_every_statement(client: TestClient) -> None:
    expert_id = _search(client, limit=1)["people"][0]["expert_id"]

    profile = client.get(f"/api/v1/experts/{expert_id}").json()

    assert profile["is_invented"]
    assert {s["source"] for s in profile["statements"]} == {"demo"}
    assert {s["visibility"] for s in profile["statements"]} == {"public", "bodies"}


def test_a_lead_is_seen_with_a_purpose_only(client: TestClient) -> None:
    found = _search(client, purpose="nguồn cho chương trình chip", limit=100)
    leads = [p["expert_id"] for p in found["people"] if p["life"] == "lead"]

    assert leads
    assert client.get(f"/api/v1/experts/{leads[0]}").status_code == 404
    assert client.get(f"/api/v1/experts/{leads[0]}?purpose=chip").status_code == 200


def test_taxonomies_come_in_both_languages(client: TestClient) -> None:
    groups = client.get("/api/v1/taxonomies/groups").json()
    older = client.get("/api/v1/taxonomies/groups?version=2025").json()
    fields = client.get("/api/v1/taxonomies/fields").json()
    countries = client.get("/api/v1/taxonomies/countries").json()

    assert {g["version"] for g in groups} == {"2026"}
    assert {g["version"] for g in older} == {"2025"}
    assert all(g["name_vi"] and g["name_en"] for g in groups + older)
    assert {"2", "2.2"} <= {f["code"] for f in fields}
    assert {"code": "VN", "name_vi": "Việt Nam", "name_en": "Vietnam"} in countries
    answer = client.get("/api/v1/taxonomies/groups?version=2027")
    _problem(answer, 422, "invalid_input")


def test_the_probes_tell_that_the_service_is_ready(client: TestClient) -> None:
    ready = client.get("/ready").json()

    assert client.get("/health").json() == {"status": "ok"}
    assert ready["status"] == "ready"
    # It is told to everybody: how many people there are is not.
    assert set(ready) == {"status", "database", "index"}


def test_the_description_of_the_api_is_complete_and_loads_nothing_from_outside(
    client: TestClient,
) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]

    assert {SEARCHES, "/api/v1/roles/{role}/matches", "/health", "/ready"} <= set(paths)
    assert "/" not in paths
    assert client.get("/docs").status_code == 404
