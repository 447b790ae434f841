"""A profile for those who keep it: every item, judged ones included, and what may be done."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access.policy import Actor
from registry.audit import service as audit
from registry.errors import NotFoundError
from registry.experts import kept, repository, service
from registry.experts.choosing import find_judgement, judgement_keys
from registry.experts.items import Counts, Item, count_items, group_statements
from registry.experts.models import Expert, ExpertSummary, ItemChoice, Statement
from registry.experts.parties import Party, party_for, sight_of, unknown_expert
from registry.experts.schemas import Visibility
from registry.experts.values import VALUE_CLASSES, external_ids_of
from registry.experts.versions import profile_version


@dataclass(frozen=True)
class KeptProfile:
    """A profile as somebody who keeps it sees it.

    Args:
        is_listed: Whether it can be in a list at all: a name of the person is public.
        sections: Properties that he deals with.
        version: To add something on.
        judged_by_steward: Statements that a steward rejected or accepted on the person's word.
    """

    expert: Expert
    summary: ExpertSummary
    party: Party
    is_listed: bool
    items: list[Item]
    counts: Counts
    sections: tuple[str, ...]
    version: str
    judged_by_steward: frozenset[UUID]

    def item_of(self, statement_id: UUID) -> Item | None:
        """The item that a statement tells of."""
        return next(
            (i for i in self.items if any(s.id == statement_id for s in i.statements)), None
        )


def get_kept(session: Session, actor: Actor, expert_id: UUID) -> KeptProfile:
    """A profile in whatever state, for the person, his delegate within his sections, or a steward.

    That a steward looked is noted, as with every profile.

    Raises:
        NotFoundError: No such profile, or none that the actor has a part in.
    """
    party = party_for(
        actor, expert_id, own="profile:own", office="statement:edit", kept="profile:delegated"
    )
    near = sight_of(actor, expert_id, party)
    found = kept.find_kept(session, expert_id)
    shown = service.named_profile(session, expert_id, near)
    if found is None or shown is None:
        raise unknown_expert(expert_id)
    statements = kept.list_kept(session, expert_id, near)
    items = group_statements(statements)
    if party == "steward":
        _note(session, actor, expert_id, statements)
    return KeptProfile(
        expert=shown[0],
        summary=shown[1],
        party=party,
        is_listed=found[1] is not None,
        items=items,
        counts=count_items(items),
        sections=tuple(
            name
            for name in VALUE_CLASSES
            if (near.sections is None or name in near.sections)
            and (name != "origin" or party == "expert")
        ),
        version=profile_version(session, actor, shown[0]),
        judged_by_steward=judged_by_steward(session, expert_id, statements),
    )


def version_for(session: Session, actor: Actor, expert_id: UUID) -> str:
    """The version of a profile that something can be added on, for somebody who keeps it.

    Raises:
        NotFoundError: No such profile, or none that the actor has a part in.
    """
    party_for(
        actor, expert_id, own="profile:own", office="statement:edit", kept="profile:delegated"
    )
    found = kept.find_kept(session, expert_id)
    if found is None:
        raise unknown_expert(expert_id)
    return profile_version(session, actor, found[0])


def find_expert_of(session: Session, actor: Actor, statement_id: UUID) -> UUID:
    """Whose statement this is, for somebody who keeps that profile.

    Raises:
        NotFoundError: No such statement, or none that the actor sees.
    """
    unknown = NotFoundError(f"no statement with the id {statement_id}")
    expert_id = kept.find_expert_of(session, statement_id)
    if expert_id is None:
        raise unknown
    try:
        party = party_for(
            actor, expert_id, own="profile:own", office="statement:edit", kept="profile:delegated"
        )
    except NotFoundError as exc:
        raise unknown from exc
    near = sight_of(actor, expert_id, party)
    if kept.find_statement(session, expert_id, statement_id, near) is None:
        raise unknown
    return expert_id


def _note(session: Session, actor: Actor, expert_id: UUID, statements: Sequence[Statement]) -> None:
    service.disclose(session, actor, "view", [expert_id], None)
    restricted = [str(s.id) for s in statements if s.visibility != Visibility.PUBLIC]
    details = {"purpose": None, "statements": restricted}
    audit.record(session, actor, "expert:read", about=expert_id, details=details)


def judged_by_steward(
    session: Session, expert_id: UUID, statements: Sequence[Statement]
) -> frozenset[UUID]:
    """Those of the statements that a steward judged on the person's word, and not he himself."""
    judged = [s for s in statements if s.judgement is not None]
    if not judged:
        return frozenset()
    choices = repository.list_choices(session, [expert_id]).get(expert_id, {})
    ids = {choice.change_id for choice in choices.values()}
    by_stewards = {
        change.id
        for change in kept.list_changes_of(session, ids).values()
        if change.label == "steward"
    }

    def choice_of(row: Statement) -> ItemChoice | None:
        external_ids = external_ids_of(row.property, row.value)
        keys = judgement_keys(row.item_key, external_ids, row.value)
        return find_judgement(choices, row.property, keys)

    return frozenset(
        row.id
        for row in judged
        if (choice := choice_of(row)) is not None and choice.change_id in by_stewards
    )


def find_current(session: Session, actor: Actor, expert_id: UUID, statement_id: UUID) -> UUID:
    """What a statement has become: itself while it is current, else what supersedes it.

    Raises:
        NotFoundError: No such statement, nothing is left of it, or the actor does not see it.
    """
    party = party_for(
        actor, expert_id, own="profile:own", office="statement:edit", kept="profile:delegated"
    )
    near = sight_of(actor, expert_id, party)
    row = kept.find_statement(session, expert_id, statement_id, near)
    while row is not None and row.superseded_at is not None:
        later = row.superseded_by
        row = kept.find_statement(session, expert_id, later, near) if later is not None else None
    if row is None:
        raise NotFoundError(f"no statement with the id {statement_id}")
    return row.id
