"""How am I seen, and who looked: the real answers, told without being noted, and no accounts."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from registry.access import delegations
from registry.access.models import Account
from registry.access.policy import ANONYMOUS, Actor, Role
from registry.audit.models import AuditEntry
from registry.councils.models import Council
from registry.db import Database
from registry.errors import InvalidInputError, NotFoundError, NotPermittedError
from registry.experts import lookers, preview, repository, service
from registry.experts.models import Disclosure, Expert
from registry.experts.preview import Closed, Viewer
from registry.experts.schemas import Life, Visibility
from registry.rights.models import Consideration
from tests.accounts import make_account, make_body
from tests.claims import LATER, actor_of, claim, make_lead
from tests.factories import NOW, said, work

SECTIONS = ("work", "contact")
BODIES = ("most", "moh")


@dataclass(frozen=True)
class World:
    """A person, and a real viewer of each kind."""

    expert_id: UUID
    holder: Account
    viewers: dict[Viewer, Account]


def _make_world(database: Database) -> World:
    expert_id = make_lead(
        database,
        "1",
        work("Một công trình"),
        work("Một công trình khác"),
        said("birth_year", {"year": 1970}),
        said("award", {"title": {"vi": "Giải thưởng"}}),
        said(
            "contact",
            {"kind": "email", "address": "khoa@vidu.example"},
            visibility="stewards",
        ),
    )
    for code in BODIES:
        make_body(database, code)
    holder, _ = claim(database, expert_id, agreed=("registry", "matching", "publication"))
    viewers = {
        Viewer.RECRUITER: make_account(database, "recruiter", Role.RECRUITER, body="most"),
        Viewer.SECRETARY: make_account(database, "secretary", Role.SECRETARY, body="moh"),
        Viewer.COUNCIL: make_account(database, "council", Role.SECRETARY, body="most"),
        Viewer.DELEGATE: make_account(database, "delegate"),
        Viewer.STEWARD: make_account(database, "steward", Role.STEWARD),
    }
    with database.session() as session:
        delegations.name_delegate(session, actor_of(session, holder), "delegate", SECTIONS, 90, NOW)
        council = Council(name_vi="Hội đồng", name_en="Council", body="most")
        session.add(council)
        session.flush()
        session.add(
            Consideration(
                expert_id=expert_id,
                body="most",
                purpose="council",
                council_id=council.id,
                opened_by="test",
                opened_at=NOW,
            )
        )
    return World(expert_id, holder, viewers)


@pytest.fixture
def world(database: Database) -> World:
    """One world for all examples of a test."""
    return _make_world(database)


def _actor(session: Session, world: World, viewer: Viewer) -> Actor:
    if viewer is Viewer.PUBLIC:
        return ANONYMOUS
    return actor_of(session, world.viewers[viewer], LATER)


def _asked(viewer: Viewer) -> dict[str, Any]:
    body = {Viewer.RECRUITER: "most", Viewer.SECRETARY: "moh", Viewer.COUNCIL: "most"}
    sections = SECTIONS if viewer is Viewer.DELEGATE else ()
    return {"body": body.get(viewer), "sections": sections}


def _previewed(
    session: Session, world: World, viewer: Viewer, purpose: str | None = None
) -> preview.Seen:
    actor = actor_of(session, world.holder, LATER)
    return preview.see_as(session, actor, viewer, purpose=purpose, **_asked(viewer))


def _real(
    session: Session, world: World, viewer: Viewer, purpose: str | None = None
) -> service.Profile | None:
    try:
        return service.get_profile(
            session, _actor(session, world, viewer), world.expert_id, purpose
        )
    except NotFoundError:
        return None


_LEVELS = st.sampled_from(Visibility)
_NAMED = st.sets(st.sampled_from(BODIES), min_size=1)
_STATEMENT = st.tuples(_LEVELS, _NAMED, st.sampled_from([None, "accepted", "rejected"]))


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    statements=st.lists(_STATEMENT, min_size=10, max_size=10),
    life=st.sampled_from([life for life in Life if life not in {Life.MERGED, Life.ERASED}]),
    open_to=st.none() | st.sets(st.sampled_from(BODIES)),
    is_published=st.booleans(),
    is_searchable=st.booleans(),
    is_restricted=st.booleans(),
    purpose=st.sampled_from([None, "find a chip designer"]),
)
def test_a_preview_is_what_the_viewer_is_really_shown(
    world: World,
    database: Database,
    statements: list[tuple[Visibility, set[str], str | None]],
    life: Life,
    open_to: set[str] | None,
    is_published: bool,
    is_searchable: bool,
    is_restricted: bool,
    purpose: str | None,
) -> None:
    with database.session() as session:
        expert = session.get_one(Expert, world.expert_id)
        expert.life, expert.is_published, expert.is_searchable = life, is_published, is_searchable
        expert.open_to = sorted(open_to) if open_to is not None else None
        expert.restricted_at = NOW if is_restricted else None
        rows = repository.list_current(session, [world.expert_id])[world.expert_id]
        for row, (level, named, judgement) in zip(rows, statements, strict=False):
            row.visibility, row.judgement = level.value, judgement
            row.named_bodies = sorted(named) if level is Visibility.NAMED_BODIES else []
        session.flush()

        for viewer in Viewer:
            seen = _previewed(session, world, viewer, purpose)
            real = _real(session, world, viewer, purpose)

            assert (seen.profile is None) == (real is None), viewer
            assert (seen.why is None) == (real is not None), viewer
            if seen.profile is not None and real is not None:
                assert seen.profile.statements == real.statements, viewer
                assert seen.profile.expert == real.expert
                assert seen.profile.summary == real.summary
                own = repository.list_current(session, [expert.id])[expert.id]
                assert seen.hidden == len(own) - len(real.statements)
        session.rollback()


def test_looking_at_oneself_is_noted_nowhere(database: Database) -> None:
    world = _make_world(database)
    with database.session() as session:
        before = len(session.scalars(select(AuditEntry)).all())

    with database.session() as session:
        for viewer in Viewer:
            _previewed(session, world, viewer)

    with database.session() as session:
        assert session.scalars(select(Disclosure)).all() == []
        assert len(session.scalars(select(AuditEntry)).all()) == before


@pytest.mark.parametrize(
    ("columns", "viewer", "why"),
    [
        ("life = 'paused'", Viewer.RECRUITER, Closed.LIFE),
        ("life = 'withdrawn'", Viewer.STEWARD, Closed.LIFE),
        ("restricted_at = now()", Viewer.RECRUITER, Closed.RESTRICTED),
        ("open_to = '{moh}'", Viewer.RECRUITER, Closed.OTHER_BODIES),
        ("is_published = false", Viewer.PUBLIC, Closed.NOT_PUBLISHED),
    ],
)
def test_nothing_shown_comes_with_the_reason(
    database: Database, columns: str, viewer: Viewer, why: Closed
) -> None:
    world = _make_world(database)
    with database.session() as session:
        session.execute(text(f"UPDATE expert SET {columns}"))

    with database.session() as session:
        seen = _previewed(session, world, viewer)

    assert (seen.profile, seen.why) == (None, why)


def test_a_name_that_is_not_public_shows_nobody_anything(database: Database) -> None:
    world = _make_world(database)
    with database.session() as session:
        session.execute(text("DELETE FROM expert_summary"))

    with database.session() as session:
        seen = _previewed(session, world, Viewer.RECRUITER)

    assert (seen.profile, seen.why) == (None, Closed.NO_NAME)


def test_being_found_in_searches_is_told_apart_from_being_shown(database: Database) -> None:
    world = _make_world(database)
    with database.session() as session:
        found = _previewed(session, world, Viewer.RECRUITER).is_found
        session.execute(text("UPDATE expert SET is_searchable = false"))
        session.expire_all()
        hidden = _previewed(session, world, Viewer.RECRUITER)

    assert found
    assert hidden.profile is not None
    assert not hidden.is_found


@pytest.mark.parametrize(
    ("viewer", "asked"),
    [
        (Viewer.RECRUITER, {}),
        (Viewer.RECRUITER, {"body": "nowhere"}),
        (Viewer.COUNCIL, {"body": ""}),
        (Viewer.DELEGATE, {}),
        (Viewer.DELEGATE, {"sections": ["consents"]}),
    ],
)
def test_a_viewer_who_cannot_be_is_refused(
    database: Database, viewer: Viewer, asked: dict[str, Any]
) -> None:
    world = _make_world(database)

    with database.session() as session, pytest.raises(InvalidInputError):
        preview.see_as(session, actor_of(session, world.holder), viewer, **asked)


def test_only_ones_own_profile_is_previewed(database: Database) -> None:
    world = _make_world(database)

    with database.session() as session, pytest.raises(NotPermittedError):
        preview.see_as(session, _actor(session, world, Viewer.STEWARD), Viewer.PUBLIC)


# Who looked.


def _look(
    session: Session,
    expert_id: UUID,
    actor: str,
    body: str | None,
    kind: str = "view",
    purpose: str | None = None,
    day: int = 1,
    hour: int = 3,
) -> None:
    session.add(
        Disclosure(
            expert_id=expert_id,
            kind=kind,
            actor=actor,
            body=body,
            purpose=purpose,
            disclosed_at=NOW.replace(day=day, hour=hour),
        )
    )
    session.flush()


def test_looks_are_counted_by_body_purpose_and_day_and_name_no_account(
    database: Database,
) -> None:
    expert_id = make_lead(database)
    holder, _ = claim(database, expert_id)
    make_body(database, "most")
    with database.session() as session:
        _look(session, expert_id, "account-1", "most", purpose="chips")
        _look(session, expert_id, "account-2", "most", purpose="chips")
        _look(session, expert_id, "account-1", "most", "export", purpose="chips")
        _look(session, expert_id, "account-1", "most", purpose="wind")
        _look(session, expert_id, "account-3", None, day=2)

    with database.session() as session:
        found = lookers.list_looks(session, actor_of(session, holder))

    assert [(look.kind, look.body, look.purpose, look.day.day, look.count) for look in found] == [
        ("view", None, None, 2, 1),
        ("view", "most", "wind", 1, 1),
        ("export", "most", "chips", 1, 1),
        ("view", "most", "chips", 1, 2),
    ]
    assert (found[1].name_vi, found[1].name_en) == ("Bộ most", "Ministry most")
    assert "account" not in repr(found)


def test_days_are_those_of_vietnam(database: Database) -> None:
    expert_id = make_lead(database)
    holder, _ = claim(database, expert_id)
    with database.session() as session:
        _look(session, expert_id, "a", None, day=1, hour=16)
        _look(session, expert_id, "a", None, day=1, hour=17)

    with database.session() as session:
        found = lookers.list_looks(session, actor_of(session, holder))

    assert [look.day.day for look in found] == [2, 1]


def test_pages_of_looks_hold_each_once(database: Database) -> None:
    expert_id = make_lead(database)
    holder, _ = claim(database, expert_id)
    with database.session() as session:
        for number in range(7):
            _look(session, expert_id, "a", None, purpose=f"purpose {number}")
            _look(session, expert_id, "b", None, purpose=f"purpose {number}")

    found: list[lookers.Look] = []
    with database.session() as session:
        actor = actor_of(session, holder)
        while page := lookers.list_looks(session, actor, found[-1].last_id if found else None, 3):
            found += page

    assert sorted(look.purpose or "" for look in found) == [f"purpose {n}" for n in range(7)]


def test_nobody_sees_who_looked_at_somebody_else(database: Database) -> None:
    first, second = make_lead(database, "1"), make_lead(database, "2")
    holder, _ = claim(database, first)
    steward = make_account(database, "steward", Role.STEWARD)
    with database.session() as session:
        _look(session, second, "a", None)

    with database.session() as session:
        assert lookers.list_looks(session, actor_of(session, holder)) == []
    with database.session() as session, pytest.raises(NotPermittedError):
        lookers.list_looks(session, actor_of(session, steward))
