"""Say that a profile is not its holder's."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access import claim_store, claim_texts, claims
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
        InvalidInputError: Nobody holds it, it is the actor's own, or he has contested it before.
    """
    if "claim:decide" not in permissions_of(actor):
        look_at_contested(session, actor, expert_id)
    claims.require_words(said)
    if lock_expert(session, expert_id) is None:
        raise NotFoundError(f"no expert with the id {expert_id}")
    claim = find_holding(session, expert_id)
    if claim is None:
        raise InvalidInputError(claim_texts.NO_HOLDER)
    if str(claim.account_id) == actor.id:
        raise InvalidInputError(claim_texts.OWN_CLAIM)
    words = claim_store.get_words(session, claim)
    if any(r.act == "contest" and r.by == actor.id for r in words.remarks):
        raise InvalidInputError(claim_texts.CONTESTED_ALREADY)
    words.remarks.append(Remark(by=actor.id, at=now, act="contest", words=said.strip()))
    claim_store.put_words(session, claim, words)
    claim.state, claim.contested_at = "contested", claim.contested_at or now
    audit.record(session, actor, "claim:contest", about=expert_id, subject=f"claim:{claim.id}")
    return claim


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
