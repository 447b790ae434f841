"""What turns text into vectors: the protocol, and the choice of its implementation."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from registry.errors import ModelError

FloatMatrix = npt.NDArray[np.float32]

BUNDLED = "bundled"
_PUBLISHED_NAME = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?")


class Encoder(Protocol):
    """Texts to unit vectors; safe to call from several threads.

    Attributes:
        version: Names weights, pooling, prefixes and arithmetic. It is stored with every vector
            and changes whenever the same text would get another one.
        dimension: Length of a vector.
    """

    version: str
    dimension: int

    def encode_queries(self, texts: Sequence[str]) -> FloatMatrix:
        """Shape (n, dimension), float32, one unit row per text, in the order given."""
        ...

    def encode_passages(
        self, texts: Sequence[str], on_progress: Callable[[int], None] | None = None
    ) -> FloatMatrix:
        """As `encode_queries`, for what is searched; `on_progress` gets the number done so far."""
        ...


def load_encoder(
    model: str,
    models_folder: Path,
    on_progress: Callable[[str], None] | None = None,
    threads: int = 2,
) -> Encoder:
    """Load the configured model; the bundled one is written out once, on first use.

    Args:
        model: "bundled", or the folder or published name of any sentence-transformers model.
        models_folder: Where the bundled model is kept; made when missing.
        on_progress: Gets a sentence before each step that takes seconds.
        threads: Threads that one call of the encoder uses.

    Raises:
        ModelError: No such model, or it cannot be read; the message says what to do.
        DataFolderError: The models folder cannot be written.
    """
    # Imported here, because each implementation is heavy, torch most of all, and needs the
    # types above.
    if model == BUNDLED:
        from matching.bundled_model import ensure_bundled_model
        from matching.onnx_encoder import ONNXEncoder

        return ONNXEncoder(ensure_bundled_model(models_folder, on_progress), threads)
    folder = Path(model).expanduser()
    if not folder.is_dir() and not _PUBLISHED_NAME.fullmatch(model):
        raise ModelError(
            f"there is no model folder {model}: set REGISTRY_MODEL to 'bundled', or to a folder "
            "that holds a sentence-transformers model (with modules.json)"
        )
    from matching.sentence_transformer_encoder import SentenceTransformerEncoder

    if on_progress:
        on_progress(f"loading the model {model}")
    return SentenceTransformerEncoder(str(folder) if folder.is_dir() else model, threads)
