"""What others did with somebody's account: for its owner to see, and to be told of.

An administrator can give somebody a new password, and so become him for a while. That is never
hidden from the owner: all of it is read here from the audit and from the links that were made.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access import repository
from registry.access.links import Purpose
from registry.access.models import AccessLink, Account, AccountRole, APIToken, Claim, WebSession
from registry.access.policy import Actor, Role, require
from registry.audit import service as audit

# As long as links and ended sessions are kept, so that nothing within it is missing.
SHOWN_FOR: Final = timedelta(days=90)
_ACTIONS: Final = frozenset(
    {
        "account:end_sessions",
        "account:invite",
        # These two end the account's sessions and take its profile from it.
        "claim:end",
        "claim:revert",
        "role:end",
        "role:grant",
        "token:create",
        "token:revoke",
    }
)

By = Literal["account", "operator", "service"]


@dataclass(frozen=True)
class Act:
    """Something that somebody else did.

    Args:
        code: As in the audit; links as 'link:' and what they are for.
        role: The role that was given or ended, and `body` the body it is for.
        by: An account, an operator at the command line, or the service itself.
        name: Of an account, as it is shown now; empty when its owner has closed it.
        is_administrator: Whether that account was administrator then.
    """

    at: datetime
    code: str
    role: str | None
    body: str | None
    by: By
    name: str
    is_administrator: bool


def list_acts(session: Session, actor: Actor, now: datetime) -> list[Act]:
    """What others did with the actor's account in the last 90 days, newest first."""
    require(actor, "account:own")
    account = repository.get_own_account(session, actor)
    found = _list_since(session, account.id, now - SHOWN_FOR)
    makers = {UUID(by) for _, _, by, _ in found if _is_account(by)}
    names: dict[UUID, str] = {}
    if makers:
        rows = session.execute(
            select(col(Account.id), col(Account.display_name)).where(col(Account.id).in_(makers))
        )
        names = {row[0]: row[1] for row in rows}
    held = repository.list_roles_since(session, makers, now - SHOWN_FOR)
    return [_act(each, names, held) for each in found]


def has_news(session: Session, account: Account, now: datetime) -> bool:
    """Whether others did something since the account's owner began his session before this one.

    Who has never been here knows of his invitation; who has not been for long is told of all.
    """
    own = (col(WebSession.account_id) == account.id) & _is_by_owner(session, account, now)
    since = session.scalar(
        select(col(WebSession.created_at))
        .where(own)
        .order_by(col(WebSession.created_at).desc())
        .limit(1)
    )
    if since is None and account.created_at > now - SHOWN_FOR:
        return False
    oldest = now - SHOWN_FOR
    return bool(_list_since(session, account.id, max(since or oldest, oldest)))


def _is_by_owner(session: Session, account: Account, now: datetime) -> ColumnElement[bool]:
    """Which sessions are certainly the owner's.

    Whoever has used a link may be somebody else. So may whoever signs in with the password that
    was set by a link of somebody else, where the owner comes through a provider.
    """
    by_link = col(WebSession.method) == "link"
    if not repository.list_identities(session, account.id):
        return ~by_link
    used_at = session.scalar(
        select(func.min(col(AccessLink.used_at))).where(
            col(AccessLink.account_id) == account.id,
            col(AccessLink.purpose).in_([Purpose.PASSWORD, Purpose.RECOVERY]),
            col(AccessLink.created_by) != str(account.id),
            col(AccessLink.used_at) > now - SHOWN_FOR,
        )
    )
    if used_at is None:
        return ~by_link
    by_password = col(WebSession.method) == "password"
    return ~by_link & ~(by_password & (col(WebSession.created_at) >= used_at))


# When, what, by whom, and the details of it.
_Found = tuple[datetime, str, str, Mapping[str, object]]


def _list_since(session: Session, account_id: UUID, since: datetime) -> list[_Found]:
    tokens = select(col(APIToken.id)).where(col(APIToken.account_id) == account_id)
    claims = select(col(Claim.id)).where(col(Claim.account_id) == account_id)
    subjects = {
        f"account:{account_id}",
        *(f"token:{each}" for each in session.scalars(tokens)),
        *(f"claim:{each}" for each in session.scalars(claims)),
    }
    found: list[_Found] = [
        (entry.at, entry.action, entry.actor, entry.details or {})
        for entry in audit.list_on(session, subjects, _ACTIONS, since, str(account_id))
        # Whoever made the account by an invitation's link is its owner.
        if not entry.actor.startswith("link:")
    ]
    links = session.scalars(
        select(AccessLink).where(
            col(AccessLink.account_id) == account_id,
            # That of an invitation is the profile's.
            col(AccessLink.purpose) != "claim",
            col(AccessLink.created_at) > since,
            col(AccessLink.created_by) != str(account_id),
        )
    )
    found += [(row.created_at, f"link:{row.purpose}", row.created_by, {}) for row in links]
    return sorted(found, key=lambda each: (each[0], each[1]), reverse=True)


def _act(found: _Found, names: Mapping[UUID, str], held: Collection[AccountRole]) -> Act:
    at, code, by, details = found
    role, body = details.get("role"), details.get("body")
    maker = UUID(by) if _is_account(by) else None
    return Act(
        at,
        code,
        role if isinstance(role, str) else None,
        body if isinstance(body, str) else None,
        "account" if maker else "operator" if by.startswith("operator:") else "service",
        names.get(maker, "") if maker else "",
        any(
            row.account_id == maker
            and row.role == Role.ADMINISTRATOR
            and row.granted_at <= at
            and (row.ended_at is None or row.ended_at > at)
            for row in held
        ),
    )


def _is_account(actor_id: str) -> bool:
    try:
        UUID(actor_id)
    except ValueError:
        return False
    return True
