"""Close an account for good: what ends with it, and what is left of its owner's name."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from sqlmodel import SQLModel, col

from registry.access import claim_store, links, repository, totp, words
from registry.access.holding import lock_expert
from registry.access.models import (
    AccessLink,
    Account,
    APIToken,
    Claim,
    ExternalLogin,
    OutsideFlow,
    WebSession,
)
from registry.access.parting import part_at_closing
from registry.access.policy import Actor
from registry.errors import ChangedMeanwhileError, NotFoundError


def lock_whole(session: Session, account_id: UUID) -> Account:
    """An open account, held until the transaction ends, and its profile's person before it.

    For acts that concern both: all take them in this order.

    Raises:
        NotFoundError: There is none, or it is closed.
        ChangedMeanwhileError: It was given a profile, or parted from one, at this moment.
    """
    session.flush()
    expert_id = session.scalar(select(col(Account.expert_id)).where(col(Account.id) == account_id))
    if expert_id is not None:
        lock_expert(session, expert_id)
    account = session.get(Account, account_id, with_for_update=True, populate_existing=True)
    if account is None or account.closed_at is not None:
        raise NotFoundError(f"no account with the id {account_id}")
    if account.expert_id != expert_id:
        raise ChangedMeanwhileError(words.ACCOUNT_CHANGED)
    return account


def close(session: Session, actor: Actor, account: Account, now: datetime) -> None:
    """End all that an account is trusted with, can be reached by, and holds.

    Its profile stays and can be claimed again. Whoever signed in through a provider can do so
    again, and gets a new account where the provider's rules give him one.

    Args:
        account: As `lock_whole` gave it.
    """
    part_at_closing(session, actor, account, now)
    for role in repository.list_held_roles(session, [account.id]):
        role.ended_at = now
    claim_store.drop_open(session, account.id, "close", now)
    repository.end_delegations(session, now, account_id=account.id)
    repository.revoke_sessions(session, account.id, now)
    repository.revoke_tokens(session, account.id, now)
    links.revoke_links(session, account.id, now)
    _delete_rows(session, account.id, OutsideFlow, ExternalLogin)
    account.closed_at = now
    account.password_hash = None
    totp.turn_off(session, account)
    session.flush()


def anonymise(session: Session, account: Account) -> None:
    """Take everything from a closed account that tells who its owner was; its id alone stays.

    For accounts that were trusted with nothing but a profile: acts of an office stay its
    holder's. What he said in a claim that was granted is the profile's, and is kept with it.
    """
    # No name that anybody can choose has a colon.
    account.login = f"closed:{account.id.hex}"
    account.display_name = ""
    account.language = "vi"
    _delete_rows(session, account.id, WebSession, APIToken)
    session.execute(
        # That of an invitation is the profile's: it tells that an account was made with it.
        delete(AccessLink).where(
            col(AccessLink.account_id) == account.id, col(AccessLink.expert_id).is_(None)
        )
    )
    session.execute(
        update(Claim)
        .where(col(Claim.account_id) == account.id, col(Claim.life_before).is_(None))
        .values(words=None)
    )
    session.flush()


def _delete_rows(session: Session, account_id: UUID, *tables: type[SQLModel]) -> None:
    for table in tables:
        session.execute(delete(table).where(table.account_id == account_id))  # type: ignore[attr-defined]
