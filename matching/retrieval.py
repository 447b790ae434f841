"""Candidates by vector and words under a mask, then an exact rescore of all their passages."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import numpy.typing as npt

from matching.encoder import FloatMatrix
from matching.scoring import Weights, combine, fuse, pool, unit_maxima
from matching.search_index import SearchIndex
from matching.terms import QueryTerms, TermMatrix, coverage
from registry.access.policy import Selector
from registry.experts.filters import ExpertFilter

# Passages taken from each index for each form of each line. The order shown comes from the
# rescore, so this costs recall at most; the contract test compares it with an exhaustive search.
CANDIDATES = 400


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
class ScoredLine:
    """A person's score for a line, and the passages behind it, best first."""

    score: float
    passages: tuple[ScoredPassage, ...]


@dataclass(frozen=True)
class ScoredPerson:
    """A person with a score for each line and the weighted mean of them."""

    expert_id: UUID
    score: float
    lines: tuple[ScoredLine, ...]


def retrieve(
    index: SearchIndex,
    lines: Sequence[LineQuery],
    selector: Selector,
    narrowed: ExpertFilter,
    candidates: int = CANDIDATES,
) -> npt.NDArray[np.int64]:
    """Numbers of the people who own a passage near to a line, by vector or by words."""
    _, rows = index.admitted(selector, narrowed)
    if not rows.any():
        return np.empty(0, dtype=np.int64)
    found: list[npt.NDArray[np.int64]] = []
    lives = [life.value for life in selector.lives]
    audiences = [audience.value for audience in selector.audiences]
    for line in lines:
        for form in line.forms:
            found += [near for near, _ in index.vectors.search(form.vectors, rows, candidates)]
            for terms in form.terms:
                worded = index.words.search(terms, lives, audiences, narrowed, candidates)
                # The text index commits apart from the rows: only what both know is a candidate.
                worded = worded[worded < len(rows)]
                found.append(worded[rows[worded]])
    return np.unique(index.person_of_row[np.concatenate(found)])


def score(
    index: SearchIndex,
    lines: Sequence[LineQuery],
    people: npt.NDArray[np.int64],
    selector: Selector,
    weights: Weights,
    evidence: int = 3,
) -> list[ScoredPerson]:
    """Score every visible passage of these people exactly and order the people.

    Args:
        people: Numbers of people in `index.people`.
        evidence: Passages kept per line and person.

    Returns:
        Best first; equal scores by id, so that a rerun gives the same list.
    """
    _, allowed = index.admitted(selector, ExpertFilter())
    rows = index.rows_of(people, allowed)
    if not len(rows):
        return []
    vectors, matrix = index.vectors.vectors(rows), index.terms.take(rows)
    languages = [index.languages[row] for row in rows]
    owners = index.person_of_row[rows]
    units = _units(index, rows)
    by_line = [_score_line(index, line, vectors, matrix, languages, weights) for line in lines]
    order = np.argsort(owners, kind="stable")
    starts = np.flatnonzero(np.diff(owners[order], prepend=-1))
    scored: list[ScoredPerson] = []
    for mine in np.split(order, starts[1:]):
        results = []
        for fused, cosines, covered in by_line:
            _, best = unit_maxima(fused[mine], units[mine])
            top = mine[np.lexsort((rows[mine], -fused[mine]))][:evidence]
            results.append(
                ScoredLine(
                    round(pool(best, weights.pooling), 6),
                    tuple(
                        ScoredPassage(
                            index.passage_ids[rows[at]],
                            round(float(fused[at]), 6),
                            round(float(cosines[at]), 6),
                            round(float(covered[at]), 6),
                        )
                        for at in top
                    ),
                )
            )
        total = combine([line.score for line in results], [line.weight for line in lines])
        expert_id = index.people.ids[int(owners[mine[0]])]
        scored.append(ScoredPerson(expert_id, round(total, 6), tuple(results)))
    return sorted(scored, key=lambda person: (-person.score, person.expert_id.bytes))


def _units(index: SearchIndex, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    numbers: dict[UUID, int] = {}
    return np.array(
        [numbers.setdefault(index.statement_ids[row], len(numbers)) for row in rows],
        dtype=np.int64,
    )


def _score_line(
    index: SearchIndex,
    line: LineQuery,
    vectors: FloatMatrix,
    matrix: TermMatrix,
    languages: Sequence[str],
    weights: Weights,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    fused = cosines = covered = np.full(len(languages), -1.0, dtype=np.float32)
    frequencies = index.statistics.frequencies
    for form in line.forms:
        near = (vectors @ form.vectors.T).max(axis=1)
        held = np.mean([coverage(t, matrix, frequencies) for t in form.terms], axis=0)
        one = fuse(near, held, form.language, languages, weights)
        better = one > fused
        fused = np.where(better, one, fused)
        cosines = np.where(better, near, cosines)
        covered = np.where(better, held, covered)
    return fused, cosines, covered
