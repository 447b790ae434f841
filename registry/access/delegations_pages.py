"""Page of delegates: whom one has named, and whose profile one keeps."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from registry.access import delegations, own, repository
from registry.access.browsers import (
    BrowserDep,
    keep_private,
    retry_headers,
    say,
    see_other,
    wait_minutes,
)
from registry.access.fresh import is_fresh
from registry.access.policy import Actor, permissions_of
from registry.config import Settings
from registry.errors import (
    InvalidInputError,
    NotFoundError,
    NotPermittedError,
    RegistryError,
    SignInFailedError,
    SignInTooOldError,
    TooManyAttemptsError,
)
from registry.web.deps import ActorDep, LanguageDep, NowDep, SessionDep, SettingsDep
from registry.web.errors import kind_of
from registry.web.forms import CHECKED_FORM
from registry.web.gate import needs
from registry.web.language import Language
from registry.web.pages import link, render

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

_OWN_OR_KEPT = needs("profile:delegated", "delegation:own")
_OWN = needs("delegation:own")
DAYS = (30, 90, 180, 365)

Text = Annotated[str, Form()]


@router.get("/me/delegates", dependencies=[_OWN_OR_KEPT])
def delegates_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    settings: SettingsDep,
    language: LanguageDep,
    now: NowDep,
) -> HTMLResponse:
    """Delegates of the reader's profile, and the profiles that he keeps for others."""
    return _page(request, session, actor, language, now)


@router.post("/me/delegates", dependencies=[_OWN, CHECKED_FORM])
def name_delegate(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    settings: SettingsDep,
    language: LanguageDep,
    now: NowDep,
    browser: BrowserDep,
    login: Text = "",
    display_name: Text = "",
    sections: Annotated[list[str], Form()] = [],  # noqa: B006
    days: Annotated[int, Form()] = 90,
    proof: Text = "",
) -> Response:
    """Name a delegate; for one without an account, his link stands in this one answer."""
    typed = {"login": login, "display_name": display_name, "sections": sections, "days": days}
    try:
        proved = own.prove(session, actor, proof, browser, now)
        if not display_name.strip():
            delegations.name_delegate(session, proved, login, sections, days, now)
            return see_other(link("/me/delegates", language, done="named"))
        token = delegations.invite_delegate(
            session, proved, login, display_name, sections, days, now
        )
    # Caught here, so that a failure that was counted is committed.
    except (
        InvalidInputError,
        NotFoundError,
        NotPermittedError,
        SignInFailedError,
        SignInTooOldError,
        TooManyAttemptsError,
    ) as exc:
        return _page(request, session, actor, language, now, exc, typed)
    made = {"link": _address(settings, token, language)}
    return keep_private(_page(request, session, actor, language, now, typed=made))


def _address(settings: Settings, token: str, language: Language) -> str:
    return f"{settings.public_url}{link(f'/l/{token}', language)}"


@router.post("/me/delegates/{delegation_id}/end", dependencies=[_OWN_OR_KEPT, CHECKED_FORM])
def end(
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    now: NowDep,
    delegation_id: UUID,
    mine: Text = "",
) -> Response:
    """End a delegation: as the person whose profile it is, or as the delegate."""
    if mine:
        delegations.give_up(session, actor, delegation_id, now)
        kept = delegations.list_kept(session, actor, now)
        # Whoever keeps nothing any more has no page here.
        if not kept and actor.expert_id is None:
            return see_other(link("/account", language))
    else:
        delegations.revoke(session, actor, delegation_id, now)
    return see_other(link("/me/delegates", language, done="ended"))


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    language: Language,
    now: NowDep,
    error: RegistryError | None = None,
    typed: dict[str, Any] | None = None,
) -> HTMLResponse:
    is_own = "delegation:own" in permissions_of(actor)
    account = repository.get_own_account(session, actor)
    done = request.query_params.get("done", "")
    context = {
        "named": delegations.list_named(session, actor, now) if is_own else [],
        "kept": delegations.list_kept(session, actor, now),
        "is_own": is_own,
        "all_sections": delegations.SECTIONS,
        "all_days": DAYS,
        "problem": say(str(error), language) if error else "",
        "wait": wait_minutes(error) if error else 0,
        "is_fresh": is_fresh(actor, now),
        "has_password": account.password_hash is not None,
        "typed": {"login": "", "display_name": "", "sections": [], "days": 90, "link": ""}
        | (typed or {}),
        "done": done if done in {"named", "ended"} else "",
    }
    # A name that nobody has, and a wrong password of somebody who has signed in, are wrong input.
    status = kind_of(error).status if error else 200
    status = 422 if status in {401, 404} else status
    headers = retry_headers(error) if error else {}
    return render(request, "me_delegates.html", context, status, headers)
