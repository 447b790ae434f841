"""Pages of administrators: accounts, and one account."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from registry.access import accounts, bodies, roles
from registry.access.browsers import say, see_other
from registry.access.policy import Actor, Role
from registry.access.roles import Grant
from registry.errors import InvalidInputError, NotPermittedError
from registry.web.deps import ActorDep, LanguageDep, NowDep, SessionDep, SettingsDep
from registry.web.errors import kind_of
from registry.web.forms import CHECKED_FORM
from registry.web.gate import needs
from registry.web.labels import LABELS
from registry.web.pages import link, render

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

_ACCOUNTS = needs("account:manage")
_PAGE = 50
# The role of experts comes with a claimed profile, not from here.
_ROLES = tuple(role.value for role in Role if role is not Role.EXPERT)

Typed = Annotated[str, Form()]


@router.get("/admin", dependencies=[_ACCOUNTS])
def accounts_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    find: Annotated[str, Query(max_length=100)] = "",
    after: Annotated[str, Query(max_length=100)] = "",
    closed: bool = False,
) -> Response:
    """Accounts by name, and the form that invites."""
    return _accounts(request, session, actor, find=find, after=after, closed=closed)


@router.post("/admin/accounts", dependencies=[_ACCOUNTS, CHECKED_FORM])
def invite(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    settings: SettingsDep,
    language: LanguageDep,
    now: NowDep,
    login: Typed = "",
    display_name: Typed = "",
    role: Typed = "",
    body: Typed = "",
) -> Response:
    """Invite somebody; the answer shows the link, once."""
    typed = {"login": login, "display_name": display_name, "role": role, "body": body}
    try:
        grants = [Grant(roles.read_role(role), body or None)]
        _, token = accounts.invite(session, actor, login, display_name, grants, now)
    except InvalidInputError as exc:
        problem = say(str(exc), language)
        return _accounts(request, session, actor, problem=problem, typed=typed, status=422)
    address = f"{settings.public_url}/l/{token}"
    return _accounts(request, session, actor, secret=address, invited=display_name, status=201)


def _accounts(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    find: str = "",
    after: str = "",
    closed: bool = False,
    problem: str = "",
    typed: dict[str, str] | None = None,
    secret: str = "",
    invited: str = "",
    status: int = 200,
) -> HTMLResponse:
    found = accounts.list_accounts(
        session, actor, after=after, limit=_PAGE + 1, text=find, include_closed=closed
    )
    context = {
        "accounts": found[:_PAGE],
        "next": found[_PAGE - 1].account.login if len(found) > _PAGE else "",
        "find": find,
        "closed": closed,
        "roles": _ROLES,
        "bodies": [body for body in bodies.list_bodies(session, actor) if body.is_active],
        "problem": problem,
        "typed": typed or {},
        "secret": secret,
        "invited": invited,
    }
    return render(request, "admin_accounts.html", context, status)


@router.get("/admin/accounts/{account_id}", dependencies=[_ACCOUNTS])
def account_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    account_id: UUID,
    done: str = "",
) -> Response:
    """One account."""
    shown = done if done in LABELS["admin_done"] else ""
    return _account(request, session, actor, account_id, now, done=shown)


def _account(
    request: Request,
    session: Session,
    actor: Actor,
    account_id: UUID,
    now: datetime,
    *,
    part: str = "",
    problem: str = "",
    done: str = "",
    secret: str = "",
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    details = accounts.get_account(session, actor, account_id, now)
    held = {role.role for role in details.roles}
    context: dict[str, Any] = {
        "details": details,
        "is_own": actor.id == str(account_id),
        "is_guarded": accounts.is_guarded(session, account_id, now),
        "account": details.account,
        "roles": [role for role in _ROLES if role not in held],
        "bodies": [body for body in bodies.list_bodies(session, actor) if body.is_active],
        "part": part,
        "problem": problem,
        "done": done,
        "secret": secret,
        "typed": typed or {},
    }
    return render(request, "admin_account.html", context, status)


@router.post("/admin/accounts/{account_id}/roles", dependencies=[_ACCOUNTS, CHECKED_FORM])
def grant_role(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    now: NowDep,
    account_id: UUID,
    role: Typed = "",
    body: Typed = "",
) -> Response:
    """Give a role."""
    try:
        grant = Grant(roles.read_role(role), body or None)
        roles.grant_role(session, actor, account_id, grant, now)
    except (InvalidInputError, NotPermittedError) as exc:
        problem, typed = say(str(exc), language), {"role": role, "body": body}
        return _account(
            request,
            session,
            actor,
            account_id,
            now,
            part="roles",
            problem=problem,
            typed=typed,
            status=kind_of(exc).status,
        )
    return see_other(link(f"/admin/accounts/{account_id}", language, done="role"))


@router.post("/admin/accounts/{account_id}/roles/end", dependencies=[_ACCOUNTS, CHECKED_FORM])
def end_role(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    now: NowDep,
    account_id: UUID,
    role: Typed = "",
) -> Response:
    """Take a role away."""
    try:
        roles.end_role(session, actor, account_id, roles.read_role(role), now)
    except InvalidInputError as exc:
        problem = say(str(exc), language)
        return _account(
            request, session, actor, account_id, now, part="roles", problem=problem, status=422
        )
    return see_other(link(f"/admin/accounts/{account_id}", language, done="role"))


@router.post("/admin/accounts/{account_id}/link", dependencies=[_ACCOUNTS, CHECKED_FORM])
def make_link(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    settings: SettingsDep,
    language: LanguageDep,
    now: NowDep,
    account_id: UUID,
    drop_codes: Annotated[bool, Form()] = False,
) -> Response:
    """Make a password link; the answer shows it, once."""
    try:
        token = accounts.make_password_link(session, actor, account_id, now, drop_codes=drop_codes)
    except NotPermittedError as exc:
        problem, status = say(str(exc), language), kind_of(exc).status
        return _account(
            request, session, actor, account_id, now, part="link", problem=problem, status=status
        )
    address = f"{settings.public_url}/l/{token}"
    return _account(request, session, actor, account_id, now, secret=address, status=201)


@router.post("/admin/accounts/{account_id}/end-sessions", dependencies=[_ACCOUNTS, CHECKED_FORM])
def end_sessions(
    session: SessionDep, actor: ActorDep, language: LanguageDep, now: NowDep, account_id: UUID
) -> Response:
    """End all sessions and tokens of an account."""
    accounts.end_sessions(session, actor, account_id, now)
    return see_other(link(f"/admin/accounts/{account_id}", language, done="sessions"))


@router.post("/admin/accounts/{account_id}/close", dependencies=[_ACCOUNTS, CHECKED_FORM])
def close(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    now: NowDep,
    account_id: UUID,
) -> Response:
    """Close an account."""
    try:
        accounts.close_account(session, actor, account_id, now)
    except InvalidInputError as exc:
        problem = say(str(exc), language)
        return _account(
            request, session, actor, account_id, now, part="close", problem=problem, status=422
        )
    return see_other(link(f"/admin/accounts/{account_id}", language, done="closed"))
