"""The likeliest paths through the candidates of neighbouring syllables; pure.

Viterbi (1967) over pairs to keep a few candidates a place, then over triples, forwards and
backwards, so that the best path through each candidate is known and not only the best of all.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from matching.tone_model import BOUNDARY, Floats, Ids, ToneModel

__all__ = ["best_paths"]

# Three, five and eight gave equally good readings of the check text; eight took 1.2 times as long.
_KEPT: Final = 5


def best_paths(
    model: ToneModel,
    places: Sequence[Sequence[int]],
    bonuses: Sequence[Sequence[float]],
    limit: float,
) -> tuple[tuple[int, ...], list[tuple[float, tuple[int, ...]]]]:
    """The best choice of one candidate a place, and the near ones.

    Args:
        model: Gives the probabilities.
        places: For each place its candidates, at least one; at least one place.
        bonuses: In the shape of `places`: natural logarithms added to a candidate.
        limit: How far a near path may lie below the best, in natural logarithms.

    Returns:
        The best path, and for each other candidate the best path through it, when it lies
        within the limit: (margin, path), the nearest first. Paths may repeat.
    """
    candidates, extra = _prune(model, *_pad(places, bonuses))
    start_ids, start_extra = _pad([[BOUNDARY], [BOUNDARY]], [[0.0], [0.0]], candidates.shape[1])
    search = _Search(
        model, np.concatenate([start_ids, candidates]), np.concatenate([start_extra, extra])
    )
    best = search.best()
    return best, search.near(best, limit)


def _pad(
    places: Sequence[Sequence[int]], bonuses: Sequence[Sequence[float]], width: int = 0
) -> tuple[Ids, Floats]:
    """Shape (n, width) both; a missing candidate has the bonus -inf."""
    width = max(width, *map(len, places))
    candidates = np.full((len(places), width), BOUNDARY, np.int64)
    extra = np.full((len(places), width), -np.inf)
    for i, (ids, bonus) in enumerate(zip(places, bonuses, strict=True)):
        candidates[i, : len(ids)] = ids
        extra[i, : len(ids)] = bonus
    return candidates, extra


def _prune(model: ToneModel, candidates: Ids, extra: Floats) -> tuple[Ids, Floats]:
    """The few candidates of each place whose best path over pairs is likeliest."""
    n, width = candidates.shape
    if width <= _KEPT:
        return candidates, extra
    start = np.full_like(candidates[:1], BOUNDARY)
    before = np.concatenate([start, candidates[:-1]])
    steps = np.log(model.pair_probability(before[:, :, None], candidates[:, None, :]))
    steps += extra[:, None, :]
    forward = np.empty((n, width))
    backward = np.zeros((n, width))
    forward[0] = steps[0, 0]
    for i in range(1, n):
        forward[i] = (forward[i - 1][:, None] + steps[i]).max(axis=0)
        j = n - 1 - i
        backward[j] = (steps[j + 1] + backward[j + 1]).max(axis=1)
    kept = np.argsort(-(forward + backward), axis=1, kind="stable")[:, :_KEPT]
    return np.take_along_axis(candidates, kept, 1), np.take_along_axis(extra, kept, 1)


class _Search:
    """Scores of all paths over triples; rows 0 and 1 are the start, places follow.

    `forward[i][b, c]` is the best score up to candidate c of row i with b before it, and
    `backward[i][b, c]` the best score of what follows.
    """

    def __init__(self, model: ToneModel, candidates: Ids, extra: Floats) -> None:
        self.candidates = candidates
        first, second, third = candidates[:-2], candidates[1:-1], candidates[2:]
        pairs = model.pair_probability(second[:, :, None], third[:, None, :])
        triples = model.triple_probability(
            first[:, :, None, None],
            second[:, None, :, None],
            third[:, None, None, :],
            pairs[:, None, :, :],
        )
        # Row i of `steps` leads to row i + 2 of the candidates.
        self.steps: Floats = np.log(triples) + extra[2:, None, None, :]
        rows, width = candidates.shape
        self.forward = np.full((rows, width, width), -np.inf)
        self.forward[1, 0, 0] = 0.0
        self.backward = np.zeros((rows, width, width))
        for i in range(2, rows):
            self.forward[i] = (self.forward[i - 1][:, :, None] + self.steps[i - 2]).max(axis=0)
        for i in range(rows - 1, 1, -1):
            self.backward[i - 1] = (self.steps[i - 2] + self.backward[i][None]).max(axis=2)
        self.total = self.forward + self.backward

    def best(self) -> tuple[int, ...]:
        return self._through(len(self.candidates) - 1, None)

    def near(self, best: tuple[int, ...], limit: float) -> list[tuple[float, tuple[int, ...]]]:
        """The best path through each candidate that is not on `best`, within the limit."""
        margins = self.total[-1].max() - self.total[2:].max(axis=1)
        found = []
        for place, candidate in np.argwhere(margins <= limit).tolist():
            if self.candidates[place + 2, candidate] != best[place]:
                path = self._through(place + 2, candidate)
                found.append((float(margins[place, candidate]), path))
        return sorted(found)

    def _through(self, row: int, candidate: int | None) -> tuple[int, ...]:
        """The best path, or the best one with a given candidate in a row."""
        total = self.total[row]
        if candidate is None:
            before, at = divmod(int(total.argmax()), total.shape[1])
        else:
            before, at = int(total[:, candidate].argmax()), candidate
        chosen = {row - 1: before, row: at}
        for i in range(row, 2, -1):
            reach = self.forward[i - 1][:, chosen[i - 1]]
            step = self.steps[i - 2][:, chosen[i - 1], chosen[i]]
            chosen[i - 2] = int((reach + step).argmax())
        for i in range(row + 1, len(self.candidates)):
            step = self.steps[i - 2][chosen[i - 2], chosen[i - 1]]
            chosen[i] = int((step + self.backward[i][chosen[i - 1]]).argmax())
        return tuple(int(self.candidates[i, chosen[i]]) for i in range(2, len(self.candidates)))
