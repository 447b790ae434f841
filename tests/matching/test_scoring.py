"""Scores of passages, people and lines."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.scoring import Pooling, Weights, combine, fuse, pool, unit_maxima
from registry.errors import InvalidInputError

WEIGHTS = Weights(lexical_same=0.5, lexical_cross=0.1, full=0.8)


def test_shared_words_count_more_within_a_language_than_across() -> None:
    cosines, covered = np.array([0.4, 0.4], np.float32), np.array([0.5, 0.5], np.float32)

    same, across = fuse(cosines, covered, np.array([True, False]), WEIGHTS)

    assert same == pytest.approx((0.4 + 0.5 * 0.5) / 1.5 / 0.8)
    assert across == pytest.approx((0.4 + 0.1 * 0.5) / 1.5 / 0.8)


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(0, 1)), min_size=1, max_size=20))
def test_a_passage_score_lies_in_0_to_1_and_never_falls_with_more_words(
    pairs: list[tuple[float, float]],
) -> None:
    cosines = np.array([c for c, _ in pairs], np.float32)
    covered = np.array([w for _, w in pairs], np.float32)

    same = np.ones(len(pairs), dtype=np.bool_)

    with_words = fuse(cosines, covered, same, WEIGHTS)
    without = fuse(cosines, 0 * covered, same, WEIGHTS)

    assert ((with_words >= 0) & (with_words <= 1)).all()
    assert (with_words >= without - 1e-6).all()


def _pooled(scores: list[float], pooling: Pooling) -> float:
    _, pooled = pool(np.array(scores, np.float32), np.zeros(len(scores), np.int64), pooling)
    return float(pooled[0])


def test_a_long_list_of_weak_evidence_does_not_beat_three_strong_pieces() -> None:
    strong, long = [0.8, 0.7, 0.7], [0.81] + [0.3] * 200

    assert _pooled(strong, "top3") > _pooled(long, "top3")
    assert _pooled(strong, "max") < _pooled(long, "max")


def test_a_missing_piece_counts_nothing() -> None:
    assert _pooled([0.9], "top3") == pytest.approx(0.3)
    assert _pooled([0.9], "mean") == pytest.approx(0.9)


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0, 1, width=32)), min_size=1, max_size=40))
def test_each_owner_is_pooled_as_if_he_were_alone(pairs: list[tuple[int, float]]) -> None:
    owners = np.array([o for o, _ in pairs])
    scores = np.array([s for _, s in pairs], np.float32)

    for pooling in ("mean", "top3", "top2", "max"):
        people, pooled = pool(scores, owners, pooling)

        assert people.tolist() == sorted(set(owners.tolist()))
        alone = [_pooled(scores[owners == o].tolist(), pooling) for o in people]
        assert pooled == pytest.approx(alone, abs=1e-6)


def test_an_unknown_pooling_is_refused() -> None:
    with pytest.raises(InvalidInputError):
        pool(np.array([0.5], np.float32), np.array([0]), "median")  # type: ignore[arg-type]


def test_a_statement_told_in_two_languages_is_one_piece_of_evidence() -> None:
    first, best = unit_maxima(np.array([0.2, 0.6, 0.5], np.float32), np.array([7, 7, 9]))

    assert first.tolist() == [0, 2]
    assert best == pytest.approx([0.6, 0.5])


def test_lines_count_by_their_weight() -> None:
    assert combine([1.0, 0.0], [3.0, 1.0]) == 0.75
    with pytest.raises(InvalidInputError):
        combine([], [])
