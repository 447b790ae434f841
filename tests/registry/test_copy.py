"""The copy of everything that is held about a person, and who may have it."""

import json
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import inspect
from sqlmodel import select

from registry.access.policy import Actor, Role
from registry.audit.models import AuditEntry
from registry.db import Database
from registry.errors import NotFoundError, NotPermittedError
from registry.experts import editing, judging, repository
from registry.experts.judging import Shown
from registry.experts.models import Expert
from registry.experts.schemas import Life, Visibility
from registry.rights.copy import WITHHELD, WITHHELD_WORDS, copy_of, person_tables
from registry.rights.copy_page import copy_file, sections
from registry.rights.erasure import erase
from registry.web.labels import LABELS
from tests import whole_person
from tests.claims import actor_of, claim, make_lead
from tests.factories import NOW, said, work
from tests.whole_person import Whole, make_whole

STEWARD = Actor("operator:test", frozenset({Role.STEWARD}))
RECRUITER = Actor("r", frozenset({Role.RECRUITER}), body="most")
# The audit is a section of its own, and nobody who is there was erased.
APART = {"audit_entry", "erasure"}


def _own(whole: Whole) -> Actor:
    return Actor(str(whole.account.id), frozenset(), expert_id=whole.id)


def test_every_table_that_points_to_people_is_in_the_copy(database: Database) -> None:
    whole = make_whole(database)

    with database.session() as session:
        pointing = set(person_tables(session))
        document = copy_of(session, _own(whole), whole.id, NOW)

    # A new table has to get a row in tests/whole_person.py, and is then found by itself.
    assert pointing - set(document["tables"]) == APART
    assert {"audit_entry", "statement", "consent", "change_log"} <= pointing
    owned = {"web_session", "api_token", "external_login", "account_role", "outside_flow"}
    assert owned <= set(document["tables"])
    assert all(rows for rows in document["tables"].values())
    assert document["vectors"] == [{"encoder_version": "e", "texts": 2}]


def test_sealed_parts_are_opened_and_secrets_kept_back(database: Database) -> None:
    whole = make_whole(database)

    with database.session() as session:
        tables = copy_of(session, _own(whole), whole.id, NOW)["tables"]

    contact = next(row for row in tables["statement"] if row["property"] == "contact")
    assert contact["value"]["address"] == whole_person.EMAIL
    assert tables["consent"][0]["evidence"] == "thư số 12 của bà Quỳnh Hương"
    assert tables["rights_request"][0]["words"] == "Xin sửa tên viện"
    assert tables["change"][0]["words"] == "vì tôi đã chuyển viện"
    assert tables["source_record"][0]["sealed"] == {"key": whole_person.SOURCE_KEY}
    assert tables["access_link"][0]["sent_to"] == whole_person.EMAIL
    for rows in tables.values():
        for row in rows:
            for name in WITHHELD & set(row):
                assert row[name] in (None, WITHHELD_WORDS)
    # What was said before, and by whom, is there with what is said now.
    assert len([r for r in tables["statement"] if r["superseded_at"]]) == 1


def test_nobody_elses_account_and_nobody_elses_rank_is_told(database: Database) -> None:
    whole = make_whole(database)

    with database.session() as session:
        document = copy_of(session, _own(whole), whole.id, NOW)

    text = json.dumps(document, ensure_ascii=False)
    assert str(whole.steward.id) not in text
    assert "operator:" not in text
    assert str(whole.account.id) in text
    assert {(row["body"], row["purpose"]) for row in document["tables"]["disclosure"]} == {
        ("most", "Chương trình")
    }
    (run,) = document["match_runs"]
    assert (run["score"], run["line_scores"]) == (0.8, [0.8])
    assert "rank" not in run
    told = [{k: v for k, v in r.items() if k != "created_at"} for r in document["match_runs"]]
    assert "0.9" not in json.dumps(told)
    assert whole_person.OTHER_NAME not in json.dumps(document["match_runs"], ensure_ascii=False)


def test_what_was_done_with_the_data_is_told_with_its_details(database: Database) -> None:
    whole = make_whole(database)

    with database.session() as session:
        document = copy_of(session, _own(whole), whole.id, NOW)

    read = next(entry for entry in document["audit"] if entry["action"] == "expert:read")
    assert read["details"]["purpose"] == "Chương trình"


def test_profiles_merged_with_his_are_in_a_persons_copy(database: Database) -> None:
    whole = make_whole(database)
    with database.session() as session:
        merged = session.get_one(Expert, whole.other_id)
        merged.life, merged.canonical_id = Life.MERGED, whole.id

    with database.session() as session:
        tables = copy_of(session, _own(whole), whole.id, NOW)["tables"]

    names = {r["value"]["display"] for r in tables["statement"] if r["property"] == "name"}
    assert {whole_person.NAME, whole_person.OTHER_NAME} <= names


