"""Pages of a kept profile and of changes: every act by form, nothing typed lost, two languages."""

import re
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
from registry.experts.value_forms import fields_of, typed_from, value_from
from registry.experts.values import VALUE_CLASSES
from tests.accounts import make_account, make_body, sign_in
from tests.factories import NOW, make_person, said, work
from tests.http.sites import make_site, send

TITLE = "Thiết kế vi mạch <b>tương tự</b>"


@dataclass
class Desk:
    """Two profiles, and a browser of each who keeps one."""

    expert_id: UUID
    other_id: UUID
    browsers: dict[str, TestClient]

    def page(self, who: str, path: str, status: int = 200) -> str:
        answer = self.browsers[who].get(path)
        assert answer.status_code == status, answer.text[:800]
        text: str = answer.text
        return text

    def send(self, who: str, path: str, **fields: Any) -> Any:
        return send(self.browsers[who], path, **fields)

    def statement(self, property_name: str, who: str = "expert") -> dict[str, Any]:
        answer = self.browsers[who].get(f"/api/v1/experts/{self.expert_id}").json()
        return next(s for s in answer["statements"] if s["property"] == property_name)

    def all(self, property_name: str) -> list[dict[str, Any]]:
        answer = self.browsers["expert"].get(f"/api/v1/experts/{self.expert_id}").json()
        return [s for s in answer["statements"] if s["property"] == property_name]

    @property
    def desk(self) -> str:
        return f"/desk/experts/{self.expert_id}"


@pytest.fixture
def desk(database: Database, settings: Settings) -> Desk:
    people = [
        make_person(
            "1",
            "Lê Thị Hoa",
            work(TITLE),
            said("sector", {"sector": "state"}),
            said("contact", {"kind": "email", "address": "hoa@example.org"}, visibility="stewards"),
        ),
        make_person("2", "Trần Minh", work("Bài của Minh")),
    ]
    load_whole(database, LOCAL_STEWARD, people, NOW)
    with database.session() as session:
        known = find_by_source(session, "test", ["1", "2"])
    make_body(database, "most")
    site = make_site(settings, database)
    accounts = {
        "expert": make_account(database, "hoa", Role.EXPERT, expert_id=known["1"]),
        "delegate": make_account(database, "lan"),
        "secretariat": make_account(database, "vp"),
        "steward": make_account(database, "kho", Role.STEWARD),
        "recruiter": make_account(database, "tuyen", Role.RECRUITER, body="most"),
    }
    now = datetime.now(UTC)
    with database.session() as session:
        for who, key in (("delegate", "1"), ("secretariat", "1"), ("secretariat", "2")):
            session.add(
                Delegation(
                    expert_id=known[key],
                    account_id=accounts[who].id,
                    sections=["award", "work"],
                    created_at=now,
                    expires_at=now + timedelta(days=1),
                )
            )
    browsers = {who: sign_in(site.browser(), database, each) for who, each in accounts.items()}
    return Desk(known["1"], known["2"], {**browsers, "visitor": site.browser()})


def test_ones_own_page_shows_every_item_with_source_check_and_who_sees_it(desk: Desk) -> None:
    vietnamese, english = desk.page("expert", "/me"), desk.page("expert", "/me?lang=en")

    assert "Lê Thị Hoa" in vietnamese
    assert "Thiết kế vi mạch &lt;b&gt;tương tự&lt;/b&gt;" in vietnamese
    assert "hoa@example.org" in vietnamese
    assert "claimed, not checked" in english
    assert "Shown to: everybody" in english
    assert "This is mine" in english
    assert "?lang=en" in re.findall(r'formaction="([^"]+)"', english)[0]


def test_an_item_is_accepted_rejected_and_opened_again_from_the_list(desk: Desk) -> None:
    row = desk.statement("work")
    for chosen, stored in (("accepted", "accepted"), ("rejected", "rejected"), ("undone", None)):
        answer = desk.send("expert", f"/me/items/{row['id']}/judgement", judgement=chosen)
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/me?done={chosen}"
        row = desk.statement("work")
        assert row["judgement"] == stored
        assert desk.page("expert", answer.headers["location"])


