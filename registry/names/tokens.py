"""A name as the tokens that are compared: no titles, no punctuation, initials apart. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from registry.names.titles import split_titles
from registry.text import clean, fold, has_marks, is_folded_syllable, words

__all__ = ["NameTokens", "readings"]

# Bibliographies number people of one name: "Wei Wang 0001".
_NUMBERED: Final = re.compile(r"\s+\d{4}$")
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_GLUED: Final = re.compile(r"(?<![^\W\d_])((?:[^\W\d_]\.){2,}[^\W\d_]?)")
_MOST_GLUED: Final = 4


@dataclass(frozen=True)
class NameTokens:
    """One way to read a name.

    Args:
        toned: Tokens in lower case, NFC, the tone where it is written today.
        is_marked: Whether the name carries Vietnamese marks at all: where it does not, a token
            without marks may stand for any with them.
    """

    toned: tuple[str, ...]
    is_marked: bool

    @cached_property
    def folded(self) -> tuple[str, ...]:
        return tuple(fold(token) for token in self.toned)

    @cached_property
    def may_be_joined(self) -> bool:
        """Whether some token is no syllable, and may be several written as one."""
        return any(len(token) > 3 and not is_folded_syllable(token) for token in self.folded)

    def __len__(self) -> int:
        return len(self.toned)

    def is_initial(self, at: int) -> bool:
        """Whether this token is a first letter alone."""
        return len(self.toned[at]) == 1


def readings(text: str) -> tuple[NameTokens, ...]:
    """The ways to read a name, the likelier first; none for a text without letters.

    "Nguyen VH" is a family name with initials, while "Hoa LE" prints the family name in capitals:
    short capitals among other words are read both ways.
    """
    plain = _NUMBERED.sub("", clean(text))
    titles, rest = split_titles(plain)
    if not _WORD.search(rest):
        rest = plain
    rest = _GLUED.sub(lambda match: " ".join(match[0].replace(".", " ")), rest)
    found = _WORD.findall(rest)
    if titles and len(found) < 2:
        found = _WORD.findall(plain)
    if not found:
        return ()
    is_marked = has_marks(rest)
    whole = NameTokens(tuple(_written(word) for word in found), is_marked)
    has_others = any(not word.isupper() for word in found if len(word) > 1)
    glued = [has_others and word.isupper() and 2 <= len(word) <= _MOST_GLUED for word in found]
    if not any(glued):
        return (whole,)
    split = tuple(
        part
        for word, is_glued in zip(found, glued, strict=True)
        for part in (list(word.lower()) if is_glued else [_written(word)])
    )
    apart = NameTokens(split, is_marked)
    are_words = all(
        is_folded_syllable(fold(w)) for w, is_glued in zip(found, glued, strict=True) if is_glued
    )
    return (whole, apart) if are_words else (apart, whole)


def _written(word: str) -> str:
    """Lower case with the tone where it is written today."""
    lowered = unicodedata.normalize("NFC", word.lower().replace("’", "'"))
    tokens = words(lowered)
    return tokens[0] if len(tokens) == 1 else lowered
