"""The one module that decides. Pure: an actor goes in, a permission or a selector comes out.

Permissions are written `resource:action`. A selector says what an actor may see; it goes into
every query and every index search, and nothing is filtered afterwards.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from registry.errors import NotPermittedError, NotSignedInError
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


# These two work for a body, and see what is open to it.
ROLES_OF_A_BODY: Final = frozenset({Role.RECRUITER, Role.SECRETARY})


@dataclass(frozen=True)
class Actor:
    """Who acts, and for whom.

    Args:
        id: The account's id; 'anonymous' for nobody; 'operator:<user>' at the command line.
        body: Code of the body that a recruiter or secretary works for.
        expert_id: The profile that is the actor's own.
        delegations: Profiles that he keeps for others, each with its sections (properties).
        candidates: People whom a council in his charge is considering.
        scopes: Permissions that an API token is limited to; None when there is no such limit.
        signed_in_at: When he proved in this browser who he is; None for programs and operators.
    """

    id: str
    roles: frozenset[Role]
    body: str | None = None
    expert_id: UUID | None = None
    delegations: Mapping[UUID, frozenset[str]] = field(default_factory=dict)
    candidates: frozenset[UUID] = frozenset()
    scopes: frozenset[str] | None = None
    signed_in_at: datetime | None = None

    @property
    def is_anonymous(self) -> bool:
        return self.id == ANONYMOUS_ID

    @property
    def is_operator(self) -> bool:
        """At the machine's command line, where the data folder is open to him anyway."""
        return self.id.startswith("operator:")


@dataclass(frozen=True)
class Near:
    """What an actor sees of one person beyond what he sees of everybody, by one relation to him.

    Args:
        levels: Visibility levels.
        sections: Properties that this holds for; None for all.
        any_life: Whether the state of the profile does not matter, restricted ones included.
            Else it holds only while the profile is shown to him anyway.
    """

    levels: frozenset[Visibility]
    sections: frozenset[str] | None = None
    any_life: bool = False


@dataclass(frozen=True)
class Selector:
    """What an actor may see: of which people, and which of their statements and passages.

    Args:
        lives: States of the profiles.
        levels: Visibility levels that are seen of everybody.
        bodies: Codes of the bodies that he sees for: statements for named bodies, and people who
            agreed to be seen by these alone. None: by right of his office, whatever they named.
        near: Single people of whom he sees more, by one relation or several: what he sees of them
            is all of it together.
        published_only: Only people who agreed to be shown without sign-in.
    """

    lives: frozenset[Life]
    levels: frozenset[Visibility]
    bodies: frozenset[str] | None = frozenset()
    near: Mapping[UUID, tuple[Near, ...]] = field(default_factory=dict)
    published_only: bool = False

    def without_near(self) -> "Selector":
        """The same for everybody alike: what a search runs under, so that ranks tell nothing."""
        return replace(self, near={})


OWN_SIGHT: Final = Near(frozenset(Visibility), any_life=True)


def delegates_sight(sections: frozenset[str]) -> Near:
    """What a delegate sees and keeps: some sections, but for what the person alone sees."""
    return Near(frozenset(Visibility) - {Visibility.SELF}, sections, any_life=True)


ANONYMOUS_ID: Final = "anonymous"
ANONYMOUS: Final = Actor(ANONYMOUS_ID, frozenset())
LOCAL_RECRUITER: Final = Actor("operator:local-recruiter", frozenset({Role.RECRUITER}))
LOCAL_STEWARD: Final = Actor("operator:local-steward", frozenset({Role.STEWARD}))

# What everybody who has signed in may do, whatever his roles are.
_SIGNED_IN: Final = frozenset({"account:own"})
# Rights of a person over what is held of him; an account without a profile has none of them.
_OWN_PROFILE: Final = frozenset(
    {"profile:own", "statement:edit_own", "consent:own", "rights:own", "delegation:own"}
)
_DELEGATED: Final = frozenset({"profile:delegated", "statement:edit_own"})
_SEARCHING: Final = frozenset(
    {
        "expert:search",
        "expert:read",
        "expert:export",
        "programme:read",
        "run:read",
        "contact:record",
    }
)

# By any of these somebody looks at people whom he does not keep himself.
LOOKING: Final = frozenset(
    {
        "expert:search",
        "expert:read",
        "expert:export",
        "contact:record",
        "statement:edit",
        "statement:verify",
        "change:read",
        "change:revert",
        "quality:read",
    }
)
READING: Final = frozenset({"expert:read"})

PERMISSIONS: Final[Mapping[Role, frozenset[str]]] = {
    Role.EXPERT: frozenset({"programme:read"}),
    Role.RECRUITER: _SEARCHING,
    Role.SECRETARY: _SEARCHING | {"council:read"},
    Role.STEWARD: _SEARCHING
    | {
        "expert:import",
        "statement:edit",
        "statement:verify",
        "life:move",
        "change:read",
        "change:revert",
        "claim:decide",
        "invitation:create",
        "identity:judge",
        "consent:record",
        "rights:handle",
        "retention:run",
        "quality:read",
    },
    Role.AUDITOR: frozenset({"audit:read"}),
    Role.ADMINISTRATOR: frozenset(
        {"account:manage", "body:manage", "breach:manage", "retention:run"}
    ),
}

