"""Tables of programmes, roles and requirement lines (of roles and of council seats)."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from registry.columns import key


class Programme(SQLModel, table=True):
    """A programme under one version of the national list."""

    __tablename__ = "programme"
    __table_args__ = (UniqueConstraint("list_version", "code", name="programme_code_once"),)

    id: UUID = key()
    code: str = Field(sa_column=Column(Text, nullable=False))
    list_version: str = Field(sa_column=Column(Text, nullable=False))
    product_no: int
    group_no: int
    name_vi: str = Field(sa_column=Column(Text, nullable=False))
    name_en: str = Field(sa_column=Column(Text, nullable=False))
    summary_vi: str = Field(sa_column=Column(Text, nullable=False))
    summary_en: str = Field(sa_column=Column(Text, nullable=False))
    is_example: bool = True


class ProgrammeRole(SQLModel, table=True):
    """A role of a programme, with the number of people wanted."""

    __tablename__ = "programme_role"
    __table_args__ = (CheckConstraint("headcount >= 1", name="programme_role_headcount"),)

    id: UUID = key()
    programme_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("programme.id"), nullable=False, index=True)
    )
    code: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    name_vi: str = Field(sa_column=Column(Text, nullable=False))
    name_en: str = Field(sa_column=Column(Text, nullable=False))
    headcount: int


class RequirementLine(SQLModel, table=True):
    """One line of what a role or a seat wants: a text to match, or a fact to check."""

    __tablename__ = "requirement_line"
    __table_args__ = (
        CheckConstraint("kind IN ('must','wish')", name="requirement_line_kind"),
        CheckConstraint("(role_id IS NULL) <> (seat_id IS NULL)", name="requirement_line_owner"),
    )

    id: UUID = key()
    role_id: UUID | None = Field(
        default=None, sa_column=Column(Uuid, ForeignKey("programme_role.id"), index=True)
    )
    seat_id: UUID | None = Field(
        default=None, sa_column=Column(Uuid, ForeignKey("council_seat.id"), index=True)
    )
    position: int = Field(sa_column=Column(Integer, nullable=False))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    weight: int
    text_vi: str = Field(sa_column=Column(Text, nullable=False))
    text_en: str = Field(sa_column=Column(Text, nullable=False))
    fact: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True)
    )
