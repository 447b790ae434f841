"""Fact lines, marked words, passages of statements, columns of people."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from matching.explanation import QueryWords, mark
from matching.facts import FactState, StatedFacts, check_fact
from matching.passages import StatementText, passages_of
from matching.people_columns import PeopleColumns, PersonFacts
from matching.terms import Frequencies
from registry.access.policy import Selector
from registry.errors import InvalidInputError
from registry.experts.filters import ExpertFilter
from registry.experts.schemas import Life, Visibility

STATED = StatedFacts("master", ("en", "vi"), "enterprise", True, 2010)


@pytest.mark.parametrize(
    ("fact", "state"),
    [
        ({"property": "degree", "at_least": "master"}, FactState.MET),
        ({"property": "degree", "at_least": "doctor"}, FactState.NOT_MET),
        ({"property": "language", "code": "en"}, FactState.MET),
        ({"property": "language", "code": "ja"}, FactState.NO_EVIDENCE),
        ({"property": "years_of_experience", "at_least": 16}, FactState.MET),
        ({"property": "years_of_experience", "at_least": 17}, FactState.NOT_MET),
        ({"property": "sector", "is": "enterprise"}, FactState.MET),
        ({"property": "sector", "is": "state"}, FactState.NOT_MET),
        ({"property": "overseas", "is": True}, FactState.MET),
    ],
)
def test_a_stated_fact_meets_a_line_or_not(fact: dict[str, object], state: FactState) -> None:
    assert check_fact(fact, STATED, 2026) is state


def test_what_is_not_stated_is_no_evidence_rather_than_a_no() -> None:
    unknown = StatedFacts(None, (), None, None, None)

    for fact in (
        {"property": "degree", "at_least": "doctor"},
        {"property": "sector", "is": "state"},
        {"property": "overseas", "is": False},
        {"property": "years_of_experience", "at_least": 1},
    ):
        assert check_fact(fact, unknown, 2026) is FactState.NO_EVIDENCE


def test_a_line_with_an_unknown_property_is_refused() -> None:
    with pytest.raises(InvalidInputError):
        check_fact({"property": "height", "at_least": 2}, STATED, 2026)


NOTHING_COMMON = Frequencies.of([])


def _marked(query: str, language: str, body: str) -> list[str]:
    segments = mark(body, QueryWords.of([(query, language)], NOTHING_COMMON))
    assert "".join(s.text for s in segments) == body
    return [s.text for s in segments if s.is_match]


def test_words_that_met_are_marked_and_the_passage_stays_whole() -> None:
    body = "Thiết kế vi mạch RISC-V (28nm), kiểm chứng RTL."

    assert _marked("thiết kế RISC-V 28nm", "vi", body) == ["Thiết kế", "RISC-V", "28nm"]


def test_half_of_a_word_or_another_tone_is_no_match() -> None:
    assert _marked("thiết kế chuyên gia", "vi", "Đánh giá thiết bị, dây chuyền") == []


def test_a_passage_without_marks_is_compared_without_them() -> None:
    assert _marked("thiết kế vi mạch", "vi", "Do an thiet ke cau") == ["thiet ke"]


def test_an_english_word_is_marked_alone() -> None:
    assert _marked("chip designers", "en", "A chip for trains") == ["chip"]


def _seeing(*lives: Life) -> Selector:
    return Selector(frozenset(lives), frozenset({Visibility.PUBLIC}))


def _statement(**changes: object) -> StatementText:
    values: dict[str, object] = {
        "statement_id": UUID(int=1),
        "property": "work",
        "value": {"title": {"en": "Chip design"}, "abstract": {"en": "A RISC-V core."}},
        "source": "openalex",
        "verification": "claimed",
        "audience": "public",
        "evidence_url": None,
        "started_on": "2020",
        "ended_on": None,
    }
    return StatementText(**(values | changes))  # type: ignore[arg-type]


def test_a_passage_carries_title_text_date_and_audience_of_its_statement() -> None:
    (passage,) = passages_of([_statement(audience="stewards")])

    assert passage.body == "Chip design. A RISC-V core"
    assert (passage.language, passage.dated_on, passage.audience) == ("en", "2020", "stewards")


def test_both_languages_of_a_statement_are_two_passages_of_one_statement() -> None:
    title = {"vi": "Thiết kế vi mạch", "en": "Chip design"}

    passages = passages_of([_statement(value={"title": title})])

    assert {p.language for p in passages} == {"vi", "en"}
    assert len({p.statement_id for p in passages}) == 1


def test_facts_without_text_are_no_evidence_passages() -> None:
    assert passages_of([_statement(property="sector", value={"sector": "state"})]) == []


@pytest.mark.parametrize(
    ("title", "count"),
    [
        ({"vi": "Giảng viên chính"}, 0),
        ({"vi": "Trưởng nhóm thiết kế vi mạch số"}, 1),
        ({"en": "Senior engineer"}, 0),
        ({"en": "Head of digital chip design"}, 1),
    ],
)
def test_a_bare_rank_is_no_evidence_but_a_telling_title_is(
    title: dict[str, str], count: int
) -> None:
    assert len(passages_of([_statement(property="post", value={"title": title})])) == count


def _columns() -> tuple[PeopleColumns, list[UUID]]:
    people = [uuid4() for _ in range(4)]
    columns = PeopleColumns()
    columns.put(
        {
            people[0]: PersonFacts("claimed", "VN", False, ("ford:2", "ford:2.2"), (6,)),
            people[1]: PersonFacts("verified", "FR", True, ("ford:1", "ford:1.2"), (1, 6)),
            people[2]: PersonFacts("claimed", None, None, (), ()),
            people[3]: PersonFacts("withdrawn", "VN", False, ("ford:2",), (6,)),
        }
    )
    return columns, people


@pytest.mark.parametrize(
    ("narrowed", "admitted"),
    [
        (ExpertFilter(), [True, True, True, False]),
        (ExpertFilter(residences=("domestic",)), [True, False, False, False]),
        (ExpertFilter(residences=("unknown",)), [False, False, True, False]),
        (ExpertFilter(countries=("FR", "DE")), [False, True, False, False]),
        (ExpertFilter(fields=("2",)), [True, False, False, False]),
        (ExpertFilter(groups=(6,)), [True, True, False, False]),
        (ExpertFilter(groups=(6,), residences=("overseas",)), [False, True, False, False]),
        (ExpertFilter(fields=("6.5",)), [False, False, False, False]),
    ],
)
def test_selector_and_filter_admit_people(narrowed: ExpertFilter, admitted: list[bool]) -> None:
    columns, _ = _columns()

    assert columns.mask(_seeing(Life.CLAIMED, Life.VERIFIED), narrowed).tolist() == admitted


def test_somebody_open_to_one_body_is_admitted_for_that_body_alone() -> None:
    columns = PeopleColumns()
    columns.put(
        {
            uuid4(): PersonFacts("claimed", "VN", False, (), (), open_to)
            for open_to in (None, ("moh",), ("moh", "most"))
        }
    )

    admitted = {
        name: columns.mask(replace(_seeing(Life.CLAIMED), bodies=bodies), ExpertFilter()).tolist()
        for name, bodies in (("most", frozenset({"most"})), ("steward", None))
    }

    assert admitted == {"most": [True, False, True], "steward": [True, True, True]}


def test_a_person_who_is_taken_out_is_admitted_by_nothing() -> None:
    columns, people = _columns()

    columns.put({people[0]: None})

    assert not columns.mask(_seeing(Life.CLAIMED, Life.VERIFIED, Life.WITHDRAWN), ExpertFilter())[0]
