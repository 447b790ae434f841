"""Contacts, what follows from them, and who may see, filter and sort by it."""

import random
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ingest.load import load_whole
from matching.engine import Engine
from matching.search_index import SearchIndex
from matching.terms import folded_terms, weigh_query
from registry.access.policy import (
    LOCAL_RECRUITER,
    LOCAL_STEWARD,
    Actor,
    Near,
    Role,
    Selector,
    selector_for,
)
from registry.audit.models import AuditEntry
from registry.db import Database
from registry.errors import InvalidInputError, NotFoundError, NotPermittedError, NotSignedInError
from registry.experts import listing, standing
from registry.experts.filters import (
    CONFIRMED_WITHIN,
    LISTED_LIVES,
    REACHABILITIES,
    ExpertFilter,
    check_permitted,
)
from registry.experts.freshness import Days, Event, EventKind, freshness
from registry.experts.listing import ListRequest
from registry.experts.models import ContactEvent, Disclosure, Expert, ExpertStanding
from registry.experts.repository import find_by_source
from registry.experts.schemas import Life, PersonDraft, Visibility
from registry.experts.selection import Selection, count_facets, select_people
from registry.experts.standing import Contact, StandingPublic
from tests.factories import NOW, make_person, work

RECRUITER = Actor("recruiter", frozenset({Role.RECRUITER}), "most")
SECRETARY = Actor("secretary", frozenset({Role.SECRETARY}), "most")
STEWARD = Actor("steward", frozenset({Role.STEWARD}))
TODAY = NOW.date()


def _person(database: Database, life: Life = Life.CLAIMED) -> UUID:
    load_whole(database, LOCAL_STEWARD, [make_person("1", life=life)], NOW)
    with database.session() as session:
        return find_by_source(session, "test", ["1"])["1"]


def _expert(expert_id: UUID) -> Actor:
    return Actor("expert", frozenset({Role.EXPERT}), expert_id=expert_id)


def _note(
    session: Session, expert_id: UUID, kind: Contact, days_ago: int, actor: Actor = RECRUITER
) -> StandingPublic:
    at = NOW - timedelta(days=days_ago)
    found = standing.record_contact(session, actor, expert_id, kind, NOW, at=at)
    assert found is not None
    return found


def test_contacts_are_kept_and_say_together_whether_the_person_can_be_reached(
    database: Database,
) -> None:
    expert_id = _person(database)

    with database.session() as session:
        first = _note(session, expert_id, "sent", 40)
        answered = _note(session, expert_id, "replied", 20)
        gone = _note(session, expert_id, "bounced", 10)

    with database.session() as session:
        kept = session.scalars(select(ContactEvent).order_by(ContactEvent.at)).all()
        assert [(e.kind, e.recorded_by, e.body) for e in kept] == [
            ("sent", "recruiter", "most"),
            ("replied", "recruiter", "most"),
            ("bounced", "recruiter", "most"),
        ]
    assert (first.reachability, first.unanswered_since) == (
        "unanswered",
        TODAY - timedelta(days=40),
    )
    assert (answered.reachability, answered.unanswered_since) == ("reachable", None)
    assert gone.reachability == "bounced"


def test_writing_again_leaves_the_first_unanswered_message_the_one_that_counts(
    database: Database,
) -> None:
    expert_id = _person(database)

    with database.session() as session:
        _note(session, expert_id, "sent", 45)
        again = _note(session, expert_id, "sent", 2)

    assert again.unanswered_since == TODAY - timedelta(days=45)
    assert again.reachability == "unanswered"


def test_an_event_noted_late_counts_by_when_it_happened(database: Database) -> None:
    expert_id = _person(database)

    with database.session() as session:
        _note(session, expert_id, "bounced", 10)
        late = _note(session, expert_id, "replied", 30)

    assert late.reachability == "bounced"
    assert late.replied_on == TODAY - timedelta(days=30)


