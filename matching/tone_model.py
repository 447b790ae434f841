"""Counts of Vietnamese syllables, pairs and triples, and the probabilities taken from them.

Interpolation after Witten and Bell (1991), as in Chen and Goodman, An Empirical Study of
Smoothing Techniques for Language Modeling (1999), section 2.6. Pure but for reading and writing
the data file; data/ORIGIN.md says where its counts come from.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from registry.text import clean, fold, is_folded_syllable, words

__all__ = ["RunCounts", "ToneModel", "count_runs", "syllable_runs"]

Ids = NDArray[np.int64]
Floats = NDArray[np.float64]

# Before the first syllable of a run, and wherever a run is broken.
BOUNDARY: Final = 0
MAX_CANDIDATES: Final = 12
# Compared by hand with three sets in view, the benchmarks among them; flat around these values
# (decision 3).
WEB_BOOST: Final = 30.0
DICTIONARY_BOOST: Final = 5.0
_PAIR_BACKOFF: Final = 4.0
_TRIPLE_BACKOFF: Final = 10.0
_BREAK: Final = re.compile(r"[^\w\s\-–&+#]+")
_CODES_PER_OCTAVE: Final = 16.0


def syllable_runs(text: str) -> Iterator[list[str]]:
    """Runs of neighbouring syllables; punctuation, numbers and other words part them."""
    for part in _BREAK.split(clean(text)):
        run: list[str] = []
        for token in words(part):
            if token.isalpha() and is_folded_syllable(fold(token)):
                run.append(token)
            elif run:
                yield run
                run = []
        if run:
            yield run


@dataclass
class RunCounts:
    """Weighted counts of syllables, pairs and triples; "" stands for the start of a run."""

    single: Counter[str] = field(default_factory=Counter)
    pair: Counter[tuple[str, str]] = field(default_factory=Counter)
    triple: Counter[tuple[str, str, str]] = field(default_factory=Counter)


def count_runs(counts: RunCounts, runs: Iterable[list[str]], weight: float) -> None:
    """Add the n-grams of some runs to `counts`, each occurrence worth `weight`."""
    # Counter takes any number; its type only knows int.
    single: Any = counts.single
    pair: Any = counts.pair
    triple: Any = counts.triple
    for run in runs:
        padded = ["", *run]
        for i in range(1, len(padded)):
            single[padded[i]] += weight
            pair[padded[i - 1], padded[i]] += weight
            if i > 1:
                triple[padded[i - 2], padded[i - 1], padded[i]] += weight


class ToneModel:
    """Probability of a syllable after one or two others.

    Args:
        syllables: Distinct, lower case, NFC; the first one is "", the start of a run.
        single: Shape (v,), weighted counts.
        pairs: Shape (p,), sorted keys a * v + b.
        pair_counts: Shape (p,).
        pair_boosts: Shape (p,), 1 or more: how much likelier than chance a pair is that a word
            list names without a count.
        triples: Shape (t,), sorted keys (a * v + b) * v + c.
        triple_counts: Shape (t,).
    """

    def __init__(
        self,
        syllables: tuple[str, ...],
        single: Floats,
        pairs: Ids,
        pair_counts: Floats,
        pair_boosts: Floats,
        triples: Ids,
        triple_counts: Floats,
    ) -> None:
        self.syllables = syllables
        self.single = single
        self._pairs, self._pair_counts, self._pair_boosts = pairs, pair_counts, pair_boosts
        self._triples, self._triple_counts = triples, triple_counts
        self._derive()

    def _derive(self) -> None:
        size = len(self.syllables)
        self.ids = {syllable: i for i, syllable in enumerate(self.syllables)}
        self._share = (self.single + 0.5) / self.single.sum()
        first, second = self._pairs // size, self._pairs % size
        self._after = np.bincount(first, self._pair_counts, size)
        kinds = np.bincount(first, self._pair_counts > 0, size)
        self._pair_weight = _PAIR_BACKOFF * kinds + 1.0
        extra = (self._pair_boosts - 1.0) * self._share[second]
        self._boost_total = 1.0 + np.bincount(first, extra, size)
        context = self._triples // size
        self._contexts, start = np.unique(context, return_index=True)
        if len(start):
            self._context_total = np.add.reduceat(self._triple_counts, start)
        else:
            self._context_total = np.zeros(0)
        self._context_weight = _TRIPLE_BACKOFF * np.diff(np.append(start, len(context)))
        by_form: dict[str, list[int]] = {}
        for i in np.argsort(-self.single, kind="stable").tolist():
            by_form.setdefault(fold(self.syllables[i]), []).append(i)
        self._by_form = {form: tuple(ids) for form, ids in by_form.items()}

    def candidates(self, form: str) -> tuple[int, ...]:
        """All syllables with this folded form, the most frequent first."""
        return self._by_form.get(form, ())

    def pair_probability(self, first: Ids, second: Ids) -> Floats:
        """P(second | first), elementwise over broadcast arrays of ids."""
        at, known = _find(self._pairs, first * len(self.syllables) + second)
        boost = np.where(known, self._pair_boosts[at], 1.0)
        base = self._share[second] * boost / self._boost_total[first]
        weight = self._pair_weight[first]
        counted = np.where(known, self._pair_counts[at], 0.0)
        result: Floats = (counted + weight * base) / (self._after[first] + weight)
        return result

    def triple_probability(self, first: Ids, second: Ids, third: Ids, backoff: Floats) -> Floats:
        """P(third | first, second), given `backoff`, which is P(third | second)."""
        if not len(self._triples):
            return backoff
        size = len(self.syllables)
        context = first * size + second
        at, known = _find(self._contexts, context)
        total = np.where(known, self._context_total[at], 0.0)
        weight = np.where(known, self._context_weight[at], 1.0)
        at, known = _find(self._triples, context * size + third)
        counted = np.where(known, self._triple_counts[at], 0.0)
        result: Floats = (counted + weight * backoff) / (total + weight)
        return result

    def save(self, path: Path) -> None:
        """Write the model; counts keep about 4 % of precision, one byte each."""
        np.savez_compressed(
            path,
            syllables=np.frombuffer("\n".join(self.syllables).encode(), np.uint8),
            single=_to_codes(self.single, np.uint16, 2048.0),
            pairs=np.diff(self._pairs, prepend=0).astype(np.uint32),
            pair_counts=_to_codes(self._pair_counts, np.uint8, _CODES_PER_OCTAVE),
            pair_boosts=self._pair_boosts.astype(np.uint8),
            triples=np.diff(self._triples, prepend=0).astype(np.uint64),
            triple_counts=_to_codes(self._triple_counts, np.uint8, _CODES_PER_OCTAVE),
        )

    @classmethod
    def load(cls, path: Path) -> "ToneModel":
        """Read what `save` wrote."""
        with np.load(path) as data:
            return cls(
                tuple(data["syllables"].tobytes().decode().split("\n")),
                _from_codes(data["single"], 2048.0),
                np.cumsum(data["pairs"].astype(np.int64)),
                _from_codes(data["pair_counts"], _CODES_PER_OCTAVE),
                data["pair_boosts"].astype(np.float64),
                np.cumsum(data["triples"].astype(np.int64)),
                _from_codes(data["triple_counts"], _CODES_PER_OCTAVE),
            )


def _find(table: Ids, keys: Ids) -> tuple[Ids, NDArray[np.bool_]]:
    """Position of each key in a sorted table, and whether it is there."""
    at = np.minimum(np.searchsorted(table, keys), len(table) - 1)
    return at, table[at] == keys


def _to_codes(counts: Floats, dtype: Any, per_octave: float) -> NDArray[Any]:
    codes = np.rint(per_octave * np.log2(1.0 + counts))
    coded: NDArray[Any] = np.minimum(codes, np.iinfo(dtype).max).astype(dtype)
    return coded


def _from_codes(codes: NDArray[Any], per_octave: float) -> Floats:
    counts: Floats = np.exp2(codes / per_octave) - 1.0
    return counts
