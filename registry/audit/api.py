"""JSON of the audit."""

import re
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from registry.audit import service
from registry.errors import InvalidInputError
from registry.web.bodies import REQUIRE_JSON, StrictBody
from registry.web.deps import ActorDep, SessionDep
from registry.web.gate import needs

router = APIRouter(tags=["audit"])

_READ = needs("audit:read")
_HEAD = re.compile(r"(\d{1,18}):([0-9a-f]{64})")


class EntryPublic(BaseModel):
    """One act. `is_closed`: it had details, and the person that they were about was erased."""

    model_config = ConfigDict(from_attributes=True)

    seq: int
    at: datetime
    actor: str
    action: str
    expert_id: UUID | None
    body: str | None
    subject: str | None
    details: dict[str, Any] | None
    is_closed: bool
    hash: str


class EntriesPublic(BaseModel):
    """A page of entries, newest first; `before` asks for the next one."""

    entries: list[EntryPublic]
    before: int | None


class VerificationBody(StrictBody):
    """What to compare with: number and hash of an entry that was noted outside, as `12:ab…`."""

    noted: str | None = None


class VerificationPublic(BaseModel):
    """The chain holds up to this entry; note it outside for the next time."""

    entries: int
    head: str


def read_noted(text: str | None) -> tuple[int, bytes] | None:
    """A noted entry as `verify` printed it.

    Raises:
        InvalidInputError: Of another form.
    """
    if text is None or not text.strip():
        return None
    match = _HEAD.fullmatch(text.strip())
    if match is None:
        raise InvalidInputError("expected number and hash as an earlier check printed them: 12:ab…")
    return int(match[1]), bytes.fromhex(match[2])


@router.get("/audit", dependencies=[_READ])
def list_entries(
    session: SessionDep,
    actor: ActorDep,
    action: Annotated[str | None, Query(max_length=60)] = None,
    by: Annotated[str | None, Query(max_length=100)] = None,
    about: UUID | None = None,
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> EntriesPublic:
    """Entries, newest first; `action` ending with a colon takes in all of a resource."""
    found = service.list_entries(
        session, actor, before=before, limit=limit, action=action, by=by, about=about
    )
    return EntriesPublic(
        entries=[EntryPublic.model_validate(entry) for entry in found],
        before=found[-1].seq if len(found) == limit else None,
    )


@router.post("/audit/verifications", dependencies=[_READ, REQUIRE_JSON])
def verify(session: SessionDep, actor: ActorDep, body: VerificationBody) -> VerificationPublic:
    """Follow the whole chain; 500 with the first broken link when it does not hold."""
    entries, head = service.verify(session, actor, read_noted(body.noted))
    return VerificationPublic(entries=entries, head=f"{entries}:{head}")
