"""Pages and JSON of people's rights, through the real application, for each who may use them."""

import json
import re
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import cast
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from matching.engine import Engine
from registry.access.models import Account
from registry.access.policy import ROLES_OF_A_BODY, Actor, Role
from registry.app import create_app
from registry.config import Settings
from registry.db import Database
from registry.experts.models import Expert
from registry.rights import breaches, ledger, leftovers, requests
from registry.rights.breaches import BreachContent
from registry.rights.deadlines import RequestKind
from registry.rights.models import Consent, Erasure, RightsRequest
from registry.rights.traces import Traces
from tests import whole_person
from tests.accounts import make_account, sign_in
from tests.whole_person import Whole, make_whole

OWN = ("/me/consents", "/me/consents/print", "/me/requests", "/me/data", "/me/data/copy")
NOBODY = UUID("00000000-0000-7000-8000-00000000000f")


@pytest.fixture
def client(settings: Settings, database: Database) -> TestClient:
    """A client of an application that serves, without work on schedule."""
    app = create_app(settings, database, cast(Engine, object()))
    return TestClient(app, raise_server_exceptions=False, follow_redirects=False)


@pytest.fixture
def whole(database: Database) -> Whole:
    return make_whole(database)


@pytest.fixture
def own(client: TestClient, database: Database, whole: Whole) -> TestClient:
    return sign_in(client, database, whole.account)


def _as(client: TestClient, database: Database, *roles: Role, body: str | None = None) -> Account:
    account = make_account(database, "office", *roles, body=body)
    sign_in(client, database, account)
    return account