def test_a_correction_by_form_keeps_what_the_form_does_not_show(desk: Desk) -> None:
    row = desk.statement("work")
    page = desk.page("expert", f"/me/items/{row['id']}?lang=en")
    assert f'action="/me/items/{row["id"]}/correction?lang=en"' in page
    assert "Thiết kế vi mạch" in page

    fields = {"title.vi": "Vi mạch", "title.en": "Circuits", "started_on": "2021-05"}
    answer = desk.send("expert", f"/me/items/{row['id']}/correction", **fields)

    assert answer.headers["location"] == "/me?done=corrected"
    own, theirs = sorted(desk.all("work"), key=lambda s: s["source"])
    assert own["value"] == {
        "title": {"vi": "Vi mạch", "en": "Circuits"},
        "topics": [],
        "authors": [],
    }
    assert own["started_on"] == "2021-05"
    assert theirs["id"] == row["id"]
    assert "test:" in desk.page("expert", "/me?lang=en")


def test_what_is_wrong_is_said_in_the_language_of_the_page_and_nothing_typed_is_lost(
    desk: Desk,
) -> None:
    row = desk.statement("work")
    fields = {"title.vi": "", "title.en": "", "venue": "Tạp chí <x>", "started_on": "năm ngoái"}

    answer = desk.send("expert", f"/me/items/{row['id']}/correction?lang=en", **fields)
    page = answer.text

    assert answer.status_code == 422
    assert 'value="Tạp chí &lt;x&gt;"' in page
    assert "Title: fill this in" in page
    assert desk.statement("work")["id"] == row["id"]
    dates = desk.send(
        "expert",
        f"/me/items/{row['id']}/correction?lang=en",
        **{"title.vi": "Vi mạch", "started_on": "năm ngoái"},
    )
    assert dates.status_code == 422
    assert "Since or when: write a year, a month or a day" in dates.text
    assert 'value="năm ngoái"' in dates.text


def test_whoever_edits_what_changed_meanwhile_is_told_and_keeps_his_words(desk: Desk) -> None:
    row = desk.statement("sector")
    desk.send("expert", f"/me/items/{row['id']}/correction", sector="science")
    own = next(s for s in desk.all("sector") if s["source"] == "self")
    desk.send("expert", f"/me/items/{own['id']}/correction", sector="enterprise")

    stale = desk.send("expert", f"/me/items/{own['id']}/correction?lang=en", sector="other")

    assert stale.status_code == 412
    assert "Somebody has changed this item since you opened it." in stale.text
    assert "<del>Science and education</del>" in stale.text
    assert "<ins>Enterprise</ins>" in stale.text
    assert '<option value="other" selected>' in stale.text
    # The form that is shown is of the newer statement: sending it again is meant.
    (action,) = set(re.findall(r'action="(/me/items/[^"]+/correction[^"]*)"', stale.text))
    assert desk.send("expert", action, sector="other").status_code == 303
    assert {s["value"]["sector"] for s in desk.all("sector")} == {"state", "other"}


def test_something_is_added_under_the_version_of_the_page(desk: Desk) -> None:
    menu = desk.page("expert", "/me/add?lang=en")
    assert "/me/add?property=origin&amp;lang=en" in menu
    form = desk.page("expert", "/me/add?property=award&lang=en")
    version = re.findall(r'name="version" value="([^"]+)"', form)[0]

    first = desk.send("expert", "/me/add?property=award", version=version, **{"title.vi": "Giải A"})
    stale = desk.send(
        "expert", "/me/add?property=award&lang=en", version=version, **{"title.vi": "Giải B"}
    )

    assert first.headers["location"] == "/me?done=added"
    assert stale.status_code == 412
    assert "Somebody has changed this profile since you opened it." in stale.text
    assert "Giải A" in stale.text
    assert "Giải B" in stale.text
    newer = re.findall(r'name="version" value="([^"]+)"', stale.text)[0]
    assert newer != version
    again = desk.send("expert", "/me/add?property=award", version=newer, **{"title.vi": "Giải B"})
    assert again.status_code == 303


