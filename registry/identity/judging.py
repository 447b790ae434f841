"""Judge whether two profiles are of one person; what follows for how he is shown.

The profile that shows a person is derived from the judgements that hold, so that each of them can
be taken back, whatever came after it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access import attempts, claim_store
from registry.access.policy import Actor, require
from registry.audit import service as audit
from registry.errors import ChangedMeanwhileError, InvalidInputError, NotFoundError
from registry.experts import repository as experts
from registry.experts.lifecycle import change_life, former_life
from registry.experts.models import Expert
from registry.experts.schemas import Life
from registry.identity import placing, store, words
from registry.identity.graph import canonical_of, component, contradictions, pair_of
from registry.identity.models import IdentityJudgement
from registry.ids import new_id
from registry.text import clean
from registry.vault import service as vault

__all__ = ["MAX_REASON", "Evidence", "Verdict", "judge", "read_reason", "take_back"]

Verdict = Literal["same", "different", "unsure"]

MAX_REASON: Final = 2_000


@dataclass(frozen=True)
class Evidence:
    """What was on the table when it was judged.

    Args:
        parts: Kinds of evidence, as {kind, label, bits}.
    """

    bits: float | None = None
    parts: Sequence[Mapping[str, Any]] = ()


def judge(
    session: Session,
    actor: Actor,
    one: UUID,
    other: UUID,
    verdict: Verdict,
    now: datetime,
    *,
    reason: str = "",
    evidence: Evidence | None = None,
    is_automatic: bool = False,
    seen: UUID | None = None,
) -> IdentityJudgement:
    """Judge two profiles; what was judged of them before is kept, and no longer holds.

    Args:
        reason: In a sentence; kept sealed.
        is_automatic: A rule has decided, and no person looked at it.
        seen: The judgement that the actor was shown; None when there was none.

    Raises:
        NotFoundError: There is no such profile, or it was erased.
        InvalidInputError: They are one profile, too long a reason, they would be one person with
            others that were judged to be another, or both are their person's own.
        ChangedMeanwhileError: Somebody else has judged them meanwhile.
    """
    require(actor, "identity:judge")
    if one == other:
        raise InvalidInputError(words.ONE_PROFILE)
    if len(reason) > MAX_REASON:
        raise InvalidInputError(words.REASON_LONG)
    # Components change as wholes: two judgements at once would each see half of one.
    attempts.lock(session, "identity")
    pair = pair_of(one, other)
    before = store.find_current(session, pair)
    if (before.id if before is not None else None) != seen:
        raise ChangedMeanwhileError(words.JUDGED_MEANWHILE)
    for expert_id in pair:
        expert = session.get(Expert, expert_id)
        if expert is None or Life(expert.life) is Life.ERASED:
            raise NotFoundError(f"no expert with the id {expert_id}")
    given = evidence or Evidence()
    said = clean(reason)
    row = IdentityJudgement(
        one_id=pair[0],
        other_id=pair[1],
        verdict=verdict,
        is_automatic=is_automatic,
        bits=given.bits,
        parts=[dict(part) for part in given.parts],
        judged_by=actor.id,
        judged_at=now,
    )
    if said:
        # Of two people, so under no one's key: it goes with the row when either is erased.
        row.reason = vault.seal_for_service(session, said, _bound_to(row))
    store.supersede(session, before, row, now)
    _settle(session, actor, pair, now)
    # Not whom else it was about: each of the two reads what was done with his own profile.
    details = {"verdict": verdict, "automatic": is_automatic}
    subject = f"identity_judgement:{row.id}"
    for about in pair:
        audit.record(
            session, actor, "identity:judge", about=about, subject=subject, details=details
        )
    return row


def take_back(
    session: Session, actor: Actor, judgement_id: UUID, reason: str, now: datetime
) -> None:
    """Let a judgement hold no longer; people who were one by it are two again, whole.

    Raises:
        NotFoundError: There is none.
        InvalidInputError: No reason, or too long a one.
        ChangedMeanwhileError: It does not hold any more.
    """
    require(actor, "identity:judge")
    said = clean(reason)
    if not said or len(reason) > MAX_REASON:
        raise InvalidInputError(words.REASON_MISSING if not said else words.REASON_LONG)
    attempts.lock(session, "identity")
    row = session.get(IdentityJudgement, judgement_id)
    if row is None:
        raise NotFoundError(f"no judgement with the id {judgement_id}")
    if row.superseded_at is not None:
        raise ChangedMeanwhileError(words.JUDGED_MEANWHILE)
    row.superseded_at = now
    session.flush()
    pair = (row.one_id, row.other_id)
    _settle(session, actor, pair, now)
    details = {"verdict": row.verdict, "reason": said}
    subject = f"identity_judgement:{row.id}"
    for about in pair:
        audit.record(
            session, actor, "identity:take_back", about=about, subject=subject, details=details
        )


def read_reason(session: Session, row: IdentityJudgement) -> str | None:
    """Why it was judged so."""
    if row.reason is None:
        return None
    return str(vault.unseal_for_service(session, row.reason, _bound_to(row)))


def _bound_to(row: IdentityJudgement) -> str:
    return f"identity_judgement:{row.id}"


def _settle(session: Session, actor: Actor, people: Collection[UUID], now: datetime) -> None:
    """Show each person by one profile, as the judgements that hold say."""
    same = store.list_same(session, people)
    groups = {component(each, same) for each in people}
    everybody = sorted({each for group in groups for each in group})
    # All of them in one order, and before they are looked at.
    experts.lock_experts(session, everybody)
    session.expire_all()
    wanted: dict[UUID, UUID] = {}
    for group in groups:
        _check(session, group)
        canonical = canonical_of(store.standings(session, group))
        wanted |= dict.fromkeys(group, canonical)
    now_shown = experts.find_canonical(session, everybody)
    moved = {each: to for each, to in wanted.items() if now_shown[each] != to}
    for each, to in sorted(moved.items()):
        _show_with(session, actor, each, now_shown[each], to, now)
    for each, to in sorted(moved.items()):
        before = now_shown[each]
        if wanted[before] != to:
            # Parted from the profile that it was shown with, not moved on together with it.
            placing.restore(session, actor, each, before, new_id(), now)
    if moved:
        placing.renew(session, {*moved, *moved.values(), *(now_shown[each] for each in moved)})


def _check(session: Session, group: frozenset[UUID]) -> None:
    if len(group) == 1:
        return
    against = contradictions(group, store.list_different(session, group))
    if against:
        raise InvalidInputError(words.CONTRADICTION)
    if sum(each.is_own for each in store.standings(session, group).values()) > 1:
        raise InvalidInputError(words.BOTH_OWN)


def _show_with(
    session: Session, actor: Actor, origin: UUID, before: UUID, to: UUID, now: datetime
) -> None:
    """Have one profile be shown with another, or by itself again."""
    placing.place(session, origin, to)
    expert = session.get_one(Expert, origin)
    expert.canonical_id = to if to != origin else None
    if to == origin:
        former = former_life(expert)
        assert former is not None, "a merged profile knows what it was"
        change_life(session, actor, expert, former, now)
    elif Life(expert.life) is not Life.MERGED:
        change_life(session, actor, expert, Life.MERGED, now)
        claim_store.revoke_claim_links(session, origin, now)
    session.flush()
    action = "identity:part" if to == origin else "identity:merge"
    details = {"shown_with": str(to), "before": str(before)}
    audit.record(session, actor, action, about=origin, details=details)
