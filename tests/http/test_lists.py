"""Lists, exports, contacts and the desk through the real application: JSON and pages."""

import csv
import io
import re
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import func, select, update
from sqlmodel import col

from ingest.load import load_whole
from matching.engine import Engine
from registry.access.policy import LOCAL_STEWARD, Role
from registry.app import create_app
from registry.config import Settings
from registry.db import Database
from registry.experts.models import ContactEvent, Disclosure, Expert
from registry.experts.repository import find_by_source
from registry.experts.schemas import Life
from registry.rights.models import RightsRequest
from registry.web.cookies import form_token
from tests.accounts import make_account, sign_in
from tests.factories import NOW, make_person, work

LIST: Final = "/api/v1/experts"
PURPOSE: Final = "lập danh sách mời họp"


@dataclass
class Site:
    """The application over some people, with a client for each kind of reader."""

    database: Database
    people: dict[str, UUID]
    clients: dict[str, TestClient]

    def __getitem__(self, reader: str) -> TestClient:
        return self.clients[reader]


@pytest.fixture
def site(settings: Settings, database: Database) -> Site:
    people = [
        make_person("hoa", "Lê Thị Hòa", work("Thiết kế vi mạch", visibility="bodies")),
        make_person("an", "Nguyễn <b>An</b>", country="FR"),
        make_person("moh", "Phạm Thu"),
        make_person("lead", "Trần Chờ", life=Life.LEAD),
    ]
    load_whole(database, LOCAL_STEWARD, people, NOW)
    with database.session() as session:
        known = find_by_source(session, "test", [p.source_key for p in people])
        session.execute(
            update(Expert).where(col(Expert.id) == known["moh"]).values(open_to=["moh"])
        )
    app = create_app(settings, database, cast(Engine, object()))
    accounts = {
        "recruiter": make_account(database, "recruiter", Role.RECRUITER, body="most"),
        "secretary": make_account(database, "secretary", Role.SECRETARY, body="moh"),
        "steward": make_account(database, "steward", Role.STEWARD),
        "expert": make_account(database, "expert", Role.EXPERT, expert_id=known["hoa"]),
    }

    def client() -> TestClient:
        return TestClient(app, raise_server_exceptions=False, follow_redirects=False)

    clients = {name: sign_in(client(), database, account) for name, account in accounts.items()}
    return Site(database, known, clients | {"visitor": client()})


