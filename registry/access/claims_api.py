"""JSON of claims and invitations."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from registry.access import claim_decisions, claims, contests
from registry.access.claim_decisions import WAITING, Decision
from registry.access.models import Claim
from registry.access.policy import Actor
from registry.errors import NotFoundError
from registry.web.bodies import REQUIRE_JSON, StrictBody
from registry.web.deps import ActorDep, NowDep, SessionDep, SettingsDep
from registry.web.gate import needs
from registry.web.pages import link

router = APIRouter(tags=["claims"])

_OWN = needs("account:own")
_DECIDE = needs("claim:decide")

State = Literal["open", "granted", "refused", "contested", "reverted", "ended"]


class ClaimPublic(BaseModel):
    """A claim of one's own; the profile is named once it is granted."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    proof: str
    state: str
    created_at: datetime
    decided_at: datetime | None
    expert_id: UUID | None


class ClaimListed(ClaimPublic):
    """A claim as stewards see it in the list."""

    account_id: UUID
    login: str
    account_name: str
    display_name: str | None
    is_held: bool
    contested_at: datetime | None


class RemarkPublic(BaseModel):
    """What somebody said of a claim."""

    model_config = ConfigDict(from_attributes=True)

    by: str
    at: datetime
    act: str
    words: str


class ClaimDetail(ClaimListed):
    """A claim with its words; `remarks` is null when the person was erased."""

    sought: str | None
    orcid: str | None
    remarks: list[RemarkPublic] | None
    decisions: list[Decision]


class ClaimCreate(StrictBody):
    """A claim: by the token of an invitation, by ORCID, or in words."""

    way: Literal["link", "orcid", "words"]
    token: str = Field(default="", max_length=1000, description="Of the invitation.")
    sought: str = Field(default="", description="Which profile: its address or id, or who it is.")
    words: str = Field(default="", description="How a data steward can make sure.")
    agreed: list[str] = Field(description="Purposes agreed to; 'registry' is needed.")
    language: Literal["vi", "en"] = Field(description="In which the texts were read.")


class ContestCreate(StrictBody):
    """Why a profile is not its holder's."""

    words: str


class ClaimDecide(StrictBody):
    """A decision; `expert_id` names the profile where the claim does not."""

    decision: Decision
    reason: str
    expert_id: UUID | None = None


class InvitationCreate(StrictBody):
    """Whom an invitation goes to."""

    sent_to: str


class InvitationMade(BaseModel):
    """An invitation that was just made; its link is shown this once."""

    link: str


class Contested(BaseModel):
    """A profile whose holder is contested."""

    expert_id: UUID
    state: Literal["contested"] = "contested"


@router.post("/claims", dependencies=[_OWN, REQUIRE_JSON], status_code=201)
def create_claim(
    session: SessionDep, actor: ActorDep, now: NowDep, body: ClaimCreate
) -> ClaimPublic:
    """Claim a profile; what needs a data steward waits in the state 'open'."""
    agreed, language = body.agreed, body.language
    if body.way == "link":
        made = claims.claim_by_link(session, actor, body.token, agreed, language, now)
    elif body.way == "orcid":
        made = claims.claim_by_orcid(session, actor, agreed, language, now)
    else:
        made = claims.claim_in_words(session, actor, body.sought, body.words, agreed, language, now)
    return _own(made)


@router.get("/claims", dependencies=[_DECIDE])
def list_claims(
    session: SessionDep,
    actor: ActorDep,
    state: Annotated[list[State], Query()] = list(WAITING),  # noqa: B006
    before: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> list[ClaimListed]:
    """Claims for stewards, newest first; `before` is the id of the last one of the page before."""
    found = claim_decisions.list_claims(session, actor, state, before, limit)
    return [_listed(each) for each in found]


@router.get("/claims/mine", dependencies=[_OWN])
def list_own_claims(session: SessionDep, actor: ActorDep) -> list[ClaimPublic]:
    """One's own claims, newest first."""
    return [_own(each) for each in claims.list_own(session, actor)]


@router.get("/claims/{claim_id}", dependencies=[_DECIDE])
def get_claim(session: SessionDep, actor: ActorDep, claim_id: UUID) -> ClaimDetail:
    """One claim with its words, for a steward."""
    return _detail(session, actor, claim_id)


@router.post("/claims/{claim_id}/decision", dependencies=[_DECIDE, REQUIRE_JSON])
def decide_claim(
    session: SessionDep, actor: ActorDep, now: NowDep, claim_id: UUID, body: ClaimDecide
) -> ClaimDetail:
    """Grant or refuse a claim that waits; keep, end or take back one that is held."""
    claim_decisions.decide(
        session, actor, claim_id, body.decision, body.reason, now, body.expert_id
    )
    return _detail(session, actor, claim_id)


@router.post("/claims/{claim_id}/contest", dependencies=[_DECIDE, REQUIRE_JSON])
def contest_claim(
    session: SessionDep, actor: ActorDep, now: NowDep, claim_id: UUID, body: ContestCreate
) -> Contested:
    """Contest a claim by its id, which stewards know."""
    claim = session.get(Claim, claim_id)
    if claim is None or claim.expert_id is None:
        raise NotFoundError(f"no claim with the id {claim_id}")
    return _contest(session, actor, now, claim.expert_id, body)


@router.post("/experts/{expert_id}/contest", dependencies=[needs("account:own"), REQUIRE_JSON])
def contest_profile(
    session: SessionDep, actor: ActorDep, now: NowDep, expert_id: UUID, body: ContestCreate
) -> Contested:
    """Say that a profile is not its holder's; for everybody who may see it."""
    return _contest(session, actor, now, expert_id, body)


@router.post(
    "/experts/{expert_id}/invitations",
    dependencies=[needs("invitation:create"), REQUIRE_JSON],
    status_code=201,
)
def create_invitation(
    session: SessionDep,
    actor: ActorDep,
    settings: SettingsDep,
    now: NowDep,
    expert_id: UUID,
    body: InvitationCreate,
) -> InvitationMade:
    """Invite a person to claim his profile; only this answer holds the link."""
    token = claims.invite(session, actor, expert_id, body.sent_to, now)
    return InvitationMade(link=f"{settings.public_url}{link(f'/claim/{token}', 'vi')}")


def _contest(
    session: Session, actor: Actor, now: datetime, expert_id: UUID, body: ContestCreate
) -> Contested:
    contests.contest(session, actor, expert_id, body.words, now)
    return Contested(expert_id=expert_id)


def _own(claim: Claim) -> ClaimPublic:
    shown = ClaimPublic.model_validate(claim)
    if claim.state not in {"granted", "contested"}:
        # An id that was only typed is not confirmed by the answer.
        shown.expert_id = None
    return shown


def _listed(each: claim_decisions.Listed) -> ClaimListed:
    return ClaimListed(
        **ClaimPublic.model_validate(each.claim).model_dump(),
        account_id=each.claim.account_id,
        login=each.login,
        account_name=each.account_name,
        display_name=each.summary.display_name if each.summary is not None else None,
        is_held=each.is_held,
        contested_at=each.claim.contested_at,
    )


def _detail(session: Session, actor: Actor, claim_id: UUID) -> ClaimDetail:
    opened = claim_decisions.open_claim(session, actor, claim_id)
    words = opened.words
    return ClaimDetail(
        **_listed(opened.listed).model_dump(),
        sought=words.sought if words is not None else None,
        orcid=opened.orcid,
        remarks=None
        if words is None
        else [RemarkPublic.model_validate(remark) for remark in words.remarks],
        decisions=opened.decisions,
    )