def test_a_copy_is_for_the_person_and_whoever_handles_rights_and_is_noted(
    database: Database,
) -> None:
    whole = make_whole(database)
    stranger = Actor("x", frozenset(), expert_id=whole.other_id)

    with database.session() as session:
        for actor in (RECRUITER, stranger):
            with pytest.raises(NotPermittedError):
                copy_of(session, actor, whole.id, NOW)
        copy_of(session, STEWARD, whole.id, NOW)

    with database.session() as session:
        noted = session.scalars(select(AuditEntry).where(AuditEntry.action == "rights:copy")).one()
        assert (noted.actor, noted.expert_id) == (STEWARD.id, whole.id)
    with database.session() as session:
        erase(session, STEWARD, whole.id, "test", NOW + timedelta(days=1))
    with database.session() as session, pytest.raises(NotFoundError):
        copy_of(session, STEWARD, whole.id, NOW)


def test_the_file_for_reading_holds_everything_in_both_languages_and_needs_nothing_else(
    database: Database,
) -> None:
    whole = make_whole(database)

    with database.session() as session:
        document = copy_of(session, _own(whole), whole.id, NOW)
        file = copy_file(session, document, "vi")
        english = sections(session, document, "en")

    for text in (whole_person.NAME, whole_person.EMAIL, whole_person.TITLE, whole_person.ORCID):
        assert file.count(text) >= 2
    assert file.index('lang="vi"') < file.index('lang="en"')
    assert "What is said of you" in file
    assert not re.search(r"<script|<link|<img|(?:src|href)=\"(?!#)", file)
    headings = [section.heading for section in english]
    assert headings[0] == "What is said of you, by whom"
    assert len(headings) == len(set(headings))


def test_what_a_person_wrote_cannot_become_part_of_the_file(database: Database) -> None:
    whole = make_whole(database)
    with database.session() as session:
        document = copy_of(session, _own(whole), whole.id, NOW)
        document["tables"]["api_token"][0]["name"] = "<script>alert(1)</script>"

        file = copy_file(session, document, "en")

    assert "<script" not in file
    assert "&lt;script&gt;" in file


def test_every_table_and_column_has_words(database: Database) -> None:
    with database.session() as session:
        tables = set(person_tables(session)) | {"web_session", "api_token", "external_login"}
        columns = {
            table: {column["name"] for column in inspect(session.connection()).get_columns(table)}
            for table in tables
        }

    assert tables - {"audit_entry", "match_run"} <= set(LABELS["holding"])
    unnamed = {
        f"{table}.{name}"
        for table, names in columns.items()
        if table not in {"statement", "audit_entry", "match_run", "expert", *_MARKS}
        for name in names
        if name not in LABELS["column"] and name != "id" and not name.endswith(("_id", "_hash"))
    }
    assert unnamed <= _TECHNICAL


_MARKS = {"change_log", "derivation", "person_key", "passage", "erasure"}
_TECHNICAL = {
    f"{table}.{name}"
    for table, name in [
        ("account", "totp_sealed"),
        ("account", "totp_used_step"),
        ("change", "closed_by"),
        ("change", "on_behalf_of"),
        ("change", "reverted_by"),
        ("identity_judgement", "superseded_by"),
        ("item_choice", "closed_by"),
        ("outside_flow", "nonce"),
        ("outside_flow", "verifier"),
        ("source_record", "raw"),
        ("source_record", "url"),
    ]
}


def _as_steward(database: Database, expert_id: UUID) -> dict[str, list[dict[str, Any]]]:
    with database.session() as session:
        return dict(copy_of(session, STEWARD, expert_id, NOW)["tables"])


def test_a_stewards_copy_tells_a_hidden_item_by_no_record_of_its_source(
    database: Database,
) -> None:
    expert_id = make_lead(database, "1", work("Công trình giấu đi"), life=Life.CLAIMED)
    holder, _ = claim(database, expert_id)
    open_copy = json.dumps(_as_steward(database, expert_id), default=str, ensure_ascii=False)
    with database.session() as session:
        actor = actor_of(session, holder)
        item = repository.list_current(session, [expert_id])[expert_id]
        target = next(row for row in item if row.property == "work")
        seen = [str(target.id)]
        shown = Shown(Visibility.SELF)
        judging.show_item(session, actor, expert_id, target.id, shown, seen=seen, now=NOW)

    tables = _as_steward(database, expert_id)

    assert "giấu đi" in open_copy
    assert "giấu đi" not in json.dumps(tables, default=str, ensure_ascii=False)
    assert all(row["sealed"] is None for row in tables["source_record"])


def test_a_stewards_copy_tells_a_hidden_item_under_no_former_title(database: Database) -> None:
    expert_id = make_lead(database, "1", work("Tên cũ"), life=Life.CLAIMED)
    holder, _ = claim(database, expert_id)
    with database.session() as session:
        actor = actor_of(session, holder)
        rows = repository.list_current(session, [expert_id])[expert_id]
        target = next(row for row in rows if row.property == "work")
        renamed = said("work", {"title": {"vi": "Tên mới"}})
        seen = [str(target.id)]
        editing.correct_item(session, actor, expert_id, target.id, renamed, seen=seen, now=NOW)
    with database.session() as session:
        actor = actor_of(session, holder)
        rows = repository.list_current(session, [expert_id])[expert_id]
        for row in [row for row in rows if row.property == "work"]:
            shown = Shown(Visibility.SELF)
            seen = [str(row.id)]
            judging.show_item(session, actor, expert_id, row.id, shown, seen=seen, now=NOW)
            break

    tables = json.dumps(_as_steward(database, expert_id), default=str, ensure_ascii=False)

    assert "Tên mới" not in tables
    assert "Tên cũ" not in tables
