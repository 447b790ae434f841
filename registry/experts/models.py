"""Tables of people and what is said of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from registry.columns import key, moment, moment_of_insert, origin, origin_index


def _flag(default: bool) -> Column[bool]:
    return Column(Boolean, nullable=False, server_default=text(str(default).lower()))


def _texts() -> Column[list[str]]:
    return Column(ARRAY(Text), nullable=False, server_default=text("'{}'"))


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
    life_since: datetime = moment_of_insert()
    # States to which a pause or a merge goes back, the last one first out.
    lives_before: list[str] = Field(default=[], sa_column=_texts())
    # When a lead or an invitation that nobody answers runs out.
    expires_at: datetime | None = moment(nullable=True)
    # Codes of the bodies that the person agreed to be seen by; null: by all registered bodies.
    open_to: list[str] | None = Field(default=None, sa_column=Column(ARRAY(Text), nullable=True))
    # Whether he may be found and ranked by matching, and shown to people without an account.
    is_searchable: bool = Field(default=True, sa_column=_flag(True))
    is_published: bool = Field(default=False, sa_column=_flag(False))
    # Since when nothing but keeping is done with his data, because he asked for that.
    restricted_at: datetime | None = moment(nullable=True)


class SourceRecord(SQLModel, table=True):
    """A record as a source gave it, kept with its hash: where statements come from.

    `sealed` is the record encrypted under the person's key; `raw` held it openly in an earlier
    version and is emptied when the schema is brought to this one.
    """

    __tablename__ = "source_record"
    __table_args__ = (
        Index("source_record_key", "source", "source_key"),
        Index("source_record_expert", "expert_id"),
        Index("source_record_change", "change_id", postgresql_where=text("change_id IS NOT NULL")),
    )

    id: UUID = key()
    expert_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("expert.id"), nullable=False))
    source: str = Field(sa_column=Column(Text, nullable=False))
    source_key: str = Field(sa_column=Column(Text, nullable=False))
    content_hash: str = Field(sa_column=Column(Text, nullable=False))
    # The import that brought it: taken back, what it said counts as never said.
    change_id: UUID | None = Field(
        default=None, sa_column=Column(Uuid, ForeignKey("change.id"), nullable=True)
    )
    url: str | None = Field(default=None, sa_column=Column(Text))
    raw: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True)
    )
    sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    retrieved_at: datetime = moment()


class ExpertSource(SQLModel, table=True):
    """Which expert a source's own id stands for; one source id never stands for two people."""

    __tablename__ = "expert_source"

    source: str = Field(sa_column=Column(Text, primary_key=True))
    source_key: str = Field(sa_column=Column(Text, primary_key=True))
    expert_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("expert.id"), nullable=False, index=True)
    )


class Change(SQLModel, table=True):
    """One act that wrote or closed statements: an edit, an import, a revert; what is taken back.

    Args:
        expert_id: The person, when the change is of one only.
        on_behalf_of: The profile that a delegate or a steward acted for.
        label: Who spoke: the name of a batch's source, else what the actor acted as ('expert',
            'delegate', 'steward'); no personal data.
        words: The reason that was given, sealed under the person's key.
        reverted_by: The change that took this one back.
    """

    __tablename__ = "change"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('import','edit','judge','show','verify','revert','merge')",
            name="change_kind_known",
        ),
        Index("change_reverted", "reverted_by", postgresql_where=text("reverted_by IS NOT NULL")),
    )

    id: UUID = key()
    kind: str = Field(sa_column=Column(Text, nullable=False))
    actor: str = Field(sa_column=Column(Text, nullable=False))
    expert_id: UUID | None = Field(
        default=None, sa_column=Column(Uuid, ForeignKey("expert.id"), nullable=True, index=True)
    )
    on_behalf_of: UUID | None = Field(default=None, sa_column=Column(Uuid, nullable=True))
    label: str | None = Field(default=None, sa_column=Column(Text))
    words: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    created_at: datetime = moment()
    reverted_by: UUID | None = Field(
        default=None, sa_column=Column(Uuid, ForeignKey("change.id"), nullable=True)
    )


class Statement(SQLModel, table=True):
    """One sourced fact. Rows are never changed in substance: a newer one supersedes them.

    `value` is checked by the property's class in schemas.py before it gets here; `value_hash`
    tells whether a source says the same again, `item_key` which earlier statement it renews.
    `judgement` is the person's own word on the item: it is his, or it is not. `expert_id` is the
    profile that it is shown with, `origin_id` the one that it came with where that is another of
    the same person; contact data are sealed under the key of that one.
    """

    __tablename__ = "statement"
    __table_args__ = (
        Index(
            "statement_current_item",
            text("coalesce(origin_id, expert_id)"),
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
        CheckConstraint("judgement IN ('accepted','rejected')", name="statement_judgement_known"),
        CheckConstraint(
            "(visibility = 'named_bodies') = (cardinality(named_bodies) > 0)",
            name="statement_named_bodies",
        ),
        Index("statement_change", "change_id", postgresql_where=text("change_id IS NOT NULL")),
        Index("statement_closed_by", "closed_by", postgresql_where=text("closed_by IS NOT NULL")),
        # Without these, each row that an erasure deletes would be looked for in the whole table.
        Index(
            "statement_successor",
            "superseded_by",
            postgresql_where=text("superseded_by IS NOT NULL"),
        ),
        Index(
            "statement_record",
            "source_record_id",
            postgresql_where=text("source_record_id IS NOT NULL"),
        ),
        origin_index("statement"),
    )

    id: UUID = key()
    expert_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("expert.id"), nullable=False, index=True)
    )
    origin_id: UUID | None = origin()
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
    verification_document: str | None = Field(default=None, sa_column=Column(Text))
    judgement: str | None = Field(default=None, sa_column=Column(Text))
    judged_at: datetime | None = moment(nullable=True)
    visibility: str = Field(sa_column=Column(Text, nullable=False))
    named_bodies: list[str] = Field(default=[], sa_column=_texts())
    change_id: UUID | None = Field(
        default=None, sa_column=Column(Uuid, ForeignKey("change.id"), nullable=True)
    )
    closed_by: UUID | None = Field(
        default=None, sa_column=Column(Uuid, ForeignKey("change.id"), nullable=True)
    )
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


