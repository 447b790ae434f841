"""JSON of edits: add, correct, remove, judge, show, check."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError
from sqlalchemy.orm import Session

from registry.access.policy import Actor
from registry.experts.api import StatementPublic, is_close_to, statement_public
from registry.experts.editing import add_item, correct_item, remove_item
from registry.experts.judging import Shown, judge_item, show_item
from registry.experts.models import Statement
from registry.experts.schemas import StatementDraft, Visibility, draft_of
from registry.experts.verifying import METHODS, verify_item, withdraw_verification
from registry.web.bodies import REQUIRE_JSON, StrictBody
from registry.web.deps import ActorDep, NowDep, SessionDep
from registry.web.etags import IfMatch, etag, seen_versions
from registry.web.gate import needs

router = APIRouter(tags=["statements"])

_EDITS = [needs("statement:edit_own", "statement:edit"), REQUIRE_JSON]
_CHECKS = [needs("statement:verify"), REQUIRE_JSON]

Reason = Annotated[
    str | None,
    Field(max_length=2000, description="Why; a steward's words for what he decides for a person."),
]
Named = Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=50)]


class ItemBody(StrictBody):
    """What is said: value, dates, evidence. Whose word it is follows from who sends it."""

    property: Annotated[str, Field(max_length=40)]
    value: dict[str, Any]
    started_on: Annotated[str | None, Field(max_length=10)] = None
    ended_on: Annotated[str | None, Field(max_length=10)] = None
    evidence_url: Annotated[str | None, Field(max_length=2000)] = None
    reason: Reason = None


class ItemCreate(ItemBody):
    """A new statement; who may see it is for the person himself to choose."""

    visibility: Visibility | None = None
    named_bodies: Named = Field(default=[])


class JudgementUpdate(StrictBody):
    """Whether what sources say is the person's; null takes a judgement back."""

    judgement: Literal["accepted", "rejected"] | None
    reason: Reason = None


class VisibilityUpdate(StrictBody):
    """Who may see an item, whichever source says it."""

    visibility: Visibility
    named_bodies: Named = Field(default=[])
    reason: Reason = None


class VerificationUpdate(StrictBody):
    """How a statement was checked, and on which document."""

    method: Annotated[str, Field(max_length=40, description=f"One of {', '.join(METHODS)}.")]
    document: Annotated[str, Field(max_length=500)]


class ReasonBody(StrictBody):
    """Why something is taken away; an empty object gives no reason."""

    reason: Reason = None


@router.post("/experts/{expert_id}/statements", dependencies=_EDITS, status_code=201)
def post_statement(
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    response: Response,
    expert_id: UUID,
    body: ItemCreate,
    if_match: IfMatch = None,
) -> StatementPublic:
    """State something of a person; If-Match carries the profile's ETag."""
    seen = seen_versions(if_match)
    shown = None
    if body.visibility is not None or body.named_bodies:
        shown = Shown(body.visibility or Visibility.NAMED_BODIES, body.named_bodies)
    draft = _draft(body)
    row = add_item(
        session, actor, expert_id, draft, seen=seen, now=now, shown=shown, reason=body.reason
    )
    return _answer(session, actor, response, row)


@router.put("/experts/{expert_id}/statements/{statement_id}", dependencies=_EDITS)
def put_statement(
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    response: Response,
    expert_id: UUID,
    statement_id: UUID,
    body: ItemBody,
    if_match: IfMatch = None,
) -> StatementPublic:
    """Say it right: one's own statement is superseded, a source's stays beside the new one."""
    seen = seen_versions(if_match)
    row = correct_item(
        session,
        actor,
        expert_id,
        statement_id,
        _draft(body),
        seen=seen,
        now=now,
        reason=body.reason,
    )
    return _answer(session, actor, response, row)


@router.delete(
    "/experts/{expert_id}/statements/{statement_id}",
    dependencies=_EDITS,
    responses={204: {"description": "One's own statement was closed."}},
)
def delete_statement(
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    response: Response,
    expert_id: UUID,
    statement_id: UUID,
    body: ReasonBody,
    if_match: IfMatch = None,
) -> StatementPublic:
    """Take one's own statement out; a source's is judged not to be the person's instead."""
    seen = seen_versions(if_match)
    row = remove_item(
        session, actor, expert_id, statement_id, seen=seen, now=now, reason=body.reason
    )
    if row is None:
        return Response(status_code=204)  # type: ignore[return-value]
    return _answer(session, actor, response, row)


@router.put("/experts/{expert_id}/statements/{statement_id}/judgement", dependencies=_EDITS)
def put_judgement(
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    response: Response,
    expert_id: UUID,
    statement_id: UUID,
    body: JudgementUpdate,
    if_match: IfMatch = None,
) -> StatementPublic:
    """Say whether an item is the person's, for all sources and for later imports."""
    seen = seen_versions(if_match)
    row = judge_item(
        session,
        actor,
        expert_id,
        statement_id,
        body.judgement,
        seen=seen,
        now=now,
        reason=body.reason,
    )
    return _answer(session, actor, response, row)


@router.put("/experts/{expert_id}/statements/{statement_id}/visibility", dependencies=_EDITS)
def put_visibility(
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    response: Response,
    expert_id: UUID,
    statement_id: UUID,
    body: VisibilityUpdate,
    if_match: IfMatch = None,
) -> StatementPublic:
    """Say who may see an item, for all sources and for later imports."""
    seen = seen_versions(if_match)
    row = show_item(
        session,
        actor,
        expert_id,
        statement_id,
        Shown(body.visibility, body.named_bodies),
        seen=seen,
        now=now,
        reason=body.reason,
    )
    return _answer(session, actor, response, row)


@router.put("/experts/{expert_id}/statements/{statement_id}/verification", dependencies=_CHECKS)
def put_verification(
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    response: Response,
    expert_id: UUID,
    statement_id: UUID,
    body: VerificationUpdate,
    if_match: IfMatch = None,
) -> StatementPublic:
    """Note that a steward has checked a statement."""
    seen = seen_versions(if_match)
    row = verify_item(
        session,
        actor,
        expert_id,
        statement_id,
        body.method,
        body.document,
        seen=seen,
        now=now,
    )
    return _answer(session, actor, response, row)


@router.delete("/experts/{expert_id}/statements/{statement_id}/verification", dependencies=_CHECKS)
def delete_verification(
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    response: Response,
    expert_id: UUID,
    statement_id: UUID,
    body: ReasonBody,
    if_match: IfMatch = None,
) -> StatementPublic:
    """Note that a check does not hold."""
    seen = seen_versions(if_match)
    row = withdraw_verification(
        session, actor, expert_id, statement_id, body.reason or "", seen=seen, now=now
    )
    return _answer(session, actor, response, row)


def _draft(body: ItemBody) -> StatementDraft:
    try:
        return draft_of(
            body.property, body.value, body.started_on, body.ended_on, body.evidence_url
        )
    except ValidationError as exc:
        # Told like any other wrong body: where, and what was expected.
        within = ("body",) if exc.title == StatementDraft.__name__ else ("body", "value")
        raise RequestValidationError(
            [
                {**error, "loc": (*within, *error["loc"])}
                for error in exc.errors(include_url=False, include_context=False)
            ]
        ) from exc


def _answer(session: Session, actor: Actor, response: Response, row: Statement) -> StatementPublic:
    response.headers["ETag"] = etag(str(row.id))
    return statement_public(session, row, is_close_to(actor, row.expert_id))