def test_who_sees_an_item_is_chosen_by_form_named_bodies_included(desk: Desk) -> None:
    row = desk.statement("work")
    path = f"/me/items/{row['id']}/visibility"

    nobody = desk.send("expert", f"{path}?lang=en", visibility="named_bodies")
    assert nobody.status_code == 422
    assert "Choose at least one body" in nobody.text
    answer = desk.send("expert", path, visibility="named_bodies", named_bodies=["most"])

    assert answer.headers["location"] == "/me?done=shown"
    shown = desk.statement("work")
    assert (shown["visibility"], shown["named_bodies"]) == ("named_bodies", ["most"])
    page = desk.page("expert", f"/me/items/{shown['id']}")
    assert re.search(r'name="named_bodies" value="most" checked', page)


def test_contact_data_cannot_be_shown_to_everybody(desk: Desk) -> None:
    row = desk.statement("contact")

    page = desk.page("expert", f"/me/items/{row['id']}")
    answer = desk.send("expert", f"/me/items/{row['id']}/visibility", visibility="public")

    assert 'value="public"' not in page
    assert 'value="bodies"' in page
    assert answer.status_code == 422


def test_ones_own_word_is_taken_out_and_that_is_taken_back_in_the_history(desk: Desk) -> None:
    version = re.findall(
        r'name="version" value="([^"]+)"', desk.page("expert", "/me/add?property=award")
    )[0]
    desk.send("expert", "/me/add?property=award", version=version, **{"title.vi": "Giải A"})
    row = desk.statement("award")
    desk.send("expert", f"/me/items/{row['id']}/removal")
    assert desk.all("award") == []

    history = desk.page("expert", "/me/history?lang=en")
    newest = re.findall(r'href="(/me/history/[0-9a-f-]+)\?lang=en"', history)[0]
    change = desk.page("expert", f"{newest}?lang=en")
    assert "Giải A" in change
    assert "Take the whole change back" in change
    asked = desk.send("expert", f"{newest}?lang=en", what="whole")
    assert asked.status_code == 200
    assert "Yes, take it back" in asked.text
    assert desk.all("award") == []
    done = desk.send("expert", newest, what="whole", confirmed="true")

    assert done.status_code == 303
    assert "statement said again" in desk.page("expert", f"{done.headers['location']}&lang=en")
    assert [s["value"]["title"]["vi"] for s in desk.all("award")] == ["Giải A"]
    again = desk.send("expert", f"{newest}?lang=en", what="whole", confirmed="true")
    assert again.status_code == 422
    assert "taken back already" in again.text


def test_a_delegate_sees_his_sections_and_chooses_among_several_profiles(desk: Desk) -> None:
    page = desk.page("delegate", "/me?lang=en")
    assert "Vi mạch" not in page
    assert "Thiết kế vi mạch" in page
    assert "hoa@example.org" not in page
    assert "You keep these sections" in page
    row = desk.statement("work")
    item = desk.page("delegate", f"/me/items/{row['id']}?lang=en&of={desk.expert_id}")
    assert "Who may see it" not in item

    several = desk.page("secretariat", "/me?lang=en")
    assert "Lê Thị Hoa" in several
    assert "Trần Minh" in several
    assert desk.page("secretariat", f"/me?of={desk.other_id}")
    assert desk.page("delegate", f"/me?of={desk.other_id}", 404)
    path = f"/me/items/{row['id']}/judgement?of={desk.expert_id}"
    answer = desk.send("secretariat", path, judgement="accepted")
    assert answer.headers["location"] == f"/me?of={desk.expert_id}&done=accepted"


