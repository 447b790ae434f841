"""Part an account and its profile, and undo nothing: what the person did there stays his own.

The profile keeps its state and its consents, and can be claimed again; `taking_back` is for the
wrong person, of whom nothing may stay.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access import claim_store, repository
from registry.access.claim_store import Remark
from registry.access.holding import find_holding
from registry.access.models import Account
from registry.access.policy import Actor
from registry.audit import service as audit
from registry.errors import NotFoundError


def part(session: Session, account: Account, expert_id: UUID, now: datetime) -> None:
    """Cut what joins an account to its profile: the role, sessions, tokens, and its delegates.

    To be called by a service that holds both rows and settles the claim. Tokens end as well: made
    for one profile, they would work on the next one that the account claims.
    """
    holding = find_holding(session, expert_id)
    if holding is not None:
        claim_store.take_role(session, holding, now)
    account.expert_id = None
    repository.revoke_sessions(session, account.id, now)
    repository.revoke_tokens(session, account.id, now)
    repository.end_delegations(session, now, expert_id=expert_id)
    session.flush()


def part_at_closing(session: Session, actor: Actor, account: Account, now: datetime) -> None:
    """Part an account that is being closed from its profile, if it has one, and end its claim.

    A contested claim stays for a steward to decide about: whoever closes his account cannot keep
    from being undone what he did as the wrong person.

    Args:
        account: Held by the caller, who took the person's row before it.
    """
    expert_id = account.expert_id
    if expert_id is None:
        return
    holding = find_holding(session, expert_id)
    claim = claim_store.lock_claim(session, holding.id) if holding is not None else None
    part(session, account, expert_id, now)
    if claim is None:
        # Accounts of a demonstration hold profiles that nobody has claimed.
        return
    try:
        words = claim_store.get_words(session, claim)
    except NotFoundError:
        # The person was erased; there is nothing left to write to.
        return
    words.remarks.append(Remark(by=actor.id, at=now, act="close", words=""))
    claim_store.put_words(session, claim, words)
    if claim.state != "contested":
        claim.state, claim.decided_by, claim.decided_at = "ended", actor.id, now
        details = {"account": str(account.id)}
        subject = f"claim:{claim.id}"
        audit.record(session, actor, "claim:end", about=expert_id, subject=subject, details=details)
    session.flush()
