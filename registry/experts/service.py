"""Read a profile, and note for whom it was read."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access.policy import Actor, selector_for
from registry.audit import service as audit
from registry.errors import NotFoundError
from registry.experts import repository
from registry.experts.models import Disclosure, Expert, ExpertSummary, Statement
from registry.experts.schemas import Life, Visibility
from registry.ids import new_id


@dataclass(frozen=True)
class Profile:
    """A person as the actor may see him: the summary and the visible statements."""

    expert: Expert
    summary: ExpertSummary
    statements: list[Statement]


def get_profile(
    session: Session, actor: Actor, expert_id: UUID, purpose: str | None = None
) -> Profile:
    """A person and the current statements that the actor may see.

    Whoever is shown somebody else's profile is noted there: for which body, and why. What is not
    open to all is noted in the audit as well.

    Raises:
        NotFoundError: No such person, or not one that the actor may see: the answer is the same.
    """
    selector = selector_for(actor, purpose)
    found = repository.get_visible(session, [expert_id], selector).get(expert_id)
    if found is None:
        raise NotFoundError(f"no expert with the id {expert_id}")
    statements = repository.list_current(session, [expert_id], selector=selector)[expert_id]
    if expert_id != actor.expert_id and not actor.is_anonymous:
        disclose(session, actor, "view", [expert_id], purpose)
        restricted = [s for s in statements if s.visibility != Visibility.PUBLIC]
        if restricted or found[0].life in {Life.LEAD, Life.INVITED}:
            details = {"purpose": purpose, "statements": [str(s.id) for s in restricted]}
            audit.record(session, actor, "expert:read", about=expert_id, details=details)
    return Profile(*found, statements)


def disclose(
    session: Session, actor: Actor, kind: str, expert_ids: Sequence[UUID], purpose: str | None
) -> None:
    """Note for these people that their data were shown, exported or listed, for whom and why."""
    repository.add_rows(
        session,
        Disclosure,
        [
            {
                "id": new_id(),
                "expert_id": expert_id,
                "kind": kind,
                "actor": actor.id,
                "body": actor.body,
                "purpose": purpose,
            }
            for expert_id in expert_ids
        ],
    )
