"""Lists as files: what is in them for whom, that nothing in them is a formula, who is told."""

import csv
import io
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import openpyxl
import pytest
from sqlalchemy import event, select, text, update
from sqlalchemy.orm import Session
from sqlmodel import col

from ingest.load import load_whole
from registry.access.policy import LOCAL_STEWARD, Actor, Role
from registry.audit.service import list_entries
from registry.db import Database
from registry.errors import InvalidInputError, NotPermittedError, NotSignedInError
from registry.experts import exporting, standing
from registry.experts.export_formats import FORMATS, PERSON_COLUMNS, neutral
from registry.experts.exporting import ExportRequest
from registry.experts.models import Disclosure, Expert
from registry.experts.repository import find_by_source
from registry.experts.schemas import Life
from tests.factories import NOW, make_person, said, work

RECRUITER: Final = Actor("recruiter", frozenset({Role.RECRUITER}), "most")
OTHER: Final = Actor("other", frozenset({Role.RECRUITER}), "moh")
STEWARD: Final = Actor("steward", frozenset({Role.STEWARD}))
AUDITOR: Final = Actor("auditor", frozenset({Role.AUDITOR}))
PURPOSE: Final = "lập danh sách mời họp"
HARMFUL: Final = (
    '=HYPERLINK("http://evil.example","bấm")',
    "=1+1",
    "+84 912",
    "-2+3",
    "@SUM(A1)",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "#N/A",
    'Lê "Hoa", An',
    "'=1",
)


def _export(session: Session, actor: Actor, **request: Any) -> bytes:
    out = io.BytesIO()
    asked = ExportRequest(**({"purpose": PURPOSE} | request))
    exporting.export_people(session, actor, asked, NOW, out)
    return out.getvalue()


def _csv(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def _lines(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.splitlines()]


@pytest.fixture
def harmful(database: Database) -> Iterator[Session]:
    people = [
        make_person(str(n), name, work(name), said("award", {"title": {"vi": name}}))
        for n, name in enumerate(HARMFUL)
    ]
    load_whole(database, LOCAL_STEWARD, people, NOW)
    with database.session() as session:
        yield session


# Nothing is a formula.


def test_a_csv_cell_that_a_spreadsheet_would_compute_has_an_apostrophe_before_it(
    harmful: Session,
) -> None:
    rows = _csv(_export(harmful, RECRUITER))

    found = {row["display_name"] for row in rows}
    assert found == {f"'{name}" if name[0] in "=+-@＝＋－＠" else name for name in HARMFUL}
    assert not [c for row in rows for c in row.values() if c.lstrip()[:1] in tuple("=+-@＝＋－＠")]


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=1", "'=1"),
        (" =1", "' =1"),
        ("\u00a0+1", "'\u00a0+1"),
        ("\t1", "'\t1"),
        ("\r1", "'\r1"),
        ("\n1", "'\n1"),
        ("a=1", "a=1"),
        ("", ""),
        ("  ", "  "),
        (-1, -1),
        (None, None),
    ],
)
def test_signs_of_formulas_are_found_behind_blanks_and_numbers_are_left_alone(
    cell: Any, safe: Any
) -> None:
    assert neutral(cell) == safe


def test_a_workbook_holds_every_text_as_a_text_and_unchanged(harmful: Session) -> None:
    book = openpyxl.load_workbook(io.BytesIO(_export(harmful, RECRUITER, format="xlsx")))

    people, statements = book["people"], book["statements"]
    names = people["B"][1:]
    assert {cell.value for cell in names} == set(HARMFUL)
    assert {cell.data_type for cell in names} == {"s"}
    assert all(cell.quotePrefix for cell in names if str(cell.value)[0] in "=+-@＝＋－＠")
    types = {cell.data_type for sheet in (people, statements) for row in sheet for cell in row}
    # Texts, numbers, and empty cells, which count as numbers; no formula and no error.
    assert types <= {"s", "n"}
    assert statements.max_row == 1 + sum(p["statements"] for p in _counts(people))


def _counts(sheet: Any) -> list[dict[str, int]]:
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_a_text_longer_than_a_cell_may_be_is_cut_in_the_workbook_alone(
    database: Database,
) -> None:
    long = {"vi": "ă" * 20_000, "en": "b" * 20_000}
    person = make_person("1", "Lê Hoa", said("biography", {"text": long}))
    load_whole(database, LOCAL_STEWARD, [person], NOW)

    with database.session() as session:
        book = openpyxl.load_workbook(io.BytesIO(_export(session, RECRUITER, format="xlsx")))
        (whole,) = _lines(_export(session, RECRUITER, format="jsonl"))

    cells = [str(row[3]) for row in book["statements"].iter_rows(values_only=True)]
    cut = next(cell for cell in cells if "ăăă" in cell)
    assert len(cut) == 32_767
    assert cut.endswith("…")
    assert any(s["value"].get("text") == long for s in whole["statements"])


