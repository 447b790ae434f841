"""Why somebody is in a list: the words of a passage that met the query. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from matching.terms import Frequencies
from registry.text import fold, has_marks, is_folded_syllable, word_spans, words

# A word that this share of the public passages hold says nothing about a match.
COMMON_SHARE = 0.1


@dataclass(frozen=True)
class Segment:
    """A stretch of a passage, and whether it is one of the query's words."""

    text: str
    is_match: bool


@dataclass(frozen=True)
class QueryWords:
    """What is worth marking of a query's readings.

    Args:
        singles: Words that mean something alone: English and technical ones.
        pairs: Neighbours. A Vietnamese word is mostly two syllables, and one of them alone means
            something else in another word ("thiết" of "thiết kế" in "thiết bị").
    """

    singles: frozenset[str]
    pairs: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, readings: Iterable[tuple[str, str]], frequencies: Frequencies) -> "QueryWords":
        """Collect them from readings, each a text with its language."""
        singles: set[str] = set()
        pairs: set[tuple[str, str]] = set()
        for text, language in readings:
            tokens = words(text)
            for token in tokens:
                alone = language == "en" or len(tokens) == 1 or not is_folded_syllable(fold(token))
                if alone and frequencies.share(f"t:{token}") < COMMON_SHARE:
                    singles.add(token)
            pairs |= set(pairwise(tokens))
        return cls(frozenset(singles), frozenset(pairs))

    def folded(self) -> "QueryWords":
        """The same without marks."""
        return QueryWords(
            frozenset(fold(word) for word in self.singles),
            frozenset((fold(a), fold(b)) for a, b in self.pairs),
        )


def mark(body: str, wanted: QueryWords) -> list[Segment]:
    """Cut a passage into stretches, its matching words apart; joined they are the passage.

    A passage written without tone marks is compared without them.

    Args:
        body: As stored, that is cleaned.
    """
    spans = word_spans(body)
    if not has_marks(body):
        wanted = wanted.folded()
        spans = [(fold(token), start, end) for token, start, end in spans]
    met = [token in wanted.singles for token, _, _ in spans]
    for place, ((first, _, _), (second, _, _)) in enumerate(pairwise(spans)):
        if (first, second) in wanted.pairs:
            met[place] = met[place + 1] = True
    segments: list[Segment] = []
    at = 0
    for (_, start, end), is_met in zip(spans, met, strict=True):
        if not is_met:
            continue
        if start > at:
            between = body[at:start]
            if between == " " and segments:
                # Neighbours are one mark, not two with a gap.
                segments[-1] = Segment(segments[-1].text + between + body[start:end], True)
                at = end
                continue
            segments.append(Segment(between, False))
        segments.append(Segment(body[start:end], True))
        at = end
    if at < len(body):
        segments.append(Segment(body[at:], False))
    return segments
