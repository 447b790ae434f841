"""The right to restrict: a person's data are kept, and nothing else is done with them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access.policy import Actor
from registry.audit import service as audit
from registry.rights.people import lock_person


def restrict(session: Session, actor: Actor, expert_id: UUID, now: datetime) -> None:
    """Stop every use of a person's data but their keeping, from the commit on."""
    expert = lock_person(session, actor, expert_id, "rights:own", "rights:handle", only_hides=True)
    if expert.restricted_at is None:
        expert.restricted_at = now
        session.flush()
        audit.record(session, actor, "rights:restrict", about=expert_id)


def lift_restriction(session: Session, actor: Actor, expert_id: UUID) -> None:
    """Let a person's data be used again as his consents allow."""
    expert = lock_person(session, actor, expert_id, "rights:own", "rights:handle")
    if expert.restricted_at is not None:
        expert.restricted_at = None
        session.flush()
        audit.record(session, actor, "rights:lift_restriction", about=expert_id)
