"""The real application over forty invented people, without its lifespan: tests only read."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from matching.engine import Engine
from registry.access.policy import Role
from registry.app import create_app
from registry.config import Settings
from tests.accounts import make_account, sign_in

App = Callable[[], TestClient]


@pytest.fixture(scope="session")
def visitor(invented_engine: Engine, scratch: Path) -> TestClient:
    """A client that nobody has signed in; bugs come back as answers."""
    app = create_app(
        Settings(data_folder=scratch / "web", allowed_hosts="testserver"),
        invented_engine.database,
        invented_engine,
    )
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture(scope="session")
def client(visitor: TestClient, invented_engine: Engine) -> TestClient:
    """A client as a recruiter of a body meets the service."""
    account = make_account(invented_engine.database, "recruiter", Role.RECRUITER, body="most")
    recruiter = TestClient(visitor.app, raise_server_exceptions=False)
    return sign_in(recruiter, invented_engine.database, account)
