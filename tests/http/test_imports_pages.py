"""Imports on pages and over JSON: shown before they are written, settled, loaded, given up."""

import base64
import json
import re
from typing import Any, cast

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from ingest.runs.advancing import Tools, advance
from ingest.runs.models import ImportFile, ImportRun, SavedMapping
from ingest.runs.worker import ImportWorker, actor_of_run
from registry.access.models import AccountRole
from registry.access.policy import Role
from registry.config import Settings
from registry.db import Database
from registry.experts.models import Expert, ExpertSummary, Statement
from tests.accounts import make_account, sign_in
from tests.http.sites import Site, make_site, send

API = "/api/v1/imports"
LIST = (
    "Họ và tên,Năm sinh,Đơn vị công tác,Nơi ấy\n"
    "GS.TS. Nguyễn Văn Thử,1970,Viện Thử nghiệm,x\n"
    "Lê Thị Sai,19x5,Viện Thử nghiệm,y\n"
)


@pytest.fixture
def site(settings: Settings, database: Database) -> Site:
    return make_site(settings, database)


@pytest.fixture
def steward(site: Site, database: Database) -> TestClient:
    return sign_in(site.browser(), database, make_account(database, "steward", Role.STEWARD))


def _advance(database: Database, import_id: str) -> str:
    with database.session() as session:
        run = session.scalars(select(ImportRun)).all()
        (found,) = [each for each in run if str(each.id) == import_id]
    return advance(database, found.id, actor_of_run(database, found.actor), Tools(Settings()))


def _begin_list(steward: TestClient, content: str = LIST, **more: str) -> Any:
    fields = {
        "kind": "people_list",
        "source": "bo-thu-2026",
        "asserted_by": "Bộ Thử",
        "title": "Danh sách thử",
        **more,
    }
    files = {"file": ("danh-sach.csv", content.encode(), "text/csv")}
    page = steward.get("/desk/imports/new/people_list").text
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)
    assert csrf
    return steward.post("/desk/imports?lang=en", data={"csrf": csrf[1], **fields}, files=files)


def _id_of(answer: Any) -> str:
    assert answer.status_code == 303, answer.text
    return cast(str, answer.headers["location"]).rpartition("/")[2].partition("?")[0]


def test_a_list_asks_what_an_unknown_column_holds_and_remembers_it(
    steward: TestClient, database: Database
) -> None:
    import_id = _id_of(_begin_list(steward))
    here = f"/desk/imports/{import_id}"
    asked = steward.get(f"{here}?lang=en").text
    unsaid = send(steward, f"{here}/plan", **{"sheet-0": "yes"})
    still = steward.get(here).text

    said = send(steward, f"{here}/plan", **{"sheet-0": "yes", "holds-0-3": "leave out"})

    assert "nobody knows this heading" in asked
    assert unsaid.status_code == 303
    assert 'name="holds-0-3"' in still
    assert said.status_code == 303
    assert _advance(database, import_id) == "ready"
    with database.session() as session:
        assert session.scalars(select(SavedMapping)).one().body == "bo thu"
    again = _id_of(_begin_list(steward))
    assert 'name="holds-0-3"' not in steward.get(f"/desk/imports/{again}").text


def test_rows_are_shown_left_out_and_loaded(steward: TestClient, database: Database) -> None:
    import_id = _id_of(_begin_list(steward, LIST.replace("Nơi ấy", "STT")))
    here = f"/desk/imports/{import_id}"
    _advance(database, import_id)

    page = steward.get(f"{here}?lang=en").text
    refused = steward.get(f"{here}?lang=en&show=refused").text
    with database.session() as session:
        assert session.scalars(select(Expert)).all() == []
    left = send(steward, f"{here}/rows", shown="1", after="0")
    nothing = send(steward, f"{here}/act", what="confirm")
    send(steward, f"{here}/rows", shown="1", row="1")
    done = send(steward, f"{here}/act", what="confirm")
    _advance(database, import_id)

    assert "Nguyễn Văn Thử" in page
    assert "19x5" in refused
    assert "Nguyễn Văn Thử" not in refused
    assert (left.status_code, nothing.status_code, done.status_code) == (303, 422, 303)
    with database.session() as session:
        assert [s.display_name for s in session.scalars(select(ExpertSummary))] == [
            "Nguyễn Văn Thử"
        ]
    after = steward.get(f"{here}?lang=en").text
    assert "1 person is loaded" in after
    assert "/desk/changes/" in after


def test_contacts_of_a_list_are_kept_encrypted_and_shown_to_stewards(
    steward: TestClient, database: Database
) -> None:
    content = "Họ và tên,Email,Số CCCD\nNguyễn Văn Thử,thu@example.org,001070000001\n"
    import_id = _id_of(_begin_list(steward, content))
    _advance(database, import_id)
    shown = steward.get(f"/desk/imports/{import_id}").text
    send(steward, f"/desk/imports/{import_id}/act", what="confirm")
    _advance(database, import_id)

    with database.session() as session:
        values = [str(row.value) for row in session.scalars(select(Statement))]

    assert "thu@example.org" in shown
    assert "001070000001" not in shown
    assert any("sealed" in value for value in values)
    assert not any("thu@example.org" in value or "001070000001" in value for value in values)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"source": "Bộ A"}, "small letters"),
        ({"source": "orcid"}, "kept for the registry itself"),
        ({"asserted_by": " "}, "which body"),
    ],
)
def test_a_list_without_a_good_name_or_body_is_not_begun(
    steward: TestClient, database: Database, changes: dict[str, str], words: str
) -> None:
    answer = _begin_list(steward, **changes)

    assert answer.status_code == 422
    assert words in answer.text
    with database.session() as session:
        assert session.scalars(select(ImportRun)).all() == []


