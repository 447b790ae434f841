"""The table of the audit. The database numbers and chains its rows; nobody changes them."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, FetchedValue, Index, LargeBinary, Text, Uuid
from sqlmodel import Field, SQLModel

# Held from the insertion to the commit, so that two transactions never follow the same entry.
CHAIN_LOCK: Final = 7_239_004


class AuditEntry(SQLModel, table=True):
    """One act. `payload` is a ciphertext: under the person's key when the act is about one.

    The chain runs over the digest of the ciphertext, so that it holds when the key is destroyed.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("audit_entry_expert", "expert_id", "seq"),
        Index("audit_entry_actor", "actor", "seq"),
        Index("audit_entry_action", "action", "seq"),
    )

    seq: int = Field(
        default=None,
        sa_column=Column(
            BigInteger, primary_key=True, autoincrement=False, server_default=FetchedValue()
        ),
    )
    at: datetime = Field(
        default=None,
        sa_column=Column(DateTime(timezone=True), nullable=False, server_default=FetchedValue()),
    )
    actor: str = Field(sa_column=Column(Text, nullable=False))
    action: str = Field(sa_column=Column(Text, nullable=False))
    expert_id: UUID | None = Field(default=None, sa_column=Column(Uuid))
    body: str | None = Field(default=None, sa_column=Column(Text))
    subject: str | None = Field(default=None, sa_column=Column(Text))
    payload: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    previous_hash: bytes = Field(
        default=None,
        sa_column=Column(LargeBinary, nullable=False, server_default=FetchedValue()),
    )
    hash: bytes = Field(
        default=None,
        sa_column=Column(LargeBinary, nullable=False, server_default=FetchedValue()),
    )
