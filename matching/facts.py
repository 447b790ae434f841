"""Requirement lines that a stated fact meets: met, not met, or no evidence. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from registry.errors import InvalidInputError


class FactState(StrEnum):
    """How a stated fact stands to a line."""

    MET = "met"
    NOT_MET = "not_met"
    NO_EVIDENCE = "no_evidence"


@dataclass(frozen=True)
class StatedFacts:
    """What a person's public statements say, for fact lines."""

    degree: str | None
    languages: tuple[str, ...]
    sector: str | None
    is_overseas: bool | None
    first_year: int | None


_DEGREES = ("bachelor", "master", "doctor")


def _degree(fact: Mapping[str, Any], stated: StatedFacts, year: int) -> bool | None:
    if stated.degree is None:
        return None
    return _DEGREES.index(stated.degree) >= _DEGREES.index(fact["at_least"])


def _language(fact: Mapping[str, Any], stated: StatedFacts, year: int) -> bool | None:
    # A language that is not in a list may still be spoken: that is no evidence, not a "no".
    return True if fact["code"] in stated.languages else None


def _years(fact: Mapping[str, Any], stated: StatedFacts, year: int) -> bool | None:
    if stated.first_year is None:
        return None
    return year - stated.first_year >= int(fact["at_least"])


def _sector(fact: Mapping[str, Any], stated: StatedFacts, year: int) -> bool | None:
    return None if stated.sector is None else stated.sector == fact["is"]


def _overseas(fact: Mapping[str, Any], stated: StatedFacts, year: int) -> bool | None:
    return None if stated.is_overseas is None else stated.is_overseas == fact["is"]


_CHECKS: Mapping[str, Callable[[Mapping[str, Any], StatedFacts, int], bool | None]] = {
    "degree": _degree,
    "language": _language,
    "years_of_experience": _years,
    "sector": _sector,
    "overseas": _overseas,
}


def check_fact(fact: Mapping[str, Any], stated: StatedFacts, year: int) -> FactState:
    """Compare what a line asks for with what is stated.

    Args:
        fact: As stored with the line, for example {"property": "degree", "at_least": "doctor"}.
        year: The year that experience is counted to.

    Raises:
        InvalidInputError: The line names a property that cannot be checked.
    """
    check = _CHECKS.get(str(fact.get("property")))
    if check is None:
        raise InvalidInputError(f"a line asks for the unknown property {fact.get('property')!r}")
    answer = check(fact, stated, year)
    if answer is None:
        return FactState.NO_EVIDENCE
    return FactState.MET if answer else FactState.NOT_MET
