"""Lists of people: who is in them, in which order, page by page, and what they never tell."""

import base64
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from ingest.load import load_whole
from registry.access.policy import LOCAL_STEWARD, Actor, Role
from registry.audit.service import list_entries
from registry.db import Database
from registry.errors import InvalidInputError, NotPermittedError, NotSignedInError
from registry.experts import listing, standing
from registry.experts.filters import LISTED_LIVES
from registry.experts.listing import ListAnswer, ListedPerson, ListRequest
from registry.experts.listing_rows import SORTS
from registry.experts.models import Disclosure, Expert, Statement
from registry.experts.repository import find_by_source
from registry.experts.schemas import Life, PersonDraft
from tests.factories import NOW, make_person, said, work

RECRUITER: Final = Actor("recruiter", frozenset({Role.RECRUITER}), "most")
SECRETARY: Final = Actor("secretary", frozenset({Role.SECRETARY}), "moh")
STEWARD: Final = Actor("steward", frozenset({Role.STEWARD}))
AUDITOR: Final = Actor("auditor", frozenset({Role.AUDITOR}))
ROLES: Final = {"recruiter": RECRUITER, "secretary": SECRETARY, "steward": STEWARD}
SURNAMES: Final = ("Nguyễn", "Đặng", "Lê", "Phạm", "Công Tằng Tôn Nữ", "Ông")
GIVEN: Final = ("Hùng", "Hưng", "Hoà", "Hòa", "Đức", "An")


def _list(session: Session, actor: Actor, **request: Any) -> ListAnswer:
    return listing.list_people(session, actor, ListRequest(**request), NOW)


def _pages(session: Session, actor: Actor, limit: int, **request: Any) -> list[ListedPerson]:
    """The rows of all pages, one after the other."""
    people, after = [], None
    while True:
        page = _list(session, actor, limit=limit, after=after, **request)
        people += page.people
        after = page.next
        assert len(page.people) == limit or after is None
        if after is None:
            return people


def _names(answer: ListAnswer) -> list[str]:
    return [person.display_name for person in answer.people]


# Names.


@pytest.fixture
def named(database: Database) -> Iterator[Session]:
    names = (
        "Nguyễn Văn Hùng",
        "Hùng Nguyễn Văn",
        "Nguyễn Văn Hưng",
        "Nguyen Van Hung",
        "Nguyễn Hùng Văn Phong",
        "Lê Thị Hoà",
        "Lê Thị Hòa",
        "Lê Thị Hoa",
        "Trần-Lê, Đức",
        "Phạm 100%_ Thu",
    )
    people = [make_person(str(n), name) for n, name in enumerate(names)]
    load_whole(database, LOCAL_STEWARD, people, NOW)
    with database.session() as session:
        yield session


@pytest.mark.parametrize("typed", ["nguyen van hung", "HUNG van  Nguyen", "Văn Hung nguyễn"])
def test_a_name_is_found_in_any_order_with_and_without_marks(named: Session, typed: str) -> None:
    found = _names(_list(named, RECRUITER, q=typed))

    assert set(found) == {
        "Nguyễn Văn Hùng",
        "Hùng Nguyễn Văn",
        "Nguyễn Văn Hưng",
        "Nguyen Van Hung",
        "Nguyễn Hùng Văn Phong",
    }


def test_the_names_with_the_tones_typed_come_first(named: Session) -> None:
    found = _names(_list(named, RECRUITER, q="Hùng Nguyễn Văn"))

    assert set(found[:3]) == {"Nguyễn Văn Hùng", "Hùng Nguyễn Văn", "Nguyễn Hùng Văn Phong"}
    assert set(found[3:]) == {"Nguyễn Văn Hưng", "Nguyen Van Hung"}


