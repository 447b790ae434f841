"""SQL of accounts: who holds a session or a token, and what he is trusted with."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access.models import (
    Account,
    AccountRole,
    APIToken,
    Body,
    Delegation,
    WebSession,
)


def find_account(session: Session, account_id: UUID) -> Account | None:
    """An account that is not closed."""
    account = session.get(Account, account_id)
    return account if account is not None and account.closed_at is None else None


def find_by_login(session: Session, login: str) -> Account | None:
    """The open account of this name, in whatever case it is typed."""
    return session.scalars(
        select(Account).where(
            func.lower(col(Account.login)) == login.strip().lower(),
            col(Account.closed_at).is_(None),
        )
    ).first()


def list_roles(session: Session, account_id: UUID) -> Sequence[AccountRole]:
    """Roles that an account holds now, but for those of a body that is no longer active."""
    return session.scalars(
        select(AccountRole)
        .outerjoin(Body, col(Body.code) == col(AccountRole.body))
        .where(
            col(AccountRole.account_id) == account_id,
            col(AccountRole.ended_at).is_(None),
            col(Body.is_active).is_not(False),
        )
        .order_by(col(AccountRole.id))
    ).all()


def list_delegations(session: Session, account_id: UUID, now: datetime) -> Sequence[Delegation]:
    """Delegations that an account holds now."""
    return session.scalars(
        select(Delegation)
        .where(
            col(Delegation.account_id) == account_id,
            col(Delegation.revoked_at).is_(None),
            col(Delegation.expires_at) > now,
        )
        .order_by(col(Delegation.id))
    ).all()


def find_session(session: Session, token_hash: str, now: datetime) -> WebSession | None:
    """A session that is neither revoked nor over."""
    return session.scalars(
        select(WebSession).where(
            col(WebSession.token_hash) == token_hash,
            col(WebSession.revoked_at).is_(None),
            col(WebSession.expires_at) > now,
        )
    ).first()


def list_sessions(session: Session, account_id: UUID, now: datetime) -> Sequence[WebSession]:
    """Open sessions of an account, newest first."""
    return session.scalars(
        select(WebSession)
        .where(
            col(WebSession.account_id) == account_id,
            col(WebSession.revoked_at).is_(None),
            col(WebSession.expires_at) > now,
        )
        .order_by(col(WebSession.id).desc())
    ).all()


def revoke_sessions(
    session: Session, account_id: UUID, now: datetime, but: UUID | None = None
) -> int:
    """End all sessions of an account, but for one; how many there were."""
    query = (
        update(WebSession)
        .where(col(WebSession.account_id) == account_id, col(WebSession.revoked_at).is_(None))
        .values(revoked_at=now)
    )
    if but is not None:
        query = query.where(col(WebSession.id) != but)
    return len(session.execute(query.returning(col(WebSession.id))).all())


def find_token(session: Session, token_hash: str, now: datetime) -> APIToken | None:
    """A token that is neither revoked nor expired."""
    return session.scalars(
        select(APIToken).where(
            col(APIToken.token_hash) == token_hash,
            col(APIToken.revoked_at).is_(None),
            col(APIToken.expires_at) > now,
        )
    ).first()


def list_tokens(session: Session, account_id: UUID) -> Sequence[APIToken]:
    """All tokens of an account, newest first, ended ones included."""
    return session.scalars(
        select(APIToken)
        .where(col(APIToken.account_id) == account_id)
        .order_by(col(APIToken.id).desc())
    ).all()
