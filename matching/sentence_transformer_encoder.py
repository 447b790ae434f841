"""Any sentence-transformers model as an encoder; the one module that needs torch."""

import hashlib
import json
import threading
from collections.abc import Callable, Sequence

import numpy as np
import torch
from safetensors import SafetensorError
from sentence_transformers import SentenceTransformer

from matching.encoder import FloatMatrix
from matching.encoder_text import joined, prepared, windows
from registry.errors import ModelError

_BATCH_TEXTS = 32
_CHUNK_TEXTS = 256
# A piece cut within a word may become one token more when it is read again on its own.
_SLACK_TOKENS = 2


class SentenceTransformerEncoder:
    """Unit vectors of a configured model, with the prompts that its own configuration declares.

    Texts over the model's limit are cut into windows, each encoded with the prompt; the vector
    is the mean weighted by tokens.

    Args:
        model: A folder, or a published name (the first use of a name needs the internet).
        threads: Threads of torch, for the whole process.

    Raises:
        ModelError: The model cannot be found or read.
    """

    def __init__(self, model: str, threads: int = 2) -> None:
        torch.set_num_threads(threads)
        try:
            self._model = SentenceTransformer(model, device="cpu")
        except (OSError, ValueError, KeyError, ImportError, RuntimeError, SafetensorError) as exc:
            raise ModelError(
                f"the model {model} cannot be loaded: set REGISTRY_MODEL to 'bundled', or to a "
                "folder that holds a sentence-transformers model; a published name needs the "
                "internet on its first use"
            ) from exc
        self._model.eval()
        self.dimension = int(self._model.get_embedding_dimension())
        self.version = f"sentence-transformers/{_digest(self._model)}/windows/1"
        self._window_tokens = _window_tokens(self._model)
        # Tokenizers of transformers change their own state when they pad and cut.
        self._lock = threading.Lock()

    def encode_queries(self, texts: Sequence[str]) -> FloatMatrix:
        """Shape (n, dimension), float32, one unit row per text, in the order given."""
        return self._encode(texts, self._model.encode_query, None)

    def encode_passages(
        self, texts: Sequence[str], on_progress: Callable[[int], None] | None = None
    ) -> FloatMatrix:
        """As `encode_queries`, for what is searched; `on_progress` gets the number done so far."""
        return self._encode(texts, self._model.encode_document, on_progress)

    def _encode(
        self,
        texts: Sequence[str],
        encode: Callable[..., FloatMatrix],
        on_progress: Callable[[int], None] | None,
    ) -> FloatMatrix:
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(texts), _CHUNK_TEXTS):
            chunk = [prepared(text) for text in texts[start : start + _CHUNK_TEXTS]]
            stop = start + len(chunk)
            with self._lock:
                vectors[start:stop] = self._encode_chunk(chunk, encode)
            if on_progress:
                on_progress(stop)
        return vectors

    def _encode_chunk(self, texts: list[str], encode: Callable[..., FloatMatrix]) -> FloatMatrix:
        owners: list[int] = []
        pieces: list[tuple[str, int]] = []
        for owner, text in enumerate(texts):
            cut = self._pieces(text)
            pieces += cut
            owners += [owner] * len(cut)
        encoded = encode(
            [text for text, _ in pieces],
            batch_size=_BATCH_TEXTS,
            show_progress_bar=False,
            normalize_embeddings=True,
        )
        return joined(encoded, owners, [tokens for _, tokens in pieces], len(texts))

    def _pieces(self, text: str) -> list[tuple[str, int]]:
        """The text in parts that fit the model, each with its number of tokens."""
        if self._window_tokens is None:
            return [(text, 1)]
        offsets = self._model.tokenizer(
            text, add_special_tokens=False, return_offsets_mapping=True, verbose=False
        )["offset_mapping"]
        ranges = windows(len(offsets), self._window_tokens)
        starts = [0, *(offsets[first][0] for first, _ in ranges[1:])]
        return [
            (text[start:stop], last - first)
            for (first, last), start, stop in zip(
                ranges, starts, [*starts[1:], len(text)], strict=True
            )
        ]


def _window_tokens(model: SentenceTransformer) -> int | None:
    """Tokens of a text that fit beside prompt and special tokens; None where nobody can tell."""
    tokenizer, limit = getattr(model, "tokenizer", None), model.max_seq_length
    if tokenizer is None or not limit or not getattr(tokenizer, "is_fast", False):
        return None
    prompts = [prompt or "" for prompt in model.prompts.values()]
    taken = max(len(tokenizer(prompt)["input_ids"]) for prompt in ["", *prompts])
    return max(int(limit) - taken - _SLACK_TOKENS, 1)


def _digest(model: SentenceTransformer) -> str:
    """Short hash of all that decides the vectors: weights, tokenizer, modules, prompts."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.contiguous().view(torch.uint8).numpy().data)
    tokenizer = getattr(getattr(model, "tokenizer", None), "backend_tokenizer", None)
    digest.update((tokenizer.to_str() if tokenizer else "").encode())
    modules = [[type(module).__name__, module.get_config_dict()] for module in model]
    settings = [modules, model.prompts, model.max_seq_length]
    digest.update(json.dumps(settings, sort_keys=True, default=str).encode())
    return digest.hexdigest()[:16]
