"""JSON of the published classifications, in both languages."""

from datetime import date
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from registry.taxonomy import service
from registry.web.deps import SessionDep
from registry.web.gate import open_to_all

router = APIRouter(prefix="/taxonomies", tags=["taxonomies"])

_PUBLISHED = open_to_all("published classifications")


class GroupPublic(BaseModel):
    """A group of the national list of strategic technologies; the English name is unofficial."""

    model_config = ConfigDict(from_attributes=True)

    version: str
    no: int
    name_vi: str
    name_en: str
    legal_basis: str
    effective_from: date
    effective_to: date | None


class FieldPublic(BaseModel):
    """A class of OECD FORD 2015; a Vietnamese name where the national classification has one."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    level: int
    parent: str | None
    name_vi: str | None
    name_en: str | None


class CountryPublic(BaseModel):
    """A country by its ISO 3166-1 code."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    name_vi: str
    name_en: str


@router.get("/groups", dependencies=[_PUBLISHED])
def list_groups(
    session: SessionDep, version: Literal["2025", "2026"] = "2026"
) -> list[GroupPublic]:
    """The groups of one version of the national list, in its order."""
    return [GroupPublic.model_validate(row) for row in service.list_groups(session, version)]


@router.get("/fields", dependencies=[_PUBLISHED])
def list_fields(session: SessionDep) -> list[FieldPublic]:
    """The fields of research that people are filtered by."""
    return [FieldPublic.model_validate(row) for row in service.list_ford(session)]


@router.get("/countries", dependencies=[_PUBLISHED])
def list_countries(session: SessionDep) -> list[CountryPublic]:
    """All countries, by code."""
    return [CountryPublic.model_validate(row) for row in service.list_countries(session)]
