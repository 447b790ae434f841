"""The one module that decides. Pure: an actor goes in, a permission or a selector comes out.

Accounts and sign-in are not built yet: the command line and the web service act as
`LOCAL_RECRUITER`. Everything downstream already takes the selector, so that sign-in changes who
the actor is and nothing else.
"""

from dataclasses import dataclass
from enum import StrEnum

from registry.errors import NotPermittedError
from registry.experts.schemas import Life, Visibility
from registry.text import clean


class Role(StrEnum):
    """What somebody is in this service."""

    EXPERT = "expert"
    RECRUITER = "recruiter"
    SECRETARY = "secretary"
    STEWARD = "steward"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True)
class Actor:
    """Who acts, and for which body."""

    id: str
    roles: frozenset[Role]
    body: str | None = None


@dataclass(frozen=True)
class Selector:
    """What an actor may see: lives of people, and audiences of statements and passages.

    It goes into every query and every index search; nothing is filtered afterwards.
    """

    lives: frozenset[Life]
    audiences: frozenset[Visibility]


LOCAL_RECRUITER = Actor("local-recruiter", frozenset({Role.RECRUITER}))
LOCAL_STEWARD = Actor("local-steward", frozenset({Role.STEWARD}))

_PERMISSIONS: dict[Role, frozenset[str]] = {
    Role.EXPERT: frozenset(),
    Role.RECRUITER: frozenset({"expert:search", "expert:read", "programme:read", "run:read"}),
    Role.SECRETARY: frozenset({"expert:search", "expert:read", "programme:read", "run:read"}),
    Role.STEWARD: frozenset(
        {"expert:search", "expert:read", "programme:read", "run:read", "expert:import"}
    ),
    Role.AUDITOR: frozenset({"run:read"}),
    Role.ADMINISTRATOR: frozenset({"expert:import"}),
}


def require(actor: Actor, permission: str) -> None:
    """Let the act pass, or refuse it.

    Raises:
        NotPermittedError: None of the actor's roles has the permission.
    """
    if not any(permission in _PERMISSIONS[role] for role in actor.roles):
        raise NotPermittedError(f"this needs the permission {permission}")


def selector_for(actor: Actor, purpose: str | None = None) -> Selector:
    """What the actor may see.

    A person who was only found in a source (a lead) is shown to stewards, and to a recruiter who
    has entered a purpose, which is logged with the run. Silence is not consent: paused, withdrawn
    and erased people are shown to nobody who searches.
    """
    lives = {Life.CLAIMED, Life.VERIFIED}
    audiences = {Visibility.PUBLIC}
    if Role.STEWARD in actor.roles:
        lives |= {Life.LEAD, Life.INVITED}
        audiences |= {Visibility.BODIES, Visibility.STEWARDS}
    elif purpose and clean(purpose) and Role.RECRUITER in actor.roles:
        lives |= {Life.LEAD, Life.INVITED}
    return Selector(frozenset(lives), frozenset(audiences))
