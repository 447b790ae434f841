"""Any configured model: its own prompts, its own limit, and a version that follows its content."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from matching.encoder import load_encoder
from registry.errors import ModelError

Prompts = dict[str, str]


@pytest.fixture(scope="module")
def make_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Prompts], Path]:
    """Writes a tiny model of 24 positions and fixed random weights, with the given prompts."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    def make(prompts: Prompts) -> Path:
        folder = tmp_path_factory.mktemp("model")
        words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "ask", "tell", ":", *map(str, range(90))]
        tokenizer = Tokenizer(
            models.WordLevel({word: number for number, word in enumerate(words)}, "[UNK]")
        )
        tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
        tokenizer.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
        )
        fast = PreTrainedTokenizerFast(
            tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", model_max_length=24
        )
        torch.manual_seed(1)
        config = BertConfig(
            vocab_size=len(words),
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=16,
            max_position_embeddings=24,
        )
        parts = folder / "parts"
        BertModel(config).save_pretrained(parts)
        fast.save_pretrained(parts)
        modules = [Transformer(str(parts)), Pooling(16, "mean")]
        model = SentenceTransformer(modules=modules, prompts=prompts, device="cpu")
        model.save(str(folder / "model"))
        return folder / "model"

    return make


def test_the_declared_prompts_are_put_before_the_texts(
    make_model: Callable[[Prompts], Path], tmp_path: Path
) -> None:
    declared = load_encoder(str(make_model({"query": "ask: ", "document": "tell: "})), tmp_path)
    plain = load_encoder(str(make_model({})), tmp_path)

    assert np.allclose(
        declared.encode_queries(["1 2"]), plain.encode_queries(["ask: 1 2"]), atol=1e-5
    )
    assert np.allclose(
        declared.encode_passages(["1 2"]), plain.encode_passages(["tell: 1 2"]), atol=1e-5
    )
    assert np.allclose(plain.encode_queries(["1 2"]), plain.encode_passages(["1 2"]), atol=1e-5)


def test_a_text_beyond_the_limit_is_read_to_its_end_in_windows(
    make_model: Callable[[Prompts], Path], tmp_path: Path
) -> None:
    encoder = load_encoder(str(make_model({})), tmp_path)
    # 24 positions, less the two special tokens, less two of slack: windows of 20 words.
    first, second = " ".join(map(str, range(20))), " ".join(map(str, range(50, 60)))

    whole, *parts = encoder.encode_passages([f"{first} {second}", first, second])

    mean = (20 * parts[0] + 10 * parts[1]) / 30
    assert np.allclose(whole, mean / np.linalg.norm(mean), atol=1e-5)


def test_rows_are_unit_vectors_in_order_with_progress(
    make_model: Callable[[Prompts], Path], tmp_path: Path
) -> None:
    encoder = load_encoder(str(make_model({})), tmp_path)
    texts, seen = ["1 2 3 4 5 6", "", "7"], list[int]()

    vectors = encoder.encode_passages(texts, seen.append)

    assert vectors.dtype == np.float32
    assert vectors.shape == (3, encoder.dimension)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(vectors[2], encoder.encode_passages(["7"])[0], atol=1e-5)
    assert seen[-1] == 3
    assert encoder.encode_passages([]).shape == (0, encoder.dimension)


def test_the_version_changes_with_prompts_and_not_with_the_place(
    make_model: Callable[[Prompts], Path], tmp_path: Path
) -> None:
    folder, moved, other = make_model({}), make_model({}), make_model({"query": "ask: "})

    versions = [load_encoder(str(path), tmp_path).version for path in (folder, moved, other)]

    assert versions[0] == versions[1]
    assert versions[0] != versions[2]


def test_a_folder_that_holds_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "none"}))

    with pytest.raises(ModelError, match="REGISTRY_MODEL"):
        load_encoder(str(tmp_path), tmp_path)