def _names(answer: Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [person["display_name"] for person in answer.json()["people"]]


def _refused(answer: Response, status: int, words: str = "") -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.text


def _csrf(client: TestClient, path: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', client.get(path).text)
    assert found is not None
    return found[1]


def _events(site: Site) -> int:
    with site.database.session() as session:
        return session.scalar(select(func.count()).select_from(ContactEvent)) or 0


# JSON.


def test_each_reader_lists_the_people_whom_he_may_see(site: Site) -> None:
    assert _names(site["recruiter"].get(LIST)) == ["Lê Thị Hòa", "Nguyễn <b>An</b>"]
    assert _names(site["secretary"].get(LIST)) == ["Lê Thị Hòa", "Nguyễn <b>An</b>", "Phạm Thu"]
    assert len(_names(site["steward"].get(LIST))) == 4
    _refused(site["expert"].get(LIST), 403)
    _refused(site["visitor"].get(LIST), 401)


def test_filters_orders_and_pages_are_parameters(site: Site) -> None:
    client = site["secretary"]

    first = client.get(LIST, params={"limit": 2, "sort": "newest"})
    rest = client.get(LIST, params={"limit": 2, "sort": "newest", "after": first.json()["next"]})

    assert len(_names(first)) == 2
    assert len(set(_names(first) + _names(rest))) == first.json()["total"] == 3
    assert _names(client.get(LIST, params={"countries": ["FR"]})) == ["Nguyễn <b>An</b>"]
    assert _names(client.get(LIST, params={"q": "hoa le"})) == ["Lê Thị Hòa"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("confirmed=365", "confirmed"),
        ("country=FR", "country"),
        ("confirmed_within=30", "365, 730"),
        ("confirmed_within=x", "confirmed_within"),
        ("reachability=maybe", "bounced, reachable"),
        ("countries=XX", "ISO 3166-1"),
        ("sort=score", "sort"),
        ("limit=0", "limit"),
        ("after=zzz", "no page of this list"),
        ("q=%25%25", "no word"),
        ("q=" + "x" * 101, "at most 100 characters"),
    ],
)
def test_a_parameter_that_is_unknown_or_wrong_is_refused_by_name(
    site: Site, query: str, words: str
) -> None:
    _refused(site["recruiter"].get(f"{LIST}?{query}"), 422, words)


def test_a_filter_on_what_is_not_shown_is_refused_by_name(site: Site) -> None:
    _refused(site["recruiter"].get(LIST, params={"lives": ["lead"]}), 403, "filter lives")
    assert _names(site["steward"].get(LIST, params={"lives": ["lead"]})) == ["Trần Chờ"]


def test_leads_come_with_a_purpose_to_recruiters(site: Site) -> None:
    asked = {"purpose": "tìm ứng viên"}

    assert "Trần Chờ" in _names(site["recruiter"].get(LIST, params=asked))
    assert "Trần Chờ" not in _names(site["secretary"].get(LIST, params=asked))


@pytest.mark.parametrize(
    ("kind", "media"),
    [
        ("csv", "text/csv; charset=utf-8"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("jsonl", "application/x-ndjson"),
    ],
)
def test_an_export_is_a_file_of_a_fixed_name_that_is_noted_before_it_leaves(
    site: Site, kind: str, media: str
) -> None:
    answer = site["recruiter"].get(
        f"{LIST}/export", params={"format": kind, "purpose": PURPOSE, "q": 'hoa "\r\nX: y'}
    )
    whole = site["recruiter"].get(
        f"{LIST}/export", params={"format": kind, "purpose": 'a"; filename="b.exe'}
    )

    for one in (answer, whole):
        assert one.status_code == 200
        assert one.headers["content-type"] == media
        assert one.headers["content-disposition"] == f'attachment; filename="experts.{kind}"'
        assert one.headers["cache-control"] == "no-store"
        assert int(one.headers["content-length"]) == len(one.content)
    with site.database.session() as session:
        told = session.scalars(select(Disclosure).where(col(Disclosure.kind) == "export")).all()
        # The first found nobody of that name.
        assert {d.expert_id for d in told} == {site.people["hoa"], site.people["an"]}


def test_an_export_needs_a_purpose_the_permission_and_a_reader_who_asks_himself(
    site: Site,
) -> None:
    path = f"{LIST}/export"

    _refused(site["recruiter"].get(path), 422, "for what purpose")
    _refused(site["recruiter"].get(path, params={"purpose": "  "}), 422, "for what purpose")
    _refused(site["recruiter"].get(path, params={"purpose": "x", "format": "exe"}), 422, "format")
    _refused(site["expert"].get(path, params={"purpose": "x"}), 403)
    _refused(site["visitor"].get(path, params={"purpose": "x"}), 401)
    for site_name in ("cross-site", "same-site"):
        headers = {"sec-fetch-site": site_name}
        _refused(site["recruiter"].get(path, params={"purpose": "x"}, headers=headers), 403)
    with site.database.session() as session:
        assert not session.scalars(select(Disclosure)).all()


def _contact(site: Site, reader: str, person: str, **body: Any) -> Response:
    expert_id = site.people.get(person, person)
    return site[reader].post(f"/api/v1/experts/{expert_id}/contact-events", json=body)


def test_a_contact_is_noted_and_can_be_filtered_by(site: Site) -> None:
    answer = _contact(site, "recruiter", "an", kind="bounced")

    assert answer.status_code == 201
    assert answer.json()["reachability"] == "bounced"
    found = site["secretary"].get(LIST, params={"reachability": ["bounced"]})
    assert _names(found) == ["Nguyễn <b>An</b>"]
    assert found.json()["people"][0]["standing"]["reachability"] == "bounced"


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "confirmed"},
        {"kind": "sent", "at": "2026-11-01T10:00:00"},
        {"kind": "sent", "at": "2999-11-01T10:00:00Z"},
        {"kind": "sent", "at": "0001-01-01T00:00:00+14:00"},
        {"kind": "sent", "by": "x"},
        {"kind": "sent", "purpose": "a\u0000b"},
        {},
    ],
)
def test_a_wrong_contact_is_refused_and_nothing_is_written(
    site: Site, body: dict[str, Any]
) -> None:
    _refused(_contact(site, "steward", "an", **body), 422)
    assert _events(site) == 0


