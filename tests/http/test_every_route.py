"""Every route, as every kind of viewer, with something hidden at every level.

The addresses come from the route table itself: a new route without a rule, or with a parameter
that is not known here, fails.
"""

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from pydantic import BaseModel
from sqlalchemy import select
from sqlmodel import SQLModel

from matching.encoder import Encoder
from registry.access.models import (
    Account,
    AccountRole,
    APIToken,
    Claim,
    Delegation,
    WebSession,
)
from registry.access.policy import ALL_PERMISSIONS
from registry.app import create_app
from registry.config import Settings
from registry.db import Database
from registry.experts.models import Change, Expert, Statement
from registry.rights.models import Consent, Consideration, RightsRequest
from registry.web.bodies import REQUIRE_JSON
from registry.web.cookies import form_token
from registry.web.forms import check_form
from registry.web.gate import Needs, Open
from tests.http.route_table import Address, addresses, pairwise, smallest_body
from tests.http.world import MAY_SEE, MAY_SEE_PUBLISHED, PEOPLE, PUBLISHED, World, build

# POSTs that only read: they are walked like GETs, with these bodies.
READING: Final[Mapping[str, Sequence[dict[str, Any]]]] = {
    "/api/v1/searches": [
        {"query": "điều khiển robot công nghiệp", "limit": 100},
        {"query": "dieu khien robot", "limit": 100, "purpose": "tìm người"},
    ],
    "/api/v1/roles/{role}/matches": [{"limit": 100}, {"limit": 100, "purpose": "tìm người"}],
    "/api/v1/audit/verifications": [{}],
    "/api/v1/runs/{run_id}/repetitions": [{}],
    "/experts": [
        {"format": kind, "purpose": "tìm người cho chương trình"}
        for kind in ("csv", "xlsx", "jsonl")
    ],
}
# Values of query parameters, by name. None leaves the parameter out.
VALUES: Final[Mapping[str, Sequence[Any]]] = {
    "about": [None],
    "action": [None, "expert:"],
    "after": [None],
    "again": [None, "true"],
    "as": ["public", "recruiter", "secretary", "council", "delegate", "steward"],
    "before": [None],
    "body": [None, "most"],
    "by": [None, "nobody"],
    "closed": [None, "true"],
    "code": [None, "a-code"],
    "confirmed_within": [None, 365],
    "countries": [None, "VN"],
    "done": [None],
    "error": [None, "access_denied"],
    "failed": [None],
    "fields": [None, "2"],
    "find": [None, "r-"],
    "format": ["csv", "xlsx", "jsonl"],
    "groups": [None, "6"],
    "is_open": [None, "false"],
    "iss": [None],
    "kind": [None, "import"],
    "lang": ["vi", "en"],
    "limit": [None, 3],
    "lives": [None, "lead"],
    "next": [None, "/me"],
    "noted": [None],
    "of": [None],
    "outcome": [None, "new"],
    "people": [None],
    "property": [None, "award", "contact"],
    "purpose": [None, "tìm người cho chương trình"],
    "q": [None, "robot", "đặng đích"],
    "reachability": [None, "unknown"],
    "residences": [None, "domestic"],
    "section": [None, "award"],
    "show": [None, "all"],
    "sort": [None, "organisation", "confirmed"],
    "state": [None, "open"],
    "version": ["2026", "2025"],
    "with_leads": [None, "true"],
}


@pytest.fixture(scope="module")
def world(
    make_database: Callable[[str], Database], encoder: Encoder, scratch: Path
) -> Iterator[World]:
    built = build(make_database("world"), encoder, scratch)
    yield built
    built.engine.close()


ADDRESSES: Final = addresses(create_app(Settings(data_folder=Path("/nonexistent"))))
READ: Final = [a for a in ADDRESSES if a.method == "GET" or a.path in READING]
# `_require_json` itself, as routes name it.
NEEDS_JSON: Final = REQUIRE_JSON.dependency
WRITE: Final = [a for a in ADDRESSES if a not in READ]


@pytest.mark.parametrize("address", ADDRESSES, ids=str)
def test_every_route_has_one_rule_and_known_parameters(address: Address) -> None:
    assert len(address.rules) == 1, f"{address} has {len(address.rules)} rules; see web/gate.py"
    (rule,) = address.rules
    if isinstance(rule, Needs):
        assert ALL_PERMISSIONS.issuperset(rule.permissions)
    else:
        assert len(rule.why) > 10
    if address in READ:
        unknown = set(address.query_names) - set(VALUES)
        assert not unknown, f"give values for {unknown} in VALUES, so that the walk tries them"