@pytest.mark.parametrize("typed", ["hoà", "hòa"])
def test_both_ways_of_placing_a_tone_are_one_word(named: Session, typed: str) -> None:
    found = _names(_list(named, RECRUITER, q=f"Lê {typed}"))

    assert set(found[:2]) == {"Lê Thị Hoà", "Lê Thị Hòa"}
    assert found[2:] == ["Lê Thị Hoa"]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("n v phong", "Nguyễn Hùng Văn Phong"),
        ("le duc", "Trần-Lê, Đức"),
        ("duc tran", "Trần-Lê, Đức"),
        ("thu 100", "Phạm 100%_ Thu"),
    ],
)
def test_initials_and_joined_names_are_found(named: Session, typed: str, name: str) -> None:
    assert _names(_list(named, RECRUITER, q=typed)) == [name]


def test_whole_words_come_before_begun_ones(database: Database) -> None:
    people = [make_person("1", "An Bình Hungary"), make_person("2", "Bình Hưng Ánh")]
    load_whole(database, LOCAL_STEWARD, people, NOW)

    with database.session() as session:
        assert _names(_list(session, RECRUITER, q="hung binh")) == [
            "Bình Hưng Ánh",
            "An Bình Hungary",
        ]


@pytest.mark.parametrize("typed", ["ung", "nguyen van hung thi", "%", "_", "100\\"])
def test_signs_of_patterns_and_middles_of_words_find_nobody_by_chance(
    named: Session, typed: str
) -> None:
    if typed in {"%", "_"}:
        with pytest.raises(InvalidInputError, match="no word"):
            _list(named, RECRUITER, q=typed)
    else:
        found = _names(_list(named, RECRUITER, q=typed))
        assert found == (["Phạm 100%_ Thu"] if typed.startswith("100") else [])


def test_a_name_of_more_than_a_hundred_characters_is_refused(named: Session) -> None:
    assert _names(_list(named, RECRUITER, q="x" * 100)) == []
    with pytest.raises(InvalidInputError, match="at most 100 characters"):
        _list(named, RECRUITER, q="x" * 101)


# Orders and pages.


def _random_people(dice: random.Random, count: int) -> list[PersonDraft]:
    people = []
    for number in range(count):
        person = make_person(
            str(number),
            f"{dice.choice(SURNAMES)} {dice.choice(GIVEN)}",
            work("Thiết kế vi mạch", visibility=dice.choice(["public", "bodies", "stewards"])),
            country=dice.choice(["VN", "VN", "FR", "JP", None]),
            groups=tuple(dice.sample(range(1, 6), dice.randint(0, 2))),
            ford=dice.choice([None, "2.2", "1.2"]),
            life=dice.choice(LISTED_LIVES),
        )
        for statement in person.statements:
            if statement.property == "affiliation":
                # Few, so that there are ties.
                place = dice.choice(["Đại học A", "Dai hoc B", "Viện Y", "an Viện", "ĐẠI HỌC A"])
                statement.value = statement.value.model_copy(update={"organisation": place})
        people.append(person)
    return people


@pytest.fixture(scope="module")
def world(make_database: Callable[[str], Database]) -> Database:
    """Seventy people with contacts, some open to one body, some not to be ranked."""
    database, dice = make_database("listing"), random.Random(11)
    load_whole(database, LOCAL_STEWARD, _random_people(dice, 70), NOW)
    with database.session() as session:
        for expert_id in find_by_source(session, "test", [str(n) for n in range(70)]).values():
            values = {
                "open_to": dice.choice([None, None, ["most"], ["moh"]]),
                "is_searchable": dice.random() < 0.9,
            }
            session.execute(update(Expert).where(col(Expert.id) == expert_id).values(**values))
        session.flush()
        for person in _pages(session, STEWARD, 50):
            for kind in dice.sample(["sent", "replied", "bounced"], dice.randint(0, 2)):
                days = dice.choice([1, 29, 40, 400])
                standing.record_contact(
                    session,
                    STEWARD,
                    person.expert_id,
                    kind,  # type: ignore[arg-type]
                    NOW,
                    at=NOW - timedelta(days=days),
                )
            if dice.random() < 0.4:
                expert = Actor("e", frozenset({Role.EXPERT}), expert_id=person.expert_id)
                standing.confirm(session, expert, NOW - timedelta(days=dice.choice([5, 400, 800])))
    return database


