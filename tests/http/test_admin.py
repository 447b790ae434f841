"""Accounts and bodies as administrators keep them: pages and JSON."""

import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from registry.access.models import Account
from registry.access.policy import Role
from registry.config import Settings
from registry.db import Database
from tests.accounts import make_account, make_body
from tests.accounts import sign_in as start_session
from tests.http.sites import Site, link_in, make_site, plant, send, sign_in
from tests.signing_in import OTHER_PASSWORD, PASSWORD, make_member, turn_codes_on

API = "/api/v1"


@pytest.fixture
def site(settings: Settings, database: Database) -> Site:
    make_body(database, "moh")
    return make_site(settings, database)


def _browser(site: Site, login: str, *roles: Role, body: str | None = None) -> TestClient:
    account = make_account(site.database, login, *roles, body=body)
    carrier = start_session(TestClient(site.app), site.database, account)
    made = site.browser()
    plant(made, "session", carrier.cookies["session"])
    return made


@pytest.fixture
def admin(site: Site) -> TestClient:
    return _browser(site, "admin.one", Role.ADMINISTRATOR)


def _member(site: Site, login: str = "an.tran") -> UUID:
    with site.database.session() as session:
        return make_member(session, login, display_name="Trần An").id


def _invite(admin: TestClient, **fields: Any) -> Any:
    body = {
        "login": "an.tran",
        "display_name": "Trần An",
        "roles": [{"role": "recruiter", "body": "moh"}],
        **fields,
    }
    return admin.post(f"{API}/accounts", json=body)


# From an invitation to a role that ends


def test_somebody_invited_joins_works_and_loses_his_role_at_the_next_request(
    site: Site, admin: TestClient
) -> None:
    fields = {"login": "an.tran", "display_name": "Trần An", "role": "recruiter", "body": "moh"}
    invited = send(admin, "/admin/accounts", **fields)
    an = site.browser()
    path = link_in(invited.text)

    assert "an.tran" in an.get(path).text
    joined = send(an, path, password=OTHER_PASSWORD, again=OTHER_PASSWORD)
    assert joined.headers["location"] == "/"
    me = an.get(f"{API}/account").json()
    assert (me["roles"], me["body"]) == (["recruiter"], "moh")
    assert an.get("/roles").status_code == 200
    ended = send(admin, f"/admin/accounts/{me['id']}/roles/end", role="recruiter")
    assert ended.headers["location"] == f"/admin/accounts/{me['id']}?done=role"
    assert an.get("/roles").status_code == 403


def _version(browser: TestClient, code: str) -> str:
    """The version of a body, as the API lists it."""
    listed = browser.get(f"{API}/bodies").json()
    return next(str(body["version"]) for body in listed if body["code"] == code)


def test_a_body_out_of_use_shuts_its_people_out_at_the_next_request(
    site: Site, admin: TestClient
) -> None:
    recruiter = _browser(site, "an.tran", Role.RECRUITER, body="moh")
    assert recruiter.get("/roles").status_code == 200

    send(admin, "/admin/bodies/moh/use", is_active="false", version=_version(admin, "moh"))
    without = recruiter.get("/roles").status_code
    send(admin, "/admin/bodies/moh/use", is_active="true", version=_version(admin, "moh"))

    assert without == 403
    assert recruiter.get("/roles").status_code == 200


def test_an_invitation_that_is_refused_makes_no_account_and_loses_nothing(
    site: Site, admin: TestClient
) -> None:
    fields = {"login": "an.tran", "display_name": "Trần An", "role": "recruiter"}

    answers = [
        send(admin, "/admin/accounts", **{**fields, **changes})
        for changes in (
            {"body": ""},
            {"body": "none"},
            {"body": "\0"},
            {"role": "king"},
            {"role": "steward", "login": "thử"},
            {"role": "steward", "display_name": " "},
        )
    ]

    assert {answer.status_code for answer in answers} == {422}
    assert all('role="alert"' in answer.text for answer in answers)
    assert 'value="an.tran"' in answers[0].text
    assert 'value="Trần An"' in answers[0].text
    listed = admin.get(f"{API}/accounts").json()["accounts"]
    assert [account["login"] for account in listed] == ["admin.one"]


@pytest.mark.parametrize("drops", [False, True])
def test_a_password_link_drops_one_time_codes_only_when_the_administrator_says_so(
    site: Site, admin: TestClient, drops: bool
) -> None:
    with site.database.session() as session:
        account = make_member(session, "an.tran")
        turn_codes_on(session, account)
    page = admin.get(f"/admin/accounts/{account.id}").text
    fields = {"drop_codes": "true"} if drops else {}

    made = send(admin, f"/admin/accounts/{account.id}/link", **fields)
    an = site.browser()
    send(an, link_in(made.text), password=OTHER_PASSWORD, again=OTHER_PASSWORD)

    assert 'name="drop_codes"' in page
    assert made.status_code == 201
    assert an.get("/account").status_code == (200 if drops else 303)
    assert "/l/" not in admin.get(f"/admin/accounts/{account.id}").text


