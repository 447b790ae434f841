"""JSON of delegates."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from registry.access import delegations
from registry.access.models import Delegation
from registry.errors import InvalidInputError, NotFoundError
from registry.web.bodies import REQUIRE_JSON, StrictBody
from registry.web.deps import ActorDep, NowDep, SessionDep, SettingsDep
from registry.web.gate import needs

router = APIRouter(prefix="/me/delegations", tags=["own profile"])

_OWN = needs("delegation:own")


class DelegationPublic(BaseModel):
    """Somebody who keeps sections of one's profile."""

    id: UUID
    login: str
    display_name: str
    has_joined: bool
    sections: list[str]
    created_at: datetime
    expires_at: datetime


class KeptPublic(BaseModel):
    """A profile that one keeps for somebody else."""

    id: UUID
    expert_id: UUID
    display_name: str | None
    sections: list[str]
    expires_at: datetime


class DelegationCreate(StrictBody):
    """A delegate to be named; `display_name` is for one who has no account yet."""

    login: str = Field(max_length=100)
    sections: list[str]
    days: int
    display_name: str | None = None


class DelegationMade(BaseModel):
    """A delegate who was just named; `link` is for one without an account, shown this once."""

    link: str | None


@router.get("", dependencies=[_OWN])
def list_delegations(session: SessionDep, actor: ActorDep, now: NowDep) -> list[DelegationPublic]:
    """Delegates of one's profile, newest first."""
    return [
        DelegationPublic(
            login=each.login,
            display_name=each.display_name,
            has_joined=each.has_joined,
            **_envelope(each.delegation),
        )
        for each in delegations.list_named(session, actor, now)
    ]


@router.post("", dependencies=[_OWN, REQUIRE_JSON], status_code=201)
def create_delegation(
    session: SessionDep,
    actor: ActorDep,
    settings: SettingsDep,
    now: NowDep,
    body: DelegationCreate,
) -> DelegationMade:
    """Name a delegate; a name that cannot be used is counted."""
    try:
        if body.display_name is None:
            delegations.name_delegate(session, actor, body.login, body.sections, body.days, now)
            return DelegationMade(link=None)
        token = delegations.invite_delegate(
            session, actor, body.login, body.display_name, body.sections, body.days, now
        )
    except (InvalidInputError, NotFoundError):
        # The answer is an error, and what was counted stays.
        session.commit()
        raise
    return DelegationMade(link=f"{settings.public_url}/l/{token}")


@router.delete("/{delegation_id}", dependencies=[_OWN], status_code=204)
def end_delegation(session: SessionDep, actor: ActorDep, now: NowDep, delegation_id: UUID) -> None:
    """End a delegation of one's own profile."""
    delegations.revoke(session, actor, delegation_id, now)


@router.get("/kept", dependencies=[needs("profile:delegated", "account:own")])
def list_kept(session: SessionDep, actor: ActorDep, now: NowDep) -> list[KeptPublic]:
    """Profiles that one keeps for others."""
    return [
        KeptPublic(
            id=each.delegation.id,
            expert_id=each.delegation.expert_id,
            display_name=each.display_name,
            sections=each.delegation.sections,
            expires_at=each.delegation.expires_at,
        )
        for each in delegations.list_kept(session, actor, now)
    ]


@router.delete(
    "/kept/{delegation_id}",
    dependencies=[needs("profile:delegated", "account:own")],
    status_code=204,
)
def give_up(session: SessionDep, actor: ActorDep, now: NowDep, delegation_id: UUID) -> None:
    """End a delegation that one holds oneself."""
    delegations.give_up(session, actor, delegation_id, now)


def _envelope(row: Delegation) -> dict[str, object]:
    return {
        "id": row.id,
        "sections": row.sections,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
    }
