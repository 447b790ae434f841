"""Tables of what is searched (passages, vectors, statistics) and of the runs that were made."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from registry.columns import key, moment_of_insert


class Passage(SQLModel, table=True):
    """A piece of evidence that can be matched, as restricted as the statement it is made from."""

    __tablename__ = "passage"
    __table_args__ = (
        Index("passage_text", "text_hash"),
        Index("passage_once", "statement_id", "text_hash", unique=True),
    )

    id: UUID = key()
    expert_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("expert.id"), nullable=False, index=True)
    )
    statement_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("statement.id"), nullable=False, index=True)
    )
    kind: str = Field(sa_column=Column(Text, nullable=False))
    language: str = Field(sa_column=Column(Text, nullable=False))
    body: str = Field(sa_column=Column(Text, nullable=False))
    text_hash: str = Field(sa_column=Column(Text, nullable=False))
    source: str = Field(sa_column=Column(Text, nullable=False))
    verification: str = Field(sa_column=Column(Text, nullable=False))
    dated_on: str | None = Field(default=None, sa_column=Column(Text))
    evidence_url: str | None = Field(default=None, sa_column=Column(Text))
    audience: str = Field(sa_column=Column(Text, nullable=False))


class TextVector(SQLModel, table=True):
    """The vector of a text under one encoder: the same text is never encoded twice."""

    __tablename__ = "text_vector"

    encoder_version: str = Field(sa_column=Column(Text, primary_key=True))
    text_hash: str = Field(sa_column=Column(Text, primary_key=True))
    vector: Any = Field(sa_column=Column(HALFVEC(), nullable=False))


class Derivation(SQLModel, table=True):
    """Up to where a person was followed under an encoder: what the transaction saw."""

    __tablename__ = "derivation"

    expert_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("expert.id", ondelete="CASCADE"), primary_key=True)
    )
    encoder_version: str = Field(sa_column=Column(Text, primary_key=True))
    position: str = Field(sa_column=Column(Text, nullable=False))


class CorpusStatistics(SQLModel, table=True):
    """Mean vector, word frequencies and lengths of the public passages, frozen under a version.

    Frozen, so that no later record (least of all a hidden one) moves a score that somebody sees.
    """

    __tablename__ = "corpus_statistics"

    version: str = Field(sa_column=Column(Text, primary_key=True))
    encoder_version: str = Field(sa_column=Column(Text, nullable=False))
    passage_count: int
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    frozen_at: datetime = moment_of_insert()


class MatchRun(SQLModel, table=True):
    """One search or match as made: who asked what, under which versions, with what result."""

    __tablename__ = "match_run"
    __table_args__ = (
        # In which runs somebody appears: he may ask, and an erasure must find them all.
        Index(
            "match_run_people",
            text("jsonb_path_query_array(result, '$[*].\"expert_id\"')"),
            postgresql_using="gin",
        ),
    )

    id: UUID = key()
    actor: str = Field(sa_column=Column(Text, nullable=False))
    purpose: str | None = Field(default=None, sa_column=Column(Text))
    request: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    encoder_version: str = Field(sa_column=Column(Text, nullable=False))
    index_version: str = Field(sa_column=Column(Text, nullable=False))
    weights: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    data_position: str = Field(sa_column=Column(Text, nullable=False))
    result: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    created_at: datetime = moment_of_insert()
