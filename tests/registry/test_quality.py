"""The quality view: its numbers, its lists, who sees it."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text, update
from sqlalchemy.orm import Session
from sqlmodel import col

from ingest.load import load_whole
from registry.access.models import Claim
from registry.access.policy import LOCAL_STEWARD, Actor, Role
from registry.access.queues import count_waiting_claims
from registry.db import Database
from registry.errors import NotPermittedError
from registry.experts import quality, standing
from registry.experts.models import Expert
from registry.experts.quality import QualityPublic
from registry.experts.repository import find_by_source
from registry.experts.schemas import Life, PersonDraft
from registry.rights.models import RightsRequest
from registry.rights.queues import count_open_requests
from tests.accounts import make_account
from tests.factories import NOW, make_person, said, work

STEWARD = Actor("steward", frozenset({Role.STEWARD}))


def _load(database: Database, people: Sequence[PersonDraft]) -> dict[str, UUID]:
    for source in {person.source for person in people}:
        load_whole(database, LOCAL_STEWARD, [p for p in people if p.source == source], NOW)
    with database.session() as session:
        return find_by_source(session, "test", [person.source_key for person in people])


def _quality(database: Database) -> QualityPublic:
    with database.session() as session:
        return quality.get_quality(session, STEWARD, NOW)


def test_an_empty_registry_has_a_quality_view_too(database: Database) -> None:
    found = _quality(database)

    assert (found.people, found.claimed, found.conflicting) == (0, 0, 0)
    assert found.lives == found.verification == found.freshness == {}
    assert found.complete == dict.fromkeys(
        ("name", "affiliation", "field", "evidence", "contact"), 0
    )


def test_profiles_are_counted_by_state_and_those_in_use_by_what_they_hold(
    database: Database,
) -> None:
    known = _load(
        database,
        [
            make_person("1", "Lê Hoa", work("X"), groups=(1, 2)),
            make_person(
                "2",
                "Lê Lan",
                said("contact", {"kind": "email", "address": "l@vi-du.vn"}, visibility="stewards"),
                country=None,
            ),
            make_person("3", "Trần Chờ", work("X"), life=Life.LEAD),
            make_person("4", "Trần Nghỉ", work("X"), life=Life.PAUSED),
            make_person("5", "Trần Giữ", work("X")),
        ],
    )
    with database.session() as session:
        kept = col(Expert.id) == known["5"]
        session.execute(update(Expert).where(kept).values(restricted_at=NOW))

    found = _quality(database)

    assert found.lives == {"claimed": 3, "lead": 1, "paused": 1}
    assert found.people == 3
    assert found.complete == {
        "name": 3,
        "affiliation": 2,
        "field": 1,
        "evidence": 2,
        "contact": 1,
    }


def test_statements_are_counted_by_how_far_they_were_checked(database: Database) -> None:
    _load(
        database,
        [
            make_person(
                "1",
                "Lê Hoa",
                work("A", verification="checked"),
                work("B", verification="confirmed", visibility="stewards"),
                work("C"),
            )
        ],
    )
    with database.session() as session:
        session.execute(
            text(
                "UPDATE statement SET judgement = 'rejected' "
                "WHERE property = 'work' AND value->'title'->>'vi' = 'C'"
            )
        )

    found = _quality(database)

    assert found.verification_by_property["work"] == {"checked": 1, "confirmed": 1}
    assert found.verification == {"checked": 1, "claimed": 2, "confirmed": 1}


def _noted(session: Session, expert_id: UUID, kind: str, days_ago: int) -> None:
    at = NOW - timedelta(days=days_ago)
    if kind == "confirmed":
        expert = Actor("e", frozenset({Role.EXPERT}), expert_id=expert_id)
        standing.confirm(session, expert, at)
    else:
        standing.record_contact(session, STEWARD, expert_id, kind, NOW, at=at)  # type: ignore[arg-type]


def test_claimed_profiles_are_counted_by_freshness_and_reachability(database: Database) -> None:
    lives = {"6": Life.LEAD}
    people = [
        make_person(str(n), f"Lê {n}", life=lives.get(str(n), Life.CLAIMED)) for n in range(1, 7)
    ]
    known = _load(database, people)
    with database.session() as session:
        for key, kind, days in (
            ("1", "confirmed", 365),
            ("2", "confirmed", 366),
            ("3", "confirmed", 731),
            ("4", "sent", 30),
            ("5", "replied", 3),
            ("6", "bounced", 3),
        ):
            _noted(session, known[key], kind, days)

    found = _quality(database)

    assert found.claimed == 5
    assert found.freshness == {"year": 1, "two_years": 1, "older": 1, "never": 2}
    assert found.reachability == {"reachable": 1, "unanswered": 1, "unknown": 3}


def test_profiles_without_a_confirmation_for_a_year_are_listed_the_longest_first(
    database: Database,
) -> None:
    people = [make_person(str(n), f"Lê {n}") for n in range(1, 5)]
    known = _load(database, people)
    with database.session() as session:
        _noted(session, known["1"], "confirmed", 400)
        _noted(session, known["2"], "confirmed", 900)
        _noted(session, known["3"], "confirmed", 365)
        since = NOW - timedelta(days=600)
        session.execute(update(Expert).where(col(Expert.id) == known["4"]).values(life_since=since))

    found = _quality(database)

    assert [row.expert_id for row in found.stale] == [known["2"], known["4"], known["1"]]
    assert [row.confirmed_on for row in found.stale][1] is None
    assert found.stale[1].since == since.date()


def _sector(sector: str, key: str = "1", source: str = "test", **more: str) -> PersonDraft:
    return make_person(key, "Lê Hoa", said("sector", {"sector": sector}, **more), source=source)


def _join(database: Database, source: str) -> None:
    """What the other source says is said of the same person."""
    with database.session() as session:
        session.execute(
            text(
                "UPDATE statement SET expert_id = (SELECT expert_id FROM expert_source WHERE "
                "source = 'test') WHERE source = :source AND property = 'sector'"
            ),
            {"source": source},
        )


def test_two_sources_that_contradict_each_other_are_a_conflict_until_the_person_settles_it(
    database: Database,
) -> None:
    known = _load(database, [_sector("state"), _sector("science", "2", "other")])
    _join(database, "other")

    open_one = _quality(database)
    with database.session() as session:
        session.execute(
            text(
                "UPDATE statement SET judgement = 'accepted' "
                "WHERE property = 'sector' AND source = 'other'"
            )
        )
    settled = _quality(database)

    assert open_one.conflicting == 1
    assert [(c.expert_id, c.properties) for c in open_one.conflicts] == [(known["1"], ["sector"])]
    assert (settled.conflicting, settled.conflicts) == (0, [])


@pytest.mark.parametrize(
    ("other", "more"),
    [
        # The same value in two sources.
        ("state", {}),
        # What a person keeps to himself is not told by naming him here.
        ("science", {"visibility": "self"}),
    ],
)
def test_what_agrees_or_is_the_persons_own_matter_is_no_conflict(
    database: Database, other: str, more: dict[str, str]
) -> None:
    _load(database, [_sector("state"), _sector(other, "2", "other", **more)])
    _join(database, "other")

    assert _quality(database).conflicting == 0


def test_several_works_are_no_contradiction(database: Database) -> None:
    _load(database, [make_person("1", "Lê Hoa", work("A"), work("B"))])

    assert _quality(database).conflicting == 0


def test_requests_are_overdue_when_their_next_deadline_has_passed(session: Session) -> None:
    day = timedelta(days=1)

    def ask(state: str, answer_in: int, act_in: int, is_answered: bool) -> None:
        session.add(
            RightsRequest(
                kind="view",
                state=state,
                channel="web",
                received_at=NOW - 30 * day,
                answer_by=NOW + answer_in * day,
                act_by=NOW + act_in * day,
                answered_at=NOW - 20 * day if is_answered else None,
            )
        )

    ask("open", 1, 10, False)
    ask("open", -1, 10, False)
    ask("answered", -1, 10, True)
    ask("answered", -9, -1, True)
    ask("done", -9, -1, True)
    ask("refused", -9, -1, False)
    session.flush()

    assert count_open_requests(session, NOW) == (4, 2)


def test_claims_wait_while_they_are_open_or_contested(database: Database) -> None:
    known = _load(database, [make_person("1"), make_person("2")])
    states = (("open", "1"), ("contested", "1"), ("granted", "2"), ("refused", "2"))
    for state, key in states:
        account = make_account(database, state, Role.EXPERT)
        with database.session() as session:
            session.add(
                Claim(
                    expert_id=known[key],
                    account_id=account.id,
                    proof="words",
                    state=state,
                    life_before="lead",
                    created_at=NOW,
                )
            )

    with database.session() as session:
        assert count_waiting_claims(session) == (1, 1)
    assert _quality(database).queues.open_claims == 1


def test_the_desk_shows_the_newest_changes_first(database: Database) -> None:
    _load(database, [make_person("1")])
    _load(database, [make_person("2", source="other")])

    with database.session() as session:
        desk = quality.get_desk(session, STEWARD, NOW)

    assert [(c.kind, c.label) for c in desk.changes] == [("import", "other"), ("import", "test")]


def test_the_view_is_for_stewards(session: Session) -> None:
    for role in set(Role) - {Role.STEWARD}:
        actor = Actor("x", frozenset({role}), "most", UUID(int=1))
        with pytest.raises(NotPermittedError):
            quality.get_quality(session, actor, NOW)
