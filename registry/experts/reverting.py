"""Take a change back, whole or item by item: nothing half, nothing lost, and again revertible."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access.holding import require_uncontested
from registry.access.policy import Actor, Near, permissions_of, require, selector_for
from registry.audit import service as audit
from registry.errors import (
    BusyError,
    ChangedMeanwhileError,
    InvalidInputError,
    NotPermittedError,
)
from registry.experts import change_store, kept, repository, revert_store
from registry.experts import editing_words as words
from registry.experts.change_store import Scope
from registry.experts.changes import unknown_change
from registry.experts.choosing import decided
from registry.experts.comparing import who_did
from registry.experts.confirming import drop_unproved
from registry.experts.models import Change, ItemChoice
from registry.experts.parties import SOURCES, Party, sight_of
from registry.experts.recording import refresh_summaries
from registry.experts.revert_store import Later
from registry.experts.values import external_ids_of
from registry.experts.writing import require_reason
from registry.ids import new_id
from registry.taxonomy.service import get_crosswalk
from registry.text import clean
from registry.vault import service as vault

# Summaries are derived in batches of so many people.
_BATCH = 200
# What a source said is not for the person to take back: he marks it as not his.
_BATCHES = frozenset({"import", "merge"})


@dataclass(frozen=True)
class Reverted:
    """What taking a change back did.

    Args:
        change_id: Of the revert, which can be taken back itself.
        people: Whose statements it concerns.
        closed, restored: Statements.
        emptied: People of whom nothing is stated now: they are in no list, and their profiles
            stay as they are (a lead stays a lead).
        left: Items that were changed later and stay as they are.
    """

    change_id: UUID
    people: int
    closed: int
    restored: int
    emptied: int
    left: int


def revert_change(
    session: Session,
    actor: Actor,
    change_id: UUID,
    *,
    now: datetime,
    items: Collection[UUID] | None = None,
    leave_changed: bool = False,
    reason: str | None = None,
) -> Reverted:
    """Take a change back: what it wrote is closed, what it closed is said again.

    A decision about an item is taken back as a whole, and what is remembered of it becomes what
    it was.

    Args:
        items: Only these items of it, each by a statement that the change wrote or closed.
        leave_changed: Leave alone what was changed again later, instead of refusing everything.
        reason: Needed of a steward who takes back what the person or his delegate did.

    Raises:
        NotFoundError: No such change, or the actor sees nothing of it.
        NotPermittedError: It is not the actor's to take back.
        InvalidInputError: It was taken back before, an item is not part of it, or the reason is
            missing.
        ChangedMeanwhileError: Items were changed again later; `changes` lists them all.
        BusyError: Data are being loaded, and it is a batch.
    """
    change = revert_store.hold_change(session, change_id)
    if change is None:
        raise unknown_change(change_id)
    party, near = _right(session, actor, change)
    of_the_person = change.kind not in _BATCHES and change.label in {"expert", "delegate"}
    require_reason(reason, needed=party == "steward" and of_the_person)
    if change.expert_id is None and not revert_store.hold_loads(session):
        raise BusyError(words.LOADING)
    repository.lock_experts(session, revert_store.list_people(session, Scope(change_id)))
    if repository.taken_back(session, [change_id]):
        raise InvalidInputError(words.TAKEN_BACK)
    choices = revert_store.list_choices_of(session, change_id)
    scope = Scope(change_id)
    if items is not None and not any(choices):
        scope = Scope(change_id, _chosen(session, scope, items, near))
    _guard(session, party, change, scope)
    later = _conflicts(session, scope, choices[0])
    if later and leave_changed:
        left = revert_store.widen(session, scope, [each.statement_id for each in later])
        scope = Scope(change_id, scope.only, left)
    if later and (
        any(choices) or not revert_store.list_people(session, scope) or not leave_changed
    ):
        raise ChangedMeanwhileError(words.CHANGED_LATER, _told(session, later, near))
    return _take_back(session, actor, party, change, scope, choices, now, reason, len(later))


def _right(session: Session, actor: Actor, change: Change) -> tuple[Party, Near]:
    """As what the actor takes it back, and what he sees."""
    own = actor.expert_id
    selector = selector_for(actor)
    if own is not None and change.expert_id == own:
        require(actor, "statement:edit_own")
        near = sight_of(actor, own, "expert")
        if _sees(session, change, near, own):
            if change.kind in _BATCHES:
                raise NotPermittedError(words.NOT_YOURS)
            require_uncontested(session, own)
            return "expert", near
    elif "change:revert" in permissions_of(actor):
        near = Near(selector.levels)
        if change.expert_id is None or _sees(session, change, near):
            return "steward", near
    else:
        require(actor, "statement:edit_own")
        kept_ones = ((who, n) for who, found in selector.near.items() for n in found if n.any_life)
        if any(_sees(session, change, near, who) for who, near in kept_ones):
            raise NotPermittedError(words.NOT_YOURS)
    raise unknown_change(change.id)


def _sees(session: Session, change: Change, near: Near, expert_id: UUID | None = None) -> bool:
    seen = kept.within(near)
    rows, _ = change_store.list_rows(session, change.id, seen, expert_id=expert_id, people=1)
    return bool(rows)


def _chosen(session: Session, scope: Scope, items: Collection[UUID], near: Near) -> set[UUID]:
    if not items:
        raise InvalidInputError(words.NOTHING_CHOSEN)
    rows = revert_store.widen(session, scope, items)
    if not set(items) <= change_store.find_seen(session, rows, kept.within(near)):
        raise InvalidInputError(words.ITEM_UNKNOWN)
    return rows


def _guard(session: Session, party: Party, change: Change, scope: Scope) -> None:
    if party == "expert" and revert_store.moves_checks(session, scope):
        raise NotPermittedError(words.CHECK_IS_STEWARDS)
    is_origin = change.expert_id is not None and revert_store.has_property(session, scope, "origin")
    if party == "steward" and is_origin:
        raise NotPermittedError(words.ORIGIN_IS_OWN)


def _conflicts(session: Session, scope: Scope, made: Sequence[ItemChoice]) -> list[Later]:
    later = revert_store.list_changed_later(session, scope)
    for choice in made:
        newer = revert_store.list_newer_choices(session, choice, scope.change_id)
        under = revert_store.list_under_choice(session, choice, scope.change_id)
        later += [Later(c.id, c.expert_id, c.property, c.change_id) for c in newer]
        later += [Later(s.id, s.expert_id, s.property, s.change_id) for s in under]
    return later


def _told(session: Session, later: Sequence[Later], near: Near) -> list[dict[str, Any]]:
    """The conflicts, for whoever wanted to take the change back."""
    seen = change_store.find_seen(session, [each.statement_id for each in later], kept.within(near))
    ids = {each.change_id for each in later if each.change_id is not None}
    changes = kept.list_changes_of(session, ids)
    names = change_store.list_names(session, {each.expert_id for each in later})
    told = []
    for each in later:
        # Of what the person has hidden since, only that it was changed.
        by = changes.get(each.change_id) if each.change_id and each.statement_id in seen else None
        message = "this item was changed again later"
        if by is not None:
            message += f", on {by.created_at.date()} by {who_did(by)} ({by.kind})"
        told.append(
            {
                "location": [each.property],
                "message": message,
                "property": each.property,
                "expert": str(each.expert_id),
                "name": names.get(each.expert_id),
                "statement": str(each.statement_id),
                "change": str(by.id) if by is not None else None,
                "by": who_did(by) if by is not None else None,
                "kind": by.kind if by is not None else None,
                "at": by.created_at.isoformat() if by is not None else None,
            }
        )
    return told


def _take_back(
    session: Session,
    actor: Actor,
    party: Party,
    change: Change,
    scope: Scope,
    choices: tuple[list[ItemChoice], list[ItemChoice]],
    now: datetime,
    reason: str | None,
    left: int,
) -> Reverted:
    revert_id, said = new_id(), clean(reason or "")
    people = revert_store.list_people(session, scope)
    repository.begin_change(
        session,
        revert_id,
        "revert",
        actor.id,
        now,
        expert_id=change.expert_id,
        on_behalf_of=change.expert_id if party == "steward" else None,
        label=party,
        words=vault.seal(session, change.expert_id, said) if said and change.expert_id else None,
    )
    closed, restored = revert_store.take_back(session, scope, now, revert_id)
    _restore_choices(session, choices, now, revert_id)
    _follow_choices(session, people, revert_id)
    drop_unproved(session, revert_id)
    if scope.only is None or not revert_store.has_others(session, scope):
        revert_store.mark_taken_back(session, change.id, revert_id)
    emptied = revert_store.drop_empty_summaries(session, people)
    crosswalk, rest = get_crosswalk(session), sorted(set(people) - set(emptied))
    for start in range(0, len(rest), _BATCH):
        refresh_summaries(session, rest[start : start + _BATCH], crosswalk)
    details = {"as": party, "of": str(change.id), "closed": closed, "restored": restored}
    if said and not change.expert_id:
        details["reason"] = said
    audit.record(
        session,
        actor,
        "change:revert",
        about=change.expert_id,
        subject=f"change:{revert_id}",
        details=details,
    )
    return Reverted(revert_id, len(people), closed, restored, len(emptied), left)


def _restore_choices(
    session: Session,
    choices: tuple[list[ItemChoice], list[ItemChoice]],
    now: datetime,
    revert_id: UUID,
) -> None:
    made, superseded = choices
    repository.close_choices(
        session, [c.id for c in made if c.superseded_at is None], now, revert_id
    )
    again = [decided_again(choice, revert_id) for choice in superseded]
    repository.add_rows(session, ItemChoice, again)


def decided_again(choice: ItemChoice, change_id: UUID) -> dict[str, Any]:
    """A decision as it was, made anew by another change."""
    said = {name: getattr(choice, name) for name in _DECIDED}
    return {**said, "id": new_id(), "change_id": change_id}


# All of a decision but what is its row's alone.
_DECIDED = tuple(
    column.name
    for column in ItemChoice.__table__.columns  # type: ignore[attr-defined]
    if column.name not in {"id", "change_id", "closed_by", "superseded_at"}
)


def _follow_choices(session: Session, people: Sequence[UUID], revert_id: UUID) -> None:
    """What is said again keeps to what was decided about its item while it was not said."""
    for expert_id, choices in repository.list_choices(session, people).items():
        for row in revert_store.list_said_again(session, expert_id, revert_id):
            external_ids = external_ids_of(row.property, row.value)
            columns = decided(choices, row.property, row.item_key, external_ids, row.value)
            for name, value in columns.items():
                # The person's own word is not judged.
                if row.source != SOURCES["expert"] or name in {"visibility", "named_bodies"}:
                    setattr(row, name, value)
    session.flush()
