"""Filters as the addresses and forms of pages carry them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query

from registry.experts.facets import FacetValue
from registry.web.deps import Purpose


@dataclass(frozen=True)
class Narrowing:
    """The filters of an address, as the forms write them."""

    residences: list[str]
    countries: list[str]
    fields: list[str]
    groups: list[str]
    confirmed_within: int | None
    reachability: list[str]
    lives: list[str]
    purpose: str | None
    limit: int

    @property
    def count(self) -> int:
        """How many filters are chosen."""
        lists = (
            self.residences,
            self.countries,
            self.fields,
            self.groups,
            self.reachability,
            self.lives,
        )
        single = bool(self.confirmed_within) + bool(self.purpose)
        return sum(len(values) for values in lists) + single


def read_narrowing(
    residences: Annotated[list[str], Query(max_length=10)] = [],  # noqa: B006
    countries: Annotated[list[str], Query(max_length=250)] = [],  # noqa: B006
    fields: Annotated[list[str], Query(max_length=50)] = [],  # noqa: B006
    groups: Annotated[list[str], Query(max_length=50)] = [],  # noqa: B006
    confirmed_within: str = "",
    reachability: Annotated[list[str], Query(max_length=10)] = [],  # noqa: B006
    lives: Annotated[list[str], Query(max_length=10)] = [],  # noqa: B006
    purpose: Purpose = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Narrowing:
    """The filters of the address; an empty purpose is none."""
    # A form sends the choice "any time" as an empty text; what is no number is an unknown value.
    is_number = confirmed_within.isdecimal() and len(confirmed_within) < 7
    return Narrowing(
        residences,
        countries,
        fields,
        groups,
        (int(confirmed_within) if is_number else -1) if confirmed_within else None,
        reachability,
        lives,
        (purpose or "").strip() or None,
        limit,
    )


NarrowingDep = Annotated[Narrowing, Depends(read_narrowing)]


def field_tree(values: Sequence[FacetValue]) -> list[tuple[FacetValue, list[FacetValue]]]:
    """Fields of the first level, each with those below it."""
    return [
        (top, [v for v in values if v.value.startswith(f"{top.value}.")])
        for top in values
        if "." not in top.value
    ]