def test_json_lines_hold_each_person_with_his_statements_and_their_sources(
    harmful: Session,
) -> None:
    people = _lines(_export(harmful, RECRUITER, format="jsonl"))

    assert {p["display_name"] for p in people} == set(HARMFUL)
    award = next(s for s in people[0]["statements"] if s["property"] == "award")
    assert award["value"]["title"]["vi"] == people[0]["display_name"]
    assert (award["source"], award["verification"]) == ("test", "claimed")
    assert award["asserted_at"].startswith("2026-07-01T00:00:00")


# Who gets what.


def _secretive(database: Database) -> UUID:
    person = make_person(
        "1",
        "Lê Hoa",
        work("Công khai"),
        work("Cho bộ ngành", visibility="bodies"),
        work("Cho một bộ", visibility="named_bodies", named_bodies=["most"]),
        work("Nội bộ", visibility="stewards"),
        work("Riêng tư", visibility="self"),
        said("contact", {"kind": "email", "address": "hoa@vi-du.vn"}, visibility="bodies"),
        said("contact", {"kind": "phone", "address": "+84 912 345"}, visibility="stewards"),
    )
    load_whole(database, LOCAL_STEWARD, [person], NOW)
    with database.session() as session:
        return find_by_source(session, "test", ["1"])["1"]


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize(
    ("actor", "seen"),
    [
        (RECRUITER, {"Công khai", "Cho bộ ngành", "Cho một bộ", "hoa@vi-du.vn"}),
        (OTHER, {"Công khai", "Cho bộ ngành", "hoa@vi-du.vn"}),
        (
            STEWARD,
            {"Công khai", "Cho bộ ngành", "Cho một bộ", "Nội bộ", "hoa@vi-du.vn", "+84 912 345"},
        ),
    ],
)
def test_a_file_holds_what_its_reader_may_see_contact_data_included(
    database: Database, file_format: str, actor: Actor, seen: set[str]
) -> None:
    _secretive(database)
    everything = {
        *("Công khai", "Cho bộ ngành", "Cho một bộ", "Nội bộ", "Riêng tư"),
        *("hoa@vi-du.vn", "+84 912 345"),
    }

    with database.session() as session:
        content = _export(session, actor, format=file_format)

    if file_format == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(content))
        told = " ".join(str(cell.value) for sheet in book for row in sheet for cell in row)
    else:
        told = content.decode()
    if file_format == "csv":
        everything = {"hoa@vi-du.vn", "+84 912 345"}
    assert {word for word in everything if word in told} == seen & everything
    assert "sealed" not in told


def test_what_somebody_sees_as_a_person_is_not_in_a_file_of_his_body(database: Database) -> None:
    own = _secretive(database)
    also_expert = Actor("x", frozenset({Role.RECRUITER, Role.EXPERT}), "moh", own)

    with database.session() as session:
        content = _export(session, also_expert, format="jsonl").decode()

    assert "Công khai" in content
    assert "Riêng tư" not in content
    assert "Cho một bộ" not in content


def test_a_secretary_exports_what_her_council_sees_of_its_candidates(database: Database) -> None:
    people = [
        make_person(str(n), f"Lê {n}", work(f"Hội đồng {n}", visibility="council"))
        for n in range(2)
    ]
    load_whole(database, LOCAL_STEWARD, people, NOW)
    with database.session() as session:
        candidate = find_by_source(session, "test", ["0"])["0"]
        secretary = Actor(
            "s", frozenset({Role.SECRETARY}), "most", candidates=frozenset({candidate})
        )
        content = _export(session, secretary, format="jsonl").decode()

    assert "Hội đồng 0" in content
    assert "Hội đồng 1" not in content


def test_contacts_are_in_a_file_for_those_who_see_them(database: Database) -> None:
    expert_id = _secretive(database)
    with database.session() as session:
        at = NOW - timedelta(days=40)
        standing.record_contact(session, RECRUITER, expert_id, "sent", NOW, at=at)
        (row,) = _csv(_export(session, RECRUITER))
        unseeing = Actor("operator:x", frozenset({Role.RECRUITER}))
        (hidden,) = _csv(_export(session, unseeing))

    assert row["reachability"] == "unanswered"
    assert hidden["reachability"] == hidden["confirmed_on"] == ""
    assert tuple(row) == PERSON_COLUMNS


def test_filters_and_order_are_those_of_the_list(database: Database) -> None:
    people = [
        make_person("1", "Lê B", country="FR"),
        make_person("2", "Lê A", country="FR"),
        make_person("3", "Lê C", country="VN"),
    ]
    load_whole(database, LOCAL_STEWARD, people, NOW)

    with database.session() as session:
        found = _csv(_export(session, RECRUITER, countries=["FR"]))
        newest = _csv(_export(session, RECRUITER, countries=["FR"], sort="newest"))
        named = _csv(_export(session, RECRUITER, q="c le"))
        with pytest.raises(NotPermittedError, match="filter lives"):
            _export(session, RECRUITER, lives=["claimed"])

    assert [row["display_name"] for row in found] == ["Lê A", "Lê B"]
    assert sorted(row["display_name"] for row in newest) == ["Lê A", "Lê B"]
    assert [row["display_name"] for row in named] == ["Lê C"]


