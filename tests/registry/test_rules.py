"""Precedence of statements, summaries, policy, filters, ids and dates."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from registry.access.policy import LOCAL_RECRUITER, LOCAL_STEWARD, Actor, require, selector_for
from registry.dates import check_partial_date
from registry.errors import InvalidInputError, NotPermittedError
from registry.experts.filters import parse_filter
from registry.experts.rules import Crosswalk, CurrentStatement, choose, summarise
from registry.experts.schemas import Life, StatementDraft, Visibility
from registry.ids import parse_doi, parse_orcid, parse_ror


def _said(
    property_name: str, value: dict[str, object], source: str = "openalex", **changes: object
) -> CurrentStatement:
    values: dict[str, object] = {
        "property": property_name,
        "value": value,
        "source": source,
        "verification": "claimed",
        "visibility": "public",
        "asserted_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return CurrentStatement(**(values | changes))  # type: ignore[arg-type]


NAME = _said("name", {"display": "Nguyễn Văn Hùng", "kind": "main"})


def test_the_person_is_believed_before_a_checked_source_and_that_before_the_rest() -> None:
    newest = _said("sector", {"sector": "other"}, asserted_at=datetime(2026, 6, 1, tzinfo=UTC))
    orcid = _said("sector", {"sector": "state"}, "orcid")
    checked = _said("sector", {"sector": "science"}, "ministry_list", verification="checked")
    own = _said("sector", {"sector": "enterprise"}, "self")

    assert choose([newest, orcid, checked, own], "sector") is own
    assert choose([newest, orcid, checked], "sector") is checked
    assert choose([newest, orcid], "sector") is orcid


def test_confirmed_comes_before_claimed_and_a_ministrys_list_before_openalex() -> None:
    confirmed = _said("sector", {"sector": "state"}, "dblp", verification="confirmed")
    orcid = _said("sector", {"sector": "other"}, "orcid")
    listed = _said("sector", {"sector": "science"}, "bo-khcn-2026", legal_ground="ministry_list")
    computed = _said("sector", {"sector": "enterprise"})

    assert choose([computed, listed, orcid, confirmed], "sector") is confirmed
    assert choose([computed, listed, orcid], "sector") is orcid
    assert choose([computed, listed], "sector") is listed


def test_where_a_person_says_he_works_counts_before_what_a_source_calls_main() -> None:
    computed = _said("affiliation", {"organisation": "X", "country_code": "FR", "is_main": True})
    own = _said("affiliation", {"organisation": "Y", "country_code": "VN"}, "self")

    summary = summarise([NAME, computed, own], Crosswalk())

    assert summary is not None
    assert (summary["organisation"], summary["is_overseas"]) == ("Y", False)


def test_overseas_is_the_country_of_the_current_main_affiliation_and_unknown_stays_apart() -> None:
    main = {"organisation": "Uni", "country_code": "FR", "is_main": True}
    past = _said("affiliation", {"organisation": "HUST", "country_code": "VN"}, ended_on="2015")

    abroad = summarise([NAME, past, _said("affiliation", main)], Crosswalk())
    unknown = summarise([NAME, past], Crosswalk())

    assert abroad is not None
    assert unknown is not None
    assert abroad["is_overseas"] is True
    assert unknown["is_overseas"] is None


def test_a_restricted_statement_leaves_no_trace_in_the_summary() -> None:
    hidden = _said("sector", {"sector": "state"}, visibility="stewards")

    assert summarise([NAME, hidden], Crosswalk()) == summarise([NAME], Crosswalk())
    assert summarise([hidden], Crosswalk()) is None


def test_topics_lead_to_groups_and_classes_to_ford_with_parents() -> None:
    crosswalk = Crosswalk({"T1": [6]}, {"openalex_topic:T1": "2.2"})
    statements = [
        NAME,
        _said("field", {"scheme": "openalex_topic", "code": "T1"}),
        _said("field", {"scheme": "strategic_2026", "code": "1"}),
    ]

    summary = summarise(statements, crosswalk)

    assert summary is not None
    assert summary["groups"] == [1, 6]
    assert summary["fields"] == ["ford:2", "ford:2.2"]


def test_a_blank_purpose_is_none() -> None:
    assert Life.LEAD not in selector_for(LOCAL_RECRUITER, " \u200b ").lives


def test_a_lead_is_seen_by_stewards_and_by_a_recruiter_who_says_why() -> None:
    assert Life.LEAD not in selector_for(LOCAL_RECRUITER).lives
    assert Life.LEAD in selector_for(LOCAL_RECRUITER, "tìm người cho chương trình chip").lives
    assert Life.LEAD in selector_for(LOCAL_STEWARD).lives


@pytest.mark.parametrize("actor", [LOCAL_RECRUITER, LOCAL_STEWARD])
def test_nobody_finds_people_who_paused_or_withdrew(actor: Actor) -> None:
    lives = selector_for(actor, "any purpose").lives

    assert not lives & {Life.PAUSED, Life.WITHDRAWN, Life.ERASED, Life.MERGED}


def test_a_recruiter_without_a_body_sees_public_statements_only_and_imports_nothing() -> None:
    assert selector_for(LOCAL_RECRUITER, "why").levels == {Visibility.PUBLIC}
    with pytest.raises(NotPermittedError):
        require(LOCAL_RECRUITER, "expert:import")


@pytest.mark.parametrize(
    "bad",
    [{"residences": ["abroad"]}, {"countries": ["XX"]}, {"fields": ["9.9"]}, {"groups": ["six"]}],
)
def test_an_unknown_filter_value_is_named_with_what_is_expected(bad: dict[str, list[str]]) -> None:
    given: dict[str, list[str]] = {"residences": [], "countries": [], "fields": [], "groups": []}

    with pytest.raises(InvalidInputError, match=r"unknown .* expected"):
        parse_filter(
            **(given | bad),
            known_countries={"VN", "FR"},
            known_fields={"2", "2.2"},
            known_groups={1, 2},
        )


def test_outside_ids_are_read_in_all_their_forms_and_checked() -> None:
    assert parse_orcid("https://orcid.org/0000-0002-1825-0097") == "0000-0002-1825-0097"
    assert parse_ror("https://ror.org/04k25m262") == "04k25m262"
    assert parse_doi("https://doi.org/10.1000/ABC") == "10.1000/abc"
    with pytest.raises(InvalidInputError):
        parse_orcid("0000-0002-1825-0098")


@pytest.mark.parametrize("text", ["2016", "2016-02", "2016-02-29"])
def test_a_date_keeps_its_precision(text: str) -> None:
    assert check_partial_date(text) == text


@pytest.mark.parametrize("text", ["1930-02-29", "2016-13", "16", "2016-1-1", ""])
def test_an_impossible_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        check_partial_date(text)


def test_a_statement_takes_only_its_own_kind_of_value() -> None:
    good = StatementDraft.model_validate({"property": "sector", "value": {"sector": "state"}})

    assert good.value.model_dump() == {"sector": "state"}
    for bad in (
        {"property": "sector", "value": {"sector": "state", "salary": 1}},
        {"property": "salary", "value": {"amount": 1}},
        {"property": "award", "value": {"title": {}}},
    ):
        with pytest.raises(ValidationError):
            StatementDraft.model_validate(bad)
