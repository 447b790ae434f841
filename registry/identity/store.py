"""SQL of judgements and proposals about pairs of profiles."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access.holding import is_held
from registry.experts.models import Expert
from registry.experts.schemas import Life
from registry.identity.graph import Pair, Standing
from registry.identity.models import IdentityJudgement, IdentityProposal
from registry.ids import new_id
from registry.rights.models import Consent, RightsRequest

_HOLDS = col(IdentityJudgement.superseded_at).is_(None)


def find_current(session: Session, pair: Pair) -> IdentityJudgement | None:
    """The judgement of a pair that holds."""
    return session.scalars(
        select(IdentityJudgement)
        .where(
            col(IdentityJudgement.one_id) == pair[0],
            col(IdentityJudgement.other_id) == pair[1],
            _HOLDS,
        )
        .execution_options(populate_existing=True)
    ).first()


def supersede(
    session: Session, before: IdentityJudgement | None, row: IdentityJudgement, now: datetime
) -> None:
    """Write a judgement in the place of another one."""
    if before is not None:
        # Closed first: one current judgement of each pair.
        before.superseded_at = now
        session.flush()
    session.add(row)
    session.flush()
    if before is not None:
        before.superseded_by = row.id
        session.flush()


def list_same(session: Session, people: Collection[UUID]) -> list[Pair]:
    """All pairs judged the same that hang together with these people, step by step."""
    found: set[Pair] = set()
    seen: set[UUID] = set()
    waiting = set(people)
    while waiting:
        seen |= waiting
        pairs = _pairs(session, "same", waiting)
        found |= pairs
        waiting = {each for pair in pairs for each in pair} - seen
    return sorted(found)


def list_different(session: Session, people: Collection[UUID]) -> list[Pair]:
    """Pairs with any of these people that were judged to be two."""
    return sorted(_pairs(session, "different", people))


def _pairs(session: Session, verdict: str, people: Collection[UUID]) -> set[Pair]:
    ids = list(people)
    rows = session.execute(
        select(col(IdentityJudgement.one_id), col(IdentityJudgement.other_id)).where(
            col(IdentityJudgement.verdict) == verdict,
            _HOLDS,
            or_(
                col(IdentityJudgement.one_id).in_(ids),
                col(IdentityJudgement.other_id).in_(ids),
            ),
        )
    )
    return {(row[0], row[1]) for row in rows}


def standings(session: Session, people: Collection[UUID]) -> Mapping[UUID, Standing]:
    """What decides which profile shows a person, of each of these."""
    ids = list(people)
    rows = session.scalars(
        select(Expert).where(col(Expert.id).in_(ids)).execution_options(populate_existing=True)
    ).all()
    shows = set(
        session.scalars(select(col(Expert.canonical_id)).where(col(Expert.canonical_id).in_(ids)))
    )
    return {
        row.id: Standing(
            _is_own(session, row), _life(row) is Life.INVITED, row.id in shows, row.created_at
        )
        for row in rows
    }


def _life(row: Expert) -> Life:
    """What a profile is, or was before it was merged."""
    is_merged = row.life == Life.MERGED and row.lives_before
    return Life(row.lives_before[-1] if is_merged else row.life)


def _is_own(session: Session, row: Expert) -> bool:
    agreed = exists().where(col(Consent.expert_id) == row.id, col(Consent.withdrawn_at).is_(None))
    asked = exists().where(
        col(RightsRequest.expert_id) == row.id, col(RightsRequest.state).in_(["open", "answered"])
    )
    return (
        _life(row) not in {Life.LEAD, Life.INVITED, Life.MERGED}
        or row.restricted_at is not None
        or is_held(session, row.id)
        or bool(session.scalar(select(or_(agreed, asked))))
    )


def propose(session: Session, rows: Sequence[Mapping[str, Any]], now: datetime) -> int:
    """Write proposals; one that is there already gets the newer evidence.

    Args:
        rows: one_id and other_id in order, bits, signals, parts.

    Returns:
        How many pairs were not proposed before.
    """
    if not rows:
        return 0
    pairs = [(row["one_id"], row["other_id"]) for row in rows]
    found = session.execute(
        select(col(IdentityProposal.one_id), col(IdentityProposal.other_id)).where(
            col(IdentityProposal.one_id).in_([one for one, _ in pairs])
        )
    )
    known = {(row[0], row[1]) for row in found}
    query = upsert(IdentityProposal)
    session.execute(
        query.on_conflict_do_update(
            index_elements=["one_id", "other_id"],
            set_={name: query.excluded[name] for name in ("bits", "signals", "parts", "found_at")},
        ),
        [{"id": new_id(), "found_at": now, **row} for row in rows],
    )
    return len(set(pairs) - known)