def test_a_steward_checks_an_item_on_a_document_and_withdraws_it_with_a_reason(
    desk: Desk,
) -> None:
    page = desk.page("steward", f"{desk.desk}?lang=en")
    assert f'href="{desk.desk}/life?lang=en"' in page
    assert f'href="/experts/{desk.expert_id}?lang=en"' in page
    row = desk.statement("work")
    path = f"{desk.desk}/items/{row['id']}"

    missing = desk.send("steward", f"{path}/verification?lang=en", method="document", document=" ")
    assert missing.status_code == 422
    assert "Name the document" in missing.text
    desk.send("steward", f"{path}/verification", method="register", document="Sổ 12/2020")
    checked = desk.statement("work")
    assert checked["verification"] == "checked"
    item = desk.page("steward", f"{desk.desk}/items/{checked['id']}?lang=en")
    assert "in a register – Sổ 12/2020" in item
    path = f"{desk.desk}/items/{checked['id']}/withdrawal"
    assert desk.send("steward", path).status_code == 422
    assert desk.send("steward", path, withdraw_reason="Nhầm người").status_code == 303

    assert desk.statement("work")["verification"] == "claimed"
    history = desk.page("expert", "/me/history?lang=en")
    assert "Reason: Nhầm người" in history


def test_a_steward_gives_a_reason_for_what_he_decides_for_the_person(desk: Desk) -> None:
    row = desk.statement("work")
    path = f"{desk.desk}/items/{row['id']}"

    refused = desk.send("steward", f"{path}/judgement?lang=en", judgement="rejected")
    assert refused.status_code == 422
    assert "Give the reason in a sentence" in refused.text
    desk.send("steward", f"{path}/judgement", judgement="rejected", judge_reason="Thư ngày 3/5")

    page = desk.page("steward", f"{desk.desk}?lang=en")
    assert "not this person, says a data steward" in page
    assert "Thư ngày 3/5" in desk.page("steward", f"{desk.desk}/history?lang=en")


def test_a_batch_is_seen_by_person_and_taken_back_with_what_came_later_listed(desk: Desk) -> None:
    row = desk.statement("work")
    desk.send("expert", f"/me/items/{row['id']}/judgement", judgement="accepted")
    listing = desk.page("steward", "/desk/changes?lang=en")
    batch = re.findall(r'href="(/desk/changes/[0-9a-f-]+)\?lang=en">Import', listing)[0]
    page = desk.page("steward", f"{batch}?lang=en")
    assert "Lê Thị Hoa" in page
    assert "Trần Minh" in page

    refused = desk.send("steward", f"{batch}?lang=en", what="whole", confirmed="true")
    assert refused.status_code == 412
    assert "changed again after this change" in refused.text
    assert "Leave what was changed later as it is" in refused.text
    done = desk.send("steward", batch, what="whole", confirmed="true", leave_changed="true")

    told = desk.page("steward", f"{done.headers['location']}&lang=en")
    assert "nothing is stated any more" in told
    assert "1 item was changed again later and stays as it is." in told
    assert [s["property"] for s in desk.all("work")] == ["work"]
    assert desk.all("sector") == []


def test_single_items_of_a_batch_are_taken_back(desk: Desk) -> None:
    listing = desk.page("steward", "/desk/changes")
    batch = re.findall(r'href="(/desk/changes/[0-9a-f-]+)"', listing)[0]
    row = desk.statement("sector")

    none = desk.send("steward", f"{batch}?lang=en", what="chosen")
    assert none.status_code == 422
    assert "Choose at least one item" in none.text
    asked = desk.send("steward", f"{batch}?lang=en", what="chosen", items=[row["id"]])
    assert f'name="items" value="{row["id"]}"' in asked.text
    done = desk.send("steward", batch, what="chosen", items=[row["id"]], confirmed="true")

    assert done.status_code == 303
    assert desk.all("sector") == []
    assert len(desk.all("work")) == 1


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_pages_have_one_heading_own_ids_and_no_script(desk: Desk, language: str) -> None:
    row = desk.statement("work")
    change = re.findall(r'href="/me/history/([0-9a-f-]+)', desk.page("expert", "/me/history"))[0]
    pages = [
        ("expert", "/me"),
        ("expert", "/me/add"),
        *(("expert", f"/me/add?property={name}") for name in VALUE_CLASSES),
        ("expert", f"/me/items/{row['id']}"),
        ("expert", "/me/history"),
        ("expert", f"/me/history/{change}"),
        ("secretariat", "/me"),
        ("steward", desk.desk),
        ("steward", f"{desk.desk}/add"),
        ("steward", f"{desk.desk}/items/{row['id']}"),
        ("steward", f"{desk.desk}/history"),
        ("steward", "/desk/changes"),
        ("steward", f"/desk/changes/{change}"),
    ]

    for who, path in pages:
        page = desk.page(who, f"{path}{'&' if '?' in path else '?'}lang={language}")
        assert page.count("<h1") == 1, path
        identifiers = re.findall(r'\sid="([^"]+)"', page)
        assert len(identifiers) == len(set(identifiers)), path
        assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=", page), path
        for name in re.findall(r'<label for="([^"]+)"', page):
            assert f'id="{name}"' in page, (path, name)


