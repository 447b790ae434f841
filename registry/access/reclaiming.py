"""Whether an ORCID iD still proves whose a profile is that somebody has held before.

While somebody holds a profile, he and his delegates can write any iD into it; a source that gives
one afterwards may have been found by it; and that he signed in with it says who he was, not whose
the profile is. So only what was there before anybody claimed the profile counts. And where
somebody other than the holder ended his claim or took it back, it is for a steward to say who the
person is: an iD that let the wrong one in would let him in again.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access import claim_store
from registry.experts.models import Change, Statement


class Former(Protocol):
    """What is looked at of a claim that was granted and holds no more."""

    account_id: UUID
    state: str
    decided_by: str | None
    created_at: datetime


def is_still_proof(former: Sequence[Former], given_at: datetime | None) -> bool:
    """Whether an iD that a profile gives is a proof, after these claims of it.

    Args:
        given_at: When it was first given.
    """
    if not former:
        return True
    left_himself = all(c.state == "ended" and c.decided_by == str(c.account_id) for c in former)
    first = min(claim.created_at for claim in former)
    return left_himself and given_at is not None and given_at < first


def is_proved_by_orcid(session: Session, expert_id: UUID, orcid: str) -> bool:
    """The same for a profile that nobody holds now, and an iD that it gives."""
    claims = claim_store.list_of_expert(session, expert_id)
    former = [claim for claim in claims if claim.life_before is not None]
    return is_still_proof(former, _first_given(session, expert_id, orcid) if former else None)


def _first_given(session: Session, expert_id: UUID, orcid: str) -> datetime | None:
    """When a statement first gave the iD, whatever became of it; an import undone gave nothing."""
    # Statements of before changes were noted have none.
    since = func.min(func.coalesce(col(Change.created_at), col(Statement.recorded_at)))
    return session.scalar(
        select(since)
        .select_from(Statement)
        .outerjoin(Change, col(Change.id) == col(Statement.change_id))
        .where(
            col(Statement.expert_id) == expert_id,
            col(Statement.property) == "external_id",
            col(Statement.external_id).in_(claim_store.forms_of(orcid)),
            col(Change.reverted_by).is_(None),
        )
    )
