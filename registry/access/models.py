"""Tables of bodies, accounts, what proves them, and what they are trusted with."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlmodel import Field, SQLModel

from registry.columns import key, moment, moment_of_insert


def _account(nullable: bool = False, index: bool = True) -> Column[UUID]:
    return Column(Uuid, ForeignKey("account.id"), nullable=nullable, index=index)


class Body(SQLModel, table=True):
    """A ministry or another body that recruits or appoints; its code stands in statements."""

    __tablename__ = "body"
    __table_args__ = (CheckConstraint("code ~ '^[a-z0-9-]{2,40}$'", name="body_code_form"),)

    code: str = Field(sa_column=Column(Text, primary_key=True))
    name_vi: str = Field(sa_column=Column(Text, nullable=False))
    name_en: str = Field(sa_column=Column(Text, nullable=False))
    is_active: bool = True
    created_at: datetime = moment_of_insert()


class Account(SQLModel, table=True):
    """Somebody who can sign in. `login` is a name chosen here, or of an outside provider.

    `secret` is sealed: the address to write to, and the seed of the one-time codes.
    """

    __tablename__ = "account"
    __table_args__ = (
        Index("account_login", text("lower(login)"), unique=True),
        Index(
            "account_one_profile",
            "expert_id",
            unique=True,
            postgresql_where=text("expert_id IS NOT NULL AND closed_at IS NULL"),
        ),
    )

    id: UUID = key()
    login: str = Field(sa_column=Column(Text, nullable=False))
    display_name: str = Field(sa_column=Column(Text, nullable=False))
    password_hash: str | None = Field(default=None, sa_column=Column(Text))
    totp_sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    totp_used_step: int | None = None
    expert_id: UUID | None = Field(
        default=None, sa_column=Column(Uuid, ForeignKey("expert.id"), nullable=True)
    )
    language: str = Field(default="vi", sa_column=Column(Text, nullable=False))
    is_invented: bool = False
    created_at: datetime = moment_of_insert()
    closed_at: datetime | None = moment(nullable=True)


class AccountRole(SQLModel, table=True):
    """A role that an account holds, for a body where the role belongs to one."""

    __tablename__ = "account_role"
    __table_args__ = (
        CheckConstraint(
            "role IN ('expert','recruiter','secretary','steward','auditor','administrator')",
            name="account_role_known",
        ),
        CheckConstraint(
            "role NOT IN ('recruiter','secretary') OR body IS NOT NULL", name="account_role_body"
        ),
        Index(
            "account_role_once",
            "account_id",
            "role",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: UUID = key()
    account_id: UUID = Field(sa_column=_account())
    role: str = Field(sa_column=Column(Text, nullable=False))
    body: str | None = Field(default=None, sa_column=Column(Text, ForeignKey("body.code")))
    granted_by: str = Field(sa_column=Column(Text, nullable=False))
    granted_at: datetime = moment()
    ended_at: datetime | None = moment(nullable=True)


class ExternalLogin(SQLModel, table=True):
    """A provider's subject that signs in to an account: a ministry's, or an ORCID iD."""

    __tablename__ = "external_login"

    provider: str = Field(sa_column=Column(Text, primary_key=True))
    subject: str = Field(sa_column=Column(Text, primary_key=True))
    account_id: UUID = Field(sa_column=_account())
    linked_at: datetime = moment()


class WebSession(SQLModel, table=True):
    """A signed-in browser. The cookie's value is not kept, only its digest."""

    __tablename__ = "web_session"

    id: UUID = key()
    token_hash: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    account_id: UUID = Field(sa_column=_account())
    method: str = Field(sa_column=Column(Text, nullable=False))
    agent: str | None = Field(default=None, sa_column=Column(Text))
    created_at: datetime = moment()
    seen_at: datetime = moment()
    expires_at: datetime = moment()
    revoked_at: datetime | None = moment(nullable=True)


class APIToken(SQLModel, table=True):
    """A token for programs: limited to scopes and time, shown once, kept as a digest."""

    __tablename__ = "api_token"

    id: UUID = key()
    token_hash: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    account_id: UUID = Field(sa_column=_account())
    name: str = Field(sa_column=Column(Text, nullable=False))
    scopes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    created_at: datetime = moment()
    expires_at: datetime = moment()
    used_at: datetime | None = moment(nullable=True)
    revoked_at: datetime | None = moment(nullable=True)


