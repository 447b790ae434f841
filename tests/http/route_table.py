"""The route table as tests walk it: every address with its rule, parameters and methods."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel, TypeAdapter
from starlette.routing import Mount, Route

from registry.web.gate import Needs, Open

# What FastAPI and Starlette serve themselves: the document that describes the service, and files.
OWN = {"/api/v1/openapi.json", "/static"}


@dataclass(frozen=True)
class Address:
    """One method of one path."""

    method: str
    path: str
    rules: tuple[Needs | Open, ...]
    path_names: tuple[str, ...]
    query_names: tuple[str, ...]
    is_form: bool
    body: Any
    # Everything that is called before the route itself: its dependencies, and theirs.
    calls: tuple[Any, ...] = ()

    @property
    def body_type(self) -> Any:
        """The class of the body; None when the address takes none."""
        return None if self.body is None else self.body.field_info.annotation

    @property
    def is_page(self) -> bool:
        return not self.path.startswith(("/api/", "/health", "/ready"))

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def addresses(app: FastAPI) -> list[Address]:
    """Every address of the application."""
    found: list[Address] = []
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if not isinstance(route, APIRoute):
            path = getattr(route, "path", "")
            assert isinstance(route, Route | Mount), route
            assert path in OWN, f"{path} is served without a rule"
            continue
        dependant = context.dependant
        assert dependant is not None
        calls = list(_calls(dependant))
        for method in sorted(context.methods - {"HEAD"}):
            found.append(
                Address(
                    method,
                    context.path,
                    tuple(call for call in calls if isinstance(call, Needs | Open)),
                    tuple(p.name for p in _parameters(dependant, "path_params")),
                    tuple(_query_names(dependant)),
                    is_form=any(True for _ in _forms(dependant)),
                    body=context.body_field,
                    calls=tuple(calls),
                )
            )
    return found


# Values that a schema says too little of, by the field's name, so that services are reached.
SAMPLES: dict[str, Any] = {
    "act": "move",
    "agreed": ["registry"],
    "code": "new-body",
    "confirmation": "Đặng Thị Đích",
    "days": 30,
    "found_at": "2026-01-01T00:00:00Z",
    "judgement": "rejected",
    "language": "vi",
    "life": "paused",
    "login": "somebody-new",
    "method": "document",
    "property": "project",
    "query": "điều khiển robot công nghiệp",
    "reason": "vì lý do này",
    "sections": ["award"],
    "sent_to": "someone@example.org",
    "scopes": ["programme:read"],
    "value": {"title": {"vi": "Một dự án khác"}},
    "visibility": "public",
    "way": "words",
    "words": "những lời này",
}


def smallest_body(address: Address) -> dict[str, Any] | None:
    """The smallest body that the address takes, made from its schema; None when it takes none.

    Of forms, whose fields nearly all have defaults, every field is filled.
    """
    if address.body is None:
        return None
    schema = TypeAdapter(address.body_type).json_schema()
    names = schema["properties"] if address.is_form else schema.get("required", [])
    return {
        name: SAMPLES[name]
        if name in SAMPLES
        else _smallest(schema["properties"][name], schema.get("$defs", {}))
        for name in names
        if name != "csrf"
    }


def _smallest(schema: Mapping[str, Any], known: Mapping[str, Any]) -> Any:
    if "$ref" in schema:
        return _smallest(known[schema["$ref"].rpartition("/")[2]], known)
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return _smallest(schema[several][0], known)
    match schema.get("type"):
        case "object":
            fields = schema.get("properties", {})
            return {name: _smallest(fields[name], known) for name in schema.get("required", [])}
        case "array":
            return [_smallest(schema["items"], known)] * schema.get("minItems", 0)
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "null":
            return None
    formats = {
        "uuid": "00000000-0000-4000-8000-000000000000",
        "date": "2026-01-01",
        "date-time": "2026-01-01T00:00:00Z",
    }
    return formats.get(schema.get("format", ""), "x" * max(schema.get("minLength", 1), 1))


def _calls(dependant: Dependant) -> Iterator[Any]:
    for child in dependant.dependencies:
        yield child.call
        yield from _calls(child)


def _parameters(dependant: Dependant, kind: str) -> Iterator[Any]:
    seen: set[str] = set()
    for each in [dependant, *_below(dependant)]:
        for parameter in getattr(each, kind):
            if parameter.alias not in seen:
                seen.add(parameter.alias)
                yield parameter


def _query_names(dependant: Dependant) -> Iterator[str]:
    for parameter in _parameters(dependant, "query_params"):
        model = parameter.field_info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            yield from model.model_fields
        else:
            yield parameter.alias


def _below(dependant: Dependant) -> Iterator[Dependant]:
    for child in dependant.dependencies:
        yield child
        yield from _below(child)


def _forms(dependant: Dependant) -> Iterator[Any]:
    for each in [dependant, *_below(dependant)]:
        for parameter in each.body_params:
            if type(parameter.field_info).__name__ in {"Form", "File"}:
                yield parameter


def pairwise(choices: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Few combinations in which every two values of two parameters stand together once.

    Greedy: each combination takes the values that bring most pairs not seen yet.
    """
    names = sorted(choices)
    if len(names) < 2:
        return [{n: v} for n in names for v in choices[n]]
    open_pairs = {
        (a, i, b, j)
        for a, b in combinations(names, 2)
        for i in range(len(choices[a]))
        for j in range(len(choices[b]))
    }
    rows = []
    while open_pairs:
        a, i, b, j = min(open_pairs)
        row = {a: i, b: j}
        for name in names:
            if name not in row:
                row[name] = max(
                    range(len(choices[name])),
                    key=lambda k, name=name: sum(  # type: ignore[misc]
                        _pair(name, k, other, row[other]) in open_pairs for other in row
                    ),
                )
        open_pairs -= {_pair(x, row[x], y, row[y]) for x, y in combinations(names, 2)}
        rows.append({name: choices[name][k] for name, k in row.items()})
    return rows


def _pair(a: str, i: int, b: str, j: int) -> tuple[str, int, str, int]:
    return (a, i, b, j) if a < b else (b, j, a, i)
