"""The token that raises ORCID's daily quota, by the client credentials of the registry."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from ingest.services.client import Client, Transport
from ingest.services.orcid import MANIFEST
from ingest.services.replies import Reply, Verdict, json_of, judge_by_status
from registry.errors import SourceRefusedError

__all__ = ["fetch_token"]

_MANIFEST: Final = replace(MANIFEST, address="https://orcid.org")


def fetch_token(
    client_id: str,
    client_secret: str,
    *,
    transport: Transport | None = None,
    pause: Callable[[float], object] | None = None,
) -> str:
    """A token to read public records with; it lives about twenty years, so keep it as a secret.

    The credentials travel in the body alone, and no message holds what was answered.

    Raises:
        SourceRefusedError: ORCID does not know these credentials, or answers with no token.
        SourceLaterError: It cannot be reached now.
    """
    fields = {
        "client_id": client_id,
        "client_secret": client_secret,
        "grant_type": "client_credentials",
        "scope": "/read-public",
    }
    headers = {"Accept": "application/json"}
    with Client(_MANIFEST, _judge, headers=headers, transport=transport, pause=pause) as client:
        reply = client.ask("POST", "oauth/token", form=fields)
    value = json_of(reply) if reply and _is_json(reply) else None
    token = value.get("access_token") if isinstance(value, dict) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
        raise SourceRefusedError("ORCID answered the request for a token with something else")
    return token


def _judge(reply: Reply) -> Verdict:
    if reply.status in {400, 401, 403, 404}:
        return Verdict("no", "check the client id and the secret of the registry at ORCID")
    if reply.status >= 300 and judge_by_status(reply).kind != "again":
        return Verdict("no", f"it answered with status {reply.status}")
    return judge_by_status(reply)


def _is_json(reply: Reply) -> bool:
    try:
        json.loads(reply.content)
    except (ValueError, RecursionError):
        return False
    return True
