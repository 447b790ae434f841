"""SQL of accounts: who holds a session or a token, and what he is trusted with."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access.models import (
    Account,
    AccountRole,
    APIToken,
    Body,
    Delegation,
    ExternalLogin,
    WebSession,
)
from registry.access.policy import Actor, Role
from registry.errors import NotFoundError


def find_account(session: Session, account_id: UUID) -> Account | None:
    """An account that is not closed."""
    account = session.get(Account, account_id)
    return account if account is not None and account.closed_at is None else None


def lock_account(session: Session, account_id: UUID) -> Account:
    """An open account, held until the transaction ends.

    Raises:
        NotFoundError: There is none, or it is closed.
    """
    account = session.get(Account, account_id, with_for_update=True)
    if account is None or account.closed_at is not None:
        raise NotFoundError(f"no account with the id {account_id}")
    return account


def find_by_login(session: Session, login: str, include_closed: bool = False) -> Account | None:
    """The open account of this name, in whatever case it is typed."""
    query = select(Account).where(func.lower(col(Account.login)) == login.strip().lower())
    if not include_closed:
        query = query.where(col(Account.closed_at).is_(None))
    return session.scalars(query).first()


def get_own_account(session: Session, actor: Actor) -> Account:
    """The account that acts.

    Raises:
        NotFoundError: An operator at the command line has none.
    """
    account = None if actor.is_operator else find_account(session, UUID(actor.id))
    if account is None:
        raise NotFoundError("whoever acts has no account here")
    return account


def list_identities(session: Session, account_id: UUID) -> Sequence[ExternalLogin]:
    """What an account is signed in with at providers."""
    return session.scalars(
        select(ExternalLogin)
        .where(col(ExternalLogin.account_id) == account_id)
        .order_by(col(ExternalLogin.provider), col(ExternalLogin.subject))
    ).all()


def drop_identities(session: Session, account_id: UUID) -> int:
    """Let no provider sign in to this account any more; how many identities there were."""
    query = delete(ExternalLogin).where(col(ExternalLogin.account_id) == account_id)
    return len(session.execute(query.returning(col(ExternalLogin.subject))).all())


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


def end_delegations(
    session: Session,
    now: datetime,
    *,
    expert_id: UUID | None = None,
    account_id: UUID | None = None,
) -> int:
    """End the delegations of a profile, or those that an account holds; how many there were."""
    assert expert_id is not None or account_id is not None
    query = update(Delegation).where(col(Delegation.revoked_at).is_(None)).values(revoked_at=now)
    if expert_id is not None:
        query = query.where(col(Delegation.expert_id) == expert_id)
    if account_id is not None:
        query = query.where(col(Delegation.account_id) == account_id)
    return len(session.scalars(query.returning(col(Delegation.id))).all())


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
        .where(
            col(WebSession.account_id) == account_id,
            col(WebSession.revoked_at).is_(None),
            col(WebSession.expires_at) > now,
        )
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


def revoke_tokens(session: Session, account_id: UUID, now: datetime) -> int:
    """Revoke all tokens of an account; how many there were."""
    query = (
        update(APIToken)
        .where(
            col(APIToken.account_id) == account_id,
            col(APIToken.revoked_at).is_(None),
            col(APIToken.expires_at) > now,
        )
        .values(revoked_at=now)
    )
    return len(session.execute(query.returning(col(APIToken.id))).all())


def list_accounts(
    session: Session, after: str, limit: int, words: str = "", include_closed: bool = False
) -> Sequence[Account]:
    """Accounts by sign-in name.

    Args:
        after: Only names behind this one: the next page.
        words: Only those with this in the sign-in name or the name shown, in any case.
    """
    name = func.lower(col(Account.login))
    query = select(Account).where(name > after.lower()).order_by(name).limit(limit)
    if words:
        shown = func.lower(col(Account.display_name))
        wanted = words.lower()
        query = query.where(
            or_(
                name.contains(wanted, autoescape=True),
                shown.contains(wanted, autoescape=True),
            )
        )
    if not include_closed:
        query = query.where(col(Account.closed_at).is_(None))
    return session.scalars(query).all()


def list_held_roles(session: Session, account_ids: Sequence[UUID]) -> Sequence[AccountRole]:
    """Roles that accounts hold, those of inactive bodies included, by account and role."""
    return session.scalars(
        select(AccountRole)
        .where(col(AccountRole.account_id).in_(account_ids), col(AccountRole.ended_at).is_(None))
        .order_by(col(AccountRole.account_id), col(AccountRole.role), col(AccountRole.id))
    ).all()


def has_held_office(session: Session, account_id: UUID) -> bool:
    """Whether an account was ever trusted with more than a profile of its own."""
    query = select(col(AccountRole.id)).where(
        col(AccountRole.account_id) == account_id, col(AccountRole.role) != Role.EXPERT.value
    )
    return session.scalars(query.limit(1)).first() is not None


def list_roles_since(
    session: Session, account_ids: Collection[UUID], since: datetime
) -> Sequence[AccountRole]:
    """Roles that accounts hold now or have held since then."""
    ended = col(AccountRole.ended_at)
    return session.scalars(
        select(AccountRole)
        .where(col(AccountRole.account_id).in_(account_ids), or_(ended.is_(None), ended > since))
        .order_by(col(AccountRole.id))
    ).all()


def list_bodies(session: Session, include_inactive: bool) -> Sequence[Body]:
    """Bodies by code."""
    query = select(Body).order_by(col(Body.code))
    if not include_inactive:
        query = query.where(col(Body.is_active))
    return session.scalars(query).all()


def has_other_administrator(session: Session, account_id: UUID) -> bool:
    """Whether somebody else is administrator and has a way to sign in."""
    has_identity = (
        select(col(ExternalLogin.provider))
        .where(col(ExternalLogin.account_id) == col(Account.id))
        .exists()
    )
    found = session.scalar(
        select(col(Account.id))
        .join(AccountRole, col(AccountRole.account_id) == col(Account.id))
        .where(
            col(Account.id) != account_id,
            col(Account.closed_at).is_(None),
            or_(col(Account.password_hash).is_not(None), has_identity),
            col(AccountRole.role) == Role.ADMINISTRATOR.value,
            col(AccountRole.ended_at).is_(None),
        )
        .limit(1)
    )
    return found is not None
