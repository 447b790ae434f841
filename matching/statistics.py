"""Corpus statistics: counted over public passages and frozen under a version. Pure."""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.encoder import FloatMatrix
from matching.terms import Frequencies

LANGUAGES = ("vi", "en", "und")


@dataclass(frozen=True)
class Statistics:
    """What scores depend on besides query and passage.

    Args:
        means: Mean vector of each language's passages, shape (d,) float32. e5 vectors share a
            large common part, and one of each language; taking it away makes cosines of
            different languages comparable.
        frequencies: Term frequencies.
    """

    version: str
    encoder_version: str
    means: Mapping[str, npt.NDArray[np.float32]]
    frequencies: Frequencies

    def centre(self, vectors: FloatMatrix, languages: list[str]) -> FloatMatrix:
        """Take the language's mean away and scale to unit length.

        Args:
            vectors: Shape (n, d), unit rows.
            languages: Length n.
        """
        if not len(vectors):
            return vectors
        means = np.stack([self.means.get(lang, self.means["und"]) for lang in languages])
        centred = vectors - means
        norms = np.linalg.norm(centred, axis=1, keepdims=True)
        unit: FloatMatrix = (centred / np.maximum(norms, 1e-9)).astype(np.float32)
        return unit


def freeze(
    encoder_version: str,
    vectors_by_language: Mapping[str, tuple[npt.NDArray[np.float64], int]],
    frequencies: Frequencies,
    dimension: int,
) -> Statistics:
    """Make statistics of sums of vectors and of term counts.

    Args:
        vectors_by_language: Per language the sum of its vectors and their number.

    A language with too few passages for a mean of its own takes the mean of all.
    """
    total = sum((v for v, _ in vectors_by_language.values()), start=np.zeros(dimension))
    number = sum(n for _, n in vectors_by_language.values())
    overall = (total / max(number, 1)).astype(np.float32)
    means = {}
    for language in LANGUAGES:
        vectors, count = vectors_by_language.get(language, (np.zeros(dimension), 0))
        # Below some hundred texts the mean is mostly those texts themselves.
        means[language] = (vectors / count).astype(np.float32) if count >= 200 else overall
    draft = Statistics("", encoder_version, means, frequencies)
    digest = hashlib.sha256(to_bytes(draft) + encoder_version.encode()).hexdigest()
    return Statistics(f"s{digest[:16]}", encoder_version, means, frequencies)


def to_bytes(statistics: Statistics) -> bytes:
    """All numbers of the statistics, as a compressed NumPy archive."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        term_ids=statistics.frequencies.ids,
        term_counts=statistics.frequencies.counts,
        scalars=np.array([statistics.frequencies.passages, statistics.frequencies.mean_length]),
        means=np.stack([statistics.means[lang] for lang in LANGUAGES]),
    )
    return buffer.getvalue()


def from_bytes(version: str, encoder_version: str, content: bytes) -> Statistics:
    """Read what `to_bytes` wrote."""
    with np.load(io.BytesIO(content)) as stored:
        return Statistics(
            version,
            encoder_version,
            dict(zip(LANGUAGES, stored["means"], strict=True)),
            Frequencies(
                stored["term_ids"],
                stored["term_counts"],
                int(stored["scalars"][0]),
                float(stored["scalars"][1]),
            ),
        )
