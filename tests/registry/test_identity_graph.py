"""Who is one person by judgements about pairs: components, contradictions, who shows them."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.identity.graph import Standing, canonical_of, component, contradictions, pair_of
from tests.factories import NOW

A, B, C, D = (UUID(int=n) for n in range(1, 5))


def _standing(
    own: bool = False, invited: bool = False, canonical: bool = False, since: datetime = NOW
) -> Standing:
    return Standing(own, invited, canonical, since)


def test_pairs_hang_together_over_others() -> None:
    same = [(A, B), (B, C)]

    assert component(A, same) == {A, B, C}
    assert component(D, same) == {D}


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12))))
def test_components_part_all_people_among_them(pairs: list[tuple[int, int]]) -> None:
    same = [pair_of(UUID(int=one), UUID(int=other)) for one, other in pairs if one != other]

    groups = {component(UUID(int=n), same) for n in range(13)}

    assert sorted(len(group) for group in groups) == sorted(
        {frozenset(g): len(g) for g in groups}.values()
    )
    assert sum(map(len, groups)) == 13


def test_a_contradiction_is_a_pair_of_two_people_within_one() -> None:
    assert contradictions({A, B, C}, [(A, C), (C, D)]) == [(A, C)]
    assert contradictions({A, B}, [(A, C)]) == []


@pytest.mark.parametrize(
    ("others", "first"),
    [
        ({B: _standing(own=True)}, B),
        ({B: _standing(invited=True)}, B),
        ({B: _standing(canonical=True)}, B),
        ({B: _standing(since=NOW - timedelta(days=1))}, B),
        ({B: _standing()}, A),
        ({B: _standing(invited=True, canonical=True), C: _standing(own=True)}, C),
    ],
)
def test_his_own_profile_shows_a_person_then_an_invited_one_then_the_one_that_did(
    others: dict[UUID, Standing], first: UUID
) -> None:
    assert canonical_of({A: _standing(), **others}) == first
