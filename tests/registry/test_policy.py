"""What a token may do bounds what it shows; what several roles give adds up and no more."""

from dataclasses import replace
from uuid import uuid4

import pytest

from registry.access.policy import (
    ANONYMOUS,
    READING,
    Actor,
    Role,
    Selector,
    admits,
    audience_key,
    permissions_of,
    reaches,
    require,
    selector_for,
)
from registry.errors import NotPermittedError, NotSignedInError
from registry.experts.schemas import Life, Visibility

PERSON, OTHER, CANDIDATE = uuid4(), uuid4(), uuid4()
EVERYTHING = Actor(
    "an-account",
    frozenset(Role),
    "most",
    PERSON,
    {OTHER: frozenset({"award"})},
    frozenset({CANDIDATE}),
)
PUBLISHED_ALONE = selector_for(ANONYMOUS)


@pytest.mark.parametrize("scopes", [{"programme:read"}, {"run:read"}, {"audit:read"}, set()])
def test_a_token_that_may_not_look_at_people_sees_what_everybody_sees(scopes: set[str]) -> None:
    narrow = replace(EVERYTHING, scopes=frozenset(scopes))

    assert selector_for(narrow, "a purpose") == PUBLISHED_ALONE


def test_a_token_for_searching_finds_as_its_recruiter_does_and_opens_no_profile() -> None:
    recruiter = Actor("r", frozenset({Role.RECRUITER}), "most")
    token = replace(recruiter, scopes=frozenset({"expert:search"}))

    assert selector_for(token, "why") == selector_for(recruiter, "why")
    assert selector_for(token, "why", READING) == PUBLISHED_ALONE


def test_a_token_keeps_a_profile_only_with_the_permission_for_it() -> None:
    own = selector_for(replace(EVERYTHING, scopes=frozenset({"profile:own"})))
    charge = selector_for(replace(EVERYTHING, scopes=frozenset({"profile:delegated"})))

    assert set(own.near) == {PERSON}
    assert set(charge.near) == {OTHER}
    assert own.levels == charge.levels == {Visibility.PUBLIC}


def test_with_every_role_only_what_others_keep_to_themselves_is_hidden() -> None:
    selector = selector_for(EVERYTHING)

    assert Visibility.SELF not in selector.levels
    (own,), (charge,) = selector.near[PERSON], selector.near[OTHER]
    assert own.levels == set(Visibility)
    assert Visibility.SELF not in charge.levels
    assert selector.lives == {Life.LEAD, Life.INVITED, Life.CLAIMED, Life.VERIFIED}


def test_a_recruiter_of_no_body_looks_at_nobody() -> None:
    stray = Actor("r", frozenset({Role.RECRUITER}))

    assert selector_for(stray, "why") == PUBLISHED_ALONE
    with pytest.raises(NotPermittedError):
        require(stray, "expert:search")


def test_a_token_has_no_permission_that_its_maker_lacks() -> None:
    auditor = Actor("a", frozenset({Role.AUDITOR}), scopes=frozenset({"expert:search"}))

    assert permissions_of(auditor) == frozenset()


def test_nobody_signed_in_is_told_to_sign_in() -> None:
    with pytest.raises(NotSignedInError):
        require(ANONYMOUS, "expert:search")


@pytest.mark.parametrize(
    ("bodies", "seen"),
    [(frozenset({"most"}), True), (frozenset({"moh"}), False), (frozenset(), False)],
)
def test_a_statement_for_named_bodies_is_for_those_alone(
    bodies: frozenset[str], seen: bool
) -> None:
    selector = Selector(frozenset(), frozenset({Visibility.PUBLIC}), bodies)

    assert admits(selector, audience_key("named_bodies", ["vusta", "most"])) is seen
    assert reaches(selector, ["most"]) is seen
    assert reaches(selector, None)
