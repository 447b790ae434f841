"""Tables of people and what is said of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from registry.columns import key, moment, moment_of_insert


class Expert(SQLModel, table=True):
    """A person. Everything else about him is in statements."""

    __tablename__ = "expert"
    __table_args__ = (
        CheckConstraint(
            "life IN ('lead','invited','claimed','verified','paused','withdrawn','merged',"
            "'erased')",
            name="expert_life_known",
        ),
    )

    id: UUID = key()
    life: str = Field(sa_column=Column(Text, nullable=False))
    is_invented: bool = False
    canonical_id: UUID | None = Field(
        default=None, sa_column=Column(Uuid, ForeignKey("expert.id"), nullable=True)
    )
    created_at: datetime = moment_of_insert()


class SourceRecord(SQLModel, table=True):
    """A record as a source gave it, kept with its hash: where statements come from."""

    __tablename__ = "source_record"
    __table_args__ = (
        Index("source_record_key", "source", "source_key"),
        Index("source_record_expert", "expert_id"),
    )

    id: UUID = key()
    expert_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("expert.id"), nullable=False))
    source: str = Field(sa_column=Column(Text, nullable=False))
    source_key: str = Field(sa_column=Column(Text, nullable=False))
    content_hash: str = Field(sa_column=Column(Text, nullable=False))
    url: str | None = Field(default=None, sa_column=Column(Text))
    raw: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    retrieved_at: datetime = moment()


class ExpertSource(SQLModel, table=True):
    """Which expert a source's own id stands for; one source id never stands for two people."""

    __tablename__ = "expert_source"

    source: str = Field(sa_column=Column(Text, primary_key=True))
    source_key: str = Field(sa_column=Column(Text, primary_key=True))
    expert_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("expert.id"), nullable=False, index=True)
    )


class Statement(SQLModel, table=True):
    """One sourced fact. Rows are never changed in substance: a newer one supersedes them.

    `value` is checked by the property's class in schemas.py before it gets here; `value_hash`
    tells whether a source says the same again, `item_key` which earlier statement it renews.
    """

    __tablename__ = "statement"
    __table_args__ = (
        Index(
            "statement_current_item",
            "expert_id",
            "source",
            "property",
            "item_key",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index(
            "statement_external_id", "external_id", postgresql_where=text("external_id IS NOT NULL")
        ),
        CheckConstraint(
            "verification IN ('claimed','checked','confirmed')", name="statement_verification_known"
        ),
        CheckConstraint(
            "visibility IN ('public','bodies','named_bodies','council','stewards','self')",
            name="statement_visibility_known",
        ),
        CheckConstraint(
            "superseded_by IS NULL OR superseded_at IS NOT NULL", name="statement_superseded_when"
        ),
    )

    id: UUID = key()
    expert_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("expert.id"), nullable=False, index=True)
    )
    property: str = Field(sa_column=Column(Text, nullable=False))
    item_key: str = Field(sa_column=Column(Text, nullable=False))
    value: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    value_hash: str = Field(sa_column=Column(Text, nullable=False))
    external_id: str | None = Field(default=None, sa_column=Column(Text))
    started_on: str | None = Field(default=None, sa_column=Column(Text))
    ended_on: str | None = Field(default=None, sa_column=Column(Text))
    source: str = Field(sa_column=Column(Text, nullable=False))
    source_record_id: UUID | None = Field(
        default=None, sa_column=Column(Uuid, ForeignKey("source_record.id"))
    )
    asserted_by: str = Field(sa_column=Column(Text, nullable=False))
    on_behalf_of: str | None = Field(default=None, sa_column=Column(Text))
    asserted_at: datetime = moment()
    retrieved_at: datetime | None = moment(nullable=True)
    evidence_url: str | None = Field(default=None, sa_column=Column(Text))
    legal_ground: str = Field(sa_column=Column(Text, nullable=False))
    verification: str = Field(sa_column=Column(Text, nullable=False))
    verified_by: str | None = Field(default=None, sa_column=Column(Text))
    verified_at: datetime | None = moment(nullable=True)
    verification_method: str | None = Field(default=None, sa_column=Column(Text))
    visibility: str = Field(sa_column=Column(Text, nullable=False))
    superseded_by: UUID | None = Field(
        default=None, sa_column=Column(Uuid, ForeignKey("statement.id"))
    )
    superseded_at: datetime | None = moment(nullable=True)
    recorded_at: datetime = moment_of_insert()


class ExpertSummary(SQLModel, table=True):
    """What lists and filters need of a person; derived from public statements only.

    Restricted statements never reach it, so that no filter, facet or sort can tell of them.
    """

    __tablename__ = "expert_summary"

    expert_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("expert.id", ondelete="CASCADE"), primary_key=True)
    )
    display_name: str = Field(sa_column=Column(Text, nullable=False))
    folded_name: str = Field(sa_column=Column(Text, nullable=False))
    organisation: str | None = Field(default=None, sa_column=Column(Text))
    role_vi: str | None = Field(default=None, sa_column=Column(Text))
    role_en: str | None = Field(default=None, sa_column=Column(Text))
    country_code: str | None = Field(default=None, sa_column=Column(Text))
    is_overseas: bool | None = None
    sector: str | None = Field(default=None, sa_column=Column(Text))
    rank: str | None = Field(default=None, sa_column=Column(Text))
    degree: str | None = Field(default=None, sa_column=Column(Text))
    first_year: int | None = None
    languages: list[str] = Field(default=[], sa_column=Column(ARRAY(Text), nullable=False))
    fields: list[str] = Field(default=[], sa_column=Column(ARRAY(Text), nullable=False))
    groups: list[int] = Field(default=[], sa_column=Column(ARRAY(Integer), nullable=False))


class LeadView(SQLModel, table=True):
    """Who opened the profile of somebody who has not claimed it, and for what purpose."""

    __tablename__ = "lead_view"

    id: UUID = key()
    expert_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("expert.id"), nullable=False, index=True)
    )
    actor: str = Field(sa_column=Column(Text, nullable=False))
    purpose: str | None = Field(default=None, sa_column=Column(Text))
    viewed_at: datetime = moment_of_insert()


class DatabaseMark(SQLModel, table=True):
    """Which database this is: one row that a restored dump brings along from the old one."""

    __tablename__ = "database_mark"

    identity: str = Field(sa_column=Column(Text, primary_key=True))


class ChangeLog(SQLModel, table=True):
    """Whose record changed, in order of transaction; triggers write it, followers read it.

    `topic` is 'expert' when statements or the life of a person changed, 'passages' when the
    text to search was made anew. A follower re-reads the whole person, so reading twice is
    harmless.
    """

    __tablename__ = "change_log"
    __table_args__ = (
        UniqueConstraint("xid", "expert_id", "topic", name="change_log_once_a_transaction"),
        Index("change_log_order", "xid", "seq"),
        Index("change_log_expert", "expert_id"),
    )

    seq: int = Field(
        default=None, sa_column=Column(BigInteger, primary_key=True, autoincrement=True)
    )
    # The 64-bit transaction id: a later number may commit first, so followers order by it.
    xid: int = Field(
        default=None,
        sa_column=Column(
            BigInteger, nullable=False, server_default=text("pg_current_xact_id()::text::bigint")
        ),
    )
    expert_id: UUID = Field(sa_column=Column(Uuid, nullable=False))
    topic: str = Field(sa_column=Column(Text, nullable=False))
