"""Tell which form a column is written in: by what its words are after decoding. Pure.

The same codes mean different letters in different forms, so that no single cell decides: the share
of words of a column that are Vietnamese syllables does, and then a person.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ingest.legacy.charsets import CHARSETS, Charset, decode
from ingest.legacy.syllables import is_syllable, token_count

__all__ = ["Guess", "recognise"]

_MOST_WORDS: Final = 5_000
# Of the words that carry foreign letters, at least this share must have become syllables ...
_SURE: Final = 0.85
# ... and this share less of them must be syllables as they stand.
_MARGIN: Final = 0.3
# Not at no-break spaces and soft hyphens, which are letters of some forms.
_SPLIT: Final = re.compile(r"[ \t\r\n,;:.()/\"\-]+")


@dataclass(frozen=True)
class Guess:
    """A form that a column may be written in.

    Args:
        before, after: Share of its words with foreign letters that are syllables, as they stand
            and decoded.
        words: How many words with foreign letters were looked at, each once.
    """

    charset: Charset
    before: float
    after: float
    words: int


def recognise(cells: Iterable[str]) -> Guess | None:
    """The form that a column is written in; None when it is Unicode, or nothing fits.

    Two different words with foreign letters are needed: one alone may be of another language.
    """
    counts: Counter[str] = Counter()
    for cell in cells:
        counts.update(word for word in _SPLIT.split(cell) if word and not word.isascii())
        if len(counts) > _MOST_WORDS:
            break
    found = list(counts)
    if len(found) < 2:
        return None
    before = sum(map(is_syllable, found)) / len(found)
    best: tuple[float, float, Charset] | None = None
    for charset in CHARSETS:
        decoded = [decode(word, charset) for word in found]
        if decoded == found:
            continue
        after = sum(map(is_syllable, decoded)) / len(found)
        # Of forms that both give syllables, the one whose syllables people are called by.
        known = sum(token_count(word) > 0 for word in decoded) / len(found)
        if best is None or (round(after, 2), known) > best[:2]:
            best = (round(after, 2), known, charset)
    if best is None or best[0] < _SURE or best[0] - before < _MARGIN:
        return None
    return Guess(best[2], before, best[0], len(found))
