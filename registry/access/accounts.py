"""Accounts as administrators keep them: who is invited, trusted with what, and shut out.

What is taken away here is gone at the next request: roles, bodies and sessions are read anew
for each one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access import attempts, closing, links, repository, totp, words
from registry.access.links import JOIN_LASTS, PASSWORD_LASTS, Purpose
from registry.access.models import Account, AccountRole, ExternalLogin
from registry.access.own import check_display_name
from registry.access.policy import ROLES_OF_A_BODY, Actor, Role, require
from registry.access.roles import GUARDED, Grant, check_grant, grant_role, keep_an_administrator
from registry.audit import service as audit
from registry.errors import InvalidInputError, NotFoundError, NotPermittedError

_GUARDED_FOR: Final = timedelta(days=30)
# Letters, digits and what addresses of e-mail are made of; no colon, which outside names have.
_LOGIN: Final = re.compile(r"[a-z0-9](?:[a-z0-9._@+-]{1,62})[a-z0-9]")


@dataclass(frozen=True)
class AccountView:
    """An account as an administrator sees it; no secret of it."""

    account: Account
    roles: Sequence[AccountRole]

    @property
    def is_joined(self) -> bool:
        """Whether a password was set: otherwise he has not come, or comes through a provider."""
        return self.account.password_hash is not None

    @property
    def has_codes(self) -> bool:
        return totp.is_on(self.account)


@dataclass(frozen=True)
class AccountDetails(AccountView):
    """One account with what it is signed in by.

    Args:
        opener: Who has made it: 'operator', 'account' of that name, 'invitation' to a profile, or
            'provider'. Anybody may have chosen the names of one that no administrator has made.
    """

    identities: Sequence[ExternalLogin]
    open_sessions: int
    opener: str
    opener_name: str


def list_accounts(
    session: Session,
    actor: Actor,
    *,
    after: str = "",
    limit: int = 50,
    text: str = "",
    include_closed: bool = False,
) -> list[AccountView]:
    """A page of accounts by sign-in name, with the roles that they hold."""
    require(actor, "account:manage")
    found = repository.list_accounts(session, after, limit, text, include_closed)
    held = repository.list_held_roles(session, [account.id for account in found])
    return [AccountView(a, [r for r in held if r.account_id == a.id]) for a in found]


def get_account(session: Session, actor: Actor, account_id: UUID, now: datetime) -> AccountDetails:
    """One account, closed ones included.

    Raises:
        NotFoundError: No such account.
    """
    require(actor, "account:manage")
    account = session.get(Account, account_id)
    if account is None:
        raise NotFoundError(f"no account with the id {account_id}")
    return AccountDetails(
        account,
        repository.list_held_roles(session, [account.id]),
        repository.list_identities(session, account.id),
        len(repository.list_sessions(session, account.id, now)),
        *_find_opener(session, account),
    )


def _find_opener(session: Session, account: Account) -> tuple[str, str]:
    since = account.created_at - timedelta(days=1)
    made = audit.list_on(session, [f"account:{account.id}"], ["account:invite"], since, "")
    if not made:
        return "provider", ""
    kind, _, rest = made[-1].actor.partition(":")
    if rest:
        return ("invitation" if kind == "link" else "operator"), ""
    by = session.get(Account, UUID(made[-1].actor))
    return "account", by.display_name if by is not None else ""


def get_by_login(session: Session, actor: Actor, login: str) -> Account:
    """The open account of a sign-in name.

    Raises:
        NotFoundError: No such account, or it is closed.
    """
    require(actor, "account:manage")
    account = repository.find_by_login(session, login)
    if account is None:
        raise NotFoundError(
            "no open account has this sign-in name; `registry access list-accounts` shows all"
        )
    return account


def invite(
    session: Session,
    actor: Actor,
    login: str,
    display_name: str,
    grants: Sequence[Grant],
    now: datetime,
    *,
    is_invented: bool = False,
) -> tuple[Account, str]:
    """Make an account with roles, and the link by which its owner chooses how he signs in.

    Returns:
        The account, and the token of the link (/l/{token}): shown once.

    Raises:
        InvalidInputError: A wrong or taken sign-in name, a wrong name, role or body.
    """
    require(actor, "account:manage")
    # All is looked at before anything is written: a page shows its form again and goes on.
    for each in grants:
        check_grant(session, each)
    if len({each.body for each in grants if each.role in ROLES_OF_A_BODY}) > 1:
        raise InvalidInputError(words.ROLE_OTHER_BODY)
    account = create_account(session, actor, login, display_name, is_invented=is_invented)
    for each in grants:
        grant_role(session, actor, account.id, each, now)
    token = links.make_link(
        session, actor, Purpose.JOIN, account_id=account.id, now=now, lasts=JOIN_LASTS
    )
    return account, token


def create_account(
    session: Session, actor: Actor, login: str, display_name: str, *, is_invented: bool
) -> Account:
    """An account without roles and without a way to sign in.

    Raises:
        InvalidInputError: A wrong or taken sign-in name, or a wrong name.
    """
    require(actor, "account:manage")
    return open_account(session, actor, login, display_name, is_invented=is_invented)


def open_account(
    session: Session, actor: Actor, login: str, display_name: str, *, is_invented: bool = False
) -> Account:
    """`create_account` for services that have asked for a permission of their own.

    Raises:
        InvalidInputError: A wrong or taken sign-in name, or a wrong name.
    """
    login = login.strip().lower()
    if not _LOGIN.fullmatch(login):
        raise InvalidInputError(words.LOGIN_FORM)
    name = check_display_name(display_name)
    attempts.lock(session, f"login:{login}")
    # A closed account keeps its name, unless its owner has left without having held an office.
    if repository.find_by_login(session, login, include_closed=True) is not None:
        raise InvalidInputError(words.LOGIN_TAKEN)
    account = Account(login=login, display_name=name, is_invented=is_invented)
    session.add(account)
    session.flush()
    audit.record(session, actor, "account:invite", subject=f"account:{account.id}")
    return account


def end_sessions(session: Session, actor: Actor, account_id: UUID, now: datetime) -> int:
    """End all sessions and tokens of an account; how many there were."""
    require(actor, "account:manage")
    account = repository.lock_account(session, account_id)
    count = _shut(session, account.id, now)
    details = {"ended": count}
    subject = f"account:{account.id}"
    audit.record(session, actor, "account:end_sessions", subject=subject, details=details)
    return count


def close_account(session: Session, actor: Actor, account_id: UUID, now: datetime) -> None:
    """Close an account for good: it is parted from its profile.

    All that it could do and was reached by ends, as `closing.close` says.

    Raises:
        NotFoundError: No such account, or it is closed already.
        InvalidInputError: It is the last administrator who can sign in.
        ChangedMeanwhileError: It was given a profile, or parted from one, at this moment.
    """
    require(actor, "account:manage")
    account = closing.lock_whole(session, account_id)
    held = repository.list_held_roles(session, [account.id])
    if any(role.role == Role.ADMINISTRATOR for role in held):
        keep_an_administrator(session, actor, account_id)
    closing.close(session, actor, account, now)
    audit.record(session, actor, "account:close", subject=f"account:{account.id}")


def make_password_link(
    session: Session, actor: Actor, account_id: UUID, now: datetime, *, drop_codes: bool = False
) -> str:
    """A link by which the owner sets a new password: for whoever has forgotten it.

    Args:
        drop_codes: It also turns one-time codes off and unlinks all providers, for whoever has
            lost the device too. Noted in the audit by its purpose ('recovery').

    Returns:
        The token of the link (/l/{token}): shown once.

    Raises:
        NotFoundError: No such account, or it is closed.
        NotPermittedError: It is the actor's own account, or codes of an administrator or auditor
            are to be turned off elsewhere than at the command line.
    """
    require(actor, "account:manage")
    account = repository.lock_account(session, account_id)
    if actor.id == str(account.id):
        raise NotPermittedError(words.OWN_LINK)
    if drop_codes and not actor.is_operator and is_guarded(session, account.id, now):
        raise NotPermittedError(words.RECOVERY_AT_MACHINE)
    purpose = Purpose.RECOVERY if drop_codes else Purpose.PASSWORD
    return links.make_link(
        session, actor, purpose, account_id=account.id, now=now, lasts=PASSWORD_LASTS
    )


def is_guarded(session: Session, account_id: UUID, now: datetime) -> bool:
    """Whether only an operator may turn off this account's one-time codes.

    Those of administrators and auditors, who watch over each other. A role that has ended counts
    for some time: else another administrator would end it first.
    """
    lately = repository.list_roles_since(session, [account_id], now - _GUARDED_FOR)
    return any(role.role in GUARDED for role in lately)


def _shut(session: Session, account_id: UUID, now: datetime) -> int:
    ended = repository.revoke_sessions(session, account_id, now)
    return ended + repository.revoke_tokens(session, account_id, now)
