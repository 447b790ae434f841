"""Versions of profiles and statements: nobody overwrites what he has not seen.

A statement's version is its id, since a newer row supersedes it. A profile's version tells what
one viewer sees of it and nothing else: it moves with no hidden change.
"""

import base64
import hashlib
from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Text, and_, cast, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access.policy import Actor, selector_for
from registry.errors import ChangedMeanwhileError, NotFoundError
from registry.experts import editing_words as words
from registry.experts import kept
from registry.experts.comparing import compare, who_did
from registry.experts.diff import FieldChange
from registry.experts.models import Change, Expert, Statement
from registry.experts.visibility import said_to
from registry.experts.writing import Act

# What has changed is told in so many steps at most.
_MOST: Final = 20
_WHO: Final = {
    "expert": "the expert",
    "delegate": "a delegate of the expert",
    "steward": "a data steward",
    "source": "an import",
}


def profile_version(session: Session, actor: Actor, expert: Expert) -> str:
    """The version of a profile as this actor sees it."""
    seen = said_to(selector_for(actor))
    latest = func.greatest(
        cast(col(Statement.change_id), Text), cast(col(Statement.closed_by), Text)
    )
    of_him = and_(col(Statement.expert_id) == expert.id, seen)
    newest = session.scalar(select(func.max(latest)).where(of_him))
    current = session.scalars(
        select(col(Statement.id)).where(of_him, col(Statement.superseded_at).is_(None))
    )
    content = [expert.life, *sorted(str(statement_id) for statement_id in current)]
    digest = hashlib.sha256("\n".join(content).encode()).digest()[:12]
    return f"{newest or '-'}.{base64.urlsafe_b64encode(digest).decode()}"


def check_profile(session: Session, act: Act, seen: Collection[str]) -> None:
    """Refuse an act on a version of the profile that is no longer the current one.

    Args:
        seen: The versions that the act may be based on: those that its author names.

    Raises:
        ChangedMeanwhileError: Tells what has changed since, as far as he may see it.
    """
    expert = session.get_one(Expert, act.expert_id)
    if profile_version(session, act.actor, expert) in seen:
        return
    # As its keepers see it: of what was hidden since, not what it was before.
    visible = kept.within(act.near)
    changes: list[dict[str, Any]] = []
    for version in seen:
        since = _change_of(version)
        if since is not None or version.startswith("-."):
            rows = kept.list_touched_since(session, act.expert_id, since, visible, 10 * _MOST)
            changes += _steps(session, act, _pairs(rows, since))
    raise ChangedMeanwhileError(words.STALE_PROFILE, changes[:_MOST])


def _change_of(version: str) -> UUID | None:
    try:
        return UUID(version.partition(".")[0])
    except ValueError:
        return None


def _pairs(
    rows: Sequence[Statement], since: UUID | None
) -> list[tuple[Statement | None, Statement | None]]:
    """Each statement that was written with the one that it supersedes, and those only closed."""
    before = {row.superseded_by: row for row in rows if row.superseded_by is not None}
    pairs: list[tuple[Statement | None, Statement | None]] = [
        (before.get(row.id), row) for row in rows if since is None or _is_later(row, since)
    ]
    written = {row.id for _, row in pairs if row is not None}
    pairs += [
        (row, None)
        for row in rows
        if row.superseded_at is not None and row.superseded_by not in written
    ]
    return pairs


def _is_later(row: Statement, since: UUID) -> bool:
    return row.change_id is not None and row.change_id > since


def current_item(
    session: Session, act: Act, statement_id: UUID, seen: Collection[str]
) -> Statement:
    """The statement that somebody acts on, if it is still what he has seen.

    Raises:
        NotFoundError: This profile has no such statement, or the actor does not see it: the
            answer is the same.
        ChangedMeanwhileError: It was superseded or closed meanwhile, or another version was seen.
    """
    row = kept.find_statement(session, act.expert_id, statement_id, act.near)
    if row is None:
        raise NotFoundError(f"no statement with the id {statement_id}")
    if row.superseded_at is None and str(row.id) in seen:
        return row
    stale = row
    if row.superseded_at is None:
        others = [_find(session, act, version) for version in seen]
        stale = next((other for other in others if other is not None), row)
    raise ChangedMeanwhileError(words.STALE_ITEM, _steps(session, act, _chain(session, act, stale)))


def _find(session: Session, act: Act, version: str) -> Statement | None:
    try:
        return kept.find_statement(session, act.expert_id, UUID(version), act.near)
    except ValueError:
        return None


def _chain(
    session: Session, act: Act, row: Statement
) -> list[tuple[Statement | None, Statement | None]]:
    """What has become of a statement, step by step, as far as the actor sees it."""
    steps: list[tuple[Statement | None, Statement | None]] = []
    while row.superseded_at is not None and len(steps) < _MOST:
        after = (
            kept.find_statement(session, act.expert_id, row.superseded_by, act.near)
            if row.superseded_by is not None
            else None
        )
        steps.append((row, after))
        if after is None:
            break
        row = after
    return steps


def _steps(
    session: Session,
    act: Act,
    pairs: Sequence[tuple[Statement | None, Statement | None]],
) -> list[dict[str, Any]]:
    ids = {_change_between(before, after) for before, after in pairs}
    changes = kept.list_changes_of(session, [each for each in ids if each is not None])
    told: list[dict[str, Any]] = []
    for before, after in pairs:
        change_id = _change_between(before, after)
        change = changes.get(change_id) if change_id is not None else None
        if after is None:
            told.append(describe(before, after, None, change))
            continue
        for field in compare(session, act.expert_id, before, after, act.party):
            told.append(describe(before, after, field, change))
    return told


def _change_between(before: Statement | None, after: Statement | None) -> UUID | None:
    return after.change_id if after is not None else before.closed_by if before else None


def describe(
    before: Statement | None,
    after: Statement | None,
    field: FieldChange | None,
    change: Change | None,
) -> dict[str, Any]:
    """One change for whoever is told of it: who, which property, before and after.

    Args:
        field: None: the statement is not shown or said any more.
    """
    row = after or before
    assert row is not None
    who = who_did(change)
    if field is None:
        message = f"{_WHO.get(who, who)} closed this statement, or it is no longer shown to you"
    else:
        message = (
            f"{_WHO.get(who, who)} changed {field.path} from {_quoted(field.before)} "
            f"to {_quoted(field.after)}"
        )
    return {
        "location": [row.property],
        "message": message,
        "by": who,
        "at": change.created_at.isoformat() if change is not None else None,
        "property": row.property,
        "statement": str(after.id) if after is not None else None,
        "path": field.path if field is not None else None,
        "before": field.before if field is not None else None,
        "after": field.after if field is not None else None,
    }


def _quoted(text: str | None) -> str:
    return "nothing" if text is None else f"“{text[:200]}”"
