"""Split a Vietnamese or foreign name into family, middle and given name. Pure.

A name alone never decides who somebody is or where he comes from: parts help to find candidates
that people then judge. What cannot be told stays None.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final, Literal, NamedTuple

from registry.names.titles import split_titles
from registry.text import clean, fold, has_marks, is_folded_syllable

__all__ = ["ParsedName", "looks_vietnamese", "parse_name"]

Order = Literal["family_first", "given_first", "unknown"]

_MIDDLES: Final = frozenset({"van", "thi"})
# Surnames that were the given name of at least 10 of 8,736 persons of a university forum
# (duyet/vietnamese-namedb): at the end of a name with marks they do not tell its order.
_ALSO_GIVEN: Final = frozenset(
    {"hoang", "vu", "lam", "duong", "thai", "ha", "vuong", "chau", "van", "mai", "ly"}
)
# The table calls these compound, but nearly everybody with them has surname and middle name.
_NOT_COMPOUND: Final = frozenset({"vũ văn", "nguyễn phước"})
_ROYAL: Final = ("công tằng tôn nữ", "công huyền tôn nữ", "huyền tôn nữ")
# Without marks, "Hoang Phu" may be Hoàng Phú; of the compound surnames only these stay plain.
_SURE_UNMARKED: Final = frozenset({"ton that", "ton nu", "au duong", *map(fold, _ROYAL)})
_PARTICLES: Final = frozenset(
    {
        "al",
        "bin",
        "da",
        "de",
        "del",
        "den",
        "der",
        "di",
        "dos",
        "du",
        "el",
        "la",
        "le",
        "van",
        "von",
    }
)
_INITIAL: Final = re.compile(r"(?:[^\W\d_]\.?){1,3}")
_GLUED_INITIALS: Final = re.compile(r"(?<=[^\W\d_]\.)(?=[^\W\d_]\.)")


@dataclass(frozen=True)
class ParsedName:
    """A name without its titles; `display` keeps the order and marks of the source."""

    display: str
    family: str | None = None
    middle: str | None = None
    given: str | None = None
    titles: tuple[str, ...] = ()


class _Surnames(NamedTuple):
    toned: frozenset[str]
    common_folded: frozenset[str]
    compound: frozenset[str]


@lru_cache(maxsize=1)
def _surnames() -> _Surnames:
    def column(name: str, kind: str | None = None) -> list[str]:
        text = files("registry.names").joinpath("data", name).read_text(encoding="utf-8")
        rows = csv.DictReader(io.StringIO(text))
        return [r["surname"].lower() for r in rows if kind is None or r["kind"] == kind]

    common = column("vn_surname_shares.csv")
    other = "vn_surnames_compound_and_minority.csv"
    return _Surnames(
        toned=frozenset([*common, *column(other, "minority")]),
        # Rare surnames without marks ("Kim", "Ma") are everyday words of other peoples' names.
        common_folded=frozenset(map(fold, common)),
        compound=frozenset([*column(other, "compound"), *_ROYAL]) - _NOT_COMPOUND,
    )


def _is_surname(token: str, in_marked_name: bool) -> bool:
    token = token.lower()
    if in_marked_name and token in _surnames().toned:
        return True
    return token.isascii() and token in _surnames().common_folded


def _compound_length(tokens: Sequence[str]) -> int:
    """Number of leading tokens that make a compound surname, or 0."""
    for length in (4, 3, 2):
        head = " ".join(tokens[:length]).lower()
        if len(tokens) > length and (head in _surnames().compound or head in _SURE_UNMARKED):
            return length
    return 0


def _is_vietnamese_like(tokens: Sequence[str]) -> bool:
    return all(
        _INITIAL.fullmatch(part) or is_folded_syllable(fold(part))
        for token in tokens
        for part in re.split("[-‐‑]", token)
    )


def looks_vietnamese(text: str) -> bool:
    """Whether the order of a name must be judged by Vietnamese rules; says nothing of origin."""
    tokens = _tokens(split_titles(clean(text))[1])
    is_marked = has_marks(text)
    ends = tokens[:1] + tokens[-1:]
    return is_marked or any(_is_surname(t, is_marked) for t in ends) or _is_vietnamese_like(tokens)


def parse_name(text: str, order: Order = "unknown") -> ParsedName:
    """Split a name into its parts.

    With an unknown order, a known surname at either end decides, the front one first. "Surname,
    rest" is understood in any order.

    Args:
        text: As the source prints it, with or without marks and titles.
        order: Which end holds the family name, where the source is known to keep one order.
    """
    display, titles = _without_titles(clean(text))
    family, comma, rest = (part.strip() for part in display.partition(","))
    is_marked = has_marks(display)
    if comma and family and rest:
        middle, given = _after_comma(family, _tokens(rest), is_marked)
        return ParsedName(display, family, middle, given, titles)
    tokens = _tokens(display)
    if len(tokens) < 2:
        return ParsedName(display, titles=titles)
    if order == "unknown":
        known = _order_of(tokens, is_marked)
        if known is None:
            return ParsedName(display, titles=titles)
        order = known
    parts = _family_first(tokens) if order == "family_first" else _given_first(tokens, is_marked)
    return ParsedName(display, *parts, titles)


def _without_titles(text: str) -> tuple[str, tuple[str, ...]]:
    """Strip titles at both ends; what would leave a single word was initials, not a title."""
    titles, rest = split_titles(text)
    if len(rest.split()) < 2:
        titles, rest = (), text
    tokens = rest.split()
    if len(tokens) > 3 and fold(tokens[0]) in {"ong", "ba"} and _is_surname(tokens[1], True):
        # Ông and Bà are also surnames: four words and a surname after them make a form of address.
        rest = " ".join(tokens[1:])
    pieces = [piece.strip() for piece in rest.split(",")]
    while len(pieces) > 1:
        more, left = split_titles(pieces[-1])
        if left:
            break
        titles += more
        pieces.pop()
    return ", ".join(piece for piece in pieces if piece) or text, tuple(dict.fromkeys(titles))


def _tokens(text: str) -> list[str]:
    return _GLUED_INITIALS.sub(" ", text).replace(",", " ").split()


def _order_of(tokens: Sequence[str], is_marked: bool) -> Order | None:
    is_like = is_marked or _is_vietnamese_like(tokens)
    # "Van Hoa Nguyen": in front of a byline, Van is a middle name far more often than a surname.
    is_moved = (
        len(tokens) > 2 and fold(tokens[0]) in _MIDDLES and _is_surname(tokens[-1], is_marked)
    )
    if is_like and not is_moved and (_is_surname(tokens[0], is_marked) or _compound_length(tokens)):
        return "family_first"
    if _is_surname(tokens[-1], is_marked):
        is_unsure = is_marked and fold(tokens[-1]) in _ALSO_GIVEN
        return None if is_unsure else "given_first"
    return None


def _joined(tokens: Sequence[str]) -> str | None:
    return " ".join(tokens) or None


def _are_bare_initials(rest: Sequence[str], family: str) -> bool:
    """Initials without dots and spaces ("Nguyen VH"): which of them is the given name is open."""
    token = rest[0]
    return (
        len(rest) == 1
        and 2 <= len(token) <= 3
        and token.isupper()
        and not family.isupper()
        and not is_folded_syllable(fold(token))
    )


def _family_first(tokens: Sequence[str]) -> tuple[str | None, str | None, str | None]:
    length = _compound_length(tokens) or 1
    family, rest = _joined(tokens[:length]), tokens[length:]
    if _are_bare_initials(rest, tokens[0]):
        return family, None, None
    return family, _joined(rest[:-1]), rest[-1]


def _given_first(
    tokens: Sequence[str], is_marked: bool
) -> tuple[str | None, str | None, str | None]:
    start = len(tokens) - 1
    if not is_marked:
        while start > 1 and tokens[start - 1] in _PARTICLES:
            start -= 1
    family, rest = " ".join(tokens[start:]), tokens[:start]
    if _are_bare_initials(rest, family):
        return family, None, None
    if not _is_surname(tokens[-1], is_marked) or not _is_vietnamese_like(rest):
        return family, _joined(rest[1:]), rest[0]
    return family, *_vietnamese_rest(rest)


def _vietnamese_rest(tokens: Sequence[str]) -> tuple[str | None, str | None]:
    """Middle and given name, whose order is open once the family name has moved away.

    Bylines print both "Van Hoa Nguyen" and "Hoa Van Nguyen"; only Văn and Thị are sure middles.
    """
    if len(tokens) == 1:
        return None, tokens[0]
    if fold(tokens[0]) in _MIDDLES:
        return _joined(tokens[:-1]), tokens[-1]
    if fold(tokens[-1]) in _MIDDLES:
        return _joined(tokens[1:]), tokens[0]
    return None, None


def _after_comma(
    family: str, rest: Sequence[str], is_marked: bool
) -> tuple[str | None, str | None]:
    if _is_surname(family, is_marked) and _is_vietnamese_like(rest):
        return _vietnamese_rest(rest)
    return _joined(rest[1:]), rest[0]