def test_writing_to_a_person_is_disclosed_to_him_and_audited_with_its_purpose(
    database: Database,
) -> None:
    expert_id = _person(database)
    with database.session() as session:
        standing.record_contact(
            session, RECRUITER, expert_id, "sent", NOW, purpose="  mời tham gia chương trình chip "
        )
        standing.record_contact(session, RECRUITER, expert_id, "replied", NOW)

    with database.session() as session:
        told = session.scalars(select(Disclosure)).all()
        noted = session.scalars(select(AuditEntry.action).where(AuditEntry.expert_id == expert_id))
        assert [(d.kind, d.body, d.purpose) for d in told] == [
            ("contact", "most", "mời tham gia chương trình chip")
        ]
        assert list(noted) == ["contact:record", "contact:record"]


def test_a_contact_is_noted_only_with_people_whom_the_actor_may_see(database: Database) -> None:
    expert_id = _person(database)
    with database.session() as session:
        session.execute(update(Expert).values(open_to=["moh"]))

    for unknown in (expert_id, UUID(int=7)):
        with database.session() as session, pytest.raises(NotFoundError) as caught:
            standing.record_contact(session, RECRUITER, unknown, "sent", NOW)
        assert str(caught.value) == f"no expert with the id {unknown}"
    with database.session() as session:
        other = replace(RECRUITER, body="moh")
        assert standing.record_contact(session, other, expert_id, "sent", NOW) is not None


def test_a_lead_is_written_to_for_a_stated_purpose_only(database: Database) -> None:
    expert_id = _person(database, Life.LEAD)

    with database.session() as session, pytest.raises(NotFoundError):
        standing.record_contact(session, RECRUITER, expert_id, "sent", NOW, purpose=" ")
    with database.session() as session:
        standing.record_contact(
            session, RECRUITER, expert_id, "sent", NOW, purpose="tìm chuyên gia"
        )
        standing.record_contact(session, STEWARD, expert_id, "bounced", NOW)


def test_whoever_neither_recruits_nor_keeps_the_registry_notes_no_contact(
    database: Database,
) -> None:
    expert_id = _person(database)

    with database.session() as session:
        for actor in (_expert(expert_id), Actor("auditor", frozenset({Role.AUDITOR}))):
            with pytest.raises(NotPermittedError):
                standing.record_contact(session, actor, expert_id, "sent", NOW)


@pytest.mark.parametrize(
    "at",
    [
        NOW + timedelta(seconds=1),
        datetime(1999, 12, 31, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime.min.replace(tzinfo=UTC) + timedelta(hours=1),
    ],
)
def test_a_contact_lies_neither_ahead_nor_before_there_was_a_registry(
    database: Database, at: datetime
) -> None:
    expert_id = _person(database)

    with database.session() as session, pytest.raises(InvalidInputError, match="2000 and now"):
        standing.record_contact(session, STEWARD, expert_id, "sent", NOW, at=at)


def test_the_day_of_a_contact_is_that_in_utc_whatever_zone_it_is_told_in(
    database: Database,
) -> None:
    expert_id = _person(database)
    hanoi = datetime.fromisoformat("2026-10-02T03:00:00+07:00")

    with database.session() as session:
        found = standing.record_contact(session, STEWARD, expert_id, "replied", NOW, at=hanoi)

    assert found is not None
    assert found.replied_on == date(2026, 10, 1)


def test_a_person_confirms_his_own_profile_and_nobody_does_it_for_him(database: Database) -> None:
    expert_id = _person(database)
    delegate = Actor("delegate", frozenset(), delegations={expert_id: frozenset({"award"})})

    with database.session() as session:
        own = standing.confirm(session, _expert(expert_id), NOW)
        for other in (delegate, STEWARD, RECRUITER):
            with pytest.raises(NotPermittedError):
                standing.confirm(session, other, NOW)

    assert own.confirmed_on == TODAY
    with database.session() as session:
        assert standing.get_own(session, _expert(expert_id), NOW) == own
        assert [e.kind for e in session.scalars(select(ContactEvent))] == ["confirmed"]


def test_of_two_contacts_at_once_neither_is_lost(database: Database) -> None:
    expert_id = _person(database)
    begun = threading.Event()
    seen: list[StandingPublic] = []

    def second() -> None:
        with database.session() as session:
            begun.set()
            seen.append(_note(session, expert_id, "replied", 1))

    thread = threading.Thread(target=second)
    with database.session() as session:
        _note(session, expert_id, "bounced", 2)
        thread.start()
        begun.wait(10)
        # The other one waits for the row until this block commits.
        thread.join(0.5)
        assert not seen
    thread.join(10)

    assert seen[0].bounced_on == TODAY - timedelta(days=2)
    with database.session() as session:
        row = session.scalars(select(ExpertStanding)).one()
        assert (row.bounced_at, row.replied_at) == (
            NOW - timedelta(days=2),
            NOW - timedelta(days=1),
        )


KINDS: tuple[EventKind, ...] = ("confirmed", "sent", "replied", "bounced")


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 800)), max_size=8))
def test_counted_in_whole_days_the_rule_is_that_of_freshness(
    told: list[tuple[EventKind, int]],
) -> None:
    now = datetime.combine(TODAY, time(12), UTC)
    found = freshness((Event(kind, now - timedelta(days=ago)) for kind, ago in told), now)

    by_day = Days(TODAY).reachability(
        found.confirmed_at, found.replied_at, found.bounced_at, found.open_since
    )

    assert by_day == found.reachability


