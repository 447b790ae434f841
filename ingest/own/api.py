"""JSON of files that people bring: a file becomes a draft, chosen items become statements."""

import base64
import binascii
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from ingest.own.drafting import OpenDraft, accept_draft, open_draft, read_file
from ingest.own.reading import MAX_BYTES
from registry.errors import InvalidInputError
from registry.experts.api import StatementPublic, is_close_to, statement_public
from registry.experts.kept_service import get_kept, version_for
from registry.web.bodies import REQUIRE_JSON, StrictBody
from registry.web.deps import ActorDep, NowDep, SessionDep
from registry.web.etags import IfMatch, etag, seen_versions
from registry.web.gate import needs

router = APIRouter(tags=["statements"])

_EDITS = [needs("statement:edit_own", "statement:edit"), REQUIRE_JSON]


class FileBody(StrictBody):
    """A file of at most 10 MB: PDF, DOCX, BibTeX, RIS or JSON Resume, told by its content."""

    content: Annotated[
        str, Field(max_length=(MAX_BYTES + 2) // 3 * 4 + 4, description="The file in base64.")
    ]
    name: Annotated[str, Field(max_length=255, description="For messages.")] = ""


class ItemPublic(BaseModel):
    """One statement that the file seems to make.

    `text` are the words that it was read from, `where` they stand; `sure` is false for a guess;
    `known` is the statement of the profile that says the same.
    """

    number: int
    property: str
    value: dict[str, Any]
    started_on: str | None
    ended_on: str | None
    evidence_url: str | None
    where: str
    text: str
    sure: bool
    known: UUID | None


class NotePublic(BaseModel):
    """Something that was left out, as a code."""

    left: str
    where: str
    detail: str


class UnreadPublic(BaseModel):
    """A passage that was not understood."""

    where: str
    text: str


class DraftPublic(BaseModel):
    """What a file says; nothing of it is stored.

    `draft` brings it back, for the same account and until `until`.
    """

    kind: str
    items: list[ItemPublic]
    notes: list[NotePublic]
    unread: list[UnreadPublic]
    draft: str
    until: datetime


class ChosenBody(StrictBody):
    """The items of a draft that are right, by their numbers."""

    draft: Annotated[str, Field(max_length=1_000_000)]
    items: Annotated[list[Annotated[int, Field(ge=1, le=10_000)]], Field(max_length=1_000)]
    reason: Annotated[str | None, Field(max_length=2000)] = None


class AddedPublic(BaseModel):
    """The change under which the chosen items were added, which takes all of them back."""

    change: UUID
    statements: list[StatementPublic]


@router.post("/experts/{expert_id}/drafts", dependencies=_EDITS)
def post_draft(
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    response: Response,
    expert_id: UUID,
    body: FileBody,
) -> DraftPublic:
    """Read a file into a draft; the ETag is the profile's, to add on."""
    # Whose profile it is comes first: nobody else is told anything, not even about his file.
    get_kept(session, actor, expert_id)
    try:
        content = base64.b64decode(body.content, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise InvalidInputError("content is not base64; encode the bytes of the file") from exc
    opened = read_file(session, actor, expert_id, body.name, content, now)
    response.headers["ETag"] = etag(opened.profile.version)
    return _public(opened)


@router.post("/experts/{expert_id}/drafts/items", dependencies=_EDITS, status_code=201)
def post_items(
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    response: Response,
    expert_id: UUID,
    body: ChosenBody,
    if_match: IfMatch = None,
) -> AddedPublic:
    """Add chosen items of a draft as one change; If-Match carries the profile's ETag."""
    opened = open_draft(session, actor, expert_id, body.draft, now)
    seen = seen_versions(if_match)
    change_id, rows = accept_draft(
        session, actor, opened, set(body.items), seen=seen, now=now, reason=body.reason
    )
    session.flush()
    response.headers["ETag"] = etag(version_for(session, actor, expert_id))
    is_close = is_close_to(actor, expert_id)
    return AddedPublic(
        change=change_id, statements=[statement_public(session, row, is_close) for row in rows]
    )


def _public(opened: OpenDraft) -> DraftPublic:
    return DraftPublic(
        kind=opened.kind,
        items=[
            ItemPublic(
                number=each.number,
                property=each.item.property,
                value=each.item.value.value.model_dump(mode="json", exclude_none=True),
                started_on=each.item.value.started_on,
                ended_on=each.item.value.ended_on,
                evidence_url=each.item.value.evidence_url,
                where=each.item.where,
                text=each.item.text,
                sure=each.item.sure,
                known=each.known,
            )
            for each in opened.items
        ],
        notes=[NotePublic(left=n.left, where=n.where, detail=n.detail) for n in opened.notes],
        unread=[UnreadPublic(where=u.where, text=u.text) for u in opened.unread],
        draft=opened.sealed,
        until=opened.until,
    )
