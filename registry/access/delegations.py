"""Let somebody else keep chosen sections of one's profile, until a date; end that at once.

Naming tells which sign-in names there are. Names that cannot be used are counted in the session
that is passed in, so callers end it normally: before what can fail, nothing else is written.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access import accounts, attempts, claim_texts, links, repository, words
from registry.access.fresh import require_fresh
from registry.access.holding import lock_expert, require_uncontested
from registry.access.models import Account, Delegation
from registry.access.policy import Actor, require
from registry.access.throttle import Kind
from registry.audit import service as audit
from registry.errors import InvalidInputError, NotFoundError
from registry.experts.models import ExpertSummary
from registry.experts.values import VALUE_CLASSES
from registry.text import clean

LONGEST_DAYS: Final = 365
MOST_DELEGATES: Final = 10
MOST_A_DAY: Final = 20
# Whole sections of a profile. Origin comes from the person's own mouth alone; consents, conflicts
# of interest, visibility and life are no sections and can be given to nobody.
SECTIONS: Final = tuple(name for name in VALUE_CLASSES if name != "origin")


@dataclass(frozen=True)
class Named:
    """A delegate of one's own.

    Args:
        has_joined: Whether the account can be used yet: one that was made for him by a link
            cannot, until he has opened it.
    """

    delegation: Delegation
    login: str
    display_name: str
    has_joined: bool


@dataclass(frozen=True)
class Kept:
    """A profile that one keeps for somebody else."""

    delegation: Delegation
    display_name: str | None


def name_delegate(
    session: Session,
    actor: Actor,
    login: str,
    sections: Collection[str],
    days: int,
    now: datetime,
) -> Delegation:
    """Let the account of this name keep sections of the actor's profile from now on.

    Naming somebody again replaces what he had.

    Args:
        sections: Properties, each one named: contact data are among them only when asked for.
        days: After so many days it ends on its own.

    Raises:
        NotFoundError: No open account has this name.
        InvalidInputError: No or unknown sections, a wrong time, himself, or too many delegates.
        NotPermittedError: Somebody contests that the profile is the actor's.
        SignInTooOldError, TooManyAttemptsError: As `require_fresh` and `attempts.admit` do.
    """
    expert_id = _own(session, actor, now)
    check_terms(sections, days)
    counted = _admit(session, actor, now)
    account = repository.find_by_login(session, clean(login))
    if account is None:
        attempts.count_failure(session, counted, now)
        raise NotFoundError(claim_texts.NO_SUCH_ACCOUNT)
    if account.expert_id == expert_id:
        raise InvalidInputError(claim_texts.OWN_ACCOUNT)
    _check_room(session, expert_id, account.id, now)
    return _add(session, actor, expert_id, account.id, sections, days, now)


def invite_delegate(
    session: Session,
    actor: Actor,
    login: str,
    display_name: str,
    sections: Collection[str],
    days: int,
    now: datetime,
) -> str:
    """Name a delegate who has no account: one without roles is made, with a link to join by.

    Args:
        login: The sign-in name that he is to have.

    Returns:
        The token of the link (/l/{token}), which lasts a week: shown once.

    Raises:
        InvalidInputError: A wrong or taken sign-in name, or a wrong name; else as `name_delegate`.
    """
    expert_id = _own(session, actor, now)
    check_terms(sections, days)
    _check_room(session, expert_id, None, now)
    counted = _admit(session, actor, now)
    # Accounts are administrators' to make; of this one kind, which holds no role and can do
    # nothing by itself, every person may make some.
    try:
        account = accounts.open_account(session, actor, login, display_name)
    except InvalidInputError as exc:
        if str(exc) == words.LOGIN_TAKEN:
            attempts.count_failure(session, counted, now)
        raise
    _add(session, actor, expert_id, account.id, sections, days, now)
    return links.issue_link(
        session, actor, links.Purpose.JOIN, account_id=account.id, now=now, lasts=links.JOIN_LASTS
    )


def check_terms(sections: Collection[str], days: int) -> None:
    """Whether sections and time can be given to a delegate.

    Raises:
        InvalidInputError: They cannot; says why.
    """
    if not sections:
        raise InvalidInputError(claim_texts.NO_SECTION)
    wrong = sorted(set(sections) - set(SECTIONS))
    if wrong:
        raise InvalidInputError(
            f"{wrong[0][:60]!r} is no section for a delegate; choose from: {', '.join(SECTIONS)}"
        )
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidInputError(claim_texts.TOO_LONG)


def _own(session: Session, actor: Actor, now: datetime) -> UUID:
    """The actor's profile, its row held: delegates are counted and replaced one by one."""
    require(actor, "delegation:own")
    require_fresh(actor, now)
    assert actor.expert_id is not None
    lock_expert(session, actor.expert_id)
    require_uncontested(session, actor.expert_id)
    return actor.expert_id


