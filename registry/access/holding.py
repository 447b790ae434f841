"""Who holds a profile, and whether somebody contests that: asked before what cannot be undone."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access import claim_texts
from registry.access.models import Account, Claim, ExternalLogin
from registry.errors import NotPermittedError
from registry.experts.models import Expert
from registry.experts.proofs import Proved

# States of a claim in which its account holds the profile.
HOLDING = ("granted", "contested")
ORCID = "orcid"
_HELD = {"key_share": True}


def lock_expert(session: Session, expert_id: UUID) -> Expert | None:
    """The person's row, held until the transaction ends: claims and moves of life follow it.

    Those who only look, or note that they did, are not held up.
    """
    # What is changed and not written yet would be read over.
    session.flush()
    return session.get(Expert, expert_id, with_for_update=_HELD, populate_existing=True)


def lock_account(session: Session, account_id: UUID) -> Account | None:
    """An open account's row, held until the transaction ends; taken after the person's."""
    session.flush()
    account = session.get(Account, account_id, with_for_update=_HELD, populate_existing=True)
    return account if account is not None and account.closed_at is None else None


def find_holding(session: Session, expert_id: UUID) -> Claim | None:
    """The claim by which an account holds this profile."""
    return session.scalars(
        select(Claim).where(col(Claim.expert_id) == expert_id, col(Claim.state).in_(HOLDING))
    ).first()


def find_holder(session: Session, expert_id: UUID) -> Account | None:
    """The account whose profile this is."""
    return session.scalars(
        select(Account).where(col(Account.expert_id) == expert_id, col(Account.closed_at).is_(None))
    ).first()


def is_held(session: Session, expert_id: UUID) -> bool:
    """Whether nobody else can have this profile now.

    An account has it, or a steward is still to decide about the claim of one that was closed.
    """
    return find_holder(session, expert_id) is not None or (
        find_holding(session, expert_id) is not None
    )


def list_proved(session: Session, expert_ids: Collection[UUID]) -> dict[UUID, Proved]:
    """What the holders of these profiles have proved by signing in at ORCID; others are missing."""
    found: dict[UUID, Proved] = {}
    rows = session.execute(
        select(col(Account.expert_id), col(Account.id), col(ExternalLogin.subject))
        .join(ExternalLogin, col(ExternalLogin.account_id) == col(Account.id))
        .where(
            col(Account.expert_id).in_(list(expert_ids)),
            col(Account.closed_at).is_(None),
            col(ExternalLogin.provider) == ORCID,
        )
    )
    for expert_id, account_id, orcid in rows:
        assert expert_id is not None
        known = found.get(expert_id, Proved(str(account_id), frozenset()))
        found[expert_id] = Proved(known.account, known.orcids | {orcid})
    return found


def require_uncontested(session: Session, expert_id: UUID) -> None:
    """Let the holder's act pass, or refuse it while somebody says that the profile is not his.

    For acts that reach beyond the profile or cannot be undone: consents, visibility, life,
    delegates, erasure. A steward acts on.

    Raises:
        NotPermittedError: The claim is contested.
    """
    holding = find_holding(session, expert_id)
    if holding is not None and holding.state == "contested":
        raise NotPermittedError(claim_texts.CONTESTED)
