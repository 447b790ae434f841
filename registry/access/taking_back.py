"""Undo what the wrong person did with a profile: as if the claim had never been granted."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access import claim_store, delegations, repository
from registry.access.claim_store import ClaimWords
from registry.access.models import Account, Claim, Delegation
from registry.access.policy import Actor
from registry.audit import service as audit
from registry.experts import undoing
from registry.experts.life import check_taken_back
from registry.experts.lifecycle import change_life, party_of
from registry.experts.models import Expert
from registry.experts.schemas import Life
from registry.rights import consent_store, consents, requests, restriction
from registry.rights.models import Consent


def take_back(
    session: Session,
    actor: Actor,
    claim: Claim,
    expert: Expert,
    words: ClaimWords,
    reason: str,
    now: datetime,
) -> None:
    """Part account and profile, and undo what the account and its delegates did to the profile.

    What others did meanwhile stays: an import, a steward's check of what a source says, a
    restriction that a steward noted. So does the record of what happened: closed statements,
    changes, requests, disclosures, the audit.

    Args:
        claim, expert: Held by the caller, who notes the decision in the claim.
        words: Of the claim: since when, and what the profile was before.

    Raises:
        InvalidInputError: The profile is in a state that nothing leads back from.
    """
    before = Life(claim.life_before or "")
    if Life(expert.life) not in _GONE:
        party = party_of(actor, expert.id)
        check_taken_back(Life(expert.life), before, party, reason)
    since = words.granted_at or claim.created_at
    writers = _writers(session, claim, expert.id, since)
    session.flush()
    account = session.get_one(
        Account, claim.account_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if account.expert_id == expert.id:
        # Of a claim that has ended, the account may hold another profile by now.
        account.expert_id = None
        repository.revoke_sessions(session, account.id, now)
        repository.revoke_tokens(session, account.id, now)
    claim_store.take_role(session, claim, now)
    delegations.revoke_all(session, expert.id, now)
    # Whoever loads this profile's objects anew below must find them written.
    session.flush()
    if Life(expert.life) is Life.ERASED:
        return
    _restore_consents(session, expert, words, account.id, since)
    consent_store.end_councils(session, expert.id, now)
    restriction.undo(session, actor, expert, claim.id, account.id)
    requests.close_asked(session, actor, expert.id, since, now)
    details = undoing.undo_acts(session, actor, expert.id, writers, since, reason, now)
    audit.record(
        session,
        actor,
        "claim:undo",
        about=expert.id,
        subject=f"claim:{claim.id}",
        details=details,
    )
    if Life(expert.life) is Life.MERGED:
        # Parted again, it is to be what it was before the claim.
        expert.lives_before = [*words.lives_before, before.value]
    elif Life(expert.life) is not before:
        change_life(session, actor, expert, before, now, reason)
    if Life(expert.life) is Life.PAUSED:
        # A pause of before the claim ends where it would have ended without it.
        expert.lives_before = words.lives_before
    session.flush()


_GONE = (Life.MERGED, Life.ERASED)


def _writers(session: Session, claim: Claim, expert_id: UUID, since: datetime) -> list[str]:
    """Whose acts are undone: the claimant's, and those of the delegates that he named."""
    named = session.scalars(
        select(col(Delegation.account_id)).where(
            col(Delegation.expert_id) == expert_id, col(Delegation.created_at) >= since
        )
    )
    return sorted({str(claim.account_id), *(str(account_id) for account_id in named)})


def _restore_consents(
    session: Session, expert: Expert, words: ClaimWords, account_id: UUID, since: datetime
) -> None:
    """What the wrong person agreed to was no consent, and what he withdrew holds again."""
    consents.void(session, expert.id, since)
    kept = session.scalars(
        select(Consent).where(col(Consent.expert_id) == expert.id).order_by(col(Consent.id).desc())
    ).all()
    holding = {(row.purpose, row.body) for row in kept if row.withdrawn_at is None}
    for row in kept:
        ended = row.withdrawn_at
        by_him = ended is not None and ended >= since and row.withdrawn_by == str(account_id)
        if by_him and (row.purpose, row.body) not in holding:
            holding.add((row.purpose, row.body))
            row.withdrawn_at = row.withdrawn_by = row.withdrawn_channel = None
    for name, value in words.before.items():
        setattr(expert, name, value)
    # Where consents on paper decide, they decide again; else what was before holds.
    consents.apply_consents(session, expert.id)
