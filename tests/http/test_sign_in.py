"""Signing in and out through the real application, and what a browser of an attacker tries."""

import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from fastapi.testclient import TestClient

from registry.access import links, sessions
from registry.access.links import Purpose
from registry.access.models import Account, WebSession
from registry.access.policy import Actor, Role
from registry.config import Settings
from registry.db import Database
from registry.web.cookies import form_token
from tests.accounts import make_account
from tests.http.sites import Site, link_in, make_site, plant, send, sign_in
from tests.signing_in import OTHER_PASSWORD, PASSWORD, make_member, turn_codes_on

ADMIN = Actor("admin", frozenset({Role.ADMINISTRATOR}))
WRONG = "a wrong guess"


@pytest.fixture
def site(settings: Settings, database: Database) -> Site:
    return make_site(settings, database)


@pytest.fixture
def thu(database: Database) -> Account:
    with database.session() as session:
        return make_member(session)


def _codes_on(database: Database, account: Account) -> pyotp.TOTP:
    with database.session() as session:
        found = session.get(Account, account.id)
        assert found is not None
        return turn_codes_on(session, found, datetime.now(UTC))


def _link(database: Database, account: Account, purpose: Purpose = Purpose.PASSWORD) -> str:
    now = datetime.now(UTC)
    with database.session() as session:
        token = links.make_link(
            session, ADMIN, purpose, account_id=account.id, now=now, lasts=timedelta(days=1)
        )
    return f"/l/{token}"


def _is_signed_in(browser: TestClient) -> bool:
    return browser.get("/account").status_code == 200


# In and out


def test_somebody_signs_in_and_out(site: Site, thu: Account) -> None:
    browser = site.browser()
    page = browser.get("/sign-in").text

    answer = sign_in(browser, "thu", PASSWORD)

    assert 'autocomplete="current-password"' in page
    assert answer.status_code == 303
    assert answer.headers["location"] == "/account"
    assert _is_signed_in(browser)
    out = send(browser, "/sign-out")
    assert out.headers["location"] == "/sign-in?done=out"
    assert not _is_signed_in(browser)


def test_signing_out_ends_the_session_and_not_just_the_cookie(site: Site, thu: Account) -> None:
    browser, copy = site.browser(), site.browser()
    sign_in(browser, "thu", PASSWORD)
    plant(copy, "session", browser.cookies["session"])
    assert _is_signed_in(copy)

    send(browser, "/sign-out")

    assert not _is_signed_in(copy)


@pytest.mark.parametrize(
    ("roles", "home"),
    [
        ((Role.RECRUITER,), "/"),
        ((Role.STEWARD, Role.ADMINISTRATOR), "/"),
        ((Role.AUDITOR,), "/audit"),
        ((Role.ADMINISTRATOR,), "/admin"),
        ((), "/account"),
    ],
)
def test_everybody_begins_at_his_own_work(
    site: Site, database: Database, roles: tuple[Role, ...], home: str
) -> None:
    account = make_account(database, "thu", *roles, body="moh")
    with database.session() as session:
        found = session.get(Account, account.id)
        assert found is not None
        found.password_hash = make_member(session, "other").password_hash

    assert sign_in(site.browser(), "thu", PASSWORD).headers["location"] == home


def test_whoever_has_signed_in_is_sent_on(site: Site, thu: Account) -> None:
    browser = site.browser()
    sign_in(browser, "thu", PASSWORD)

    assert browser.get("/sign-in").headers["location"] == "/account"
    assert browser.get("/sign-in?next=/roles").headers["location"] == "/roles"
    assert browser.get("/sign-in?next=/sign-in").headers["location"] == "/account"


def test_a_page_that_needs_sign_in_is_come_back_to(site: Site, thu: Account) -> None:
    browser = site.browser()
    sent = browser.get("/account?done=profile").headers["location"]
    page = browser.get(sent).text

    field = re.search(r'name="next" value="([^"]*)"', page)

    assert field is not None
    answer = sign_in(browser, "thu", PASSWORD, next=field[1])
    assert answer.headers["location"] == "/account?done=profile"