NARROWINGS: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"residences": ["overseas"]},
    {"residences": ["unknown", "domestic"]},
    {"countries": ["FR"]},
    {"fields": ["2"]},
    {"groups": ["1", "2"]},
    {"reachability": ["unanswered", "bounced"]},
    {"confirmed_within": 730},
    {"q": "nguyen"},
    {"q": "hoa", "residences": ["domestic"], "reachability": ["unknown"]},
    {"purpose": "tìm chuyên gia", "groups": ["3"]},
)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("sort", SORTS)
def test_the_total_is_the_number_of_rows_on_all_pages_under_every_filter_and_order(
    world: Database, role: str, sort: str
) -> None:
    actor = ROLES[role]
    with world.session() as session:
        for narrowing in NARROWINGS:
            whole = _list(session, actor, sort=sort, limit=100, **narrowing)
            rows = _pages(session, actor, 7, sort=sort, **narrowing)

            assert whole.next is None
            assert rows == whole.people
            assert len({row.expert_id for row in rows}) == whole.total == len(rows)


@pytest.mark.parametrize("role", ROLES)
def test_every_facet_value_counts_the_people_that_its_filter_leaves(
    world: Database, role: str
) -> None:
    actor, checked = ROLES[role], 0
    with world.session() as session:
        for narrowing in NARROWINGS:
            facets = _list(session, actor, limit=1, **narrowing).facets
            for kind, values in facets.items():
                for value in values:
                    chosen: Any = [value.value]
                    if kind == "confirmed_within":
                        chosen = int(value.value)
                    left = _list(session, actor, limit=1, **(narrowing | {kind: chosen}))
                    assert left.total == value.count, (narrowing, kind, value.value)
                    checked += 1
    assert checked > 100


def test_each_role_lists_whom_it_may_see_and_nobody_else(world: Database) -> None:
    with world.session() as session:
        listed = {name: _pages(session, actor, 100) for name, actor in ROLES.items()}
        experts = {e.id: e for e in session.scalars(select(Expert))}

    for name, body in (("recruiter", "most"), ("secretary", "moh")):
        wanted = {
            e.id
            for e in experts.values()
            if e.life in {"claimed", "verified"}
            and e.is_searchable
            and (e.open_to is None or body in e.open_to)
        }
        assert {row.expert_id for row in listed[name]} == wanted
    # Who keeps the records lists those as well who are not to be ranked.
    assert {row.expert_id for row in listed["steward"]} == set(experts)


def test_orders_are_by_folded_words_nobody_first_or_last_by_his_marks(world: Database) -> None:
    with world.session() as session:
        by_place = [p.organisation for p in _pages(session, STEWARD, 20, sort="organisation")]
        by_name = [p.display_name for p in _pages(session, STEWARD, 20, sort="name")]
        by_country = [p.country_code for p in _pages(session, STEWARD, 20, sort="country")]
        newest = [p.expert_id for p in _pages(session, STEWARD, 20, sort="newest")]

    places = [place for place in by_place if place]
    order = ["an Viện", "Dai hoc B", "Viện Y"]
    assert by_place[: len(places)] == places
    assert [p for p in dict.fromkeys(places) if p in order] == order
    assert places.index("ĐẠI HỌC A") < places.index("Dai hoc B")
    assert by_name[0].startswith("Công")
    assert by_name[-1].startswith("Phạm") or by_name[-1].startswith("Ông")
    known = [code for code in by_country if code]
    assert by_country[: len(known)] == sorted(known)
    assert newest == sorted(newest, reverse=True)


