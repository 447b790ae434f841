"""JSON of accounts and bodies, for administrators; the list of bodies is for all who sign in."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from registry.access import accounts, bodies, roles
from registry.access.accounts import AccountView
from registry.access.models import Body
from registry.access.policy import ALL_PERMISSIONS, Role
from registry.access.roles import Grant
from registry.web.bodies import REQUIRE_JSON, StrictBody
from registry.web.deps import ActorDep, NowDep, SessionDep, SettingsDep
from registry.web.etags import IfMatch, etag, seen_versions
from registry.web.gate import needs

router = APIRouter(tags=["administration"])

_ACCOUNTS = needs("account:manage")
_BODIES = needs("body:manage")
_ANY = needs(*sorted(ALL_PERMISSIONS))


_OF_A_BODY = {"code", "name_vi", "name_en", "is_active"}


class BodyPublic(BaseModel):
    """A ministry or another body; `version` is what If-Match takes, in quotation marks."""

    code: str
    name_vi: str
    name_en: str
    is_active: bool
    version: str

    @classmethod
    def of(cls, body: Body) -> "BodyPublic":
        return cls(**body.model_dump(include=_OF_A_BODY), version=bodies.version_of_body(body))


class BodyCreate(StrictBody):
    """A body to be added; its code never changes."""

    code: str
    name_vi: str
    name_en: str


class BodyUpdate(StrictBody):
    """What to change of a body; a part that is left out stays."""

    name_vi: str | None = None
    name_en: str | None = None
    is_active: bool | None = None


class RoleGrant(StrictBody):
    """A role, and the body that it is for: recruiters and secretaries need one."""

    role: Role
    body: str | None = None


class RolePublic(BaseModel):
    """A role that an account holds."""

    model_config = ConfigDict(from_attributes=True)

    role: str
    body: str | None
    granted_at: datetime


class AccountPublic(BaseModel):
    """An account as administrators see it."""

    id: UUID
    login: str
    display_name: str
    is_invented: bool
    created_at: datetime
    closed_at: datetime | None
    roles: list[RolePublic]


class AccountsPublic(BaseModel):
    """A page of accounts by sign-in name; `after` asks for the next one."""

    accounts: list[AccountPublic]
    after: str | None


class InvitationCreate(StrictBody):
    """Somebody to invite."""

    login: str
    display_name: str
    roles: list[RoleGrant] = Field(default_factory=list)


class InvitationPublic(BaseModel):
    """The account, and the link for its owner: only this answer holds it."""

    account: AccountPublic
    link: str


class RolesUpdate(StrictBody):
    """Roles to end and to give, in this order; both or nothing."""

    end: list[Role] = Field(default_factory=list)
    grant: list[RoleGrant] = Field(default_factory=list)


def _public(view: AccountView) -> AccountPublic:
    account = view.account
    return AccountPublic(
        id=account.id,
        login=account.login,
        display_name=account.display_name,
        is_invented=account.is_invented,
        created_at=account.created_at,
        closed_at=account.closed_at,
        roles=[RolePublic.model_validate(role) for role in view.roles],
    )


@router.get("/bodies", dependencies=[_ANY])
def list_bodies(session: SessionDep, actor: ActorDep) -> list[BodyPublic]:
    """Bodies by code; the inactive ones for administrators only."""
    return [BodyPublic.of(body) for body in bodies.list_bodies(session, actor)]


@router.post("/bodies", dependencies=[_BODIES, REQUIRE_JSON], status_code=201)
def create_body(
    session: SessionDep, actor: ActorDep, response: Response, body: BodyCreate
) -> BodyPublic:
    """Add a body."""
    made = bodies.create_body(session, actor, body.code, body.name_vi, body.name_en)
    return _body(response, made)


@router.patch("/bodies/{code}", dependencies=[_BODIES, REQUIRE_JSON])
def update_body(
    session: SessionDep,
    actor: ActorDep,
    response: Response,
    code: str,
    body: BodyUpdate,
    if_match: IfMatch = None,
) -> BodyPublic:
    """Rename a body, or put it out of use or back; If-Match carries its version."""
    seen = seen_versions(if_match)
    changed = bodies.update_body(
        session,
        actor,
        code,
        name_vi=body.name_vi,
        name_en=body.name_en,
        is_active=body.is_active,
        seen=seen,
    )
    return _body(response, changed)


def _body(response: Response, body: Body) -> BodyPublic:
    shown = BodyPublic.of(body)
    response.headers["ETag"] = etag(shown.version)
    return shown


@router.get("/accounts", dependencies=[_ACCOUNTS])
def list_accounts(
    session: SessionDep,
    actor: ActorDep,
    after: Annotated[str, Query(max_length=100)] = "",
    find: Annotated[str, Query(max_length=100)] = "",
    closed: bool = False,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> AccountsPublic:
    """Accounts by sign-in name, those with `find` in a name; closed ones if asked for."""
    found = accounts.list_accounts(
        session, actor, after=after, limit=limit + 1, text=find, include_closed=closed
    )
    page = [_public(view) for view in found[:limit]]
    return AccountsPublic(accounts=page, after=page[-1].login if len(found) > limit else None)


@router.post("/accounts", dependencies=[_ACCOUNTS, REQUIRE_JSON], status_code=201)
def invite(
    session: SessionDep,
    actor: ActorDep,
    settings: SettingsDep,
    now: NowDep,
    body: InvitationCreate,
) -> InvitationPublic:
    """Invite somebody."""
    grants = [Grant(each.role, each.body) for each in body.roles]
    account, token = accounts.invite(session, actor, body.login, body.display_name, grants, now)
    view = accounts.get_account(session, actor, account.id, now)
    return InvitationPublic(account=_public(view), link=f"{settings.public_url}/l/{token}")


@router.get("/accounts/{account_id}", dependencies=[_ACCOUNTS])
def get_account(
    session: SessionDep, actor: ActorDep, now: NowDep, account_id: UUID
) -> AccountPublic:
    """One account."""
    return _public(accounts.get_account(session, actor, account_id, now))


@router.patch("/accounts/{account_id}/roles", dependencies=[_ACCOUNTS, REQUIRE_JSON])
def update_roles(
    session: SessionDep, actor: ActorDep, now: NowDep, account_id: UUID, body: RolesUpdate
) -> AccountPublic:
    """End and give roles."""
    for role in body.end:
        roles.end_role(session, actor, account_id, role, now)
    for each in body.grant:
        roles.grant_role(session, actor, account_id, Grant(each.role, each.body), now)
    return _public(accounts.get_account(session, actor, account_id, now))


@router.post("/accounts/{account_id}/close", dependencies=[_ACCOUNTS, REQUIRE_JSON])
def close(session: SessionDep, actor: ActorDep, now: NowDep, account_id: UUID) -> AccountPublic:
    """Close an account for good."""
    accounts.close_account(session, actor, account_id, now)
    return _public(accounts.get_account(session, actor, account_id, now))
