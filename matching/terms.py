"""Words as they are indexed and weighed: terms, their frozen frequencies, BM25. Pure.

Terms are kept as 64-bit hashes, so that a passage's words are plain integer arrays. Two
families: toned ("t:") and folded ("f:"), each with single words and pairs of neighbours. Pairs
matter in Vietnamese, where a word is mostly two syllables and one syllable alone is ambiguous.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from matching.growing import Growing
from registry.text import fold, words

TermArray = npt.NDArray[np.uint64]

# Robertson and Zaragoza, The Probabilistic Relevance Framework (2009), section 3.2: usual values.
K1 = 1.2
B = 0.75
# A pair repeats what its two words already said.
PAIR_WEIGHT = 0.5


@lru_cache(maxsize=200_000)
def term_id(term: str) -> int:
    """A stable 64-bit id of a term (the same on every machine and run)."""
    return int.from_bytes(hashlib.blake2b(term.encode(), digest_size=8).digest(), "little")


def toned_terms(text: str) -> list[str]:
    """Single words and neighbouring pairs, with their marks."""
    return _with_pairs("t:", words(text))


def folded_terms(text: str) -> list[str]:
    """Single words and neighbouring pairs, without marks."""
    return _with_pairs("f:", [fold(word) for word in words(text)])


def _with_pairs(family: str, tokens: Sequence[str]) -> list[str]:
    singles = [family + token for token in tokens]
    pairs = [f"{family}{a}_{b}" for a, b in pairwise(tokens)]
    return singles + pairs


def is_pair(term: str) -> bool:
    """Whether a term stands for two neighbouring words."""
    return "_" in term


@dataclass(frozen=True)
class TermCounts:
    """The terms of one passage: sorted distinct ids, and how often each occurs."""

    ids: TermArray
    counts: npt.NDArray[np.uint8]
    length: int


def count_terms(body: str) -> TermCounts:
    """Count both families of terms of a passage."""
    tokens = words(body)
    counter = Counter(map(term_id, _both_families(tokens)))
    ids = np.array(sorted(counter), dtype=np.uint64)
    counts = np.array([min(counter[int(i)], 255) for i in ids], dtype=np.uint8)
    return TermCounts(ids, counts, len(tokens))


def all_terms(body: str) -> list[str]:
    """Terms of both families, the text cut into words once."""
    return _both_families(words(body))


def _both_families(tokens: Sequence[str]) -> list[str]:
    return _with_pairs("t:", tokens) + _with_pairs("f:", [fold(token) for token in tokens])


@dataclass(frozen=True)
class Frequencies:
    """How many public passages hold each term: frozen with the index version.

    Args:
        ids: Sorted term ids, shape (v,).
        counts: Passages that hold the term, shape (v,).
        passages: Number of passages counted.
        mean_length: Their mean number of words.
    """

    ids: TermArray
    counts: npt.NDArray[np.int64]
    passages: int
    mean_length: float

    @classmethod
    def of(cls, passages: Iterable[TermCounts]) -> "Frequencies":
        """Count a corpus."""
        counter: Counter[int] = Counter()
        number = total = 0
        for passage in passages:
            counter.update(passage.ids.tolist())
            number += 1
            total += passage.length
        ids = np.array(sorted(counter), dtype=np.uint64)
        counts = np.array([counter[i] for i in ids.tolist()], dtype=np.int64)
        return cls(ids, counts, number, total / number if number else 1.0)

    def idf(self, ids: TermArray) -> npt.NDArray[np.float32]:
        """Weight of terms: rare ones weigh more, unknown ones most. Never negative."""
        found = np.zeros(len(ids), dtype=np.float64)
        if len(self.ids):
            at = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
            found = np.where(self.ids[at] == ids, self.counts[at], 0).astype(np.float64)
        return np.log1p((self.passages - found + 0.5) / (found + 0.5)).astype(np.float32)

    def share(self, term: str) -> float:
        """Share of the passages that hold a term; 0 when too few were counted to tell."""
        if self.passages < 50:
            return 0.0
        at = int(np.searchsorted(self.ids, np.uint64(term_id(term))))
        if at == len(self.ids) or int(self.ids[at]) != term_id(term):
            return 0.0
        return float(self.counts[at]) / self.passages


@dataclass(frozen=True)
class QueryTerms:
    """A query's terms with their weights; `best` is the score of a passage that holds them all."""

    ids: TermArray
    weights: npt.NDArray[np.float32]
    names: tuple[str, ...]

    @property
    def best(self) -> float:
        return float(self.weights.sum() * (K1 + 1))