def test_who_confirmed_last_comes_first_and_who_never_did_last(world: Database) -> None:
    with world.session() as session:
        people = _pages(session, SECRETARY, 9, sort="confirmed")

    days = [p.standing.confirmed_on if p.standing else None for p in people]
    known = [day for day in days if day]
    assert 3 < len(known) < len(days)
    assert days[: len(known)] == sorted(known, reverse=True)


def test_a_person_who_leaves_between_two_pages_takes_nobody_along(
    database: Database,
) -> None:
    people = [make_person(str(n), f"Lê {letter}") for n, letter in enumerate("ABCDEF")]
    load_whole(database, LOCAL_STEWARD, people, NOW)

    with database.session() as session:
        first = _list(session, RECRUITER, limit=3)
        session.execute(
            update(Expert)
            .where(col(Expert.id) == first.people[-1].expert_id)
            .values(life="withdrawn")
        )
        second = _list(session, RECRUITER, limit=3, after=first.next)

    assert _names(first) + _names(second) == [f"Lê {letter}" for letter in "ABCDEF"]


# What a page address tells, and to whom.


def test_a_cursor_holds_nothing_readable_and_is_equal_for_equal_lists(world: Database) -> None:
    with world.session() as session:
        page = _list(session, RECRUITER, limit=5)
        again = _list(session, RECRUITER, limit=5)

    assert page.next is not None
    assert page.next == again.next
    content = base64.urlsafe_b64decode(page.next + "=" * (-len(page.next) % 4))
    last = page.people[-1]
    for readable in (last.display_name, str(last.expert_id)):
        assert readable.encode() not in content
        assert readable not in page.next
    assert last.expert_id.bytes not in content


@pytest.mark.parametrize(
    "other",
    [
        {"actor": STEWARD},
        {"actor": replace(RECRUITER, id="somebody else")},
        {"sort": "newest"},
        {"groups": ["1"]},
        {"q": "an"},
        {"purpose": "tìm chuyên gia"},
    ],
)
def test_a_cursor_of_another_list_or_reader_is_refused(
    world: Database, other: dict[str, Any]
) -> None:
    request = dict(other)
    actor = request.pop("actor", RECRUITER)
    with world.session() as session:
        after = _list(session, RECRUITER, limit=5).next

        with pytest.raises(InvalidInputError, match="no page of this list"):
            _list(session, actor, after=after, **request)


@pytest.mark.parametrize("after", ["x", "é", "A" * 60, "A" * 4999, "=", "a b", "____"])
def test_what_is_no_cursor_is_refused(world: Database, after: str) -> None:
    with world.session() as session, pytest.raises(InvalidInputError, match="no page"):
        _list(session, RECRUITER, after=after)


def test_leads_are_listed_for_a_stated_purpose_which_is_kept(database: Database) -> None:
    life = LISTED_LIVES[0]
    load_whole(database, LOCAL_STEWARD, [make_person("1", "Trần Chờ", life=life)], NOW)

    with database.session() as session:
        without = _list(session, RECRUITER)
        blank = _list(session, RECRUITER, purpose="  ")
        secretary = _list(session, SECRETARY, purpose="lập hội đồng")
        found = _list(session, RECRUITER, purpose="tìm ứng viên")

    assert _names(without) == _names(blank) == _names(secretary) == []
    assert _names(found) == ["Trần Chờ"]
    with database.session() as session:
        entries = list_entries(session, AUDITOR, action="expert:list")
        assert [(e.actor, e.details) for e in entries] == [
            ("recruiter", {"people": [str(found.people[0].expert_id)]})
        ]
        # The words stand with the person, where he reads them and where they go with him.
        looks = session.scalars(select(Disclosure)).all()
        assert [(d.kind, d.purpose) for d in looks] == [("match", "tìm ứng viên")]


def test_a_typed_name_is_kept_nowhere(world: Database) -> None:
    with world.session() as session:
        _list(session, STEWARD, q="Nguyễn Hùng")

    with world.session() as session:
        entries = list_entries(session, AUDITOR, action="expert:list", limit=1)
    assert entries[0].details is not None
    assert set(entries[0].details) == {"people"}


