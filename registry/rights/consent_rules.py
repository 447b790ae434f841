"""What people can agree to, and what follows from what they agreed to. Pure.

Source: Law 91/2025/QH15, Art 9, and Decree 356/2025/NĐ-CP, Art 6, both in force 1 January 2026:
consent is given per purpose, and silence is none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Purpose(StrEnum):
    """What data are used for; each is agreed to apart."""

    REGISTRY = "registry"
    MATCHING = "matching"
    COUNCIL = "council"
    TALENT_POOL = "talent_pool"
    PUBLICATION = "publication"
    ORIGIN = "origin"


# Purposes that can be agreed to for some bodies only. The others follow from who may see the
# profile at all: a search is the same for all bodies that it is open to.
PER_BODY: Final = frozenset({Purpose.REGISTRY, Purpose.COUNCIL, Purpose.TALENT_POOL})

# Purposes that mean something without an agreement to the profile itself: somebody who was
# considered may agree to be remembered, and to nothing else.
ALONE: Final = frozenset({Purpose.REGISTRY, Purpose.TALENT_POOL})

# How a consent that a steward records has reached him. His own ones come by the web.
RECORDED_CHANNELS: Final = ("paper", "email", "in_person")
OWN_CHANNEL: Final = "web"


@dataclass(frozen=True)
class Given:
    """One consent that was given; `body` None is for all registered bodies."""

    purpose: str
    body: str | None
    is_current: bool


@dataclass(frozen=True)
class Effects:
    """What the consents of a person make of his profile.

    Args:
        open_to: Bodies that he is shown to; None for all, empty for none.
        is_searchable: Whether searches and rankings may hold him.
        is_published: Whether people without an account are shown what is public of him.
    """

    open_to: list[str] | None
    is_searchable: bool
    is_published: bool


def effects(given: Iterable[Given]) -> Effects | None:
    """What follows from all consents of a person, ended ones included.

    None when he never decided about the registry: then nothing about his profile rests on
    consent (a lead, an invented person), and nothing is to be changed.
    """
    consents = list(given)
    if not any(c.purpose == Purpose.REGISTRY for c in consents):
        return None
    current = [c for c in consents if c.is_current]
    bodies = [c.body for c in current if c.purpose == Purpose.REGISTRY]
    purposes = {c.purpose for c in current} if bodies else set()
    return Effects(
        open_to=None if None in bodies else sorted(body for body in bodies if body is not None),
        is_searchable=Purpose.MATCHING in purposes,
        is_published=Purpose.PUBLICATION in purposes,
    )


def holds(given: Iterable[Given], purpose: Purpose, body: str | None) -> bool:
    """Whether a purpose is agreed to for a body; None asks for all bodies."""
    return any(
        c.is_current and c.purpose == purpose and (c.body is None or c.body == body) for c in given
    )
