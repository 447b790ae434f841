"""Pages of a profile's state: its person's own, and the stewards'."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from registry.access import claim_texts, claims
from registry.access.browsers import keep_private, say, see_other
from registry.access.policy import Actor
from registry.errors import ChangedMeanwhileError, InvalidInputError, NotPermittedError
from registry.experts import lifecycle
from registry.experts.life import SHOWN_TO, describe
from registry.experts.schemas import Life
from registry.web.changed import tell_changes
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
# What a form is shown again for, with what was typed.
_REFUSALS: Final = (InvalidInputError, NotPermittedError, ChangedMeanwhileError)


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
    version: Typed = "",
) -> Response:
    """Pause, resume or withdraw."""
    assert actor.expert_id is not None
    try:
        wanted = _read(life)
        lifecycle.move(session, actor, actor.expert_id, wanted, None, now, seen={version})
    except _REFUSALS as exc:
        session.rollback()
        return _own(request, session, actor, language, exc)
    return see_other(link("/me/status", language, done="moved"))


def _own(
    request: Request,
    session: Session,
    actor: Actor,
    language: Language,
    refusal: Exception | None = None,
) -> HTMLResponse:
    assert actor.expert_id is not None
    found = lifecycle.get_status(session, actor, actor.expert_id)
    done = request.query_params.get("done", "")
    context = {
        "status": found,
        "described": describe(Life(found.expert.life), language),
        "viewers": [v.value for v in SHOWN_TO[Life(found.expert.life)].viewers],
        "moves": [(life.value, describe(life, language)) for life in found.moves],
        "done": done if done in {"claimed", "moved"} else "",
        **_refused(refusal, language),
    }
    return render(request, "me_status.html", context, _status_of(refusal))


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
    version: Typed = "",
) -> Response:
    """Move the profile, or make an invitation, whose link stands in this one answer."""
    typed = {"life": life, "reason": reason, "channel": channel, "sent_to": sent_to}
    try:
        if act == "invite":
            token = claims.invite(session, actor, expert_id, sent_to, now)
            typed = {"link": f"{settings.public_url}{link(f'/claim/{token}', language)}"}
            return keep_private(_desk(request, session, actor, language, expert_id, typed=typed))
        wanted, how = _read(life), channel or None
        lifecycle.move(session, actor, expert_id, wanted, reason, now, how, seen={version})
    except _REFUSALS as exc:
        session.rollback()
        return _desk(request, session, actor, language, expert_id, exc, typed)
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
    refusal: Exception | None = None,
    typed: dict[str, str] | None = None,
) -> HTMLResponse:
    found = lifecycle.get_status(session, actor, expert_id)
    context = {
        "status": found,
        "described": describe(Life(found.expert.life), language),
        "moves": [life.value for life in found.moves],
        "typed": {"life": "", "reason": "", "channel": "", "sent_to": "", "link": ""}
        | (typed or {}),
        "done": request.query_params.get("done") == "moved",
        **_refused(refusal, language),
    }
    return render(request, "desk_life.html", context, _status_of(refusal))


def _refused(refusal: Exception | None, language: Language) -> dict[str, Any]:
    """Why a form is shown again, and what others changed meanwhile."""
    return {
        "problem": say(str(refusal), language) if refusal is not None else "",
        "changed": tell_changes(getattr(refusal, "changes", ()), language),
    }


def _status_of(refusal: Exception | None) -> int:
    if refusal is None:
        return 200
    assert isinstance(refusal, _REFUSALS)
    return kind_of(refusal).status
