"""JSON files of a scholarly service as single records, whatever wraps them.

Read are: one object, a list of objects, a page with `meta` and `results`, one object a line, a
recorded exchange (list of `request` and `response` with `body`), and each of them packed by gzip.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ingest.sources.files import kind_of, read_bytes, refusal, shorten, unpacked
from registry.errors import Problem

__all__ = ["JsonRecord", "read_json_records"]

_WRONG_KINDS: Final = {
    "zip": "a ZIP archive or an office document",
    "ole": "an old office document",
    "pdf": "a PDF",
    "markup": "a web page or XML",
    "utf-16": "text in UTF-16",
    "binary": "a binary file",
    "gzip": "a gzip file inside a gzip file",
}
_EXPECTED: Final = "JSON or JSON lines in UTF-8, as the service delivers them"
# PostgreSQL holds neither the character NUL nor half of a surrogate pair.
_UNSTORABLE_ESCAPE: Final = re.compile(r"\\u(?:0000|d[89a-f])", re.IGNORECASE)
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


# list of exchanges > response > page > results
_MAX_DEPTH: Final = 4


@dataclass(frozen=True)
class JsonRecord:
    """One object of a file, and where it stands there."""

    where: str
    value: dict[str, Any]


def read_json_records(path: Path) -> list[JsonRecord]:
    """All records of a file, in its order.

    Raises:
        ImportRefusedError: The file is no JSON in UTF-8, is damaged, or holds something else than
            objects.
    """
    content = read_bytes(path)
    if kind_of(content) == "gzip":
        content = unpacked(path.name, content)
    kind = kind_of(content)
    if kind != "text":
        raise refusal(path.name, [Problem("the file", _WRONG_KINDS[kind], _EXPECTED)])
    records: list[JsonRecord] = []
    problems: list[Problem] = []
    for where, value in _documents(path.name, _decoded(path.name, content)):
        for item in _unwrapped(where, value):
            if isinstance(item, Problem):
                problems.append(item)
            else:
                records.append(item)
    if problems:
        raise refusal(path.name, problems)
    return records


def _decoded(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        before = content[: exc.start]
        where = f"line {before.count(10) + 1}, byte {exc.start - before.rfind(10)}"
        found = f"the byte 0x{content[exc.start]:02X}"
        raise refusal(name, [Problem(where, found, "text in UTF-8")]) from exc


def _documents(name: str, text: str) -> Iterator[tuple[str, Any]]:
    """Each JSON document of a text, with the line when there are several."""
    lines = [(i, line) for i, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if len(lines) < 2 or not _is_document(lines[0][1]):
        yield "", _parsed(name, text, 1)
        return
    for number, line in lines:
        yield f"line {number}", _parsed(name, line, number)


def _is_document(line: str) -> bool:
    try:
        _load(line)
    except (ValueError, RecursionError):
        return False
    return True


def _parsed(name: str, text: str, first_line: int) -> Any:
    try:
        return _load(text)
    except json.JSONDecodeError as exc:
        where = f"line {first_line + exc.lineno - 1}, column {exc.colno}"
        found = shorten(text[exc.pos : exc.pos + 30]) if exc.pos < len(text) else "the end"
        raise refusal(name, [Problem(where, found, f"valid JSON ({exc.msg})")]) from exc
    except RecursionError as exc:
        problem = Problem(f"line {first_line}", "lists nested without end", "flat records")
        raise refusal(name, [problem]) from exc
    except ValueError as exc:
        problem = Problem(f"line {first_line}", "a number that no JSON service writes", "numbers")
        raise refusal(name, [problem]) from exc


def _load(text: str) -> Any:
    value = json.loads(text, parse_constant=_no_constant)
    return _storable(value) if _UNSTORABLE_ESCAPE.search(text) else value


def _no_constant(constant: str) -> Any:
    raise ValueError(constant)


def _storable(value: Any) -> Any:
    """The value without characters that the database cannot hold."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("", value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return value


def _unwrapped(where: str, value: Any, depth: int = 0) -> Iterator[JsonRecord | Problem]:
    if isinstance(value, list) and depth < _MAX_DEPTH:
        for i, item in enumerate(value):
            yield from _unwrapped(f"{where}[{i}]", item, depth + 1)
    elif not isinstance(value, dict):
        yield Problem(where or "the file", shorten(value), "an object")
    elif "id" in value or not ("response" in value or "results" in value):
        yield JsonRecord(where, value)
    elif depth < _MAX_DEPTH:
        key = "response" if "response" in value else "results"
        inner = f"{where}.{key}".lstrip(".")
        if key == "response":
            yield from _of_response(inner, value[key], depth + 1)
        elif isinstance(value[key], list):
            yield from _unwrapped(inner, value[key], depth + 1)
        else:
            yield Problem(inner, shorten(value[key]), "a list of records")
    else:
        yield Problem(where, "lists inside lists", "records")


def _of_response(where: str, response: Any, depth: int) -> Iterator[JsonRecord | Problem]:
    status = response.get("status") if isinstance(response, dict) else None
    body = response.get("body") if isinstance(response, dict) else None
    if body is None or status not in (None, 200):
        found = f"status {shorten(status)}" if body is not None else "no body"
        yield Problem(where, found, "a successful reply with its body")
        return
    if isinstance(body, str):
        try:
            body = _load(body)
        except (ValueError, RecursionError):
            yield Problem(f"{where}.body", shorten(body), "the JSON of a record or a page")
            return
    yield from _unwrapped(f"{where}.body", body, depth)