def test_the_language_of_the_page_or_else_of_the_account_is_kept(
    site: Site, database: Database
) -> None:
    with database.session() as session:
        make_member(session, "an", language="en")
        make_member(session, "thu")
    english = site.browser().post("/sign-in?lang=en", data={"login": "thu", "password": WRONG})

    assert "do not fit together" in english.text
    assert '<html lang="en">' in english.text
    assert sign_in(site.browser(), "an", PASSWORD).headers["location"] == "/account?lang=en"
    assert sign_in(site.browser(), "thu", PASSWORD).headers["location"] == "/account"


# What fails


def test_a_failure_keeps_the_name_and_not_the_password_and_tells_nothing(
    site: Site, thu: Account
) -> None:
    def tried(login: str, password: str) -> tuple[int, str]:
        answer = sign_in(site.browser(), login, password)
        return answer.status_code, answer.text.replace(login, "NAME")

    known, unknown = tried("thu", WRONG), tried("nobody", PASSWORD)

    assert known == unknown
    assert known[0] == 401
    assert 'value="NAME"' in known[1]
    assert WRONG not in known[1]
    assert PASSWORD not in unknown[1]


def test_failures_count_although_the_answer_is_a_refusal(site: Site, thu: Account) -> None:
    told = [sign_in(site.browser(), "thu", WRONG).status_code for _ in range(6)]

    waiting = sign_in(site.browser(), "thu", PASSWORD)

    assert told == [401] * 5 + [429]
    assert waiting.status_code == 429
    assert 0 < int(waiting.headers["retry-after"]) <= 30
    assert "session" not in waiting.cookies


def test_a_right_password_from_a_known_browser_works_during_an_attack(
    site: Site, thu: Account
) -> None:
    owner = site.browser()
    sign_in(owner, "thu", PASSWORD)
    send(owner, "/sign-out")
    for address in ("203.0.113.9", "198.51.100.99"):
        for _ in range(6):
            sign_in(site.browser(address), "thu", WRONG)

    assert sign_in(site.browser(), "thu", PASSWORD).status_code == 429
    assert sign_in(owner, "thu", PASSWORD).status_code == 303


def test_no_header_of_a_client_makes_it_somebody_else(site: Site, thu: Account) -> None:
    browser = site.browser()
    for number in range(6):
        browser.headers["X-Forwarded-For"] = f"203.0.{number}.9"
        browser.headers["Forwarded"] = f"for=203.0.{number}.9"
        sign_in(browser, "thu", WRONG)

    assert sign_in(browser, "thu", PASSWORD).status_code == 429


# One-time codes


def test_the_code_is_a_second_step_of_the_same_browser(
    site: Site, database: Database, thu: Account
) -> None:
    codes = _codes_on(database, thu)
    browser, other = site.browser(), site.browser()

    first = sign_in(browser, "thu", PASSWORD, next="/roles")
    assert first.headers["location"] == "/sign-in/code?next=%2Froles"
    assert not _is_signed_in(browser)
    code = codes.at(datetime.now(UTC))
    elsewhere = send(other, "/sign-in/code", code=code)
    second = send(browser, "/sign-in/code", code=code, next="/roles")

    assert elsewhere.status_code == 401
    assert second.headers["location"] == "/roles"
    assert _is_signed_in(browser)
    assert browser.cookies.get("pending") is None


def test_a_code_is_refused_a_second_time(site: Site, database: Database, thu: Account) -> None:
    codes = _codes_on(database, thu)
    code = codes.at(datetime.now(UTC))
    for browser, status in ((site.browser(), 303), (site.browser(), 401)):
        sign_in(browser, "thu", PASSWORD)
        assert send(browser, "/sign-in/code", code=code).status_code == status


def test_without_the_first_step_there_is_no_second(site: Site) -> None:
    assert site.browser().get("/sign-in/code").headers["location"] == "/sign-in"


# Cookies and sessions


def test_a_session_that_an_attacker_has_planted_is_not_signed_in(
    site: Site, database: Database, thu: Account
) -> None:
    attacker, victim = site.browser(), site.browser()
    plant(attacker, "session", "planted")
    plant(victim, "session", "planted")
    victim.headers["Sec-Fetch-Site"] = "same-origin"

    sign_in(victim, "thu", PASSWORD)

    assert victim.cookies["session"] != "planted"
    assert not _is_signed_in(attacker)
    assert _is_signed_in(victim)


