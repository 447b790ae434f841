"""Move a profile through its life: who asks, what it was before, and what ends with the move."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access import claim_store, claim_texts
from registry.access.holding import find_holding, is_held, lock_expert, require_uncontested
from registry.access.policy import Actor, require
from registry.audit import service as audit
from registry.errors import InvalidInputError, NotFoundError
from registry.experts.life import CLAIMABLE, Party, check_move, expires_at, possible_moves
from registry.experts.models import Expert, ExpertSummary
from registry.experts.schemas import Life
from registry.field_versions import check_version, version_of
from registry.text import clean

# A profile comes back from these to what it was.
_PASSING = (Life.PAUSED, Life.MERGED)
# These only hide a profile: nobody can keep its holder from them by contesting his claim.
ONLY_HIDE = frozenset({Life.PAUSED, Life.WITHDRAWN})
# Other services lead here, and do more than this one: merging, erasing.
_BY_OTHERS = (Life.MERGED, Life.ERASED)


@dataclass(frozen=True)
class Status:
    """A profile's state, and where the one who asks can move it.

    Args:
        former: What a paused or merged profile was.
        is_held: An account holds it.
        is_contested: Somebody says that it is not the holder's.
        is_claimable: A person can be invited to claim it.
    """

    expert: Expert
    summary: ExpertSummary | None
    party: Party
    former: Life | None
    moves: list[Life]
    is_held: bool
    is_contested: bool
    is_claimable: bool

    @property
    def version(self) -> str:
        """The version of the state, to move the profile on."""
        return version_of(_fields(self.expert))


def party_of(actor: Actor, expert_id: UUID) -> Party:
    """As whom the actor moves this profile: the person himself for his own, else a steward.

    Raises:
        NotPermittedError: He is neither.
    """
    if expert_id == actor.expert_id:
        require(actor, "consent:own")
        return "expert"
    require(actor, "life:move")
    return "steward"


def former_life(expert: Expert) -> Life | None:
    """What a paused or merged profile goes back to."""
    return Life(expert.lives_before[-1]) if expert.lives_before else None


def get_status(session: Session, actor: Actor, expert_id: UUID) -> Status:
    """The state of the actor's own profile, or for a steward of any: paused ones are kept as well.

    Raises:
        NotFoundError: No such profile, or an erased one.
    """
    party = party_of(actor, expert_id)
    expert = session.get(Expert, expert_id)
    if expert is None or Life(expert.life) is Life.ERASED:
        raise NotFoundError(f"no expert with the id {expert_id}")
    holding = find_holding(session, expert_id)
    held = is_held(session, expert_id)
    is_contested = holding is not None and holding.state == "contested"
    possible = possible_moves(Life(expert.life), party, former_life(expert))
    moves = [w for w in possible if _refusal(expert, w, party, held) is None]
    return Status(
        expert,
        session.get(ExpertSummary, expert_id),
        party,
        former_life(expert),
        [m for m in moves if m in ONLY_HIDE] if is_contested and party == "expert" else moves,
        held,
        is_contested,
        not held and Life(expert.life) in CLAIMABLE,
    )


def move(
    session: Session,
    actor: Actor,
    expert_id: UUID,
    wanted: Life,
    reason: str | None,
    now: datetime,
    channel: str | None = None,
    *,
    seen: Collection[str] | None = None,
) -> Expert:
    """Move a profile: its person without more ado, a steward with a reason where one is due.

    Withdrawing ends all consents, and delegations and invitations with them.

    Args:
        channel: How the person's word that he withdraws reached the steward: 'paper', 'email' or
            'in_person'; the reason then says where the proof is kept.
        seen: Versions of the state that the move may be based on; None when it rests on nothing
            that was read before.

    Raises:
        NotFoundError: No such profile, or an erased one.
        ChangedMeanwhileError: It is no longer in the state that was seen.
        InvalidInputError: The profile cannot come there this way, or the reason is missing.
        NotPermittedError: The move is for others, or the holder's claim is contested.
    """
    party = party_of(actor, expert_id)
    expert = lock_expert(session, expert_id)
    if expert is None or Life(expert.life) is Life.ERASED:
        raise NotFoundError(f"no expert with the id {expert_id}")
    if seen is not None:
        check_version(_fields(expert), seen, claim_texts.STALE_LIFE)
    if party == "expert" and wanted not in ONLY_HIDE:
        require_uncontested(session, expert_id)
    refusal = _refusal(expert, wanted, party, is_held(session, expert_id))
    if refusal is not None:
        raise InvalidInputError(refusal)
    check_move(Life(expert.life), wanted, party, reason, former_life(expert))
    if wanted is Life.WITHDRAWN:
        # Here, because a consent that is withdrawn is itself a move of life.
        from registry.rights import consents

        proof = None if party == "expert" else consents.Proof(channel or "", reason or "")
        consents.withdraw_all(session, actor, expert_id, now, proof)
        return expert
    change_life(session, actor, expert, wanted, now, reason)
    if wanted is Life.LEAD:
        claim_store.revoke_claim_links(session, expert_id, now)
    return expert


def _fields(expert: Expert) -> dict[str, Any]:
    return {"life": expert.life, "life_since": expert.life_since}


def _refusal(expert: Expert, wanted: Life, party: Party, is_held: bool) -> str | None:
    """Why a move that the table allows does not go this way, or None."""
    current = Life(expert.life)
    if wanted in _BY_OTHERS or current is Life.MERGED:
        return claim_texts.BY_MERGE_ONLY
    if wanted is Life.INVITED:
        return claim_texts.BY_INVITATION_ONLY
    if wanted is Life.CLAIMED and current in {Life.LEAD, Life.INVITED}:
        return claim_texts.BY_CLAIM_ONLY
    if wanted is Life.LEAD and is_held:
        return claim_texts.HELD_BY_SOMEBODY
    if current is Life.WITHDRAWN and party == "expert":
        return claim_texts.CONSENT_FIRST
    return None


def change_life(
    session: Session,
    actor: Actor,
    expert: Expert,
    wanted: Life,
    now: datetime,
    reason: str | None = None,
) -> None:
    """Note a state whose move was checked, by a service that holds the person's row.

    Pauses and merges remember what the profile was; coming back forgets it again.
    """
    before = Life(expert.life)
    if before in _PASSING and former_life(expert) is wanted:
        expert.lives_before = expert.lives_before[:-1]
    elif wanted in _PASSING:
        expert.lives_before = [*expert.lives_before, before.value]
    else:
        expert.lives_before = []
    expert.life, expert.life_since = wanted.value, now
    expert.expires_at = expires_at(wanted, now)
    details = {"from": before.value, "to": wanted.value, "reason": clean(reason or "") or None}
    audit.record(session, actor, "life:move", about=expert.id, details=details)
