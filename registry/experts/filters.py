"""What a search may be narrowed by. Pure; the values are checked against the loaded tables."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from registry.errors import InvalidInputError

Residence = Literal["domestic", "overseas", "unknown"]
RESIDENCES: tuple[Residence, ...] = ("domestic", "overseas", "unknown")


@dataclass(frozen=True)
class ExpertFilter:
    """Narrow people; values of one kind are alternatives, kinds add up.

    Args:
        residences: By the country of the current main affiliation; unknown is a value.
        countries: ISO 3166-1 codes.
        fields: OECD FORD codes; a code takes in what lies below it ("2" takes in "2.2").
        groups: Group numbers of the current national list of strategic technologies.
    """

    residences: tuple[Residence, ...] = ()
    countries: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    groups: tuple[int, ...] = ()


def parse_filter(
    residences: Sequence[str],
    countries: Sequence[str],
    fields: Sequence[str],
    groups: Sequence[str],
    *,
    known_countries: Collection[str],
    known_fields: Collection[str],
    known_groups: Collection[int],
) -> ExpertFilter:
    """Check filter values as a person typed them.

    Raises:
        InvalidInputError: A value is not one of the known ones; the message lists or names them.
    """
    for value in residences:
        _check(value, RESIDENCES, "residence")
    # ASCII alone: ß would become SS, South Sudan.
    upper = [v.strip().upper() if v.isascii() else v for v in countries]
    for value in upper:
        _check(value, known_countries, "country", "an ISO 3166-1 code like VN, US or FR")
    for value in fields:
        _check(value, known_fields, "field", "an OECD FORD code like 2 or 2.2")
    numbers = []
    for value in groups:
        known = sorted(known_groups)
        _check(value, [str(n) for n in known], "group", f"{known[0]} to {known[-1]}")
        numbers.append(int(value))
    chosen = tuple(r for r in RESIDENCES if r in residences)
    return ExpertFilter(
        chosen, tuple(sorted(set(upper))), tuple(sorted(set(fields))), tuple(sorted(set(numbers)))
    )


def _check(value: str, known: Collection[str], kind: str, hint: str | None = None) -> None:
    if value not in known:
        expected = hint or "one of " + ", ".join(sorted(known))
        raise InvalidInputError(f"unknown {kind} {value[:40]!r}; expected {expected}")
