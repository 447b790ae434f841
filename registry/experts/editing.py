"""Add, correct and remove what is said of a person: by himself, his delegate, or a steward.

Nothing is overwritten: an edit closes rows and adds rows, all under one change that can be taken
back. What a source says stays beside what is said against it.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access.policy import Actor
from registry.errors import ChangedMeanwhileError, InvalidInputError, NotPermittedError
from registry.experts import contacts, kept, repository
from registry.experts import editing_words as words
from registry.experts.adding import added_row, check_draft, guard_section
from registry.experts.choosing import (
    apart,
    find_visibility,
    hash_of,
    narrowest,
    visibility_keys,
)
from registry.experts.comparing import compare
from registry.experts.confirming import find_proved
from registry.experts.judging import (
    Shown,
    check_shown,
    guard_origin,
    guard_visibility,
    judge,
    named,
    rows_of_item,
    show_rows,
)
from registry.experts.models import Statement
from registry.experts.own_rows import (
    GROUNDS,
    corrected_key,
    row_of,
    sees,
    stay_rejected,
)
from registry.experts.parties import SOURCES
from registry.experts.proofs import proof_of
from registry.experts.schemas import StatementDraft, Visibility
from registry.experts.values import external_ids_of
from registry.experts.versions import check_profile, current_item, describe
from registry.experts.writing import (
    Act,
    begin_change,
    finish,
    open_act,
    require_reason,
    write,
)
from registry.ids import new_id


def add_item(
    session: Session,
    actor: Actor,
    expert_id: UUID,
    draft: StatementDraft,
    *,
    seen: Collection[str],
    now: datetime,
    shown: Shown | None = None,
    reason: str | None = None,
) -> Statement:
    """State something of a person, beside what others say.

    Of the draft only property, value, dates and evidence count: whose word it is follows from the
    actor, and nothing is checked by being said.

    Args:
        seen: Versions of the profile that it may be based on.
        shown: Who may see it, for the person himself to say; None: as he chose for this item
            before, else as is usual for the property.

    Raises:
        NotFoundError: No such profile, or none that the actor has a part in.
        NotPermittedError: The section, the origin or the visibility is not his to write.
        ChangedMeanwhileError: The profile is no longer what was seen.
        InvalidInputError: It is stated already, or a part cannot be.
    """
    act = open_act(session, actor, expert_id, now)
    guard_section(act, draft)
    if shown is not None:
        if act.party == "steward":
            raise NotPermittedError(words.VISIBILITY_IS_OWN)
        guard_visibility(session, act)
        check_shown(session, draft.property, shown)
    check_profile(session, act, seen)
    check_draft(draft, reason)
    said = kept.list_property(session, expert_id, draft.property)
    row = added_row(session, act, draft, said, shown)
    begin_change(session, act, "edit", reason)
    write(session, act, [row], {})
    if shown is not None:
        added = session.get_one(Statement, row["id"])
        show_rows(session, act, rows_of_item(session, added), shown)
    finish(session, act, "statement:add", {"statement": str(row["id"])})
    return session.get_one(Statement, row["id"])


def correct_item(
    session: Session,
    actor: Actor,
    expert_id: UUID,
    statement_id: UUID,
    draft: StatementDraft,
    *,
    seen: Collection[str],
    now: datetime,
    reason: str | None = None,
) -> Statement:
    """Say it right: one's own statement is superseded, what somebody else says stays beside it.

    Args:
        draft: Of the same property as the statement.
        seen: Versions of the statement that the correction may be based on.

    Returns:
        The new statement; the old one when nothing differs.

    Raises:
        NotFoundError: The actor sees no such statement in a profile that he has a part in.
        ChangedMeanwhileError: It is no longer what was seen, or it has been corrected already.
        InvalidInputError: The draft is of another property, or says what is stated already.
        NotPermittedError: It is the person's own word, or about his origin.
    """
    act = open_act(session, actor, expert_id, now)
    target = current_item(session, act, statement_id, seen)
    guard_origin(act, target.property)
    if draft.property != target.property:
        raise InvalidInputError(f"this statement is of the property {target.property}; keep it")
    if target.source == SOURCES["expert"] and act.party == "steward":
        raise NotPermittedError(words.OWN_WORD)
    check_draft(draft, reason)
    if _says(session, target, draft):
        return target
    stored = contacts.stored_value(session, expert_id, draft.value)
    is_own = target.source == SOURCES[act.party]
    said = kept.list_property(session, expert_id, target.property)
    siblings = [row for row in said if row.id != target.id]
    if is_own:
        item_key = corrected_key(act, target, draft, stored, siblings)
    else:
        item_key = _key_beside(session, act, target, draft, siblings)
    row = row_of(act, draft, stored, item_key)
    if item_key == target.item_key:
        row["external_id"] = row["external_id"] or target.external_id
    row["visibility"], row["named_bodies"] = target.visibility, target.named_bodies
    if act.party == "steward" and target.legal_ground != GROUNDS["expert"]:
        row["legal_ground"] = target.legal_ground
    stay_rejected(session, act, row, draft, target)
    row |= proof_of(find_proved(session, expert_id), draft.property, row["value"], now)
    chosen = _still_hidden(session, act, target, row, draft)
    if chosen is not None:
        row["visibility"], row["named_bodies"] = chosen.visibility.value, named(chosen)
    begin_change(session, act, "edit", reason)
    write(session, act, [row], {target.id: row["id"]} if is_own else {})
    if chosen is not None:
        corrected = session.get_one(Statement, row["id"])
        show_rows(session, act, rows_of_item(session, corrected), chosen)
    details = {"statement": str(row["id"]), "of": str(target.id)}
    finish(session, act, "statement:correct", details)
    return session.get_one(Statement, row["id"])


def remove_item(
    session: Session,
    actor: Actor,
    expert_id: UUID,
    statement_id: UUID,
    *,
    seen: Collection[str],
    now: datetime,
    reason: str | None = None,
) -> Statement | None:
    """Take one's own statement out; what a source says is judged not to be the person's instead.

    Returns:
        The rejected statement; None when one's own was closed.

    Raises:
        NotFoundError: The actor sees no such statement in a profile that he has a part in.
        ChangedMeanwhileError: It is no longer what was seen.
        InvalidInputError: A steward gives no reason for rejecting, or it is the person's word.
        NotPermittedError: It is about origin, and the actor is not the person.
    """
    act = open_act(session, actor, expert_id, now)
    target = current_item(session, act, statement_id, seen)
    guard_origin(act, target.property)
    if target.source != SOURCES[act.party]:
        require_reason(reason, needed=act.party == "steward")
        return judge(session, act, target, "rejected", reason)
    require_reason(reason, needed=False)
    begin_change(session, act, "edit", reason)
    write(session, act, [], {}, [target.id])
    finish(session, act, "statement:remove", {"statement": str(target.id)})
    return None


def _key_beside(
    session: Session,
    act: Act,
    target: Statement,
    draft: StatementDraft,
    siblings: Collection[Statement],
) -> str:
    own = [
        row
        for row in siblings
        if row.source == SOURCES[act.party] and row.item_key == target.item_key
    ]
    if not own:
        return target.item_key
    if not sees(act, own[0]):
        return apart(target.item_key, draft.started_on, hash_of(str(new_id())))
    changes = kept.list_changes_of(session, [row.change_id for row in own if row.change_id])
    told = [
        describe(target, row, field, changes.get(row.change_id) if row.change_id else None)
        for row in own
        for field in compare(session, act.expert_id, target, row, act.party)
    ]
    raise ChangedMeanwhileError(words.CORRECT_THE_OTHER, told)


def _still_hidden(
    session: Session, act: Act, target: Statement, row: dict[str, Any], draft: StatementDraft
) -> Shown | None:
    """Who sees an item that gets other keys by a correction; None: nothing has to be said of it.

    What was chosen for it goes along, so that no import brings it under the new keys to people
    who were not to see it. Where something was chosen for the new keys, too, fewer see it.
    """
    choices = repository.list_choices(session, [act.expert_id]).get(act.expert_id, {})
    old = visibility_keys(target.item_key, external_ids_of(target.property, target.value))
    new = visibility_keys(row["item_key"], draft.value.external_ids())
    if not set(new) - set(old):
        return None
    chosen = [
        Shown(Visibility(str(choice.visibility)), choice.named_bodies)
        for keys in (old, new)
        if (choice := find_visibility(choices, target.property, keys)) is not None
    ]
    if not chosen:
        return None
    chosen.insert(0, Shown(Visibility(target.visibility), target.named_bodies))
    level = narrowest(each.visibility for each in chosen)
    return next(each for each in chosen if each.visibility == level)


def _says(session: Session, row: Statement, draft: StatementDraft) -> bool:
    value = draft.value.model_dump(mode="json", exclude_none=True)
    stated = contacts.opened_of(session, row)
    return (stated, row.started_on, row.ended_on, row.evidence_url) == (
        value,
        draft.started_on,
        draft.ended_on,
        draft.evidence_url,
    )
