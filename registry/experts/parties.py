"""As what somebody deals with one profile: the person, his delegate, a steward. Pure."""

from typing import Final, Literal
from uuid import UUID

from registry.access.policy import (
    OWN_SIGHT,
    Actor,
    Near,
    delegates_sight,
    permissions_of,
    require,
    selector_for,
)
from registry.errors import NotFoundError, NotPermittedError

Party = Literal["expert", "delegate", "steward"]

# Whose word a statement is that each of them makes: a delegate speaks for the person.
SOURCES: Final = {"expert": "self", "delegate": "self", "steward": "steward"}


def party_for(
    actor: Actor, expert_id: UUID, *, own: str, office: str, kept: str | None = None
) -> Party:
    """What the actor is to this profile.

    Args:
        own: The permission that the person himself needs for it.
        office: The one by which a steward may, whoever's the profile is.
        kept: The one that a delegate needs; None: it is not for delegates.

    Raises:
        NotSignedInError: Nobody is signed in.
        NotPermittedError: The actor is the person or his delegate, and may not do this.
        NotFoundError: The actor is nothing to this profile; whether it exists is not said.
    """
    if actor.is_anonymous:
        require(actor, own)
    if actor.expert_id == expert_id:
        require(actor, own)
        return "expert"
    if office in permissions_of(actor):
        return "steward"
    if expert_id in actor.delegations:
        if kept is None:
            raise NotPermittedError("this is for the person himself and not for a delegate")
        require(actor, kept)
        return "delegate"
    raise unknown_expert(expert_id)


def unknown_expert(expert_id: UUID) -> NotFoundError:
    """The answer for a profile that does not exist, and for one that the actor has no part in."""
    return NotFoundError(f"no expert with the id {expert_id}")


def sight_of(actor: Actor, expert_id: UUID, party: Party) -> Near:
    """What he sees of the profile that he keeps, whatever its state is, and can deal with.

    A delegate may see more of the person in another of his offices: that is not his to keep.

    Raises:
        NotPermittedError: He acts by a token that may not read what it writes.
    """
    if party == "steward":
        return Near(selector_for(actor).levels, any_life=True)
    if party == "expert":
        require(actor, "profile:own")
        return OWN_SIGHT
    require(actor, "profile:delegated")
    return delegates_sight(actor.delegations[expert_id])
