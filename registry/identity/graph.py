"""Who is one person by the judgements about pairs: components, contradictions. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

__all__ = ["Pair", "Standing", "canonical_of", "component", "contradictions", "pair_of"]

Pair = tuple[UUID, UUID]


@dataclass(frozen=True)
class Standing:
    """What decides which profile shows a person.

    Args:
        is_own: The person himself has a say in it: it was claimed, he agreed to it, withdrew,
            restricted it or asks for something about it. Two such ones are never made one.
        is_invited: He was invited to claim it.
        is_canonical: It shows others already.
        since: When it came into the registry.
    """

    is_own: bool
    is_invited: bool
    is_canonical: bool
    since: datetime


def pair_of(one: UUID, other: UUID) -> Pair:
    """Two people in the order in which pairs are kept."""
    return (one, other) if one < other else (other, one)


def component(start: UUID, same: Iterable[Pair]) -> frozenset[UUID]:
    """All that are one person with `start`, itself included, by the pairs judged the same."""
    neighbours: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for one, other in same:
        neighbours[one].add(other)
        neighbours[other].add(one)
    found: set[UUID] = set()
    waiting = {start}
    while waiting:
        found |= waiting
        waiting = {each for known in waiting for each in neighbours[known]} - found
    return frozenset(found)


def contradictions(members: Collection[UUID], different: Iterable[Pair]) -> list[Pair]:
    """Pairs that were judged to be two people, and would be one."""
    inside = set(members)
    return sorted(pair for pair in different if inside.issuperset(pair))


def canonical_of(members: Mapping[UUID, Standing]) -> UUID:
    """The profile that shows the person: his own first, then one that he was invited to.

    Else the one that shows others already, so that addresses stay, or the oldest.
    """
    return min(
        members,
        key=lambda each: (
            not members[each].is_own,
            not members[each].is_invited,
            not members[each].is_canonical,
            members[each].since,
            each,
        ),
    )
