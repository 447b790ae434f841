"""Names and settings by which sentence-transformers reads the bundled model; pure."""

import numpy as np
import numpy.typing as npt

from matching.bundled_weights import PackedModel

PROMPTS_FILE = "config_sentence_transformers.json"
# E5 was trained with these two prefixes and loses accuracy without them.
# Source: Wang et al., Text embeddings by weakly-supervised contrastive pre-training (2022),
# section 4.1.
QUERY_PREFIX, PASSAGE_PREFIX = "query: ", "passage: "

_PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


def named_tensors(model: PackedModel) -> dict[str, npt.NDArray[np.float32]]:
    """All weights under the names that `transformers.BertModel` expects, dequantised."""
    width = model.shape.width
    tensors = {_long_name(name): matrix.dequantised() for name, matrix in model.matrices.items()}
    for name, vector in model.vectors.items():
        is_table = name in ("emb.pos", "emb.type")
        tensors[_long_name(name)] = vector.reshape(-1, width) if is_table else vector
    # Mean pooling never uses BERT's own pooler, and the package leaves it out; without these zeros
    # it would be filled at random, with a warning.
    tensors["pooler.dense.weight"] = np.zeros((width, width), dtype=np.float32)
    tensors["pooler.dense.bias"] = np.zeros(width, dtype=np.float32)
    return tensors


def _long_name(name: str) -> str:
    if name in _EMBEDDINGS:
        return _EMBEDDINGS[name]
    layer, part, kind = name.split(".")
    ending = {"w": "weight", "b": "bias"}[kind]
    return f"encoder.layer.{layer.removeprefix('l')}.{_PARTS[part]}.{ending}"


def configuration_files(model: PackedModel) -> dict[str, object]:
    """Content of each JSON file of the folder, except the tokenizer itself."""
    shape, vocabulary = model.shape, model.vocabulary
    begin, end = vocabulary.pieces[vocabulary.begin], vocabulary.pieces[vocabulary.end]
    package = "sentence_transformers"
    return {
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": f"{package}.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{package}.models.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": f"{package}.models.Normalize"},
        ],
        "1_Pooling/config.json": {
            "word_embedding_dimension": shape.width,
            "pooling_mode_mean_tokens": True,
        },
        "sentence_bert_config.json": {"max_seq_length": shape.positions, "do_lower_case": False},
        PROMPTS_FILE: {
            "prompts": {
                "query": QUERY_PREFIX,
                "passage": PASSAGE_PREFIX,
                "document": PASSAGE_PREFIX,
            },
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "dtype": "float32",
            "hidden_act": "gelu",
            "hidden_size": shape.width,
            "intermediate_size": shape.inner_width,
            "layer_norm_eps": shape.epsilon,
            "max_position_embeddings": shape.positions,
            "num_attention_heads": shape.heads,
            "num_hidden_layers": shape.layers,
            "pad_token_id": vocabulary.pad,
            "type_vocab_size": shape.types,
            "vocab_size": shape.words,
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": shape.positions,
            "bos_token": begin,
            "cls_token": begin,
            "eos_token": end,
            "sep_token": end,
            "pad_token": vocabulary.pieces[vocabulary.pad],
            "unk_token": vocabulary.pieces[vocabulary.unknown],
        },
    }
