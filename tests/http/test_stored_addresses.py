"""Addresses that sources and people put in: shown when they lead to the web, and never called.

A record may name any address, one inside the ministry's network too: whoever asked the service to
fetch it would see what only the service can reach.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlmodel import col

from ingest.load import load_whole
from matching.engine import Engine
from registry.access.policy import LOCAL_STEWARD, Role
from registry.app import create_app
from registry.config import Settings
from registry.db import Database
from registry.experts.models import Expert, Statement
from tests.accounts import make_account, sign_in
from tests.factories import NOW, make_person, work
from tests.test_architecture import _modules

# What may open connections: sign-in at a provider that the operator configured, and the client of
# the sources that the project knows. Listening, and the embedded database's socket, call nobody.
CALLERS = {
    "ingest/services/client.py",
    "registry/access/oidc.py",
    "registry/access/oidc_tokens.py",
    "registry/app.py",
}
CALLING = {"httpx", "httpx2", "requests", "urllib3", "aiohttp", "http.client", "urllib.request"}


@contextmanager
def _trap() -> Iterator[tuple[str, list[str]]]:
    """An address on this machine, and who connected to it."""
    caught: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/latest/meta-data", caught
        with suppress(BlockingIOError):
            caught.append(str(listener.accept()[1]))


def test_no_module_but_sign_in_and_the_client_of_sources_can_call_an_address() -> None:
    users = {name for name, imports in _modules() if imports & CALLING}

    assert users <= CALLERS


@pytest.mark.parametrize("scheme", ["trap", "file:///etc/passwd", "javascript:alert(1)", "//evil"])
def test_a_stored_address_is_never_called_and_leads_nowhere_but_to_the_web(
    database: Database, settings: Settings, tmp_path: Path, scheme: str
) -> None:
    with _trap() as (trap, caught):
        address = trap if scheme == "trap" else scheme
        person = make_person("1", "Lê Hoa", work("Vi mạch bán dẫn", evidence_url=address))
        load_whole(database, LOCAL_STEWARD, [person.model_copy(update={"url": address})], NOW)
        steward = make_account(database, "steward", Role.STEWARD)
        app = create_app(settings, database, cast(Engine, object()))
        client = sign_in(TestClient(app, raise_server_exceptions=False), database, steward)
        with database.session() as session:
            expert_id = session.scalars(select(col(Expert.id))).one()
            found = session.scalars(select(Statement).where(col(Statement.property) == "work"))
            statement = found.one().id
        pages = [
            client.get(path)
            for path in (
                f"/experts/{expert_id}",
                f"/api/v1/experts/{expert_id}",
                f"/desk/experts/{expert_id}",
                f"/desk/experts/{expert_id}/copy.html",
                "/api/v1/experts/export?format=xlsx&purpose=test",
                f"/api/v1/experts/{expert_id}/history",
            )
        ]
        checked = client.put(
            f"/api/v1/experts/{expert_id}/statements/{statement}/verification",
            json={"method": "document", "document": address},
            headers={"If-Match": f'"{statement}"'},
        )

    assert caught == []
    assert {page.status_code for page in pages} == {200}, [p.status_code for p in pages]
    assert checked.status_code == 200, checked.text
    linked = any(f'href="{address}"' in page.text for page in pages)
    assert linked == (scheme == "trap")
