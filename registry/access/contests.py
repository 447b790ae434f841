"""Say that a profile is not its holder's; how often, `contest_rules` says."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access import attempts, claim_store, claim_texts, claims, contest_rules
from registry.access.claim_store import Remark
from registry.access.holding import find_holding, lock_expert
from registry.access.models import Claim
from registry.access.policy import Actor, permissions_of, require, selector_for
from registry.audit import service as audit
from registry.errors import InvalidInputError, NotFoundError
from registry.experts import repository


def contest(session: Session, actor: Actor, expert_id: UUID, said: str, now: datetime) -> Claim:
    """Say that a profile is not its holder's; until a steward decides, he cannot do everything.

    Args:
        said: Why; kept sealed.

    Raises:
        NotFoundError: No such profile, or one that the actor may not see; a steward contests any.
        InvalidInputError: Nobody holds it, it is the actor's own, he contests it already, has
            nothing new to say since it was decided, or contests too many at a time.
    """
    is_steward = "claim:decide" in permissions_of(actor)
    if not is_steward:
        look_at_contested(session, actor, expert_id)
    claims.require_words(said)
    if lock_expert(session, expert_id) is None:
        raise NotFoundError(f"no expert with the id {expert_id}")
    # Whoever closed his account and left the profile as he made it can be contested as well.
    claim = find_holding(session, expert_id) or claim_store.find_last_ended(session, expert_id)
    if claim is None:
        raise InvalidInputError(claim_texts.NO_HOLDER)
    if str(claim.account_id) == actor.id:
        raise InvalidInputError(claim_texts.OWN_CLAIM)
    words = claim_store.get_words(session, claim)
    waiting = None if is_steward else _count_open(session, actor, claim)
    refused = contest_rules.refusal(words.remarks, actor.id, said, now, waiting)
    if refused is not None:
        raise InvalidInputError(refused)
    words.remarks.append(Remark(by=actor.id, at=now, act="contest", words=said.strip()))
    claim_store.put_words(session, claim, words)
    claim.state, claim.contested_at = "contested", claim.contested_at or now
    audit.record(session, actor, "claim:contest", about=expert_id, subject=f"claim:{claim.id}")
    return claim


def _count_open(session: Session, actor: Actor, but: Claim) -> int:
    """How many other profiles the actor contests, and no steward has decided about it."""
    # Two at once would each count the other not yet. Taken last, so that nobody waits in a ring.
    attempts.lock(session, f"contests:{actor.id}")
    ids = [
        UUID(subject.removeprefix("claim:"))
        for subject in audit.list_subjects(session, actor.id, "claim:contest")
    ]
    claims_of_others = session.scalars(
        select(Claim).where(
            col(Claim.id).in_(ids), col(Claim.id) != but.id, col(Claim.state) == "contested"
        )
    ).all()
    return sum(_contests(session, actor, claim) for claim in claims_of_others)


def _contests(session: Session, actor: Actor, claim: Claim) -> bool:
    try:
        return contest_rules.is_open(claim_store.get_words(session, claim).remarks, actor.id)
    except NotFoundError:
        # The person was erased: nobody decides about his claims any more.
        return False


def look_at_contested(session: Session, actor: Actor, expert_id: UUID) -> claims.Offered:
    """Whose profile somebody is about to contest, when he sees it.

    Who does not, since it is paused for one, asks a steward by a claim in words.

    Raises:
        NotFoundError: No such profile, or one that the actor may not see.
    """
    require(actor, "account:own")
    if not repository.get_visible(session, [expert_id], selector_for(actor)):
        raise NotFoundError(f"no expert with the id {expert_id}")
    return claims.name_offered(session, expert_id)
