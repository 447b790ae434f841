"""Foreseen and unforeseen failures: the table is complete, and no answer tells too much."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from matching.engine import Engine
from registry.app import create_app
from registry.config import Settings
from registry.db import Database, make_engine
from registry.errors import BusyError, ImportRefusedError, Problem, RegistryError
from registry.web.errors import ERRORS
from tests.conftest import MASTERS

SEARCH = {"query": "thiết kế vi mạch"}


def _subclasses(base: type[RegistryError]) -> Iterator[type[RegistryError]]:
    for child in base.__subclasses__():
        yield child
        yield from _subclasses(child)


Serve = Callable[..., TestClient]


@pytest.fixture
def serve(settings: Settings, invented_engine: Engine, client: TestClient) -> Serve:
    """Another application, for the session that a recruiter has in the first one."""

    def make(database: Database, engine: Engine) -> TestClient:
        app = create_app(settings, database, engine)
        made = TestClient(app, raise_server_exceptions=False)
        made.cookies.set("session", client.cookies["session"])
        return made

    return make


def test_every_foreseen_error_has_a_status_and_a_title_in_both_languages() -> None:
    missing = [error.__name__ for error in _subclasses(RegistryError) if error not in ERRORS]

    assert missing == []
    for kind in ERRORS.values():
        assert 400 <= kind.status < 600
        assert kind.title_vi
        assert kind.title_en
        assert kind.title_vi != kind.title_en


def test_a_bug_is_told_as_such_without_details(
    serve: Serve, invented_engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    client = serve(invented_engine.database, cast(Engine, object()))

    answer = client.post("/api/v1/searches", json=SEARCH)
    page = client.get("/?q=robot")

    assert answer.status_code == page.status_code == 500
    assert answer.json() == {
        "type": "about:blank",
        "title": "The service failed to do this",
        "status": 500,
        "code": "internal_error",
    }
    assert "object" not in page.text
    assert 'value="robot"' in page.text
    assert page.headers["x-frame-options"] == "DENY"
    assert "Traceback" in caplog.text
    assert "robot" not in [record.getMessage() for record in caplog.records]


def test_a_lost_database_is_unavailable_not_a_bug(serve: Serve, invented_engine: Engine) -> None:
    lost = Database(make_engine("postgresql+psycopg://nobody@127.0.0.1:1/none"), MASTERS)
    client = serve(lost, invented_engine)

    answer = client.post("/api/v1/searches", json=SEARCH)

    assert answer.status_code == 503
    assert answer.json()["code"] == "database_unavailable"
    assert answer.headers["retry-after"]
    assert "127.0.0.1" not in answer.text
    assert client.get("/health").status_code == 200
    assert client.get("/ready").status_code == 503
    assert client.get("/ready").json()["database"] is False


def test_a_commit_that_fails_reaches_the_client_as_a_failure(
    serve: Serve, invented_engine: Engine
) -> None:
    class FullDatabase(Database):
        @contextmanager
        def session(self) -> Iterator[Session]:
            with super().session() as session:
                yield session
                raise BusyError("the commit failed")

    database = FullDatabase(invented_engine.database.engine, MASTERS)

    answer = serve(database, invented_engine).post("/api/v1/searches", json=SEARCH)

    assert answer.status_code == 503
    assert answer.json()["code"] == "busy"


def test_a_refused_file_tells_what_is_wrong_where(
    settings: Settings, invented_engine: Engine
) -> None:
    app = create_app(settings, invented_engine.database, invented_engine)

    def refuse() -> None:
        raise ImportRefusedError("1 row is wrong", [Problem("row 3, Năm sinh", "19x", "a year")])

    app.add_api_route("/api/v1/refused", refuse)

    answer = TestClient(app).get("/api/v1/refused")

    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"location": ["row 3, Năm sinh"], "message": "found 19x, expected a year"}
    ]


def test_another_host_name_is_refused(client: TestClient) -> None:
    for path in ("/", "/api/v1/roles", "/roles/"):
        answer = client.get(path, headers={"Host": "evil.example"}, follow_redirects=False)

        assert answer.status_code == 400
        assert "evil" not in answer.headers.get("location", "")


@pytest.mark.parametrize("path", ["/", "/roles", "/health", "/api/v1/roles", "/static/site.css"])
def test_head_is_get_without_the_body(client: TestClient, path: str) -> None:
    whole, head = client.get(path), client.head(path)

    assert head.status_code == whole.status_code == 200
    assert head.content == b""
    assert head.headers["content-type"] == whole.headers["content-type"]


def test_filters_repeated_too_often_are_refused_on_pages_as_in_the_api(client: TestClient) -> None:
    for path in ("/", "/roles/p01a"):
        answer = client.get(path, params={"q": "chip", "residences": ["domestic"] * 11})

        assert answer.status_code == 422
