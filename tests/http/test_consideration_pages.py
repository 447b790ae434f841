"""Pages of considerations: a body's staff open and close them, and nobody else learns of them."""

import re
from collections.abc import Callable
from typing import cast
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from matching.engine import Engine
from registry.access.policy import LOCAL_STEWARD, Role
from registry.app import create_app
from registry.config import Settings
from registry.councils.models import Council
from registry.db import Database
from registry.experts import lifecycle
from registry.experts.schemas import Life
from registry.rights import considerations
from registry.rights.models import Consideration
from tests.accounts import make_account, sign_in
from tests.claims import load
from tests.factories import NOW, make_person, work
from tests.http.sites import send

Open = Callable[..., TestClient]
PURPOSE = "Trưởng nhóm vật liệu"


@pytest.fixture
def open_as(settings: Settings, database: Database) -> Open:
    """A browser of a new account with these roles."""
    app = create_app(settings, database, cast(Engine, object()))

    def opened(login: str, *roles: Role, body: str | None = None) -> TestClient:
        client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)
        return sign_in(client, database, make_account(database, login, *roles, body=body))

    return opened


@pytest.fixture
def expert(database: Database) -> UUID:
    return load(database, make_person("1", "Vũ Thị Hương", work("Màng lọc")))[0]


@pytest.fixture
def recruiter(open_as: Open) -> TestClient:
    return open_as("recruiter", Role.RECRUITER, body="most")


def _begin(client: TestClient, expert_id: UUID, purpose: str = PURPOSE, **more: str) -> Response:
    return send(client, "/considerations", expert=str(expert_id), purpose=purpose, **more)


def _page(client: TestClient, address: str = "/considerations?lang=en", status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.text[:300]
    return cast(str, answer.text)


def _close_address(client: TestClient) -> str:
    return re.findall(r'action="(/considerations/[0-9a-f-]{36})', _page(client))[0]


def test_a_recruiter_begins_from_a_profile_and_closes_with_an_outcome(
    recruiter: TestClient, expert: UUID
) -> None:
    profile = _page(recruiter, f"/experts/{expert}?lang=en")
    form = _page(recruiter, f"/experts/{expert}/consider?lang=en")
    begun = _begin(recruiter, expert)
    listed = _page(recruiter)
    again = _page(recruiter, f"/experts/{expert}/consider?lang=en")
    closed = send(recruiter, _close_address(recruiter), outcome="not_engaged")
    after, done = _page(recruiter), _page(recruiter, "/considerations?show=done&lang=en")

    assert f"/experts/{expert}/consider" in profile
    assert "can see that your body considers" in form
    assert "Considered now" not in form
    assert begun.headers["location"] == "/considerations?done=open"
    assert PURPOSE in listed
    assert "Vũ Thị Hương" in listed
    assert "Considered now" in again
    assert closed.headers["location"] == "/considerations?done=close"
    assert PURPOSE not in after
    assert PURPOSE in done
    assert "not engaged" in done


def test_what_was_typed_stays_when_it_is_refused(recruiter: TestClient, expert: UUID) -> None:
    empty = _begin(recruiter, expert, " ")
    _begin(recruiter, expert)
    twice = _begin(recruiter, expert)
    closed = send(recruiter, _close_address(recruiter), outcome="perhaps")

    assert (empty.status_code, twice.status_code, closed.status_code) == (422, 422, 422)
    assert f">{PURPOSE}</textarea>" in twice.text
    assert 'role="alert"' in closed.text
    assert PURPOSE in _page(recruiter)


def test_another_body_neither_sees_nor_closes_it(
    open_as: Open, recruiter: TestClient, expert: UUID
) -> None:
    _begin(recruiter, expert)
    address = _close_address(recruiter)
    other = open_as("other", Role.RECRUITER, body="moh")

    pages = [
        _page(other, path)
        for path in ("/considerations", f"/experts/{expert}", f"/experts/{expert}/consider")
    ]
    closed = send(other, address, outcome="engaged")

    assert not any(PURPOSE in page for page in pages)
    assert closed.status_code == 404
    assert PURPOSE in _page(recruiter)


def test_stewards_see_those_of_all_bodies_and_open_or_close_none(
    open_as: Open, recruiter: TestClient, expert: UUID
) -> None:
    _begin(recruiter, expert)
    address = _close_address(recruiter)
    steward = open_as("steward", Role.STEWARD)

    listed = _page(steward)

    assert PURPOSE in listed
    assert "Ministry most" in listed
    assert "action=" not in listed.partition("<h1")[2]
    assert "/consider?" not in _page(steward, f"/experts/{expert}?lang=en")
    assert _page(steward, f"/experts/{expert}/consider", 403)
    assert send(steward, address, outcome="engaged").status_code == 403
    assert _begin(steward, expert, "khác").status_code == 403


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR, Role.EXPERT])
def test_others_have_no_such_page(open_as: Open, expert: UUID, role: Role) -> None:
    client = open_as("somebody", role)

    assert client.get("/considerations").status_code == 403
    assert client.get(f"/experts/{expert}/consider").status_code == 403
    assert "/considerations" not in client.get("/account").text


