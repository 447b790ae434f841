"""Signed-in browsers and programs: from a cookie or a token to the actor, and back out again."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access import repository, words
from registry.access.fresh import require_fresh
from registry.access.models import Account, APIToken, WebSession
from registry.access.policy import ALL_PERMISSIONS, Actor, Role, permissions_of, require
from registry.audit import service as audit
from registry.commits import at_commit
from registry.errors import (
    InvalidInputError,
    NotFoundError,
    NotPermittedError,
    NotSignedInError,
)
from registry.rights.models import Consideration
from registry.text import clean

# Told apart from other secrets by whoever finds one in a log or a repository.
TOKEN_PREFIX: Final = "vnx_"
LONGEST_TOKEN_DAYS: Final = 366
# How exactly "last seen" is kept: each request would otherwise write a row.
_SEEN_EVERY: Final = timedelta(minutes=5)


@dataclass(frozen=True)
class SignedIn:
    """Who is signed in, and by which session.

    Args:
        name: What pages call him; it outlives the database session, on error pages too.
    """

    actor: Actor
    account: Account
    session_id: UUID
    name: str


def hash_secret(secret: str) -> str:
    """What is kept of a random secret: it has too many values to be guessed from its digest."""
    return hashlib.sha256(secret.encode()).hexdigest()


def load_actor(
    session: Session,
    account: Account,
    now: datetime,
    scopes: frozenset[str] | None = None,
    signed_in_at: datetime | None = None,
) -> Actor:
    """What an account may do now, in a browser's session or with the scopes of a token."""
    roles = repository.list_roles(session, account.id)
    bodies = [role.body for role in roles if role.body is not None]
    held = {Role(role.role) for role in roles}
    candidates: frozenset[UUID] = frozenset()
    if Role.SECRETARY in held and bodies:
        considered = select(col(Consideration.expert_id)).where(
            col(Consideration.body) == bodies[0],
            col(Consideration.council_id).is_not(None),
            col(Consideration.closed_at).is_(None),
        )
        candidates = frozenset(session.scalars(considered))
    return Actor(
        id=str(account.id),
        roles=frozenset(held),
        body=bodies[0] if bodies else None,
        expert_id=account.expert_id,
        delegations={
            d.expert_id: frozenset(d.sections)
            for d in repository.list_delegations(session, account.id, now)
        },
        candidates=candidates,
        scopes=scopes,
        signed_in_at=signed_in_at,
    )


def start(
    session: Session,
    account: Account,
    method: str,
    agent: str | None,
    now: datetime,
    lasts: timedelta,
) -> str:
    """Sign a browser in.

    Args:
        method: What proved who it is: 'password', 'link', or a provider's name.
        agent: What the browser calls itself, to tell sessions apart in their list.

    Returns:
        The cookie's value; it is not kept.
    """
    token = secrets.token_urlsafe(32)
    row = WebSession(
        token_hash=hash_secret(token),
        account_id=account.id,
        method=method,
        agent=agent[:200] if agent else None,
        created_at=now,
        seen_at=now,
        expires_at=now + lasts,
    )
    session.add(row)
    session.flush()
    actor = Actor(str(account.id), frozenset())
    audit.record(session, actor, "account:sign_in", subject=f"session:{row.id}")
    return token


def find_signed_in(session: Session, token: str, now: datetime) -> SignedIn | None:
    """Whose session this cookie stands for; None when it is over, revoked or unknown."""
    row = repository.find_session(session, hash_secret(token), now)
    account = repository.find_account(session, row.account_id) if row is not None else None
    if row is None or account is None:
        return None
    if now - row.seen_at > _SEEN_EVERY:
        at_commit(session, lambda: _note_use(session, WebSession.seen_at, row.id, now))
    actor = load_actor(session, account, now, signed_in_at=row.created_at)
    return SignedIn(actor, account, row.id, account.display_name)


def _note_use(session: Session, column: Any, row_id: UUID, now: datetime) -> None:
    """Write when a row was used last, unless somebody else is just at it: he may be ending it.

    Last of all and without waiting, so that whoever holds a person's row waits for nobody who
    waits for it.
    """
    table = column.class_
    free = select(col(table.id)).where(col(table.id) == row_id).with_for_update(skip_locked=True)
    session.execute(
        update(table)
        .where(col(table.id).in_(free.scalar_subquery()))
        .values({column.key: now})
        .execution_options(synchronize_session=False)
    )


def end(session: Session, actor: Actor, session_id: UUID, now: datetime) -> None:
    """End one session of the actor's own.

    Raises:
        NotFoundError: It is not one of his.
    """
    require(actor, "account:own")
    row = session.get(WebSession, session_id)
    if row is None or str(row.account_id) != actor.id:
        raise NotFoundError(f"no session with the id {session_id}")
    row.revoked_at = row.revoked_at or now
    audit.record(session, actor, "account:sign_out", subject=f"session:{session_id}")