def test_signing_in_ends_the_session_that_the_browser_had(
    site: Site, database: Database, thu: Account
) -> None:
    browser, copy = site.browser(), site.browser()
    with database.session() as session:
        make_member(session, "attacker")
    sign_in(browser, "attacker", PASSWORD)
    plant(copy, "session", browser.cookies["session"])

    sign_in(browser, "thu", PASSWORD)

    assert browser.cookies["session"] != copy.cookies["session"]
    assert not _is_signed_in(copy)


def test_an_ended_session_is_no_hindrance_to_signing_in_again(
    site: Site, database: Database, thu: Account
) -> None:
    browser = site.browser()
    sign_in(browser, "thu", PASSWORD)
    with database.session() as session:
        for row in session.query(WebSession):
            row.expires_at = datetime.now(UTC)
    page = browser.get("/sign-in").text
    field = re.search(r'name="csrf" value="([^"]*)"', page)
    assert field is not None

    fields = {"login": "thu", "password": PASSWORD, "csrf": field[1]}

    assert browser.post("/sign-in", data=fields).status_code == 303


def test_cookies_are_closed_to_scripts_and_other_sites(site: Site, thu: Account) -> None:
    made = sign_in(site.browser(), "thu", PASSWORD).headers.get_list("set-cookie")

    assert {cookie.split("=")[0] for cookie in made} == {"session", "device", "pending", "news"}
    for cookie in made:
        flags = {flag.strip().lower() for flag in cookie.split(";")[1:]}
        assert {"httponly", "samesite=lax", "path=/"} <= flags
        assert not any(flag.startswith("domain") for flag in flags)


def test_with_https_cookies_go_no_other_way_and_no_other_host_sets_them(
    settings: Settings, database: Database, thu: Account
) -> None:
    site = make_site(settings, database, public_url="https://testserver")
    browser = site.browser()

    made = sign_in(browser, "thu", PASSWORD).headers.get_list("set-cookie")

    assert {cookie.split("=")[0] for cookie in made} == {
        "__Host-session",
        "__Host-device",
        "__Host-pending",
        "__Host-news",
    }
    assert all("; secure" in cookie.lower() for cookie in made)
    assert all("; path=/" in cookie.lower() and "domain" not in cookie.lower() for cookie in made)
    assert _is_signed_in(browser)
    plain = site.browser()
    plant(plain, "session", browser.cookies["__Host-session"])
    assert not _is_signed_in(plain)


def test_a_session_that_is_over_or_revoked_signs_nobody_in(
    site: Site, database: Database, thu: Account
) -> None:
    now = datetime.now(UTC)
    browsers = []
    for lasts in (timedelta(hours=1), timedelta(seconds=-1), timedelta(hours=1)):
        with database.session() as session:
            token = sessions.start(session, thu, "password", None, now, lasts)
        browsers.append(site.browser())
        plant(browsers[-1], "session", token)
    with database.session() as session:
        sessions.end_by_cookie(session, browsers[2].cookies["session"], now)

    assert [_is_signed_in(browser) for browser in browsers] == [True, False, False]


# Forms of others


@pytest.mark.parametrize("csrf", [None, "", "0" * 64, "of another session"])
def test_a_form_without_the_token_of_its_session_is_refused(
    site: Site, database: Database, thu: Account, csrf: str | None
) -> None:
    browser, other = site.browser(), site.browser()
    sign_in(browser, "thu", PASSWORD)
    sign_in(other, "thu", PASSWORD)
    if csrf == "of another session":
        csrf = form_token(other.cookies["session"])
    fields = {
        "display_name": "Taken",
        "language": "en",
        **({"csrf": csrf} if csrf is not None else {}),
    }

    answers = [
        browser.post(path, data=fields)
        for path in ("/account/profile", "/sign-in", "/sign-out", "/account/sessions/end-others")
    ]

    assert {answer.status_code for answer in answers} == {403}
    with database.session() as session:
        found = session.get(Account, thu.id)
        assert found is not None
        assert found.display_name == "Lê Thị Thử"
    assert _is_signed_in(other)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://testserver.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
    ],
)
def test_a_form_of_another_site_signs_nobody_in(
    site: Site, thu: Account, headers: dict[str, str]
) -> None:
    browser = site.browser()
    fields = {"login": "thu", "password": PASSWORD}

    refused = browser.post("/sign-in", data=fields, headers=headers)
    own = browser.post("/sign-in", data=fields, headers={"Origin": "http://testserver"})

    assert refused.status_code == 403
    assert "set-cookie" not in refused.headers
    assert own.status_code == 303