def test_whoever_may_not_search_lists_nobody(world: Database) -> None:
    with world.session() as session:
        for actor in (AUDITOR, Actor("e", frozenset({Role.EXPERT}), expert_id=UUID(int=1))):
            with pytest.raises(NotPermittedError):
                _list(session, actor)
        with pytest.raises(NotSignedInError):
            _list(session, Actor("anonymous", frozenset()))
        with pytest.raises(NotPermittedError, match="filter lives"):
            _list(session, RECRUITER, lives=["claimed"])


def test_a_list_is_the_same_for_all_who_share_a_role_whatever_is_near_to_them(
    database: Database,
) -> None:
    people = [
        make_person("1", "Lê Hoa", work("Cho hội đồng", visibility="council")),
        make_person("2", "Lê Nghỉ", work("Riêng tư", visibility="self"), life=Life.PAUSED),
    ]
    load_whole(database, LOCAL_STEWARD, people, NOW)
    with database.session() as session:
        known = find_by_source(session, "test", ["1", "2"])
        for actor in (SECRETARY, STEWARD):
            near = replace(
                actor,
                roles=actor.roles | {Role.SECRETARY},
                body="moh",
                expert_id=known["2"],
                candidates=frozenset({known["1"]}),
            )
            far = replace(near, expert_id=None, candidates=frozenset())

            assert _list(session, near) == _list(session, far)


# Hidden statements.

LEVELS: Final = {
    "stewards": ("recruiter", "secretary"),
    "self": ("recruiter", "secretary", "steward"),
    "council": ("recruiter", "secretary"),
    "named_bodies": ("secretary",),
}


@pytest.mark.parametrize("level", LEVELS)
def test_a_change_of_hidden_statements_changes_no_byte_of_others_lists(
    database: Database, level: str
) -> None:
    dice = random.Random(3)
    people = _random_people(dice, 12)
    load_whole(database, LOCAL_STEWARD, people, NOW)
    requests = [
        {"sort": sort, "limit": 5, **narrowing} for sort in SORTS for narrowing in NARROWINGS
    ]

    def answers() -> dict[str, list[str]]:
        with database.session() as session:
            return {
                name: [
                    _list(session, ROLES[name], **request).model_dump_json() for request in requests
                ]
                for name in LEVELS[level]
            }

    before = answers()
    named = {"named_bodies": ["most"]} if level == "named_bodies" else {}
    hidden = {"visibility": level, **named}
    for person in people:
        place = {"organisation": "Aaa", "country_code": "US", "is_main": True}
        person.statements += [
            said("affiliation", place, started_on="2026", **hidden),
            said("name", {"display": "Aaa Aaa", "kind": "variant"}, **hidden),
            said("field", {"scheme": "ford", "code": "6"}, **hidden),
            work("Một công trình ẩn", verification="checked", **hidden),
        ]
        person.raw["edition"] = 2
    load_whole(database, LOCAL_STEWARD, people, NOW)
    after = answers()

    assert before == after
    with database.session() as session:
        written = session.scalars(select(col(Statement.id)).where(Statement.visibility == level))
        assert len(written.all()) >= 4 * 12


def test_a_row_counts_the_statements_that_its_reader_may_see(database: Database) -> None:
    person = make_person(
        "1",
        "Lê Hoa",
        work("Công khai", verification="checked"),
        work("Cho bộ ngành", visibility="bodies"),
        work("Cho một bộ", visibility="named_bodies", named_bodies=["most"]),
        work("Nội bộ", visibility="stewards", verification="confirmed"),
        work("Riêng tư", visibility="self"),
    )
    load_whole(database, LOCAL_STEWARD, [person], NOW)

    with database.session() as session:
        counts = {
            name: [(p.statements, p.verified) for p in _list(session, actor).people]
            for name, actor in ROLES.items()
        }

    assert counts == {"recruiter": [(5, 1)], "secretary": [(4, 1)], "steward": [(6, 2)]}
