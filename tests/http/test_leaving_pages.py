"""Closing the own account, and ending a claim: as pages and as JSON."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from registry.access import repository
from registry.access.models import Account, WebSession
from registry.access.policy import Role
from registry.config import Settings
from registry.db import Database
from tests import accounts as made
from tests.accounts import make_account
from tests.claims import claim, make_lead, state_of
from tests.http.sites import Site, make_site, send, sign_in
from tests.oidc_provider import ORCID, StandInProvider
from tests.signing_in import OTHER_PASSWORD, PASSWORD, make_member

API = "/api/v1/account/close"


@pytest.fixture
def orcid() -> StandInProvider:
    made = StandInProvider.orcid()
    made.now = datetime.now(UTC)
    return made


@pytest.fixture
def site(settings: Settings, database: Database, orcid: StandInProvider) -> Site:
    return make_site(settings, database, orcid)


@pytest.fixture
def thu(database: Database) -> Account:
    """Somebody with a password and nothing else."""
    with database.session() as session:
        return make_member(session)


def _browser(site: Site, login: str = "thu") -> TestClient:
    browser = site.browser()
    assert sign_in(browser, login, PASSWORD).status_code == 303
    return browser


def _with_session(site: Site, account: Account) -> TestClient:
    return made.sign_in(site.browser(), site.database, account)


def _through(browser: TestClient, standin: StandInProvider) -> str:
    """The account that a sign-in at the provider leads to."""
    answer = browser.get(f"/sign-in/with/{standin.name}")
    browser.get(standin.sign_in_at(answer.headers["location"]))
    return str(browser.get("/api/v1/account").json()["id"])


def _is_closed(database: Database, account_id: UUID) -> bool:
    with database.session() as session:
        return session.get_one(Account, account_id).closed_at is not None


def _grow_old(database: Database) -> None:
    """All sessions began an hour ago."""
    with database.session() as session:
        before = datetime.now(UTC) - timedelta(hours=1)
        session.execute(update(WebSession).values(created_at=before))


# The page


def test_the_account_page_leads_to_it(site: Site, thu: Account) -> None:
    page = _browser(site).get("/account").text

    assert 'href="/account/close"' in page


@pytest.mark.parametrize(
    ("language", "title"), [("vi", "<h1"), ("en", "<h1>Close my account</h1>")]
)
def test_the_page_says_what_is_deleted(site: Site, thu: Account, language: str, title: str) -> None:
    page = _browser(site).get(f"/account/close?lang={language}").text

    assert f'<html lang="{language}">' in page
    assert title in page
    assert page.count("<h1") == 1
    assert 'name="password"' in page
    assert "#erase" not in page
    if language == "en":
        assert "links to providers are deleted" in page
        assert "held an office" not in page


def test_whoever_has_a_profile_is_told_that_it_stays_and_how_to_erase_it(
    site: Site, database: Database
) -> None:
    account, _ = claim(database, make_lead(database))

    page = _with_session(site, account).get("/account/close?lang=en").text

    assert "Your profile stays" in page
    assert 'href="/me/data?lang=en#erase"' in page


def test_whoever_held_an_office_is_told_that_his_name_stays(site: Site, database: Database) -> None:
    account = make_account(database, "recruiter", Role.RECRUITER, body="most")

    page = _with_session(site, account).get("/account/close?lang=en").text

    assert "You have held an office here" in page
    assert "Sign-in name, name shown" not in page


def test_closing_signs_out_and_nobody_comes_in_again(
    site: Site, database: Database, thu: Account
) -> None:
    browser, elsewhere = _browser(site), _browser(site)

    answer = send(browser, "/account/close", password=PASSWORD)

    assert (answer.status_code, answer.headers["location"]) == (303, "/account/closed?done=gone")
    assert not browser.cookies.get("session")
    assert not browser.cookies.get("device")
    for each in (browser, elsewhere):
        assert each.get("/account").headers["location"].startswith("/sign-in")
    assert sign_in(site.browser(), "thu", PASSWORD).status_code == 401
    assert "is closed" in site.browser().get("/account/closed?done=gone&lang=en").text


def test_a_wrong_password_closes_nothing_and_is_counted(
    site: Site, database: Database, thu: Account
) -> None:
    browser = _browser(site)

    answers = [send(browser, "/account/close", password=OTHER_PASSWORD) for _ in range(100)]
    refused = send(browser, "/account/close", password=PASSWORD)

    assert answers[0].status_code == 422
    assert 'role="alert"' in answers[0].text
    assert OTHER_PASSWORD not in answers[0].text
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert not _is_closed(database, thu.id)


def test_an_old_sign_in_without_a_password_is_led_to_a_new_one(
    site: Site, database: Database
) -> None:
    account = make_account(database, "orcid:x")
    browser = _with_session(site, account)
    _grow_old(database)

    answer = send(browser, "/account/close")

    assert answer.status_code == 403
    assert "/sign-in?next=%2Faccount%2Fclose" in answer.text
    assert not _is_closed(database, account.id)


def test_the_last_administrator_is_told_why_not(site: Site, database: Database) -> None:
    account = make_account(database, "last", Role.ADMINISTRATOR)

    answer = send(_with_session(site, account), "/account/close?lang=en")

    assert answer.status_code == 422
    assert "last administrator" in answer.text
    assert not _is_closed(database, account.id)


def test_without_sign_in_or_with_a_form_of_elsewhere_nothing_is_closed(
    site: Site, database: Database, thu: Account
) -> None:
    browser = _browser(site)

    foreign = browser.post("/account/close", data={"password": PASSWORD})
    nobody = send(site.browser(), "/account/close", password=PASSWORD)

    assert foreign.status_code == 403
    assert nobody.headers["location"].startswith("/sign-in")
    assert not _is_closed(database, thu.id)


# JSON


def test_an_account_is_closed_over_json(site: Site, database: Database, thu: Account) -> None:
    browser = _browser(site)

    wrong = browser.post(API, json={"password": OTHER_PASSWORD})
    done = browser.post(API, json={"password": PASSWORD})

    assert wrong.status_code == 401
    assert (done.status_code, done.json()) == (200, {"is_anonymised": True})
    assert browser.get("/api/v1/account").status_code == 401
    assert _is_closed(database, thu.id)


def test_guesses_over_json_are_counted_too(site: Site, database: Database, thu: Account) -> None:
    browser = _browser(site)

    codes = [browser.post(API, json={"password": "x"}).status_code for _ in range(100)]

    assert codes[0] == 401
    assert codes[-1] == 429
    assert browser.post(API, json={"password": PASSWORD}).status_code == 429
    assert not _is_closed(database, thu.id)


def test_no_token_closes_an_account(site: Site, database: Database) -> None:
    account = make_account(database, "steward", Role.STEWARD)
    browser = _with_session(site, account)
    body = {"name": "x", "scopes": ["expert:search"], "days": 3}
    token = browser.post("/api/v1/account/tokens", json=body).json()["token"]
    program = site.browser()
    program.headers["Authorization"] = f"Bearer {token}"

    answer = program.post(API, json={"password": ""})

    assert answer.status_code == 403
    assert not _is_closed(database, account.id)


# Through a provider


def test_an_identity_of_a_closed_account_makes_a_new_one(
    site: Site, database: Database, orcid: StandInProvider
) -> None:
    browser = site.browser()
    first = _through(browser, orcid)
    assert send(browser, "/account/close").status_code == 303

    second = _through(site.browser(), orcid)

    assert first != second
    with database.session() as session:
        old = session.get_one(Account, UUID(first))
        new = repository.find_by_login(session, f"orcid:{ORCID}")
        assert ORCID not in f"{old.login} {old.display_name}"
        assert new is not None
        assert str(new.id) == second


# Ending a claim


def test_a_steward_ends_a_claim_on_its_page_and_the_person_reads_why(
    site: Site, database: Database
) -> None:
    account, claim_id = claim(database, make_lead(database))
    steward = _with_session(site, make_account(database, "steward", Role.STEWARD))
    page = f"/desk/claims/{claim_id}"

    offered = steward.get(f"{page}?lang=en").text
    without = send(steward, page, decision="end", reason=" ")
    done = send(steward, page, decision="end", reason="uses another account")

    assert 'value="end"' in offered
    assert "undoes nothing" in offered
    assert without.status_code == 422
    assert done.status_code == 303
    assert state_of(database, claim_id) == "ended"
    assert "uses another account" in _with_session(site, account).get("/claim").text
    assert str(claim_id) in steward.get("/desk/claims?show=ended").text
    assert str(claim_id) not in steward.get("/desk/claims?show=held").text
    again = steward.get(page).text
    assert ('value="end"' in again, 'value="revert"' in again) == (False, True)


def test_a_claim_is_ended_and_listed_over_json(site: Site, database: Database) -> None:
    _, claim_id = claim(database, make_lead(database))
    steward = _with_session(site, make_account(database, "steward", Role.STEWARD))
    address = f"/api/v1/claims/{claim_id}"
    body = {"decision": "end", "reason": "uses another account"}

    before = steward.get(address).json()["decisions"]
    done = steward.post(f"{address}/decision", json=body)
    listed = steward.get("/api/v1/claims", params={"state": "ended"}).json()

    assert before == ["end", "revert"]
    assert (done.status_code, done.json()["state"]) == (200, "ended")
    assert done.json()["decisions"] == ["revert"]
    assert [each["id"] for each in listed] == [str(claim_id)]


def test_an_account_without_a_name_is_called_a_closed_one(site: Site, database: Database) -> None:
    account, claim_id = claim(database, make_lead(database))
    assert send(_with_session(site, account), "/account/close").status_code == 303
    steward = _with_session(site, make_account(database, "steward", Role.STEWARD))
    admin = _with_session(site, make_account(database, "admin", Role.ADMINISTRATOR))

    pages = [
        steward.get("/desk/claims?show=ended&lang=en"),
        steward.get(f"/desk/claims/{claim_id}?lang=en"),
        admin.get(f"/admin/accounts/{account.id}?lang=en"),
    ]

    for page in pages:
        assert page.status_code == 200
        assert re.search(r"closed account", page.text)
        assert "Holder" not in page.text
