"""Columns of people beside an index: what selectors and filters are evaluated on. Pure.

A selector or filter becomes one truth value per person, then per passage row, and goes into the
search itself: nothing is cut away afterwards.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import numpy.typing as npt

from registry.access.policy import Selector, reaches
from registry.experts.filters import (
    REACHABILITIES,
    RESIDENCES,
    ExpertFilter,
    Residence,
    check_permitted,
)
from registry.experts.freshness import Days
from registry.experts.schemas import Life

Mask = npt.NDArray[np.bool_]

_LIVES = tuple(life.value for life in Life)
_ABSENT = 255
_COLUMNS = (
    "_life",
    "_reach",
    "_residence",
    "_country",
    "_field_bits",
    "_group_bits",
    "_confirmed",
    "_replied",
    "_unanswered",
    "_bounced",
)


@dataclass(frozen=True)
class PersonFacts:
    """What filters look at, of one person.

    Args:
        confirmed_on, replied_on: Day of the last confirmation and of the last reply (UTC), as
            `date.toordinal` counts.
        unanswered_on: Day of the first message that nothing has answered.
        is_bounced: The last message came back, and nothing was heard of the person since.
    """

    life: str
    country_code: str | None
    is_overseas: bool | None
    fields: tuple[str, ...]
    groups: tuple[int, ...]
    open_to: tuple[str, ...] | None = None
    confirmed_on: int | None = None
    replied_on: int | None = None
    unanswered_on: int | None = None
    is_bounced: bool = False


def residence_of(is_overseas: bool | None) -> Residence:
    """The filter value that a person falls under."""
    return "unknown" if is_overseas is None else "overseas" if is_overseas else "domestic"


class PeopleColumns:
    """People by a growing row number; a person keeps his number while the index lives.

    Lists of codes (fields, groups, countries) are bits and numbers given on first sight.
    """

    def __init__(self) -> None:
        self.ids: list[UUID] = []
        self._number: dict[UUID, int] = {}
        self._facts: list[PersonFacts | None] = []
        self._fields: dict[str, int] = {}
        self._countries: dict[str | None, int] = {}
        # Sets of bodies that people agreed to be seen by; the first is all bodies.
        self._reaches: dict[tuple[str, ...] | None, int] = {None: 0}
        self._reach: npt.NDArray[np.int32] = np.empty(0, np.int32)
        self._life: npt.NDArray[np.uint8] = np.empty(0, np.uint8)
        self._residence: npt.NDArray[np.uint8] = np.empty(0, np.uint8)
        self._country: npt.NDArray[np.int16] = np.empty(0, np.int16)
        self._field_bits: npt.NDArray[np.uint64] = np.empty(0, np.uint64)
        self._group_bits: npt.NDArray[np.uint32] = np.empty(0, np.uint32)
        # Days; 0 for never.
        self._confirmed: npt.NDArray[np.int32] = np.empty(0, np.int32)
        self._replied: npt.NDArray[np.int32] = np.empty(0, np.int32)
        self._unanswered: npt.NDArray[np.int32] = np.empty(0, np.int32)
        self._bounced: Mask = np.empty(0, np.bool_)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def facts(self) -> list[PersonFacts | None]:
        return self._facts

    def number_of(self, expert_id: UUID) -> int:
        """The person's number.

        Raises:
            KeyError: The person was never put.
        """
        return self._number[expert_id]

    def put(self, facts: Mapping[UUID, PersonFacts | None]) -> None:
        """Set what is known of people; None takes a person out of every search."""
        new = [expert_id for expert_id in facts if expert_id not in self._number]
        for expert_id in new:
            self._number[expert_id] = len(self.ids)
            self.ids.append(expert_id)
            self._facts.append(None)
        for name in _COLUMNS:
            column = getattr(self, name)
            setattr(self, name, np.concatenate([column, np.zeros(len(new), column.dtype)]))
        for expert_id, value in facts.items():
            self._set(self._number[expert_id], value)

    def _set(self, row: int, value: PersonFacts | None) -> None:
        self._facts[row] = value
        if value is None:
            self._life[row] = _ABSENT
            return
        self._life[row] = _LIVES.index(value.life)
        self._reach[row] = self._reaches.setdefault(value.open_to, len(self._reaches))
        self._residence[row] = RESIDENCES.index(residence_of(value.is_overseas))
        self._country[row] = self._countries.setdefault(value.country_code, len(self._countries))
        bits = (self._fields.setdefault(code, len(self._fields)) for code in value.fields)
        self._field_bits[row] = sum(1 << bit for bit in bits)
        self._group_bits[row] = sum(1 << number for number in value.groups)
        self._confirmed[row] = value.confirmed_on or 0
        self._replied[row] = value.replied_on or 0
        self._unanswered[row] = value.unanswered_on or 0
        self._bounced[row] = value.is_bounced

    def mask(self, selector: Selector, narrowed: ExpertFilter) -> Mask:
        """Truth value per person: admitted by the selector and by every kind of the filter.

        Raises:
            NotPermittedError: The filter looks at something that the selector does not show.
        """
        check_permitted(selector, narrowed)
        wanted_lives = selector.lives.intersection(narrowed.lives or selector.lives)
        lives = [_LIVES.index(life.value) for life in wanted_lives]
        admitted = np.isin(self._life, lives)
        if len(self._reaches) > 1:
            numbers = [n for bodies, n in self._reaches.items() if reaches(selector, bodies)]
            admitted &= np.isin(self._reach, numbers)
        if narrowed.residences:
            admitted &= np.isin(self._residence, [RESIDENCES.index(r) for r in narrowed.residences])
        if narrowed.countries:
            numbers = [self._countries.get(code, -1) for code in narrowed.countries]
            admitted &= np.isin(self._country, numbers)
        if narrowed.fields:
            known = [self._fields.get(f"ford:{code}") for code in narrowed.fields]
            wanted = np.uint64(sum(1 << bit for bit in known if bit is not None))
            admitted &= (self._field_bits & wanted) != 0
        if narrowed.groups:
            wanted_groups = np.uint32(sum(1 << number for number in narrowed.groups))
            admitted &= (self._group_bits & wanted_groups) != 0
        if narrowed.confirmed_within:
            first = narrowed.days.confirmed_from(narrowed.confirmed_within)
            admitted &= self._confirmed >= first.toordinal()
        if narrowed.reachability:
            reached = self._reachability(narrowed.days)
            admitted &= np.isin(reached, [REACHABILITIES.index(r) for r in narrowed.reachability])
        return admitted

    def _reachability(self, days: Days) -> npt.NDArray[np.int64]:
        """`Days.reachability` of everybody, as its place in REACHABILITIES."""
        silent_until = days.silent_until.toordinal()
        return np.select(
            [
                self._bounced,
                self._replied >= days.replied_from.toordinal(),
                (self._unanswered > 0) & (self._unanswered <= silent_until),
            ],
            [REACHABILITIES.index(r) for r in ("bounced", "reachable", "unanswered")],
            REACHABILITIES.index("unknown"),
        )