def test_forms_of_another_session_are_refused(desk: Desk) -> None:
    row = desk.statement("work")
    path = f"/me/items/{row['id']}/judgement"

    answer = desk.browsers["expert"].post(path, data={"judgement": "rejected", "csrf": "x"})

    assert answer.status_code == 403
    assert desk.statement("work")["judgement"] is None


def test_nobody_finds_anothers_pages(desk: Desk) -> None:
    row = desk.statement("work")

    for who in ("recruiter", "visitor"):
        for path in ("/me", "/me/history", desk.desk, "/desk/changes"):
            answer = desk.browsers[who].get(path)
            assert answer.status_code in {303, 403}, (who, path)
    for path in (desk.desk, "/desk/changes", f"{desk.desk}/items/{row['id']}"):
        assert desk.browsers["expert"].get(path).status_code == 403
    assert desk.page("expert", f"/me/items/{uuid4()}", 404)
    assert desk.page("expert", f"/me?of={desk.other_id}", 404)
    assert desk.page("steward", f"/desk/experts/{uuid4()}", 404)


def test_every_property_has_a_form_that_says_what_was_stated() -> None:
    values: dict[str, dict[str, Any]] = {
        "name": {"display": "Lê Thị Hoa", "family": "Lê", "kind": "main"},
        "external_id": {"scheme": "orcid", "value": "0000-0002-1825-0097"},
        "birth_year": {"year": 1970},
        "sex": {"sex": "female"},
        "sector": {"sector": "state"},
        "province": {"province": "Huế", "region": "central"},
        "origin": {"is_vietnamese": True},
        "rank": {"rank": "professor"},
        "language": {"code": "fr", "level": "working"},
        "field": {"scheme": "ford", "code": "2.2"},
        "terms": {"kind": "months_per_year", "months": 3, "note": {"vi": "hè"}},
        "contact": {"kind": "phone", "address": "+84 1"},
        "biography": {"text": {"vi": "a", "en": "b"}},
        "affiliation": {
            "organisation": "Viện",
            "ror_id": "0abcdefgh",
            "country_code": "VN",
            "role": {"en": "Head"},
            "is_main": True,
        },
        "degree": {"level": "doctor", "field": {"vi": "Hóa"}, "institution": "X"},
        "work": {
            "title": {"vi": "a"},
            "doi": "10.1000/a",
            "topics": ["T1"],
            "authors": ["A", "B"],
            "author_position": 2,
        },
        "patent": {"title": {"vi": "a"}, "number": "VN 1", "status": "granted"},
        "project": {"title": {"vi": "a"}, "number": "K1", "summary": {"en": "s"}},
        "award": {"title": {"vi": "a"}, "giver": "Bộ"},
        "post": {"title": {"vi": "a"}, "organisation": "X", "sector": "state"},
    }
    assert set(values) == set(VALUE_CLASSES)

    for name, value in values.items():
        typed = typed_from(name, value)
        assert set(typed) == {field.name for field in fields_of(name)}
        again = VALUE_CLASSES[name].model_validate(value_from(name, typed, value))
        assert again == VALUE_CLASSES[name].model_validate(value), name


def test_the_id_of_an_organisation_goes_with_its_name() -> None:
    before = {"organisation": "Viện A", "ror_id": "0abcdefgh"}

    same = value_from("affiliation", {"organisation": "Viện A"}, before)
    other = value_from("affiliation", {"organisation": "Viện B"}, before)

    assert same["ror_id"] == "0abcdefgh"
    assert "ror_id" not in other
