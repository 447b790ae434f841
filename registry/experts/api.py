"""JSON of people."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from registry.experts import service
from registry.experts.service import Profile
from registry.web.deps import ActorDep, Purpose, SessionDep
from registry.web.gate import open_to_all

router = APIRouter(tags=["experts"])

PUBLISHED = "people who agreed to a public page are shown to everybody, others as the actor sees"


class StatementPublic(BaseModel):
    """One sourced fact, as far as the reader may see it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    property: str
    value: dict[str, Any]
    external_id: str | None
    started_on: str | None
    ended_on: str | None
    source: str
    asserted_by: str
    asserted_at: datetime
    retrieved_at: datetime | None
    evidence_url: str | None
    verification: str
    verified_at: datetime | None
    visibility: str


class ExpertPublic(BaseModel):
    """A person: what lists show, and the visible statements behind it."""

    id: UUID
    life: str
    is_invented: bool
    display_name: str
    organisation: str | None
    role_vi: str | None
    role_en: str | None
    country_code: str | None
    is_overseas: bool | None
    sector: str | None
    academic_rank: str | None
    degree: str | None
    languages: list[str]
    fields: list[str]
    groups: list[int]
    statements: list[StatementPublic]


def _public(profile: Profile) -> ExpertPublic:
    summary = profile.summary
    return ExpertPublic(
        id=profile.expert.id,
        life=profile.expert.life,
        is_invented=profile.expert.is_invented,
        display_name=summary.display_name,
        organisation=summary.organisation,
        role_vi=summary.role_vi,
        role_en=summary.role_en,
        country_code=summary.country_code,
        is_overseas=summary.is_overseas,
        sector=summary.sector,
        academic_rank=summary.rank,
        degree=summary.degree,
        languages=summary.languages,
        fields=[code.removeprefix("ford:") for code in summary.fields],
        groups=summary.groups,
        statements=[StatementPublic.model_validate(s) for s in profile.statements],
    )


@router.get("/experts/{expert_id}", dependencies=[open_to_all(PUBLISHED)])
def get_expert(
    session: SessionDep, actor: ActorDep, expert_id: UUID, purpose: Purpose = None
) -> ExpertPublic:
    """One person with the statements that the actor may see, oldest first."""
    return _public(service.get_profile(session, actor, expert_id, purpose))
