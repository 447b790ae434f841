"""Invented people: repeatable, coherent, marked as invented, and as good as their texts say."""

import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import pytest

from ingest.demo.generator import InventedPerson, generate
from ingest.demo.keywords import topic_keywords
from ingest.demo.tables import frames, specialties
from ingest.demo.texts import capitalise, running
from registry.errors import InvalidInputError
from registry.experts.schemas import PersonDraft, StatementDraft
from registry.experts.values import LocalText, Value
from registry.text import language_of

PEOPLE = 600
NOW = 2026
PASSAGES = {"work", "patent", "project", "award", "post", "biography"}


@pytest.fixture(scope="module")
def people() -> list[InventedPerson]:
    return list(generate(PEOPLE))


def values(draft: PersonDraft, name: str) -> list[Value]:
    return [s.value for s in draft.statements if s.property == name]


def texts_of(statement: StatementDraft) -> list[LocalText]:
    """The texts of a passage in order; empty for a statement that carries none."""
    value = statement.value
    if statement.property not in PASSAGES:
        return []
    if statement.property == "post" and value.summary is None:
        return []
    parts = [getattr(value, name, None) for name in ("title", "abstract", "summary", "text")]
    return [part for part in parts if part is not None]


def passages(draft: PersonDraft) -> Iterator[tuple[str, str]]:
    """Language and whole text of each passage; a passage in two languages fails the test."""
    for statement in draft.statements:
        parts = texts_of(statement)
        if parts:
            [language] = {name for p in parts for name in ("vi", "en") if getattr(p, name)}
            yield language, ". ".join(getattr(part, language) for part in parts)


def share(people: list[InventedPerson], name: str, field: str, wanted: str) -> float:
    found = [getattr(values(p.draft, name)[0], field) for p in people if values(p.draft, name)]
    return found.count(wanted) / len(found)


def main_country(draft: PersonDraft) -> str | None:
    return next((a.country_code for a in values(draft, "affiliation") if a.is_main), None)


def year(text: str | None) -> int:
    return int(text[:4]) if text else NOW


def test_a_person_depends_on_seed_and_number_alone(people: list[InventedPerson]) -> None:
    again = list(generate(PEOPLE))
    part = list(generate(5, start=40))

    assert again == people
    assert part == people[40:45]
    assert next(generate(1, seed=7)) != people[0]


def test_any_number_can_be_streamed_and_far_slices_made_alone() -> None:
    [person] = generate(1, start=99_999)

    assert person.draft.source_key == "demo-099999"


@pytest.mark.parametrize(
    ("count", "start", "most"), [(-1, 0, 7), (1, -1, 7), (1, 0, 0), (1, 0, 13)]
)
def test_impossible_requests_are_refused(count: int, start: int, most: int) -> None:
    with pytest.raises(InvalidInputError):
        generate(count, start=start, passages_per_person=most)


@pytest.mark.parametrize("most", [1, 2, 4, 12])
def test_no_one_has_more_passages_than_asked_for(most: int) -> None:
    for person in generate(60, passages_per_person=most):
        assert 1 <= len(list(passages(person.draft))) <= most
        assert all(grade in {1, 2, 3} for grade in person.grades.values())


def test_everybody_is_marked_as_invented_and_valid(people: list[InventedPerson]) -> None:
    for number, person in enumerate(people):
        draft = person.draft
        assert PersonDraft.model_validate(draft.model_dump(serialize_as_any=True)) == draft
        assert draft.is_invented
        assert (draft.source, draft.legal_ground) == ("demo", "invented")
        assert draft.raw == {"invented": True, "seed": 2026, "number": number}
        assert len(list(passages(draft))) <= 7


def test_firms_say_that_they_are_invented(people: list[InventedPerson]) -> None:
    held = [v for p in people for v in values(p.draft, "post") if v.sector == "enterprise"]

    assert held
    assert all(v.organisation.endswith(("(giả định)", "(fictional)")) for v in held)


def test_names_are_composed_and_overseas_names_keep_their_full_form(
    people: list[InventedPerson],
) -> None:
    tokens: Counter[int] = Counter()
    for person in people:
        names = values(person.draft, "name")
        assert [n.kind for n in names].count("main") == 1
        assert all(unicodedata.is_normalized("NFC", n.display) for n in names)
        # A name printed abroad comes with the full Vietnamese one, which is the longer.
        tokens[max(len(n.display.split()) for n in names)] += 1

    given_first = [
        p
        for p in people
        if (n := values(p.draft, "name")[0]).family and n.display.endswith(n.family)
    ]
    assert 0.75 < tokens[3] / PEOPLE < 0.90
    assert 0.11 < tokens[4] / PEOPLE < 0.22
    assert 0.15 < len(given_first) / PEOPLE < 0.32
    assert all(len(values(p.draft, "name")) == 2 for p in given_first if main_country(p.draft))
    surnames = Counter(values(p.draft, "name")[-1].display.split()[0] for p in people)
    assert 0.24 < surnames["Nguyễn"] / PEOPLE < 0.38