def test_a_contact_with_somebody_hidden_or_unknown_is_refused_alike(site: Site) -> None:
    unknown = "0190c0de-0000-7000-8000-000000000000"

    answers = [_contact(site, "recruiter", who, kind="sent") for who in ("moh", "lead", unknown)]

    told = set()
    for who, answer in zip(("moh", "lead", unknown), answers, strict=True):
        _refused(answer, 404)
        told.add(answer.text.replace(str(site.people.get(who, who)), "ID"))
    assert len(told) == 1
    _refused(_contact(site, "expert", "an", kind="sent"), 403)
    assert _events(site) == 0


def test_a_person_confirms_his_profile_and_sees_what_is_kept_of_contacts(site: Site) -> None:
    _contact(site, "recruiter", "hoa", kind="sent")

    refused = site["expert"].post("/api/v1/me/confirmation")
    confirmed = site["expert"].post("/api/v1/me/confirmation", json={})

    _refused(refused, 415)
    assert confirmed.status_code == 200
    assert confirmed.json()["confirmed_on"]
    assert confirmed.json()["unanswered_since"] is None
    assert site["expert"].get("/api/v1/me/standing").json() == confirmed.json()
    _refused(site["steward"].post("/api/v1/me/confirmation", json={}), 403)


def test_the_quality_view_is_for_stewards(site: Site) -> None:
    found = site["steward"].get("/api/v1/quality").json()

    assert found["lives"] == {"claimed": 3, "lead": 1}
    assert found["queues"]["open_claims"] == 0
    for reader in ("recruiter", "secretary", "expert"):
        _refused(site[reader].get("/api/v1/quality"), 403)
    _refused(site["visitor"].get("/api/v1/quality"), 401)


# Pages.

PAGES: Final = {
    "recruiter": ["/experts", "/experts?q=zzz", "/experts?sort=confirmed&residences=overseas"],
    "steward": ["/experts", "/experts?lives=lead", "/desk"],
}


@pytest.mark.parametrize("language", ["vi", "en"])
def test_pages_of_lists_keep_the_rules_of_all_pages(site: Site, language: str) -> None:
    for reader, paths in PAGES.items():
        for path in paths:
            joined = "&" if "?" in path else "?"
            answer = site[reader].get(f"{path}{joined}lang={language}")
            page = answer.text
            assert answer.status_code == 200
            assert f'<html lang="{language}">' in page
            assert page.count("<h1") == 1
            assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:", page)
            identifiers = re.findall(r'\sid="([^"]+)"', page)
            assert len(identifiers) == len(set(identifiers))
            for control in re.findall(r"<(?:input|select|textarea)[^>]*\sid=\"([^\"]+)\"", page):
                assert f'for="{control}"' in page, control


def test_a_page_lists_people_with_links_and_escapes_their_names(site: Site) -> None:
    page = site["recruiter"].get("/experts?lang=en").text

    assert f'href="/experts/{site.people["hoa"]}?lang=en"' in page
    assert "Nguyễn &lt;b&gt;An&lt;/b&gt;" in page
    assert "2 people" in page
    assert "Phạm Thu" not in page


