"""Who is an expert at what: the truth, decided before a word is written.

Core specialties are dealt like cards, 60 people to a deck, so that each specialty gets its share
of people of every level; chance alone would leave some specialties without experts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Final, Literal

from ingest.demo.tables import Specialty, generic_fields, specialties

Part = Literal["core", "second", "near", "generic"]

# Levels of ten people of one specialty: 3 senior, 2 solid, 1 beginner, 0 nobody's expert
# (one of ten is a beginner or, as often, a person without a core among the 60).
_LEVELS: Final = (3, 3, 3, 2, 2, 2, 2, 2, 1, -1)
_NEAR_SHARE: Final = 0.065
_SECOND_SHARE: Final = 0.42


@dataclass(frozen=True)
class Slot:
    """One passage to be written."""

    part: Part
    of: Specialty


@dataclass(frozen=True)
class Plan:
    """What one person knows and how many passages show it; `slots` are in no special order.

    Args:
        core: The specialty of most passages; a generic field when `level` is 0.
        level: 3 senior, 2 solid, 1 beginner, 0 no expert in any of the 60.
        near: A specialty whose words the texts use in another sense; never among the grades.
    """

    core: Specialty
    level: int
    second: Specialty | None
    near: Specialty | None
    slots: tuple[Slot, ...]
    grades: Mapping[str, int]


@lru_cache(maxsize=8)
def _deck(seed: int, deal: int) -> tuple[str, ...]:
    ids = list(specialties())
    Random(f"{seed}:deck:{deal}").shuffle(ids)
    return tuple(ids)


@lru_cache(maxsize=256)
def _levels(seed: int, block: int, specialty: str) -> tuple[int, ...]:
    rng = Random(f"{seed}:levels:{block}:{specialty}")
    levels = [rng.choice((0, 1)) if level < 0 else level for level in _LEVELS]
    rng.shuffle(levels)
    return tuple(levels)


def make_plan(rng: Random, seed: int, number: int, most: int) -> Plan:
    """Plan person `number`; depends on nothing else than the arguments.

    Args:
        rng: The person's own source of randomness.
        most: Passages that the person may have at most.
    """
    known = specialties()
    deal, card = divmod(number, len(known))
    core = known[_deck(seed, deal)[card]]
    level = _levels(seed, deal // len(_LEVELS), core.id)[deal % len(_LEVELS)]
    if level == 0:
        return _generic(rng, rng.choice(list(known.values())), most)
    second: Specialty | None = None
    second_level = 0
    if rng.random() < _SECOND_SHARE:
        second = _second(rng, core)
        second_level = 1 if level == 1 or rng.random() < 0.4 else 2
    near: Specialty | None = None
    if rng.random() < _NEAR_SHARE:
        taken = {core.group_no, second.group_no if second else 0}
        near = rng.choice([s for s in known.values() if s.group_no not in taken])
    return _expert(rng, core, level, second, second_level, near, most)


def _second(rng: Random, core: Specialty) -> Specialty:
    others = [s for s in specialties().values() if s.id != core.id]
    siblings = [s for s in others if s.product_no == core.product_no]
    group = [s for s in others if s.group_no == core.group_no and s not in siblings]
    kind = rng.random()
    if kind < 0.45 and siblings:
        return rng.choice(siblings)
    return rng.choice(group if kind < 0.8 and group else others)


def _generic(rng: Random, near: Specialty, most: int) -> Plan:
    field = rng.choice(list(generic_fields().values()))
    total = min(most, rng.randint(3, 5))
    misses = min(total, rng.randint(1, 3))
    slots = [Slot("near", near)] * misses + [Slot("generic", field)] * (total - misses)
    return Plan(field, 0, None, near, tuple(slots), {})


def _expert(
    rng: Random,
    core: Specialty,
    level: int,
    second: Specialty | None,
    second_level: int,
    near: Specialty | None,
    most: int,
) -> Plan:
    fewest = {3: most - 1, 2: most - 3, 1: 2}[level]
    total = min(most, rng.randint(max(1, fewest), max(1, 4 if level == 1 else most)))
    extra = [Slot("near", near)] if near else []
    if second:
        extra += [Slot("second", second)] * (rng.randint(2, 3) if second_level == 2 else 1)
    if near and rng.random() < 0.5:
        extra.append(Slot("near", near))
    if level == 1:
        about = rng.randint(1, 2)
        field = rng.choice(list(generic_fields().values()))
        extra += [Slot("generic", field)] * total
    else:
        # A senior's own specialty fills more than half of the passages, a solid one's half.
        about = max(total // 2 + 1 if level == 3 else (total + 1) // 2, total - len(extra))
    slots = [Slot("core", core)] * min(about, total) + extra[: max(0, total - about)]
    grades = {core.id: _grade(level, sum(s.part == "core" for s in slots), total)}
    shown = sum(slot.part == "second" for slot in slots)
    if second and shown:
        grades[second.id] = _grade(second_level, shown, total)
    is_near = any(slot.part == "near" for slot in slots)
    return Plan(
        core, level, second if shown else None, near if is_near else None, tuple(slots), grades
    )


def _grade(level: int, shown: int, total: int) -> int:
    """The grade that the texts bear out: 3 most of them, 2 several, 1 one or a beginner."""
    if level == 3 and shown * 2 > total:
        return 3
    return 2 if level >= 2 and shown >= 2 else 1