def test_shares_are_those_that_were_meant(people: list[InventedPerson]) -> None:
    countries = [main_country(p.draft) for p in people]

    assert countries.count("VN") / PEOPLE == pytest.approx(0.62, abs=0.05)
    assert countries.count(None) / PEOPLE == pytest.approx(0.04, abs=0.02)
    assert share(people, "sector", "sector", "science") == pytest.approx(0.60, abs=0.05)
    assert share(people, "sector", "sector", "enterprise") == pytest.approx(0.27, abs=0.05)
    assert share(people, "sex", "sex", "female") == pytest.approx(0.32, abs=0.05)
    highest = [values(p.draft, "degree")[-1] for p in people]
    doctors = [d for d in highest if d.level == "doctor"]
    assert len(doctors) / PEOPLE == pytest.approx(0.70, abs=0.05)
    abroad = sum(d.country_code != "VN" for d in doctors)
    assert abroad / len(doctors) == pytest.approx(0.5, abs=0.08)
    without = sum(not values(p.draft, "work") for p in people)
    assert without / PEOPLE == pytest.approx(0.04, abs=0.02)
    lives = Counter(p.draft.life.value for p in people)
    assert lives["claimed"] / PEOPLE == pytest.approx(0.54, abs=0.06)
    assert lives["verified"] / PEOPLE == pytest.approx(0.33, abs=0.06)
    assert set(lives) == {"claimed", "verified", "lead", "invited", "paused", "withdrawn"}


def test_patents_are_more_frequent_in_enterprise(people: list[InventedPerson]) -> None:
    counts: dict[str, list[int]] = {"science": [], "enterprise": [], "state": []}
    for person in people:
        [sector] = values(person.draft, "sector")
        counts[sector.sector].append(len(values(person.draft, "patent")))

    means = {sector: sum(found) / len(found) for sector, found in counts.items()}
    assert means["enterprise"] > 2 * means["science"]


def test_only_somebody_who_joined_states_origin_or_terms(people: list[InventedPerson]) -> None:
    for person in people:
        if person.draft.life.value in {"lead", "invited"}:
            assert not values(person.draft, "origin")
            assert not values(person.draft, "terms")
    stated = [p for p in people if p.draft.life.value in {"claimed", "verified"}]
    with_origin = sum(bool(values(p.draft, "origin")) for p in stated)
    assert with_origin / len(stated) == pytest.approx(0.8, abs=0.05)


def test_degrees_fit_the_birth_year_and_follow_each_other(people: list[InventedPerson]) -> None:
    order = ["bachelor", "master", "doctor"]
    for person in people:
        [birth] = values(person.draft, "birth_year")
        degrees = [s for s in person.draft.statements if s.property == "degree"]
        levels = [order.index(s.value.level) for s in degrees]
        assert 27 <= NOW - birth.year <= 72
        assert year(degrees[0].started_on) == birth.year + 18
        assert levels == sorted(set(levels))
        assert all(s.ended_on and year(s.ended_on) <= NOW for s in degrees)
        assert all(year(a.ended_on) <= year(b.started_on) for a, b in pairwise(degrees))


def test_posts_do_not_overlap_each_other_or_full_study(people: list[InventedPerson]) -> None:
    for person in people:
        statements = person.draft.statements
        held = [s for s in statements if s.property == "post"]
        spans = sorted(
            [(year(s.started_on), year(s.ended_on)) for s in held]
            + [(year(s.started_on), year(s.ended_on)) for s in statements if s.property == "degree"]
        )
        assert all(end <= start for (_, end), (start, _) in pairwise(spans))
        assert sum(s.ended_on is None for s in held) == 1
        assert all(start <= NOW for start, _ in spans)


def test_works_appear_after_the_highest_degree_was_begun(people: list[InventedPerson]) -> None:
    for person in people:
        statements = person.draft.statements
        degrees = [s for s in statements if s.property == "degree"]
        for statement in statements:
            if statement.property == "work":
                assert year(degrees[-1].started_on) < year(statement.started_on) <= NOW
                authors = statement.value.authors
                assert 1 <= statement.value.author_position <= len(authors)
            if statement.property in {"patent", "project", "award"}:
                assert year(degrees[0].ended_on) <= year(statement.started_on) <= NOW


def test_a_rank_is_held_by_experienced_doctors_only(people: list[InventedPerson]) -> None:
    ranked = [p for p in people if values(p.draft, "rank")]

    assert len(ranked) / PEOPLE > 0.1
    for person in ranked:
        degrees = [s for s in person.draft.statements if s.property == "degree"]
        [rank] = [s for s in person.draft.statements if s.property == "rank"]
        assert degrees[-1].value.level == "doctor"
        assert year(rank.started_on) - year(degrees[-1].ended_on) >= 5