def test_the_next_page_of_a_list_keeps_its_filters_and_order(site: Site) -> None:
    first = site["secretary"].get("/experts?limit=1&sort=newest&residences=domestic&lang=en").text

    found = re.search(r'class="next" href="([^"]+)"', first)
    assert found is not None
    address = found[1].replace("&amp;", "&")
    second = site["secretary"].get(address).text

    assert {"limit=1", "sort=newest", "residences=domestic", "lang=en"} <= set(
        address.split("?")[1].split("&")
    )
    assert "Phạm Thu" in first
    assert "Lê Thị Hòa" in second


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("q=%21%21&residences=overseas", "Type some words of a name"),
        ("residences=mars", "A filter or the page in this address is not known"),
        ("confirmed_within=abc", "A filter or the page in this address is not known"),
        ("confirmed_within=" + "9" * 5000, "A filter or the page in this address is not known"),
        ("after=abc", "A filter or the page in this address is not known"),
    ],
)
def test_an_address_that_cannot_be_used_says_so_and_loses_nothing(
    site: Site, query: str, words: str
) -> None:
    answer = site["recruiter"].get(f"/experts?{query}&lang=en")

    assert answer.status_code == 422
    assert words in answer.text
    if query.startswith("q="):
        assert 'value="!!"' in answer.text
        assert 'name="residences" value="overseas" form="list"' in answer.text


def test_filters_on_contacts_stand_in_the_list_and_stay_chosen(site: Site) -> None:
    _contact(site, "recruiter", "an", kind="bounced")
    site["expert"].post("/api/v1/me/confirmation", json={})

    page = site["recruiter"].get("/experts?reachability=bounced&confirmed_within=365").text

    assert re.search(r'name="reachability" value="bounced" form="list" checked', page)
    assert re.search(r'name="confirmed_within" value="365" form="list" checked', page)
    assert 'name="lives"' not in page
    assert 'name="lives"' in site["steward"].get("/experts").text


def test_a_reader_exports_the_list_that_he_sees_from_its_page(site: Site) -> None:
    client = site["recruiter"]
    token = _csrf(client, "/experts?countries=FR")

    answer = client.post(
        "/experts?countries=FR", data={"csrf": token, "purpose": PURPOSE, "format": "csv"}
    )

    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert answer.status_code == 200
    assert [row["display_name"] for row in rows] == ["Nguyễn <b>An</b>"]
    with site.database.session() as session:
        (told,) = session.scalars(select(Disclosure)).all()
        assert (told.kind, told.body, told.purpose) == ("export", "most", PURPOSE)


def test_an_export_without_a_purpose_shows_the_form_again_with_what_was_typed(
    site: Site,
) -> None:
    client = site["recruiter"]
    token = _csrf(client, "/experts")

    answer = client.post(
        "/experts?q=hoa&lang=en", data={"csrf": token, "purpose": " ", "format": "xlsx"}
    )

    assert answer.status_code == 422
    assert "Say for what purpose the people are exported." in answer.text
    assert '<option value="xlsx" selected>' in answer.text
    assert 'value="hoa"' in answer.text
    assert 'action="/experts?q=hoa&amp;lang=en"' in answer.text


def test_leads_are_exported_from_a_page_that_shows_them(site: Site) -> None:
    client = site["recruiter"]
    form = {"csrf": _csrf(client, "/experts"), "purpose": PURPOSE, "format": "csv"}

    without = client.post("/experts", data=form)
    with_leads = client.post("/experts?purpose=tìm", data=form)

    assert "Trần Chờ" not in without.content.decode()
    assert "Trần Chờ" in with_leads.content.decode()


@pytest.mark.parametrize("path", ["/experts", "/experts/{an}/contacts", "/me/confirmation"])
def test_forms_without_the_token_of_the_session_do_nothing(site: Site, path: str) -> None:
    reader = "expert" if path.startswith("/me") else "recruiter"
    form = {"purpose": PURPOSE, "format": "csv", "kind": "sent"}

    answer = site[reader].post(path.format(**site.people), data=form)

    assert answer.status_code == 403
    assert _events(site) == 0
    with site.database.session() as session:
        assert not session.scalars(select(Disclosure)).all()


