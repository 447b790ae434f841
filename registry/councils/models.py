"""Tables of councils, seats and who sat on them."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Text, Uuid
from sqlmodel import Field, SQLModel

from registry.columns import key, origin, origin_index


class Council(SQLModel, table=True):
    """A council, with the body that appoints it and its legal basis."""

    __tablename__ = "council"

    id: UUID = key()
    name_vi: str = Field(sa_column=Column(Text, nullable=False))
    name_en: str = Field(sa_column=Column(Text, nullable=False))
    body: str = Field(sa_column=Column(Text, nullable=False))
    legal_basis: str | None = Field(default=None, sa_column=Column(Text))


class CouncilSeat(SQLModel, table=True):
    """A seat or several identical ones (`capacity`)."""

    __tablename__ = "council_seat"
    __table_args__ = (
        CheckConstraint(
            "role IN ('chair','vice_chair','secretary','reviewer','member','reserve')",
            name="council_seat_role",
        ),
        CheckConstraint("capacity >= 1", name="council_seat_capacity"),
    )

    id: UUID = key()
    council_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("council.id"), nullable=False, index=True)
    )
    role: str = Field(sa_column=Column(Text, nullable=False))
    name_vi: str = Field(sa_column=Column(Text, nullable=False))
    name_en: str = Field(sa_column=Column(Text, nullable=False))
    capacity: int = 1


class CouncilTerm(SQLModel, table=True):
    """Who sat on which seat, from when to when: the memory behind rotation rules."""

    __tablename__ = "council_term"
    __table_args__ = (
        CheckConstraint("ended_on IS NULL OR ended_on >= started_on", name="council_term_order"),
        origin_index("council_term"),
    )

    id: UUID = key()
    seat_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("council_seat.id"), nullable=False, index=True)
    )
    expert_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("expert.id"), nullable=False, index=True)
    )
    origin_id: UUID | None = origin()
    started_on: date = Field(sa_column=Column(Date, nullable=False))
    ended_on: date | None = Field(default=None, sa_column=Column(Date))
