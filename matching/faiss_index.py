"""FAISS: the only module that imports it. Vectors in half precision, search under a mask."""

import os
from pathlib import Path
from typing import Any

import faiss as _faiss
import numpy as np
import numpy.typing as npt

from matching.encoder import FloatMatrix
from matching.exact import Mask, RowArray, order_by_score
from registry.errors import IndexFormatError

_PARALLEL_FROM = 50_000
# From this share on, an unmasked search that is thrown away in part is faster than a masked one:
# 16 ms against 22 to 30 at 540,000 rows.
_MOSTLY_ALLOWED = 0.5

# The package's type stubs describe the C++ calls, not the Python ones that it offers.
faiss: Any = _faiss


class FaissIndex:
    """Rows of unit vectors, appended and searched; a deleted row is masked by the caller.

    A flat index: every allowed row is compared, so nothing is lost to approximation. Half
    precision is what PostgreSQL stores as well, and halves the memory.
    """

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self._index: Any = faiss.IndexScalarQuantizer(
            dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        )

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def append(self, vectors: FloatMatrix) -> None:
        """Add rows at the end.

        Args:
            vectors: Shape (n, d), float32, unit rows.
        """
        if len(vectors):
            self._index.add(np.ascontiguousarray(vectors, dtype=np.float32))

    def search(
        self, queries: FloatMatrix, allowed: Mask, k: int
    ) -> list[tuple[RowArray, npt.NDArray[np.float32]]]:
        """The k best allowed rows of each query, best first, equal scores by row.

        Args:
            queries: Shape (q, d), float32, unit rows.
            allowed: Shape (n,): rows that the search may see.
        """
        k = min(k, int(allowed.sum()))
        if k == 0 or not len(queries):
            empty = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
            return [empty for _ in queries]
        # Two threads that wait for each other cost more than they win on a small index, most of
        # all beside other work on the same cores.
        faiss.omp_set_num_threads(1 if len(self) < _PARALLEL_FROM else os.cpu_count() or 1)
        asked = np.ascontiguousarray(queries, dtype=np.float32)
        if allowed.mean() >= _MOSTLY_ALLOWED:
            return [self._search_mostly(one[None, :], allowed, k) for one in asked]
        bitmap = np.packbits(allowed, bitorder="little")
        selector: Any = faiss.IDSelectorBitmap(bitmap)
        parameters = faiss.SearchParameters(sel=selector)
        scores, rows = self._index.search(asked, k, params=parameters)
        found = []
        for row_line, score_line in zip(rows, scores, strict=True):
            real = row_line >= 0  # FAISS pads short answers with -1
            found.append(order_by_score(row_line[real], score_line[real], k))
        return found

    def _search_mostly(
        self, query: FloatMatrix, allowed: Mask, k: int
    ) -> tuple[RowArray, npt.NDArray[np.float32]]:
        """The k best allowed rows, looked for among all: a mask costs more than a longer answer.

        More is asked for until the last allowed row that counts is better than the last row that
        came: then no equal one can be missing, whatever the other rows hold.
        """
        asked = min(2 * k, len(self))
        while True:
            scores, rows = self._index.search(query, asked)
            kept = allowed[rows[0]]
            mine = scores[0][kept]
            if asked == len(self) or (len(mine) >= k and mine[k - 1] > scores[0][-1]):
                return order_by_score(rows[0][kept], mine, k)
            asked = min(2 * asked, len(self))

    def vectors(self, rows: RowArray) -> FloatMatrix:
        """The stored vectors of some rows, shape (r, d): what the exact rescore works on."""
        if not len(rows):
            return np.empty((0, self.dimension), dtype=np.float32)
        return np.asarray(self._index.reconstruct_batch(rows), dtype=np.float32)

    def save(self, path: Path) -> None:
        """Write the index to a file."""
        faiss.write_index(self._index, str(path))

    @classmethod
    def load(cls, path: Path, dimension: int) -> "FaissIndex":
        """Read a written index.

        Raises:
            IndexFormatError: The file is missing, damaged or of another dimension.
        """
        loaded = cls(dimension)
        try:
            loaded._index = faiss.read_index(str(path))
        except RuntimeError as exc:
            raise IndexFormatError(f"the vector index {path.name} cannot be read") from exc
        if loaded._index.d != dimension:
            raise IndexFormatError(
                f"the vector index {path.name} has dimension {loaded._index.d}, not {dimension}"
            )
        return loaded