@pytest.mark.parametrize("address", [a for a in ADDRESSES if a.method != "GET"], ids=str)
def test_every_change_is_held_to_the_rules_of_forms_or_of_json(address: Address) -> None:
    if address.is_page:
        # Also those of people who sign in: there it is `is_foreign` that refuses.
        assert check_form in address.calls, f"{address} takes forms of other sites"
    elif address.method == "POST" or address.body is not None:
        # Any site can make a browser send a POST of another type; the rest it must ask for first.
        assert NEEDS_JSON in address.calls, f"{address} takes bodies that are no JSON"
    if address.body is not None and not address.is_page:
        body = address.body_type
        assert issubclass(body, BaseModel), address
        assert body.model_config.get("extra") == "forbid", f"{body} takes unknown fields"


def _ids(world: World, name: str) -> list[Any]:
    """What stands for a parameter of a path: of the target, of others, and of nobody."""
    nobody = uuid4()
    known: dict[str, list[Any]] = {
        "expert_id": [world.target, *world.people.values(), nobody],
        "statement_id": [*world.statements.values(), nobody],
        "account_id": [account.id for account in world.accounts.values()],
        "code": ["most", "none"],
        "provider": ["orcid"],
        "role": ["p01a", "p99z"],
        # Links that work are shown once and have tests of their own.
        "token": ["no-such-link"],
        **{name: [found, nobody] for name, found in world.ids.items()},
    }
    assert name in known, f"say in _ids what stands for {{{name}}} in addresses"
    return known[name]


def _paths(world: World, address: Address) -> Iterator[str]:
    names = address.path_names
    for values in product(*(_ids(world, name) for name in names)):
        path = address.path
        for name, value in zip(names, values, strict=True):
            path = path.replace(f"{{{name}}}", str(value))
        yield path


def _queries(address: Address, full: bool) -> list[dict[str, Any]]:
    choices = {name: VALUES[name] for name in address.query_names}
    if full:
        rows = [dict(zip(choices, row, strict=True)) for row in product(*choices.values())]
    else:
        rows = pairwise(choices)
    kept = [{k: v for k, v in row.items() if v is not None} for row in rows]
    return kept or [{}]


def _ask(
    world: World, viewer: str, address: Address, full: bool
) -> Iterator[tuple[str, bool, Response]]:
    """Requests in words, whether they state a purpose, and the answers."""
    client = world.clients[viewer]
    bodies: Sequence[dict[str, Any] | None] = [None]
    if address.method != "GET":
        bodies = READING[address.path]
    for path, query, body in product(_paths(world, address), _queries(address, full), bodies):
        asked = f"{address.method} {path} {query} {body or ''} as {viewer}"
        # The purpose in an export's form is that of the file: it widens no list.
        has_purpose = "purpose" in {**query, **((not address.is_form and body) or {})}
        sent = _sent(client, address, body)
        yield asked, has_purpose, client.request(address.method, path, params=query, **sent)


def _sent(client: TestClient, address: Address, body: dict[str, Any] | None) -> dict[str, Any]:
    """A body as a browser sends it from a page of this service, or as a program does."""
    if not address.is_form:
        return {} if body is None else {"json": body}
    session = client.cookies.get("session")
    return {"data": {**(body or {}), "csrf": form_token(session) if session else ""}}


def _told(answer: Response) -> str:
    """Everything that the answer tells: its headers, its text, and what a workbook holds."""
    headers = " ".join(f"{k}: {v}" for k, v in answer.headers.items())
    if not answer.content.startswith(b"PK"):
        return answer.text + headers
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        return headers + "".join(
            f"{name} {book.read(name).decode('utf-8', 'replace')}" for name in book.namelist()
        )


def _is_refused(answer: Response) -> bool:
    to_sign_in = answer.headers.get("location", "").startswith("/sign-in")
    return answer.status_code in {401, 403} or (answer.status_code == 303 and to_sign_in)


# Where stewards keep data of people whom no search shows any more.
KEEPING: Final = ("/desk", "/api/v1/changes", "/api/v1/experts/{expert_id}/")


