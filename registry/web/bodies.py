"""What every JSON body has to keep to."""

import re
from typing import Any

from fastapi import Depends, HTTPException, Request
from pydantic import BaseModel, ConfigDict, field_validator

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class StrictBody(BaseModel):
    """Base of bodies: unknown keys are refused, and so are texts that cannot be stored."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        for text in value if isinstance(value, list) else [value]:
            # PostgreSQL stores no NUL in text, and a lone surrogate is no character at all.
            if isinstance(text, str) and _UNSTORABLE.search(text):
                raise ValueError("holds a NUL character or half a surrogate pair; leave it out")
        return value


def _require_json(request: Request) -> None:
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if content_type != "application/json":
        raise HTTPException(415, "send the body as application/json")


REQUIRE_JSON = Depends(_require_json)
