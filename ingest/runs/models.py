"""Tables of import runs: what came from a source, and what would become of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from registry.columns import key, moment, moment_of_insert


class ImportRun(SQLModel, table=True):
    """One reading of one source, from the question to it until it is loaded or given up.

    Args:
        kind: How it is read: a key of `ingest.runs.kinds.KINDS`.
        source: The name under which its statements are kept.
        asserted_by: Who says what the source says, where that is not the source itself.
        settings: The question to the source, or the plan of a table; no secrets.
        cursor: Where reading goes on; null at the beginning and when all is read.
        notes: What the reading left out, counted: groups of names, and messages.
        problem: Why it was put off or failed, in a sentence.
        not_before: When a source that was busy is to be asked again.
        change_id: The change under which it is loaded; taken back by it.
        is_stopping: Somebody asked that it stops.
    """

    __tablename__ = "import_run"
    __table_args__ = (
        CheckConstraint(
            "state IN ('asking','reading','comparing','ready','loading','loaded','stopped',"
            "'waiting','failed','discarded')",
            name="import_run_state_known",
        ),
    )

    id: UUID = key()
    kind: str = Field(sa_column=Column(Text, nullable=False))
    source: str = Field(sa_column=Column(Text, nullable=False))
    title: str = Field(sa_column=Column(Text, nullable=False))
    asserted_by: str | None = Field(default=None, sa_column=Column(Text))
    actor: str = Field(sa_column=Column(Text, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False, index=True))
    settings: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    cursor: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True)
    )
    total: int | None = None
    notes: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    problem: str | None = Field(default=None, sa_column=Column(Text))
    not_before: datetime | None = moment(nullable=True)
    change_id: UUID | None = Field(
        default=None, sa_column=Column(Uuid, ForeignKey("change.id"), nullable=True)
    )
    is_stopping: bool = Field(
        default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false"))
    )
    created_at: datetime = moment()
    updated_at: datetime = moment()


class ImportFile(SQLModel, table=True):
    """A file that was given for a run, sealed; kept until the run is over."""

    __tablename__ = "import_file"

    id: UUID = key()
    run_id: UUID = Field(
        sa_column=Column(
            Uuid, ForeignKey("import_run.id", ondelete="CASCADE"), nullable=False, index=True
        )
    )
    name: str = Field(sa_column=Column(Text, nullable=False))
    digest: str = Field(sa_column=Column(Text, nullable=False))
    size: int = 0
    sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary))


class ImportRow(SQLModel, table=True):
    """One person of a run, and what would become of him.

    Args:
        number: Its place in the run, from 1.
        place: Where it stands in the file, as a person would look for it.
        expert_id: The profile that this source's id stands for; null before it is loaded anew.
        outcome: Null until it is compared.
        matches: Profiles that may be of the same person: [{expert_id, bits, signals, parts}].
        sealed: The draft, what is wrong with it, and what would change, as JSON; emptied when the
            run is over.
        is_chosen: Whether it is to be loaded.
    """

    __tablename__ = "import_row"
    __table_args__ = (
        CheckConstraint(
            "outcome IN ('refused','erased','new','same','update','gone')",
            name="import_row_outcome_known",
        ),
        Index("import_row_expert", "expert_id", postgresql_where=text("expert_id IS NOT NULL")),
    )

    run_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("import_run.id", ondelete="CASCADE"), primary_key=True)
    )
    number: int = Field(sa_column=Column(Integer, primary_key=True))
    place: str = Field(sa_column=Column(Text, nullable=False))
    source_key: str | None = Field(default=None, sa_column=Column(Text))
    expert_id: UUID | None = Field(
        default=None, sa_column=Column(Uuid, ForeignKey("expert.id"), nullable=True)
    )
    outcome: str | None = Field(default=None, sa_column=Column(Text))
    matches: list[dict[str, Any]] = Field(
        default=[], sa_column=Column(JSONB, nullable=False, server_default=text("'[]'"))
    )
    sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    is_chosen: bool = Field(
        default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false"))
    )
    loaded_at: datetime | None = moment(nullable=True)
    recorded_at: datetime = moment_of_insert()


class SavedMapping(SQLModel, table=True):
    """Which heading means what in the lists of a body, as a person has confirmed it."""

    __tablename__ = "saved_mapping"

    body: str = Field(sa_column=Column(Text, primary_key=True))
    mapping: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    saved_by: str = Field(sa_column=Column(Text, nullable=False))
    saved_at: datetime = moment()
