"""Tables of wrapped data keys."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, ForeignKey, LargeBinary, Text, Uuid
from sqlmodel import Field, SQLModel

from registry.columns import moment_of_insert


class PersonKey(SQLModel, table=True):
    """The key of one person, wrapped: without it, what is sealed of him opens to nobody."""

    __tablename__ = "person_key"

    # Looked at when the transaction ends: what is said of a new person is sealed before his row
    # is written with the others.
    expert_id: UUID = Field(
        sa_column=Column(
            Uuid,
            ForeignKey("expert.id", ondelete="CASCADE", deferrable=True, initially="DEFERRED"),
            primary_key=True,
        )
    )
    master: str = Field(sa_column=Column(Text, nullable=False, index=True))
    wrapped: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = moment_of_insert()


class ServiceKey(SQLModel, table=True):
    """A key of the service itself, wrapped: for digests that are compared, for links, for codes."""

    __tablename__ = "service_key"

    name: str = Field(sa_column=Column(Text, primary_key=True))
    master: str = Field(sa_column=Column(Text, nullable=False))
    wrapped: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = moment_of_insert()