# Who sees it.


@pytest.mark.parametrize(
    ("narrowed", "name"),
    [
        (ExpertFilter(confirmed_within=365, on=TODAY), "confirmed_within"),
        (ExpertFilter(reachability=("unknown",), on=TODAY), "reachability"),
    ],
)
def test_a_filter_on_contacts_is_refused_by_name_to_whoever_does_not_see_them(
    narrowed: ExpertFilter, name: str
) -> None:
    unseeing = selector_for(LOCAL_RECRUITER)

    with pytest.raises(NotPermittedError, match=f"filter {name} "):
        check_permitted(unseeing, narrowed)
    with pytest.raises(NotPermittedError, match=f"filter {name} "):
        Selection(unseeing, narrowed)
    for actor in (RECRUITER, SECRETARY, STEWARD):
        check_permitted(selector_for(actor), narrowed)


def test_lives_are_a_filter_of_stewards() -> None:
    narrowed = ExpertFilter(lives=(Life.LEAD,))

    with pytest.raises(NotPermittedError, match="filter lives "):
        check_permitted(selector_for(RECRUITER, "một mục đích"), narrowed)
    check_permitted(selector_for(STEWARD), narrowed)


def test_contacts_move_nothing_that_somebody_sees_who_does_not_see_them(
    database: Database,
) -> None:
    people = [make_person(str(n), f"Lê Văn {name}") for n, name in enumerate("ABC")]
    load_whole(database, LOCAL_STEWARD, people, NOW)
    requests = [ListRequest(sort=sort) for sort in ("name", "organisation", "country", "newest")]

    def answers() -> list[str]:
        with database.session() as session:
            return [
                listing.list_people(session, LOCAL_RECRUITER, asked, NOW).model_dump_json()
                for asked in requests
            ]

    before = answers()
    with database.session() as session:
        for expert_id in find_by_source(session, "test", ["0", "2"]).values():
            _note(session, expert_id, "sent", 40)
    after = answers()

    assert before == after
    assert "reachability" not in before[0]
    with database.session() as session, pytest.raises(NotPermittedError, match="sort confirmed"):
        listing.list_people(session, LOCAL_RECRUITER, ListRequest(sort="confirmed"), NOW)


def test_only_who_sees_contacts_is_told_what_follows_from_one(database: Database) -> None:
    expert_id = _person(database)

    with database.session() as session:
        assert standing.record_contact(session, LOCAL_RECRUITER, expert_id, "sent", NOW) is None
        assert standing.get_contacts(session, LOCAL_RECRUITER, expert_id, NOW).standing is None
        assert standing.get_contacts(session, SECRETARY, expert_id, NOW).standing is not None
        with pytest.raises(NotSignedInError):
            standing.get_contacts(session, Actor("anonymous", frozenset()), expert_id, NOW)


