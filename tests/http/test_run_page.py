"""The page of a stored run: what was asked, with what, and who was shown, as far as he still is."""

import re
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from matching.engine import Engine
from matching.models import MatchRun
from registry.access.policy import Role
from registry.ids import new_id
from tests.accounts import make_account, sign_in

QUERY = "thiết kế vi mạch"


def _search(client: TestClient, **more: object) -> dict[str, object]:
    answer = client.post("/api/v1/searches", json={"query": QUERY, "limit": 3, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def _page(client: TestClient, run_id: object, language: str = "en") -> str:
    answer = client.get(f"/runs/{run_id}?lang={language}")
    assert answer.status_code == 200, answer.text[:300]
    assert answer.headers["content-type"].startswith("text/html")
    text: str = answer.text
    return text


def test_a_search_leads_to_the_page_of_its_run(client: TestClient) -> None:
    found = client.get(f"/?q={QUERY}&lang=en").text
    (run_id,) = re.findall(r'href="/runs/([0-9a-f-]{36})\?lang=en"', found)

    page = _page(client, run_id)

    assert QUERY in page
    assert f'href="/api/v1/runs/{run_id}"' in page


def test_what_was_asked_and_who_was_shown_in_which_place_is_told(client: TestClient) -> None:
    answer = _search(client, groups=["6"], purpose="tìm trưởng nhóm")
    people = answer["people"]
    assert isinstance(people, list)

    page = _page(client, answer["run_id"])

    for part in ("tìm trưởng nhóm", "Technology groups", str(answer["encoder_version"])):
        assert part in page
    assert "Countries" not in page
    places = [page.index(f"/experts/{person['expert_id']}?") for person in people]
    assert places == sorted(places)
    assert all(person["display_name"] in page for person in people)


def test_a_match_with_a_role_names_the_role(client: TestClient) -> None:
    matched = client.post("/api/v1/roles/p01a/matches", json={"limit": 1}).json()

    page = _page(client, matched["run_id"])

    assert 'href="/roles/p01a?lang=en"' in page
    assert "Role of a programme" in page


def test_who_is_not_shown_any_more_is_a_place_without_name_or_score(
    client: TestClient, invented_engine: Engine
) -> None:
    answer = _search(client)
    gone = str(new_id())
    with invented_engine.database.session() as session:
        run = session.get_one(MatchRun, UUID(str(answer["run_id"])))
        first, *others = run.result
        run.result = [{**first, "expert_id": gone, "score": 0.4321}, *others]

    page = _page(client, answer["run_id"])

    assert gone not in page
    assert "0.43" not in page
    assert page.count("no longer shown to you") == 1


def test_a_run_is_for_whoever_made_it(client: TestClient, invented_engine: Engine) -> None:
    run_id = _search(client)["run_id"]
    account = make_account(
        invented_engine.database, f"other-{new_id().hex}", Role.RECRUITER, body="most"
    )
    other = sign_in(
        TestClient(client.app, raise_server_exceptions=False), invented_engine.database, account
    )

    assert other.get(f"/runs/{run_id}").status_code == 404
    assert client.get(f"/runs/{new_id()}").status_code == 404
    assert client.get("/runs/x").status_code == 404


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_page_is_whole_in_both_languages(client: TestClient, language: str) -> None:
    page = _page(client, _search(client)["run_id"], language)

    assert page.count("<h1") == 1
    assert f'<html lang="{language}">' in page
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=", page)