ALL_PERMISSIONS: Final = frozenset().union(
    _SIGNED_IN, _OWN_PROFILE, _DELEGATED, *PERMISSIONS.values()
)


def permissions_of(actor: Actor) -> frozenset[str]:
    """Everything that the actor may do."""
    if actor.is_anonymous:
        return frozenset()
    held = _SIGNED_IN.union(*(PERMISSIONS[role] for role in actor.roles))
    if actor.expert_id is not None:
        held |= _OWN_PROFILE
    if actor.delegations:
        held |= _DELEGATED
    # A body is what the right to see rests on: without one, only an operator searches.
    if actor.roles & ROLES_OF_A_BODY and not actor.body and not actor.is_operator:
        others = actor.roles - ROLES_OF_A_BODY
        held -= _SEARCHING - frozenset().union(*(PERMISSIONS[role] for role in others))
    return held if actor.scopes is None else held & actor.scopes


def require(actor: Actor, permission: str) -> None:
    """Let the act pass, or refuse it.

    Raises:
        NotSignedInError: Nobody is signed in.
        NotPermittedError: None of the actor's roles has the permission.
    """
    assert permission in ALL_PERMISSIONS, permission
    if actor.is_anonymous:
        raise NotSignedInError("sign in first")
    if permission not in permissions_of(actor):
        raise NotPermittedError(f"this needs the permission {permission}")


def selector_for(
    actor: Actor, purpose: str | None = None, by: frozenset[str] = LOOKING
) -> Selector:
    """What the actor may see.

    A person who was only found in a source (a lead) is shown to stewards, and to a recruiter who
    has entered a purpose, which is logged. Silence is not consent: paused, withdrawn and erased
    people are shown to nobody but themselves and, to keep their data, stewards with their id.

    Args:
        by: Permissions of which he needs one to look at people at all; without, he sees what
            everybody sees without sign-in. A token sees no more than what it may do.
    """
    held = permissions_of(actor)
    lives = {Life.CLAIMED, Life.VERIFIED}
    levels = {Visibility.PUBLIC}
    bodies: frozenset[str] | None = frozenset()
    looks = bool(held & by)
    if looks and actor.roles & ROLES_OF_A_BODY and actor.body:
        levels.add(Visibility.BODIES)
        bodies = frozenset({actor.body})
    if looks and purpose and clean(purpose) and Role.RECRUITER in actor.roles:
        lives |= {Life.LEAD, Life.INVITED}
    if looks and Role.STEWARD in actor.roles:
        lives |= {Life.LEAD, Life.INVITED}
        levels |= set(Visibility) - {Visibility.SELF}
        bodies = None
    return Selector(
        frozenset(lives),
        frozenset(levels),
        bodies,
        _near(actor, held, looks),
        published_only=not looks,
    )


def _near(actor: Actor, held: frozenset[str], looks: bool) -> dict[UUID, tuple[Near, ...]]:
    near: dict[UUID, tuple[Near, ...]] = {}

    def add(expert_id: UUID, more: Near) -> None:
        near[expert_id] = (*near.get(expert_id, ()), more)

    if looks and Role.SECRETARY in actor.roles:
        for expert_id in actor.candidates:
            add(expert_id, Near(frozenset({Visibility.COUNCIL})))
    if "profile:delegated" in held:
        for expert_id, sections in actor.delegations.items():
            add(expert_id, delegates_sight(sections))
    if actor.expert_id is not None and "profile:own" in held:
        add(actor.expert_id, OWN_SIGHT)
    return near


# How a statement's visibility stands in passages and indexes: the level, and the bodies it names.
_NAMED = f"{Visibility.NAMED_BODIES.value}:"


def audience_key(visibility: str, named_bodies: Sequence[str]) -> str:
    """Level and named bodies as one text: 'public', 'named_bodies:moh,most'."""
    if visibility != Visibility.NAMED_BODIES:
        return visibility
    return _NAMED + ",".join(sorted(set(named_bodies)))


def read_audience(key: str) -> tuple[Visibility, frozenset[str]]:
    """What `audience_key` wrote."""
    level, _, bodies = key.partition(":")
    return Visibility(level), frozenset(bodies.split(",")) if bodies else frozenset()


def admits(selector: Selector, audience: str) -> bool:
    """Whether a statement of this audience is seen of everybody whose profile is seen."""
    level, named = read_audience(audience)
    if level is Visibility.NAMED_BODIES:
        return level in selector.levels or bool(named & (selector.bodies or frozenset()))
    return level in selector.levels


def reaches(selector: Selector, open_to: Collection[str] | None) -> bool:
    """Whether a person who agreed to be seen by these bodies alone (None: by all) is seen."""
    return open_to is None or selector.bodies is None or bool(selector.bodies & set(open_to))
