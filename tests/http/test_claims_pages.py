"""Pages and JSON of claims, delegates, states, previews and looks, through the real application."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from matching.engine import Engine
from registry.access import claim_decisions, claims
from registry.access.models import Account, Claim
from registry.access.policy import Role
from registry.app import create_app
from registry.config import Settings
from registry.db import Database
from registry.experts.models import Disclosure, Expert
from tests.accounts import make_account, make_body, sign_in
from tests.claims import STEWARD, claim, link_orcid, make_lead, state_of, with_orcid
from tests.factories import NOW, work

Open = Callable[[Account | None], TestClient]
UNKNOWN = "00000000-0000-7000-8000-000000000000"
PASSWORD = "ngựa trắng qua sông 7"


@pytest.fixture
def open_site(settings: Settings, database: Database) -> Open:
    """Browsers of the application over this test's own database."""
    app = create_app(settings, database, cast(Engine, object()))

    def browse(account: Account | None) -> TestClient:
        client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)
        return client if account is None else sign_in(client, database, account)

    return browse


def _get(client: TestClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.text[:800]
    return cast(str, answer.text)


def _post(client: TestClient, address: str, page: str | None = None, **fields: Any) -> Any:
    """Send a form as the page of the same address holds it."""
    text = client.get(page or address).text
    token = re.search(r'name="csrf" value="([^"]*)"', text)
    assert token is not None, text[:800]
    version = re.search(r'name="version" value="([^"]*)"', text)
    hidden = {"csrf": token[1]} | ({"version": version[1]} if version is not None else {})
    return client.post(address, data={**hidden, **fields})


def _invite(database: Database, expert_id: UUID) -> str:
    with database.session() as session:
        return claims.invite(session, STEWARD, expert_id, "by letter", datetime.now(UTC))


def _steward(database: Database, login: str = "steward") -> Account:
    return make_account(database, login, Role.STEWARD)


# Claiming.


def test_the_ways_are_told_to_everybody_in_both_languages(open_site: Open) -> None:
    visitor = open_site(None)

    vietnamese, english = _get(visitor, "/claim"), _get(visitor, "/claim?lang=en")

    assert "Claim your profile" in english
    assert "/sign-in?next=%2Fclaim" in english
    assert "<form" not in vietnamese.split("<main", 1)[1].split("</main>", 1)[0]


def test_a_link_shows_a_visitor_nothing_of_the_person(open_site: Open, database: Database) -> None:
    token = _invite(database, make_lead(database))

    answer = open_site(None).get(f"/claim/{token}")

    assert answer.status_code == 200
    assert "Khóa" not in answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_a_link_shows_name_and_organisation_and_nothing_is_ticked(
    open_site: Open, database: Database
) -> None:
    token = _invite(database, make_lead(database, "1", work("Một công trình")))
    client = open_site(make_account(database, "khoa"))

    page = _get(client, f"/claim/{token}?lang=en")

    assert "Trần Thị Khóa 1" in page
    assert "Viện 1" in page
    assert "Một công trình" not in page
    assert page.count('name="agreed"') == 6
    assert " checked" not in page


def test_a_claim_by_link_ends_on_ones_own_status(open_site: Open, database: Database) -> None:
    expert_id = make_lead(database)
    token = _invite(database, expert_id)
    client = open_site(make_account(database, "khoa"))

    answer = _post(client, f"/claim/{token}", agreed=["registry", "matching"])

    assert answer.status_code == 303
    assert answer.headers["location"] == "/me/status?done=claimed"
    assert "is yours now" in _get(client, "/me/status?done=claimed&lang=en")


def test_without_the_needed_consent_the_form_comes_again_with_what_was_ticked(
    open_site: Open, database: Database
) -> None:
    token = _invite(database, make_lead(database))
    client = open_site(make_account(database, "khoa"))

    answer = _post(client, f"/claim/{token}?lang=en", agreed=["matching"])

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert re.search(r'value="matching" checked', answer.text)
    assert not re.search(r'value="registry" checked', answer.text)


@pytest.mark.parametrize("token", ["nothing", "a.b.c", "%F0%9F%8E%83"])
def test_a_wrong_link_is_a_page_that_says_so(open_site: Open, token: str) -> None:
    page = _get(open_site(None), f"/claim/{token}?lang=en", 410)

    assert "used before, has expired" in page


def test_a_used_link_is_gone_for_everybody(open_site: Open, database: Database) -> None:
    token = _invite(database, make_lead(database))
    first, second = (open_site(make_account(database, name)) for name in ("first", "second"))
    _post(first, f"/claim/{token}", agreed=["registry"])

    assert second.get(f"/claim/{token}").status_code == 410


def test_a_form_of_another_session_claims_nothing(open_site: Open, database: Database) -> None:
    expert_id = make_lead(database)
    token = _invite(database, expert_id)
    client = open_site(make_account(database, "khoa"))

    answer = client.post(f"/claim/{token}", data={"csrf": "x", "agreed": ["registry"]})

    assert answer.status_code == 403
    with database.session() as session:
        assert session.get_one(Expert, expert_id).life == "invited"


def test_somebody_without_an_account_makes_one_and_claims(
    open_site: Open, database: Database
) -> None:
    expert_id = make_lead(database)
    token = _invite(database, expert_id)
    client = open_site(None)
    chosen = {
        "login": "khoa.tran",
        "display_name": "Trần Thị Khóa",
        "password": PASSWORD,
        "again": PASSWORD,
    }

    made = client.post(f"/claim/{token}/account", data=chosen)
    again = open_site(None).post(f"/claim/{token}/account", data={**chosen, "login": "other.one"})
    claimed = _post(client, f"/claim/{token}", agreed=["registry"])

    assert (made.status_code, made.headers["location"]) == (303, f"/claim/{token}")
    assert again.status_code == 422
    assert claimed.headers["location"] == "/me/status?done=claimed"


def test_a_weak_password_makes_no_account_and_loses_no_typed_name(
    open_site: Open, database: Database
) -> None:
    token = _invite(database, make_lead(database))
    client = open_site(None)
    chosen = {"login": "khoa.tran", "display_name": "Khóa", "password": "short", "again": "short"}

    answer = client.post(f"/claim/{token}/account", data=chosen)

    assert answer.status_code == 422
    assert 'value="khoa.tran"' in answer.text
    assert "short" not in answer.text
    assert (
        client.post(
            f"/claim/{token}/account", data={**chosen, "password": PASSWORD, "again": PASSWORD}
        ).status_code
        == 303
    )


def test_an_invitation_is_no_way_to_learn_who_has_an_account(
    open_site: Open, database: Database
) -> None:
    token = _invite(database, make_lead(database))
    make_account(database, "taken.one")
    client = open_site(None)
    chosen = {"display_name": "Khóa", "password": PASSWORD, "again": PASSWORD}
    weak = {**chosen, "password": "x", "again": "x"}

    def ask(login: str, typed: dict[str, str] = chosen) -> tuple[int, str]:
        answer = client.post(f"/claim/{token}/account?lang=en", data={**typed, "login": login})
        return answer.status_code, answer.text

    cheap = ask("taken.one", weak)[1] == ask("free.one", weak)[1].replace("free.one", "taken.one")
    asked = [ask("taken.one") for _ in range(11)]
    last = ask("free.one")

    assert cheap
    assert {status for status, _ in asked} == {422}
    assert "too many" not in asked[9][1].lower()
    assert "too many" in asked[10][1].lower()
    assert "too many" in last[1].lower()


def test_an_orcid_is_claimed_by_one_form(open_site: Open, database: Database) -> None:
    make_lead(database, "1", with_orcid())
    account = make_account(database, "orcid")
    link_orcid(database, account)
    client = open_site(account)

    answer = _post(client, "/claim", way="orcid", agreed=["registry"])

    assert answer.headers["location"] == "/me/status?done=claimed"


def test_a_claim_in_words_keeps_what_was_typed_and_answers_alike_for_all(
    open_site: Open, database: Database
) -> None:
    hidden = make_lead(database)
    accounts = [make_account(database, name) for name in ("one", "two")]
    typed = {"way": "words", "said": "ask the dean", "agreed": ["registry"]}

    refused = _post(open_site(accounts[0]), "/claim", sought="", **typed)
    answers = [
        _post(open_site(account), "/claim", sought=f"/experts/{sought}", **typed)
        for account, sought in zip(accounts, (hidden, UNKNOWN), strict=True)
    ]
    pages = [_get(open_site(account), "/claim?lang=en") for account in accounts]

    assert refused.status_code == 422
    assert "ask the dean" in refused.text
    assert {a.headers["location"] for a in answers} == {"/claim?done=waiting"}
    without_token = [re.sub(r'value="[0-9a-f]{64}"', "", page) for page in pages]
    assert without_token[0].replace(">One<", "") == without_token[1].replace(">Two<", "")


def test_pages_for_people_who_are_signed_in_ask_for_that(open_site: Open) -> None:
    visitor = open_site(None)

    for address in ("/me/status", "/me/seen", "/me/lookers", "/me/delegates", "/desk/claims"):
        assert visitor.get(address).headers["location"].startswith("/sign-in?next="), address


# Contests and decisions.


def test_a_claim_is_contested_decided_and_taken_back_on_pages(
    open_site: Open, database: Database
) -> None:
    expert_id = make_lead(database)
    holder, claim_id = claim(database, expert_id, agreed=("registry", "publication"))
    other, steward = make_account(database, "other"), _steward(database)
    page = f"/experts/{expert_id}/contest"

    contested = _post(open_site(other), page, said="He is my student.")
    queue = _get(open_site(steward), "/desk/claims?lang=en")
    file = _get(open_site(steward), f"/desk/claims/{claim_id}?lang=en")
    status = _get(open_site(holder), "/me/status?lang=en")
    decided = _post(
        open_site(steward), f"/desk/claims/{claim_id}", decision="revert", reason="He is right."
    )

    assert contested.headers["location"].endswith("/contest?done=yes")
    assert "Trần Thị Khóa 1" in queue
    assert "He is my student." in file
    assert "He is my student." not in status
    assert "is not yours" in status
    assert decided.status_code == 303
    assert state_of(database, claim_id) == "reverted"
    assert open_site(holder).get("/me/status").status_code == 403


def test_who_cannot_see_a_profile_cannot_tell_it_from_none_by_contesting(
    open_site: Open, database: Database
) -> None:
    expert_id = make_lead(database)
    claim(database, expert_id)
    client = open_site(make_account(database, "other"))

    hidden, unknown = (client.get(f"/experts/{e}/contest") for e in (expert_id, UNKNOWN))

    assert hidden.status_code == unknown.status_code == 404
    assert hidden.text.replace(str(expert_id), "") == unknown.text.replace(UNKNOWN, "")


def test_a_decision_without_a_reason_comes_again_with_what_was_typed(
    open_site: Open, database: Database
) -> None:
    account = make_account(database, "khoa")
    client = open_site(account)
    _post(client, "/claim", way="words", sought="me", said="why", agreed=["registry"])
    steward = open_site(_steward(database))
    claim_id = re.findall(r"/desk/claims/([0-9a-f-]{36})", _get(steward, "/desk/claims"))[0]
    address = f"/desk/claims/{claim_id}"

    empty = _post(steward, address, decision="refuse", reason="")
    nowhere = _post(steward, address, decision="grant", reason="called him", profile="nobody")
    done = _post(steward, address, decision="refuse", reason="unknown")
    fields = {"csrf": _csrf(steward), "decision": "refuse", "reason": "again"}
    stale = steward.post(address, data=fields)

    assert empty.status_code == nowhere.status_code == 422
    assert "called him" in nowhere.text
    assert 'value="nobody"' in nowhere.text
    assert done.status_code == 303
    assert stale.status_code == 412
    assert "unknown" in _get(client, "/claim")


def _csrf(client: TestClient) -> str:
    found = re.search(r'name="csrf" value="([^"]*)"', client.get("/account").text)
    assert found is not None
    return found[1]


def test_only_stewards_come_to_the_desk(open_site: Open, database: Database) -> None:
    expert_id = make_lead(database)
    _, claim_id = claim(database, expert_id)
    recruiter = open_site(make_account(database, "recruiter", Role.RECRUITER, body="most"))

    for address in (
        "/desk/claims",
        f"/desk/claims/{claim_id}",
        f"/desk/experts/{expert_id}/life",
        f"/desk/experts/{UNKNOWN}/life",
    ):
        assert recruiter.get(address).status_code == 403, address


# The life of a profile.


def test_an_invitation_is_shown_once_and_works(open_site: Open, database: Database) -> None:
    expert_id = make_lead(database)
    steward = open_site(_steward(database))
    address = f"/desk/experts/{expert_id}/life"

    made = _post(steward, address, act="invite", sent_to="khoa@vidu.example")
    shown = re.search(r"http://127\.0\.0\.1:8000(/claim/[^<\s]+)", made.text)

    assert made.status_code == 200
    assert shown is not None
    assert "/claim/" not in _get(steward, address)
    assert "khoa@vidu.example" not in _get(steward, address)
    assert open_site(make_account(database, "khoa")).get(shown[1]).status_code == 200


def test_a_person_pauses_and_takes_up_his_profile_on_his_page(
    open_site: Open, database: Database
) -> None:
    expert_id = make_lead(database)
    holder, _ = claim(database, expert_id)
    client = open_site(holder)

    before = _get(client, "/me/status?lang=en")
    paused = _post(client, "/me/status", life="paused")
    during = _get(client, "/me/status?lang=en")
    _post(client, "/me/status", life="claimed")

    assert "Pause the profile" in before
    assert paused.headers["location"] == "/me/status?done=moved"
    assert "nobody finds it" in during
    assert "End the pause" in during
    with database.session() as session:
        assert session.get_one(Expert, expert_id).life == "claimed"


@pytest.mark.parametrize("life", ["verified", "merged", "nonsense", ""])
def test_a_move_that_is_not_offered_is_refused_on_the_page(
    open_site: Open, database: Database, life: str
) -> None:
    holder, _ = claim(database, make_lead(database))

    answer = _post(open_site(holder), "/me/status", life=life)

    assert answer.status_code in {403, 422}
    assert 'role="alert"' in answer.text


def test_a_steward_moves_a_profile_with_a_reason(open_site: Open, database: Database) -> None:
    expert_id = make_lead(database)
    claim(database, expert_id)
    steward = open_site(_steward(database))
    address = f"/desk/experts/{expert_id}/life"

    without = _post(steward, address, life="paused", reason=" ")
    moved = _post(steward, address, life="paused", reason="He telephoned.")

    assert without.status_code == 422
    assert moved.status_code == 303
    assert steward.get(address).status_code == 200


# Delegates.


def test_a_delegate_is_named_sees_what_he_keeps_and_gives_it_up(
    open_site: Open, database: Database
) -> None:
    holder, _ = claim(database, make_lead(database))
    delegate = make_account(database, "delegate")
    client = open_site(holder)

    named = _post(client, "/me/delegates", login="delegate", sections=["work"], days=30)
    page = _get(client, "/me/delegates?lang=en")
    his = open_site(delegate)
    kept = _get(his, "/me/delegates?lang=en")
    delegation = re.search(r"/me/delegates/([0-9a-f-]{36})/end", kept)
    assert delegation is not None
    ended = _post(his, f"/me/delegates/{delegation[1]}/end", "/me/delegates", mine="yes")

    assert named.headers["location"] == "/me/delegates?done=named"
    assert "Delegate" in page
    assert "Trần Thị Khóa 1" in kept
    assert "Name a delegate" not in kept
    assert ended.headers["location"] == "/account"
    assert his.get("/me/delegates").status_code == 403


def test_an_unknown_delegate_is_told_beside_the_form_that_keeps_its_ticks(
    open_site: Open, database: Database
) -> None:
    holder, _ = claim(database, make_lead(database))

    answer = _post(
        open_site(holder), "/me/delegates?lang=en", login="nobody", sections=["work"], days=365
    )

    assert answer.status_code == 422
    assert "No account has this name" in answer.text
    assert re.search(r'value="work" checked', answer.text)
    assert re.search(r'value="365" selected', answer.text)


def test_a_delegate_without_an_account_gets_a_link(open_site: Open, database: Database) -> None:
    holder, _ = claim(database, make_lead(database))

    answer = _post(
        open_site(holder),
        "/me/delegates",
        login="thu.ky",
        display_name="Lê Thư Ký",
        sections=["work"],
        days=30,
    )
    shown = re.search(r"http://127\.0\.0\.1:8000(/l/[^<\s]+)", answer.text)

    assert shown is not None
    assert open_site(None).get(shown[1]).status_code == 200


# How am I seen, who looked.


def test_a_person_sees_himself_as_others_do(open_site: Open, database: Database) -> None:
    make_body(database, "most")
    expert_id = make_lead(database, "1", work("Một công trình"))
    holder, _ = claim(database, expert_id, agreed=("registry", "matching"))
    client = open_site(holder)

    recruiter = _get(client, "/me/seen?as=recruiter&body=most&lang=en")
    public = _get(client, "/me/seen?as=public&lang=en")
    unchosen = _get(client, "/me/seen?as=recruiter&lang=en")
    nonsense = _get(client, "/me/seen?as=nonsense&body=%3Cscript%3E&section=x")

    assert "Một công trình" in recruiter
    assert "finds you in searches" in recruiter
    assert "He is shown nothing" in public
    assert "have not agreed to a page for everybody" in public
    assert "Một công trình" not in public.split("</form>")[-1]
    assert "Choose the body" in unchosen
    assert "<script>" not in nonsense


def test_who_looked_names_bodies_and_no_accounts(open_site: Open, database: Database) -> None:
    make_body(database, "most")
    expert_id = make_lead(database)
    holder, _ = claim(database, expert_id, agreed=("registry",))
    recruiter = make_account(database, "secretive", Role.RECRUITER, body="most")
    open_site(recruiter).get(f"/experts/{expert_id}?purpose=chip+design")
    client = open_site(holder)

    page = _get(client, "/me/lookers?lang=en")
    listed = client.get("/api/v1/me/disclosures").json()

    assert "Ministry most" in page
    assert "chip design" in page
    assert "ecretive" not in page
    assert str(recruiter.id) not in page
    assert [(look["kind"], look["body"], look["count"]) for look in listed["looks"]] == [
        ("view", "most", 1)
    ]
    assert str(recruiter.id) not in str(listed)


def test_looks_of_many_days_come_in_pages(open_site: Open, database: Database) -> None:
    expert_id = make_lead(database)
    holder, _ = claim(database, expert_id)
    with database.session() as session:
        for number in range(60):
            session.add(
                Disclosure(
                    expert_id=expert_id,
                    kind="view",
                    actor="a",
                    purpose=f"purpose {number:02}",
                    disclosed_at=NOW,
                )
            )
    client = open_site(holder)

    first = _get(client, "/me/lookers")
    more = re.search(r'href="(/me/lookers\?before=[0-9a-f-]{36})"', first)
    assert more is not None
    second = _get(client, more[1])

    found = re.findall(r"purpose \d\d", first + second)
    assert sorted(found) == [f"purpose {number:02}" for number in range(60)]


# JSON.


def _json(
    client: TestClient,
    method: str,
    address: str,
    status: int,
    body: Any = None,
    version: str | None = None,
) -> Any:
    headers = {"If-Match": version} if version is not None else {}
    answer = client.request(method, f"/api/v1{address}", json=body, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def test_claims_go_their_way_by_json(open_site: Open, database: Database) -> None:
    expert_id = make_lead(database)
    steward = open_site(_steward(database))
    client = open_site(make_account(database, "khoa"))
    asked = {
        "way": "words",
        "sought": str(expert_id),
        "words": "ask the dean",
        "agreed": ["registry"],
        "language": "vi",
    }

    made = _json(client, "POST", "/claims", 201, asked)
    listed = _json(steward, "GET", "/claims", 200)
    decided = _json(
        steward,
        "POST",
        f"/claims/{made['id']}/decision",
        200,
        {"decision": "grant", "reason": "called the dean"},
    )
    mine = _json(client, "GET", "/claims/mine", 200)
    contested = _json(
        steward, "POST", f"/claims/{made['id']}/contest", 200, {"words": "a letter came"}
    )

    assert (made["state"], made["expert_id"]) == ("open", None)
    assert [each["id"] for each in listed] == [made["id"]]
    assert decided["remarks"][-1]["words"] == "called the dean"
    assert mine[0]["expert_id"] == str(expert_id)
    assert contested["state"] == "contested"


def test_an_invitation_is_made_and_used_by_json(open_site: Open, database: Database) -> None:
    expert_id = make_lead(database)
    steward = open_site(_steward(database))
    client = open_site(make_account(database, "khoa"))

    made = _json(
        steward, "POST", f"/experts/{expert_id}/invitations", 201, {"sent_to": "by letter"}
    )
    body = {"way": "link", "agreed": ["registry"], "language": "en"}
    token = made["link"].rsplit("/", 1)[1]
    claimed = _json(client, "POST", "/claims", 201, {**body, "token": token})
    again = _json(client, "POST", "/claims", 410, {**body, "token": token})

    assert claimed["expert_id"] == str(expert_id)
    assert again["code"] == "link_unusable"


def test_a_life_is_moved_by_json_with_a_reason(open_site: Open, database: Database) -> None:
    expert_id = make_lead(database)
    claim(database, expert_id)
    steward = open_site(_steward(database))
    address = f"/experts/{expert_id}/life"

    version = steward.get(f"/api/v1{address}").headers["etag"]
    pause = {"life": "paused"}
    refused = _json(steward, "PUT", address, 422, pause, version)
    moved = _json(steward, "PUT", address, 200, {**pause, "reason": "He telephoned."}, version)
    missing = _json(steward, "PUT", f"/experts/{UNKNOWN}/life", 404, pause, version)

    assert "needs a reason" in refused["detail"]
    assert (moved["life"], moved["former"]) == ("paused", "claimed")
    assert missing["code"] == "not_found"


def test_delegates_are_kept_by_json(open_site: Open, database: Database) -> None:
    holder, _ = claim(database, make_lead(database))
    delegate = make_account(database, "delegate")
    client = open_site(holder)
    body = {"login": "delegate", "sections": ["work"], "days": 30}

    _json(client, "POST", "/me/delegations", 201, body)
    named = _json(client, "GET", "/me/delegations", 200)
    kept = _json(open_site(delegate), "GET", "/me/delegations/kept", 200)
    _json(client, "DELETE", f"/me/delegations/{named[0]['id']}", 204)
    _json(client, "DELETE", f"/me/delegations/{named[0]['id']}", 404)
    wrong = _json(client, "POST", "/me/delegations", 422, {**body, "sections": ["consent"]})

    assert named[0]["sections"] == kept[0]["sections"] == ["work"]
    assert "no section" in wrong["detail"]
    assert _json(client, "GET", "/me/delegations", 200) == []


def test_being_seen_is_told_by_json_as_the_profile_itself(
    open_site: Open, database: Database
) -> None:
    make_body(database, "most")
    expert_id = make_lead(database, "1", work("Một công trình"))
    holder, _ = claim(database, expert_id)
    recruiter = open_site(make_account(database, "recruiter", Role.RECRUITER, body="most"))

    seen = _json(open_site(holder), "GET", "/me/seen?as=recruiter&body=most", 200)
    real = _json(recruiter, "GET", f"/experts/{expert_id}", 200)
    public = _json(open_site(holder), "GET", "/me/seen", 200)

    assert seen["profile"] == real
    assert (public["profile"], public["why"]) == (None, "not_published")


def test_a_token_can_name_delegates_and_claims_nothing(open_site: Open, database: Database) -> None:
    expert_id = make_lead(database)
    account = make_account(database, "khoa")
    token = _invite(database, expert_id)
    client = open_site(account)
    body = {"way": "link", "token": token, "agreed": ["registry"], "language": "vi"}
    _json(client, "POST", "/claims", 201, body)
    made = _json(
        client,
        "POST",
        "/account/tokens",
        201,
        {"name": "helper", "scopes": ["delegation:own"], "days": 3},
    )
    program = open_site(None)
    program.headers["authorization"] = f"Bearer {made['token']}"

    assert _json(program, "GET", "/me/delegations", 200) == []
    assert _json(program, "POST", "/claims", 403, body)["code"] == "not_permitted"
    with database.session() as session:
        assert session.get(Claim, UUID(UNKNOWN)) is None


# What all pages keep to.


def test_pages_hold_no_inline_script_or_style_and_one_heading(
    open_site: Open, database: Database
) -> None:
    make_body(database, "most")
    expert_id = make_lead(database, "1", work("Một công trình"))
    lead = make_lead(database, "2")
    holder, claim_id = claim(database, expert_id, agreed=("registry", "publication"))
    steward, other = _steward(database), make_account(database, "other")
    link = _invite(database, lead)
    own = ["/me/status", "/me/delegates", "/me/lookers", "/me/seen?as=delegate&section=work"]
    desk = ["/desk/claims?show=held", f"/desk/claims/{claim_id}"]
    pages: list[tuple[Account | None, list[str]]] = [
        (None, ["/claim", f"/claim/{link}", "/claim/x"]),
        (other, ["/claim", f"/claim/{link}", f"/experts/{expert_id}/contest"]),
        (holder, ["/claim", *own, "/me/seen?as=recruiter&body=most"]),
        (steward, [*desk, *(f"/desk/experts/{each}/life" for each in (expert_id, lead))]),
    ]

    for account, addresses in pages:
        client = open_site(account)
        for address in addresses:
            for language in ("vi", "en"):
                mark = "&" if "?" in address else "?"
                page = client.get(f"{address}{mark}lang={language}").text
                assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=", page), address
                assert page.count("<h1") == 1, address
                identifiers = re.findall(r'\sid="([^"]+)"', page)
                assert len(identifiers) == len(set(identifiers)), address


def test_decisions_of_a_claim_reach_the_account_at_its_next_request(
    open_site: Open, database: Database
) -> None:
    expert_id = make_lead(database)
    account = make_account(database, "khoa")
    client = open_site(account)
    _post(client, "/claim", way="words", sought=str(expert_id), said="why", agreed=["registry"])
    with database.session() as session:
        waiting = claim_decisions.list_claims(session, STEWARD)[0].claim.id
        claim_decisions.decide(session, STEWARD, waiting, "grant", "called", NOW)

    assert client.get("/me/status").status_code == 200
