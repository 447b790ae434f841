"""Links that are sent to people: signed, good for one use, and for some time.

The address holds the row's id and a secret under a signature; the row keeps a digest of the
secret. Looking at a link uses nothing up, since mail programs look at addresses by themselves.
"""

import hmac
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import Text, cast, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access import repository, words
from registry.access.models import AccessLink, AccountRole
from registry.access.policy import Actor, Role, require
from registry.access.sessions import hash_secret
from registry.access.signing import read_signed, sign
from registry.audit import service as audit
from registry.errors import LinkUnusableError
from registry.ids import new_id
from registry.vault import service as vault


class Purpose(StrEnum):
    """What a link is for."""

    # A person found in a source claims his profile.
    CLAIM = "claim"
    # Somebody invited chooses how he will sign in.
    JOIN = "join"
    PASSWORD = "password"
    # The same, and one-time codes are turned off: for whoever has lost the device.
    RECOVERY = "recovery"
    # Signs in to an invented account at once; for demonstrations.
    SIGN_IN = "sign_in"


ACCOUNT: Final = frozenset(Purpose) - {Purpose.CLAIM}
JOIN_LASTS: Final = timedelta(days=7)
PASSWORD_LASTS: Final = timedelta(days=1)
_SIGNED_FOR: Final = "link"
_PERMISSIONS: Final[Mapping[Purpose, str]] = {
    Purpose.CLAIM: "invitation:create",
    **dict.fromkeys(
        (Purpose.JOIN, Purpose.PASSWORD, Purpose.RECOVERY, Purpose.SIGN_IN), "account:manage"
    ),
}


def make_link(
    session: Session,
    actor: Actor,
    purpose: Purpose,
    *,
    account_id: UUID | None = None,
    expert_id: UUID | None = None,
    sent_to: str | None = None,
    now: datetime,
    lasts: timedelta,
) -> str:
    """Make a link; the earlier ones of the account, where it has any, are of no use from now on.

    Args:
        sent_to: Where it is sent; kept sealed, under the person's key where there is a person.

    Returns:
        The token: the address is /l/{token}. It is not kept.
    """
    require(actor, _PERMISSIONS[purpose])
    return issue_link(
        session,
        actor,
        purpose,
        account_id=account_id,
        expert_id=expert_id,
        sent_to=sent_to,
        now=now,
        lasts=lasts,
    )


def issue_link(
    session: Session,
    actor: Actor,
    purpose: Purpose,
    *,
    account_id: UUID | None = None,
    expert_id: UUID | None = None,
    sent_to: str | None = None,
    now: datetime,
    lasts: timedelta,
) -> str:
    """`make_link` for services that have asked for a permission of their own."""
    link_id, secret = new_id(), secrets.token_urlsafe(24)
    if account_id is not None and purpose is not Purpose.CLAIM:
        revoke_links(session, account_id, now)
    row = AccessLink(
        id=link_id,
        purpose=purpose.value,
        secret_hash=hash_secret(secret),
        expert_id=expert_id,
        account_id=account_id,
        created_by=actor.id,
        created_at=now,
        expires_at=now + lasts,
    )
    if sent_to is not None and expert_id is not None:
        row.sent_to = vault.seal(session, expert_id, sent_to)
    elif sent_to is not None:
        row.sent_to = vault.seal_for_service(session, sent_to, f"link:{link_id}")
    session.add(row)
    session.flush()
    details = {"purpose": purpose.value, "account": str(account_id) if account_id else None}
    subject = f"link:{link_id}"
    audit.record(session, actor, "link:create", about=expert_id, subject=subject, details=details)
    return sign(session, "links", _SIGNED_FOR, [link_id.hex, secret])


def open_link(session: Session, token: str, now: datetime) -> AccessLink:
    """The link that a token stands for; nothing is used up.

    Raises:
        LinkUnusableError: In one text for all: changed, unknown, used, expired or withdrawn, or
            its account is closed.
    """
    content = read_signed(session, "links", _SIGNED_FOR, token)
    match content:
        case [str(link_id), str(secret)]:
            row = session.get(AccessLink, UUID(link_id), populate_existing=True)
        case _:
            raise LinkUnusableError(words.LINK_UNUSABLE)
    if row is None or not hmac.compare_digest(row.secret_hash, hash_secret(secret)):
        raise LinkUnusableError(words.LINK_UNUSABLE)
    of_closed = row.account_id and repository.find_account(session, row.account_id) is None
    if row.used_at or row.revoked_at or row.expires_at <= now or of_closed:
        raise LinkUnusableError(words.LINK_UNUSABLE)
    return row


def use_link(session: Session, token: str, now: datetime) -> AccessLink:
    """Use a link up; of two that do so at once, one succeeds.

    Raises:
        LinkUnusableError: As `open_link` does.
    """
    return use_up(session, open_link(session, token, now).id, now)


def use_up(session: Session, link_id: UUID, now: datetime) -> AccessLink:
    """Use up a link whose token was checked before, in this browser (`open_link`).

    Raises:
        LinkUnusableError: It was used, has expired or was withdrawn since.
    """
    won = session.scalars(
        update(AccessLink)
        .where(
            col(AccessLink.id) == link_id,
            col(AccessLink.used_at).is_(None),
            col(AccessLink.revoked_at).is_(None),
            col(AccessLink.expires_at) > now,
        )
        .values(used_at=now)
        .returning(AccessLink),
        execution_options={"populate_existing": True},
    ).first()
    if won is None:
        raise LinkUnusableError(words.LINK_UNUSABLE)
    return won


def revoke_links(
    session: Session, account_id: UUID, now: datetime, purposes: Collection[Purpose] = ACCOUNT
) -> None:
    """Withdraw all links to an account that are still good; one to claim a profile is none."""
    session.execute(
        update(AccessLink)
        .where(
            col(AccessLink.account_id) == account_id,
            col(AccessLink.purpose).in_([purpose.value for purpose in purposes]),
            col(AccessLink.used_at).is_(None),
            col(AccessLink.revoked_at).is_(None),
        )
        .values(revoked_at=now)
    )


def revoke_foreign(session: Session, actor: Actor, account_id: UUID, now: datetime) -> None:
    """Withdraw links to join with, made neither by the actor nor by another administrator.

    Whoever names a delegate chooses the names of his account and is given its link: once it is
    trusted with an office, only an administrator's link leads to it.
    """
    administrators = select(cast(col(AccountRole.account_id), Text)).where(
        col(AccountRole.role) == Role.ADMINISTRATOR, col(AccountRole.ended_at).is_(None)
    )
    session.execute(
        update(AccessLink)
        .where(
            col(AccessLink.account_id) == account_id,
            col(AccessLink.purpose) == Purpose.JOIN,
            col(AccessLink.used_at).is_(None),
            col(AccessLink.revoked_at).is_(None),
            ~col(AccessLink.created_by).startswith("operator:"),
            col(AccessLink.created_by) != actor.id,
            col(AccessLink.created_by).not_in(administrators),
        )
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )


def read_sent_to(session: Session, link: AccessLink) -> str | None:
    """Where the link was sent.

    Raises:
        NotFoundError: The person was erased.
    """
    if link.sent_to is None:
        return None
    if link.expert_id is not None:
        return str(vault.unseal(session, link.expert_id, link.sent_to))
    return str(vault.unseal_for_service(session, link.sent_to, f"link:{link.id}"))
