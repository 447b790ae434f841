"""JSON of edits and changes: versions, who may write what, and what strangers learn (nothing)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from ingest.load import load_whole
from registry.access.models import Delegation
from registry.access.policy import LOCAL_STEWARD, Role
from registry.config import Settings
from registry.db import Database
from registry.experts.repository import find_by_source
from registry.web.etags import etag, is_same, seen_versions
from tests.accounts import make_account, make_body, sign_in
from tests.factories import NOW, make_person, said, work
from tests.http.sites import make_site

DOI = {"title": {"vi": "Thiết kế vi mạch"}, "doi": "10.1000/abc"}


@dataclass
class Desk:
    """One profile, and a client of each who has something to do with it."""

    expert_id: UUID
    other_id: UUID
    clients: dict[str, TestClient]

    @property
    def path(self) -> str:
        return f"/api/v1/experts/{self.expert_id}"

    def profile(self, who: str = "expert") -> Any:
        return self.clients[who].get(self.path)

    def find(self, property_name: str, who: str = "expert") -> dict[str, Any]:
        statements = self.profile(who).json()["statements"]
        found: dict[str, Any] = next(s for s in statements if s["property"] == property_name)
        return found

    def write(
        self, who: str, method: str, path: str, body: dict[str, Any], version: str | None = None
    ) -> Any:
        headers = {"If-Match": etag(version)} if version is not None else {}
        return self.clients[who].request(method, self.path + path, json=body, headers=headers)

    def add(self, who: str, body: dict[str, Any]) -> Any:
        headers = {"If-Match": self.profile(who).headers["etag"]}
        return self.clients[who].post(f"{self.path}/statements", json=body, headers=headers)

    def put(self, who: str, row: dict[str, Any], what: str, body: dict[str, Any]) -> Any:
        return self.write(
            who, "PUT", f"/statements/{row['id']}/{what}".rstrip("/"), body, row["id"]
        )


@pytest.fixture
def desk(database: Database, settings: Settings) -> Desk:
    people = [
        make_person("1", "Lê Thị Hoa", said("work", DOI), said("sector", {"sector": "state"})),
        make_person("2", "Trần Minh", work("Bài của Minh")),
    ]
    load_whole(database, LOCAL_STEWARD, people, NOW)
    with database.session() as session:
        known = find_by_source(session, "test", ["1", "2"])
    make_body(database, "most")
    site = make_site(settings, database)
    accounts = {
        "expert": make_account(database, "hoa", Role.EXPERT, expert_id=known["1"]),
        "other": make_account(database, "minh", Role.EXPERT, expert_id=known["2"]),
        "delegate": make_account(database, "lan"),
        "steward": make_account(database, "kho", Role.STEWARD),
        "recruiter": make_account(database, "tuyen", Role.RECRUITER, body="most"),
    }
    now = datetime.now(UTC)
    with database.session() as session:
        session.add(
            Delegation(
                expert_id=known["1"],
                account_id=accounts["delegate"].id,
                sections=["award"],
                created_at=now,
                expires_at=now + timedelta(days=1),
            )
        )
    clients = {name: sign_in(site.browser(), database, each) for name, each in accounts.items()}
    return Desk(known["1"], known["2"], {**clients, "visitor": site.browser()})


def award(title: str = "Giải A", **more: Any) -> dict[str, Any]:
    return {"property": "award", "value": {"title": {"vi": title}}, **more}


def test_a_write_without_a_version_is_refused_before_anything_is_read(desk: Desk) -> None:
    there, not_there = desk.find("work")["id"], uuid4()

    for statement_id in (there, not_there):
        path = f"/statements/{statement_id}/judgement"
        answer = desk.write("expert", "PUT", path, {"judgement": "accepted"})
        assert answer.status_code == 428
        assert answer.json()["code"] == "precondition_needed"
    assert desk.clients["expert"].post(f"{desk.path}/statements", json=award()).status_code == 428
    # "*" overwrites what nobody has read.
    headers = {"If-Match": "*"}
    path = f"{desk.path}/statements"
    assert desk.clients["expert"].post(path, json=award(), headers=headers).status_code == 428


def test_an_item_is_added_corrected_and_removed_under_its_version(desk: Desk) -> None:
    added = desk.add("expert", award())
    assert added.status_code == 201
    row = added.json()
    assert added.headers["etag"] == etag(row["id"])
    assert (row["source"], row["legal_ground"], row["verification"]) == (
        "self",
        "consent",
        "claimed",
    )

    corrected = desk.put("expert", row, "", award("Giải B"))
    assert corrected.status_code == 200
    assert corrected.json()["value"] == {"title": {"vi": "Giải B"}}

    stale = desk.put("expert", row, "", award("Giải C"))
    assert stale.status_code == 412
    (told,) = stale.json()["errors"]
    assert (told["by"], told["before"], told["after"]) == ("expert", "Giải A", "Giải B")

    new = corrected.json()
    removed = desk.write("expert", "DELETE", f"/statements/{new['id']}", {}, new["id"])
    assert removed.status_code == 204
    assert "award" not in {s["property"] for s in desk.profile().json()["statements"]}


def test_a_stale_profile_takes_no_addition_and_says_what_is_new(desk: Desk) -> None:
    old = desk.profile("delegate").headers["etag"]
    desk.add("expert", award("Giải mới"))

    answer = desk.clients["delegate"].post(
        f"{desk.path}/statements", json=award("Giải của tôi"), headers={"If-Match": old}
    )

    assert answer.status_code == 412
    assert {(e["by"], e["after"]) for e in answer.json()["errors"]} >= {("expert", "Giải mới")}


def test_a_copy_that_is_current_is_not_sent_again(desk: Desk) -> None:
    first = desk.profile("recruiter")
    headers = {"If-None-Match": f'"other", {first.headers["etag"]}'}

    again = desk.clients["recruiter"].get(desk.path, headers=headers)
    desk.add("expert", award())
    changed = desk.clients["recruiter"].get(desk.path, headers=headers)

    assert (again.status_code, again.text) == (304, "")
    assert again.headers["etag"] == first.headers["etag"]
    assert changed.status_code == 200


def test_a_version_tells_nothing_of_what_its_reader_does_not_see(desk: Desk) -> None:
    before = {who: desk.profile(who).headers["etag"] for who in ("recruiter", "steward", "expert")}

    hidden = desk.add("expert", award(visibility="self")).json()
    desk.put("expert", hidden, "", award("Giải khác"))

    after = {who: desk.profile(who).headers["etag"] for who in before}
    assert after["recruiter"] == before["recruiter"]
    assert after["steward"] == before["steward"]
    assert after["expert"] != before["expert"]


@pytest.mark.parametrize(
    "extra",
    [
        {"source": "orcid"},
        {"verification": "checked"},
        {"verified_by": "me"},
        {"asserted_by": "somebody"},
        {"on_behalf_of": "somebody"},
        {"judgement": "accepted"},
        {"expert_id": str(uuid4())},
        {"item_key": "x"},
        {"legal_ground": "ministry_list"},
        {"change_id": str(uuid4())},
        {"superseded_at": "2026-01-01T00:00:00Z"},
    ],
    ids=lambda extra: next(iter(extra)),
)
def test_no_body_sets_what_is_not_its_senders_to_say(desk: Desk, extra: dict[str, str]) -> None:
    for body in (award(**extra), {**award(), "value": {"title": {"vi": "Giải A"}, **extra}}):
        answer = desk.add("expert", body)
        assert answer.status_code == 422, answer.text
    assert "award" not in {s["property"] for s in desk.profile().json()["statements"]}


def test_a_delegate_adds_within_his_sections_and_chooses_no_visibility(desk: Desk) -> None:
    assert desk.add("delegate", award(visibility="bodies")).status_code == 403
    sector = {"property": "sector", "value": {"sector": "other"}}
    assert desk.add("delegate", sector).status_code == 403

    row = desk.add("delegate", award()).json()

    assert row["on_behalf_of"] == str(desk.expert_id)
    assert desk.find("award", "recruiter")["asserted_by"] == "self"
    assert desk.find("award", "expert")["asserted_by"] not in {"self", "delegate"}
    shown = desk.put("delegate", row, "visibility", {"visibility": "self"})
    assert shown.status_code == 403
    # Outside his sections there is nothing, though he reads it like everybody.
    theirs = desk.find("sector", "expert")
    assert desk.put("delegate", theirs, "judgement", {"judgement": "rejected"}).status_code == 404


def test_a_statement_of_another_profile_hidden_or_unknown_gets_one_answer(desk: Desk) -> None:
    expert = desk.clients["other"]
    theirs = expert.get(f"/api/v1/experts/{desk.other_id}").json()["statements"][0]
    hidden = desk.add("expert", award(visibility="self")).json()
    body = {"judgement": "rejected", "reason": "Thư"}

    answers = [
        desk.write(who, "PUT", f"/statements/{key}/judgement", body, key)
        for who, key in (
            ("expert", theirs["id"]),
            ("expert", str(uuid4())),
            ("steward", hidden["id"]),
            ("delegate", hidden["id"]),
            ("other", hidden["id"]),
        )
    ]

    assert {a.status_code for a in answers} == {404}
    for answer in answers:
        told = answer.json()
        assert told["code"] == "not_found"
        assert set(told) == {"type", "title", "status", "code", "detail"}


def test_who_may_not_edit_is_told_so_and_who_is_not_signed_in_to_sign_in(desk: Desk) -> None:
    row = desk.find("work", "recruiter")
    body = {"judgement": "rejected"}
    path = f"/statements/{row['id']}/judgement"

    assert desk.write("recruiter", "PUT", path, body, row["id"]).status_code == 403
    assert desk.write("visitor", "PUT", path, body, row["id"]).status_code == 401
    check = {"method": "document", "document": "QĐ 1"}
    assert desk.put("expert", row, "verification", check).status_code == 403


def test_a_judgement_is_shown_to_all_who_see_the_item_and_a_rejected_one_to_few(desk: Desk) -> None:
    accepted = desk.put("expert", desk.find("work"), "judgement", {"judgement": "accepted"}).json()
    assert accepted["judgement"] == "accepted"
    assert desk.find("work", "recruiter")["judgement"] == "accepted"

    desk.put("expert", accepted, "judgement", {"judgement": "rejected"})

    assert desk.find("work", "steward")["judgement"] == "rejected"
    seen = {s["property"] for s in desk.profile("recruiter").json()["statements"]}
    assert "work" not in seen


def test_a_check_shows_how_to_all_and_on_which_document_to_few(desk: Desk) -> None:
    row = desk.find("work", "steward")
    check = {"method": "document", "document": "QĐ 12/2020"}

    checked = desk.put("steward", row, "verification", check).json()
    open_to_all = desk.find("work", "recruiter")

    assert (checked["verification"], checked["verification_document"]) == ("checked", "QĐ 12/2020")
    assert open_to_all["verification_method"] == "document"
    assert open_to_all["verification_document"] is None
    assert open_to_all["named_bodies"] is None
    path = f"/statements/{checked['id']}/verification"
    assert desk.write("steward", "DELETE", path, {}, checked["id"]).status_code == 422
    undone = desk.write("steward", "DELETE", path, {"reason": "Nhầm"}, checked["id"])
    assert undone.json()["verification"] == "claimed"


def test_named_bodies_see_the_item_and_nobody_learns_which_they_are(desk: Desk) -> None:
    row = desk.find("sector")
    body = {"visibility": "named_bodies", "named_bodies": ["most"]}

    shown = desk.put("expert", row, "visibility", body)

    assert shown.json()["named_bodies"] == ["most"]
    assert desk.find("sector", "recruiter")["named_bodies"] is None
    assert desk.find("sector", "steward")["named_bodies"] == ["most"]


def test_contact_data_are_opened_for_those_who_see_them(desk: Desk) -> None:
    contact = {"property": "contact", "value": {"kind": "email", "address": "hoa@example.org"}}

    added = desk.add("expert", contact)

    assert added.json()["value"] == contact["value"]
    assert desk.find("contact", "steward")["value"] == contact["value"]
    assert "hoa@example.org" not in desk.profile("recruiter").text
    desk.put("expert", added.json(), "visibility", {"visibility": "bodies"})
    assert desk.find("contact", "recruiter")["value"] == contact["value"]


def test_items_name_the_preferred_statement_first_and_counts_are_of_what_is_seen(
    desk: Desk,
) -> None:
    row = desk.find("work")
    corrected = desk.put(
        "expert", row, "", {"property": "work", "value": {**DOI, "venue": "Tạp chí"}}
    )

    profile = desk.profile("recruiter").json()

    assert [corrected.json()["id"], row["id"]] in profile["items"]
    ids = [key for item in profile["items"] for key in item]
    assert sorted(ids) == sorted(s["id"] for s in profile["statements"])
    assert profile["counts"] == {
        "items": 4,
        "claimed": 4,
        "checked": 0,
        "confirmed": 0,
        "accepted": 1,
    }


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"title": {}}, "title"),
        ({"title": {"vi": "x" * 30_000}}, "vi"),
        ({"title": {"vi": "a\u0000b"}}, "value"),
        ({"title": {"vi": "a"}, "giver": "x" * 501}, "giver"),
        ({"title": [[[[[[[[[["deep"]]]]]]]]]]}, "value"),
    ],
)
def test_a_wrong_value_is_told_where_it_is_wrong(
    desk: Desk, value: dict[str, Any], place: str
) -> None:
    answer = desk.add("expert", {"property": "award", "value": value})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["location"][-1] == place


def test_wrong_dates_properties_and_addresses_are_refused(desk: Desk) -> None:
    for wrong in (
        award(started_on="2024-13"),
        award(started_on="2020", ended_on="2019"),
        award(evidence_url="javascript:alert(1)"),
        {"property": "fame", "value": {}},
        {"property": "external_id", "value": {"scheme": "orcid", "value": "0000-0000-0000-0000"}},
    ):
        assert desk.add("expert", wrong).status_code == 422, wrong


def test_a_profile_has_a_history_for_those_who_keep_it(desk: Desk) -> None:
    desk.add("delegate", award())

    own = desk.clients["expert"].get(f"{desk.path}/history").json()["changes"]
    theirs = desk.clients["delegate"].get(f"{desk.path}/history").json()["changes"]

    assert [(c["kind"], c["who"]) for c in own] == [("edit", "delegate"), ("import", "source")]
    assert own[1]["source"] == "test"
    assert [c["delegate"] for c in own] == ["Lan", None]
    assert [c["kind"] for c in theirs] == ["edit"]
    assert "hoa" not in str(own)
    assert desk.clients["other"].get(f"{desk.path}/history").status_code == 404
    assert desk.clients["recruiter"].get(f"{desk.path}/history").status_code == 403


def test_a_change_is_seen_and_taken_back_by_the_person(desk: Desk) -> None:
    row = desk.find("sector")
    desk.put("expert", row, "", {"property": "sector", "value": {"sector": "science"}})
    change = desk.clients["expert"].get(f"{desk.path}/history").json()["changes"][0]
    path = f"/api/v1/changes/{change['id']}"

    detail = desk.clients["expert"].get(path).json()
    (item,) = detail["items"]
    assert item["fields"][0] == {"path": "sector", "before": None, "after": "science"}
    assert item["is_open"]
    done = desk.clients["expert"].post(f"{path}/reversion", json={})
    assert done.status_code == 200
    assert done.json()["closed"] == 1
    again = desk.clients["expert"].post(f"{path}/reversion", json={})

    assert again.status_code == 422
    assert [s["id"] for s in desk.profile().json()["statements"] if s["property"] == "sector"] == [
        row["id"]
    ]
    assert desk.clients["expert"].get(path).json()["holds"] is False


def test_changes_of_others_are_not_there(desk: Desk) -> None:
    desk.add("expert", award())
    change = desk.clients["expert"].get(f"{desk.path}/history").json()["changes"][0]
    path = f"/api/v1/changes/{change['id']}"

    assert desk.clients["steward"].get(path).status_code == 200
    for who, read, reverted in (
        ("other", 404, 404),
        ("recruiter", 403, 403),
        ("visitor", 401, 401),
    ):
        assert desk.clients[who].get(path).status_code == read
        assert desk.clients[who].post(f"{path}/reversion", json={}).status_code == reverted
    assert desk.clients["delegate"].get(path).status_code == 200
    assert desk.clients["delegate"].post(f"{path}/reversion", json={}).status_code == 403
    assert desk.clients["steward"].get(f"/api/v1/changes/{uuid4()}").status_code == 404


def test_a_steward_takes_a_batch_back_and_is_told_who_left_the_lists(desk: Desk) -> None:
    steward = desk.clients["steward"]
    (batch,) = steward.get("/api/v1/changes?kind=import").json()["changes"]

    detail = steward.get(f"/api/v1/changes/{batch['id']}?people=1").json()
    more = steward.get(f"/api/v1/changes/{batch['id']}?people=1&after={detail['next']}").json()
    done = steward.post(f"/api/v1/changes/{batch['id']}/reversion", json={}).json()

    assert {i["expert_id"] for i in detail["items"] + more["items"]} == {
        str(desk.expert_id),
        str(desk.other_id),
    }
    assert more["next"] is None
    assert (done["people"], done["emptied"]) == (2, 2)
    assert steward.get(desk.path).status_code == 404


def test_what_came_later_refuses_the_whole_and_leaves_it_as_it_is(desk: Desk) -> None:
    desk.put("expert", desk.find("work"), "judgement", {"judgement": "accepted"})
    steward = desk.clients["steward"]
    batch = steward.get("/api/v1/changes?kind=import").json()["changes"][0]
    before = desk.profile().text

    refused = steward.post(f"/api/v1/changes/{batch['id']}/reversion", json={})

    assert refused.status_code == 412
    (told,) = refused.json()["errors"]
    assert (told["by"], told["kind"], told["property"]) == ("expert", "judge", "work")
    assert desk.profile().text == before


def test_etags_are_read_as_the_standard_writes_them() -> None:
    assert seen_versions('"a", W/"b", "c,d"') == {"a", "c,d"}
    assert is_same('W/"a"', "a")
    assert not is_same("a", "a")
    assert not is_same(None, "a")


def test_a_body_that_is_no_json_is_refused(desk: Desk) -> None:
    headers = {"If-Match": '"x"', "Content-Type": "text/plain"}

    answer = desk.clients["expert"].post(
        f"{desk.path}/statements", content='{"property":"award"}', headers=headers
    )

    assert answer.status_code == 415