def weigh_query(terms: Iterable[str], frequencies: Frequencies) -> QueryTerms:
    """Weigh a query's distinct terms by the frozen frequencies."""
    names = tuple(sorted(set(terms)))
    ids = np.array([term_id(name) for name in names], dtype=np.uint64)
    weights = frequencies.idf(ids)
    weights *= np.array([PAIR_WEIGHT if is_pair(n) else 1.0 for n in names], dtype=np.float32)
    order = np.argsort(ids)
    return QueryTerms(ids[order], weights[order], tuple(names[i] for i in order))


class TermMatrix:
    """The terms of many passages, row by row in flat arrays that grow by appending.

    Row r holds `ids[starts[r]:starts[r + 1]]`, sorted.
    """

    def __init__(
        self,
        ids: TermArray | None = None,
        counts: npt.NDArray[np.uint8] | None = None,
        starts: npt.NDArray[np.int64] | None = None,
        lengths: npt.NDArray[np.int32] | None = None,
    ) -> None:
        """Empty, or with the arrays that another one had."""
        self._ids = Growing(np.empty(0, dtype=np.uint64) if ids is None else ids)
        self._counts = Growing(np.empty(0, dtype=np.uint8) if counts is None else counts)
        self._starts = Growing(np.zeros(1, dtype=np.int64) if starts is None else starts)
        self._lengths = Growing(np.empty(0, dtype=np.int32) if lengths is None else lengths)

    def __len__(self) -> int:
        return len(self._lengths)

    @property
    def ids(self) -> TermArray:
        return self._ids.values

    @property
    def counts(self) -> npt.NDArray[np.uint8]:
        return self._counts.values

    @property
    def starts(self) -> npt.NDArray[np.int64]:
        return self._starts.values

    @property
    def lengths(self) -> npt.NDArray[np.int32]:
        return self._lengths.values

    def append(self, passages: Sequence[TermCounts]) -> None:
        """Add rows at the end."""
        if not passages:
            return
        sizes = np.array([len(p.ids) for p in passages], dtype=np.int64)
        self._ids.extend(np.concatenate([p.ids for p in passages]))
        self._counts.extend(np.concatenate([p.counts for p in passages]))
        self._starts.extend(self.starts[-1] + np.cumsum(sizes))
        self._lengths.extend(np.array([p.length for p in passages], dtype=np.int32))

    def take(self, rows: npt.NDArray[np.int64]) -> "TermMatrix":
        """Some rows, in the given order."""
        sizes = self.starts[rows + 1] - self.starts[rows]
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        within = np.arange(starts[-1]) - np.repeat(starts[:-1], sizes)
        at = np.repeat(self.starts[rows], sizes) + within
        return TermMatrix(self.ids[at], self.counts[at], starts, self.lengths[rows])


def coverage(
    query: QueryTerms, passages: TermMatrix, frequencies: Frequencies
) -> npt.NDArray[np.float32]:
    """BM25 of each passage as a share of the best that this query could reach.

    Returns:
        Shape (p,), in [0, 1]: what part of the query's words, rare ones counting more, the
        passage holds. It depends on the query, the passage and the frozen frequencies only.
    """
    if not len(passages) or not len(query.ids) or not query.best:
        return np.zeros(len(passages), dtype=np.float32)
    at = np.minimum(np.searchsorted(query.ids, passages.ids), len(query.ids) - 1)
    held = np.flatnonzero(query.ids[at] == passages.ids)
    sizes = np.diff(passages.starts)
    row = np.repeat(np.arange(len(passages)), sizes)[held]
    counts = passages.counts[held].astype(np.float64)
    norm = K1 * (1 - B + B * passages.lengths[row] / frequencies.mean_length)
    gain = query.weights[at[held]] * counts * (K1 + 1) / (counts + norm)
    scores = np.bincount(row, weights=gain, minlength=len(passages)) / query.best
    return np.minimum(scores, 1.0).astype(np.float32)