def _hidden(world: World, viewer: str, address: Address, has_purpose: bool) -> dict[str, str]:
    is_profile = "/experts/{expert_id}" in address.path
    hidden = world.hidden_from(viewer, has_purpose, is_profile)
    if viewer == "steward" and address.path.startswith(KEEPING):
        kept = {PEOPLE[name] for name in ("paused", "withdrawn", "restricted")}
        return {mark: why for mark, why in hidden.items() if mark not in kept}
    return hidden


def _walk(world: World, address: Address, full: bool = False) -> None:
    (rule,) = address.rules
    for viewer in MAY_SEE:
        permitted = isinstance(rule, Open) or bool(
            world.permissions[viewer].intersection(rule.permissions)
        )
        for asked, has_purpose, answer in _ask(world, viewer, address, full):
            hidden = _hidden(world, viewer, address, has_purpose)
            assert answer.status_code < 500, asked
            if not permitted:
                assert _is_refused(answer), f"{asked}: {answer.status_code}"
            told = _told(answer)
            # An address is told back to whoever asked for it: signed out, or with its "not found".
            shown = [why for mark, why in hidden.items() if mark in told and mark not in asked]
            assert not shown, f"{asked} shows {shown}"


@pytest.mark.parametrize("address", READ, ids=str)
def test_no_answer_to_any_viewer_holds_what_he_may_not_see(world: World, address: Address) -> None:
    _walk(world, address)


@pytest.mark.soak
@pytest.mark.parametrize("address", READ, ids=str)
def test_the_same_with_every_combination_of_filters(world: World, address: Address) -> None:
    _walk(world, address, full=True)


@pytest.mark.parametrize("address", WRITE, ids=str)
def test_whoever_lacks_the_permission_changes_nothing_and_learns_nothing(
    world: World, address: Address
) -> None:
    (rule,) = address.rules
    if isinstance(rule, Open):
        return
    path = next(_paths(world, address))
    for viewer, held in world.permissions.items():
        if held.intersection(rule.permissions):
            continue
        sent: dict[str, Any] = {"data": {}} if address.is_form else {"json": {}}

        answer = world.clients[viewer].request(address.method, path, **sent)

        assert _is_refused(answer), f"{address} as {viewer}: {answer.status_code}"
        hidden = (mark for mark in world.hidden_from(viewer) if mark not in path)
        assert not any(mark in answer.text for mark in hidden)


# Who has permissions, and nothing to change of the target's.
STRANGERS: Final = (
    "member",
    "other_expert",
    "recruiter_moh",
    "secretary_moh",
    "delegate",
    "auditor",
)
# What is the viewer's own in `world.ids`: he may end or answer it.
OWN: Final = {("member", "claim_id"), ("delegate", "delegation_id")}
KEPT: Final[Sequence[type[SQLModel]]] = (
    Expert,
    Statement,
    Change,
    Consent,
    Consideration,
    Delegation,
    Claim,
    RightsRequest,
    Account,
    AccountRole,
    WebSession,
    APIToken,
)
# Fields that follow from being signed in.
SEEN: Final = {"seen_at", "used_at"}
ACTS: Final = [a for a in WRITE if a.path_names]


def _rows(world: World) -> dict[tuple[str, str], int]:
    """Digests of all rows that somebody else's act must leave as they are."""
    found = {}
    with world.database.session() as session:
        for table in KEPT:
            for row in session.scalars(select(table)):
                values = {k: v for k, v in row.model_dump().items() if k not in SEEN}
                key = str(values["id"])
                found[table.__name__, key] = hash(repr(sorted(values.items())))
    return found


def _targets(world: World, viewer: str, address: Address) -> list[str]:
    """The address at what is the target's, and for a delegate outside his section."""
    closed = [("self", "award"), *(("public", "project"), ("stewards", "project"))]
    known: dict[str, list[Any]] = {
        "expert_id": [world.target],
        "statement_id": [world.statements[each] for each in closed],
        "account_id": [world.accounts["steward"].id, world.accounts["expert"].id],
    }
    paths = [address.path]
    for name in address.path_names:
        values = known.get(name) or _ids(world, name)[:1]
        paths = [path.replace(f"{{{name}}}", str(value)) for path in paths for value in values]
    return paths


