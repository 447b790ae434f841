"""What a granted claim does: account and profile belong together, consents count, links end."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access import claim_store, claim_texts
from registry.access.claim_store import ClaimWords
from registry.access.holding import is_held, lock_account, lock_expert
from registry.access.models import Account, AccountRole, Claim
from registry.access.policy import Actor, Role
from registry.access.sessions import load_actor
from registry.audit import service as audit
from registry.errors import InvalidInputError, NotFoundError
from registry.experts import confirming
from registry.experts.life import CLAIMABLE
from registry.experts.lifecycle import change_life
from registry.experts.models import Expert
from registry.experts.schemas import Life
from registry.rights import consents

# What consents set in the profile's row: noted before a claim, put back when it was wrong.
CONSENT_COLUMNS = ("open_to", "is_searchable", "is_published")


def lock_free(session: Session, expert_id: UUID, account_id: UUID) -> tuple[Expert, Account]:
    """Profile and account, both held, when the one can become the other's.

    Raises:
        NotFoundError: One of them is not there.
        InvalidInputError: The account has a profile, the profile a holder, or it is withdrawn,
            merged or erased.
    """
    expert, account = lock_expert(session, expert_id), lock_account(session, account_id)
    if expert is None or account is None:
        raise NotFoundError(f"no expert with the id {expert_id}")
    if account.expert_id is not None:
        raise InvalidInputError(claim_texts.HAS_PROFILE)
    if is_held(session, expert_id):
        raise InvalidInputError(claim_texts.HELD)
    if Life(expert.life) not in CLAIMABLE:
        raise InvalidInputError(claim_texts.NOT_CLAIMABLE)
    return expert, account


def grant(
    session: Session,
    actor: Actor,
    claim: Claim,
    expert: Expert,
    account: Account,
    words: ClaimWords,
    now: datetime,
) -> None:
    """Make the profile the account's own.

    Args:
        actor: Who decides: the claimant himself when he brought a proof, else a steward.
        claim: Of this account; it may still name no profile.
        expert, account: As `lock_free` gave them.
        words: Holds what the claimant agreed to; it is sealed anew, as the person's.
    """
    # Whoever has found another way waits for no steward any more.
    claim_store.drop_open(session, account.id, "drop", now, but=claim.id)
    claim.expert_id, claim.state, claim.life_before = expert.id, "granted", expert.life
    claim.decided_by, claim.decided_at = actor.id, now
    words.granted_at = now
    words.before = {name: getattr(expert, name) for name in CONSENT_COLUMNS}
    words.lives_before = list(expert.lives_before)
    claim_store.put_words(session, claim, words)
    session.add(claim)
    account.expert_id = expert.id
    _give_role(session, account, claim, now)
    session.flush()
    if Life(expert.life) in {Life.LEAD, Life.INVITED}:
        change_life(session, actor, expert, Life.CLAIMED, now)
    claim_store.revoke_claim_links(session, expert.id, now)
    session.flush()
    audit.record(
        session,
        actor,
        "claim:grant",
        about=expert.id,
        subject=f"claim:{claim.id}",
        details={"account": str(account.id), "proof": claim.proof},
    )
    # The consents are the holder's own act, also where a steward grants what he asked for.
    holder = load_actor(session, account, now)
    consents.give_at_claim(session, holder, expert.id, words.agreed, words.language, now)
    confirming.confirm(session, holder, expert.id, now)
    # That lets go of all that was read before, and callers answer with the claim.
    session.refresh(claim)


def _give_role(session: Session, account: Account, claim: Claim, now: datetime) -> None:
    query = select(AccountRole).where(
        col(AccountRole.account_id) == account.id,
        col(AccountRole.role) == Role.EXPERT.value,
        col(AccountRole.ended_at).is_(None),
    )
    if session.scalars(query).first() is None:
        session.add(
            AccountRole(
                account_id=account.id,
                role=Role.EXPERT.value,
                granted_by=f"claim:{claim.id}",
                granted_at=now,
            )
        )
