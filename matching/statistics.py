"""Corpus statistics: counted over public passages and frozen under a version. Pure."""

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from matching.encoder import FloatMatrix
from matching.terms import Frequencies
from registry.errors import IndexFormatError

LANGUAGES = ("vi", "en", "und")
_PARTS = {"term_ids", "term_counts", "scalars", "means", "query_means"}


@dataclass(frozen=True)
class Statistics:
    """What scores depend on besides query and passage.

    Args:
        means: Mean vector of each language's passages, shape (d,) float32. e5 vectors share a
            large common part, and one of each language; taking it away makes cosines of
            different languages comparable.
        query_means: The same of queries, which e5 encodes with a prefix of their own.
        frequencies: Term frequencies.
    """

    version: str
    encoder_version: str
    means: Mapping[str, npt.NDArray[np.float32]]
    query_means: Mapping[str, npt.NDArray[np.float32]]
    frequencies: Frequencies

    def centre(
        self, vectors: FloatMatrix, languages: Sequence[str], are_queries: bool = False
    ) -> FloatMatrix:
        """Take the language's mean away and scale to unit length.

        Args:
            vectors: Shape (n, d), unit rows.
            languages: Length n.
        """
        if not len(vectors):
            return vectors
        means = self.query_means if are_queries else self.means
        centred = vectors - np.stack([means.get(lang, means["und"]) for lang in languages])
        norms = np.linalg.norm(centred, axis=1, keepdims=True)
        unit: FloatMatrix = (centred / np.maximum(norms, 1e-9)).astype(np.float32)
        return unit


# As many texts of a language as this weigh as much as the reference texts do: fewer say more
# about themselves than about the language.
REFERENCE_WEIGHT = 200


@dataclass(frozen=True)
class VectorSum:
    """The sum of some texts' vectors, shape (d,), and how many they are."""

    total: npt.NDArray[np.float64]
    count: int


def freeze(
    encoder_version: str,
    sums: Mapping[str, VectorSum],
    references: Mapping[str, VectorSum],
    query_references: Mapping[str, VectorSum],
    frequencies: Frequencies,
) -> Statistics:
    """Make statistics of sums of vectors and of term counts.

    Args:
        sums: Per language, of the public passages; a missing language has none.
        references: Per language, of texts that come with the program. They stand in while there
            are few passages: the mean of six passages is mostly those six.
        query_references: The same texts, encoded as queries.
    """
    overall = _add([*sums.values(), *references.values()])
    means = {}
    for language in LANGUAGES:
        reference = references.get(language, overall)
        prior = reference.total / max(reference.count, 1)
        own = sums.get(language, VectorSum(np.zeros_like(prior), 0))
        mean = (own.total + REFERENCE_WEIGHT * prior) / (own.count + REFERENCE_WEIGHT)
        means[language] = mean.astype(np.float32)
    every_query = _add(list(query_references.values()))
    query_means = {
        language: _mean(query_references.get(language, every_query)) for language in LANGUAGES
    }
    draft = Statistics("", encoder_version, means, query_means, frequencies)
    digest = hashlib.sha256(to_bytes(draft) + encoder_version.encode()).hexdigest()
    return replace(draft, version=f"s{digest[:16]}")


def _mean(texts: VectorSum) -> npt.NDArray[np.float32]:
    mean: npt.NDArray[np.float32] = (texts.total / max(texts.count, 1)).astype(np.float32)
    return mean


def _add(sums: Sequence[VectorSum]) -> VectorSum:
    total = np.sum([s.total for s in sums], axis=0)
    return VectorSum(total, sum(s.count for s in sums))


def to_bytes(statistics: Statistics) -> bytes:
    """All numbers of the statistics, as a compressed NumPy archive."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        term_ids=statistics.frequencies.ids,
        term_counts=statistics.frequencies.counts,
        scalars=np.array([statistics.frequencies.passages, statistics.frequencies.mean_length]),
        means=np.stack([statistics.means[lang] for lang in LANGUAGES]),
        query_means=np.stack([statistics.query_means[lang] for lang in LANGUAGES]),
    )
    return buffer.getvalue()


def from_bytes(version: str, encoder_version: str, content: bytes) -> Statistics:
    """Read what `to_bytes` wrote.

    Raises:
        IndexFormatError: Written by another version of this program: to be frozen anew.
    """
    with np.load(io.BytesIO(content)) as stored:
        if set(stored.files) != _PARTS:
            raise IndexFormatError(f"the statistics {version} are of another format")
        return Statistics(
            version,
            encoder_version,
            dict(zip(LANGUAGES, stored["means"], strict=True)),
            dict(zip(LANGUAGES, stored["query_means"], strict=True)),
            Frequencies(
                stored["term_ids"],
                stored["term_counts"],
                int(stored["scalars"][0]),
                float(stored["scalars"][1]),
            ),
        )
