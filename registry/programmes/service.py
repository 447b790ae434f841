"""Programmes and their roles: load the bundled examples, list them, read one role."""

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access.policy import Actor, require
from registry.errors import NotFoundError
from registry.ids import new_id
from registry.programmes import repository
from registry.programmes.models import Programme, ProgrammeRole, RequirementLine
from registry.taxonomy.service import CURRENT_LIST


@dataclass(frozen=True)
class RoleWithLines:
    """A role, the programme that it belongs to, and its lines in order."""

    programme: Programme
    role: ProgrammeRole
    lines: list[RequirementLine]


def load_example_programmes(session: Session) -> int:
    """Write the bundled programmes, one for each product of the current list; once.

    Returns:
        How many programmes were new.
    """
    known = repository.known_codes(session, CURRENT_LIST)
    content = files("registry.programmes").joinpath("data", "programmes.json").read_text("utf-8")
    new = 0
    for programme in json.loads(content):
        code = f"p{programme['product_no']:02d}"
        if code not in known:
            repository.add_programme(session, *_rows(code, programme))
            new += 1
    return new


def example_texts() -> dict[str, list[str]]:
    """Summaries and lines of the bundled programmes, by language: the usual kind of text."""
    found: dict[str, list[str]] = {"vi": [], "en": []}
    content = files("registry.programmes").joinpath("data", "programmes.json").read_text("utf-8")
    for programme in json.loads(content):
        lines = [line["text"] for role in programme["roles"] for line in role["lines"]]
        for language, texts in found.items():
            texts += [text[language] for text in (programme["summary"], *lines)]
    return found


def _rows(code: str, data: dict[str, Any]) -> tuple[Programme, list[RoleWithLines]]:
    programme = Programme(
        id=new_id(),
        code=code,
        list_version=CURRENT_LIST,
        product_no=data["product_no"],
        group_no=data["group_no"],
        name_vi=data["name"]["vi"],
        name_en=data["name"]["en"],
        summary_vi=data["summary"]["vi"],
        summary_en=data["summary"]["en"],
    )
    roles = []
    for item in data["roles"]:
        role = ProgrammeRole(
            id=new_id(),
            programme_id=programme.id,
            code=item["id"],
            name_vi=item["name"]["vi"],
            name_en=item["name"]["en"],
            headcount=item["headcount"],
        )
        lines = [
            RequirementLine(
                id=new_id(),
                role_id=role.id,
                position=position,
                kind=line["kind"],
                weight=line["weight"],
                text_vi=line["text"]["vi"],
                text_en=line["text"]["en"],
                fact=line["fact"],
            )
            for position, line in enumerate(item["lines"], start=1)
        ]
        roles.append(RoleWithLines(programme, role, lines))
    return programme, roles


def list_roles(session: Session, actor: Actor) -> list[RoleWithLines]:
    """All roles with their programmes and lines, by code."""
    require(actor, "programme:read")
    return [RoleWithLines(*row) for row in repository.list_roles(session)]


def get_role(session: Session, actor: Actor, key: UUID | str) -> RoleWithLines:
    """One role by its id or its code.

    Raises:
        NotFoundError: There is no such role.
    """
    require(actor, "programme:read")
    found = repository.find_role(session, key)
    if found is None:
        raise NotFoundError(f"no programme role {key}; `registry programmes list` shows them")
    return RoleWithLines(*found)
