"""The OpenAPI document: every failure is a problem (RFC 9457), and programs carry a token."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "title": "Problem",
    "description": "Why a request failed; `code` is stable, `errors` names parts of the input.",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
_FAILURE: Final[dict[str, Any]] = {
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
}
_TOKEN: Final = {
    "type": "http",
    "scheme": "bearer",
    "description": "A token made under /account or by `registry access create-token`.",
}


def describe(app: FastAPI) -> dict[str, Any]:
    """The document of this application, made once."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            routes=app.routes,
        )
        parts = made.setdefault("components", {})
        schemas = parts.setdefault("schemas", {})
        # FastAPI's own form of a wrong input is never sent.
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        schemas["Problem"] = _PROBLEM
        parts["securitySchemes"] = {"token": _TOKEN}
        for path, item in made["paths"].items():
            for operation in item.values():
                answers = operation["responses"]
                answers.pop("422", None)
                answers["4XX"] = {"description": "Refused, with the reason", **_FAILURE}
                answers["5XX"] = {"description": "Not done, through no fault of yours", **_FAILURE}
                if path.startswith("/api/"):
                    operation["security"] = [{"token": []}]
        app.openapi_schema = made
    return app.openapi_schema
