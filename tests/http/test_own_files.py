"""Files that people bring: read into a draft that is stored nowhere, chosen items as one change."""

import base64
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from ingest.load import load_whole
from ingest.own.drafting import open_draft, read_file
from registry.access.models import Delegation
from registry.access.policy import LOCAL_STEWARD, Actor, Role
from registry.audit.models import AuditEntry
from registry.config import Settings
from registry.db import Database
from registry.errors import InvalidInputError
from registry.experts.models import Change, Statement
from registry.experts.repository import find_by_source
from registry.vault import service as vault
from registry.web.cookies import form_token, session_cookie
from tests.accounts import make_account, sign_in
from tests.factories import NOW, make_person, said, work
from tests.http.sites import make_site, send
from tests.ingest.own_files import make_docx, make_pdf

BIBTEX = """@article{a, title = {Màng lọc graphen}, author = {Lê Thị Hoa}, year = 2020,
  doi = {10.5555/mang}}
@article{b, title = {Vật liệu <b>nano</b>}, author = {Lê Thị Hoa}, year = 2021, month = jun}
@misc{c, title = {Không rõ là gì}, note = {x}}
@hologram{d, title = {Chẳng ai biết}}
"""
KNOWN_DOI = "10.5555/mang"


@dataclass
class Desk:
    """Two profiles, and a browser of each who keeps one."""

    database: Database
    expert_id: UUID
    other_id: UUID
    account_id: str
    browsers: dict[str, TestClient]

    def upload(
        self, who: str, content: bytes | str, path: str = "/me/file", name: str = "cv"
    ) -> Any:
        browser = self.browsers[who]
        settings: Settings = cast(FastAPI, browser.app).state.settings
        token = browser.cookies.get(session_cookie(settings))
        data = content.encode() if isinstance(content, str) else content
        csrf = {"csrf": form_token(token)} if token else {}
        return browser.post(path, data=csrf, files={"file": (name, data)})

    def choose(self, who: str, page: str, *numbers: int, path: str = "", **fields: str) -> Any:
        sealed, version = hidden(page, "draft"), hidden(page, "version")
        items = [str(n) for n in numbers]
        sent = {"draft": sealed, "version": version, "item": items, **fields}
        return send(self.browsers[who], path or "/me/file/items", **sent)

    def own(self, property_name: str) -> list[dict[str, Any]]:
        answer = self.browsers["expert"].get(f"/api/v1/experts/{self.expert_id}").json()
        return [
            s
            for s in answer["statements"]
            if s["property"] == property_name and s["source"] == "self"
        ]

    def count(self, table: Any) -> int:
        with self.database.session() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, page[:2000]
    return found[1]


def ticked(page: str) -> dict[int, bool]:
    """The boxes of a page by number, and whether each is ticked."""
    boxes = re.findall(r'name="item" value="(\d+)"[^>]*?(checked)?>', page)
    return {int(number): bool(checked) for number, checked in boxes}


@pytest.fixture
def desk(database: Database, settings: Settings) -> Desk:
    theirs = {"title": {"vi": "Màng lọc graphen"}, "doi": KNOWN_DOI, "authors": []}
    people = [
        make_person("1", "Lê Thị Hoa", said("work", theirs), said("rank", {"rank": "professor"})),
        make_person("2", "Trần Minh", work("Bài của Minh")),
    ]
    load_whole(database, LOCAL_STEWARD, people, NOW)
    with database.session() as session:
        known = find_by_source(session, "test", ["1", "2"])
    site = make_site(settings, database)
    accounts = {
        "expert": make_account(database, "hoa", Role.EXPERT, expert_id=known["1"]),
        "other": make_account(database, "minh", Role.EXPERT, expert_id=known["2"]),
        "delegate": make_account(database, "lan"),
        "steward": make_account(database, "kho", Role.STEWARD),
        "member": make_account(database, "ai"),
    }
    now = datetime.now(UTC)
    with database.session() as session:
        session.add(
            Delegation(
                expert_id=known["1"],
                account_id=accounts["delegate"].id,
                sections=["work"],
                created_at=now,
                expires_at=now + timedelta(days=1),
            )
        )
    browsers = {who: sign_in(site.browser(), database, each) for who, each in accounts.items()}
    browsers["visitor"] = site.browser()
    return Desk(database, known["1"], known["2"], str(accounts["expert"].id), browsers)


