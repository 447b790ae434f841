"""Pages of whoever claims a profile, or says that somebody else has claimed the wrong one."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from registry.access import claim_decisions, claim_store, claims, contests, links, sessions
from registry.access.browsers import (
    BrowserDep,
    keep_private,
    say,
    see_other,
    session_lasts,
    welcome,
)
from registry.access.claim_joining import Chosen, join_to_claim
from registry.access.policy import Actor
from registry.errors import (
    InvalidInputError,
    LinkUnusableError,
    NotFoundError,
    TooManyAttemptsError,
)
from registry.rights.consent_texts import current_texts
from registry.web.deps import ActorDep, LanguageDep, NowDep, SessionDep, SettingsDep
from registry.web.errors import kind_of
from registry.web.forms import CHECKED_FORM
from registry.web.gate import needs, open_to_all
from registry.web.language import Language
from registry.web.pages import link, render

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

_OWN = needs("account:own")
_EXPLAINED = open_to_all("tells people how to come to their profile, before they sign in")
_BY_LINK = open_to_all("whoever has the link is told how to use it, and shown nothing else")

Text = Annotated[str, Form()]
Ticked = Annotated[list[str], Form()]


@router.get("/claim", dependencies=[_EXPLAINED])
def claim_page(
    request: Request, session: SessionDep, actor: ActorDep, language: LanguageDep
) -> HTMLResponse:
    """The three ways, and what became of the reader's own claims."""
    return _ways(request, session, actor, language)


@router.post("/claim", dependencies=[_OWN, CHECKED_FORM])
def claim(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    now: NowDep,
    way: Text = "",
    sought: Text = "",
    said: Text = "",
    agreed: Ticked = [],  # noqa: B006
) -> Response:
    """Claim the profile that gives the reader's ORCID iD, or ask a steward for one."""
    try:
        if way == "orcid":
            made = claims.claim_by_orcid(session, actor, agreed, language, now)
        else:
            made = claims.claim_in_words(session, actor, sought, said, agreed, language, now)
    except (InvalidInputError, NotFoundError) as exc:
        session.rollback()
        typed = {"way": way, "sought": sought, "said": said, "agreed": agreed}
        return _ways(request, session, actor, language, str(exc), typed)
    if made.state == "granted":
        return see_other(link("/me/status", language, done="claimed"))
    return see_other(link("/claim", language, done="waiting"))


def _ways(
    request: Request,
    session: Session,
    actor: Actor,
    language: Language,
    problem: str = "",
    typed: dict[str, Any] | None = None,
) -> HTMLResponse:
    own = [] if actor.is_anonymous else claims.list_own(session, actor)
    context = {
        "own": [(each, claim_decisions.refusal_of(session, actor, each)) for each in own],
        "has_profile": actor.expert_id is not None,
        "is_waiting": any(each.state == "open" for each in own),
        "orcid": None if actor.is_anonymous else claim_store.find_orcid(session, UUID(actor.id)),
        "texts": _texts(session, language),
        "problem": say(problem, language) if problem else "",
        "typed": typed or {"way": "", "sought": "", "said": "", "agreed": []},
        "done": request.query_params.get("done") == "waiting",
    }
    return render(request, "claim.html", context, 422 if problem else 200)


def _texts(session: Session, language: Language) -> list[tuple[str, str]]:
    return [
        (purpose.value, row.text_vi if language == "vi" else row.text_en)
        for purpose, row in current_texts(session).items()
    ]


@router.get("/claim/{token}", dependencies=[_BY_LINK])
def link_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    now: NowDep,
    token: str,
) -> Response:
    """Whose profile the link is for, once somebody has signed in."""
    return _offer(request, session, actor, language, now, token)


@router.post("/claim/{token}", dependencies=[_OWN, CHECKED_FORM])
def claim_by_link(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    now: NowDep,
    token: str,
    agreed: Ticked = [],  # noqa: B006
) -> Response:
    """Use the link up: the profile is the reader's own."""
    try:
        claims.claim_by_link(session, actor, token, agreed, language, now)
    except (InvalidInputError, LinkUnusableError) as exc:
        session.rollback()
        return _offer(request, session, actor, language, now, token, str(exc), agreed)
    return keep_private(see_other(link("/me/status", language, done="claimed")))


def _offer(
    request: Request,
    session: Session,
    actor: Actor,
    language: Language,
    now: NowDep,
    token: str,
    problem: str = "",
    agreed: list[str] | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    status, offered, is_good = 422 if problem else 200, None, True
    try:
        if actor.is_anonymous:
            links.open_link(session, token, now)
        else:
            offered = claims.look_at_offer(session, actor, token, now)
    except (InvalidInputError, LinkUnusableError) as exc:
        status, problem, is_good = kind_of(exc).status, str(exc), False
    context = {
        "token": token,
        "offered": offered,
        "is_good": is_good,
        "texts": _texts(session, language) if offered else [],
        "agreed": agreed or [],
        "typed": typed or {"login": "", "display_name": ""},
        "problem": say(problem, language) if problem else "",
    }
    return keep_private(render(request, "claim_link.html", context, status))


@router.get("/claim/{token}/account", dependencies=[_BY_LINK])
def account_page(language: LanguageDep, token: str) -> Response:
    """Where the form is."""
    return keep_private(see_other(link(f"/claim/{token}", language)))


@router.post("/claim/{token}/account", dependencies=[_BY_LINK, CHECKED_FORM])
def join(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    settings: SettingsDep,
    language: LanguageDep,
    now: NowDep,
    browser: BrowserDep,
    token: str,
    login: Text = "",
    display_name: Text = "",
    password: Text = "",
    again: Text = "",
) -> Response:
    """Make an account to claim with, and sign it in."""
    chosen = Chosen(login, display_name, password, again)
    try:
        opened = join_to_claim(session, token, chosen, browser, now, session_lasts(settings))
    # Caught here, so that a name that was counted is committed.
    except (InvalidInputError, LinkUnusableError, TooManyAttemptsError) as exc:
        typed = {"login": login, "display_name": display_name}
        return _offer(request, session, actor, language, now, token, str(exc), typed=typed)
    joined = sessions.load_actor(session, opened.account, now)
    way = link(f"/claim/{token}", language)
    return keep_private(welcome(settings, opened, joined, way, language))


@router.get("/experts/{expert_id}/contest", dependencies=[_OWN])
def contest_page(
    request: Request, session: SessionDep, actor: ActorDep, language: LanguageDep, expert_id: UUID
) -> HTMLResponse:
    """The form by which a claim is contested."""
    return _contest(request, session, actor, language, expert_id)


@router.post("/experts/{expert_id}/contest", dependencies=[_OWN, CHECKED_FORM])
def contest(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    now: NowDep,
    expert_id: UUID,
    said: Text = "",
) -> Response:
    """Contest it."""
    contests.look_at_contested(session, actor, expert_id)
    try:
        contests.contest(session, actor, expert_id, said, now)
    except InvalidInputError as exc:
        session.rollback()
        return _contest(request, session, actor, language, expert_id, str(exc), said)
    return see_other(link(f"/experts/{expert_id}/contest", language, done="yes"))


def _contest(
    request: Request,
    session: Session,
    actor: Actor,
    language: Language,
    expert_id: UUID,
    problem: str = "",
    said: str = "",
) -> HTMLResponse:
    context = {
        "offered": contests.look_at_contested(session, actor, expert_id),
        "problem": say(problem, language) if problem else "",
        "said": said,
        "done": request.query_params.get("done") == "yes",
    }
    return render(request, "contest.html", context, 422 if problem else 200)
