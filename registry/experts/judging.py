"""Decide about an item, whichever source says it: whether it is the person's, and who sees it.

A decision holds for the current statements of every source, and is remembered for those that
are imported later (recording.py applies it).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access.bodies import find_active
from registry.access.holding import require_uncontested
from registry.access.policy import Actor
from registry.errors import InvalidInputError, NotPermittedError
from registry.experts import editing_words as words
from registry.experts import kept, repository
from registry.experts.choosing import judgement_keys, visibility_keys
from registry.experts.items import group_statements
from registry.experts.models import ItemChoice, Statement
from registry.experts.parties import SOURCES
from registry.experts.schemas import Visibility
from registry.experts.values import external_ids_of
from registry.experts.versions import current_item
from registry.experts.writing import (
    Act,
    begin_change,
    copy_of,
    finish,
    open_act,
    require_reason,
    write,
)
from registry.ids import new_id

Judgement = Literal["accepted", "rejected"]


@dataclass(frozen=True)
class Shown:
    """Who may see an item; `named_bodies` are codes, for the visibility of that name alone."""

    visibility: Visibility
    named_bodies: Sequence[str] = ()


def judge_item(
    session: Session,
    actor: Actor,
    expert_id: UUID,
    statement_id: UUID,
    judgement: Judgement | None,
    *,
    seen: Collection[str],
    now: datetime,
    reason: str | None = None,
) -> Statement:
    """Say of what sources state that it is the person's, or that it is not; None takes that back.

    All statements of the item are judged alike; of a property with one value, those of the same
    value. A steward says on whose word or on what document.

    Args:
        seen: Versions of the statement that the judgement may be based on.

    Returns:
        The statement as it is now.

    Raises:
        NotFoundError: The actor sees no such statement in a profile that he has a part in.
        ChangedMeanwhileError: It is no longer what was seen.
        InvalidInputError: It is the person's own word, or a reason is missing.
        NotPermittedError: Origin is the person's alone to state.
    """
    act = open_act(session, actor, expert_id, now)
    target = current_item(session, act, statement_id, seen)
    require_reason(reason, needed=act.party == "steward")
    return judge(session, act, target, judgement, reason)


def judge(
    session: Session,
    act: Act,
    target: Statement,
    judgement: Judgement | None,
    reason: str | None,
) -> Statement:
    """`judge_item` for a statement that was found to be current."""
    guard_origin(act, target.property)
    if target.source == SOURCES["expert"]:
        raise InvalidInputError(words.OWN_WORD)
    rows = [row for row in rows_of_item(session, target) if row.source != SOURCES["expert"]]
    if not target.item_key:
        rows = [row for row in rows if row.value == target.value]
    wrong = [row for row in rows if row.judgement != judgement]
    if not wrong:
        return target
    begin_change(session, act, "judge", reason)
    judged_at = act.now if judgement is not None else None
    made = _resay(session, act, wrong, {"judgement": judgement, "judged_at": judged_at})
    keys = [
        key
        for row in rows
        for key in judgement_keys(row.item_key, external_ids_of(row.property, row.value), row.value)
    ]
    _remember(session, act, target.property, keys, {"judgement": judgement})
    finish(session, act, "statement:judge", {"judgement": judgement, "statements": _ids(made)})
    return session.get_one(Statement, made.get(target.id, target.id))


def show_item(
    session: Session,
    actor: Actor,
    expert_id: UUID,
    statement_id: UUID,
    shown: Shown,
    *,
    seen: Collection[str],
    now: datetime,
    reason: str | None = None,
) -> Statement:
    """Say who may see an item, whichever source says it: the person himself, or a steward.

    A steward acts on the person's word alone, and says how it reached him.

    Returns:
        The statement as it is now; whoever chose "the person alone" for another sees it no more.

    Raises:
        NotFoundError: The actor sees no such statement in a profile that he has a part in.
        NotPermittedError: A delegate decides this for nobody, nor does a holder whose claim is
            contested, nor somebody else about origin.
        ChangedMeanwhileError: It is no longer what was seen.
        InvalidInputError: Contact data for everybody, wrong bodies, or a missing reason.
    """
    act = open_act(session, actor, expert_id, now)
    target = current_item(session, act, statement_id, seen)
    guard_visibility(session, act)
    guard_origin(act, target.property)
    require_reason(reason, needed=act.party == "steward")
    check_shown(session, target.property, shown)
    rows = rows_of_item(session, target)
    if all(_is_shown(row, shown) for row in rows):
        return target
    begin_change(session, act, "show", reason)
    made = show_rows(session, act, rows, shown)
    details = {"visibility": shown.visibility, "named_bodies": named(shown)}
    finish(session, act, "statement:show", {**details, "statements": _ids(made)})
    return session.get_one(Statement, made.get(target.id, target.id))


def show_rows(
    session: Session, act: Act, rows: Sequence[Statement], shown: Shown
) -> dict[UUID, UUID]:
    """Show these statements of one item so, and remember it; old ids to new ones."""
    columns = {"visibility": shown.visibility.value, "named_bodies": named(shown)}
    wrong = [row for row in rows if not _is_shown(row, shown)]
    made = _resay(session, act, wrong, columns)
    keys = [
        key
        for row in rows
        for key in visibility_keys(row.item_key, external_ids_of(row.property, row.value))
    ]
    _remember(session, act, rows[0].property, keys, columns)
    return made


def check_shown(session: Session, property_name: str, shown: Shown) -> None:
    """Refuse a choice that cannot be.

    Raises:
        InvalidInputError: Contact data for everybody; bodies where none belong; none, or an
            unknown one, where they do.
    """
    if property_name == "contact" and shown.visibility is Visibility.PUBLIC:
        raise InvalidInputError(words.CONTACT_NEVER_PUBLIC)
    if (shown.visibility is Visibility.NAMED_BODIES) != bool(shown.named_bodies):
        raise InvalidInputError(words.BODIES_MISSING)
    if any(find_active(session, code) is None for code in set(shown.named_bodies)):
        raise InvalidInputError(words.BODY_UNKNOWN)


def guard_visibility(session: Session, act: Act) -> None:
    """Refuse a delegate, and a holder while somebody says that the profile is not his."""
    if act.party == "delegate":
        raise NotPermittedError(words.VISIBILITY_IS_OWN)
    if act.party == "expert":
        require_uncontested(session, act.expert_id)


def guard_origin(act: Act, property_name: str) -> None:
    """Refuse everybody else to say anything about a person's origin."""
    if property_name == "origin" and act.party != "expert":
        raise NotPermittedError(words.ORIGIN_IS_OWN)


