"""Old sign-ins are asked once more; what others did with an account is told to its owner."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlmodel import col

from registry.access import accounts, links
from registry.access.models import Account, AccountRole, APIToken, SignInAttempt, WebSession
from registry.access.policy import Actor, Role
from registry.config import Settings
from registry.db import Database
from tests.accounts import make_account
from tests.accounts import sign_in as start_session
from tests.claims import claim, make_lead
from tests.http.sites import Site, make_site, plant, send, sign_in
from tests.oidc_provider import StandInProvider
from tests.signing_in import PASSWORD, make_member

API = "/api/v1"
OPERATOR = Actor("operator:zqoperator", frozenset({Role.ADMINISTRATOR}))
LANGUAGES = ("vi", "en")


@pytest.fixture
def site(settings: Settings, database: Database) -> Site:
    return make_site(settings, database, StandInProvider("ministry", "https://id.ministry.example"))


def _set_password(database: Database, account: Account) -> Account:
    with database.session() as session:
        given = make_member(session, f"{account.login}.twin").password_hash
        session.get_one(Account, account.id).password_hash = given
    return account


@pytest.fixture
def steward(database: Database) -> Account:
    """Somebody with a password who may make tokens."""
    return _set_password(database, make_account(database, "thu", Role.STEWARD))


@pytest.fixture
def holder(database: Database) -> Account:
    """Somebody with a profile and a password."""
    account, _ = claim(database, make_lead(database))
    return _set_password(database, account)


def _browser(site: Site, account: Account, minutes: int = 0) -> TestClient:
    """A browser that has been signed in for some minutes."""
    carrier = start_session(TestClient(site.app), site.database, account)
    made = site.browser()
    plant(made, "session", carrier.cookies["session"])
    with site.database.session() as session:
        newest = select(WebSession).order_by(col(WebSession.id).desc()).limit(1)
        row = session.scalars(newest).one()
        row.created_at = datetime.now(UTC) - timedelta(minutes=minutes)
    return made


def _count(database: Database, table: Any) -> int:
    with database.session() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def _again(text: str) -> str:
    """Where a page lets its reader sign in again."""
    found = re.search(r'href="(/sign-in\?[^"]*again=true[^"]*)"', text)
    assert found is not None, text[:500]
    return found[1].replace("&amp;", "&")


# Old sign-ins


def _make_token(browser: TestClient, lang: str = "vi", **fields: Any) -> Any:
    path = f"/account/tokens?lang={lang}"
    return send(browser, path, name="nightly", scopes=["expert:search"], **fields)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_old_sign_in_makes_no_token_without_the_password(
    site: Site, database: Database, steward: Account, language: str
) -> None:
    browser = _browser(site, steward, minutes=16)

    without = _make_token(browser, lang=language)
    wrong = _make_token(browser, lang=language, proof="a wrong guess")
    assert _count(database, APIToken) == 0
    right = _make_token(browser, lang=language, proof=PASSWORD)

    assert (without.status_code, wrong.status_code, right.status_code) == (403, 422, 201)
    assert 'value="nightly"' in without.text
    assert 'name="proof"' in without.text
    assert PASSWORD not in right.text
    assert "next=%2Faccount" in _again(without.text)
    # A wrong password counts as it does anywhere else.
    assert _count(database, SignInAttempt) > 0


def test_a_recent_sign_in_is_asked_for_nothing(
    site: Site, database: Database, steward: Account
) -> None:
    browser = _browser(site, steward, minutes=14)

    assert 'name="proof"' not in browser.get("/account").text
    assert _make_token(browser).status_code == 201


def test_without_a_password_an_old_sign_in_is_sent_to_sign_in_again(
    site: Site, database: Database
) -> None:
    account = make_account(database, "orcid-like", Role.STEWARD)
    browser = _browser(site, account, minutes=16)

    page = browser.get("/account").text
    refused = _make_token(browser, proof="anything")

    assert 'name="proof"' not in page
    assert refused.status_code == 403
    assert _again(page) == _again(refused.text)


def test_signing_in_again_goes_back_to_where_it_was_needed(
    site: Site, database: Database, steward: Account
) -> None:
    browser = _browser(site, steward, minutes=16)
    address = _again(_make_token(browser).text)

    form = browser.get(address)
    back = sign_in(browser, "thu", PASSWORD, next="/account")

    assert form.status_code == 200
    assert 'value="thu"' in form.text
    # Without being asked to, nobody who has signed in is shown the form.
    assert browser.get("/sign-in?next=/account").status_code == 303
    assert back.headers["location"] == "/account"
    assert _make_token(browser).status_code == 201


def test_programs_of_a_browser_are_told_by_json(
    site: Site, database: Database, steward: Account
) -> None:
    body = {"name": "job", "scopes": ["expert:search"]}

    old = _browser(site, steward, minutes=16).post(f"{API}/account/tokens", json=body)
    new = _browser(site, steward, minutes=14).post(f"{API}/account/tokens", json=body)

    assert (old.status_code, old.json()["code"]) == (403, "sign_in_too_old")
    assert "last 15 minutes" in old.json()["detail"]
    assert new.status_code == 201


def test_an_old_sign_in_links_no_provider_without_the_password(
    site: Site, database: Database, steward: Account
) -> None:
    browser = _browser(site, steward, minutes=16)
    path = "/account/providers/ministry/link"

    page = browser.get("/account").text
    without = send(browser, path)
    right = send(browser, path, proof=PASSWORD)

    assert 'id="f-proof-ministry"' in page
    assert without.status_code == 403
    assert "Sign in again" in send(browser, f"{path}?lang=en").text
    assert right.status_code == 200
    assert "id.ministry.example" in right.text


# Delegates


def _name(browser: TestClient, login: str = "delegate", lang: str = "vi", **fields: Any) -> Any:
    path = f"/me/delegates?lang={lang}"
    return send(browser, path, login=login, sections=["work"], days=30, **fields)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_old_sign_in_names_no_delegate_without_the_password(
    site: Site, database: Database, holder: Account, language: str
) -> None:
    make_account(database, "delegate")
    browser = _browser(site, holder, minutes=16)

    without = _name(browser, lang=language)
    wrong = _name(browser, lang=language, proof="a wrong guess")
    right = _name(browser, lang=language, proof=PASSWORD)

    assert (without.status_code, wrong.status_code, right.status_code) == (403, 422, 303)
    assert re.search(r'value="work" checked', without.text)
    assert "next=%2Fme%2Fdelegates" in _again(without.text)


def test_names_that_nobody_has_are_counted_on_the_page_and_by_json_together(
    site: Site, database: Database, holder: Account
) -> None:
    browser = _browser(site, holder)
    body = {"sections": ["work"], "days": 30}

    on_page = [_name(browser, f"nobody{n}").status_code for n in range(5)]
    by_json = [
        browser.post(f"{API}/me/delegations", json={**body, "login": f"no.one{n}"}).status_code
        for n in range(5)
    ]
    last = _name(browser, "nobody", lang="en")
    last_by_json = browser.post(f"{API}/me/delegations", json={**body, "login": "no.one"})

    assert (on_page, by_json) == ([422] * 5, [404] * 5)
    assert (last.status_code, last_by_json.status_code) == (429, 429)
    assert "try again tomorrow" in last.text
    assert 'value="nobody"' in last.text
    assert int(last_by_json.headers["retry-after"]) > 80_000


def test_a_token_names_nobody(site: Site, database: Database, holder: Account) -> None:
    make_account(database, "delegate")
    made = _browser(site, holder).post(
        f"{API}/account/tokens", json={"name": "x", "scopes": ["delegation:own"]}
    )
    program = site.browser()
    program.headers["Authorization"] = f"Bearer {made.json()['token']}"

    body = {"login": "delegate", "sections": ["work"], "days": 30}
    refused = program.post(f"{API}/me/delegations", json=body)

    assert (refused.status_code, refused.json()["code"]) == (403, "sign_in_too_old")
    assert "with a token" in refused.json()["detail"]
    assert program.get(f"{API}/me/delegations").json() == []


# What others did


def _end_sessions(database: Database, account: Account) -> None:
    with database.session() as session:
        accounts.end_sessions(session, OPERATOR, account.id, datetime.now(UTC))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_account_page_shows_what_others_did_and_names_no_operator(
    site: Site, database: Database, steward: Account, language: str
) -> None:
    quiet = _browser(site, steward).get(f"/account?lang={language}").text
    admin = make_account(database, "zqadminlogin", Role.ADMINISTRATOR)
    send(_browser(site, admin), f"/admin/accounts/{steward.id}/link")
    _end_sessions(database, steward)

    page = _browser(site, steward).get(f"/account?lang={language}").text

    told = {
        "vi": ("Zqadminlogin (Quản trị viên)", "dòng lệnh"),
        "en": ("Zqadminlogin (Administrator)", "an operator at the command line"),
    }
    section = page.split('id="others"')[1].split("</section>")[0]
    assert told[language][0] in section
    assert "zqadminlogin" not in page
    assert "zqoperator" not in page
    assert "Zqadminlogin" not in quiet


def test_whoever_signs_in_is_told_until_he_has_looked(
    site: Site, database: Database, steward: Account
) -> None:
    first, again = site.browser(), site.browser()
    sign_in(first, "thu", PASSWORD)
    before = first.get("/sign-in?again=true&lang=en").text
    _end_sessions(database, steward)

    sign_in(again, "thu", PASSWORD)
    notice = "Others did something with your account"
    told = again.get("/sign-in?again=true&lang=en").text
    looked = again.get("/account?lang=en").text
    after = again.get("/sign-in?again=true&lang=en").text

    assert notice not in before
    assert notice in told
    assert "Your sessions and tokens were ended" in looked
    assert notice not in after


def test_a_notice_goes_with_whom_it_is_for(
    site: Site, database: Database, steward: Account
) -> None:
    shared = site.browser()
    sign_in(site.browser(), "thu", PASSWORD)
    _end_sessions(database, steward)
    sign_in(shared, "thu", PASSWORD)
    told = shared.cookies.get("news")
    send(shared, "/sign-out")

    sign_in(shared, "thu.twin", PASSWORD)

    assert told == "1"
    assert not shared.cookies.get("news")


def test_acts_of_others_are_told_by_json_to_their_owner_alone(
    site: Site, database: Database, steward: Account
) -> None:
    other = make_account(database, "other", Role.ADMINISTRATOR)
    _end_sessions(database, steward)
    path = f"{API}/account/acts-of-others"

    own = _browser(site, steward).get(path).json()

    assert [(act["code"], act["by"], act["name"]) for act in own] == [
        ("account:end_sessions", "operator", "")
    ]
    assert "zqoperator" not in str(own)
    assert _browser(site, other).get(path).json() == []
    assert site.browser().get(path).status_code == 401


# Administration of oneself, and of whoever watches over others


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_administrator_is_offered_neither_roles_nor_links_for_himself(
    site: Site, database: Database, language: str
) -> None:
    admin = make_account(database, "boss", Role.ADMINISTRATOR)
    browser = _browser(site, admin)
    path = f"/admin/accounts/{admin.id}"

    page = browser.get(f"{path}?lang={language}").text
    role = send(browser, f"{path}/roles?lang={language}", role="auditor")
    link = send(browser, f"{path}/link?lang={language}")
    by_json = browser.patch(
        f"{API}/accounts/{admin.id}/roles", json={"grant": [{"role": "auditor"}]}
    )

    assert f'action="{path}/link' not in page
    assert 'id="f-role"' not in page
    assert f'action="{path}/roles/end' in page
    own_words = {"vi": "Không ai", "en": "Nobody"}[language]
    assert (role.status_code, link.status_code) == (403, 403)
    assert own_words in role.text
    assert own_words in link.text
    assert 'role="alert"' in role.text
    assert 'role="alert"' in link.text
    assert "/l/" not in link.text
    assert (by_json.status_code, by_json.json()["code"]) == (403, "not_permitted")
    assert "to himself" in by_json.json()["detail"]
    with database.session() as session:
        held = select(col(AccountRole.role)).where(col(AccountRole.account_id) == admin.id)
        assert list(session.scalars(held)) == ["administrator"]


def _member_with(database: Database, *roles: Role) -> UUID:
    return _set_password(database, make_account(database, "watcher", *roles)).id


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
def test_the_page_says_that_codes_of_whoever_watches_are_dropped_at_the_command_line(
    site: Site, database: Database, role: Role
) -> None:
    browser = _browser(site, make_account(database, "boss", Role.ADMINISTRATOR))
    path = f"/admin/accounts/{_member_with(database, role)}"

    page = browser.get(f"{path}?lang=en").text
    refused = send(browser, f"{path}/link?lang=en", drop_codes="true")
    password = send(browser, f"{path}/link?lang=en")

    assert "at the command line only" in page
    assert 'name="drop_codes"' not in page
    assert refused.status_code == 403
    assert "at the command line only" in refused.text
    assert password.status_code == 201


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("drop_codes", "words"),
    [
        (True, {"en": "will be unlinked", "vi": "sẽ bị bỏ liên kết"}),
        (False, {"en": "other ways to sign in stay", "vi": "vẫn giữ"}),
    ],
)
def test_the_page_of_a_link_says_what_it_ends_before_it_is_used(
    site: Site,
    database: Database,
    steward: Account,
    language: str,
    drop_codes: bool,
    words: dict[str, str],
) -> None:
    with database.session() as session:
        token = accounts.make_password_link(
            session, OPERATOR, steward.id, datetime.now(UTC), drop_codes=drop_codes
        )

    page = site.browser().get(f"/l/{token}?lang={language}")

    assert page.status_code == 200
    assert words[language] in page.text
    with database.session() as session:
        assert links.open_link(session, token, datetime.now(UTC)).used_at is None