def test_the_page_says_what_can_be_sent_in_both_languages(desk: Desk) -> None:
    english = desk.browsers["expert"].get("/me/file?lang=en").text

    assert "Add from a file" in english
    assert "BibTeX" in english
    assert 'enctype="multipart/form-data"' in english
    assert 'href="/me/file?lang=en"' in desk.browsers["expert"].get("/me?lang=en").text
    assert desk.browsers["expert"].get("/me/file").status_code == 200


def test_a_file_becomes_a_draft_with_words_places_and_ticks(desk: Desk) -> None:
    answer = desk.upload("expert", BIBTEX, "/me/file?lang=en")

    page = answer.text
    assert answer.status_code == 200
    # Known ones and guesses are for the person to tick.
    assert ticked(page) == {1: False, 2: True, 3: False}
    assert "already in the profile" in page
    assert "a guess: compare it with the words" in page
    assert "line 3, b" in page
    assert "Vật liệu nano" in page
    assert "<b>nano" not in page
    assert "Chẳng ai biết" in page
    assert "note" in page


def test_reading_a_file_stores_nothing_but_that_it_was_read(desk: Desk) -> None:
    before = desk.count(Statement), desk.count(Change)

    desk.upload("expert", BIBTEX)

    assert (desk.count(Statement), desk.count(Change)) == before
    with desk.database.session() as session:
        query = select(AuditEntry.action).where(AuditEntry.action == "statement:draft")
        assert len(session.scalars(query).all()) == 1


def test_what_is_ticked_becomes_the_persons_own_word_and_the_rest_is_not_kept(desk: Desk) -> None:
    page = desk.upload("expert", BIBTEX).text

    answer = desk.choose("expert", page, 2)

    assert answer.headers["location"] == "/me?done=added_chosen"
    (row,) = desk.own("work")
    assert row["value"]["title"] == {"vi": "Vật liệu nano"}
    assert (row["started_on"], row["verification"]) == ("2021-06", "claimed")
    assert desk.browsers["expert"].get(answer.headers["location"]).status_code == 200


def test_all_that_was_chosen_is_one_change_that_can_be_taken_back(desk: Desk) -> None:
    page = desk.upload("expert", BIBTEX).text
    desk.choose("expert", page, 1, 2, 3)
    assert len(desk.own("work")) == 3
    browser = desk.browsers["expert"]
    history = browser.get(f"/api/v1/experts/{desk.expert_id}/history").json()
    (change,) = [each["id"] for each in history["changes"] if each["kind"] == "edit"]
    page = browser.get(f"/me/history/{change}").text
    assert "Vật liệu nano" in page

    answer = browser.post(f"/api/v1/changes/{change}/reversion", json={})

    assert answer.status_code == 200, answer.text[:500]
    assert desk.own("work") == []


def test_the_same_file_once_more_brings_nothing_twice(desk: Desk) -> None:
    first = desk.upload("expert", BIBTEX).text
    desk.choose("expert", first, 2)
    second = desk.upload("expert", BIBTEX, "/me/file?lang=en").text
    assert ticked(second) == {1: False, 2: False, 3: False}

    again = desk.choose("expert", second, 2, path="/me/file/items?lang=en")

    assert again.status_code == 422
    assert "All that you chose is stated already" in again.text
    assert len(desk.own("work")) == 1


def test_a_form_without_ticks_is_shown_again(desk: Desk) -> None:
    page = desk.upload("expert", BIBTEX, "/me/file?lang=en").text

    answer = desk.choose("expert", page, path="/me/file/items?lang=en")

    assert answer.status_code == 422
    assert "Choose at least one item" in answer.text
    assert hidden(answer.text, "draft") == hidden(page, "draft")


def test_somebody_elses_change_meanwhile_is_told_and_the_ticks_are_kept(desk: Desk) -> None:
    page = desk.upload("expert", BIBTEX, "/me/file?lang=en").text
    fields = {"title.vi": "Giải Vàng", "version": hidden(page, "version")}
    assert send(desk.browsers["expert"], "/me/add?property=award", **fields).status_code == 303

    answer = desk.choose("expert", page, 3, path="/me/file/items?lang=en")

    assert answer.status_code == 412
    assert ticked(answer.text) == {1: False, 2: False, 3: True}
    assert desk.choose("expert", answer.text, 3).status_code == 303