def test_an_account_is_shut_out_and_closed(site: Site, admin: TestClient) -> None:
    account_id = _member(site)
    an = site.browser()
    sign_in(an, "an.tran", PASSWORD)

    ended = send(admin, f"/admin/accounts/{account_id}/end-sessions")
    out = an.get("/account").status_code
    sign_in(an, "an.tran", PASSWORD)
    closed = send(admin, f"/admin/accounts/{account_id}/close")

    assert ended.status_code == closed.status_code == 303
    assert out == 303
    assert an.get("/account").status_code == 303
    assert sign_in(site.browser(), "an.tran", PASSWORD).status_code == 401
    assert "an.tran" not in admin.get("/admin").text
    assert "an.tran" in admin.get("/admin?closed=true").text
    assert send(admin, f"/admin/accounts/{account_id}/close").status_code == 404


def test_the_last_administrator_cannot_end_himself(site: Site, admin: TestClient) -> None:
    own = admin.get(f"{API}/account").json()["id"]
    _browser(site, "not.joined", Role.ADMINISTRATOR)

    ended = send(admin, f"/admin/accounts/{own}/roles/end", role="administrator")
    closed = send(admin, f"/admin/accounts/{own}/close")
    by_json = admin.patch(f"{API}/accounts/{own}/roles", json={"end": ["administrator"]})

    assert (ended.status_code, closed.status_code, by_json.status_code) == (422, 422, 422)
    assert 'role="alert"' in ended.text
    assert admin.get("/admin").status_code == 200


# Who may


@pytest.mark.parametrize("role", [*(each for each in Role if each is not Role.ADMINISTRATOR), None])
def test_nobody_else_administers(site: Site, role: Role | None) -> None:
    account_id = _member(site)
    browser = _browser(site, "somebody", *([role] if role else []), body="moh")
    pages = ["/admin", "/admin/bodies", f"/admin/accounts/{account_id}"]
    forms = [
        "/admin/accounts",
        "/admin/bodies",
        "/admin/bodies/moh",
        "/admin/bodies/moh/use",
        *(
            f"/admin/accounts/{account_id}/{act}"
            for act in ("roles", "roles/end", "link", "end-sessions", "close")
        ),
    ]
    calls = [
        ("GET", "/accounts"),
        ("POST", "/accounts"),
        ("GET", f"/accounts/{account_id}"),
        ("PATCH", f"/accounts/{account_id}/roles"),
        ("POST", f"/accounts/{account_id}/close"),
        ("POST", "/bodies"),
        ("PATCH", "/bodies/moh"),
    ]

    told = {browser.get(path).status_code for path in pages}
    told |= {send(browser, path).status_code for path in forms}
    told |= {browser.request(method, API + path, json={}).status_code for method, path in calls}

    assert told == {403}
    anonymous = {site.browser().request(m, API + p, json={}).status_code for m, p in calls}
    assert anonymous == {401}


