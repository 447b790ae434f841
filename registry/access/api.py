"""JSON of the own account: who am I, sessions, tokens."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from registry.access import leaving, others, repository, sessions
from registry.access.browsers import BrowserDep
from registry.access.models import APIToken, WebSession
from registry.access.policy import ALL_PERMISSIONS, permissions_of
from registry.errors import NotSignedInError, SignInFailedError
from registry.web.bodies import REQUIRE_JSON, StrictBody
from registry.web.deps import ActorDep, NowDep, SessionDep, SignedInDep
from registry.web.gate import needs

router = APIRouter(prefix="/account", tags=["account"])

_OWN = needs("account:own")
# A token has no right to the account itself, and may still ask whose it is.
_ANY = needs(*sorted(ALL_PERMISSIONS))


class OwnAccountPublic(BaseModel):
    """Who acts, and what he may do: with a token, what the token may."""

    id: UUID
    login: str
    display_name: str
    language: str
    roles: list[str]
    body: str | None
    expert_id: UUID | None
    permissions: list[str]


class SessionPublic(BaseModel):
    """A signed-in browser; `is_current` marks the one that asks."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    method: str
    agent: str | None
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    is_current: bool = False


class ActPublic(BaseModel):
    """Something that somebody else did with the account; of who it was, the name that is shown.

    `by` is 'account', 'operator' (at the command line) or 'service'.
    """

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    code: str
    role: str | None
    body: str | None
    by: str
    name: str
    is_administrator: bool


class EndedPublic(BaseModel):
    """How many sessions ended."""

    ended: int


class TokenPublic(BaseModel):
    """A token, without itself."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


class TokenMade(TokenPublic):
    """A token that was just made, with itself: it is shown this once."""

    token: str


class TokenCreate(StrictBody):
    """A token to be made; `scopes` are permissions that its maker holds."""

    name: str
    scopes: list[str]
    days: int = 30


class AccountClose(StrictBody):
    """The password once more; without one, the sign-in must be a few minutes old at most."""

    password: str = Field(default="", max_length=1000)


class AccountClosed(BaseModel):
    """The account is closed; `is_anonymised` when nothing is left that tells whose it was."""

    is_anonymised: bool


@router.get("", dependencies=[_ANY])
def get_account(session: SessionDep, actor: ActorDep) -> OwnAccountPublic:
    """Who acts."""
    account = repository.get_own_account(session, actor)
    return OwnAccountPublic(
        id=account.id,
        login=account.login,
        display_name=account.display_name,
        language=account.language,
        roles=sorted(actor.roles),
        body=actor.body,
        expert_id=actor.expert_id,
        permissions=sorted(permissions_of(actor)),
    )


@router.get("/acts-of-others", dependencies=[_OWN])
def list_acts_of_others(session: SessionDep, actor: ActorDep, now: NowDep) -> list[ActPublic]:
    """What others did with the account in the last 90 days, newest first."""
    return [ActPublic.model_validate(act) for act in others.list_acts(session, actor, now)]


@router.post("/close", dependencies=[_OWN, REQUIRE_JSON])
def close_account(
    session: SessionDep, actor: ActorDep, now: NowDep, browser: BrowserDep, body: AccountClose
) -> AccountClosed:
    """Close one's own account for good; its profile stays, unless it was erased before."""
    try:
        is_anonymised = leaving.leave(session, actor, body.password, browser, now)
    except SignInFailedError:
        # A failure is counted in this session, and would be forgotten with it.
        session.commit()
        raise
    return AccountClosed(is_anonymised=is_anonymised)


@router.get("/sessions", dependencies=[_OWN])
def list_sessions(session: SessionDep, signed_in: SignedInDep, now: NowDep) -> list[SessionPublic]:
    """Open sessions, newest first."""
    if signed_in is None:
        raise NotSignedInError("sign in first")
    rows: Sequence[WebSession] = repository.list_sessions(session, signed_in.account.id, now)
    found = [SessionPublic.model_validate(row) for row in rows]
    for each in found:
        each.is_current = each.id == signed_in.session_id
    return found


@router.delete("/sessions", dependencies=[_OWN])
def end_other_sessions(
    session: SessionDep, actor: ActorDep, signed_in: SignedInDep, now: NowDep
) -> EndedPublic:
    """End all sessions but the one that asks."""
    but = signed_in.session_id if signed_in is not None else None
    return EndedPublic(ended=sessions.end_all(session, actor, now, but))


@router.delete("/sessions/{session_id}", dependencies=[_OWN], status_code=204)
def end_session(session: SessionDep, actor: ActorDep, now: NowDep, session_id: UUID) -> None:
    """End one session."""
    sessions.end(session, actor, session_id, now)


@router.get("/tokens", dependencies=[_OWN])
def list_tokens(session: SessionDep, actor: ActorDep) -> list[TokenPublic]:
    """All tokens, newest first, ended ones included."""
    account = repository.get_own_account(session, actor)
    rows: Sequence[APIToken] = repository.list_tokens(session, account.id)
    return [TokenPublic.model_validate(row) for row in rows]


@router.post("/tokens", dependencies=[_OWN, REQUIRE_JSON], status_code=201)
def create_token(session: SessionDep, actor: ActorDep, now: NowDep, body: TokenCreate) -> TokenMade:
    """Make a token; only this answer holds it."""
    row, secret = sessions.create_token(session, actor, body.name, set(body.scopes), body.days, now)
    shown = TokenPublic.model_validate(row).model_dump()
    return TokenMade(**shown, token=secret)


@router.delete("/tokens/{token_id}", dependencies=[_OWN], status_code=204)
def revoke_token(session: SessionDep, actor: ActorDep, now: NowDep, token_id: UUID) -> None:
    """Revoke a token."""
    sessions.revoke_token(session, actor, token_id, now)
