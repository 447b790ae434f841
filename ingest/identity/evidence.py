"""What can speak for two records being one person, in the form in which it is compared. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Final

from registry.errors import InvalidInputError
from registry.ids import parse_orcid
from registry.names.tokens import readings
from registry.text import clean, fold

__all__ = ["Kind", "PersonRecord", "make_record", "sorted_name"]


class Kind(StrEnum):
    """A kind of evidence beside the name."""

    ORCID = "orcid"
    EMAIL = "email"
    BIRTH = "birth"
    AFFILIATION = "affiliation"
    PLACE = "place"
    COAUTHORS = "coauthors"
    TOPIC = "topic"


@dataclass(frozen=True)
class PersonRecord:
    """A record of a person.

    Args:
        id: As its table gives it.
        name: As it is written; empty when the table has none for it.
        orcid: The bare iD.
        email: A digest of the address: whoever compares needs no more.
        birth: Year, month and day as far as they are known, 0 for what is not.
        affiliation: Folded words of where he works, without those that say nothing.
        place: Folded.
        coauthors: Folded names, their words sorted.
        topics: Folded.
    """

    id: str
    name: str
    orcid: str | None = None
    email: str | None = None
    birth: tuple[int, int, int] | None = None
    affiliation: tuple[str, ...] = ()
    place: str | None = None
    coauthors: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)


_SEVERAL: Final = re.compile(r"[;|\n]")
_EMAIL: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_ISO: Final = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?")
_LOCAL: Final = re.compile(r"(?:(?:(\d{1,2})[-/.])?(\d{1,2})[-/.])?(\d{4})")
_WORD: Final = re.compile(r"[^\W_]+")
# Words that nearly every organisation's name has say nothing of which one it is.
_SAYS_NOTHING: Final = frozenset(
    re.findall(
        r"\w+",
        "the of and for in at to a an de la le di et und der university universite universidad "
        "univ institute inst department dept school faculty college center centre national science "
        "sciences technology research laboratory lab dai hoc truong vien khoa bo mon cong nghe "
        "quoc gia nghien cuu trung tam va",
    )
)


def make_record(record_id: str, name: str, values: Mapping[Kind, str]) -> PersonRecord:
    """A record of what a table says; what cannot be read is kept apart under its kind."""
    unread: dict[str, str] = {}

    def read(kind: Kind) -> str:
        return clean(values.get(kind, ""))

    orcid = email = birth = None
    if text := read(Kind.ORCID):
        try:
            orcid = parse_orcid(text)
        except InvalidInputError:
            unread[Kind.ORCID] = text
    if text := read(Kind.EMAIL):
        email = _email(text)
        if email is None:
            unread[Kind.EMAIL] = text
    if text := read(Kind.BIRTH):
        birth = _birth(text)
        if birth is None:
            unread[Kind.BIRTH] = text
    return PersonRecord(
        record_id,
        clean(name),
        orcid,
        email,
        birth,
        _telling(read(Kind.AFFILIATION)),
        fold(read(Kind.PLACE)) or None,
        tuple(sorted({sorted_name(each) for each in _parts(values, Kind.COAUTHORS)} - {""})),
        tuple(sorted({fold(each) for each in _parts(values, Kind.TOPIC)})),
        unread,
    )


def sorted_name(name: str) -> str:
    """A name by its folded words in the order of the alphabet: the same however it was turned."""
    found = readings(name)
    return " ".join(sorted(found[0].folded)) if found else ""


def _parts(values: Mapping[Kind, str], kind: Kind) -> Iterable[str]:
    return filter(None, map(clean, _SEVERAL.split(values.get(kind, ""))))


def _email(text: str) -> str | None:
    lowered = text.lower()
    if re.fullmatch(r"[0-9a-f]{32,64}", lowered):
        return lowered  # A digest already.
    match = _EMAIL.fullmatch(lowered)
    return sha256(lowered.encode()).hexdigest()[:32] if match else None


def _birth(text: str) -> tuple[int, int, int] | None:
    if match := _ISO.fullmatch(text):
        year, month, day = match.groups()
    elif match := _LOCAL.fullmatch(text):
        day, month, year = match.groups()
    else:
        return None
    found = int(year), int(month or 0), int(day or 0)
    is_possible = 1880 <= found[0] <= 2100 and found[1] <= 12 and found[2] <= 31
    return found if is_possible else None


def _telling(text: str) -> tuple[str, ...]:
    found: Sequence[str] = _WORD.findall(fold(text))
    telling = [word for word in found if word not in _SAYS_NOTHING and len(word) > 1]
    return tuple(sorted(set(telling or found)))
