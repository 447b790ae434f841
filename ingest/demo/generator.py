"""Invented experts with the truth about what they know, as many as wanted.

Person `i` depends on (seed, i) alone: any slice can be made by itself, in constant memory.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Final

from ingest.demo.careers import Sector, live
from ingest.demo.facts import Facts
from ingest.demo.names import Sex, draw_name
from ingest.demo.organisations import COUNTRIES, GENERIC_TAGS, PRODUCT_TAGS
from ingest.demo.plan import Plan, make_plan
from registry.errors import InvalidInputError
from registry.experts.schemas import Life, PersonDraft

RETRIEVED_AT: Final = datetime(2026, 7, 1, tzinfo=UTC)
MOST_PASSAGES: Final = 12

_LIVES: Final = (
    (Life.CLAIMED, 0.54),
    (Life.VERIFIED, 0.87),
    (Life.LEAD, 0.93),
    (Life.INVITED, 0.95),
    (Life.PAUSED, 0.98),
    (Life.WITHDRAWN, 1.0),
)


@dataclass(frozen=True)
class InventedPerson:
    """A draft ready to load, and what its texts bear out.

    Args:
        grades: Specialty id to 3 (senior), 2 (solid) or 1 (a little); absent means 0.
    """

    draft: PersonDraft
    grades: Mapping[str, int]


def generate(
    count: int, seed: int = 2026, start: int = 0, passages_per_person: int = 7
) -> Iterator[InventedPerson]:
    """Yield the invented people `start` to `start + count - 1` of a seed.

    Args:
        passages_per_person: Most texts per person, 1 to 12; grades fit the texts there are.

    Raises:
        InvalidInputError: A negative count or start, or too many or no passages.
    """
    if count < 0 or start < 0:
        raise InvalidInputError("give a count and a start of 0 or more")
    if not 1 <= passages_per_person <= MOST_PASSAGES:
        raise InvalidInputError(f"give 1 to {MOST_PASSAGES} passages per person")
    return (_invent(seed, number, passages_per_person) for number in range(start, start + count))


def _invent(seed: int, number: int, most: int) -> InventedPerson:
    rng = Random(f"{seed}:{number}")
    plan = make_plan(rng, seed, number, most)
    country = _country(rng)
    sex: Sex = "female" if rng.random() < 0.32 else "male"
    name = draw_name(rng, sex)
    tags = PRODUCT_TAGS[plan.core.product_no] if plan.level else GENERIC_TAGS
    career = live(
        rng, _age(rng, plan), _sector(rng, country), country, tags, senior=plan.level == 3
    )
    life = _life(rng)
    statements = Facts(rng, plan, career, name, sex, life, tags[0]).statements(number)
    draft = PersonDraft(
        source="demo",
        source_key=f"demo-{number:06}",
        retrieved_at=RETRIEVED_AT,
        raw={"invented": True, "seed": seed, "number": number},
        life=life,
        is_invented=True,
        legal_ground="invented",
        asserted_by="demo generator",
        statements=statements,
    )
    return InventedPerson(draft, plan.grades)


def _country(rng: Random) -> str | None:
    kind = rng.random()
    if kind < 0.62:
        return "VN"
    return COUNTRIES.draw(rng) if kind < 0.96 else None


def _sector(rng: Random, country: str | None) -> Sector:
    if country is None:
        return rng.choice(("science", "enterprise"))
    science, enterprise = (0.55, 0.27) if country == "VN" else (0.69, 0.27)
    kind = rng.random()
    if kind < science:
        return "science"
    return "enterprise" if kind < science + enterprise else "state"


def _age(rng: Random, plan: Plan) -> int:
    if plan.level == 3:
        return round(rng.triangular(40, 72, 48))
    if plan.level == 2:
        return round(rng.triangular(31, 66, 40))
    if plan.level == 1:
        return rng.randint(27, 34) if rng.random() < 0.75 else rng.randint(35, 58)
    return rng.randint(33, 62)


def _life(rng: Random) -> Life:
    kind = rng.random()
    return next(life for life, up_to in _LIVES if kind < up_to)
