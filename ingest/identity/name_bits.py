"""The evidence of names for many pairs of records: each pair of spellings compared once."""

import multiprocessing
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from ingest.identity.evidence import PersonRecord
from registry.names.compare import NameEvidence, compare_readings
from registry.names.frequencies import TokenFrequencies, vietnamese_names
from registry.names.tokens import NameTokens, readings

__all__ = ["NameBits"]

# A second process is worth its start from here on.
_PARALLEL_FROM = 20_000
_PROCESSES = 2

Positions = npt.NDArray[np.int64]


class NameBits:
    """Names of the compared tables by the position of their record, and what pairs of them say."""

    def __init__(self, records: Sequence[PersonRecord], counted: bool = True) -> None:
        """Read the names.

        Args:
            counted: Whether these names tell how common their words are, beside the known ones.
        """
        # Each spelling once: whoever is in the table a hundred times does not make his name common.
        numbers: dict[str, int] = {}
        spelling = [numbers.setdefault(r.name, len(numbers)) for r in records]
        self._spelling: Positions = np.array(spelling, dtype=np.int64)
        self._read: list[Sequence[NameTokens]] = [readings(name) for name in numbers]
        known = vietnamese_names()
        self.frequencies: TokenFrequencies = (
            known.counted(found[0].toned for found in self._read if found) if counted else known
        )
        self._codes: Positions = np.empty(0, dtype=np.int64)
        self._bits: npt.NDArray[np.float64] = np.empty(0)

    def tokens(self, position: int) -> tuple[str, ...]:
        """Folded words and initials of a record's name, as it is likeliest read."""
        found = self._read[self._spelling[position]]
        return found[0].folded if found else ()

    def evidence(self, one: int, other: int) -> NameEvidence:
        """What the names of two records say, with its parts."""
        ones, others = self._read[self._spelling[one]], self._read[self._spelling[other]]
        return compare_readings(ones, others, self.frequencies)

    def of(self, ones: Positions, others: Positions) -> npt.NDArray[np.float64]:
        """The bits of many pairs; those that are new are compared and kept.

        Args:
            ones, others: Shape (n,): positions of records.
        """
        codes = self._code(ones, others)
        self._compare(np.unique(codes[~self._is_known(codes)]))
        return self._bits[np.searchsorted(self._codes, codes)]

    def _is_known(self, codes: Positions) -> npt.NDArray[np.bool_]:
        if not len(self._codes):
            return np.zeros(len(codes), dtype=np.bool_)
        at = np.minimum(np.searchsorted(self._codes, codes), len(self._codes) - 1)
        return np.asarray(self._codes[at] == codes, dtype=np.bool_)

    def _code(self, ones: Positions, others: Positions) -> Positions:
        low = np.minimum(self._spelling[ones], self._spelling[others])
        high = np.maximum(self._spelling[ones], self._spelling[others])
        return np.asarray(low * len(self._read) + high, dtype=np.int64)

    def _compare(self, codes: Positions) -> None:
        if not len(codes):
            return
        if len(codes) < _PARALLEL_FROM:
            bits = _bits_of(self._read, self.frequencies, codes)
        else:
            # Forked processes share what was read; only codes and bits travel.
            _shared().update(read=self._read, frequencies=self.frequencies)
            parts = np.array_split(codes, 8 * _PROCESSES)
            with multiprocessing.get_context("fork").Pool(_PROCESSES) as pool:
                bits = [bit for part in pool.imap(_work, parts) for bit in part]
            _shared().clear()
        merged = np.concatenate([self._codes, codes])
        order = np.argsort(merged, kind="stable")
        self._codes, self._bits = merged[order], np.concatenate([self._bits, bits])[order]


@cache
def _shared() -> dict[str, object]:
    return {}


def _work(codes: Positions) -> list[float]:
    shared = _shared()
    return _bits_of(shared["read"], shared["frequencies"], codes)  # type: ignore[arg-type]


def _bits_of(
    read: Sequence[Sequence[NameTokens]], frequencies: TokenFrequencies, codes: Iterable[int]
) -> list[float]:
    count = len(read)
    return [
        compare_readings(read[int(code) // count], read[int(code) % count], frequencies).bits
        for code in codes
    ]
