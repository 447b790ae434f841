"""Whether a token is written as a Vietnamese syllable with its marks. Pure."""

import re
import unicodedata
from typing import Final

from registry.names.frequencies import vietnamese_names
from registry.text import fold, is_folded_syllable

__all__ = ["is_syllable", "token_count"]

_TONES: Final = frozenset("\u0300\u0301\u0303\u0309\u0323")
_STOPPED: Final = re.compile(r"(?:c|ch|p|t)$")
# A syllable that ends in a stop takes one of two tones, and always one of them.
_STOPPED_TONES: Final = frozenset("\u0301\u0323")
_QUALITIES: Final = {
    "\u0302": frozenset("aeo"),
    "\u0306": frozenset("a"),
    "\u031b": frozenset("ou"),
}
# The tone stands on the vowel that carries another mark, where one does.
_VOWELS: Final = frozenset("aeiouy")


def is_syllable(token: str) -> bool:
    """Whether a token could be one Vietnamese syllable as it is written, marks included.

    Stricter than `is_folded_syllable`: one tone at most, marks on the letters that take them, and
    the tones that a stop at the end leaves. Old and new placement of the tone are both right.
    """
    lowered = unicodedata.normalize("NFC", token).lower()
    if not is_folded_syllable(fold(lowered)):
        return False
    tones: list[str] = []
    base = ""
    for char in unicodedata.normalize("NFD", lowered.replace("đ", "D")):
        if char in _TONES:
            if base not in _VOWELS:
                return False
            tones.append(char)
        elif char in _QUALITIES:
            if base not in _QUALITIES[char]:
                return False
        elif unicodedata.combining(char) or not (char.isascii() and char.isalpha()):
            return False
        else:
            base = char
    if "D" in unicodedata.normalize("NFD", lowered.replace("đ", "D"))[1:]:
        return False
    if _STOPPED.search(fold(lowered)):
        return len(tones) == 1 and tones[0] in _STOPPED_TONES
    return len(tones) <= 1


def token_count(token: str) -> float:
    """In how many of 8,736 names a token stands; 0 for one in fewer than five of them."""
    return vietnamese_names().toned.get(token.lower(), 0)