@pytest.mark.parametrize("address", ACTS, ids=str)
def test_nobody_changes_what_is_somebody_elses(world: World, address: Address) -> None:
    (rule,) = address.rules
    body = smallest_body(address)
    for viewer in STRANGERS:
        if any((viewer, name) in OWN for name in address.path_names):
            continue
        client = world.clients[viewer]
        shown = client.get(f"/api/v1/experts/{world.target}")
        # Versions as whoever may change things would name them: a profile's, and items'.
        items = ", ".join(f'"{each}"' for each in world.statements.values())
        headers = {"If-Match": ", ".join([shown.headers.get("etag", '"1"'), items])}
        before = _rows(world)
        for path in _targets(world, viewer, address):
            sent = _sent(client, address, body if address.is_form else body or {})
            query = {"of": str(world.target)} if "of" in address.query_names else {}

            answer = client.request(address.method, path, params=query, headers=headers, **sent)

            asked = f"{address.method} {path} as {viewer}: {answer.status_code} {answer.text[:300]}"
            assert answer.status_code < 500, asked
            is_permitted = isinstance(rule, Open) or bool(
                world.permissions[viewer].intersection(rule.permissions)
            )
            if not is_permitted:
                assert _is_refused(answer), asked
            elif not address.is_form:
                # Anything else was refused for its form, before anybody asked whose it is.
                assert answer.status_code in UNDERSTOOD.get(address.path, {403, 404}), asked
            assert _rows(world) == before, asked


# Answers that say more than that there is no such thing for him.
UNDERSTOOD: Final[Mapping[str, set[int]]] = {
    # Nobody holds the target by a claim, which whoever sees it is told.
    "/api/v1/experts/{expert_id}/contest": {404, 422},
    # Whoever sees a person may note that he wrote to him.
    "/api/v1/experts/{expert_id}/contact-events": {201, 403, 404},
    # A delegate may bring a file for the person; this one is none.
    "/api/v1/experts/{expert_id}/drafts": {403, 404, 422},
    "/api/v1/experts/{expert_id}/drafts/items": {403, 404, 422},
}


def test_a_run_a_session_and_a_token_are_their_owners_alone(world: World) -> None:
    run = f"/api/v1/runs/{world.ids['run_id']}"

    found = {name: client.get(run).status_code for name, client in world.clients.items()}

    assert found.pop("recruiter_most") == 200
    assert set(found.values()) == {401, 403, 404}, found
    with world.database.session() as session:
        steward = world.accounts["steward"].id
        for table, name in ((WebSession, "session_id"), (APIToken, "token_id")):
            row = session.get(table, UUID(str(world.ids[name])))
            assert row is not None
            assert row.account_id == steward
            assert row.revoked_at is None


def test_the_walk_meets_what_each_viewer_may_see(world: World) -> None:
    """The walk proves nothing if nobody is shown anything: each sees all that is his to see."""
    for viewer, sections in MAY_SEE.items():
        if viewer == "search_token":
            # It reads no profiles; the test below says what it does find.
            continue
        shown = world.clients[viewer].get(f"/api/v1/experts/{world.target}").text
        for section, levels in sections.items():
            for level in levels:
                assert world.mark(level, section) in shown, (viewer, section, level)
        listed = world.clients[viewer].get(f"/api/v1/experts/{world.people['published']}").text
        for level in MAY_SEE_PUBLISHED[viewer]:
            assert PUBLISHED[level] in listed, (viewer, level)


def test_a_token_that_may_only_search_reads_the_profiles_that_everybody_reads(
    world: World,
) -> None:
    client = world.clients["search_token"]

    found = client.post("/api/v1/searches", json={"query": "robot công nghiệp", "limit": 100})

    assert str(world.target) in found.text
    assert client.get(f"/api/v1/experts/{world.target}").status_code in {403, 404}
    assert client.get(f"/api/v1/experts/{world.people['published']}").status_code == 200


def test_a_workbook_is_read_into(world: World) -> None:
    """The walk proves nothing of a file whose text it does not find."""
    answer = world.clients["recruiter_most"].get(
        "/api/v1/experts/export", params={"format": "xlsx", "purpose": "tìm người"}
    )

    assert answer.content.startswith(b"PK")
    assert world.mark("public", "award") in _told(answer)
    assert world.mark("public", "award") not in answer.text