# The three evaluators of a filter: the database, the mask of the index, the text index.

Make = Callable[[Database, list[PersonDraft]], Engine]
COUNTRIES = ("VN", "FR", "JP", None)
BODIES = (None, frozenset({"most"}), frozenset({"moh"}))


def _random_people(dice: random.Random, count: int) -> list[PersonDraft]:
    return [
        make_person(
            str(number),
            f"Lê Văn {number}",
            work("Thiết kế vi mạch"),
            country=dice.choice(COUNTRIES),
            groups=tuple(dice.sample(range(1, 11), dice.randint(0, 3))),
            ford=dice.choice([None, "2.2", "1.2", "3"]),
            life=dice.choice(LISTED_LIVES),
        )
        for number in range(count)
    ]


def _random_standing(dice: random.Random, expert_id: UUID) -> ExpertStanding:
    """Times on both sides of every boundary, to the microsecond."""
    edges = [0, 1, 29, 30, 31, 364, 365, 366, 729, 730, 731]

    def moment() -> datetime | None:
        if dice.random() < 0.4:
            return None
        day = TODAY - timedelta(days=dice.choice(edges))
        at = dice.choice([time.min, time(12), time.max])
        return datetime.combine(day, at, UTC)

    return ExpertStanding(
        expert_id=expert_id,
        confirmed_at=moment(),
        replied_at=moment(),
        bounced_at=moment(),
        sent_at=moment(),
    )


