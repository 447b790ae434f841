"""What the tests of sources about known people share: sample replies, stand-ins, damage."""

import copy
import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from ingest.services.client import Client, Judge
from ingest.services.manifest import Manifest
from ingest.services.replies import Reply
from registry.errors import ImportRefusedError, Problem
from registry.experts.schemas import PersonDraft, StatementDraft
from registry.experts.values import NameValue, WorkValue

DATA = Path(__file__).parent.parent / "data"
RETRIEVED_AT = datetime(2026, 11, 1, tzinfo=UTC)
FIRST, SECOND = UUID(int=1), UUID(int=2)

_WRONG: tuple[Any, ...] = (
    *(None, 0, -1, 2.5, True, "", "x", "\x00", "\ud800", "<b>x</b>", [], {}, [None], [[]]),
    *({"x": 1}, 10**400, "10.1/x", "9" * 5000, ["a", 1]),
)


def exchanges(path: Path) -> list[Reply]:
    """The replies of a recorded exchange; a file that is a bare body counts as one with 200."""
    if path.suffix == ".xml":
        return [reply_of(path.read_bytes())]
    value = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(value, dict) and "response" not in value:
        return [reply_of(value)]
    return [
        reply_of(
            one["response"]["body"],
            one["response"]["status"],
            one["response"].get("headers", {}),
            one.get("request", {}).get("uri", "https://service.example.org/"),
        )
        for one in (value if isinstance(value, list) else [value])
    ]


def reply_of(
    body: Any,
    status: int = 200,
    headers: dict[str, str] | None = None,
    url: str = "https://service.example.org/",
) -> Reply:
    return Reply(url, status, headers or {}, bytes_of(body), RETRIEVED_AT)


def bytes_of(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body)).encode()


def samples(folder: str) -> list[Path]:
    """Every sample of a service."""
    return sorted(p for p in (DATA / folder).iterdir() if p.name != "ORIGIN.md")


def client_of(
    manifest: Manifest,
    judge: Judge,
    answer: Callable[[httpx.Request], httpx.Response],
    pauses: list[float] | None = None,
    headers: dict[str, str] | None = None,
) -> Client:
    """A client whose service is `answer`, and who never sleeps."""
    waited = [] if pauses is None else pauses
    transport = httpx.MockTransport(answer)
    return Client(manifest, judge, headers=headers, transport=transport, pause=waited.append)


def works(draft: PersonDraft) -> list[WorkValue]:
    return [s.value for s in draft.statements if isinstance(s.value, WorkValue)]


def names(draft: PersonDraft) -> list[NameValue]:
    return [s.value for s in draft.statements if isinstance(s.value, NameValue)]


def of(draft: PersonDraft, property_name: str) -> list[StatementDraft]:
    return [s for s in draft.statements if s.property == property_name]


def damaged(value: Any, seed: int) -> Any:
    """A copy of a record with one to three parts lost, replaced or doubled."""
    source = random.Random(seed)
    value = copy.deepcopy(value)
    for _ in range(source.randint(1, 3)):
        places = list(_places(value))
        holder, key = source.choice(places)
        if key not in holder and not isinstance(holder, list):
            continue
        match source.randint(0, 3):
            case 0:
                del holder[key]
            case 1 if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[key]))
            case 2:
                holder[key] = [holder[key]]
            case _:
                holder[key] = copy.deepcopy(source.choice(_WRONG))
    return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = list(value) if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


def read_or_refused(read: Callable[[], PersonDraft]) -> bool:
    """Whether a record was read; when it was refused, the reasons are there."""
    reasons: tuple[Problem, ...] = ()
    try:
        draft = read()
    except ImportRefusedError as exc:
        reasons = exc.problems
    else:
        assert PersonDraft.model_validate(draft.model_dump()) == draft
        return True
    assert reasons
    assert all(reason.where and reason.expected for reason in reasons)
    return False
