"""Exact neighbours, the reference that every vector index is tested against. Pure."""

import numpy as np
import numpy.typing as npt

from matching.encoder import FloatMatrix

RowArray = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


def exact_top_k(
    queries: FloatMatrix, vectors: FloatMatrix, allowed: Mask, k: int
) -> list[tuple[RowArray, Scores]]:
    """Rank every allowed row against every query by inner product.

    Equal scores go to the smaller row, so that a rerun on the same data gives the same list.

    Args:
        queries: Shape (q, d), float32, unit rows.
        vectors: Shape (n, d), float32, unit rows.
        allowed: Shape (n,): rows that the search may see.
        k: Rows wanted per query; fewer come back when fewer are allowed.

    Returns:
        One pair (rows, cosines) per query, best first.

    Source: Manning, Raghavan and Schütze, Introduction to Information Retrieval (2008),
    section 6.3.
    """
    rows = np.flatnonzero(allowed)
    scores = queries @ vectors[rows].T
    return [order_by_score(rows, line, k) for line in scores]


def order_by_score(rows: RowArray, scores: Scores, k: int) -> tuple[RowArray, Scores]:
    """The k best rows, best first, equal scores by row."""
    order = np.lexsort((rows, -scores))[:k]
    return rows[order], scores[order]
