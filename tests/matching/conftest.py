"""The bundled model, written out once for all runs and loaded once per run."""

import os
from pathlib import Path

import pytest

from matching.encoder import Encoder, load_encoder


@pytest.fixture(scope="session")
def models_folder() -> Path:
    """A folder that outlives the run, so that only the first run writes the model out."""
    default = Path(__file__).parents[2] / ".make" / "test-cache"
    return Path(os.environ.get("REGISTRY_TEST_CACHE", default)) / "models"


@pytest.fixture(scope="session")
def encoder(models_folder: Path) -> Encoder:
    return load_encoder("bundled", models_folder)