# Purpose, traces, limits.


@pytest.mark.parametrize("purpose", [None, "", " \u200b "])
def test_without_a_purpose_nobody_is_exported(database: Database, purpose: str | None) -> None:
    _secretive(database)

    with database.session() as session, pytest.raises(InvalidInputError, match="what purpose"):
        _export(session, RECRUITER, purpose=purpose)
    with database.session() as session:
        assert not session.scalars(select(Disclosure)).all()


def test_whoever_may_not_export_does_not(database: Database) -> None:
    own = _secretive(database)
    expert = Actor("e", frozenset({Role.EXPERT}), expert_id=own)
    narrow = Actor("t", frozenset({Role.RECRUITER}), "most", scopes=frozenset({"expert:search"}))

    with database.session() as session:
        for actor in (expert, AUDITOR, narrow):
            with pytest.raises(NotPermittedError):
                _export(session, actor)
        with pytest.raises(NotSignedInError):
            _export(session, Actor("anonymous", frozenset()))


def test_leads_are_in_a_file_only_when_they_are_asked_for(database: Database) -> None:
    people = [make_person("1", "Lê Hoa"), make_person("2", "Trần Chờ", life=Life.LEAD)]
    load_whole(database, LOCAL_STEWARD, people, NOW)

    with database.session() as session:
        without = _csv(_export(session, RECRUITER))
        with_leads = _csv(_export(session, RECRUITER, with_leads=True))

    assert [row["display_name"] for row in without] == ["Lê Hoa"]
    assert [row["display_name"] for row in with_leads] == ["Lê Hoa", "Trần Chờ"]


def test_everybody_in_a_file_is_told_for_whom_and_why_and_the_audit_how_many(
    database: Database,
) -> None:
    people = [make_person("1", "Lê Hoa"), make_person("2", "Lê Lan")]
    load_whole(database, LOCAL_STEWARD, people, NOW)

    with database.session() as session:
        _export(session, RECRUITER, q="hoa", format="jsonl")

    with database.session() as session:
        known = find_by_source(session, "test", ["1"])
        told = session.scalars(select(Disclosure)).all()
        assert [(d.expert_id, d.kind, d.actor, d.body, d.purpose) for d in told] == [
            (known["1"], "export", "recruiter", "most", PURPOSE)
        ]
        (entry,) = list_entries(session, AUDITOR, action="expert:export")
        assert entry.details == {"format": "jsonl", "people": 1}


@pytest.mark.parametrize("change", [{"life": "withdrawn"}, {"restricted_at": NOW}])
def test_who_left_is_in_no_file_from_that_moment_on(
    database: Database, change: dict[str, Any]
) -> None:
    _secretive(database)
    with database.session() as session:
        assert len(_csv(_export(session, RECRUITER))) == 1
        session.execute(update(Expert).values(**change))

    with database.session() as session:
        assert _csv(_export(session, RECRUITER)) == []


def test_who_withdraws_while_a_file_is_made_is_not_in_it(database: Database) -> None:
    people = [make_person("1", "Lê Hoa"), make_person("2", "Lê Lan")]
    load_whole(database, LOCAL_STEWARD, people, NOW)
    with database.session() as session:
        leaving = find_by_source(session, "test", ["2"])["2"]
    left = threading.Event()

    def withdraw(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        # Once his statements are being read, and so after he was found to be in the list.
        if "statement.value" in statement and not left.is_set():
            left.set()
            with database.session() as other:
                other.execute(
                    update(Expert).where(col(Expert.id) == leaving).values(life="withdrawn")
                )

    event.listen(database.engine, "before_cursor_execute", withdraw)
    with database.session() as session:
        rows = _csv(_export(session, RECRUITER))

    assert left.is_set()
    assert [row["display_name"] for row in rows] == ["Lê Hoa"]
    with database.session() as session:
        assert leaving not in {d.expert_id for d in session.scalars(select(Disclosure))}


def test_a_list_of_more_than_ten_thousand_is_refused_with_advice(database: Database) -> None:
    with database.session() as session:
        session.execute(
            text(
                "WITH new AS (INSERT INTO expert (id, life, is_invented) SELECT "
                "gen_random_uuid(), 'claimed', true FROM generate_series(1, 10001) RETURNING id) "
                "INSERT INTO expert_summary (expert_id, display_name, folded_name, languages, "
                "fields, groups) SELECT id, 'Lê Hoa', 'le hoa', '{}', '{}', '{}' FROM new"
            )
        )

    with database.session() as session:
        with pytest.raises(InvalidInputError, match=r"10,001 people .* at most 10,000"):
            _export(session, RECRUITER)
        session.execute(
            text("UPDATE expert SET life = 'paused' WHERE id = (SELECT id FROM expert LIMIT 1)")
        )
        assert len(_csv(_export(session, RECRUITER))) == 10_000