def end_by_cookie(session: Session, token: str, now: datetime) -> None:
    """End the session that a cookie stands for, where there is one."""
    row = repository.find_session(session, hash_secret(token), now)
    if row is not None:
        row.revoked_at = now
        actor = Actor(str(row.account_id), frozenset())
        audit.record(session, actor, "account:sign_out", subject=f"session:{row.id}")


def end_all(session: Session, actor: Actor, now: datetime, but: UUID | None = None) -> int:
    """End all sessions of the actor's own, but for one; how many there were."""
    require(actor, "account:own")
    count = repository.revoke_sessions(session, UUID(actor.id), now, but)
    audit.record(session, actor, "account:sign_out_all", details={"sessions": count})
    return count


def create_token(
    session: Session, actor: Actor, name: str, scopes: set[str], days: int, now: datetime
) -> tuple[APIToken, str]:
    """Make a token that may do some of what its maker may do, for some time.

    Returns:
        The token's row, and the token itself: shown once, and not kept.

    Raises:
        SignInTooOldError: He signed in a while ago, or is a program.
        InvalidInputError: No name, no or unknown scope, one that the maker lacks, or a wrong time.
    """
    require(actor, "account:own")
    require_fresh(actor, now)
    return _make_token(session, actor, actor, name, scopes, days, now)


def create_token_for(
    session: Session,
    operator: Actor,
    account: Account,
    name: str,
    scopes: set[str],
    days: int,
    now: datetime,
) -> tuple[APIToken, str]:
    """`create_token` for somebody else's account, at this machine's command line only.

    Raises:
        NotPermittedError: Not an operator: an administrator never acts in another's name.
        InvalidInputError: As `create_token` does.
    """
    require(operator, "account:manage")
    if not operator.is_operator:
        raise NotPermittedError("tokens of others are made at the command line only")
    holder = load_actor(session, account, now)
    return _make_token(session, operator, holder, name, scopes, days, now)


def _make_token(
    session: Session,
    maker: Actor,
    holder: Actor,
    name: str,
    scopes: set[str],
    days: int,
    now: datetime,
) -> tuple[APIToken, str]:
    name = clean(name)
    if not name or len(name) > 100:
        raise InvalidInputError(words.TOKEN_NAME)
    if not 1 <= days <= LONGEST_TOKEN_DAYS:
        raise InvalidInputError(words.TOKEN_DAYS)
    if not scopes:
        raise InvalidInputError(words.TOKEN_SCOPES)
    # Sessions, passwords and tokens are for a person, not for what he lets a program do.
    possible = permissions_of(holder) - {"account:own"}
    wrong = scopes - possible
    if wrong:
        unknown = sorted(wrong - ALL_PERMISSIONS)
        raise InvalidInputError(
            (f"unknown scope {unknown[0][:60]!r}; " if unknown else "")
            + f"choose from: {', '.join(sorted(possible)) or 'none that you hold'}"
        )
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    row = APIToken(
        token_hash=hash_secret(secret),
        account_id=UUID(holder.id),
        name=name,
        scopes=sorted(scopes),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        maker,
        "token:create",
        subject=f"token:{row.id}",
        details={"scopes": sorted(scopes), "days": days, "account": holder.id},
    )
    return row, secret


def actor_of_token(session: Session, secret: str, now: datetime) -> Actor:
    """Who a program acts for.

    Raises:
        NotSignedInError: The token is unknown, revoked or expired, or its account closed.
    """
    row = repository.find_token(session, hash_secret(secret), now)
    account = repository.find_account(session, row.account_id) if row is not None else None
    if row is None or account is None:
        raise NotSignedInError("the token is unknown, revoked or expired; make a new one")
    if row.used_at is None or now - row.used_at > _SEEN_EVERY:
        at_commit(session, lambda: _note_use(session, APIToken.used_at, row.id, now))
    return load_actor(session, account, now, frozenset(row.scopes))


def find_token_id(session: Session, operator: Actor, text: str, now: datetime) -> UUID:
    """The id of a token that an operator has before him: its id, or the token itself.

    Raises:
        NotFoundError: It is neither.
    """
    require(operator, "account:manage")
    row = repository.find_token(session, hash_secret(text.strip()), now)
    if row is not None:
        return row.id
    try:
        return UUID(text.strip())
    except ValueError as exc:
        # The text is not repeated: it may be a token of another database.
        raise NotFoundError("no open token is like this, and it is no id of one") from exc


def revoke_token(session: Session, actor: Actor, token_id: UUID, now: datetime) -> None:
    """Make a token of the actor's own useless; an operator does it to any.

    Raises:
        NotFoundError: There is none, or it is not one of his.
    """
    row = session.get(APIToken, token_id)
    if actor.is_operator:
        require(actor, "account:manage")
    else:
        require(actor, "account:own")
    if row is None or not (actor.is_operator or str(row.account_id) == actor.id):
        raise NotFoundError(f"no token with the id {token_id}")
    row.revoked_at = row.revoked_at or now
    audit.record(session, actor, "token:revoke", subject=f"token:{token_id}")