def _random_filter(dice: random.Random, is_steward: bool) -> ExpertFilter:
    def some(values: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(v for v in values if dice.random() < 0.4) if dice.random() < 0.5 else ()

    return ExpertFilter(
        residences=some(("domestic", "overseas", "unknown")),  # type: ignore[arg-type]
        countries=some(("VN", "FR", "JP")),  # type: ignore[arg-type]
        fields=some(("2", "2.2", "1.2", "6")),  # type: ignore[arg-type]
        groups=some((1, 2, 3, 4)),  # type: ignore[arg-type]
        confirmed_within=dice.choice([None, None, *CONFIRMED_WITHIN]),
        reachability=some(REACHABILITIES),  # type: ignore[arg-type]
        lives=some(LISTED_LIVES) if is_steward else (),  # type: ignore[arg-type]
        on=TODAY + timedelta(days=dice.choice([0, 0, 1, -1, 30])),
    )


def _random_selector(dice: random.Random) -> Selector:
    levels = {Visibility.PUBLIC, Visibility.BODIES}
    lives = {Life.CLAIMED, Life.VERIFIED}
    bodies: frozenset[str] | None = dice.choice(BODIES[1:])
    if dice.random() < 0.3:
        levels, bodies = set(Visibility) - {Visibility.SELF}, None
    if bodies is None or dice.random() < 0.3:
        lives |= {Life.LEAD, Life.INVITED}
    return Selector(frozenset(lives), frozenset(levels), bodies)


@pytest.mark.parametrize("seed", range(3))
def test_database_mask_and_text_index_admit_the_same_people(
    make_engine: Make, database: Database, seed: int
) -> None:
    dice = random.Random(seed)
    engine = make_engine(database, _random_people(dice, 60))
    with database.session() as session:
        known = find_by_source(session, "test", [str(n) for n in range(60)])
        for expert_id in known.values():
            if dice.random() < 0.8:
                session.add(_random_standing(dice, expert_id))
            open_to = dice.choice([None, ["most"], ["most", "moh"]])
            is_searchable = dice.random() < 0.9
            session.execute(
                update(Expert)
                .where(Expert.id == expert_id)  # type: ignore[arg-type]
                .values(open_to=open_to, is_searchable=is_searchable)
            )
    engine.catch_up()
    index, sizes = engine.index, set()
    query = weigh_query(folded_terms("vi mach"), index.statistics.frequencies)

    for _ in range(150):
        selector = _random_selector(dice)
        narrowed = _random_filter(dice, Visibility.STEWARDS in selector.levels)
        with database.session() as session:
            found = session.scalars(select_people(Selection(selector, narrowed), Expert.id))
            in_database = set(found)
        people, _ = index.admitted(selector, narrowed)
        in_mask = {index.people.ids[number] for number in np.flatnonzero(people)}
        rows, _ = index.words.search(query, selector, narrowed, 1000)
        in_words = {index.people.ids[number] for number in index.person_of_row[rows]}
        assert in_database == in_mask == in_words, narrowed
        sizes.add(len(in_database))

    assert len(sizes) > 10


def test_a_contact_reaches_the_index_and_survives_its_saving(
    make_engine: Make, database: Database
) -> None:
    engine = make_engine(database, [make_person("1", "Lê Hoa", work("Thiết kế vi mạch"))])
    with database.session() as session:
        expert_id = find_by_source(session, "test", ["1"])["1"]
    selector = selector_for(RECRUITER)
    bounced = ExpertFilter(reachability=("bounced",), on=TODAY)

    before = engine.index.admitted(selector, bounced)[1].sum()
    with database.session() as session:
        _note(session, expert_id, "bounced", 1)
    engine.catch_up()
    after = engine.index.admitted(selector, bounced)[1].sum()
    engine.index.save()
    engine.index.close()
    opened = SearchIndex.load(
        engine.index.folder, engine.index.statistics, engine.encoder.dimension
    )

    assert (before, after) == (0, 1)
    assert opened.admitted(selector, bounced)[1].sum() == 1
    opened.close()


def test_the_index_itself_refuses_a_filter_on_what_the_selector_does_not_show(
    invented_engine: Engine,
) -> None:
    unseeing = selector_for(LOCAL_RECRUITER).without_near()
    index = invented_engine.index
    query = weigh_query(folded_terms("vi mach"), index.statistics.frequencies)

    for narrowed in (
        ExpertFilter(reachability=("unknown",), on=TODAY),
        ExpertFilter(confirmed_within=730, on=TODAY),
    ):
        with pytest.raises(NotPermittedError):
            index.admitted(unseeing, narrowed)
        with pytest.raises(NotPermittedError):
            index.words.search(query, unseeing, narrowed, 10)


def test_facets_of_contacts_count_what_their_filters_would_leave(database: Database) -> None:
    dice = random.Random(5)
    load_whole(database, LOCAL_STEWARD, _random_people(dice, 40), NOW)
    with database.session() as session:
        for expert_id in find_by_source(session, "test", [str(n) for n in range(40)]).values():
            session.add(_random_standing(dice, expert_id))
    selector = selector_for(RECRUITER)

    with database.session() as session:
        for narrowed in (ExpertFilter(on=TODAY), ExpertFilter(countries=("VN",), on=TODAY)):
            facets = count_facets(session, Selection(selector, narrowed))
            for value, days in product(REACHABILITIES, CONFIRMED_WITHIN):
                by_reach = Selection(selector, replace(narrowed, reachability=(value,)))
                by_days = Selection(selector, replace(narrowed, confirmed_within=days))
                for kind, key, one in (
                    ("reachability", value, by_reach),
                    ("confirmed_within", str(days), by_days),
                ):
                    left = len(session.execute(select_people(one, Expert.id)).all())
                    assert facets[kind].get(key, 0) == left
        hidden = count_facets(session, Selection(selector_for(LOCAL_RECRUITER), ExpertFilter()))
    assert not {"reachability", "confirmed_within", "lives"} & set(hidden)


def test_what_is_seen_of_one_person_only_opens_no_filter() -> None:
    near = {UUID(int=1): (Near(frozenset(Visibility), any_life=True),)}
    selector = replace(selector_for(LOCAL_RECRUITER), near=near)

    with pytest.raises(NotPermittedError):
        check_permitted(selector, ExpertFilter(reachability=("bounced",), on=TODAY))
