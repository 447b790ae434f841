"""The own account: as a page and as JSON."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pyotp
import pytest
from fastapi.testclient import TestClient

from registry.access import sessions, totp
from registry.access.agents import agent_name
from registry.access.models import Account
from registry.access.policy import Role
from registry.config import Settings
from registry.db import Database
from tests.accounts import make_account
from tests.http.sites import Site, make_site, send, sign_in
from tests.signing_in import OTHER_PASSWORD, PASSWORD, make_member

API = "/api/v1/account"


@pytest.fixture
def site(settings: Settings, database: Database) -> Site:
    return make_site(settings, database)


@pytest.fixture
def thu(database: Database) -> Account:
    """A steward with a password."""
    account = make_account(database, "thu", Role.STEWARD)
    with database.session() as session:
        found = session.get(Account, account.id)
        assert found is not None
        found.password_hash = make_member(session, "other").password_hash
    return account


@pytest.fixture
def browser(site: Site, thu: Account) -> TestClient:
    made = site.browser()
    assert sign_in(made, "thu", PASSWORD).status_code == 303
    return made


def _account(database: Database, account: Account) -> Account:
    with database.session() as session:
        found = session.get(Account, account.id)
        assert found is not None
        return found


def _with_token(site: Site, token: str) -> TestClient:
    program = site.browser()
    program.headers["Authorization"] = f"Bearer {token}"
    return program


# The page


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_page_shows_what_the_account_is_and_no_secret_of_it(
    browser: TestClient, database: Database, thu: Account, language: str
) -> None:
    page = browser.get(f"/account?lang={language}").text

    assert f'<html lang="{language}">' in page
    assert "Firefox, Linux" in page
    assert page.count("<h1") == 1
    assert browser.cookies["session"] not in page
    assert "argon2" not in page
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=", page)
    identifiers = re.findall(r'\sid="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))


def test_without_sign_in_there_is_no_such_page(site: Site) -> None:
    for path in ("/account", "/account/totp.svg"):
        answer = site.browser().get(path)

        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in?next=")
    assert send(site.browser(), "/account/password").headers["location"].startswith("/sign-in")


def test_name_and_language_are_changed_and_a_wrong_name_is_not_lost(
    browser: TestClient, database: Database, thu: Account
) -> None:
    wrong = send(browser, "/account/profile", display_name="x" * 101, language="en")
    saved = send(browser, "/account/profile", display_name=" Lê  Thử ", language="en")

    assert wrong.status_code == 422
    assert "x" * 101 in wrong.text
    assert saved.headers["location"] == "/account?done=profile"
    stored = _account(database, thu)
    assert (stored.display_name, stored.language) == ("Lê Thử", "en")


def test_what_is_typed_is_never_markup_and_a_form_changes_only_what_it_shows(
    browser: TestClient, database: Database, thu: Account
) -> None:
    typed = '"><script>alert(1)</script>'

    send(
        browser,
        "/account/profile",
        display_name=typed,
        language="vi",
        login="taken",
        is_invented="true",
        expert_id=str(uuid4()),
        role="administrator",
    )

    page = browser.get(f"/account?done={typed}").text
    assert "<script" not in page
    stored = _account(database, thu)
    assert (stored.login, stored.is_invented, stored.expert_id) == ("thu", False, None)
    assert browser.get("/admin").status_code == 403


def test_a_message_is_shown_only_if_it_is_one_of_the_service(browser: TestClient) -> None:
    assert 'role="status"' in browser.get("/account?done=password").text
    for query in ("done=Call+0900", "failed=Call+0900"):
        page = browser.get(f"/account?{query}").text
        assert "0900" not in page.split("<main")[1]
        assert 'role="status"' not in page
        assert 'role="alert"' not in page


def test_the_password_is_changed_and_other_browsers_are_signed_out(
    site: Site, browser: TestClient
) -> None:
    other = site.browser()
    sign_in(other, "thu", PASSWORD)
    fields = {"password": OTHER_PASSWORD, "again": OTHER_PASSWORD}

    wrong = send(browser, "/account/password", current="a wrong guess", **fields)
    differing = send(
        browser, "/account/password", current=PASSWORD, password=OTHER_PASSWORD, again="x"
    )
    common = send(
        browser,
        "/account/password",
        current=PASSWORD,
        password="matkhau123456",
        again="matkhau123456",
    )
    good = send(browser, "/account/password", current=PASSWORD, **fields)

    assert [a.status_code for a in (wrong, differing, common, good)] == [422, 422, 422, 303]
    assert OTHER_PASSWORD not in differing.text
    assert browser.get("/account").status_code == 200
    assert other.get("/account").status_code == 303
    assert sign_in(site.browser(), "thu", PASSWORD).status_code == 401
    assert sign_in(site.browser(), "thu", OTHER_PASSWORD).status_code == 303


def test_guesses_at_the_password_on_the_page_are_counted(browser: TestClient) -> None:
    told = [
        send(browser, "/account/codes", codes_password="a wrong guess").status_code
        for _ in range(11)
    ]

    assert told == [422] * 10 + [429]


# One-time codes


def test_codes_are_set_up_with_a_picture_that_is_shown_until_they_are_on(
    site: Site, browser: TestClient, database: Database, thu: Account
) -> None:
    assert browser.get("/account/totp.svg").status_code == 404
    send(browser, "/account/codes", codes_password=PASSWORD)
    picture = browser.get("/account/totp.svg")
    with database.session() as session:
        account = session.get(Account, thu.id)
        assert account is not None
        codes = pyotp.TOTP(totp.seed_to_type(session, account).replace(" ", ""))

    wrong = send(browser, "/account/codes/confirm", code="12")
    right = send(browser, "/account/codes/confirm", code=codes.at(datetime.now(UTC)))

    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.headers["cache-control"] == "no-store"
    assert not re.search("<script|<style|style=|href", picture.text)
    assert wrong.status_code == 422
    assert 'src="/account/totp.svg"' in wrong.text
    assert right.headers["location"] == "/account?done=codes_on"
    assert browser.get("/account/totp.svg").status_code == 404
    assert codes.secret not in browser.get("/account").text
    assert "/sign-in/code" in sign_in(site.browser(), "thu", PASSWORD).headers["location"]
    send(browser, "/account/codes/end", codes_password=PASSWORD)
    assert sign_in(site.browser(), "thu", PASSWORD).headers["location"] == "/"


# Sessions


def test_sessions_are_listed_and_ended_one_by_one_or_all_others(
    site: Site, browser: TestClient
) -> None:
    others = [site.browser(), site.browser()]
    for other in others:
        sign_in(other, "thu", PASSWORD)
    listed = browser.get(f"{API}/sessions").json()
    current = [row["id"] for row in listed if row["is_current"]]

    ended = send(browser, f"/account/sessions/{listed[0]['id']}/end")

    assert len(listed) == 3
    assert [row["id"] for row in listed][2:] == current
    assert ended.headers["location"] == "/account?done=sessions"
    assert [other.get("/account").status_code for other in others] == [200, 303]
    send(browser, "/account/sessions/end-others")
    assert others[0].get("/account").status_code == 303
    assert browser.get("/account").status_code == 200


def test_sessions_end_over_json_too(site: Site, browser: TestClient) -> None:
    other = site.browser()
    sign_in(other, "thu", PASSWORD)
    listed = browser.get(f"{API}/sessions").json()

    assert browser.delete(f"{API}/sessions/{listed[0]['id']}").status_code == 204
    assert browser.delete(f"{API}/sessions").json() == {"ended": 0}
    assert other.get(API).status_code == 401


def test_sessions_and_tokens_of_others_are_not_found(
    site: Site, database: Database, browser: TestClient
) -> None:
    other = site.browser()
    sign_in(other, "other", PASSWORD)
    session_id = browser.get(f"{API}/sessions").json()[0]["id"]
    token_id = _make(browser).json()["id"]

    told = [
        (answer.status_code, answer.json().get("code"))
        for each in (session_id, str(uuid4()), "x")
        for answer in [other.delete(f"{API}/sessions/{each}")]
    ]
    told_of_tokens = [
        other.delete(f"{API}/tokens/{each}").status_code for each in (token_id, uuid4())
    ]

    assert set(told) == {(404, "not_found")}
    assert told_of_tokens == [404, 404]
    assert send(other, f"/account/sessions/{session_id}/end").status_code == 404
    assert send(other, f"/account/tokens/{token_id}/revoke").status_code == 404
    assert browser.get("/account").status_code == 200


# Tokens


def _make(browser: TestClient, *scopes: str, **fields: object) -> Any:
    body = {"name": "job", "scopes": list(scopes or ["expert:search"]), "days": 7, **fields}
    return browser.post(f"{API}/tokens", json=body)


def test_a_token_is_shown_once_on_the_page(site: Site, browser: TestClient) -> None:
    made = send(browser, "/account/tokens", name="job", scopes=["expert:search"], days=7)
    found = re.search(r"vnx_[\w-]{43}", made.text)

    assert made.status_code == 201
    assert found is not None
    assert "vnx_" not in browser.get("/account").text
    assert _with_token(site, found[0]).get(API).json()["permissions"] == ["expert:search"]


def test_a_refused_token_loses_nothing_that_was_typed(browser: TestClient) -> None:
    answer = send(browser, "/account/tokens", name="nightly job", days=90)

    assert answer.status_code == 422
    assert "nightly job" in answer.text
    assert '<option value="90" selected>' in answer.text


def test_a_token_may_what_its_scopes_say_and_never_touch_the_account(
    site: Site, browser: TestClient
) -> None:
    program = _with_token(site, _make(browser, "expert:search").json()["token"])

    me = program.get(API).json()

    assert (me["login"], me["permissions"]) == ("thu", ["expert:search"])
    for method, path in (
        ("GET", "/sessions"),
        ("DELETE", "/sessions"),
        ("GET", "/tokens"),
        ("POST", "/tokens"),
        ("DELETE", f"/tokens/{uuid4()}"),
    ):
        body = {"name": "x", "scopes": ["expert:search"]} if method == "POST" else None
        assert program.request(method, API + path, json=body).status_code == 403, path
    assert program.get("/api/v1/roles").status_code == 403
    assert program.get("/api/v1/bodies").status_code == 200
    assert program.get("/account").status_code == 403


@pytest.mark.parametrize("scope", ["account:own", "account:manage", "no:such", ""])
def test_no_token_is_made_for_more_than_its_maker_may(browser: TestClient, scope: str) -> None:
    assert _make(browser, scope).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {"name": "job", "scopes": []},
        {"name": "", "scopes": ["expert:search"]},
        {"name": "job", "scopes": ["expert:search"], "days": 400},
        {"name": "job", "scopes": ["expert:search"], "account_id": str(uuid4())},
        {"name": "job\0", "scopes": ["expert:search"]},
    ],
)
def test_a_wrong_token_is_refused_with_its_reason(
    browser: TestClient, body: dict[str, object]
) -> None:
    answer = browser.post(f"{API}/tokens", json=body)

    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_revoked_and_expired_tokens_and_those_of_closed_accounts_are_refused(
    site: Site, database: Database, browser: TestClient, thu: Account
) -> None:
    revoked, expired, good = (_make(browser).json() for _ in range(3))
    browser.delete(f"{API}/tokens/{revoked['id']}")
    with database.session() as session:
        row = sessions.repository.list_tokens(session, thu.id)[1]
        row.expires_at = datetime.now(UTC)

    def told() -> list[int]:
        made = (revoked, expired, good)
        return [_with_token(site, each["token"]).get(API).status_code for each in made]

    assert told() == [401, 401, 200]
    with database.session() as session:
        account = session.get(Account, thu.id)
        assert account is not None
        account.closed_at = datetime.now(UTC) - timedelta(seconds=1)
    assert told() == [401, 401, 401]
    assert browser.get(API).status_code == 401


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer x", "bearer vnx_é"])
def test_a_made_up_token_is_refused_even_beside_a_good_session(
    browser: TestClient, header: str
) -> None:
    answer = browser.get(API, headers={"Authorization": header.encode()})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_tokens_are_listed_without_themselves(browser: TestClient) -> None:
    made = _make(browser).json()

    listed = browser.get(f"{API}/tokens")

    assert [row["id"] for row in listed.json()] == [made["id"]]
    assert made["token"] not in listed.text
    assert "hash" not in listed.text


def test_json_is_written_as_json_and_from_this_site_only(browser: TestClient) -> None:
    body = b'{"name": "job", "scopes": ["expert:search"]}'

    as_text = browser.post(f"{API}/tokens", content=body, headers={"content-type": "text/plain"})
    foreign = browser.delete(f"{API}/sessions", headers={"Sec-Fetch-Site": "cross-site"})

    assert as_text.status_code == 415
    assert foreign.status_code == 403


def test_who_am_i_says_nothing_to_nobody(site: Site) -> None:
    assert site.browser().get(API).status_code == 401


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/139.0 Safari/537.36", "Chrome, Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/139.0 Safari/537.36 Edg/139.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/139.0 Mobile Safari/537.36", "Chrome, Android"),
        ("curl/8.5.0", "curl/8.5.0"),
        (None, ""),
    ],
)
def test_browsers_are_called_by_names_that_people_know(agent: str | None, name: str) -> None:
    assert agent_name(agent) == name
