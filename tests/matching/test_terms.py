"""Words of passages and queries, and what they weigh."""

import numpy as np
import pytest

from matching.terms import (
    Frequencies,
    TermMatrix,
    count_terms,
    coverage,
    folded_terms,
    toned_terms,
    weigh_query,
)

PASSAGES = [
    "Thiết kế vi mạch bán dẫn công suất thấp",
    "Thiết kế cầu đường sắt tốc độ cao",
    "Semiconductor chip design with RISC-V cores",
    "Nuôi cấy mô tế bào thực vật",
]


def _corpus() -> tuple[TermMatrix, Frequencies]:
    counted = [count_terms(body) for body in PASSAGES]
    matrix = TermMatrix()
    matrix.append(counted)
    return matrix, Frequencies.of(counted)


def test_words_with_and_without_marks_are_two_families() -> None:
    assert toned_terms("Bán dẫn") == ["t:bán", "t:dẫn", "t:bán_dẫn"]
    assert folded_terms("Bán dẫn") == ["f:ban", "f:dan", "f:ban_dan"]


def test_the_passage_with_the_rare_words_covers_most() -> None:
    matrix, frequencies = _corpus()
    query = weigh_query(toned_terms("thiết kế vi mạch bán dẫn"), frequencies)

    covered = coverage(query, matrix, frequencies)

    assert covered.argmax() == 0
    assert 0 < covered[1] < covered[0] <= 1
    assert covered[2] == covered[3] == 0


def test_a_query_without_marks_finds_the_same_passage_by_folded_words() -> None:
    matrix, frequencies = _corpus()

    covered = coverage(
        weigh_query(folded_terms("thiet ke vi mach ban dan"), frequencies), matrix, frequencies
    )

    assert covered.argmax() == 0


def test_a_hidden_passage_moves_no_weight_because_frequencies_are_frozen() -> None:
    matrix, frequencies = _corpus()
    query = weigh_query(toned_terms("vi mạch"), frequencies)
    before = coverage(query, matrix, frequencies)

    matrix.append([count_terms("vi mạch vi mạch vi mạch")])
    after = coverage(query, matrix, frequencies)

    assert (after[: len(before)] == before).all()


def test_rows_are_taken_in_the_order_asked_for() -> None:
    matrix, frequencies = _corpus()
    query = weigh_query(toned_terms("đường sắt"), frequencies)

    whole = coverage(query, matrix, frequencies)
    part = coverage(query, matrix.take(np.array([3, 1])), frequencies)

    assert part == pytest.approx([whole[3], whole[1]])


def test_an_empty_query_or_corpus_covers_nothing() -> None:
    matrix, frequencies = _corpus()

    assert not coverage(weigh_query([], frequencies), matrix, frequencies).any()
    empty = TermMatrix()
    assert len(coverage(weigh_query(["t:vi"], frequencies), empty, Frequencies.of([]))) == 0
    assert count_terms("").length == 0


def test_an_unknown_word_weighs_most() -> None:
    _, frequencies = _corpus()
    query = weigh_query(["t:thiết", "t:lượng"], frequencies)

    weights = dict(zip(query.names, query.weights.tolist(), strict=True))

    assert weights["t:lượng"] > weights["t:thiết"]
