"""Stewards look at claims and decide: grant or refuse one, keep it, end it or take it back."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access import claim_store, claim_texts
from registry.access.claim_store import ClaimWords, Remark
from registry.access.granting import grant, lock_free
from registry.access.holding import find_holder, find_holding, lock_expert
from registry.access.models import Account, Claim
from registry.access.parting import part
from registry.access.policy import Actor, require
from registry.access.taking_back import take_back
from registry.audit import service as audit
from registry.errors import (
    ChangedMeanwhileError,
    InvalidInputError,
    NotFoundError,
    NotPermittedError,
)
from registry.experts.models import ExpertSummary
from registry.experts.schemas import Life
from registry.text import clean

Decision = Literal["grant", "refuse", "keep", "end", "revert"]
# From which states each decision leads on, and where to.
DECISIONS: Final[dict[Decision, tuple[tuple[str, ...], str]]] = {
    "grant": (("open",), "granted"),
    "refuse": (("open",), "refused"),
    "keep": (("contested",), "granted"),
    # Not of a contested one: what its holder did would then stay, and nobody could undo it.
    "end": (("granted",), "ended"),
    # Whoever closed his account, or was parted from the profile, may have been the wrong person.
    "revert": (("granted", "contested", "ended"), "reverted"),
}
WAITING: Final = ("open", "contested")


@dataclass(frozen=True)
class Listed:
    """A claim in the stewards' list, without its words.

    Args:
        login, account_name: Of the account that claims.
        summary: Of the profile, if it names one that is there.
        is_held: Whether somebody holds that profile now, the claimant or another.
    """

    claim: Claim
    login: str
    account_name: str
    summary: ExpertSummary | None
    is_held: bool


@dataclass(frozen=True)
class Opened:
    """A claim with its words; None when the person was erased meanwhile.

    Args:
        is_followed: Whether a later claim of the same profile was granted.
    """

    listed: Listed
    words: ClaimWords | None
    orcid: str | None
    holding: Claim | None
    is_followed: bool

    @property
    def decisions(self) -> list[Decision]:
        """What can be decided about it now."""
        return [
            decision
            for decision, (states, _) in DECISIONS.items()
            if self.listed.claim.state in states and not (decision == "revert" and self.is_followed)
        ]


def list_claims(
    session: Session,
    actor: Actor,
    states: Collection[str] = WAITING,
    before: UUID | None = None,
    limit: int = 50,
) -> list[Listed]:
    """Claims in these states, newest first; their words are read one by one."""
    require(actor, "claim:decide")
    found = claim_store.list_claims(session, states, before, limit)
    audit.record(session, actor, "claim:list")
    return [_listed(session, claim) for claim in found]


def _listed(session: Session, claim: Claim) -> Listed:
    account = session.get_one(Account, claim.account_id)
    expert_id = claim.expert_id
    summary = session.get(ExpertSummary, expert_id) if expert_id is not None else None
    is_held = expert_id is not None and find_holding(session, expert_id) is not None
    return Listed(claim, account.login, account.display_name, summary, is_held)


def open_claim(session: Session, actor: Actor, claim_id: UUID) -> Opened:
    """A claim with everything that a decision needs; the reading is noted.

    Raises:
        NotFoundError: No such claim.
    """
    require(actor, "claim:decide")
    claim = session.get(Claim, claim_id)
    if claim is None:
        raise NotFoundError(f"no claim with the id {claim_id}")
    audit.record(session, actor, "claim:read", about=claim.expert_id, subject=f"claim:{claim.id}")
    return Opened(
        _listed(session, claim),
        _words_of(session, claim),
        claim_store.find_orcid(session, claim.account_id),
        find_holding(session, claim.expert_id) if claim.expert_id is not None else None,
        claim_store.was_followed(session, claim),
    )


def decide(
    session: Session,
    actor: Actor,
    claim_id: UUID,
    decision: Decision,
    reason: str,
    now: datetime,
    expert_id: UUID | None = None,
) -> Claim:
    """Decide about somebody's claim.

    Args:
        decision: 'grant' or 'refuse' for one that waits; 'keep' for one that is contested;
            'end' for one that was the right person's, who is to hold the profile no longer, or by
            another account; 'revert' for one that turns out to be the wrong person's, contested
            or not, and also when it has ended, unless somebody else was granted the profile since:
            what he did stays his. To keep a claim whose account was closed meanwhile is to end it.
        reason: Kept with the claim, sealed; a claimant who does not hold the profile reads it.
        expert_id: For a grant, the profile: needed when the claim names none that is there.

    Raises:
        NotFoundError: No such claim or profile.
        NotPermittedError: It is the actor's own.
        InvalidInputError: No reason or profile, or the profile cannot be claimed.
        ChangedMeanwhileError: It has been decided so that this cannot follow.
    """
    require(actor, "claim:decide")
    if not 1 <= len(clean(reason)) <= 4000:
        raise InvalidInputError(claim_texts.WORDS_MISSING)
    claim = session.get(Claim, claim_id)
    if claim is None:
        raise NotFoundError(f"no claim with the id {claim_id}")
    if str(claim.account_id) == actor.id:
        raise NotPermittedError(claim_texts.DECIDE_OTHERS)
    states, after = DECISIONS[decision]
    if claim.state not in states:
        raise ChangedMeanwhileError(claim_texts.DECIDED_ALREADY)
    # The person's row first, then the claim's: the order in which all others take them.
    about = expert_id if decision == "grant" and expert_id is not None else claim.expert_id
    if decision == "grant" and about is None:
        raise InvalidInputError(claim_texts.PROFILE_MISSING)
    free = lock_free(session, about, claim.account_id) if decision == "grant" and about else None
    expert = lock_expert(session, about) if about is not None else None
    claim = claim_store.lock_claim(session, claim_id)
    if claim is None or claim.state not in states:
        raise ChangedMeanwhileError(claim_texts.DECIDED_ALREADY)
    words = _words_of(session, claim) or ClaimWords()
    words.remarks.append(Remark(by=actor.id, at=now, act=decision, words=reason.strip()))
    if free is not None:
        grant(session, actor, claim, *free, words, now)
        return claim
    if decision == "keep" and expert is not None and find_holder(session, expert.id) is None:
        after = "ended"
    if decision == "end":
        assert expert is not None
        part(session, session.get_one(Account, claim.account_id), expert.id, now)
    if decision == "revert":
        assert expert is not None
        if claim_store.was_followed(session, claim):
            raise ChangedMeanwhileError(claim_texts.FOLLOWED)
        take_back(session, actor, claim, expert, words, reason, now)
    if expert is None or Life(expert.life) is not Life.ERASED:
        # Nothing is sealed for somebody erased: it would give him a key anew.
        claim_store.put_words(session, claim, words)
    claim.state, claim.decided_by, claim.decided_at = after, actor.id, now
    claim.contested_at = None if decision == "keep" else claim.contested_at
    session.flush()
    audit.record(
        session,
        actor,
        f"claim:{decision}",
        about=claim.expert_id,
        subject=f"claim:{claim.id}",
        details={"reason": reason.strip(), "account": str(claim.account_id)},
    )
    return claim


def refusal_of(session: Session, actor: Actor, claim: Claim) -> str | None:
    """Why the actor's own claim was refused, taken back or ended, in the steward's words."""
    require(actor, "account:own")
    if str(claim.account_id) != actor.id or claim.state not in _READ_WHY:
        return None
    words = _words_of(session, claim)
    remarks = words.remarks if words is not None else []
    return next((r.words for r in reversed(remarks) if r.act in _READ_WHY.values()), None)


# State of a claim to the act whose reason its claimant reads.
_READ_WHY: Final = {"refused": "refuse", "reverted": "revert", "ended": "end"}


def _words_of(session: Session, claim: Claim) -> ClaimWords | None:
    """The words of a claim; None when they were closed by the person's erasure."""
    try:
        return claim_store.get_words(session, claim)
    except NotFoundError:
        return None
