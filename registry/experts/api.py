"""JSON of people."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from registry.access.policy import Actor, permissions_of
from registry.experts import service
from registry.experts.contacts import opened_of
from registry.experts.items import count_items, group_statements
from registry.experts.models import Statement
from registry.experts.parties import SOURCES
from registry.experts.service import Profile
from registry.experts.versions import profile_version
from registry.web.deps import ActorDep, Purpose, SessionDep
from registry.web.etags import IfNoneMatch, etag, is_same
from registry.web.gate import open_to_all

router = APIRouter(tags=["experts"])

PUBLISHED = "people who agreed to a public page are shown to everybody, others as the actor sees"


class StatementPublic(BaseModel):
    """One sourced fact, as far as the reader may see it; its id is its version (ETag).

    `named_bodies` and `verification_document` are for the person himself and for stewards, and
    null for everybody else, who are not told either by which account he or a steward spoke.
    `on_behalf_of` is the profile that a delegate spoke for.
    """

    id: UUID
    property: str
    value: dict[str, Any]
    external_id: str | None
    started_on: str | None
    ended_on: str | None
    source: str
    asserted_by: str
    on_behalf_of: str | None
    asserted_at: datetime
    retrieved_at: datetime | None
    evidence_url: str | None
    legal_ground: str
    verification: str
    verified_at: datetime | None
    verification_method: str | None
    verification_document: str | None
    judgement: str | None
    judged_at: datetime | None
    visibility: str
    named_bodies: list[str] | None
    change_id: UUID | None


class CountsPublic(BaseModel):
    """How far the items that the reader sees are verified.

    Each is claimed, checked or confirmed by the best that is said of it; `accepted` ones the
    person stated or accepted himself.
    """

    items: int
    claimed: int
    checked: int
    confirmed: int
    accepted: int


class ExpertPublic(BaseModel):
    """A person: what lists show, and the visible statements behind it.

    `items` are ids of statements, a list for each thing that is said, the preferred one first.
    """

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
    items: list[list[UUID]]
    counts: CountsPublic


_CLOSER = ("named_bodies", "verification_document")


def statement_public(session: Session, row: Statement, is_close: bool = False) -> StatementPublic:
    """A statement as JSON, for somebody who may see it; contact data are opened for him.

    Args:
        is_close: For the person himself or a steward.
    """
    values = {name: getattr(row, name) for name in StatementPublic.model_fields}
    if not is_close:
        values |= dict.fromkeys(_CLOSER)
        # Whose account it was is between him and the registry; the source says enough.
        if row.source in SOURCES.values():
            values["asserted_by"] = row.source
    values["value"] = opened_of(session, row)
    return StatementPublic(**values)


def is_close_to(actor: Actor, expert_id: UUID) -> bool:
    """Whether he is the person himself or a steward."""
    return actor.expert_id == expert_id or "statement:edit" in permissions_of(actor)


def profile_public(session: Session, profile: Profile, is_close: bool = False) -> ExpertPublic:
    """A profile as JSON.

    Args:
        is_close: For the person himself or a steward.
    """
    items = group_statements(profile.statements)
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
        statements=[statement_public(session, s, is_close) for s in profile.statements],
        items=[[s.id for s in item.statements] for item in items],
        counts=CountsPublic(**vars(count_items(items))),
    )


@router.get(
    "/experts/{expert_id}",
    dependencies=[open_to_all(PUBLISHED)],
    responses={304: {"description": "The client has this version already."}},
)
def get_expert(
    session: SessionDep,
    actor: ActorDep,
    response: Response,
    expert_id: UUID,
    purpose: Purpose = None,
    if_none_match: IfNoneMatch = None,
) -> ExpertPublic:
    """One person with the statements that the actor may see, oldest first.

    The ETag is the version to add something to the profile on; it tells of nothing that the
    actor does not see.
    """
    profile = service.get_profile(session, actor, expert_id, purpose)
    version = profile_version(session, actor, profile.expert)
    if is_same(if_none_match, version):
        # It is a view all the same: the client shows its copy.
        return Response(status_code=304, headers={"ETag": etag(version)})  # type: ignore[return-value]
    response.headers["ETag"] = etag(version)
    return profile_public(session, profile, is_close_to(actor, expert_id))
