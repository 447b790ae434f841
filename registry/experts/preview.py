"""How am I seen: one's profile as somebody else is shown it, by the rules that answer him."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access import bodies, claim_texts
from registry.access.policy import (
    ANONYMOUS,
    Actor,
    Role,
    Selector,
    reaches,
    require,
    selector_for,
)
from registry.errors import InvalidInputError
from registry.experts import repository
from registry.experts.models import Expert
from registry.experts.schemas import Life
from registry.experts.service import Profile, find_profile
from registry.experts.values import VALUE_CLASSES


class Viewer(StrEnum):
    """Whose eyes one looks through."""

    PUBLIC = "public"
    RECRUITER = "recruiter"
    SECRETARY = "secretary"
    COUNCIL = "council"
    DELEGATE = "delegate"
    STEWARD = "steward"


# These look for a body, which is chosen.
OF_A_BODY = frozenset({Viewer.RECRUITER, Viewer.SECRETARY, Viewer.COUNCIL})


class Closed(StrEnum):
    """Why somebody is shown nothing."""

    LIFE = "life"
    RESTRICTED = "restricted"
    OTHER_BODIES = "other_bodies"
    NOT_PUBLISHED = "not_published"
    NO_NAME = "no_name"


@dataclass(frozen=True)
class Seen:
    """What somebody else is shown of the actor's profile.

    Args:
        profile: None when he is shown nothing: the same answer as for a person who is not there.
        why: The reason for that; None when something is shown.
        is_found: Whether he meets the profile in searches and lists, and not by its address alone.
        hidden: How many statements, of those that the person himself sees, are not shown.
    """

    expert: Expert
    viewer: Viewer
    profile: Profile | None
    why: Closed | None
    is_found: bool
    hidden: int


def see_as(
    session: Session,
    actor: Actor,
    viewer: Viewer,
    *,
    body: str | None = None,
    purpose: str | None = None,
    sections: Collection[str] = (),
) -> Seen:
    """The actor's own profile as somebody else would be shown it now.

    The answer comes from the queries and the selector that answer such a viewer; nothing is noted
    as a disclosure, since nobody else looks.

    Args:
        body: For whom a recruiter or secretary looks.
        purpose: What a recruiter enters to see people who have not claimed their profiles.
        sections: What a delegate keeps.

    Raises:
        InvalidInputError: No such viewer can be: the body is unknown or missing, or no section.
    """
    require(actor, "profile:own")
    assert actor.expert_id is not None
    other = _stand_in(session, actor.expert_id, viewer, body, sections)
    selector = selector_for(other, purpose)
    expert = session.get_one(Expert, actor.expert_id)
    ids = [expert.id]
    own = repository.list_current(session, ids, selector=selector_for(actor))[expert.id]
    profile = find_profile(session, selector, expert.id)
    if profile is None:
        return Seen(expert, viewer, None, _why(expert, selector), False, len(own))
    # Search runs under what everybody of the role sees alike.
    listed = repository.get_found(session, ids, selector.without_near())
    is_found = bool(listed) and viewer not in {Viewer.PUBLIC, Viewer.DELEGATE}
    hidden = len({s.id for s in own} - {s.id for s in profile.statements})
    return Seen(expert, viewer, profile, None, is_found, hidden)


def _stand_in(
    session: Session,
    expert_id: UUID,
    viewer: Viewer,
    body: str | None,
    sections: Collection[str],
) -> Actor:
    if viewer in OF_A_BODY and (not body or bodies.find_active(session, body) is None):
        raise InvalidInputError(claim_texts.CHOOSE_BODY)
    if viewer is Viewer.DELEGATE and (not sections or set(sections) - set(VALUE_CLASSES)):
        raise InvalidInputError(claim_texts.CHOOSE_SECTIONS)
    someone = "preview"
    match viewer:
        case Viewer.PUBLIC:
            return ANONYMOUS
        case Viewer.RECRUITER:
            return Actor(someone, frozenset({Role.RECRUITER}), body)
        case Viewer.SECRETARY:
            return Actor(someone, frozenset({Role.SECRETARY}), body)
        case Viewer.COUNCIL:
            considered = frozenset({expert_id})
            return Actor(someone, frozenset({Role.SECRETARY}), body, candidates=considered)
        case Viewer.DELEGATE:
            return Actor(someone, frozenset(), delegations={expert_id: frozenset(sections)})
        case Viewer.STEWARD:
            return Actor(someone, frozenset({Role.STEWARD}))


def _why(expert: Expert, selector: Selector) -> Closed:
    """The first rule by which nothing is shown; what holds for all viewers comes first."""
    if Life(expert.life) not in selector.lives:
        return Closed.LIFE
    if expert.restricted_at is not None:
        return Closed.RESTRICTED
    if not reaches(selector, expert.open_to):
        return Closed.OTHER_BODIES
    if selector.published_only and not expert.is_published:
        return Closed.NOT_PUBLISHED
    return Closed.NO_NAME
