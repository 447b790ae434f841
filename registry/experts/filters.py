"""What a search or a list may be narrowed by. Pure; values are checked against loaded tables."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, get_args

from registry.access.policy import Selector
from registry.errors import InvalidInputError, NotPermittedError
from registry.experts.freshness import Days, Reachability
from registry.experts.schemas import Life, Visibility
from registry.text import clean, fold

Residence = Literal["domestic", "overseas", "unknown"]
RESIDENCES: tuple[Residence, ...] = ("domestic", "overseas", "unknown")
REACHABILITIES: Final[tuple[Reachability, ...]] = get_args(Reachability)
# Days; the steps of freshness.Band.
CONFIRMED_WITHIN: Final = (365, 730)
LISTED_LIVES: Final = (Life.LEAD, Life.INVITED, Life.CLAIMED, Life.VERIFIED)


@dataclass(frozen=True)
class ExpertFilter:
    """Narrow people; values of one kind are alternatives, kinds add up.

    Args:
        residences: By the country of the current main affiliation; unknown is a value.
        countries: ISO 3166-1 codes.
        fields: OECD FORD codes; a code takes in what lies below it ("2" takes in "2.2").
        groups: Group numbers of the current national list of strategic technologies.
        confirmed_within: The person confirmed his profile so many days ago at most.
        reachability: What is known of the way to reach him.
        lives: States of the profile.
        on: The day that the last but one are counted to; they need it.
    """

    residences: tuple[Residence, ...] = ()
    countries: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    groups: tuple[int, ...] = ()
    confirmed_within: int | None = None
    reachability: tuple[Reachability, ...] = ()
    lives: tuple[Life, ...] = ()
    on: date | None = None

    def __post_init__(self) -> None:
        assert self.on is not None or not (self.confirmed_within or self.reachability)

    @property
    def days(self) -> Days:
        """The periods as of the day of this filter."""
        assert self.on is not None
        return Days(self.on)


def sees_standing(selector: Selector) -> bool:
    """Whether freshness and reachability are shown: they are as restricted as contacts are."""
    return Visibility.BODIES in selector.levels


def check_permitted(selector: Selector, narrowed: ExpertFilter) -> None:
    """Refuse a filter on something that is not shown: what passes it would tell.

    Raises:
        NotPermittedError: Names the filter.
    """
    if narrowed.confirmed_within and not sees_standing(selector):
        raise NotPermittedError("the filter confirmed_within is for registered bodies and stewards")
    if narrowed.reachability and not sees_standing(selector):
        raise NotPermittedError("the filter reachability is for registered bodies and stewards")
    if narrowed.lives and Visibility.STEWARDS not in selector.levels:
        raise NotPermittedError("the filter lives is for stewards")


def parse_filter(
    residences: Sequence[str] = (),
    countries: Sequence[str] = (),
    fields: Sequence[str] = (),
    groups: Sequence[str] = (),
    confirmed_within: int | None = None,
    reachability: Sequence[str] = (),
    lives: Sequence[str] = (),
    *,
    on: date | None = None,
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
    if confirmed_within is not None:
        known_days = [str(days) for days in CONFIRMED_WITHIN]
        _check(str(confirmed_within), known_days, "number of days since a confirmation")
    for value in reachability:
        _check(value, REACHABILITIES, "reachability")
    for value in lives:
        _check(value, [life.value for life in LISTED_LIVES], "life")
    return ExpertFilter(
        tuple(r for r in RESIDENCES if r in residences),
        tuple(sorted(set(upper))),
        tuple(sorted(set(fields))),
        tuple(sorted(set(numbers))),
        confirmed_within,
        tuple(r for r in REACHABILITIES if r in reachability),
        tuple(life for life in LISTED_LIVES if life in lives),
        on,
    )


def _check(value: str, known: Collection[str], kind: str, hint: str | None = None) -> None:
    if value not in known:
        expected = hint or "one of " + ", ".join(sorted(known))
        raise InvalidInputError(f"unknown {kind} {value[:40]!r}; expected {expected}")


MAX_NAME_CHARACTERS: Final = 100
_WORD: Final = re.compile(r"[^\W_]+")
_TONES: Final = "\u0300\u0301\u0303\u0309\u0323"
_GLIDE: Final = re.compile(rf"(.*)(o|u)([{_TONES}]?)([aey])([{_TONES}]?)")


@dataclass(frozen=True)
class NameQuery:
    """Words of a name in any order: each begins a word of the names that are found.

    Args:
        folded: Without marks.
        toned: As typed, in lower case; each in the ways in which its tone mark is placed.
    """

    folded: tuple[str, ...]
    toned: tuple[tuple[str, ...], ...]


def parse_name(text: str) -> NameQuery | None:
    """A typed name; None when nothing was typed.

    Raises:
        InvalidInputError: It is too long, or holds no letter.
    """
    typed = clean(text)
    if not typed:
        return None
    if len(typed) > MAX_NAME_CHARACTERS:
        raise InvalidInputError(
            f"a name to look for has at most {MAX_NAME_CHARACTERS} characters; type a part of it"
        )
    folded = tuple(dict.fromkeys(_WORD.findall(fold(typed))))
    if not folded:
        raise InvalidInputError("there is no word to look for; type some words of the name")
    return NameQuery(folded, tuple(_spellings(word) for word in _WORD.findall(typed.lower())))


def _spellings(word: str) -> tuple[str, ...]:
    """Hoà and hòa, thuý and thúy are one word written in two ways."""
    match = _GLIDE.fullmatch(unicodedata.normalize("NFD", word))
    if match is None or bool(match[3]) == bool(match[5]):
        return (word,)
    head, glide, first, vowel, second = match.groups()
    tone = first or second
    both = (f"{head}{glide}{tone}{vowel}", f"{head}{glide}{vowel}{tone}")
    return tuple(unicodedata.normalize("NFC", each) for each in both)
