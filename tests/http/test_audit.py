"""The audit through its doors: JSON and page, for auditors alone."""

import pytest
from fastapi.testclient import TestClient

from matching.engine import Engine
from registry.access.policy import Role
from tests.accounts import make_account, sign_in


@pytest.fixture(scope="module")
def auditor(visitor: TestClient, invented_engine: Engine) -> TestClient:
    account = make_account(invented_engine.database, "auditor", Role.AUDITOR)
    client = TestClient(visitor.app, raise_server_exceptions=False)
    return sign_in(client, invented_engine.database, account)


def test_an_auditor_pages_through_the_entries(auditor: TestClient) -> None:
    first = auditor.get("/api/v1/audit", params={"limit": 1}).json()
    second = auditor.get("/api/v1/audit", params={"limit": 1, "before": first["before"]}).json()

    assert second["entries"][0]["seq"] == first["entries"][0]["seq"] - 1


def test_a_check_gives_the_head_that_the_next_one_compares_with(auditor: TestClient) -> None:
    head = auditor.post("/api/v1/audit/verifications", json={}).json()["head"]

    again = auditor.post("/api/v1/audit/verifications", json={"noted": head})
    other = auditor.post("/api/v1/audit/verifications", json={"noted": head[:-1] + "x"})

    assert again.status_code == 200
    assert other.status_code == 422


def test_a_recruiter_and_a_visitor_read_no_audit(client: TestClient, visitor: TestClient) -> None:
    assert client.get("/api/v1/audit").status_code == 403
    assert client.get("/audit").status_code == 403
    assert visitor.get("/api/v1/audit").status_code == 401
    assert visitor.get("/api/v1/audit").headers["www-authenticate"] == "Bearer"
    asked = visitor.get("/audit?action=a", follow_redirects=False)
    assert asked.status_code == 303
    assert asked.headers["location"] == "/sign-in?next=%2Faudit%3Faction%3Da"


@pytest.mark.parametrize("about", ["not-an-id", "12"])
def test_a_wrong_id_on_the_page_is_told_beside_the_form(auditor: TestClient, about: str) -> None:
    answer = auditor.get("/audit", params={"about": about})

    assert answer.status_code == 422
    assert f'value="{about}"' in answer.text


def test_the_page_checks_the_chain(auditor: TestClient) -> None:
    page = auditor.get("/audit?lang=en").text
    token = page.split('name="csrf" value="')[1].split('"')[0]

    holds = auditor.post("/audit/check", data={"csrf": token, "lang": "en"})
    without = auditor.post("/audit/check", data={"csrf": "", "lang": "en"})
    garbled = auditor.post("/audit/check", data={"csrf": token, "noted": "12"})

    assert holds.status_code == 200
    assert 'role="status"' in holds.text
    assert without.status_code == 403
    assert garbled.status_code == 422