def test_the_draft_is_shown_in_the_other_language_with_the_ticks(desk: Desk) -> None:
    page = desk.upload("expert", BIBTEX).text

    answer = desk.choose("expert", page, 3, path="/me/file/items?lang=en", again="en")

    assert answer.status_code == 200
    assert "What the file says" in answer.text
    assert ticked(answer.text) == {1: False, 2: False, 3: True}
    back = desk.choose("expert", answer.text, 2, again="vi", lang="en")
    assert '<html lang="vi">' in back.text
    assert ticked(back.text) == {1: False, 2: True, 3: False}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "nothing"),
        (b"\x89PNG\r\n\x1a\n\0\0", "a binary file"),
        (b"%PDF-1.4 broken", "a damaged PDF"),
        ("Chỉ là chữ".encode(), "text of another kind"),
        (b'{"basics": {"name": 5}}', "basics.name"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_what_to_send(
    desk: Desk, content: bytes, told: str
) -> None:
    answer = desk.upload("expert", content, "/me/file?lang=en")

    assert answer.status_code == 422
    assert told in answer.text
    assert "Please send" in answer.text
    assert desk.upload("expert", content).status_code == 422


def test_a_form_without_a_file_is_shown_again(desk: Desk) -> None:
    answer = send(desk.browsers["expert"], "/me/file?lang=en")

    assert answer.status_code == 422
    assert "Choose a file first" in answer.text


def test_a_file_that_is_too_long_is_refused_before_it_is_read(desk: Desk) -> None:
    assert desk.upload("expert", b"x" * 10_500_000).status_code == 422
    assert desk.upload("expert", b"x" * 11_000_000).status_code == 413


def test_a_cv_of_several_megabytes_is_taken(desk: Desk) -> None:
    padding = b"\n%" + b"x" * 4_000_000
    content = make_pdf(["HỌC VẤN", "2000 - 2004: Tiến sĩ Vật lý, Đại học Kyoto"]) + padding

    page = desk.upload("expert", content, "/me/file?lang=en").text

    assert "Đại học Kyoto" in page


def test_an_empty_draft_shows_what_was_not_understood(desk: Desk) -> None:
    page = desk.upload("expert", make_docx("Sở thích", "Đọc <i>sách</i>"), "/me/file?lang=en").text

    assert "No item was found" in page
    assert "Đọc &lt;i&gt;sách&lt;/i&gt;" in page
    assert ticked(page) == {}


def test_very_long_texts_and_lists_go_through_the_form(desk: Desk) -> None:
    title = "Một nhan đề rất dài " * 40
    entries = "".join(
        f"@article{{k{i}, title={{{title} {i}}}, author={{Lê Thị Hoa}}, year=2020}}\n"
        for i in range(790)
    )
    page = desk.upload("expert", entries).text

    answer = desk.choose("expert", page, *range(1, 791))

    assert answer.status_code == 303, answer.text[:500]
    assert len(desk.own("work")) == 790


def test_contacts_of_a_file_are_stored_sealed_and_for_stewards(desk: Desk) -> None:
    resume = {"basics": {"name": "Lê T. Hoa", "email": "hoa@example.org"}}
    page = desk.upload("expert", json.dumps(resume)).text

    desk.choose("expert", page, 1, 2)

    (contact,) = desk.own("contact")
    assert (contact["value"]["address"], contact["visibility"]) == ("hoa@example.org", "stewards")
    with desk.database.session() as session:
        stored = session.get_one(Statement, UUID(contact["id"]))
        assert "hoa@example.org" not in str(stored.value)


def test_a_draft_is_of_one_account_one_profile_and_one_day(desk: Desk) -> None:
    page = desk.upload("expert", BIBTEX).text

    for who, path in (("other", "/me/file/items"), ("delegate", "/me/file/items")):
        answer = desk.choose(who, page, 2, path=f"{path}?lang=en")
        assert answer.status_code == 422
        assert "This draft can no longer be used" in answer.text
    actor = Actor(desk.account_id, frozenset(), expert_id=desk.expert_id)
    with desk.database.session() as session:
        now = datetime.now(UTC)
        made = read_file(session, actor, desk.expert_id, "x", BIBTEX.encode(), now)
        day = timedelta(hours=24)
        assert open_draft(session, actor, desk.expert_id, made.sealed, now + day * 0.99).items
        with pytest.raises(InvalidInputError):
            open_draft(session, actor, desk.expert_id, made.sealed, now + day)
        vault.destroy_key(session, desk.expert_id)
        with pytest.raises(InvalidInputError):
            open_draft(session, actor, desk.expert_id, made.sealed, now)
        session.rollback()


@pytest.mark.parametrize("sealed", ["", "x", "AAAA", "é", "A" * 5000])
def test_a_draft_that_was_changed_does_not_open(desk: Desk, sealed: str) -> None:
    fields = {"draft": sealed, "version": "-", "item": "1"}

    answer = send(desk.browsers["expert"], "/me/file/items?lang=en", **fields)

    assert answer.status_code == 422
    assert "Send the file again" in answer.text


def test_a_delegate_gets_and_adds_the_items_of_his_sections_alone(desk: Desk) -> None:
    resume = {
        "basics": {"email": "hoa@example.org"},
        "publications": [{"name": "Một bài mới", "releaseDate": "2020"}],
    }
    page = desk.upload("delegate", json.dumps(resume), "/me/file?lang=en").text
    assert list(ticked(page)) == [1]
    assert "not yours to keep" in page

    answer = desk.choose("delegate", page, 1)

    assert answer.status_code == 303
    (row,) = desk.own("work")
    assert row["on_behalf_of"] == str(desk.expert_id)
    assert desk.own("contact") == []


def test_who_keeps_no_profile_gets_no_page(desk: Desk) -> None:
    assert desk.browsers["member"].get("/me/file").status_code == 403
    assert desk.upload("member", BIBTEX).status_code == 403
    assert desk.browsers["visitor"].get("/me/file").status_code == 303
    assert desk.upload("other", BIBTEX, f"/me/file?of={desk.expert_id}").status_code == 404


def _posted(desk: Desk, who: str, content: bytes, expert_id: UUID | None = None) -> Any:
    body = {"content": base64.b64encode(content).decode(), "name": "cv"}
    path = f"/api/v1/experts/{expert_id or desk.expert_id}/drafts"
    return desk.browsers[who].post(path, json=body)


def test_the_api_takes_a_file_and_then_chosen_items(desk: Desk) -> None:
    answer = _posted(desk, "expert", BIBTEX.encode())
    draft = answer.json()
    assert answer.status_code == 200, draft
    assert [(i["number"], i["sure"], bool(i["known"])) for i in draft["items"]] == [
        (1, True, True),
        (2, True, False),
        (3, False, False),
    ]
    assert draft["items"][0]["value"]["doi"] == KNOWN_DOI
    assert "hologram" in draft["unread"][0]["text"]
    path = f"/api/v1/experts/{desk.expert_id}/drafts/items"
    body = {"draft": draft["draft"], "items": [2, 3]}
    assert desk.browsers["expert"].post(path, json=body).status_code == 428

    added = desk.browsers["expert"].post(
        path, json=body, headers={"If-Match": answer.headers["etag"]}
    )

    assert added.status_code == 201, added.text
    assert len(added.json()["statements"]) == 2
    assert added.headers["etag"] != answer.headers["etag"]
    stale = desk.browsers["expert"].post(
        path, json={**body, "items": [1]}, headers={"If-Match": answer.headers["etag"]}
    )
    assert stale.status_code == 412


def test_the_api_refuses_with_reasons_and_tells_strangers_nothing(desk: Desk) -> None:
    refused = _posted(desk, "expert", b"%PDF-1.4 broken")
    assert refused.status_code == 422
    assert "damaged PDF" in refused.json()["errors"][0]["message"]
    body = {"content": "not base64!"}
    path = f"/api/v1/experts/{desk.expert_id}/drafts"
    assert desk.browsers["expert"].post(path, json=body).status_code == 422
    assert desk.browsers["other"].post(path, json=body).status_code == 404
    assert _posted(desk, "other", BIBTEX.encode()).status_code == 404
    assert _posted(desk, "member", BIBTEX.encode()).status_code == 403
    assert _posted(desk, "visitor", BIBTEX.encode()).status_code == 401
    assert _posted(desk, "steward", BIBTEX.encode()).status_code == 200


def test_an_item_that_is_not_of_the_draft_is_refused(desk: Desk) -> None:
    answer = _posted(desk, "expert", BIBTEX.encode())
    path = f"/api/v1/experts/{desk.expert_id}/drafts/items"
    headers = {"If-Match": answer.headers["etag"]}
    body = {"draft": answer.json()["draft"], "items": [2, 99]}

    refused = desk.browsers["expert"].post(path, json=body, headers=headers)

    assert refused.status_code == 422
    assert desk.own("work") == []