def test_a_contact_is_noted_on_a_page_that_shows_what_is_known(site: Site) -> None:
    client = site["recruiter"]
    path = f"/experts/{site.people['an']}/contacts"
    form = {"csrf": _csrf(client, path), "kind": "bounced", "on": "2024-10-02", "purpose": ""}

    answer = client.post(f"{path}?lang=en", data=form)
    shown = client.get(answer.headers["location"]).text

    assert answer.status_code == 303
    assert "The contact is noted." in shown
    assert "Messages came back" in shown
    assert "2 Oct 2024" in shown


@pytest.mark.parametrize("on", ["2999-01-01", "yesterday", "2026-13-01"])
def test_a_contact_of_a_wrong_day_shows_the_form_again(site: Site, on: str) -> None:
    client = site["recruiter"]
    path = f"/experts/{site.people['an']}/contacts"
    form = {"csrf": _csrf(client, path), "kind": "replied", "on": on, "purpose": "hỏi <lịch>"}

    answer = client.post(f"{path}?lang=en", data=form)

    assert answer.status_code == 422
    assert "Give a day that is not ahead" in answer.text
    assert f'value="{on}"' in answer.text
    assert "hỏi &lt;lịch&gt;" in answer.text
    assert '<option value="replied" selected>' in answer.text
    assert _events(site) == 0


def test_contacts_of_hidden_and_unknown_people_have_no_page(site: Site) -> None:
    client = site["recruiter"]
    form = {"csrf": _csrf(client, "/experts"), "kind": "sent"}

    for who in (site.people["moh"], site.people["lead"], UUID(int=7)):
        assert client.get(f"/experts/{who}/contacts").status_code == 404
        assert client.post(f"/experts/{who}/contacts", data=form).status_code == 404
    lead = site.people["lead"]
    assert client.get(f"/experts/{lead}/contacts?purpose=tìm").status_code == 200


def test_the_button_of_the_own_page_confirms_and_leads_back(site: Site) -> None:
    client = site["expert"]
    token = form_token(client.cookies["session"])

    answer = client.post("/me/confirmation?lang=en", data={"csrf": token})

    assert answer.status_code == 303
    assert answer.headers["location"] == "/me?lang=en#confirm"
    assert client.get("/api/v1/me/standing").json()["confirmed_on"]


def test_the_desk_is_for_stewards_and_leads_to_the_queues(site: Site) -> None:
    page = site["steward"].get("/desk?lang=en").text

    for queue in ("/desk/claims", "/desk/requests", "/desk/changes"):
        assert f'href="{queue}?lang=en"' in page
    assert "Lê Thị Hòa" in page
    for reader in ("recruiter", "secretary", "expert"):
        assert site[reader].get("/desk").status_code == 403
    assert site["visitor"].get("/desk").status_code == 303


def test_overdue_requests_stand_out_on_the_desk(site: Site) -> None:
    before = site["steward"].get("/desk").text
    with site.database.session() as session:
        session.add(
            RightsRequest(
                kind="view", state="open", channel="web", received_at=NOW, answer_by=NOW, act_by=NOW
            )
        )
    after = site["steward"].get("/desk").text

    assert 'class="overdue"' not in before
    assert 'class="overdue"' in after


def test_searches_take_the_filters_on_contacts(client: TestClient) -> None:
    body = {"query": "thiết kế vi mạch", "reachability": ["unknown"], "limit": 100}

    known = client.post("/api/v1/searches", json=body).json()
    none = client.post("/api/v1/searches", json={**body, "confirmed_within": 365}).json()
    wrong = client.post("/api/v1/searches", json={**body, "confirmed_within": 31})

    assert known["total"] == known["facets"]["reachability"][0]["count"] > 0
    assert none["total"] == 0
    assert none["people"] == []
    _refused(wrong, 422, "365, 730")
    page = client.get("/?q=vi+mạch&reachability=bounced&confirmed_within=730").text
    assert re.search(r'name="reachability" value="bounced" form="search" checked', page)
    _refused(client.post("/api/v1/searches", json={**body, "lives": ["lead"]}), 403, "lives")