class SignInAttempt(SQLModel, table=True):
    """A failed sign-in, counted by keyed digests of what it came from; swept after a day."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        Index("sign_in_attempt_bucket", "bucket", "at"),
        Index("sign_in_attempt_at", "at"),
    )

    id: UUID = key()
    bucket: str = Field(sa_column=Column(Text, nullable=False))
    at: datetime = moment()


class OutsideFlow(SQLModel, table=True):
    """A sign-in that has gone out to a provider and has not come back yet."""

    __tablename__ = "outside_flow"

    state_hash: str = Field(sa_column=Column(Text, primary_key=True))
    provider: str = Field(sa_column=Column(Text, nullable=False))
    nonce: str = Field(sa_column=Column(Text, nullable=False))
    verifier: str = Field(sa_column=Column(Text, nullable=False))
    # Digest of a cookie of the browser that began: another one cannot end it.
    browser_hash: str = Field(sa_column=Column(Text, nullable=False))
    # Who is signed in and links the identity to his account, or whom a join link is for.
    account_id: UUID | None = Field(default=None, sa_column=_account(nullable=True, index=False))
    link_id: UUID | None = Field(
        default=None, sa_column=Column(Uuid, ForeignKey("access_link.id"), nullable=True)
    )
    next_path: str = Field(sa_column=Column(Text, nullable=False))
    expires_at: datetime = moment()


class AccessLink(SQLModel, table=True):
    """A signed, single-use, expiring link.

    To claim a profile, join, set a new password (recovery: and end one-time codes), or sign in to
    an invented account of the demonstration.
    """

    __tablename__ = "access_link"
    __table_args__ = (
        CheckConstraint(
            "purpose IN ('claim','join','password','recovery','sign_in')",
            name="access_link_purpose",
        ),
    )

    id: UUID = key()
    purpose: str = Field(sa_column=Column(Text, nullable=False))
    secret_hash: str = Field(sa_column=Column(Text, nullable=False))
    expert_id: UUID | None = Field(
        default=None,
        sa_column=Column(Uuid, ForeignKey("expert.id"), nullable=True, index=True),
    )
    account_id: UUID | None = Field(default=None, sa_column=_account(nullable=True))
    # Who it was sent to, sealed under the person's key or the service's.
    sent_to: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    created_by: str = Field(sa_column=Column(Text, nullable=False))
    created_at: datetime = moment()
    expires_at: datetime = moment()
    used_at: datetime | None = moment(nullable=True)
    revoked_at: datetime | None = moment(nullable=True)


class Claim(SQLModel, table=True):
    """That an account says "this profile is mine", what proved it, and what became of it.

    Claims of a link or of an ORCID iD that the profile has are granted at once; all others
    wait for a steward, who finds the profile where the claim names none that there is. A granted
    claim can be contested and taken back, which undoes what was done in it; or it ends, which
    undoes nothing: the profile was this person's, and can be claimed again.

    Args:
        life_before: What the profile was when the claim was granted.
        words: What the claimant, those who contest and those who decide say, and what the claim
            changed of the profile; sealed under the person's key, or the service's while there is
            no profile.
    """

    __tablename__ = "claim"
    __table_args__ = (
        CheckConstraint(
            "state IN ('open','granted','refused','contested','reverted','ended')",
            name="claim_state",
        ),
        CheckConstraint("proof IN ('link','orcid','words')", name="claim_proof"),
        CheckConstraint(
            "state IN ('open','refused') OR (expert_id IS NOT NULL AND life_before IS NOT NULL)",
            name="claim_of_a_profile",
        ),
        Index(
            "claim_one_holder",
            "expert_id",
            unique=True,
            postgresql_where=text("state IN ('granted','contested')"),
        ),
        Index(
            "claim_one_profile",
            "account_id",
            unique=True,
            postgresql_where=text("state IN ('granted','contested')"),
        ),
        Index(
            "claim_one_open",
            "account_id",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: UUID = key()
    expert_id: UUID | None = Field(
        default=None,
        sa_column=Column(Uuid, ForeignKey("expert.id"), nullable=True, index=True),
    )
    account_id: UUID = Field(sa_column=_account())
    proof: str = Field(sa_column=Column(Text, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    life_before: str | None = Field(default=None, sa_column=Column(Text))
    words: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    created_at: datetime = moment()
    decided_by: str | None = Field(default=None, sa_column=Column(Text))
    decided_at: datetime | None = moment(nullable=True)
    contested_at: datetime | None = moment(nullable=True)


class Delegation(SQLModel, table=True):
    """That somebody keeps chosen sections of an expert's profile for him, until a date."""

    __tablename__ = "delegation"
    __table_args__ = (
        UniqueConstraint("expert_id", "account_id", "created_at", name="delegation_once"),
        CheckConstraint("cardinality(sections) > 0", name="delegation_sections"),
        CheckConstraint("expires_at > created_at", name="delegation_expiry"),
    )

    id: UUID = key()
    expert_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("expert.id"), nullable=False, index=True)
    )
    account_id: UUID = Field(sa_column=_account())
    sections: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    created_at: datetime = moment()
    expires_at: datetime = moment()
    revoked_at: datetime | None = moment(nullable=True)
