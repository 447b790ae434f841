"""The real application over forty invented people, without its lifespan: tests only read."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from matching.engine import Engine
from registry.app import create_app
from registry.config import Settings


@pytest.fixture(scope="session")
def client(invented_engine: Engine, scratch: Path) -> TestClient:
    """A client of the service as a recruiter meets it; bugs come back as answers."""
    app = create_app(
        Settings(data_folder=scratch / "web", allowed_hosts="testserver"),
        invented_engine.database,
        invented_engine,
    )
    return TestClient(app, raise_server_exceptions=False)