def _admit(session: Session, actor: Actor, now: datetime) -> list[attempts.Bucket]:
    """What a name that cannot be used is counted by, unless it was too many already."""
    counted = [attempts.bucket(session, Kind.NAMING, actor.id)]
    attempts.admit(session, counted, now, words.TOO_MANY_NAMES)
    return counted


def _check_room(session: Session, expert_id: UUID, account_id: UUID | None, now: datetime) -> None:
    """Whether this account, or a new one, can be named besides the others."""
    others = [row for row in _running(session, expert_id, now) if row.account_id != account_id]
    is_new = col(Delegation.created_at) > now - timedelta(days=1)
    lately = select(func.count()).where(col(Delegation.expert_id) == expert_id, is_new)
    if len(others) >= MOST_DELEGATES or (session.scalar(lately) or 0) >= MOST_A_DAY:
        raise InvalidInputError(claim_texts.TOO_MANY_DELEGATES)


def _add(
    session: Session,
    actor: Actor,
    expert_id: UUID,
    account_id: UUID,
    sections: Collection[str],
    days: int,
    now: datetime,
) -> Delegation:
    repository.end_delegations(session, now, expert_id=expert_id, account_id=account_id)
    # Of two namings at the same instant the second replaces the first, whose row it would be.
    session.execute(
        delete(Delegation).where(
            col(Delegation.expert_id) == expert_id,
            col(Delegation.account_id) == account_id,
            col(Delegation.created_at) == now,
        )
    )
    row = Delegation(
        expert_id=expert_id,
        account_id=account_id,
        sections=[name for name in SECTIONS if name in sections],
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor,
        "delegation:create",
        about=expert_id,
        subject=f"delegation:{row.id}",
        details={"account": str(account_id), "sections": row.sections, "days": days},
    )
    return row


def list_named(session: Session, actor: Actor, now: datetime) -> list[Named]:
    """The actor's delegates now, newest first."""
    require(actor, "delegation:own")
    assert actor.expert_id is not None
    found = []
    for row in _running(session, actor.expert_id, now):
        account = session.get_one(Account, row.account_id)
        # Without a password or an outside sign-in there is no way in yet.
        identities = repository.list_identities(session, account.id)
        joined = account.password_hash is not None or bool(identities)
        found.append(Named(row, account.login, account.display_name, joined))
    return found


def revoke(session: Session, actor: Actor, delegation_id: UUID, now: datetime) -> None:
    """End a delegation of the actor's profile; it holds for the delegate's next request.

    Raises:
        NotFoundError: It is not of his profile, or has ended.
    """
    require(actor, "delegation:own")
    _end_one(session, actor, delegation_id, now, "revoke", expert_id=actor.expert_id)


def list_kept(session: Session, actor: Actor, now: datetime) -> list[Kept]:
    """The profiles that the actor keeps for others now, with the sections that he keeps."""
    require(actor, "account:own")
    found = []
    for row in repository.list_delegations(session, UUID(actor.id), now):
        summary = session.get(ExpertSummary, row.expert_id)
        found.append(Kept(row, summary.display_name if summary is not None else None))
    return found


def give_up(session: Session, actor: Actor, delegation_id: UUID, now: datetime) -> None:
    """End a delegation that the actor holds himself.

    Raises:
        NotFoundError: He does not hold it, or it has ended.
    """
    require(actor, "account:own")
    _end_one(session, actor, delegation_id, now, "give_up", account_id=UUID(actor.id))


def revoke_all(session: Session, expert_id: UUID, now: datetime) -> int:
    """End all delegations of a profile, for services that end what its holder began."""
    return repository.end_delegations(session, now, expert_id=expert_id)


def _end_one(
    session: Session,
    actor: Actor,
    delegation_id: UUID,
    now: datetime,
    what: str,
    expert_id: UUID | None = None,
    account_id: UUID | None = None,
) -> None:
    row = session.get(Delegation, delegation_id, with_for_update=True, populate_existing=True)
    if (
        row is None
        or row.revoked_at is not None
        or row.expires_at <= now
        or expert_id not in (None, row.expert_id)
        or account_id not in (None, row.account_id)
    ):
        raise NotFoundError(f"no delegation with the id {delegation_id}")
    row.revoked_at = now
    audit.record(
        session,
        actor,
        f"delegation:{what}",
        about=row.expert_id,
        subject=f"delegation:{row.id}",
    )


def _running(session: Session, expert_id: UUID, now: datetime) -> Sequence[Delegation]:
    return session.scalars(
        select(Delegation)
        .where(
            col(Delegation.expert_id) == expert_id,
            col(Delegation.revoked_at).is_(None),
            col(Delegation.expires_at) > now,
        )
        .order_by(col(Delegation.id).desc())
    ).all()
