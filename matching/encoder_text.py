"""How texts become batches, and window vectors become text vectors again; pure."""

import unicodedata
from collections.abc import Iterator, Sequence

import numpy as np

from matching.encoder import FloatMatrix


def prepared(text: str) -> str:
    """NFC without spaces at the ends: how a text was typed must not change its vector."""
    return unicodedata.normalize("NFC", text).strip()


def windows(length: int, size: int) -> list[tuple[int, int]]:
    """Split `length` tokens into ranges [start, stop) of at most `size`; at least one range."""
    return [(start, min(start + size, length)) for start in range(0, max(length, 1), size)]


def batches_by_length(lengths: Sequence[int], limit: int) -> Iterator[list[int]]:
    """Group positions of similar length, shortest first.

    Args:
        lengths: Tokens of each item, special tokens included.
        limit: Most tokens of a batch, padding included; a longer item is alone in its batch.
    """
    batch: list[int] = []
    for position in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and lengths[position] * (len(batch) + 1) > limit:
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch


def joined(
    window_vectors: FloatMatrix, owners: Sequence[int], tokens: Sequence[int], count: int
) -> FloatMatrix:
    """Vectors of texts from those of their windows: the mean weighted by tokens, unit length.

    Args:
        window_vectors: Shape (w, d), not necessarily unit rows.
        owners: Length w; the row of the text that each window belongs to.
        tokens: Length w; content tokens of each window.
        count: Number of texts; each owns at least one window.

    Returns:
        Shape (count, d), float32, unit rows.
    """
    weights = np.maximum(np.asarray(tokens, dtype=np.float32), 1)
    sums = np.zeros((count, window_vectors.shape[1]), dtype=np.float32)
    np.add.at(sums, np.asarray(owners, dtype=np.intp), window_vectors * weights[:, None])
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    unit: FloatMatrix = sums / np.maximum(lengths, np.finfo(np.float32).tiny)
    return unit
