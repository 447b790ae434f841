"""What keeps no history is not changed on an old version: bodies, breaches, states of profiles."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from matching.engine import Engine
from registry.access.bodies import update_body
from registry.access.policy import Actor, Role
from registry.app import create_app
from registry.config import Settings
from registry.db import Database
from registry.experts import lifecycle
from registry.experts.schemas import Life
from registry.rights import breaches
from registry.rights.breaches import BreachContent
from tests.accounts import make_account, make_body, sign_in
from tests.claims import STEWARD, claim, make_lead
from tests.http.sites import send

API = "/api/v1"
ADMIN = Actor("operator:test", frozenset({Role.ADMINISTRATOR}))
Open = Callable[..., TestClient]


@pytest.fixture
def open_as(settings: Settings, database: Database) -> Open:
    """A browser of a new account with these roles, or of one that is there."""
    app = create_app(settings, database, cast(Engine, object()))

    def opened(*roles: Role, account: Any = None) -> TestClient:
        client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)
        return sign_in(client, database, account or make_account(database, "office", *roles))

    return opened


def _version(client: TestClient, page: str, form: str) -> str:
    """The hidden version of the form with this address."""
    text = client.get(page).text
    found = re.search(rf'action="{form}".*?name="version" value="([^"]+)"', text, re.DOTALL)
    assert found is not None, text
    return found[1]


@pytest.fixture
def breach(database: Database) -> UUID:
    now = datetime.now(UTC)
    with database.session() as session:
        known = breaches.create(session, ADMIN, BreachContent(title="Mất máy"), now, None, now)
        return known.row.id


def _write_breach(database: Database, breach_id: UUID, **changes: str) -> None:
    with database.session() as session:
        known = breaches.get_breach(session, ADMIN, breach_id)
        content = known.content.model_copy(update=changes)
        breaches.update(session, ADMIN, breach_id, content, 7, seen={known.version})


@pytest.fixture
def expert(database: Database) -> UUID:
    expert_id = make_lead(database)
    claim(database, expert_id)
    return expert_id


def _pause(database: Database, expert_id: UUID) -> None:
    with database.session() as session:
        lifecycle.move(session, STEWARD, expert_id, Life.PAUSED, "He wrote.", datetime.now(UTC))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/breaches/{breach}", {"title": "x"}),
        ("PATCH", "/bodies/most", {"name_vi": "x"}),
        ("PUT", "/experts/{expert}/life", {"life": "paused", "reason": "x"}),
    ],
)
@pytest.mark.parametrize("version", [None, "*", 'W/"x"'])
def test_a_program_that_names_no_version_is_refused(
    open_as: Open,
    database: Database,
    breach: UUID,
    expert: UUID,
    method: str,
    path: str,
    body: dict[str, str],
    version: str | None,
) -> None:
    make_body(database, "most")
    office = open_as(Role.ADMINISTRATOR, Role.STEWARD)
    headers = {"If-Match": version} if version else {}

    address = API + path.format(breach=breach, expert=expert)
    answer = office.request(method, address, json=body, headers=headers)

    assert answer.status_code == 428
    assert answer.json()["code"] == "precondition_needed"


def test_a_program_is_told_what_of_a_breach_has_changed(
    open_as: Open, database: Database, breach: UUID
) -> None:
    admin = open_as(Role.ADMINISTRATOR)
    address = f"{API}/breaches/{breach}"
    old = {"If-Match": admin.get(address).headers["etag"]}
    _write_breach(database, breach, measures="Đã khóa từ xa")

    stale = admin.put(address, json={"title": "Mất khóa"}, headers=old)
    now = {"If-Match": admin.get(address).headers["etag"]}
    written = admin.put(address, json={"title": "Mất khóa"}, headers=now)

    assert stale.status_code == 412
    told = {each["path"]: each["after"] for each in stale.json()["errors"]}
    assert told == {"measures": "Đã khóa từ xa", "people_affected": "7"}
    assert written.status_code == 200
    assert written.headers["etag"] not in {old["If-Match"], now["If-Match"]}
    assert written.headers["etag"] == admin.get(address).headers["etag"]


def test_the_page_of_a_breach_keeps_what_was_typed_and_names_what_changed(
    open_as: Open, database: Database, breach: UUID
) -> None:
    admin = open_as(Role.ADMINISTRATOR)
    page = f"/admin/breaches/{breach}"
    typed = {"act": "update", "title": "Mất điện thoại", "description": "trên taxi"}
    old = _version(admin, page, page)
    _write_breach(database, breach, measures="Đã khóa từ xa")

    without = send(admin, page, **typed)
    stale = send(admin, f"{page}?lang=en", **typed, version=old)
    newer = re.findall(r'name="version" value="([^"]+)"', stale.text)[0]
    written = send(admin, page, **typed, version=newer)

    assert (without.status_code, stale.status_code, written.status_code) == (412, 412, 303)
    assert "Somebody has changed this breach" in stale.text
    assert re.search(r"What was done about it: <ins>Đã khóa từ xa</ins>", stale.text)
    assert 'value="Mất điện thoại"' in stale.text
    assert ">trên taxi</textarea>" in stale.text


def test_a_body_is_not_renamed_on_an_old_version(open_as: Open, database: Database) -> None:
    make_body(database, "most")
    admin = open_as(Role.ADMINISTRATOR)
    (listed,) = admin.get(f"{API}/bodies").json()
    old = {"If-Match": f'"{listed["version"]}"'}
    page, form = "/admin/bodies", "/admin/bodies/most"
    shown = _version(admin, page, form)
    with database.session() as session:
        update_body(session, ADMIN, "most", name_en="Ministry of Science")
    names = {"name_vi": "Bộ KH&CN", "name_en": "MOST"}

    program = admin.patch(f"{API}/bodies/most", json={"name_vi": "Bộ KH&CN"}, headers=old)
    stale = send(admin, f"{form}?lang=en", **names, version=shown)
    use = send(admin, f"{form}/use?lang=en", is_active="false", version=shown)
    renamed = send(admin, form, **names, version=_version(admin, page, form))

    assert shown == listed["version"]
    assert (program.status_code, stale.status_code, use.status_code) == (412, 412, 412)
    assert program.json()["errors"][0]["after"] == "Ministry of Science"
    assert "English name: <ins>Ministry of Science</ins>" in stale.text
    assert 'value="MOST"' in stale.text
    assert 'value="Ministry of Science"' in use.text
    assert renamed.status_code == 303
    (after,) = admin.get(f"{API}/bodies").json()
    assert (after["name_en"], after["is_active"]) == ("MOST", True)


def test_a_body_is_changed_on_its_version_and_answers_with_the_next(
    open_as: Open, database: Database
) -> None:
    make_body(database, "most")
    admin = open_as(Role.ADMINISTRATOR)
    (listed,) = admin.get(f"{API}/bodies").json()
    headers = {"If-Match": f'"{listed["version"]}"'}

    changed = admin.patch(f"{API}/bodies/most", json={"is_active": False}, headers=headers)

    assert changed.status_code == 200
    assert changed.headers["etag"] == f'"{changed.json()["version"]}"'
    assert changed.headers["etag"] != headers["If-Match"]


def test_a_life_is_not_moved_on_an_old_state(
    open_as: Open, database: Database, expert: UUID
) -> None:
    steward = open_as(Role.STEWARD)
    address, page = f"{API}/experts/{expert}/life", f"/desk/experts/{expert}/life"
    old = {"If-Match": steward.get(address).headers["etag"]}
    shown = re.findall(r'name="version" value="([^"]+)"', steward.get(page).text)[0]
    _pause(database, expert)
    typed = {"life": "withdrawn", "reason": "thư số 9", "channel": "paper"}

    program = steward.put(address, json=typed, headers=old)
    stale = send(steward, f"{page}?lang=en", **typed, version=shown)
    newer = {"If-Match": steward.get(address).headers["etag"]}
    moved = steward.put(address, json=typed, headers=newer)

    assert (program.status_code, stale.status_code, moved.status_code) == (412, 412, 200)
    assert program.json()["errors"][0]["after"] == "paused"
    assert "Somebody has moved this profile" in stale.text
    assert re.search(r"State: <ins>[^<]+</ins>", stale.text)
    assert ">thư số 9</textarea>" in stale.text


def test_a_person_is_told_that_a_steward_has_moved_his_profile(
    open_as: Open, database: Database
) -> None:
    expert_id = make_lead(database)
    holder, _ = claim(database, expert_id)
    own = open_as(account=holder)
    shown = re.findall(r'name="version" value="([^"]+)"', own.get("/me/status").text)[0]
    _pause(database, expert_id)

    stale = send(own, "/me/status?lang=en", life="paused", version=shown)
    newer = re.findall(r'name="version" value="([^"]+)"', stale.text)[0]
    resumed = send(own, "/me/status", life="claimed", version=newer)

    assert stale.status_code == 412
    assert "Somebody has moved this profile" in stale.text
    assert resumed.status_code == 303


def test_nobody_learns_by_a_version_whether_something_exists(
    open_as: Open, breach: UUID, expert: UUID
) -> None:
    nobody = open_as()

    answers = [
        nobody.put(f"{API}/breaches/{breach}", json={"title": "x"}),
        nobody.patch(f"{API}/bodies/most", json={"name_vi": "x"}),
        nobody.put(f"{API}/experts/{expert}/life", json={"life": "paused"}),
    ]

    assert {answer.status_code for answer in answers} == {403}