def test_forms_of_administration_are_held_to_their_session(site: Site, admin: TestClient) -> None:
    account_id = _member(site)

    answers = [
        admin.post(path, data={"csrf": "0" * 64, "role": "steward", "is_active": "false"})
        for path in (
            "/admin/accounts",
            "/admin/bodies/moh/use",
            f"/admin/accounts/{account_id}/roles",
            f"/admin/accounts/{account_id}/close",
        )
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert admin.get(f"{API}/accounts/{account_id}").json()["closed_at"] is None


# Pages


@pytest.mark.parametrize("language", ["vi", "en"])
def test_pages_of_administration_are_whole_in_both_languages(
    site: Site, admin: TestClient, language: str
) -> None:
    account_id = _member(site)

    for path in ("/admin", "/admin/bodies", f"/admin/accounts/{account_id}"):
        answer = admin.get(f"{path}?lang={language}")
        assert answer.status_code == 200, path
        assert answer.text.count("<h1") == 1
        assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=", answer.text)
        identifiers = re.findall(r'\sid="([^"]+)"', answer.text)
        assert len(identifiers) == len(set(identifiers)), path


def test_unknown_accounts_are_no_pages(admin: TestClient) -> None:
    for path in (f"/admin/accounts/{uuid4()}", "/admin/accounts/x"):
        assert admin.get(path).status_code == 404
    assert send(admin, f"/admin/accounts/{uuid4()}/close").status_code == 404
    assert send(admin, "/admin/bodies/none/use", is_active="false").status_code == 404


def test_many_accounts_come_in_pages(site: Site, admin: TestClient) -> None:
    with site.database.session() as session:
        for number in range(60):
            session.add(Account(login=f"member-{number:02}", display_name="Thử"))

    first = admin.get("/admin").text
    second = admin.get("/admin?after=member-48").text
    found = admin.get("/admin?find=MEMBER-07").text

    assert "member-48" in first
    assert "member-49" not in first
    assert "after=member-48" in first
    assert "member-59" in second
    assert found.count("member-") == 1


def test_a_body_is_added_and_renamed_and_what_was_typed_is_not_lost(admin: TestClient) -> None:
    wrong = send(admin, "/admin/bodies", code="Bộ X", name_vi="Bộ X", name_en="Ministry X")
    added = send(admin, "/admin/bodies", code="box", name_vi="Bộ X", name_en="Ministry X")
    names = {"name_en": "Ministry of X", "version": _version(admin, "box")}
    unnamed = send(admin, "/admin/bodies/box", name_vi="", **names)
    renamed = send(admin, "/admin/bodies/box", name_vi="Bộ Ích", **names)

    assert [a.status_code for a in (wrong, added, unnamed, renamed)] == [422, 303, 422, 303]
    assert 'value="Bộ X"' in wrong.text
    assert 'value="Ministry of X"' in unnamed.text
    listed = {body["code"]: body for body in admin.get(f"{API}/bodies").json()}
    assert listed["box"]["name_vi"] == "Bộ Ích"


# JSON


def test_json_invites_lists_and_changes_roles(site: Site, admin: TestClient) -> None:
    made = _invite(admin)
    account = made.json()["account"]

    assert made.status_code == 201
    assert site.browser().get(link_in(made.json()["link"])).status_code == 200
    assert [(r["role"], r["body"]) for r in account["roles"]] == [("recruiter", "moh")]
    changed = admin.patch(
        f"{API}/accounts/{account['id']}/roles",
        json={"end": ["recruiter"], "grant": [{"role": "steward"}]},
    )
    assert [(r["role"], r["body"]) for r in changed.json()["roles"]] == [("steward", None)]
    closed = admin.post(f"{API}/accounts/{account['id']}/close", json={})
    assert closed.json()["closed_at"]
    assert "password" not in made.text + changed.text + closed.text


def test_roles_are_changed_all_or_none(admin: TestClient) -> None:
    account = _invite(admin).json()["account"]
    path = f"{API}/accounts/{account['id']}"

    refused = admin.patch(
        f"{path}/roles", json={"end": ["recruiter"], "grant": [{"role": "secretary"}]}
    )

    assert refused.status_code == 422
    assert [r["role"] for r in admin.get(path).json()["roles"]] == ["recruiter"]


def test_accounts_come_in_pages_over_json(site: Site, admin: TestClient) -> None:
    for login in ("b.one", "c.two", "d.three"):
        _member(site, login)

    first = admin.get(f"{API}/accounts?limit=2").json()
    second = admin.get(f"{API}/accounts", params={"limit": 2, "after": first["after"]}).json()

    names = [[a["login"] for a in page["accounts"]] for page in (first, second)]
    assert names == [["admin.one", "b.one"], ["c.two", "d.three"]]
    assert second["after"] is None


@pytest.mark.parametrize(
    "fields",
    [
        {"roles": [{"role": "king"}]},
        {"roles": [{"role": "recruiter"}]},
        {"roles": [{"role": "recruiter", "body": "moh", "granted_by": "me"}]},
        {"is_invented": True},
        {"login": "x\0y"},
        {"login": ""},
    ],
)
def test_a_wrong_invitation_is_refused_with_its_reason(
    admin: TestClient, fields: dict[str, object]
) -> None:
    answer = _invite(admin, **fields)

    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_bodies_are_listed_for_all_who_have_signed_in(site: Site, admin: TestClient) -> None:
    make_body(site.database, "old")
    version = {"If-Match": f'"{_version(admin, "old")}"'}
    admin.patch(f"{API}/bodies/old", json={"is_active": False}, headers=version)
    member = _browser(site, "somebody")

    assert [body["code"] for body in member.get(f"{API}/bodies").json()] == ["moh"]
    assert [body["code"] for body in admin.get(f"{API}/bodies").json()] == ["moh", "old"]
    assert site.browser().get(f"{API}/bodies").status_code == 401
    assert admin.patch(f"{API}/bodies/old", json={"code": "new"}).status_code == 422
    none = admin.patch(f"{API}/bodies/none", json={"is_active": True}, headers=version)
    assert none.status_code == 404
