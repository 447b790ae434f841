"""Pages on which a body's staff say whom they consider for what, and how it ended."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from registry.access.browsers import say, see_other
from registry.access.policy import Actor
from registry.errors import InvalidInputError, NotFoundError
from registry.rights import considerations, page_parts, words
from registry.rights.considerations import OUTCOMES
from registry.web.deps import ActorDep, LanguageDep, NowDep, Purpose, SessionDep
from registry.web.forms import CHECKED_FORM
from registry.web.gate import needs
from registry.web.language import Language
from registry.web.pages import link, render

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

_CONSIDER = needs("expert:export")

Typed = Annotated[str, Form()]


@router.get("/considerations", dependencies=[_CONSIDER])
def list_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    now: NowDep,
    show: str = "open",
    before: UUID | None = None,
) -> HTMLResponse:
    """Whom the reader's body considers now, or considered; for a steward all bodies."""
    return _list(request, session, actor, language, now, is_open=show != "done", before=before)


@router.post("/considerations", dependencies=[_CONSIDER, CHECKED_FORM])
def open_one(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    now: NowDep,
    expert: Typed = "",
    purpose: Typed = "",
    council: Typed = "",
    looked_for: Annotated[str | None, Query(alias="purpose", max_length=500)] = None,
) -> Response:
    """Begin to consider a person."""
    expert_id = _read(expert, "expert")
    try:
        council_id = _read(council, "council") if council else None
        considerations.open_consideration(session, actor, expert_id, purpose, now, council_id)
    except InvalidInputError as exc:
        session.rollback()
        typed = {"purpose": purpose, "council": council}
        problem = say(str(exc), language)
        return _offer(request, session, actor, language, now, expert_id, looked_for, typed, problem)
    return see_other(link("/considerations", language, done="open"))


@router.post("/considerations/{consideration_id}", dependencies=[_CONSIDER, CHECKED_FORM])
def close(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    now: NowDep,
    consideration_id: UUID,
    outcome: Typed = "",
) -> Response:
    """Note how it ended."""
    chosen = next((each for each in OUTCOMES if each == outcome), None)
    try:
        if chosen is None:
            raise InvalidInputError(words.OUTCOME_UNKNOWN)
        considerations.close_consideration(session, actor, consideration_id, chosen, now)
    except InvalidInputError as exc:
        session.rollback()
        problem = say(str(exc), language)
        return _list(request, session, actor, language, now, problem=problem)
    return see_other(link("/considerations", language, done="close"))


@router.get("/experts/{expert_id}/consider", dependencies=[_CONSIDER])
def offer_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    now: NowDep,
    expert_id: UUID,
    purpose: Purpose = None,
) -> HTMLResponse:
    """The form to begin with, and what the body considers this person for already."""
    return _offer(request, session, actor, language, now, expert_id, purpose)


def _read(text: str, what: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as exc:
        raise NotFoundError(f"no {what} with the id {text[:40]}") from exc


def _list(
    request: Request,
    session: Session,
    actor: Actor,
    language: Language,
    now: datetime,
    *,
    is_open: bool = True,
    before: UUID | None = None,
    problem: str = "",
) -> HTMLResponse:
    done = request.query_params.get("done", "")
    found = considerations.list_considered(session, actor, is_open=is_open, before=before)
    context = {
        "is_open": is_open,
        "considered": found,
        "more": found[-1].row.id if len(found) == considerations.PAGE else None,
        "names": page_parts.name_bodies(session, language),
        "outcomes": OUTCOMES,
        "problem": problem,
        "done": done if done in {"open", "close"} else "",
        **page_parts.times(language, now),
    }
    return render(request, "considerations.html", context, 422 if problem else 200)


def _offer(
    request: Request,
    session: Session,
    actor: Actor,
    language: Language,
    now: datetime,
    expert_id: UUID,
    looked_for: str | None,
    typed: dict[str, str] | None = None,
    problem: str = "",
) -> HTMLResponse:
    expert, summary = considerations.get_offered(session, actor, expert_id, looked_for)
    councils = considerations.list_councils(session, actor)
    context = {
        "expert": expert,
        "summary": summary,
        "councils": [
            (str(each.id), each.name_vi if language == "vi" else each.name_en) for each in councils
        ],
        "considered": considerations.list_considered(session, actor, expert_id=expert_id),
        "names": page_parts.name_bodies(session, language),
        "problem": problem,
        "looked_for": looked_for,
        "typed": typed or {"purpose": looked_for or "", "council": ""},
        **page_parts.times(language, now),
    }
    return render(request, "consider.html", context, 422 if problem else 200)
