"""Tables of what is compared of the registry's people; derived, and only ever compared with."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, ForeignKey, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


class IdentityRecord(SQLModel, table=True):
    """What a person is compared by: his names, and digests and words of what is said of him.

    Whatever its visibility, so that it is looked at by the comparison alone, never shown.
    """

    __tablename__ = "identity_record"

    expert_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("expert.id", ondelete="CASCADE"), primary_key=True)
    )
    records: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))


class IdentityKey(SQLModel, table=True):
    """A key under which a person is met by others who may be he."""

    __tablename__ = "identity_key"

    key: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    expert_id: UUID = Field(
        sa_column=Column(
            Uuid, ForeignKey("expert.id", ondelete="CASCADE"), primary_key=True, index=True
        )
    )


class IdentityMark(SQLModel, table=True):
    """Up to where the records above follow the registry: a place in its change log."""

    __tablename__ = "identity_mark"

    name: str = Field(sa_column=Column(Text, primary_key=True))
    position: str = Field(sa_column=Column(Text, nullable=False))
