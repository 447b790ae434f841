"""Somebody closes his own account, and goes without a trace where no office needs his name."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from registry.access import closing, repository, signin, words
from registry.access.fresh import require_fresh
from registry.access.policy import Actor, Role, require
from registry.access.roles import keep_an_administrator
from registry.access.signin import Browser
from registry.audit import service as audit


@dataclass(frozen=True)
class Outlook:
    """What closing his account would mean for its owner.

    Args:
        keeps_name: He has held an office: its acts stay his, under the name that he had.
        has_profile: It stays, unless he erases it first.
        has_password: He confirms with it; without one, with a sign-in of the last minutes.
    """

    keeps_name: bool
    has_profile: bool
    has_password: bool


def look_ahead(session: Session, actor: Actor) -> Outlook:
    """What would happen; nothing is changed."""
    require(actor, "account:own")
    account = repository.get_own_account(session, actor)
    return Outlook(
        repository.has_held_office(session, account.id),
        account.expert_id is not None,
        account.password_hash is not None,
    )


def leave(session: Session, actor: Actor, password: str, browser: Browser, now: datetime) -> bool:
    """Close the actor's own account for good.

    Args:
        password: Not looked at where there is none; then the sign-in must be recent.

    Returns:
        Whether nothing is left that tells whose account it was.

    Raises:
        InvalidInputError: He is the last administrator who can sign in.
        SignInTooOldError: As `require_fresh` does.
        SignInFailedError, TooManyAttemptsError: As `signin.check_password` does.
        ChangedMeanwhileError: He claimed a profile at this moment.
    """
    require(actor, "account:own")
    account = repository.get_own_account(session, actor)
    if account.password_hash is None:
        require_fresh(actor, now)
    else:
        name = account.login.lower()
        signin.check_password(session, name, account, password, browser, now, words.PASSWORD_WRONG)
    account = closing.lock_whole(session, account.id)
    held = repository.list_held_roles(session, [account.id])
    if any(role.role == Role.ADMINISTRATOR for role in held):
        keep_an_administrator(session, actor, account.id)
    closing.close(session, actor, account, now)
    is_anonymised = not repository.has_held_office(session, account.id)
    if is_anonymised:
        closing.anonymise(session, account)
    details = {"by_owner": True, "anonymised": is_anonymised}
    audit.record(session, actor, "account:close", subject=f"account:{account.id}", details=details)
    return is_anonymised