def test_who_may_not_be_seen_cannot_be_considered_and_is_not_named_any_more(
    recruiter: TestClient, database: Database, expert: UUID
) -> None:
    _begin(recruiter, expert)
    with database.session() as session:
        lifecycle.move(session, LOCAL_STEWARD, expert, Life.PAUSED, "He telephoned.", NOW)

    listed = _page(recruiter)

    assert "Vũ Thị Hương" not in listed
    assert str(expert) not in listed
    assert "no longer shown to you" in listed
    unknown = [recruiter.get(f"/experts/{each}/consider").status_code for each in (expert, uuid4())]
    assert unknown == [404, 404]
    told = [_begin(recruiter, each, "khác") for each in (expert, uuid4())]
    assert [answer.status_code for answer in told] == [404, 404]
    assert send(recruiter, "/considerations", expert="x", purpose="khác").status_code == 404
    # It can still be closed.
    assert send(recruiter, _close_address(recruiter), outcome="not_engaged").status_code == 303


def test_a_lead_is_considered_with_the_purpose_that_he_is_looked_at_with(
    recruiter: TestClient, database: Database
) -> None:
    lead = load(database, make_person("2", "Lê Văn Nguồn", life=Life.LEAD))[0]

    without = recruiter.get(f"/experts/{lead}/consider").status_code
    form = _page(recruiter, f"/experts/{lead}/consider?purpose=tìm+người&lang=en")
    refused = send(
        recruiter, "/considerations?purpose=tìm+người&lang=en", expert=str(lead), purpose=" "
    )
    begun = _begin(recruiter, lead, "tìm người")

    assert without == 404
    assert ">tìm người</textarea>" in form
    assert refused.status_code == 422
    assert "Lê Văn Nguồn" in refused.text
    assert begun.status_code == 303
    assert "Lê Văn Nguồn" in _page(recruiter)


def test_a_secretary_considers_for_a_council_of_her_body(
    open_as: Open, database: Database, expert: UUID
) -> None:
    secretary = open_as("secretary", Role.SECRETARY, body="most")
    with database.session() as session:
        council = Council(name_vi="Hội đồng A", name_en="Council A", body="most")
        foreign = Council(name_vi="Hội đồng B", name_en="Council B", body="moh")
        session.add_all([council, foreign])
        session.flush()
        ids = str(council.id), str(foreign.id)

    form = _page(secretary, f"/experts/{expert}/consider?lang=en")
    wrong = _begin(secretary, expert, council=ids[1])
    unknown = _begin(secretary, expert, council="x")
    begun = _begin(secretary, expert, council=ids[0])

    assert "Council A" in form
    assert "Council B" not in form
    assert (wrong.status_code, unknown.status_code, begun.status_code) == (422, 404, 303)
    with database.session() as session:
        (row,) = considerations.list_considerations(session, LOCAL_STEWARD)
        assert (row.body, str(row.council_id)) == ("most", ids[0])


def test_a_recruiter_is_offered_no_council(
    recruiter: TestClient, database: Database, expert: UUID
) -> None:
    with database.session() as session:
        session.add(Council(name_vi="Hội đồng A", name_en="Council A", body="most"))

    assert "Council A" not in _page(recruiter, f"/experts/{expert}/consider?lang=en")


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_pages_are_whole_in_both_languages(
    recruiter: TestClient, database: Database, expert: UUID, language: str
) -> None:
    with database.session() as session:
        session.add(
            Consideration(
                expert_id=expert, body="most", purpose=PURPOSE, opened_by="test", opened_at=NOW
            )
        )

    for address in ("/considerations", f"/experts/{expert}/consider"):
        page = _page(recruiter, f"{address}?lang={language}")
        assert page.count("<h1") == 1
        assert f'<html lang="{language}">' in page
        assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=", page)
        identifiers = re.findall(r'\sid="([^"]+)"', page)
        assert len(identifiers) == len(set(identifiers))
