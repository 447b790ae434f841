"""Tables of consents, requests about one's data, considerations, erasures and breaches."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from registry.columns import key, moment, moment_of_insert, origin, origin_index

_PURPOSES = "purpose IN ('registry','matching','council','talent_pool','publication','origin')"


class ConsentText(SQLModel, table=True):
    """The words that people agree to, by version; a version that was shown is never changed."""

    __tablename__ = "consent_text"
    __table_args__ = (CheckConstraint(_PURPOSES, name="consent_text_purpose"),)

    purpose: str = Field(sa_column=Column(Text, primary_key=True))
    version: str = Field(sa_column=Column(Text, primary_key=True))
    text_vi: str = Field(sa_column=Column(Text, nullable=False))
    text_en: str = Field(sa_column=Column(Text, nullable=False))
    issued_at: datetime = moment()


class Consent(SQLModel, table=True):
    """That a person agreed to one purpose, for one body or (null) all registered bodies."""

    __tablename__ = "consent"
    __table_args__ = (
        CheckConstraint(_PURPOSES, name="consent_purpose"),
        CheckConstraint(
            "channel IN ('web','paper','email','in_person')", name="consent_channel_known"
        ),
        ForeignKeyConstraint(
            ["purpose", "text_version"],
            ["consent_text.purpose", "consent_text.version"],
            name="consent_of_a_text",
        ),
        Index(
            "consent_current",
            "expert_id",
            "purpose",
            text("coalesce(body, '')"),
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: UUID = key()
    expert_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("expert.id"), nullable=False, index=True)
    )
    purpose: str = Field(sa_column=Column(Text, nullable=False))
    body: str | None = Field(default=None, sa_column=Column(Text, ForeignKey("body.code")))
    text_version: str = Field(sa_column=Column(Text, nullable=False))
    language: str = Field(sa_column=Column(Text, nullable=False))
    channel: str = Field(sa_column=Column(Text, nullable=False))
    # Where the proof is kept (number of the signed paper), sealed under the person's key.
    evidence: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    given_at: datetime = moment()
    recorded_by: str = Field(sa_column=Column(Text, nullable=False))
    withdrawn_at: datetime | None = moment(nullable=True)
    withdrawn_by: str | None = Field(default=None, sa_column=Column(Text))
    withdrawn_channel: str | None = Field(default=None, sa_column=Column(Text))


class RightsRequest(SQLModel, table=True):
    """What a person asked for about his data, and by when the law wants it answered and done.

    `requester` and `words` are sealed: under the person's key, or the service's when he has no
    profile here.
    """

    __tablename__ = "rights_request"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('view','correct','copy','withdraw','restrict','object','delete','complain')",
            name="rights_request_kind",
        ),
        CheckConstraint(
            "state IN ('open','answered','done','refused')", name="rights_request_state"
        ),
        Index("rights_request_due", "state", "act_by"),
    )

    id: UUID = key()
    expert_id: UUID | None = Field(
        default=None, sa_column=Column(Uuid, ForeignKey("expert.id"), nullable=True, index=True)
    )
    kind: str = Field(sa_column=Column(Text, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    channel: str = Field(sa_column=Column(Text, nullable=False))
    through_third_party: bool = False
    received_at: datetime = moment()
    answer_by: datetime = moment()
    act_by: datetime = moment()
    extended_by_days: int | None = Field(default=None, sa_column=Column(Integer))
    answered_at: datetime | None = moment(nullable=True)
    done_at: datetime | None = moment(nullable=True)
    handled_by: str | None = Field(default=None, sa_column=Column(Text))
    requester: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    words: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    outcome: bytes | None = Field(default=None, sa_column=Column(LargeBinary))


class Consideration(SQLModel, table=True):
    """That a body considers a person for something, and how that ended.

    Who was considered and not engaged is deleted on schedule unless he agreed to stay
    (Law 91/2025/QH15, Art 25).
    """

    __tablename__ = "consideration"
    __table_args__ = (
        CheckConstraint(
            "outcome IN ('engaged','not_engaged','consent_ended')", name="consideration_outcome"
        ),
        CheckConstraint(
            "(closed_at IS NULL) = (outcome IS NULL)", name="consideration_closed_with_outcome"
        ),
        origin_index("consideration"),
    )

    id: UUID = key()
    expert_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("expert.id"), nullable=False, index=True)
    )
    origin_id: UUID | None = origin()
    body: str = Field(sa_column=Column(Text, ForeignKey("body.code"), nullable=False))
    purpose: str = Field(sa_column=Column(Text, nullable=False))
    council_id: UUID | None = Field(
        default=None, sa_column=Column(Uuid, ForeignKey("council.id"), nullable=True)
    )
    opened_by: str = Field(sa_column=Column(Text, nullable=False))
    opened_at: datetime = moment()
    closed_at: datetime | None = moment(nullable=True)
    outcome: str | None = Field(default=None, sa_column=Column(Text))


class Erasure(SQLModel, table=True):
    """That a person was erased: the proof that stays. Holds no personal data but the former id."""

    __tablename__ = "erasure"

    id: UUID = key()
    expert_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("expert.id"), nullable=False, unique=True)
    )
    reason: str = Field(sa_column=Column(Text, nullable=False))
    erased_by: str = Field(sa_column=Column(Text, nullable=False))
    erased_at: datetime = moment()
    # Rows deleted or emptied, by table.
    counts: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    # When tables and indexes were rewritten, and what the check then found.
    compacted_at: datetime | None = moment(nullable=True)
    proof: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True)
    )


class Breach(SQLModel, table=True):
    """A breach of personal data: what is known, and the notice within 72 hours (Law Art 23)."""

    __tablename__ = "breach"

    id: UUID = key()
    found_at: datetime = moment()
    notice_due: datetime = moment()
    notified_at: datetime | None = moment(nullable=True)
    closed_at: datetime | None = moment(nullable=True)
    people_affected: int | None = Field(default=None, sa_column=Column(Integer))
    # Title, description, measures and the notice's number, sealed under the service's key.
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    recorded_by: str = Field(sa_column=Column(Text, nullable=False))
    recorded_at: datetime = moment_of_insert()
