"""Runs of imports: nothing is written before it was shown, nothing is lost, all can be undone."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select
from sqlmodel import col

from ingest.runs import service, store
from ingest.runs.advancing import Tools, advance
from ingest.runs.models import ImportFile, ImportRow
from ingest.runs.service import GivenFile
from ingest.runs.staging import unexpected
from ingest.services.manifest import Expected
from registry.access.policy import LOCAL_STEWARD, Actor, Role
from registry.config import Settings
from registry.db import Database
from registry.errors import InvalidInputError, NotPermittedError
from registry.experts import repository, reverting
from registry.experts.models import Expert, ExpertSummary, Statement
from registry.identity.models import IdentityJudgement, IdentityProposal
from registry.rights import retention
from registry.rights.erasure import erase
from tests.factories import NOW

ADMIN = Actor("operator:test", frozenset({Role.ADMINISTRATOR}))
RECRUITER = Actor("r1", frozenset({Role.RECRUITER}), body="most")


def _author(number: int, name: str, *, orcid: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": f"https://openalex.org/A500000{number:04}",
        "display_name": name,
        "orcid": f"https://orcid.org/{orcid}" if orcid else None,
        **more,
    }


def _begin(database: Database, *authors: dict[str, Any]) -> UUID:
    content = "\n".join(json.dumps(author) for author in authors).encode()
    with database.session() as session:
        files = [GivenFile("authors.jsonl", content)]
        return service.begin_files(session, LOCAL_STEWARD, "openalex_files", files, NOW).id


def _advance(database: Database, run_id: UUID, **tools: Any) -> str:
    return advance(database, run_id, LOCAL_STEWARD, Tools(Settings(), **tools))


def _confirm(database: Database, run_id: UUID, outcomes: list[str] | None = None) -> str:
    with database.session() as session:
        service.confirm(session, LOCAL_STEWARD, run_id, NOW, outcomes)
    return _advance(database, run_id)


def _rows(database: Database, run_id: UUID) -> list[tuple[str | None, bool]]:
    with database.session() as session:
        rows = service.rows_of(session, LOCAL_STEWARD, run_id)
        return [(row.outcome, row.is_chosen) for row, _ in rows]


def _people(database: Database) -> dict[str, UUID]:
    with database.session() as session:
        return {row.display_name: row.expert_id for row in session.scalars(select(ExpertSummary))}


def test_a_run_shows_what_would_happen_and_writes_nothing(database: Database) -> None:
    run_id = _begin(database, _author(1, "Trần Thị Khóa"), _author(2, "Lê Văn Sò"))

    state = _advance(database, run_id)

    assert state == "ready"
    assert _rows(database, run_id) == [("new", True), ("new", True)]
    with database.session() as session:
        assert session.scalars(select(Expert)).all() == []
        (_, content), _ = service.rows_of(session, LOCAL_STEWARD, run_id)
    names = [c for c in content["changes"] if c["property"] == "name"]
    assert names[0]["before"] is None
    assert names[0]["after"]["value"]["display"] == "Trần Thị Khóa"


def test_what_is_confirmed_is_loaded_and_again_changes_nothing(database: Database) -> None:
    run_id = _begin(database, _author(1, "Trần Thị Khóa"))
    _advance(database, run_id)

    state = _confirm(database, run_id)
    again = _begin(database, _author(1, "Trần Thị Khóa"))
    _advance(database, again)

    assert state == "loaded"
    assert list(_people(database)) == ["Trần Thị Khóa"]
    assert _rows(database, again) == [("same", False)]
    with (
        database.session() as session,
        pytest.raises(InvalidInputError, match="Choose at least one row"),
    ):
        service.confirm(session, LOCAL_STEWARD, again, NOW)


def test_an_update_is_shown_field_by_field(database: Database) -> None:
    run_id = _begin(database, _author(1, "Trần Thị Khóa"))
    _advance(database, run_id)
    _confirm(database, run_id)

    newer = _begin(database, _author(1, "Trần Thị Khoá", orcid="0000-0002-1825-0097"))
    _advance(database, newer)

    with database.session() as session:
        ((row, content),) = service.rows_of(session, LOCAL_STEWARD, newer)
    told = {(change["property"], change["before"] is None): change for change in content["changes"]}
    assert row.outcome == "update"
    name = told["name", False]
    assert (name["before"]["value"]["display"], name["after"]["value"]["display"]) == (
        "Trần Thị Khóa",
        "Trần Thị Khoá",
    )
    assert told["external_id", True]["after"]["value"]["value"] == "0000-0002-1825-0097"


def test_rows_that_are_left_out_are_not_loaded(database: Database) -> None:
    run_id = _begin(database, _author(1, "Trần Thị Khóa"), _author(2, "Lê Văn Sò"))
    _advance(database, run_id)
    with database.session() as session:
        count = service.choose(session, LOCAL_STEWARD, run_id, [1], chosen=False)

    _confirm(database, run_id)

    assert count == 1
    assert list(_people(database)) == ["Lê Văn Sò"]


def test_a_refused_record_stops_nobody_else_and_is_told(database: Database) -> None:
    wrong = {**_author(2, "Lê Văn Sò"), "affiliations": "none"}
    content = json.dumps(_author(1, "Trần Thị Khóa")) + "\n" + json.dumps(wrong)
    with database.session() as session:
        run_id = service.begin_files(
            session,
            LOCAL_STEWARD,
            "openalex_files",
            [GivenFile("a.jsonl", content.encode())],
            NOW,
        ).id

    state = _advance(database, run_id)

    with database.session() as session:
        run = store.get_run(session, run_id)
    assert state == "failed"
    assert run.problem is not None
    assert "affiliations" in run.problem
    assert _people(database) == {}


def test_a_loaded_run_is_undone_as_one_change(database: Database) -> None:
    run_id = _begin(database, _author(1, "Trần Thị Khóa"), _author(2, "Lê Văn Sò"))
    _advance(database, run_id)
    _confirm(database, run_id)
    with database.session() as session:
        change_id = store.get_run(session, run_id).change_id
        assert change_id is not None
        reverting.revert_change(session, LOCAL_STEWARD, change_id, now=NOW, reason="wrong file")

    assert _people(database) == {}
    with database.session() as session:
        assert service.get(session, LOCAL_STEWARD, run_id).is_taken_back
    again = _begin(database, _author(1, "Trần Thị Khóa"))
    _advance(database, again)
    assert _rows(database, again) == [("update", True)]


def test_whoever_was_erased_is_not_offered_again(database: Database) -> None:
    run_id = _begin(database, _author(1, "Trần Thị Khóa"))
    _advance(database, run_id)
    _confirm(database, run_id)
    (expert_id,) = _people(database).values()
    waiting = _begin(database, _author(1, "Trần Thị Khoá"))
    _advance(database, waiting)

    with database.session() as session:
        erase(session, LOCAL_STEWARD, expert_id, "asked for", NOW)
    again = _begin(database, _author(1, "Trần Thị Khóa"))
    _advance(database, again)

    assert _rows(database, again) == [("erased", False)]
    with database.session() as session:
        row = session.get_one(ImportRow, (waiting, 1))
        assert (row.sealed, row.expert_id, row.is_chosen) == (None, None, False)


def test_a_discarded_run_keeps_nothing_of_people(database: Database) -> None:
    run_id = _begin(database, _author(1, "Trần Thị Khóa"))
    _advance(database, run_id)

    with database.session() as session:
        service.discard(session, LOCAL_STEWARD, run_id, NOW)

    with database.session() as session:
        assert session.scalars(select(ImportFile)).all() == []
        assert [row.sealed for row in session.scalars(select(ImportRow))] == [None]
        with pytest.raises(InvalidInputError):
            service.confirm(session, LOCAL_STEWARD, run_id, NOW)


def test_who_may_not_import_sees_and_begins_no_run(database: Database) -> None:
    run_id = _begin(database, _author(1, "Trần Thị Khóa"))
    with database.session() as session:
        for act in (
            lambda: service.get(session, RECRUITER, run_id),
            lambda: service.rows_of(session, RECRUITER, run_id),
            lambda: service.list_runs(session, RECRUITER),
            lambda: service.begin_files(session, RECRUITER, "openalex_files", [], NOW),
        ):
            with pytest.raises(NotPermittedError):
                act()


# Who is who

HANOI = {
    "institution": {"display_name": "Viện Vi mạch Thử nghiệm Hà Nội", "country_code": "VN"},
    "years": [2024],
}
ORCID = "0000-0002-1825-0097"


def _known(database: Database) -> UUID:
    known = _author(1, "Trần Thị Khóa", orcid=ORCID, affiliations=[HANOI])
    run_id = _begin(database, known)
    _advance(database, run_id)
    _confirm(database, run_id)
    return _people(database)["Trần Thị Khóa"]


def test_somebody_with_the_same_name_alone_is_proposed_and_not_made_one(
    database: Database,
) -> None:
    known = _known(database)

    run_id = _begin(database, _author(2, "Khoa Thi Tran"))
    _advance(database, run_id)
    with database.session() as session:
        ((row, _),) = service.rows_of(session, LOCAL_STEWARD, run_id)
        matches = [(m["expert_id"], m["is_certain"]) for m in row.matches]
    _confirm(database, run_id)

    assert matches == [(str(known), False)]
    assert len(_people(database)) == 2
    with database.session() as session:
        proposal = session.scalars(select(IdentityProposal)).one()
        assert known in {proposal.one_id, proposal.other_id}
        assert session.scalars(select(IdentityJudgement)).all() == []


def test_two_signals_beside_the_name_make_one_person_and_can_be_undone(
    database: Database,
) -> None:
    known = _known(database)

    run_id = _begin(database, _author(2, "Khoa Thi Tran", orcid=ORCID, affiliations=[HANOI]))
    _advance(database, run_id)
    _confirm(database, run_id)

    with database.session() as session:
        judged = session.scalars(select(IdentityJudgement)).one()
        assert (judged.verdict, judged.is_automatic) == ("same", True)
        assert {part["kind"] for part in judged.parts} >= {"orcid", "affiliation", "name"}
        shown = repository.find_by_source(session, "openalex", ["A5000000002"])
        assert repository.find_canonical(session, list(shown.values())) == {
            shown["A5000000002"]: known
        }
    assert list(_people(database)) == ["Trần Thị Khóa"]


# Services


def _openalex(calls: list[str], authors: list[dict[str, Any]]) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(str(request.url))
        if "/works" in request.url.path:
            return httpx.Response(
                200, json={"meta": {"count": 0, "next_cursor": None}, "results": []}
            )
        return httpx.Response(
            200, json={"meta": {"count": len(authors), "next_cursor": None}, "results": authors}
        )

    return httpx.MockTransport(answer)


def _ask(database: Database, **question: list[str]) -> UUID:
    with database.session() as session:
        return service.begin_question(session, LOCAL_STEWARD, "openalex", question, NOW).id


def test_a_service_is_asked_and_shown_like_a_file(database: Database) -> None:
    run_id = _ask(database, ids=["A5000000001"])

    state = _advance(database, run_id, transport=_openalex([], [_author(1, "Trần Thị Khóa")]))

    assert state == "ready"
    assert _rows(database, run_id) == [("new", True)]


def test_a_service_that_says_later_is_asked_when_it_said(database: Database) -> None:
    run_id = _ask(database, ids=["A5000000001"])
    body = {"error": "Rate limit exceeded", "message": "Insufficient budget.", "retryAfter": 9000}
    spent = httpx.MockTransport(
        lambda _: httpx.Response(429, json=body, headers={"Retry-After": "9000"})
    )

    state = _advance(database, run_id, transport=spent)

    with database.session() as session:
        run = store.get_run(session, run_id)
        assert run.not_before is not None
        early = store.list_moving(session, run.not_before - timedelta(seconds=1))
        due = store.list_moving(session, run.not_before)
    assert (state, list(early), list(due)) == ("waiting", [], [run_id])
    assert _advance(database, run_id, transport=_openalex([], [_author(1, "Lê Sò")])) == "ready"


def test_a_question_that_a_service_refuses_says_why(database: Database) -> None:
    run_id = _ask(database, ids=["A5000000001"])
    bad = httpx.MockTransport(
        lambda _: httpx.Response(400, json={"error": "Invalid", "message": "no such filter"})
    )

    state = _advance(database, run_id, transport=bad)

    with database.session() as session:
        assert "no such filter" in (store.get_run(session, run_id).problem or "")
    assert state == "failed"


def test_a_run_that_was_stopped_goes_on(database: Database) -> None:
    run_id = _begin(database, _author(1, "Trần Thị Khóa"))
    with database.session() as session:
        service.stop(session, LOCAL_STEWARD, run_id)

    stopped = _advance(database, run_id)
    with database.session() as session:
        service.resume(session, LOCAL_STEWARD, run_id, NOW)

    assert stopped == "stopped"
    assert _advance(database, run_id) == "ready"


def test_a_process_that_ends_leaves_the_run_to_the_next_one(database: Database) -> None:
    run_id = _begin(database, _author(1, "Trần Thị Khóa"))

    left = _advance(database, run_id, is_closing=lambda: True)

    assert left == "reading"
    assert _advance(database, run_id) == "ready"


@pytest.mark.parametrize("after", ["read", "compare", "load"])
def test_a_run_that_is_killed_after_a_step_goes_on(database: Database, after: str) -> None:
    run_id = _begin(database, *(_author(n, f"Trần Thị {n} Khóa") for n in range(1, 4)))

    class Killed(BaseException):
        pass

    def die(step: str, done: int, total: int) -> None:
        if step.startswith(after):
            raise Killed

    if after == "load":
        _advance(database, run_id)
        with database.session() as session:
            service.confirm(session, LOCAL_STEWARD, run_id, NOW)
    with pytest.raises(Killed):
        _advance(database, run_id, on_progress=die)

    state = _advance(database, run_id)
    if after != "load":
        state = _confirm(database, run_id)

    assert state == "loaded"
    assert len(_people(database)) == 3
    with database.session() as session:
        names = session.scalars(
            select(Statement).where(
                col(Statement.property) == "name", col(Statement.superseded_at).is_(None)
            )
        ).all()
    assert len(names) == 3


def test_what_nobody_looked_at_for_a_month_is_deleted(database: Database) -> None:
    run_id = _begin(database, _author(1, "Trần Thị Khóa"))
    _advance(database, run_id)
    with database.session() as session:
        last = store.get_run(session, run_id).updated_at
    month = timedelta(days=30)

    def left(at: datetime) -> tuple[int, int]:
        retention.run(database, ADMIN, at)
        with database.session() as session:
            rows = session.scalars(select(ImportRow)).all()
            files = session.scalars(select(ImportFile)).all()
            return sum(row.sealed is not None for row in rows), len(files)

    assert left(last + month - timedelta(seconds=1)) == (1, 1)
    assert left(last + month) == (0, 0)
    with database.session() as session, pytest.raises(InvalidInputError):
        service.confirm(session, LOCAL_STEWARD, run_id, NOW)


def test_a_former_id_of_a_source_leads_to_the_same_person(database: Database) -> None:
    run_id = _begin(database, _author(1, "Trần Thị Khóa"))
    _advance(database, run_id)
    _confirm(database, run_id)
    (known,) = _people(database).values()

    # The service answers for the former id with the record of the one that it was merged into.
    asked = _ask(database, ids=["A5000000001"])
    merged = _author(9, "Trần Thị Khóa")
    calls: list[str] = []
    _advance(database, asked, transport=_merging(calls, "A5000000001", merged))
    shown = _rows(database, asked)
    _confirm(database, asked)

    assert shown == [("update", True)]
    with database.session() as session:
        found = repository.find_by_source(session, "openalex", ["A5000000001", "A5000000009"])
    assert found == {"A5000000001": known, "A5000000009": known}


def _merging(calls: list[str], former: str, merged: dict[str, Any]) -> httpx.MockTransport:
    nothing = {"meta": {"count": 0, "next_cursor": None}, "results": []}

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(str(request.url))
        if request.url.path.endswith(former):
            moved = {"Location": f"https://api.openalex.org/authors/{merged['id'][-11:]}"}
            return httpx.Response(301, headers=moved)
        if request.url.path.endswith(merged["id"][-11:]):
            return httpx.Response(200, json=merged)
        return httpx.Response(200, json=nothing)

    return httpx.MockTransport(answer)


def test_shares_that_a_manifest_does_not_expect_are_told() -> None:
    expected = {"people with a work": Expected(50, 100)}

    few = unexpected(expected, {"people": 29, "people with a work": 0})
    usual = unexpected(expected, {"people": 30, "people with a work": 15})
    odd = unexpected(expected, {"people": 30, "people with a work": 14})

    assert (few, usual) == ([], [])
    assert "47 of a hundred" in odd[0]
