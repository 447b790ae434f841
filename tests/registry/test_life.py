"""Who may move a profile where, when a state ends on its own, and what pages say of each."""

from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import InvalidInputError, NotPermittedError
from registry.experts.life import (
    CLAIMABLE,
    SHOWN_TO,
    TAKEN_BACK,
    Language,
    Party,
    Viewer,
    check_move,
    check_taken_back,
    describe,
    expires_at,
    possible_moves,
)
from registry.experts.schemas import Life

PARTIES: tuple[Party, ...] = get_args(Party)
LANGUAGES: tuple[Language, ...] = get_args(Language)
NOW = datetime(2026, 11, 25, 3, tzinfo=UTC)
WHY = "by letter of 20 November"

# Written out once more and apart from the module: party, from, to, whether a reason is needed.
ALLOWED = {
    ("steward", Life.LEAD, Life.INVITED): False,
    ("expert", Life.LEAD, Life.CLAIMED): False,
    ("expert", Life.INVITED, Life.CLAIMED): False,
    ("steward", Life.INVITED, Life.LEAD): False,
    ("system", Life.INVITED, Life.LEAD): False,
    ("steward", Life.CLAIMED, Life.VERIFIED): False,
    ("steward", Life.VERIFIED, Life.CLAIMED): True,
    ("steward", Life.CLAIMED, Life.LEAD): True,
    ("expert", Life.CLAIMED, Life.PAUSED): False,
    ("steward", Life.CLAIMED, Life.PAUSED): True,
    ("expert", Life.VERIFIED, Life.PAUSED): False,
    ("steward", Life.VERIFIED, Life.PAUSED): True,
    ("expert", Life.PAUSED, Life.VERIFIED): False,
    ("steward", Life.PAUSED, Life.VERIFIED): False,
    ("expert", Life.CLAIMED, Life.WITHDRAWN): False,
    ("steward", Life.CLAIMED, Life.WITHDRAWN): True,
    ("expert", Life.VERIFIED, Life.WITHDRAWN): False,
    ("steward", Life.VERIFIED, Life.WITHDRAWN): True,
    ("expert", Life.PAUSED, Life.WITHDRAWN): False,
    ("steward", Life.PAUSED, Life.WITHDRAWN): True,
    ("expert", Life.WITHDRAWN, Life.CLAIMED): False,
    ("steward", Life.LEAD, Life.MERGED): True,
    ("steward", Life.INVITED, Life.MERGED): True,
    ("steward", Life.CLAIMED, Life.MERGED): True,
    ("steward", Life.VERIFIED, Life.MERGED): True,
    ("steward", Life.PAUSED, Life.MERGED): True,
    ("steward", Life.WITHDRAWN, Life.MERGED): True,
    ("steward", Life.MERGED, Life.VERIFIED): True,
    ("system", Life.LEAD, Life.ERASED): False,
    ("system", Life.INVITED, Life.ERASED): False,
    ("system", Life.CLAIMED, Life.ERASED): False,
    ("system", Life.VERIFIED, Life.ERASED): False,
    ("system", Life.PAUSED, Life.ERASED): False,
    ("system", Life.WITHDRAWN, Life.ERASED): False,
    ("system", Life.MERGED, Life.ERASED): False,
}


@pytest.mark.parametrize("party", PARTIES)
@pytest.mark.parametrize("current", Life)
@pytest.mark.parametrize("wanted", Life)
def test_a_profile_that_was_verified_moves_as_the_table_says_and_no_other_way(
    party: Party, current: Life, wanted: Life
) -> None:
    needs_reason = ALLOWED.get((party, current, wanted))

    if needs_reason is None:
        with pytest.raises((InvalidInputError, NotPermittedError)):
            check_move(current, wanted, party, WHY, Life.VERIFIED)
        return
    check_move(current, wanted, party, WHY, Life.VERIFIED)
    if needs_reason:
        with pytest.raises(InvalidInputError, match="needs a reason"):
            check_move(current, wanted, party, None, Life.VERIFIED)
    else:
        check_move(current, wanted, party, None, Life.VERIFIED)


def test_an_impossible_move_is_told_apart_from_one_that_is_for_others() -> None:
    with pytest.raises(InvalidInputError, match="possible for steward: invited, merged"):
        check_move(Life.LEAD, Life.VERIFIED, "steward", WHY)
    with pytest.raises(NotPermittedError, match="possible for: expert"):
        check_move(Life.LEAD, Life.CLAIMED, "steward", WHY)


def test_nothing_follows_erasure_and_the_message_says_so() -> None:
    with pytest.raises(InvalidInputError, match="possible for expert: none"):
        check_move(Life.ERASED, Life.CLAIMED, "expert", None, Life.CLAIMED)


@pytest.mark.parametrize("reason", [None, "", " \t\u200b "])
def test_a_blank_reason_is_none(reason: str | None) -> None:
    with pytest.raises(InvalidInputError, match="needs a reason"):
        check_move(Life.CLAIMED, Life.LEAD, "steward", reason)


def test_consent_that_was_withdrawn_is_given_anew_by_the_person_alone() -> None:
    check_move(Life.WITHDRAWN, Life.CLAIMED, "expert", None)

    with pytest.raises(NotPermittedError):
        check_move(Life.WITHDRAWN, Life.CLAIMED, "steward", WHY)
    with pytest.raises(NotPermittedError):
        check_move(Life.WITHDRAWN, Life.CLAIMED, "system", WHY)