# Where somebody is sent


EVIL = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    "evil.example",
    "%2f%2fevil.example",
    "/%2f%2fevil.example",
    "/%5cevil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/%09/evil.example",
    "/account\r\nSet-Cookie: session=planted",
    "/account%0d%0aSet-Cookie:%20session=planted",
    "/\u2028/evil.example",
    "/a" * 2000,
    "",
]


@pytest.mark.parametrize("next_path", EVIL)
def test_nobody_is_sent_out_of_this_service(site: Site, thu: Account, next_path: str) -> None:
    browser = site.browser()

    page = browser.get("/sign-in", params={"next": next_path}).text
    answer = sign_in(browser, "thu", PASSWORD, next=next_path)
    again = browser.get("/sign-in", params={"next": next_path})

    assert 'name="next" value=""' in page
    assert answer.headers["location"] == again.headers["location"] == "/account"
    assert browser.cookies["session"] != "planted"


@pytest.mark.parametrize(
    "next_path", ["/roles", "/?q=vi+m%E1%BA%A1ch&lang=en", "/experts/1#s-work"]
)
def test_somebody_is_sent_on_within_this_service(site: Site, thu: Account, next_path: str) -> None:
    assert sign_in(site.browser(), "thu", PASSWORD, next=next_path).headers["location"] == next_path


# Links


def test_a_link_is_looked_at_without_being_used_and_tells_nobody_where_one_came_from(
    site: Site, database: Database, thu: Account
) -> None:
    path = _link(database, thu)
    browser = site.browser()

    looks = [browser.get(path), browser.head(path), browser.get(path)]
    set_new = send(browser, path, password=OTHER_PASSWORD, again=OTHER_PASSWORD)
    gone = [browser.get(path), send(browser, path, password=PASSWORD, again=PASSWORD)]

    assert {look.status_code for look in looks} == {200}
    assert set_new.status_code == 303
    assert _is_signed_in(browser)
    assert {answer.status_code for answer in gone} == {410}
    for answer in [*looks, set_new, *gone]:
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-frame-options"] == "DENY"
    assert sign_in(site.browser(), "thu", OTHER_PASSWORD).status_code == 303


def test_a_password_that_is_refused_leaves_the_link_good(
    site: Site, database: Database, thu: Account
) -> None:
    path, browser = _link(database, thu, Purpose.JOIN), site.browser()

    short = send(browser, path, password="short", again="short")
    differing = send(browser, path, password=OTHER_PASSWORD, again=OTHER_PASSWORD + "x")
    good = send(browser, path, password=OTHER_PASSWORD, again=OTHER_PASSWORD)

    assert (short.status_code, differing.status_code, good.status_code) == (422, 422, 303)
    assert "ít nhất 12" in short.text or "at least 12" in short.text
    assert OTHER_PASSWORD not in differing.text


def test_all_links_that_cannot_be_used_look_alike(
    site: Site, database: Database, thu: Account
) -> None:
    path = _link(database, thu)
    changed = path[:-1] + ("A" if path[-1] != "A" else "B")
    with database.session() as session:
        links.revoke_links(session, thu.id, datetime.now(UTC))

    pages = {
        re.sub(r"/l/[\w.-]+", "/l/x", site.browser().get(each).text)
        for each in (path, changed, "/l/x", "/l/x.y.z")
    }

    assert len(pages) == 1