def test_a_file_that_is_no_list_is_refused_with_its_reason(
    steward: TestClient, database: Database
) -> None:
    answer = _begin_list(steward, "<html><table><tr><td>Họ và tên</td></tr></table></html>")

    assert answer.status_code == 422
    assert "web page" in answer.text
    with database.session() as session:
        assert session.scalars(select(ImportFile)).all() == []


def test_an_import_is_given_up_and_stopped_on_its_page(
    steward: TestClient, database: Database
) -> None:
    import_id = _id_of(_begin_list(steward, LIST.replace("Nơi ấy", "STT")))
    here = f"/desk/imports/{import_id}"

    stopped = send(steward, f"{here}/act", what="stop")
    state = _advance(database, import_id)
    resumed = send(steward, f"{here}/act", what="resume")
    given_up = send(steward, f"{here}/act", what="discard")
    again = send(steward, f"{here}/act", what="discard")

    assert (stopped.status_code, state, resumed.status_code) == (303, "stopped", 303)
    assert (given_up.status_code, again.status_code) == (303, 422)
    with database.session() as session:
        assert session.scalars(select(ImportFile)).all() == []


def test_a_worker_takes_on_what_was_begun_on_a_page(
    steward: TestClient, database: Database, settings: Settings
) -> None:
    import_id = _id_of(_begin_list(steward, LIST.replace("Nơi ấy", "STT")))
    worker = ImportWorker(database, settings, every_seconds=0.05)

    worker.start()
    try:
        for _ in range(400):
            if steward.get(f"{API}/{import_id}").json()["state"] == "ready":
                break
            worker._stopping.wait(0.05)
    finally:
        worker.stop()

    assert steward.get(f"{API}/{import_id}").json()["state"] == "ready"


def test_whoever_may_import_no_more_loads_nothing(
    steward: TestClient, database: Database, site: Site
) -> None:
    import_id = _id_of(_begin_list(steward, LIST.replace("Nơi ấy", "STT")))
    _advance(database, import_id)
    send(steward, f"/desk/imports/{import_id}/act", what="confirm")
    with database.session() as session:
        for role in session.scalars(select(AccountRole)):
            session.delete(role)

    state = _advance(database, import_id)

    assert state == "failed"
    with database.session() as session:
        assert session.scalars(select(Expert)).all() == []


# Over JSON


def _json(client: TestClient, path: str, body: Any) -> Any:
    return client.post(f"{API}{path}", json=body)


def test_an_import_is_begun_looked_at_and_loaded_over_json(
    steward: TestClient, database: Database
) -> None:
    author = {"id": "https://openalex.org/A5000000001", "display_name": "Trần Thị Khóa"}
    content = base64.b64encode(json.dumps(author).encode()).decode()
    body = {"kind": "openalex_files", "files": [{"name": "a.json", "content": content}]}

    made = _json(steward, "/files", body)
    import_id = made.json()["id"]
    _advance(database, import_id)
    rows = steward.get(f"{API}/{import_id}/rows").json()
    left = _json(steward, f"/{import_id}/choice", {"rows": [1], "chosen": False})
    nothing = _json(steward, f"/{import_id}/confirmation", {})
    done = _json(steward, f"/{import_id}/confirmation", {"outcomes": ["new"]})
    _advance(database, import_id)
    end = steward.get(f"{API}/{import_id}").json()

    assert made.status_code == 201
    assert [(row["outcome"], row["is_chosen"]) for row in rows] == [("new", True)]
    assert left.json()["counts"]["chosen"] == 0
    assert (nothing.status_code, done.status_code) == (422, 200)
    assert (end["state"], end["counts"]["loaded"]) == ("loaded", 1)
    assert steward.get(API).json()[0]["id"] == import_id


def test_wrong_bodies_are_refused_with_what_to_do(steward: TestClient) -> None:
    not_base64 = {"kind": "orcid_files", "files": [{"name": "a", "content": "***"}]}
    unknown = {"kind": "wikidata", "question": {"ids": ["Q1"]}}
    empty = {"kind": "openalex", "question": {}}
    nobody = {"kind": "crossref"}
    wrong = {"kind": "openalex", "question": {"countries": ["Vietnam"]}}

    answers = [
        _json(steward, "/files", not_base64),
        *(_json(steward, "/questions", body) for body in (unknown, empty, nobody, wrong)),
    ]

    assert [each.status_code for each in answers] == [422] * 5


def test_nobody_but_stewards_knows_of_imports(site: Site, database: Database) -> None:
    recruiter = sign_in(
        site.browser(), database, make_account(database, "r", Role.RECRUITER, body="most")
    )

    assert recruiter.get("/desk/imports").status_code == 403
    assert recruiter.get(API).status_code == 403
    assert site.browser().get(API).status_code == 401
