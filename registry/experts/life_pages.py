"""Pages of a profile's state: its person's own, and the stewards'."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from registry.access import claim_texts, claims
from registry.access.browsers import keep_private, say, see_other
from registry.access.policy import Actor
from registry.errors import InvalidInputError, NotPermittedError
from registry.experts import lifecycle
from registry.experts.life import SHOWN_TO, describe
from registry.experts.schemas import Life
from registry.web.deps import ActorDep, LanguageDep, NowDep, SessionDep, SettingsDep
from registry.web.errors import kind_of
from registry.web.forms import CHECKED_FORM
from registry.web.gate import needs
from registry.web.language import Language
from registry.web.pages import link, render

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

_OWN = needs("consent:own")
_MOVE = needs("life:move")

Typed = Annotated[str, Form()]


@router.get("/me/status", dependencies=[_OWN])
def status_page(
    request: Request, session: SessionDep, actor: ActorDep, language: LanguageDep
) -> HTMLResponse:
    """What state the reader's profile is in, who sees it so, and what he can change."""
    return _own(request, session, actor, language)


@router.post("/me/status", dependencies=[_OWN, CHECKED_FORM])
def move_own(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    now: NowDep,
    life: Typed = "",
) -> Response:
    """Pause, resume or withdraw."""
    assert actor.expert_id is not None
    try:
        lifecycle.move(session, actor, actor.expert_id, _read(life), None, now)
    except (InvalidInputError, NotPermittedError) as exc:
        session.rollback()
        return _own(request, session, actor, language, str(exc), kind_of(exc).status)
    return see_other(link("/me/status", language, done="moved"))


def _own(
    request: Request,
    session: Session,
    actor: Actor,
    language: Language,
    problem: str = "",
    status: int = 200,
) -> HTMLResponse:
    assert actor.expert_id is not None
    found = lifecycle.get_status(session, actor, actor.expert_id)
    done = request.query_params.get("done", "")
    context = {
        "status": found,
        "described": describe(Life(found.expert.life), language),
        "viewers": [v.value for v in SHOWN_TO[Life(found.expert.life)].viewers],
        "moves": [(life.value, describe(life, language)) for life in found.moves],
        "problem": say(problem, language) if problem else "",
        "done": done if done in {"claimed", "moved"} else "",
    }
    return render(request, "me_status.html", context, status)


@router.get("/desk/experts/{expert_id}/life", dependencies=[_MOVE])
def life_page(
    request: Request, session: SessionDep, actor: ActorDep, language: LanguageDep, expert_id: UUID
) -> HTMLResponse:
    """A profile's state for a steward, whatever it is; with the invitation to claim it."""
    return _desk(request, session, actor, language, expert_id)


@router.post("/desk/experts/{expert_id}/life", dependencies=[_MOVE, CHECKED_FORM])
def move(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    settings: SettingsDep,
    language: LanguageDep,
    now: NowDep,
    expert_id: UUID,
    act: Typed = "",
    life: Typed = "",
    reason: Typed = "",
    channel: Typed = "",
    sent_to: Typed = "",
) -> Response:
    """Move the profile, or make an invitation, whose link stands in this one answer."""
    typed = {"life": life, "reason": reason, "channel": channel, "sent_to": sent_to}
    try:
        if act == "invite":
            token = claims.invite(session, actor, expert_id, sent_to, now)
            typed = {"link": f"{settings.public_url}{link(f'/claim/{token}', language)}"}
            return keep_private(_desk(request, session, actor, language, expert_id, typed=typed))
        lifecycle.move(session, actor, expert_id, _read(life), reason, now, channel or None)
    except (InvalidInputError, NotPermittedError) as exc:
        session.rollback()
        status = kind_of(exc).status
        return _desk(request, session, actor, language, expert_id, str(exc), status, typed)
    return see_other(link(f"/desk/experts/{expert_id}/life", language, done="moved"))


def _read(life: str) -> Life:
    found = next((each for each in Life if each.value == life), None)
    if found is None:
        raise InvalidInputError(claim_texts.CHOOSE_LIFE)
    return found


def _desk(
    request: Request,
    session: Session,
    actor: Actor,
    language: Language,
    expert_id: UUID,
    problem: str = "",
    status: int = 200,
    typed: dict[str, str] | None = None,
) -> HTMLResponse:
    found = lifecycle.get_status(session, actor, expert_id)
    context = {
        "status": found,
        "described": describe(Life(found.expert.life), language),
        "moves": [life.value for life in found.moves],
        "problem": say(problem, language) if problem else "",
        "typed": {"life": "", "reason": "", "channel": "", "sent_to": "", "link": ""}
        | (typed or {}),
        "done": request.query_params.get("done") == "moved",
    }
    return render(request, "desk_life.html", context, status)