def rows_of_item(session: Session, target: Statement) -> list[Statement]:
    """All current statements of the target's item, of whichever source."""
    found = kept.list_property(session, target.expert_id, target.property)
    return next(
        list(item.statements)
        for item in group_statements(found)
        if any(row.id == target.id for row in item.statements)
    )


def named(shown: Shown) -> list[str]:
    """The codes of the bodies, as they are stored."""
    return sorted(set(shown.named_bodies))


def _is_shown(row: Statement, shown: Shown) -> bool:
    return row.visibility == shown.visibility and row.named_bodies == named(shown)


def _resay(
    session: Session, act: Act, rows: Sequence[Statement], columns: Mapping[str, Any]
) -> dict[UUID, UUID]:
    copies = [copy_of(row, act, **columns) for row in rows]
    made = {row.id: copy["id"] for row, copy in zip(rows, copies, strict=True)}
    write(session, act, copies, made)
    return made


def _remember(
    session: Session,
    act: Act,
    property_name: str,
    keys: Sequence[str],
    decided: Mapping[str, Any],
) -> None:
    """Supersede what was decided under these keys; its other half stays."""
    choices = repository.list_choices(session, [act.expert_id]).get(act.expert_id, {})
    rows = []
    for key in dict.fromkeys(keys):
        before = choices.get((property_name, key))
        row = {
            "judgement": before.judgement if before is not None else None,
            "visibility": before.visibility if before is not None else None,
            "named_bodies": before.named_bodies if before is not None else [],
            **decided,
        }
        if row["judgement"] is None and row["visibility"] is None:
            continue
        rows.append(
            {
                **row,
                "id": new_id(),
                "expert_id": act.expert_id,
                "property": property_name,
                "item_key": key,
                "chosen_by": act.actor.id,
                "chosen_at": act.now,
                "change_id": act.change_id,
            }
        )
    over = [c.id for key in dict.fromkeys(keys) if (c := choices.get((property_name, key)))]
    repository.close_choices(session, over, act.now, act.change_id)
    repository.add_rows(session, ItemChoice, rows)


def _ids(made: Mapping[UUID, UUID]) -> list[str]:
    return [str(statement_id) for statement_id in made.values()]