def test_no_two_items_of_a_person_are_one_item(people: list[InventedPerson]) -> None:
    for person in people:
        keys = [(s.property, s.value.item_key()) for s in person.draft.statements]
        named = [key for key in keys if key[1] is not None]
        assert len(named) == len(set(named)), person.draft.source_key


def test_passages_are_unique_short_and_half_vietnamese(people: list[InventedPerson]) -> None:
    found = [passage for p in people for passage in passages(p.draft)]
    texts = [text for _, text in found]

    assert len(set(texts)) / len(texts) >= 0.995
    assert sum(language == "vi" for language, _ in found) / len(found) == pytest.approx(
        0.5, abs=0.05
    )
    lengths = sorted(len(text.split()) for text in texts)
    assert lengths[len(lengths) * 95 // 100] <= 55
    assert all(language_of(text) == language for language, text in found)
    for text in texts:
        assert not {"{", "}", "[", "]", "|"} & set(text)
        assert not any(slip in text for slip in ("  ", "..", " ,", " ."))
        assert unicodedata.is_normalized("NFC", text)


def test_people_at_home_write_more_vietnamese_than_people_abroad(
    people: list[InventedPerson],
) -> None:
    def vietnamese(group: list[InventedPerson]) -> float:
        found = [language for p in group for language, _ in passages(p.draft)]
        return found.count("vi") / len(found)

    home = [p for p in people if main_country(p.draft) == "VN"]
    abroad = [p for p in people if main_country(p.draft) not in {"VN", None}]

    assert vietnamese(home) == pytest.approx(0.65, abs=0.06)
    assert vietnamese(abroad) == pytest.approx(0.25, abs=0.06)


def test_every_specialty_has_enough_experts(people: list[InventedPerson]) -> None:
    good = Counter(of for p in people for of, grade in p.grades.items() if grade >= 2)
    senior = Counter(of for p in people for of, grade in p.grades.items() if grade == 3)

    assert len(specialties()) == 60
    assert min(good[of] for of in specialties()) >= 6
    assert min(senior[of] for of in specialties()) >= 2
    assert 0.3 < sum(len(p.grades) == 2 for p in people) / PEOPLE < 0.5


def test_grades_are_borne_out_by_the_texts(people: list[InventedPerson]) -> None:
    known = specialties()
    for person in people:
        texts = [text.casefold() for _, text in passages(person.draft)]
        for of, grade in person.grades.items():
            phrases = [
                words.casefold()
                for name in ("methods", "objects", "problems", "patents", "projects")
                for phrase in known[of].phrases[name]
                for words in (phrase.vi, phrase.en)
            ]
            phrases += [
                max(words.casefold().split("{n}"), key=len)
                for phrase in known[of].phrases["results"]
                for words in (phrase.vi, phrase.en)
            ]
            name = known[of].name
            phrases += [running(name.vi).casefold(), running(name.en).casefold()]
            shown = sum(any(phrase in text for phrase in phrases) for text in texts)
            assert shown >= {3: len(texts) / 2, 2: 2, 1: 1}[grade], person.draft.source_key


def test_the_right_words_in_the_wrong_sense_earn_no_grade(people: list[InventedPerson]) -> None:
    misses = 0
    for person in people:
        text = " ".join(text for _, text in passages(person.draft)).casefold()
        fooled = {
            of.id
            for of in specialties().values()
            for phrase in of.phrases["near_miss"]
            if phrase.vi.casefold() in text or phrase.en.casefold() in text
        }
        misses += bool(fooled)
        assert not fooled & set(person.grades)
    assert misses / PEOPLE == pytest.approx(0.12, abs=0.03)


def test_there_are_many_frames_and_they_fit_their_slots() -> None:
    for language in ("vi", "en"):
        kinds = frames(language)
        assert len(kinds["work"]) >= 15
        for kind in ("patent", "project", "award", "post", "biography"):
            assert len(kinds[kind]) >= 8
        for pairs in kinds.values():
            for title, body in pairs:
                assert title.count("[") == title.count("]")
                assert body.count("{") == body.count("}")


def test_keywords_of_topics_stand_alone() -> None:
    name, keywords = topic_keywords()["T10148"]

    assert name == "Advanced MIMO Systems Optimization"
    assert "interference alignment" in keywords
    assert all(2 <= len(keyword.split()) <= 5 for keyword in keywords)


def test_first_letters_keep_the_case_that_words_carry() -> None:
    assert capitalise("mRNA bền nhiệt") == "mRNA bền nhiệt"
    assert capitalise("đo phổ nơtron") == "Đo phổ nơtron"
    assert running("UAV detection") == "UAV detection"
    assert running("Blockchain networks: consensus") == "blockchain networks"
    assert running("vắc xin thú y (cúm gia cầm)") == "vắc xin thú y"
