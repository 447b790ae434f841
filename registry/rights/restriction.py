"""The right to restrict: a person's data are kept, and nothing else is done with them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access.policy import Actor
from registry.audit import service as audit
from registry.audit.service import Done
from registry.experts.models import Expert
from registry.rights.people import lock_person

_RESTRICT: Final = "rights:restrict"
_LIFT: Final = "rights:lift_restriction"
_GRANT: Final = "claim:grant"


def restrict(session: Session, actor: Actor, expert_id: UUID, now: datetime) -> None:
    """Stop every use of a person's data but their keeping, from the commit on."""
    expert = lock_person(session, actor, expert_id, "rights:own", "rights:handle", only_hides=True)
    if expert.restricted_at is None:
        expert.restricted_at = now
        session.flush()
    # Noted also when it is restricted: it stays so when whoever did it first turns out wrong.
    audit.record(session, actor, _RESTRICT, about=expert_id)


def lift_restriction(session: Session, actor: Actor, expert_id: UUID) -> None:
    """Let a person's data be used again as his consents allow."""
    expert = lock_person(session, actor, expert_id, "rights:own", "rights:handle")
    if expert.restricted_at is not None:
        expert.restricted_at = None
        session.flush()
        audit.record(session, actor, _LIFT, about=expert_id)


def undo(session: Session, actor: Actor, expert: Expert, claim_id: UUID, account_id: UUID) -> None:
    """Make the restriction what it would be without the account that held the profile wrongly.

    To be called in the transaction that takes the claim back. Who restricted and lifted is in the
    audit; what others did, and what the account did before the claim, stays.

    Args:
        expert: Held by the caller.
    """
    done = audit.list_done(session, expert.id, (_RESTRICT, _LIFT, _GRANT))
    wanted = restricted_without(done, f"claim:{claim_id}", str(account_id), expert.restricted_at)
    if wanted == expert.restricted_at:
        return
    expert.restricted_at = wanted
    session.flush()
    details = {"undone": f"claim:{claim_id}"}
    action = _LIFT if wanted is None else _RESTRICT
    audit.record(session, actor, action, about=expert.id, details=details)


def restricted_without(
    done: Sequence[Done], claim: str, account: str, current: datetime | None
) -> datetime | None:
    """Since when a profile would be restricted, had an account not acted in it after its claim.

    Args:
        done: Restrictions, liftings and grants, oldest first.
        claim: Of the grant from which on the account's acts do not count, as audited.
        current: Since when it is restricted now; it stays where nothing is to be undone, and where
            it would be restricted in any case.
    """
    acts = [each for each in done if each.action != _GRANT]
    # What is lifted first was restricted before anything was noted.
    since = acts[0].at if acts and acts[0].action == _LIFT else None
    was_granted = was_wrong = False
    for each in done:
        if each.action == _GRANT:
            was_granted = was_granted or each.subject == claim
        elif was_granted and each.actor == account:
            was_wrong = True
        else:
            since = (since or each.at) if each.action == _RESTRICT else None
    if not was_wrong:
        return current
    return since if since is None or current is None else current
