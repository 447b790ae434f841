"""Candidates by vector and words under a mask, then an exact rescore of all their passages."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import numpy.typing as npt

from matching.encoder import FloatMatrix
from matching.scoring import Weights, fuse, pool, unit_maxima
from matching.search_index import SearchIndex
from matching.statistics import LANGUAGES
from matching.terms import QueryTerms, TermMatrix, coverage
from registry.access.policy import Selector
from registry.experts.filters import ExpertFilter

# Passages taken from each index for each form of each line. The order shown comes from the
# rescore, so this costs recall at most; the contract test compares it with an exhaustive search.
CANDIDATES = 400
# Rows asked of the text index for each candidate, so that ties are cut by id and not by chance.
_OVERFETCH = 8


@dataclass(frozen=True)
class QueryForm:
    """One wording of a line.

    Args:
        vectors: Shape (v, d), centred unit rows: one, or several readings of an unmarked text
            between which the nearest to a passage counts.
        terms: Toned and folded terms, each family scored alone and averaged.
    """

    language: str
    vectors: FloatMatrix
    terms: tuple[QueryTerms, ...]


@dataclass(frozen=True)
class LineQuery:
    """A line to match: its wordings (the best one counts for each passage) and its weight."""

    forms: tuple[QueryForm, ...]
    weight: float


@dataclass(frozen=True)
class ScoredPassage:
    """A passage with what its score is made of."""

    id: UUID
    score: float
    similarity: float
    coverage: float


@dataclass(frozen=True)
class LineScores:
    """Every visible passage of the candidates scored for one line, and each person's score."""

    fused: npt.NDArray[np.float32]
    cosines: npt.NDArray[np.float32]
    coverages: npt.NDArray[np.float32]
    people: npt.NDArray[np.float32]


@dataclass(frozen=True)
class ScoredPeople:
    """Candidates with their scores.

    Args:
        ids: Length p, the people in the order of `LineScores.people`.
        owners: Shape (r,): for each passage row its person's place in `ids`.
        passage_ids: Length r.
        lines: One for each line.
    """

    ids: list[UUID]
    owners: npt.NDArray[np.int64]
    passage_ids: list[UUID]
    lines: tuple[LineScores, ...]

    def line_scores(self, person: int) -> list[float]:
        """A person's score for each line."""
        return [round(float(line.people[person]), 6) for line in self.lines]

    def evidence(self, person: int, line: int, count: int = 3) -> list[ScoredPassage]:
        """A person's best passages for a line, best first."""
        scores, mine = self.lines[line], np.flatnonzero(self.owners == person)
        best = mine[np.lexsort((mine, -scores.fused[mine]))][:count]
        return [
            ScoredPassage(
                self.passage_ids[at],
                round(float(scores.fused[at]), 6),
                round(float(scores.cosines[at]), 6),
                round(float(scores.coverages[at]), 6),
            )
            for at in best
        ]


def retrieve(
    index: SearchIndex,
    lines: Sequence[LineQuery],
    selector: Selector,
    narrowed: ExpertFilter,
    candidates: int = CANDIDATES,
) -> npt.NDArray[np.int64]:
    """Numbers of the people who own a passage near to a line, by vector or by words."""
    people, rows = index.admitted(selector, narrowed)
    if not lines:
        # Nothing to be near to (a role of stated facts only): everybody admitted.
        return np.flatnonzero(people)
    if not rows.any():
        return np.empty(0, dtype=np.int64)
    found: list[npt.NDArray[np.int64]] = []
    for line in lines:
        for form in line.forms:
            found += [near for near, _ in index.vectors.search(form.vectors, rows, candidates)]
            for terms in form.terms:
                found.append(_worded(index, terms, selector, narrowed, rows, candidates))
    return np.unique(index.person_of_row[np.concatenate(found)])


def _worded(
    index: SearchIndex,
    terms: QueryTerms,
    selector: Selector,
    narrowed: ExpertFilter,
    allowed: npt.NDArray[np.bool_],
    candidates: int,
) -> npt.NDArray[np.int64]:
    """Rows by words; among equal weights at the cut-off, those with the smaller passage ids."""
    found, weights = index.words.search(terms, selector, narrowed, candidates * _OVERFETCH)
    # The text index commits apart from the rows: only what both know is a candidate.
    known = found < len(allowed)
    found, weights = found[known], weights[known]
    seen = allowed[found]
    found, weights = found[seen], weights[seen]
    keys = np.array([index.passage_ids[row].bytes for row in found], dtype="S16")
    return found[np.lexsort((keys, -weights))][:candidates]


def score(
    index: SearchIndex,
    lines: Sequence[LineQuery],
    people: npt.NDArray[np.int64],
    selector: Selector,
    weights: Weights,
) -> ScoredPeople:
    """Score every visible passage of these people exactly.

    Args:
        people: Distinct numbers of people in `index.people`, ascending.
    """
    _, allowed = index.admitted(selector, ExpertFilter())
    rows = index.rows_of(people, allowed) if lines else np.empty(0, dtype=np.int64)
    if not lines:
        return ScoredPeople([index.people.ids[n] for n in people], rows, [], ())
    vectors, matrix = index.vectors.vectors(rows), index.terms.take(rows)
    languages = index.languages[rows]
    numbers, owners = np.unique(index.person_of_row[rows], return_inverse=True)
    units = index.unit_of_row[rows]
    scored = []
    for line in lines:
        fused, cosines, covered = _score_line(index, line, vectors, matrix, languages, weights)
        first, best = unit_maxima(fused, units)
        _, pooled = pool(best, owners[first], weights.pooling)
        scored.append(LineScores(fused, cosines, covered, pooled))
    return ScoredPeople(
        [index.people.ids[number] for number in numbers],
        owners,
        [index.passage_ids[row] for row in rows],
        tuple(scored),
    )


def _score_line(
    index: SearchIndex,
    line: LineQuery,
    vectors: FloatMatrix,
    matrix: TermMatrix,
    languages: npt.NDArray[np.uint8],
    weights: Weights,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    fused = cosines = covered = np.full(len(languages), -1.0, dtype=np.float32)
    frequencies = index.statistics.frequencies
    for form in line.forms:
        near = (vectors @ form.vectors.T).max(axis=1)
        held = np.mean([coverage(t, matrix, frequencies) for t in form.terms], axis=0)
        same = languages == LANGUAGES.index(form.language)
        one = fuse(near, held, same, weights)
        better = one > fused
        fused = np.where(better, one, fused)
        cosines = np.where(better, near, cosines)
        covered = np.where(better, held, covered)
    return fused, cosines, covered
