"""The real application on a test's own database, and browsers that know nothing of each other."""

import json
import re
from dataclasses import dataclass
from typing import Any, cast

import httpx
from fastapi import FastAPI
from fastapi.testclient import TestClient

from matching.engine import Engine
from registry.access.oidc import OIDCClient
from registry.app import create_app
from registry.config import Settings
from registry.db import Database
from registry.web.cookies import form_token, session_cookie
from tests.oidc_provider import StandInProvider, transport

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


@dataclass
class Site:
    """A service that answers."""

    app: FastAPI
    settings: Settings
    database: Database

    def browser(self, address: str = "198.51.100.7") -> TestClient:
        """A browser with cookies of its own; it shows where it is sent and does not go there."""
        return TestClient(
            self.app,
            self.settings.public_url,
            raise_server_exceptions=False,
            follow_redirects=False,
            headers={"User-Agent": FIREFOX},
            client=(address, 50_000),
        )


def make_site(
    settings: Settings, database: Database, *standins: StandInProvider, **changes: Any
) -> Site:
    """The application, with stand-in providers."""
    entries = [
        {
            "name": each.name,
            "label": each.label,
            "issuer": each.issuer,
            "client_id": each.client_id,
            "client_secret": each.client_secret,
            "scopes": list(each.scopes),
        }
        for each in standins
    ]
    values = {
        "public_url": "http://testserver",
        "identity_providers": json.dumps(entries),
        **changes,
    }
    changed = settings.model_copy(update=values)
    for each in standins:
        each.redirect_uris = {f"{changed.public_url}/sign-in/back/{each.name}"}
    client = OIDCClient(httpx.Client(transport=transport(*standins)))
    app = create_app(changed, database, cast(Engine, object()), client)
    return Site(app, changed, database)


def send(browser: TestClient, path: str, **fields: Any) -> Any:
    """Send a form of the service's own, with the token of the browser's session."""
    settings: Settings = cast(FastAPI, browser.app).state.settings
    token = browser.cookies.get(session_cookie(settings))
    csrf = {"csrf": form_token(token)} if token else {}
    return browser.post(path, data={**csrf, **fields})


def plant(browser: TestClient, name: str, value: str) -> None:
    """Put a cookie into a browser, where one that the service sets takes its place."""
    browser.cookies.set(name, value, domain="testserver.local")


def sign_in(browser: TestClient, login: str, password: str, **fields: Any) -> Any:
    """The sign-in form, filled in."""
    return send(browser, "/sign-in", login=login, password=password, **fields)


def link_in(text: str) -> str:
    """Path of the one-use link that a page or an answer shows."""
    found = re.search(r"https?://[^/\s]+(/l/[\w.-]+)", text)
    assert found is not None, text[:300]
    return found[1]
