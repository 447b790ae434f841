"""Read a profile, and note for whom it was read."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access.policy import READING, Actor, Near, Selector, selector_for
from registry.audit import service as audit
from registry.errors import NotFoundError
from registry.experts import kept, repository
from registry.experts.models import Disclosure, Expert, ExpertSummary, Statement
from registry.experts.rules import choose
from registry.experts.schemas import Life, Visibility
from registry.ids import new_id
from registry.text import fold


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
    profile = find_profile(session, selector_for(actor, purpose, READING), expert_id)
    if profile is None:
        raise NotFoundError(f"no expert with the id {expert_id}")
    if expert_id != actor.expert_id and not actor.is_anonymous:
        disclose(session, actor, "view", [expert_id], purpose)
        restricted = [s for s in profile.statements if s.visibility != Visibility.PUBLIC]
        if restricted or profile.expert.life in {Life.LEAD, Life.INVITED}:
            details = {"purpose": purpose, "statements": [str(s.id) for s in restricted]}
            audit.record(session, actor, "expert:read", about=expert_id, details=details)
    return profile


def find_profile(session: Session, selector: Selector, expert_id: UUID) -> Profile | None:
    """A person as this selector shows him; nothing is noted."""
    found = repository.get_visible(session, [expert_id], selector).get(expert_id)
    relations = [near for near in selector.near.get(expert_id, ()) if near.any_life]
    if found is None and relations:
        found = named_profile(session, expert_id, *relations)
    if found is None:
        return None
    statements = repository.list_current(session, [expert_id], selector=selector)[expert_id]
    return Profile(*found, statements)


def named_profile(
    session: Session, expert_id: UUID, *relations: Near
) -> tuple[Expert, ExpertSummary] | None:
    """A person for somebody who keeps the profile, in whatever state but erased.

    Where no name is public, and he is in no list, the summary holds a name that is seen so near.

    Args:
        relations: As what he keeps it: one at least.
    """
    found = kept.find_kept(session, expert_id)
    if found is None:
        return None
    expert, summary = found
    if summary is None:
        statements = [s for near in relations for s in kept.list_kept(session, expert_id, near)]
        name = choose([repository.as_rule_input(s) for s in statements], "name")
        shown = name.value["display"] if name is not None else "—"
        summary = ExpertSummary(expert_id=expert_id, display_name=shown, folded_name=fold(shown))
    return expert, summary


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