class ItemChoice(SQLModel, table=True):
    """What was decided about an item, whichever source says it and however often again.

    As with statements, a newer row supersedes the current one, so that it can be taken back.
    `item_key` is one of `choosing.keys_of`: an item is known by each of its ids.
    """

    __tablename__ = "item_choice"
    __table_args__ = (
        Index(
            "item_choice_current",
            "expert_id",
            "property",
            "item_key",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index("item_choice_change", "change_id"),
        Index("item_choice_closed_by", "closed_by", postgresql_where=text("closed_by IS NOT NULL")),
        CheckConstraint("judgement IN ('accepted','rejected')", name="item_choice_judgement_known"),
        CheckConstraint(
            "(visibility IS NOT DISTINCT FROM 'named_bodies') = (cardinality(named_bodies) > 0)",
            name="item_choice_named_bodies",
        ),
    )

    id: UUID = key()
    expert_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("expert.id", ondelete="CASCADE"), nullable=False)
    )
    property: str = Field(sa_column=Column(Text, nullable=False))
    item_key: str = Field(sa_column=Column(Text, nullable=False))
    judgement: str | None = Field(default=None, sa_column=Column(Text))
    visibility: str | None = Field(default=None, sa_column=Column(Text))
    named_bodies: list[str] = Field(default=[], sa_column=_texts())
    chosen_by: str = Field(sa_column=Column(Text, nullable=False))
    chosen_at: datetime = moment()
    change_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("change.id"), nullable=False))
    closed_by: UUID | None = Field(
        default=None, sa_column=Column(Uuid, ForeignKey("change.id"), nullable=True)
    )
    superseded_at: datetime | None = moment(nullable=True)


class Disclosure(SQLModel, table=True):
    """That somebody's data were shown, exported or put on a list: for whom, and why."""

    __tablename__ = "disclosure"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('view','export','match','shortlist','contact')", name="disclosure_kind"
        ),
        Index("disclosure_expert", "expert_id", "disclosed_at"),
        origin_index("disclosure"),
    )

    id: UUID = key()
    expert_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("expert.id", ondelete="CASCADE"), nullable=False)
    )
    origin_id: UUID | None = origin()
    kind: str = Field(sa_column=Column(Text, nullable=False))
    actor: str = Field(sa_column=Column(Text, nullable=False))
    body: str | None = Field(default=None, sa_column=Column(Text))
    purpose: str | None = Field(default=None, sa_column=Column(Text))
    disclosed_at: datetime = moment_of_insert()


class ContactEvent(SQLModel, table=True):
    """That a person was written to, answered, could not be reached, or confirmed his profile."""

    __tablename__ = "contact_event"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('sent','replied','bounced','confirmed')", name="contact_event_kind"
        ),
        Index("contact_event_expert", "expert_id", "at"),
        origin_index("contact_event"),
    )

    id: UUID = key()
    expert_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("expert.id", ondelete="CASCADE"), nullable=False)
    )
    origin_id: UUID | None = origin()
    kind: str = Field(sa_column=Column(Text, nullable=False))
    at: datetime = moment()
    recorded_by: str = Field(sa_column=Column(Text, nullable=False))
    body: str | None = Field(default=None, sa_column=Column(Text))


class ExpertStanding(SQLModel, table=True):
    """Freshness and reachability, computed: as restricted as contacts are, for bodies only.

    The last event of each kind; for messages the first one since the person was last heard of,
    because writing again does not make him silent for a shorter time. Null: nothing is open.
    """

    __tablename__ = "expert_standing"

    expert_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("expert.id", ondelete="CASCADE"), primary_key=True)
    )
    confirmed_at: datetime | None = moment(nullable=True)
    replied_at: datetime | None = moment(nullable=True)
    bounced_at: datetime | None = moment(nullable=True)
    sent_at: datetime | None = moment(nullable=True)


class Suppression(SQLModel, table=True):
    """Keyed digest of a source's id of somebody erased: no import brings him back."""

    __tablename__ = "suppression"

    digest: str = Field(sa_column=Column(Text, primary_key=True))
    created_at: datetime = moment_of_insert()


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
