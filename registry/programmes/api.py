"""JSON of programmes."""

from itertools import groupby
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from registry.programmes import service
from registry.programmes.service import RoleWithLines
from registry.web.deps import ActorDep, SessionDep
from registry.web.gate import needs

router = APIRouter(tags=["programmes"])


class RequirementPublic(BaseModel):
    """One line of what a role wants; `fact` is set when a stated fact decides."""

    model_config = ConfigDict(from_attributes=True)

    position: int
    kind: str
    weight: int
    text_vi: str
    text_en: str
    fact: dict[str, Any] | None


class RolePublic(BaseModel):
    """A role with the number of people wanted."""

    id: UUID
    code: str
    name_vi: str
    name_en: str
    headcount: int
    lines: list[RequirementPublic]


class ProgrammePublic(BaseModel):
    """A programme with its roles; `is_example` marks those that no authority has issued."""

    id: UUID
    code: str
    list_version: str
    product_no: int
    group_no: int
    name_vi: str
    name_en: str
    summary_vi: str
    summary_en: str
    is_example: bool
    roles: list[RolePublic]


def _role(item: RoleWithLines) -> RolePublic:
    return RolePublic(
        id=item.role.id,
        code=item.role.code,
        name_vi=item.role.name_vi,
        name_en=item.role.name_en,
        headcount=item.role.headcount,
        lines=[RequirementPublic.model_validate(line) for line in item.lines],
    )


@router.get("/roles", dependencies=[needs("programme:read")])
def list_roles(session: SessionDep, actor: ActorDep) -> list[ProgrammePublic]:
    """All programmes with their roles and lines, by code."""
    found = sorted(
        service.list_roles(session, actor), key=lambda r: (r.programme.code, r.role.code)
    )
    programmes = []
    for _, group in groupby(found, key=lambda r: r.programme.id):
        items = list(group)
        programme = items[0].programme
        stored = programme.model_dump(exclude={"roles"})
        programmes.append(ProgrammePublic(**stored, roles=[_role(item) for item in items]))
    return programmes