def test_a_pause_is_no_way_to_become_verified() -> None:
    check_move(Life.PAUSED, Life.CLAIMED, "expert", None, Life.CLAIMED)

    with pytest.raises(InvalidInputError, match="possible for expert: claimed, withdrawn"):
        check_move(Life.PAUSED, Life.VERIFIED, "expert", None, Life.CLAIMED)


@pytest.mark.parametrize("current", [Life.PAUSED, Life.MERGED])
def test_the_way_back_needs_to_know_what_the_profile_was(current: Life) -> None:
    with pytest.raises(InvalidInputError, match="what it was before"):
        check_move(current, Life.CLAIMED, "steward", WHY)

    assert Life.CLAIMED not in possible_moves(current, "steward")
    assert Life.CLAIMED in possible_moves(current, "steward", Life.CLAIMED)


def test_a_merge_is_undone_to_the_former_state_only() -> None:
    check_move(Life.MERGED, Life.WITHDRAWN, "steward", WHY, Life.WITHDRAWN)

    with pytest.raises(InvalidInputError):
        check_move(Life.MERGED, Life.CLAIMED, "steward", WHY, Life.WITHDRAWN)


@pytest.mark.parametrize("current", [Life.CLAIMED, Life.VERIFIED, Life.PAUSED, Life.WITHDRAWN])
@pytest.mark.parametrize("before", CLAIMABLE)
def test_a_wrong_claim_leads_back_from_whatever_the_claimant_made_of_it(
    current: Life, before: Life
) -> None:
    check_taken_back(current, before, "steward", WHY)

    with pytest.raises(InvalidInputError, match="needs a reason"):
        check_taken_back(current, before, "steward", " ")
    with pytest.raises(NotPermittedError, match="steward"):
        check_taken_back(current, before, "expert", WHY)
    with pytest.raises(NotPermittedError, match="steward"):
        check_taken_back(current, before, "system", WHY)


@pytest.mark.parametrize("current", Life)
@pytest.mark.parametrize("before", Life)
def test_no_claim_leads_anywhere_else(current: Life, before: Life) -> None:
    if (current, before) in TAKEN_BACK:
        return

    with pytest.raises(InvalidInputError, match="cannot go back"):
        check_taken_back(current, before, "steward", WHY)


def test_only_what_can_be_claimed_is_gone_back_to_and_nothing_leaves_erasure_so() -> None:
    assert {before for _, before in TAKEN_BACK} == set(CLAIMABLE)
    assert not {Life.MERGED, Life.ERASED} & {life for pair in TAKEN_BACK for life in pair}
    assert len(TAKEN_BACK) == 20


@given(
    current=st.sampled_from(Life),
    party=st.sampled_from(PARTIES),
    former=st.none() | st.sampled_from(Life),
)
def test_possible_moves_are_those_that_pass_the_check(
    current: Life, party: Party, former: Life | None
) -> None:
    passed = []
    for wanted in Life:
        try:
            check_move(current, wanted, party, WHY, former)
        except (InvalidInputError, NotPermittedError):
            continue
        passed.append(wanted)

    assert possible_moves(current, party, former) == passed


def test_a_lead_expires_after_half_a_year_and_an_invitation_after_a_month() -> None:
    assert expires_at(Life.LEAD, NOW) == datetime(2027, 5, 24, 3, tzinfo=UTC)
    assert expires_at(Life.INVITED, NOW) == datetime(2026, 12, 25, 3, tzinfo=UTC)


def test_the_days_until_expiry_can_be_set() -> None:
    assert expires_at(Life.LEAD, NOW, lead_days=1) == datetime(2026, 11, 26, 3, tzinfo=UTC)
    assert expires_at(Life.INVITED, NOW, invited_days=2) == datetime(2026, 11, 27, 3, tzinfo=UTC)


@pytest.mark.parametrize("life", [life for life in Life if life not in {Life.LEAD, Life.INVITED}])
def test_nobody_who_claimed_a_profile_loses_it_by_waiting(life: Life) -> None:
    assert expires_at(life, NOW) is None


def test_only_a_claimed_profile_is_open_and_an_erased_one_is_shown_to_nobody() -> None:
    is_open = {life for life, shown in SHOWN_TO.items() if Viewer.ANYONE in shown.viewers}

    assert set(SHOWN_TO) == set(Life)
    assert is_open == {Life.CLAIMED, Life.VERIFIED}
    assert SHOWN_TO[Life.ERASED].viewers == frozenset()


def test_a_purpose_opens_unclaimed_profiles_and_never_a_paused_or_withdrawn_one() -> None:
    with_purpose = {life for life, shown in SHOWN_TO.items() if Viewer.PURPOSE in shown.viewers}

    assert with_purpose == {Life.LEAD, Life.INVITED}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_state_has_one_sentence_of_its_own_in_each_language(language: Language) -> None:
    texts = {describe(life, language) for life in Life}

    assert len(texts) == len(Life)
    assert all(text.endswith(".") and "\n" not in text for text in texts)


def test_a_state_is_described_in_the_language_asked_for() -> None:
    assert describe(Life.PAUSED, "vi").startswith("Tạm dừng")
    assert describe(Life.PAUSED, "en").startswith("Paused")
