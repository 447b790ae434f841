"""For whom a right is exercised: people of any life, and who acts for them."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access.holding import lock_expert, require_uncontested
from registry.access.policy import Actor, require
from registry.errors import NotFoundError
from registry.experts.models import Expert, ExpertSummary
from registry.experts.schemas import Life

Side = Literal["expert", "steward"]


def side_of(actor: Actor, expert_id: UUID, own: str, office: str) -> Side:
    """Whether the actor acts for himself or by office; nobody else passes.

    Args:
        own: The permission for one's own data.
        office: The permission for those of others.

    Raises:
        NotPermittedError: Neither holds.
    """
    if actor.expert_id == expert_id:
        require(actor, own)
        return "expert"
    require(actor, office)
    return "steward"


def lock_person(
    session: Session,
    actor: Actor,
    expert_id: UUID,
    own: str,
    office: str,
    *,
    only_hides: bool = False,
) -> Expert:
    """A living profile, held until the transaction ends, for whoever may act for it.

    Two acts of one person come one after the other, and an erasure comes before or after them.

    Args:
        only_hides: The act shows less of the profile, and can be undone: a holder may do it even
            while somebody contests that the profile is his, or anybody could stop him by that.

    Raises:
        NotFoundError: There is none with this id, or none any more.
        NotPermittedError: The actor may not, or somebody contests that the profile is his.
    """
    side = side_of(actor, expert_id, own, office)
    expert = lock_expert(session, expert_id)
    if expert is None or expert.life in {Life.ERASED, Life.MERGED}:
        raise NotFoundError(f"no expert with the id {expert_id}")
    if side == "expert" and not only_hides:
        require_uncontested(session, expert_id)
    return expert


def get_person(session: Session, actor: Actor, expert_id: UUID, office: str) -> Expert:
    """A living profile of any state, for a steward.

    Raises:
        NotFoundError: There is none with this id, or none any more.
    """
    require(actor, office)
    expert = session.get(Expert, expert_id)
    if expert is None or expert.life == Life.ERASED:
        raise NotFoundError(f"no expert with the id {expert_id}")
    return expert


def name_of(session: Session, expert_id: UUID) -> str | None:
    """The name in lists; None for people who are in none."""
    row = session.get(ExpertSummary, expert_id)
    return None if row is None else row.display_name


def same_person(session: Session, expert_id: UUID) -> Sequence[UUID]:
    """All profiles that stand for the person: those merged into one with it, the id included."""
    found: set[UUID] = set()
    new = {expert_id}
    while new:
        found |= new
        rows = session.execute(
            select(col(Expert.id), col(Expert.canonical_id)).where(
                or_(col(Expert.id).in_(new), col(Expert.canonical_id).in_(new))
            )
        )
        new = {key for row in rows for key in row if key is not None} - found
    return sorted(found)
