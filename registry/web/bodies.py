"""What every JSON body has to keep to."""

import re
from typing import Any

from fastapi import Depends, HTTPException, Request
from pydantic import BaseModel, ConfigDict, field_validator

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
# No body has a list of lists of objects; deeper ones only cost time.
_DEEPEST = 8


class StrictBody(BaseModel):
    """Base of bodies: unknown keys are refused, and so are texts that cannot be stored."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        _check(value, 0)
        return value


def _check(value: Any, depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError("is nested too deeply")
    if isinstance(value, dict):
        for key, inner in value.items():
            _check(key, depth)
            _check(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth + 1)
    # PostgreSQL stores no NUL in text, and a lone surrogate is no character at all.
    elif isinstance(value, str) and _UNSTORABLE.search(value):
        raise ValueError("holds a NUL character or half a surrogate pair; leave it out")


def _require_json(request: Request) -> None:
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if content_type != "application/json":
        raise HTTPException(415, "send the body as application/json")


REQUIRE_JSON = Depends(_require_json)
