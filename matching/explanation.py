"""Why somebody is in a list: the words of a passage that met the query. Pure."""

import re
from dataclasses import dataclass
from functools import lru_cache

from matching.terms import Frequencies
from registry.text import fold, words

_WORD = re.compile(r"\w+(?:[-+#&.]\w+)*[+#]*")

# A word that this share of the public passages hold says nothing about a match.
COMMON_SHARE = 0.15


@dataclass(frozen=True)
class Segment:
    """A stretch of a passage, and whether it is one of the query's words."""

    text: str
    is_match: bool


def content_words(query: str, frequencies: Frequencies) -> frozenset[str]:
    """The folded words of a query that are worth marking: not those that every text holds."""
    folded = {fold(word) for word in words(query)}
    return frozenset(w for w in folded if frequencies.share(f"f:{w}") < COMMON_SHARE)


@lru_cache(maxsize=100_000)
def _folded(word: str) -> tuple[str, ...]:
    return tuple(fold(part) for part in words(word))


def mark(body: str, wanted: frozenset[str]) -> list[Segment]:
    """Cut a passage into stretches, its matching words apart; joined they are the passage."""
    segments: list[Segment] = []
    at = 0
    for match in _WORD.finditer(body):
        if wanted.isdisjoint(_folded(match[0])):
            continue
        if match.start() > at:
            segments.append(Segment(body[at : match.start()], False))
        segments.append(Segment(match[0], True))
        at = match.end()
    if at < len(body):
        segments.append(Segment(body[at:], False))
    return segments
