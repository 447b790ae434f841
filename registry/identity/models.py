"""Tables of who is who: what was proposed about two profiles, and what was judged."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from registry.columns import key, moment, moment_of_insert


def _person() -> Any:
    return Field(sa_column=Column(Uuid, ForeignKey("expert.id"), nullable=False, index=True))


class IdentityProposal(SQLModel, table=True):
    """Two profiles that may stand for one person, and why; nothing is decided by it.

    Args:
        one_id, other_id: In the order of their ids: a pair is there once.
        bits: All evidence: above 0, one person is likelier than two.
        parts: Kinds of evidence, as {kind, label, bits}; no personal data.
        signals: How many kinds beside the name speak for it on their own.
    """

    __tablename__ = "identity_proposal"
    __table_args__ = (
        CheckConstraint("one_id < other_id", name="identity_proposal_ordered"),
        Index("identity_proposal_pair", "one_id", "other_id", unique=True),
    )

    id: UUID = key()
    one_id: UUID = _person()
    other_id: UUID = _person()
    bits: float = Field(sa_column=Column(Float, nullable=False))
    signals: int = 0
    parts: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    found_at: datetime = moment()


class IdentityJudgement(SQLModel, table=True):
    """That two profiles are of one person, of two, or that nobody can tell; kept for ever.

    A newer judgement of the same pair supersedes this one; it can be taken back.

    Args:
        parts: The evidence that was on the table, as in the proposal.
        reason: In the words of whoever judged, sealed.
    """

    __tablename__ = "identity_judgement"
    __table_args__ = (
        CheckConstraint("one_id < other_id", name="identity_judgement_ordered"),
        CheckConstraint("verdict IN ('same','different','unsure')", name="identity_verdict_known"),
        Index(
            "identity_judgement_current",
            "one_id",
            "other_id",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )

    id: UUID = key()
    one_id: UUID = _person()
    other_id: UUID = _person()
    verdict: str = Field(sa_column=Column(Text, nullable=False))
    is_automatic: bool = Field(
        default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false"))
    )
    bits: float | None = None
    parts: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    reason: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    judged_by: str = Field(sa_column=Column(Text, nullable=False))
    judged_at: datetime = moment()
    superseded_at: datetime | None = moment(nullable=True)
    superseded_by: UUID | None = Field(
        default=None, sa_column=Column(Uuid, ForeignKey("identity_judgement.id"), nullable=True)
    )
    recorded_at: datetime = moment_of_insert()