def _page(client: TestClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.text[:400]
    text: str = answer.text
    return text


def _token(client: TestClient, address: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', _page(client, address))
    assert found is not None
    return found[1]


def _send(client: TestClient, page: str, address: str, **fields: object) -> tuple[int, str]:
    """Send a form as the browser does that shows `page`: the status, and where it leads."""
    answer = client.post(address, data={"csrf": _token(client, page), **fields})
    return answer.status_code, answer.headers.get("location", answer.text)


def test_a_persons_pages_have_one_heading_labels_and_nothing_from_outside(own: TestClient) -> None:
    for address, lang in product(OWN, ("vi", "en")):
        page = _page(own, f"{address}?lang={lang}")

        assert page.count("<h1") == 1
        assert f'<html lang="{lang}">' in page
        assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:", page)
        identifiers = re.findall(r'\sid="([^"]+)"', page)
        assert len(identifiers) == len(set(identifiers))
        for form in re.findall(r'<form[^>]*method="post".*?</form>', page, re.DOTALL):
            assert 'name="csrf"' in form


def test_a_persons_pages_are_for_people_with_a_profile(
    client: TestClient, database: Database
) -> None:
    answers = [client.get(address) for address in OWN]
    _as(client, database, Role.STEWARD)

    assert {answer.status_code for answer in answers} == {303}
    assert all(answer.headers["location"].startswith("/sign-in") for answer in answers)
    assert {client.get(address).status_code for address in OWN} == {403}


def test_no_box_is_ticked_before_the_person_does_it(own: TestClient) -> None:
    assert "checked" not in _page(own, "/me/consents").replace("unchecked", "")


def test_a_consent_is_given_and_withdrawn_on_its_page(
    own: TestClient, database: Database, whole: Whole
) -> None:
    given = _send(own, "/me/consents", "/me/consents", purpose="matching", body="*")
    none_chosen = _send(own, "/me/consents", "/me/consents", purpose="council")
    unknown = _send(own, "/me/consents", "/me/consents", purpose="everything", body="*")
    with database.session() as session:
        row = session.scalars(select(Consent).where(Consent.purpose == "matching")).one()

    assert given == (303, "/me/consents?done=given")
    assert none_chosen[0] == unknown[0] == 422
    assert (row.channel, row.language, row.body) == ("web", "vi", None)
    gone = _send(own, "/me/consents", f"/me/consents/{row.id}/withdraw")
    again = _send(own, "/me/consents", f"/me/consents/{row.id}/withdraw")
    assert gone == (303, "/me/consents?done=withdrawn")
    assert again[0] == 422
    assert _send(own, "/me/consents", f"/me/consents/{NOBODY}/withdraw")[0] == 404


def test_forms_of_other_sites_are_refused(own: TestClient, database: Database) -> None:
    answer = own.post("/me/data/withdrawal", data={"csrf": "guessed"})

    assert answer.status_code == 403
    with database.session() as session:
        assert {e.life for e in session.scalars(select(Expert))} == {"claimed"}


def test_a_request_shows_its_deadlines_and_keeps_what_was_typed_when_it_fails(
    own: TestClient,
) -> None:
    token = _token(own, "/me/requests")
    failed = own.post("/me/requests", data={"csrf": token, "kind": "complain", "asked": " "})
    sent = own.post("/me/requests", data={"csrf": token, "kind": "complain", "asked": "Sai rồi"})

    assert failed.status_code == 422
    assert '<option value="complain" selected>' in failed.text
    assert sent.headers["location"] == "/me/requests?done=asked"
    assert "Sai rồi" in _page(own, "/me/requests")


def test_restriction_is_put_on_and_lifted_with_a_button(
    own: TestClient, database: Database, whole: Whole
) -> None:
    on = _send(own, "/me/data", "/me/data/restriction", act="restrict")
    with database.session() as session:
        restricted_at = session.get_one(Expert, whole.id).restricted_at
    off = _send(own, "/me/data", "/me/data/restriction", act="lift")

    assert (on[0], off[0]) == (303, 303)
    assert restricted_at is not None
    with database.session() as session:
        assert session.get_one(Expert, whole.id).restricted_at is None


def test_the_files_are_downloads_with_everything(own: TestClient) -> None:
    as_json, as_html = own.get("/me/data/copy.json"), own.get("/me/data/copy.html?lang=en")

    for answer, ending in ((as_json, "json"), (as_html, "html")):
        assert answer.status_code == 200
        assert f'.{ending}"' in answer.headers["content-disposition"]
        assert whole_person.EMAIL in answer.text
        assert "no-store" in answer.headers["cache-control"]
    assert as_html.text.startswith("<!doctype html>")


def test_a_person_erases_himself_and_is_signed_out_and_listed(
    own: TestClient, database: Database, whole: Whole, settings: Settings
) -> None:
    wrong = _send(own, "/me/data", "/me/data/erasure", confirmation="có")
    done = _send(own, "/me/data", "/me/data/erasure", confirmation="XÓA")

    assert wrong[0] == 422
    assert 'value="có"' in wrong[1]
    assert done == (303, "/erased")
    assert _page(own, "/erased").count("<h1") == 1
    assert own.get("/me/data").headers["location"].startswith("/sign-in")
    with database.session() as session:
        assert leftovers.check_database(session, Traces((whole.id,))) == []
    listed = ledger.read(ledger.path_in(Path(settings.data_folder)))
    assert list(listed.erased) == [whole.id]


def test_stewards_take_down_and_end_requests(
    client: TestClient, database: Database, whole: Whole
) -> None:
    _as(client, database, Role.STEWARD)
    letter = {"kind": "view", "channel": "paper", "asked": "Xin xem", "requester": "Bà Mai"}

    nowhere = _send(client, "/desk/requests", "/desk/requests", **letter, profile="không rõ")
    taken = _send(
        client, "/desk/requests", "/desk/requests", **letter, profile=f"/experts/{whole.id}?x=1"
    )
    address = taken[1].partition("?")[0]
    answered = _send(client, address, address, act="answer", words="Đã nhận")
    too_long = _send(client, address, address, act="extend", words="nhiều", days="99")
    ended = _send(client, address, address, act="done", words="Đã gửi bản sao")

    assert nowhere[0] == 422
    assert "Bà Mai" in nowhere[1]
    assert (taken[0], answered[0], ended[0]) == (303, 303, 303)
    assert too_long[0] == 422
    assert 'value="99"' in too_long[1]
    page = _page(client, f"{address}?lang=en")
    assert "Đã gửi bản sao" in page
    assert 'name="act"' not in page
    assert address in _page(client, "/desk/requests?show=done")


def test_an_erasure_by_letter_is_confirmed_on_the_requests_page(
    client: TestClient, database: Database, whole: Whole
) -> None:
    account = _as(client, database, Role.STEWARD)
    steward = Actor(str(account.id), frozenset({Role.STEWARD}))
    with database.session() as session:
        letter = requests.Received(RequestKind.DELETE, "Xin xóa", "paper", whole.id)
        row = requests.receive(session, steward, letter, datetime.now(UTC))
    address = f"/desk/requests/{row.id}"

    wrong = _send(client, address, address, act="erase", confirmation="")
    done = _send(client, address, address, act="erase", confirmation="xóa")

    assert (wrong[0], done[0]) == (422, 303)
    assert whole_person.NAME not in _page(client, address)
    with database.session() as session:
        assert session.get_one(RightsRequest, row.id).state == "done"
        assert session.get_one(Expert, whole.id).life == "erased"
    for gone in (f"/desk/experts/{whole.id}/consents", f"/desk/experts/{whole.id}/copy.html"):
        assert (
            client.get(gone).status_code
            == client.get(gone.replace(str(whole.id), str(NOBODY))).status_code
            == 404
        )


def test_stewards_record_consents_from_paper_with_their_proof(
    client: TestClient, database: Database, whole: Whole
) -> None:
    _as(client, database, Role.STEWARD)
    address = f"/desk/experts/{whole.id}/consents"
    form = {"purpose": "matching", "body": "*", "read_in": "vi", "channel": "paper"}

    without = _send(client, address, address, **form)
    recorded = _send(client, address, address, **form, evidence="thư số 7")
    page = _page(client, address)
    consent_id = re.findall(r'<option value="([0-9a-f-]{36})"', page)[0]
    ended = _send(
        client, address, address, consent_id=consent_id, channel="email", evidence="thư số 8"
    )

    assert without[0] == 422
    assert '<option value="matching" selected>' in without[1]
    assert '<input type="checkbox" name="body" value="*" checked>' in without[1]
    assert (recorded[0], ended[0]) == (303, 303)
    assert "thư số 7" in page


def test_retention_is_shown_and_carried_out(client: TestClient, database: Database) -> None:
    _as(client, database, Role.STEWARD)

    page = _page(client, "/desk/retention?lang=en")
    done = _send(client, "/desk/retention", "/desk/retention", act="run")

    assert "People considered and not engaged" in page
    assert done == (303, "/desk/retention?done=run")


def _version(client: TestClient, address: str) -> str:
    found = re.search(r'name="version" value="([^"]+)"', _page(client, address))
    assert found
    return found[1]


def test_breaches_show_the_time_that_is_left_and_are_marked_when_late(
    client: TestClient, database: Database
) -> None:
    account = _as(client, database, Role.ADMINISTRATOR)
    admin = Actor(str(account.id), frozenset({Role.ADMINISTRATOR}))
    now = datetime.now(UTC)
    with database.session() as session:
        breaches.create(session, admin, BreachContent(title="Muộn"), now - timedelta(80), None, now)
    local = (now + timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M")

    made = _send(client, "/admin/breaches", "/admin/breaches", title="Mới", found=local, people="3")
    future = _send(
        client, "/admin/breaches", "/admin/breaches", title="Mai", found="2099-01-01T00:00"
    )
    address = made[1].partition("?")[0]
    first = _version(client, address)
    early = _send(client, address, address, act="close", version=first)
    noted = _send(client, address, address, act="notify", number="TB-9", version=first)
    stale = _send(client, address, address, act="close", version=first)
    closed = _send(client, address, address, act="close", version=_version(client, address))

    page = _page(client, "/admin/breaches?lang=en")
    assert "overdue by" in page
    assert (made[0], future[0], early[0]) == (303, 422, 422)
    assert (noted[0], stale[0], closed[0]) == (303, 412, 303)
    assert 'value="Mai"' in future[1]
    assert "TB-9" in _page(client, address)
    assert 'name="act"' not in _page(client, address)


OFFICES = {
    "/desk/requests": {Role.STEWARD},
    f"/desk/requests/{NOBODY}": {Role.STEWARD},
    f"/desk/experts/{NOBODY}/consents": {Role.STEWARD},
    f"/desk/experts/{NOBODY}/copy.json": {Role.STEWARD},
    "/desk/retention": {Role.STEWARD, Role.ADMINISTRATOR},
    "/admin/breaches": {Role.ADMINISTRATOR},
    f"/admin/breaches/{NOBODY}": {Role.ADMINISTRATOR},
    "/api/v1/rights-requests": {Role.STEWARD},
    "/api/v1/breaches": {Role.ADMINISTRATOR},
    "/api/v1/erasures": {Role.STEWARD, Role.ADMINISTRATOR},
    "/api/v1/retention": {Role.STEWARD, Role.ADMINISTRATOR},
    f"/api/v1/experts/{NOBODY}/consents": {Role.STEWARD},
    f"/api/v1/experts/{NOBODY}/data": {Role.STEWARD},
}


@pytest.mark.parametrize("role", Role)
def test_offices_are_for_those_who_hold_them(
    client: TestClient, database: Database, role: Role
) -> None:
    _as(client, database, role, body="most" if role in ROLES_OF_A_BODY else None)

    reached = {a for a in OFFICES if client.get(a).status_code in {200, 404}}

    assert reached == {address for address, roles in OFFICES.items() if role in roles}


def _json(client: TestClient, method: str, address: str, body: object = None) -> tuple[int, object]:
    # A POST without a body says that it is JSON as well: a page of another site cannot.
    sent = {} if body is None and method == "POST" else body
    answer = client.request(method, f"/api/v1{address}", json=sent)
    return answer.status_code, answer.json() if answer.content else None


def test_a_program_does_for_its_person_what_the_pages_do(
    own: TestClient, database: Database, whole: Whole
) -> None:
    made = _json(own, "POST", "/me/consents", {"purpose": "matching", "language": "en"})
    consents = cast(dict[str, list[dict[str, object]]], made[1])["consents"]
    matching = next(c for c in consents if c["purpose"] == "matching")
    gone = _json(own, "DELETE", f"/me/consents/{matching['id']}")
    asked = _json(own, "POST", "/me/requests", {"kind": "object", "words": "dừng"})
    restricted = _json(own, "PUT", "/me/restriction")
    lifted = _json(own, "DELETE", "/me/restriction")
    data = _json(own, "GET", "/me/data")
    wrong = _json(own, "POST", "/me/erasure", {"confirmation": "no"})
    erased = _json(own, "POST", "/me/erasure", {"confirmation": "ERASE"})
    after = _json(own, "GET", "/me/data")

    assert "agree that my profile is found" in str(matching["text"])
    assert (made[0], gone[0], asked[0]) == (201, 204, 201)
    assert (restricted[0], lifted[0], data[0]) == (204, 204, 200)
    assert (wrong[0], erased[0], after[0]) == (422, 200, 401)
    assert cast(dict[str, str], asked[1])["state"] == "open"


def test_a_program_handles_requests_and_erases_on_one(
    client: TestClient, database: Database, whole: Whole
) -> None:
    _as(client, database, Role.STEWARD)
    letter = {"kind": "delete", "words": "Xin xóa", "channel": "email", "expert_id": str(whole.id)}

    taken = cast(dict[str, str], _json(client, "POST", "/rights-requests", letter)[1])
    address = f"/rights-requests/{taken['id']}"
    answered = _json(client, "POST", f"{address}/answer", {"words": "Đã nhận"})
    longer = _json(client, "POST", f"{address}/extension", {"days": 5, "reason": "kiểm tra"})
    body = {"request_id": taken["id"], "confirmation": "XÓA"}
    other = _json(client, "POST", f"/experts/{whole.other_id}/erasure", body)
    erased = _json(client, "POST", f"/experts/{whole.id}/erasure", body)
    again = _json(client, "POST", f"/experts/{whole.id}/erasure", body)

    assert cast(dict[str, str], answered[1])["state"] == "answered"
    assert cast(dict[str, int], longer[1])["extended_by_days"] == 5
    assert (other[0], erased[0], again[0]) == (404, 200, 422)
    proofs = cast(list[dict[str, object]], _json(client, "GET", "/erasures")[1])
    assert [proof["expert_id"] for proof in proofs] == [str(whole.id)]
    assert proofs[0]["compacted_at"] is None


def test_a_compaction_is_asked_for_where_work_is_done_on_schedule(
    client: TestClient, database: Database, whole: Whole, settings: Settings
) -> None:
    _as(client, database, Role.ADMINISTRATOR)

    refused = _json(client, "POST", "/erasures/compaction")

    assert refused[0] == 503
    with database.session() as session:
        assert session.scalars(select(Erasure)).first() is None


def test_a_body_considers_people_and_says_how_it_ended(
    client: TestClient, database: Database, whole: Whole
) -> None:
    _as(client, database, Role.RECRUITER, body="most")
    body = {"expert_id": str(whole.id), "purpose": "Trưởng nhóm vật liệu"}

    opened = cast(dict[str, str], _json(client, "POST", "/considerations", body)[1])
    twice = _json(client, "POST", "/considerations", body)
    unknown = _json(client, "POST", "/considerations", {**body, "expert_id": str(NOBODY)})
    address = f"/considerations/{opened['id']}/outcome"
    closed = _json(client, "POST", address, {"outcome": "engaged"})
    listed = _json(client, "GET", "/considerations?is_open=false")

    assert (twice[0], unknown[0], closed[0]) == (422, 404, 200)
    assert opened["id"] in json.dumps(listed[1])
    sign_in(client, database, make_account(database, "moh", Role.RECRUITER, body="moh"))
    assert _json(client, "POST", address, {"outcome": "engaged"})[0] == 404


def test_a_program_keeps_the_register_of_breaches(client: TestClient, database: Database) -> None:
    _as(client, database, Role.ADMINISTRATOR)
    found = {"title": "Mất khóa", "found_at": "2026-11-01T00:00:00Z", "people_affected": 2}

    made = cast(dict[str, object], _json(client, "POST", "/breaches", found)[1])
    address = f"/breaches/{made['id']}"
    version = {"If-Match": client.get(f"/api/v1{address}").headers["etag"]}
    body = {"title": "Mất khóa", "measures": "Đã đổi khóa"}
    changed = client.put(f"/api/v1{address}", json=body, headers=version)
    version = {"If-Match": changed.headers["etag"]}
    noted = client.post(f"/api/v1{address}/notice", json={"number": "TB-1"}, headers=version)
    stale = client.post(f"/api/v1{address}/closing", json={}, headers=version)
    version = {"If-Match": noted.headers["etag"]}
    closed = client.post(f"/api/v1{address}/closing", json={}, headers=version)
    old = _json(client, "POST", "/breaches", {**found, "found_at": "0001-01-01T00:00:00+14:00"})

    assert made["notice_due"] == "2026-11-04T00:00:00Z"
    assert changed.json()["measures"] == "Đã đổi khóa"
    assert noted.json()["remaining_hours"] is None
    assert (stale.status_code, closed.status_code, old[0]) == (412, 200, 422)
