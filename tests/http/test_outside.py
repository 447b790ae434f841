"""Signing in through providers, end to end against stand-ins, and who is not believed."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access import accounts, links, repository
from registry.access.models import Account, ExternalLogin, OutsideFlow
from registry.access.policy import Actor, Role
from registry.access.roles import Grant
from registry.config import Settings
from registry.db import Database
from tests.http.sites import Site, make_site, send, sign_in
from tests.oidc_provider import ORCID, StandInProvider
from tests.signing_in import PASSWORD, make_member

ADMIN = Actor("admin", frozenset({Role.ADMINISTRATOR}))
LINK_TO = 'class="button" href="'


@pytest.fixture
def ministry() -> StandInProvider:
    return StandInProvider(now=datetime.now(UTC))


@pytest.fixture
def orcid() -> StandInProvider:
    made = StandInProvider.orcid()
    made.now = datetime.now(UTC)
    return made


@pytest.fixture
def site(
    settings: Settings, database: Database, ministry: StandInProvider, orcid: StandInProvider
) -> Site:
    return make_site(settings, database, ministry, orcid)


@pytest.fixture
def thu(database: Database) -> Account:
    with database.session() as session:
        return make_member(session)


def _out(browser: TestClient, standin: StandInProvider, **query: str) -> str:
    """Go out to the provider, agree there, and get the address to come back to."""
    answer = browser.get(f"/sign-in/with/{standin.name}", params=query)
    assert answer.status_code == 303, answer.text[:300]
    return standin.sign_in_at(answer.headers["location"])


def _through(browser: TestClient, standin: StandInProvider, **query: str) -> Any:
    return browser.get(_out(browser, standin, **query))


def _link_from_page(browser: TestClient, standin: StandInProvider, path: str) -> str:
    """Agree at a provider that a form has led to."""
    page = send(browser, path)
    assert page.status_code == 200, page.text[:300]
    address = page.text.split(LINK_TO)[1].split('"')[0].replace("&amp;", "&")
    return standin.sign_in_at(address)


def _failed(answer: Any) -> str:
    assert answer.status_code == 303
    found = parse_qs(urlsplit(answer.headers["location"]).query).get("failed", [""])
    return found[0]


def _is_signed_in(browser: TestClient) -> bool:
    return browser.get("/account").status_code == 200


def _know(database: Database, account: Account, standin: StandInProvider) -> None:
    with database.session() as session:
        session.add(
            ExternalLogin(
                provider=standin.name,
                subject=str(standin.user["sub"]),
                account_id=account.id,
                linked_at=datetime.now(UTC),
            )
        )


def _identities(session: Session, account: Account) -> list[tuple[str, str]]:
    return [(i.provider, i.subject) for i in repository.list_identities(session, account.id)]


# Who gets in


def test_a_known_identity_signs_in_to_its_account(
    site: Site, database: Database, thu: Account, ministry: StandInProvider
) -> None:
    _know(database, thu, ministry)
    browser = site.browser()

    answer = _through(browser, ministry, next="/roles")

    assert answer.headers["location"] == "/roles"
    assert "Lê Thị Thử" in browser.get("/account").text


def test_the_language_is_kept_over_the_way_out_and_back(
    site: Site, ministry: StandInProvider
) -> None:
    browser = site.browser()

    answer = _through(browser, ministry, lang="en")

    assert answer.headers["location"] == "/sign-in?failed=unknown&lang=en"
    assert "Ask an administrator for an invitation" in browser.get(answer.headers["location"]).text


def test_a_ministry_makes_no_accounts(
    site: Site, database: Database, ministry: StandInProvider
) -> None:
    browser = site.browser()

    answer = _through(browser, ministry)

    assert _failed(answer) == "unknown"
    assert not _is_signed_in(browser)
    with database.session() as session:
        assert session.scalars(select(Account)).all() == []


def test_orcid_makes_an_account_without_roles_once(
    site: Site, database: Database, orcid: StandInProvider
) -> None:
    first, second = site.browser(), site.browser()

    answers = [_through(first, orcid), _through(second, orcid)]

    assert [answer.headers["location"] for answer in answers] == ["/account", "/account"]
    me = first.get("/api/v1/account").json()
    assert (me["login"], me["display_name"], me["roles"]) == (f"orcid:{ORCID}", "Thử Lê", [])
    assert me["id"] == second.get("/api/v1/account").json()["id"]
    assert me["permissions"] == ["account:own"]


def test_orcid_without_a_public_name_is_called_by_the_id(
    site: Site, orcid: StandInProvider
) -> None:
    orcid.token_reply["name"] = None
    browser = site.browser()

    _through(browser, orcid)

    assert browser.get("/api/v1/account").json()["display_name"] == ORCID


def test_whose_account_an_administrator_closed_comes_again_with_a_new_one(
    site: Site, database: Database, orcid: StandInProvider
) -> None:
    before = site.browser()
    _through(before, orcid)
    with database.session() as session:
        account = repository.find_by_login(session, f"orcid:{ORCID}")
        assert account is not None
        accounts.close_account(session, ADMIN, account.id, datetime.now(UTC))

    again = site.browser()

    assert _through(again, orcid).status_code == 303

    assert not _is_signed_in(before)
    assert again.get("/api/v1/account").json()["id"] != str(account.id)


def test_a_join_link_can_be_completed_at_a_provider(
    site: Site, database: Database, ministry: StandInProvider
) -> None:
    with database.session() as session:
        grants = [Grant(Role.STEWARD)]
        now = datetime.now(UTC)
        account, token = accounts.invite(session, ADMIN, "an.tran", "Trần An", grants, now)
    browser = site.browser()
    back = _link_from_page(browser, ministry, f"/l/{token}/with/ministry")
    assert site.browser().get(f"/l/{token}").status_code == 200

    answer = browser.get(back)

    assert answer.headers["location"] == "/"
    assert browser.get("/api/v1/account").json()["id"] == str(account.id)
    assert site.browser().get(f"/l/{token}").status_code == 410
    assert _through(site.browser(), ministry).headers["location"] == "/"


def test_a_join_link_that_was_used_meanwhile_links_nothing(
    site: Site, database: Database, ministry: StandInProvider
) -> None:
    with database.session() as session:
        now = datetime.now(UTC)
        account, token = accounts.invite(session, ADMIN, "an.tran", "Trần An", [], now)
    browser = site.browser()
    back = _link_from_page(browser, ministry, f"/l/{token}/with/ministry")
    with database.session() as session:
        links.use_link(session, token, datetime.now(UTC))

    answer = browser.get(back)

    assert _failed(answer) == "link"
    with database.session() as session:
        assert _identities(session, account) == []


def test_a_password_link_is_not_completed_at_a_provider(
    site: Site, database: Database, thu: Account
) -> None:
    with database.session() as session:
        token = accounts.make_password_link(session, ADMIN, thu.id, datetime.now(UTC))

    assert send(site.browser(), f"/l/{token}/with/ministry").status_code == 410


# Linking


def test_somebody_links_and_unlinks_a_provider_on_his_page(
    site: Site, database: Database, thu: Account, ministry: StandInProvider
) -> None:
    browser = site.browser()
    sign_in(browser, "thu", PASSWORD)

    answer = browser.get(_link_from_page(browser, ministry, "/account/providers/ministry/link"))

    assert answer.headers["location"] == "/account?done=linked"
    with database.session() as session:
        assert _identities(session, thu) == [("ministry", "staff-17")]
    assert _through(site.browser(), ministry).headers["location"] == "/account"
    send(browser, "/account/providers/ministry/unlink")
    with database.session() as session:
        assert _identities(session, thu) == []
    assert _failed(_through(site.browser(), ministry)) == "unknown"


def test_the_last_way_to_sign_in_is_not_unlinked(
    site: Site, database: Database, orcid: StandInProvider
) -> None:
    browser = site.browser()
    _through(browser, orcid)

    refused = send(browser, "/account/providers/orcid/unlink")

    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    assert _through(site.browser(), orcid).headers["location"] == "/account"


def test_an_identity_of_another_account_is_not_taken(
    site: Site, database: Database, thu: Account, ministry: StandInProvider
) -> None:
    with database.session() as session:
        other = make_member(session, "other")
    _know(database, other, ministry)
    browser = site.browser()
    sign_in(browser, "thu", PASSWORD)

    answer = browser.get(_link_from_page(browser, ministry, "/account/providers/ministry/link"))

    assert _failed(answer) == "taken"
    shown = browser.get(answer.headers["location"]).headers["location"]
    assert 'role="alert"' in browser.get(shown).text
    with database.session() as session:
        assert _identities(session, thu) == []


def test_an_identity_is_linked_only_while_the_same_account_is_signed_in(
    site: Site, database: Database, thu: Account, ministry: StandInProvider
) -> None:
    with database.session() as session:
        make_member(session, "other")
    browser = site.browser()
    sign_in(browser, "thu", PASSWORD)
    back = _link_from_page(browser, ministry, "/account/providers/ministry/link")
    sign_in(browser, "other", PASSWORD)

    answer = browser.get(back)

    assert _failed(answer) == "again"
    with database.session() as session:
        assert _identities(session, thu) == []


# Who is not believed


def test_a_state_is_good_once(
    site: Site, database: Database, thu: Account, ministry: StandInProvider
) -> None:
    _know(database, thu, ministry)
    browser = site.browser()
    back = _out(browser, ministry)
    browser.get(back)
    send(browser, "/sign-out")

    assert _failed(browser.get(back)) == "again"
    assert not _is_signed_in(browser)


def test_a_state_is_used_up_even_by_a_failure(
    site: Site, database: Database, thu: Account, ministry: StandInProvider
) -> None:
    _know(database, thu, ministry)
    browser = site.browser()
    back = _out(browser, ministry)
    state = parse_qs(urlsplit(back).query)["state"][0]
    path = "/sign-in/back/ministry"

    assert _failed(browser.get(path, params={"state": state, "error": "x"})) == "failed"
    assert _failed(browser.get(back)) == "again"


def test_another_browser_cannot_come_back_with_a_flow(
    site: Site, database: Database, thu: Account, ministry: StandInProvider
) -> None:
    _know(database, thu, ministry)
    attacker, victim, own = site.browser(), site.browser(), site.browser()
    _out(own, ministry)

    assert _failed(victim.get(_out(attacker, ministry))) == "again"
    assert _failed(own.get(_out(attacker, ministry))) == "again"
    assert not _is_signed_in(victim)


def test_two_sign_ins_at_once_in_one_browser_both_come_back(
    site: Site, database: Database, thu: Account, ministry: StandInProvider
) -> None:
    _know(database, thu, ministry)
    browser = site.browser()
    first, second = _out(browser, ministry), _out(browser, ministry)

    answers = [browser.get(second), browser.get(first)]

    assert [answer.headers["location"] for answer in answers] == ["/account", "/account"]


def test_a_flow_comes_back_from_the_provider_that_it_went_out_to(
    site: Site,
    database: Database,
    thu: Account,
    ministry: StandInProvider,
    orcid: StandInProvider,
) -> None:
    _know(database, thu, ministry)
    browser = site.browser()
    back = _out(browser, ministry)
    mixed_up = back.replace("/back/ministry", "/back/orcid")

    assert _failed(browser.get(mixed_up)) == "failed"
    assert orcid.asked == []
    assert "/token" not in ministry.asked
    assert not _is_signed_in(browser)


@pytest.mark.parametrize(
    ("issuer", "failed"), [("https://sso.ministry.example", ""), ("https://evil.example", "failed")]
)
def test_an_issuer_that_is_named_must_be_the_right_one(
    site: Site,
    database: Database,
    thu: Account,
    ministry: StandInProvider,
    issuer: str,
    failed: str,
) -> None:
    _know(database, thu, ministry)
    browser = site.browser()
    back = _out(browser, ministry) + "&" + urlencode({"iss": issuer})

    assert _failed(browser.get(back)) == failed


def test_a_flow_comes_back_within_ten_minutes(
    site: Site, database: Database, thu: Account, ministry: StandInProvider
) -> None:
    _know(database, thu, ministry)
    browser = site.browser()
    back = _out(browser, ministry)
    with database.session() as session:
        flow = session.scalars(select(OutsideFlow)).one()
        left = flow.expires_at - datetime.now(UTC)
        session.execute(update(OutsideFlow).values(expires_at=datetime.now(UTC)))

    assert timedelta(minutes=9) < left <= timedelta(minutes=10)
    assert _failed(browser.get(back)) == "again"


@pytest.mark.parametrize(
    ("error", "failed"), [("access_denied", "cancelled"), ("<script>", "failed"), ("", "failed")]
)
def test_what_a_provider_says_is_not_repeated(
    site: Site, ministry: StandInProvider, error: str, failed: str
) -> None:
    browser = site.browser()
    state = parse_qs(urlsplit(_out(browser, ministry)).query)["state"][0]
    query = {"state": state, "error": error, "error_description": "Ignore all <b>rules</b>"}

    answer = browser.get("/sign-in/back/ministry", params=query)

    assert _failed(answer) == failed
    page = browser.get(answer.headers["location"]).text
    assert 'role="alert"' in page
    assert "rules" not in page
    assert "<script" not in page


@pytest.mark.parametrize("query", [{}, {"state": ""}, {"state": "x"}, {"state": "x", "code": "y"}])
def test_a_return_that_nobody_began_is_refused(site: Site, query: dict[str, str]) -> None:
    assert _failed(site.browser().get("/sign-in/back/ministry", params=query)) == "again"


def test_a_return_without_a_code_asks_nobody(site: Site, ministry: StandInProvider) -> None:
    browser = site.browser()
    state = parse_qs(urlsplit(_out(browser, ministry)).query)["state"][0]

    answer = browser.get("/sign-in/back/ministry", params={"state": state})

    assert _failed(answer) == "failed"
    assert "/token" not in ministry.asked


def test_a_provider_that_does_not_answer_is_told(site: Site, ministry: StandInProvider) -> None:
    ministry.discovery["issuer"] = "https://other.example"

    answer = site.browser().get("/sign-in/with/ministry?next=/roles")

    assert answer.headers["location"] == "/sign-in?failed=failed&next=%2Froles"


def test_unknown_providers_are_no_pages(site: Site) -> None:
    for path in ("/sign-in/with/none", "/sign-in/back/none?state=x"):
        assert site.browser().get(path).status_code == 404


@pytest.mark.parametrize("next_path", ["//evil.example", "/\\evil.example", "https:evil.example"])
def test_nobody_is_sent_out_of_this_service_on_the_way_back(
    site: Site, database: Database, thu: Account, ministry: StandInProvider, next_path: str
) -> None:
    _know(database, thu, ministry)

    assert _through(site.browser(), ministry, next=next_path).headers["location"] == "/account"


def test_nothing_of_a_sign_in_reaches_a_log(
    site: Site,
    database: Database,
    thu: Account,
    ministry: StandInProvider,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    _know(database, thu, ministry)
    browser = site.browser()
    back = _out(browser, ministry)
    browser.get(back)
    browser.get(back)

    # "httpx2" is the test's own browser.
    said = " ".join(r.getMessage() for r in caplog.records if r.name != "httpx2")
    query = parse_qs(urlsplit(back).query)
    assert "https://sso.ministry.example/token" in said
    secrets = [query["code"][0], query["state"][0], ministry.client_secret]
    for secret in [*secrets, *browser.cookies.values(), "thu@ministry.example"]:
        assert secret not in said


def test_what_is_kept_of_a_flow_gives_it_to_nobody(
    site: Site, database: Database, ministry: StandInProvider
) -> None:
    browser = site.browser()
    back = _out(browser, ministry)
    state = parse_qs(urlsplit(back).query)["state"][0]

    with database.session() as session:
        flow = session.scalars(select(OutsideFlow)).one()

    assert state not in str(flow.model_dump())
    assert browser.cookies["outside"].partition(".")[2] not in str(flow.model_dump())


def test_flows_that_never_came_back_are_swept(
    site: Site, database: Database, ministry: StandInProvider
) -> None:
    _out(site.browser(), ministry)
    with database.session() as session:
        session.execute(update(OutsideFlow).values(expires_at=datetime.now(UTC)))

    _out(site.browser(), ministry)

    with database.session() as session:
        assert len(session.scalars(select(col(OutsideFlow.state_hash))).all()) == 1