def test_a_claim_link_leads_to_the_page_of_claims(site: Site, database: Database) -> None:
    steward = Actor("steward", frozenset({Role.STEWARD}))
    now = datetime.now(UTC)
    with database.session() as session:
        token = links.make_link(session, steward, Purpose.CLAIM, now=now, lasts=timedelta(days=1))

    answer = site.browser().get(f"/l/{token}?lang=en")

    assert answer.headers["location"] == f"/claim/{token}?lang=en"
    assert site.browser().post(f"/l/{token}").status_code == 410


def test_an_invented_account_is_signed_in_by_one_click_in_development_only(
    settings: Settings, database: Database
) -> None:
    with database.session() as session:
        account = make_member(session, "demo-steward", is_invented=True)
    path = _link(database, account, Purpose.SIGN_IN)
    production = make_site(settings, database, environment="production").browser()
    development = make_site(settings, database).browser()

    assert send(production, path).status_code == 410
    assert "Lê Thị Thử" in development.get(path).text
    assert send(development, path).status_code == 303
    assert _is_signed_in(development)


def test_a_password_link_is_no_way_around_one_time_codes(
    site: Site, database: Database, thu: Account
) -> None:
    _codes_on(database, thu)
    browser = site.browser()

    answer = send(browser, _link(database, thu), password=OTHER_PASSWORD, again=OTHER_PASSWORD)

    assert answer.headers["location"] == "/sign-in?done=password"
    assert not _is_signed_in(browser)
    assert "/sign-in/code" in sign_in(browser, "thu", OTHER_PASSWORD).headers["location"]


# What is never written down


def test_no_secret_reaches_a_log_or_an_error(
    site: Site,
    database: Database,
    thu: Account,
    caplog: pytest.LogCaptureFixture,
    make_bug: Callable[[Site, str], None],
) -> None:
    # Told by the services and the libraries under them; "httpx2" is the test's own browser.
    caplog.set_level(logging.DEBUG)
    codes = _codes_on(database, thu)
    link, browser = _link(database, thu), site.browser()
    make_bug(site, "/l/{token}/bug")
    make_bug(site, "/claim/{token}")
    secrets, shown = [link[3:], OTHER_PASSWORD, WRONG], []

    sign_in(browser, "thu", WRONG)
    send(browser, link, password=OTHER_PASSWORD, again=OTHER_PASSWORD)
    sign_in(browser, "thu", OTHER_PASSWORD)
    code = codes.at(datetime.now(UTC))
    send(browser, "/sign-in/code", code=code)
    secrets += [value for value in browser.cookies.values() if value]
    for path in (f"{link}/bug", f"/claim/{link[3:]}"):
        shown.append(browser.get(path))
    bad = {"Authorization": f"Bearer vnx_{OTHER_PASSWORD.encode().hex()}"}
    shown.append(browser.get("/api/v1/account", headers=bad))
    secrets.append(bad["Authorization"])

    said = " ".join(
        f"{r.getMessage()} {r.exc_text or ''}" for r in caplog.records if r.name != "httpx2"
    )
    assert [answer.status_code for answer in shown] == [500, 500, 401]
    assert "unforeseen failure: GET /l/.../bug" in said
    for secret in secrets:
        assert secret not in said
        # A page knows its own address: it is what the language is switched by.
        assert all(secret not in answer.text.replace(link[3:], "") for answer in shown)


@pytest.fixture
def make_bug() -> Callable[[Site, str], None]:
    """Adds an address that fails without foresight."""

    def add(site: Site, path: str) -> None:
        def fail(token: str) -> None:
            raise ZeroDivisionError

        site.app.add_api_route(path, fail)
        # Before the page of the same address.
        site.app.router.routes.insert(0, site.app.router.routes.pop())

    return add


def test_an_invitation_shows_its_link_in_one_answer_only(site: Site, database: Database) -> None:
    account = make_account(database, "admin.one", Role.ADMINISTRATOR)
    with database.session() as session:
        found = session.get(Account, account.id)
        assert found is not None
        found.password_hash = make_member(session, "other").password_hash
    browser = site.browser()
    sign_in(browser, "admin.one", PASSWORD)

    made = send(browser, "/admin/accounts", login="an.tran", display_name="An", role="steward")

    assert made.status_code == 201
    assert site.browser().get(link_in(made.text)).status_code == 200
    assert "/l/" not in browser.get("/admin").text
