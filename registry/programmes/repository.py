"""All SQL of programmes, roles and lines."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.programmes.models import Programme, ProgrammeRole, RequirementLine

if TYPE_CHECKING:
    from registry.programmes.service import RoleWithLines

Row = tuple[Programme, ProgrammeRole, list[RequirementLine]]


def known_codes(session: Session, list_version: str) -> set[str]:
    """Codes of the programmes under this version of the list."""
    return set(
        session.scalars(
            select(col(Programme.code)).where(col(Programme.list_version) == list_version)
        )
    )


def add_programme(session: Session, programme: Programme, roles: "Sequence[RoleWithLines]") -> None:
    """Insert a programme with its roles and lines."""
    session.add(programme)
    session.flush()
    session.add_all([item.role for item in roles])
    session.flush()
    session.add_all([line for item in roles for line in item.lines])
    session.flush()


def list_roles(session: Session) -> list[Row]:
    """Every role with its programme and lines, by code."""
    lines: dict[UUID, list[RequirementLine]] = {}
    for line in session.scalars(
        select(RequirementLine)
        .where(col(RequirementLine.role_id).is_not(None))
        .order_by(col(RequirementLine.position), col(RequirementLine.id))
    ):
        if line.role_id is not None:
            lines.setdefault(line.role_id, []).append(line)
    rows = session.execute(
        select(Programme, ProgrammeRole)
        .join(ProgrammeRole, col(ProgrammeRole.programme_id) == col(Programme.id))
        .order_by(col(ProgrammeRole.code))
    )
    return [(programme, role, lines.get(role.id, [])) for programme, role in rows]


def find_role(session: Session, key: UUID | str) -> Row | None:
    """One role by id or code."""
    condition = (
        col(ProgrammeRole.id) == key if isinstance(key, UUID) else col(ProgrammeRole.code) == key
    )
    row = session.execute(
        select(Programme, ProgrammeRole)
        .join(ProgrammeRole, col(ProgrammeRole.programme_id) == col(Programme.id))
        .where(condition)
    ).first()
    if row is None:
        return None
    programme, role = row
    lines = session.scalars(
        select(RequirementLine)
        .where(col(RequirementLine.role_id) == role.id)
        .order_by(col(RequirementLine.position), col(RequirementLine.id))
    )
    return programme, role, list(lines)
