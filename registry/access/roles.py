"""Roles: what an account is trusted with, and for which body.

Roles are read anew for each request: what is given or taken counts from the next one on.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access import attempts, bodies, links, repository, words
from registry.access.models import AccountRole
from registry.access.policy import ROLES_OF_A_BODY, Actor, Role, require
from registry.audit import service as audit
from registry.errors import InvalidInputError, NotFoundError, NotPermittedError

# Who watches over others; one-time codes of theirs are turned off at the command line only.
GUARDED: Final = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})


@dataclass(frozen=True)
class Grant:
    """A role to be given, and the body it is for where the role belongs to one."""

    role: Role
    body: str | None = None


def read_role(text: str) -> Role:
    """The role of this code.

    Raises:
        InvalidInputError: There is none.
    """
    try:
        return Role(text)
    except ValueError as exc:
        raise InvalidInputError(words.ROLE_UNKNOWN) from exc


def grant_role(
    session: Session, actor: Actor, account_id: UUID, grant: Grant, now: datetime
) -> None:
    """Give a role; giving one that is held changes nothing.

    Raises:
        NotFoundError: No such account, or it is closed.
        NotPermittedError: It is the actor's own account; he may only end what he holds.
        InvalidInputError: The role needs a body, the body is not active, or it is another one
            than the account works for.
    """
    require(actor, "account:manage")
    if actor.id == str(account_id):
        raise NotPermittedError(words.OWN_ROLES)
    account = repository.lock_account(session, account_id)
    body = check_grant(session, grant)
    held = repository.list_held_roles(session, [account.id])
    # An actor sees for one body: a second one would widen what the first has agreed to.
    if body is not None and any(role.body not in {None, body} for role in held):
        raise InvalidInputError(words.ROLE_OTHER_BODY)
    if any(role.role == grant.role for role in held):
        return
    if grant.role is not Role.EXPERT:
        links.revoke_foreign(session, actor, account.id, now)
    if grant.role in GUARDED:
        # One that was made before would get round that these are made at the command line only.
        links.revoke_links(session, account.id, now, {links.Purpose.RECOVERY})
    session.add(
        AccountRole(
            account_id=account.id,
            role=grant.role.value,
            body=body,
            granted_by=actor.id,
            granted_at=now,
        )
    )
    session.flush()
    details = {"role": grant.role.value, "body": body}
    audit.record(session, actor, "role:grant", subject=f"account:{account.id}", details=details)


def check_grant(session: Session, grant: Grant) -> str | None:
    """The body that the role will be for."""
    if grant.role not in ROLES_OF_A_BODY:
        return None
    if not grant.body:
        raise InvalidInputError(words.ROLE_NEEDS_BODY)
    if bodies.find_active(session, grant.body) is None:
        raise InvalidInputError(words.BODY_UNKNOWN)
    return grant.body


def end_role(session: Session, actor: Actor, account_id: UUID, role: Role, now: datetime) -> None:
    """Take a role away; from the next request on it counts for nothing.

    Raises:
        NotFoundError: No such account, or it does not hold the role.
        InvalidInputError: It is the last administrator who can sign in.
    """
    require(actor, "account:manage")
    account = repository.lock_account(session, account_id)
    held = repository.list_held_roles(session, [account.id])
    row = next((each for each in held if each.role == role), None)
    if row is None:
        raise NotFoundError(f"the account {account_id} does not hold this role")
    if role is Role.ADMINISTRATOR:
        keep_an_administrator(session, actor, account_id)
    row.ended_at = now
    session.flush()
    details = {"role": role.value, "body": row.body}
    audit.record(session, actor, "role:end", subject=f"account:{account.id}", details=details)


def keep_an_administrator(session: Session, actor: Actor, account_id: UUID) -> None:
    # An operator at the command line can always make another one.
    if actor.is_operator:
        return
    # Two administrators who end each other at once: the second sees what the first has done.
    attempts.lock(session, "administrators")
    if not repository.has_other_administrator(session, account_id):
        raise InvalidInputError(words.LAST_ADMINISTRATOR)
