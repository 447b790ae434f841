"""Signing in through a provider: out to it, back from it, and whose account that is.

A flow is a row from the moment when a browser goes out until it comes back, once. The provider's
pages and its replies take seconds, so no transaction is open meanwhile: callers take the flow in
one (`take_flow`), ask the provider (`OIDCClient.finish`), and settle in another (`settle`).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access import attempts, closing, links, repository, words
from registry.access.fresh import require_fresh
from registry.access.holding import lock_account
from registry.access.models import Account, ExternalLogin, OutsideFlow
from registry.access.oidc import Begun, ExternalIdentity, Provider, Scheme, is_same_secret
from registry.access.paths import safe_path
from registry.access.policy import Actor, require
from registry.access.sessions import hash_secret, load_actor
from registry.access.signin import actor_of
from registry.audit import service as audit
from registry.errors import (
    ChangedMeanwhileError,
    InvalidInputError,
    LinkUnusableError,
    NotFoundError,
    SignInFailedError,
)
from registry.experts import confirming
from registry.ids import new_id

FLOW_LASTS: Final = timedelta(minutes=10)
ORCID_LOGIN: Final = "orcid:"


@dataclass(frozen=True)
class Flow:
    """A sign-in that came back: what `OIDCClient.finish` needs, and what it was begun for.

    Args:
        account_id: Who links the identity to his account, or whom the join link is for.
        link_id: The join link that is used up when the identity is settled.
    """

    provider: Provider
    nonce: str
    verifier: str
    code: str
    account_id: UUID | None
    link_id: UUID | None
    next_path: str


def remember(
    session: Session,
    provider: Provider,
    begun: Begun,
    browser_secret: str,
    next_path: str | None,
    now: datetime,
    *,
    account_id: UUID | None = None,
    link_id: UUID | None = None,
) -> None:
    """Keep a sign-in that goes out.

    Args:
        browser_secret: Of a cookie of the browser: no other browser can come back with this flow.
        next_path: Where to go afterwards; what does not surely stay in this service is dropped.
        account_id: Link the identity to this account, whose owner is signed in or has the link.
    """
    session.execute(delete(OutsideFlow).where(col(OutsideFlow.expires_at) <= now))
    session.add(
        OutsideFlow(
            state_hash=hash_secret(begun.state),
            provider=provider.name,
            nonce=begun.nonce,
            verifier=begun.verifier,
            browser_hash=hash_secret(browser_secret),
            account_id=account_id,
            link_id=link_id,
            next_path=safe_path(next_path) or "",
            expires_at=now + FLOW_LASTS,
        )
    )
    session.flush()


@dataclass(frozen=True)
class Return:
    """What the provider has made the browser bring back; every part may be forged."""

    state: str
    code: str | None = None
    error: str | None = None
    issuer: str | None = None


def take_flow(
    session: Session,
    provider: Provider,
    came: Return,
    browser_secret: str | None,
    now: datetime,
) -> Flow:
    """The flow that has come back; it is used up, whatever comes of it, so end the session well.

    Raises:
        SignInFailedError: Unknown or used state, too late, another browser, another provider than
            the one that it went out to (RFC 9207, RFC 9700 section 4.4), or the provider says no.
    """
    row = session.scalars(
        delete(OutsideFlow)
        .where(col(OutsideFlow.state_hash) == hash_secret(came.state))
        .returning(OutsideFlow)
    ).first()
    if row is None or row.expires_at <= now:
        raise SignInFailedError(words.OUTSIDE["again"])
    if not browser_secret or not is_same_secret(row.browser_hash, hash_secret(browser_secret)):
        raise SignInFailedError(words.OUTSIDE["again"])
    if row.provider != provider.name or came.issuer not in {None, provider.issuer}:
        raise SignInFailedError(words.OUTSIDE["failed"])
    if came.error is not None:
        # Only this one code is told apart; what else the provider writes is not repeated.
        is_cancelled = came.error == "access_denied"
        raise SignInFailedError(words.OUTSIDE["cancelled" if is_cancelled else "failed"])
    if not came.code:
        raise SignInFailedError(words.OUTSIDE["failed"])
    return Flow(
        provider,
        row.nonce,
        row.verifier,
        came.code,
        row.account_id,
        row.link_id,
        row.next_path,
    )


def settle(
    session: Session,
    flow: Flow,
    identity: ExternalIdentity,
    signed_in: UUID | None,
    now: datetime,
) -> Account:
    """The account of an identity, linked or made where the rules allow it.

    A ministry's provider makes no accounts: an administrator invites. ORCID makes one without
    roles, so that an expert can claim his profile.

    Args:
        signed_in: The account that the browser is signed in to now: an identity is linked to it
            only if it still is the one that began.

    Raises:
        SignInFailedError: Nobody's, a closed account, linked to another account already, or no
            longer linked to the one that it has made.
    """
    # Two that come back with one identity at once: the second sees what the first has done.
    attempts.lock(session, f"identity:{identity.provider}:{identity.subject}")
    known_key = (identity.provider, identity.subject)
    known = session.get(ExternalLogin, known_key)
    if flow.account_id is not None:
        if flow.link_id is None and flow.account_id != signed_in:
            raise SignInFailedError(words.OUTSIDE["again"])
        return _link(session, flow, flow.account_id, identity, known, now)
    if known is not None:
        account = lock_account(session, known.account_id)
        if account is None:
            raise SignInFailedError(words.OUTSIDE["closed"])
        # A recovery link takes all identities from an account, and ends its sessions.
        if session.get(ExternalLogin, known_key, populate_existing=True) is None:
            raise SignInFailedError(words.OUTSIDE["unlinked"])
        return account
    if flow.provider.scheme is not Scheme.ORCID:
        raise SignInFailedError(words.OUTSIDE["unknown"])
    account = Account(
        login=_login_of(session, identity),
        display_name=(identity.name or identity.subject)[:100],
    )
    session.add(account)
    session.flush()
    _add(session, account, identity, now)
    audit.record(
        session, actor_of(account), "account:create", details={"provider": identity.provider}
    )
    return account


def _login_of(session: Session, identity: ExternalIdentity) -> str:
    """A sign-in name for an account that an iD makes: the iD, or with more where it is taken."""
    login = f"{ORCID_LOGIN}{identity.subject}"
    taken = repository.find_by_login(session, login, include_closed=True)
    if taken is None:
        return login
    if taken.closed_at is None:
        raise SignInFailedError(words.OUTSIDE["unlinked"])
    # A closed one keeps its name: what it did stays its own.
    return f"{login}:{new_id().hex}"


def require_linking(actor: Actor, now: datetime) -> None:
    """Let the actor go out to a provider to link it to his account, or refuse that.

    Raises:
        SignInTooOldError: He signed in a while ago, or is a program.
    """
    require(actor, "account:own")
    require_fresh(actor, now)


def _link(
    session: Session,
    flow: Flow,
    account_id: UUID,
    identity: ExternalIdentity,
    known: ExternalLogin | None,
    now: datetime,
) -> Account:
    try:
        # The person first, as all do who hold both; closed meanwhile, nothing is linked to it.
        account = closing.lock_whole(session, account_id)
    except (ChangedMeanwhileError, NotFoundError) as exc:
        raise SignInFailedError(words.OUTSIDE["closed"]) from exc
    if known is not None and known.account_id != account_id:
        raise SignInFailedError(words.OUTSIDE["taken"])
    if flow.link_id is not None:
        try:
            links.use_up(session, flow.link_id, now)
        except LinkUnusableError as exc:
            raise SignInFailedError(words.OUTSIDE["link"]) from exc
    if known is None:
        _add(session, account, identity, now)
        if account.expert_id is not None:
            # An iD that his profile gives is confirmed by its owner from now on.
            confirming.confirm(session, load_actor(session, account, now), account.expert_id, now)
    return account


def _add(session: Session, account: Account, identity: ExternalIdentity, now: datetime) -> None:
    session.add(
        ExternalLogin(
            provider=identity.provider,
            subject=identity.subject,
            account_id=account.id,
            linked_at=now,
        )
    )
    session.flush()
    details = {"provider": identity.provider}
    audit.record(session, actor_of(account), "account:link_identity", details=details)


def unlink(session: Session, actor: Actor, provider: str, offered: Collection[str]) -> None:
    """Take a provider's identities from the actor's own account.

    Args:
        offered: Names of the providers that people can sign in with now.

    Raises:
        InvalidInputError: No other way to sign in would remain.
    """
    require(actor, "account:own")
    account = repository.get_own_account(session, actor)
    # Two of them taken away at once must not leave none.
    attempts.lock(session, f"identities:{account.id}")
    logins = repository.list_identities(session, account.id)
    others = [login for login in logins if login.provider in set(offered) - {provider}]
    if account.password_hash is None and not others:
        raise InvalidInputError(words.LAST_WAY_IN)
    for login in logins:
        if login.provider == provider:
            session.delete(login)
    session.flush()
    details = {"provider": provider}
    audit.record(session, actor, "account:unlink_identity", details=details)
