"""Invented Vietnamese names, drawn by the published frequencies of their parts.

Surnames follow the shares of `vn_surname_shares.csv`, middle and given names the counts of
`vn_name_token_counts.csv`. Any likeness to a real person is chance by frequency.
"""

import unicodedata
from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from random import Random
from typing import Final, Literal

from ingest.demo.tables import rows

Sex = Literal["female", "male"]

# Damaged tokens of another encoding, and tokens that only occur with one compound surname.
_LEFT_OUT: Final = frozenset(["Vieät", "Khaùnh", "Em", "Thất", "Tiểu"])
_COMPOUND: Final[Mapping[str, Sex | None]] = {
    "Tôn Thất": "male",
    "Tôn Nữ": "female",
    "Nguyễn Phước": None,
    "Âu Dương": None,
    "Hoàng Phủ": None,
}
_FOREIGN_GIVEN: Final[Mapping[Sex, Sequence[str]]] = {
    "female": ("Anna", "Kim", "Jennifer", "Sophie", "Christine", "Linda", "Marie", "Julie"),
    "male": ("Kevin", "David", "Andrew", "Peter", "Eric", "Daniel", "Thomas", "Paul"),
}


@dataclass(frozen=True)
class PersonName:
    """A name in its parts, Vietnamese order, all marks kept; `middle` may be empty."""

    family: str
    middle: str
    given: str

    @property
    def full(self) -> str:
        return " ".join(part for part in (self.family, self.middle, self.given) if part)


@dataclass(frozen=True)
class PrintedName:
    """A name as one source prints it, with its parts in that spelling."""

    display: str
    family: str
    middle: str
    given: str


class Weighted:
    """Draws one of several strings by weight, with one random number."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._items: Sequence[str] = list(weights)
        self._sums = list(accumulate(weights.values()))

    def draw(self, rng: Random) -> str:
        index = bisect(self._sums, rng.random() * self._sums[-1])
        return self._items[min(index, len(self._items) - 1)]


def strip_marks(text: str) -> str:
    """Text without Vietnamese marks, case kept."""
    decomposed = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


@cache
def _sexes(position: str) -> dict[str, str]:
    """Tokens that this project gives to one sex or, seen in a male sample, to both."""
    table = rows("name_token_sexes.csv")
    return {row["token"]: row["sex"] for row in table if row["position"] == position}


def _counts(position: str) -> dict[str, float]:
    table = rows("vn_name_token_counts.csv")
    return {
        row["token"]: float(row["count"])
        for row in table
        if row["position"] == position and row["token"] not in _LEFT_OUT
    }


@cache
def _surnames() -> Weighted:
    shares = {
        row["surname"]: float(row["percent_forum_n8736"])
        for row in rows("vn_surname_shares.csv")
        if row["percent_forum_n8736"]
    }
    # What the frequent surnames leave: rarer ones, most of them borne by minority peoples.
    rest = max(1.0, 100.0 - sum(shares.values())) / 2
    minority = [
        row["surname"]
        for row in rows("vn_surnames_compound_and_minority.csv")
        if row["kind"] == "minority" and row["surname"] not in shares
    ]
    for surname in minority:
        shares[surname] = shares.get(surname, 0.0) + rest / len(minority)
    return Weighted(shares)


@cache
def _middles(sex: Sex) -> Weighted:
    sexes = _sexes("middle")
    counts = {t: n for t, n in _counts("middle").items() if sexes.get(t, sex) == sex}
    if sex == "female":
        # "Thị" is borne by about half of women; the counted sample is mostly male.
        counts["Thị"] = sum(n for token, n in counts.items() if token != "Thị") * 0.9
    return Weighted(counts)


@cache
def _givens(sex: Sex) -> Weighted:
    counts, sexes = _counts("given"), _sexes("given")
    if sex == "male":
        return Weighted({t: n for t, n in counts.items() if sexes.get(t) != "female"})
    # In a mostly male sample a token of women only is undercounted against one of both.
    factors = {"female": 3, "both": 1}
    return Weighted({t: n * factors[sexes[t]] for t, n in counts.items() if t in sexes})


def draw_name(rng: Random, sex: Sex) -> PersonName:
    """One name: 3 tokens in about 83 %, 4 in 16 %, seldom 2 (measured on 8,757 names)."""
    family = _surnames().draw(rng)
    if rng.random() < 0.012:
        fitting = [name for name, of in _COMPOUND.items() if of in {None, sex}]
        family = rng.choice(fitting)
    given = _givens(sex).draw(rng)
    kind = rng.random()
    if kind < 0.013 and " " not in family:
        return PersonName(family, "", given)
    middle = _middles(sex).draw(rng)
    while middle in {given, family}:
        middle = _middles(sex).draw(rng)
    if kind < 0.165:
        second = _middles(sex).draw(rng)
        while second in {given, family, middle, "Thị", "Văn"}:
            second = _middles(sex).draw(rng)
        middle = f"{middle} {second}"
    return PersonName(family, middle, given)


def printed_abroad(rng: Random, name: PersonName, sex: Sex) -> PrintedName:
    """How a source abroad prints the name: mostly given name first, marks often lost."""
    family, middle, given = (strip_marks(p) for p in (name.family, name.middle, name.given))
    style = rng.random()
    if style < 0.42:
        return PrintedName(f"{given} {family}", family, "", given)
    if style < 0.62:
        inner = f"{middle} " if middle else ""
        return PrintedName(f"{given} {inner}{family}", family, middle, given)
    if style < 0.74 and middle and name.middle.split()[-1] not in {"Thị", "Văn"}:
        joined = f"{middle.split()[-1]}-{given}"
        return PrintedName(f"{joined} {family}", family, "", joined)
    if style < 0.86:
        # Marks partly lost: the given name keeps them, the family name does not.
        return PrintedName(f"{name.given} {family}", family, "", name.given)
    if style < 0.93:
        return PrintedName(f"{name.given} {name.family}", name.family, "", name.given)
    first = rng.choice(_FOREIGN_GIVEN[sex])
    return PrintedName(f"{first} {given} {family}", family, "", f"{first} {given}")


def in_byline(name: PersonName, language: str) -> str:
    """The name in a list of authors: full in Vietnamese, without marks in English."""
    return name.full if language == "vi" else strip_marks(name.full)
