"""Changes: what was written and closed, by whom, before and after."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access.policy import Actor, Near, permissions_of, require, selector_for
from registry.access.repository import find_account
from registry.audit import service as audit
from registry.errors import NotFoundError
from registry.experts import change_store, kept, repository
from registry.experts.change_store import Scope
from registry.experts.comparing import compare, who_did
from registry.experts.diff import FieldChange
from registry.experts.models import Change, Statement
from registry.experts.parties import Party, party_for, sight_of, unknown_expert
from registry.experts.revert_store import list_changed_later
from registry.vault import service as vault


@dataclass(frozen=True)
class ChangeLine:
    """A change as far as somebody sees it.

    Args:
        who: 'expert', 'delegate', 'steward' or 'source'.
        delegate: Name of the delegate who did it.
        written, closed: Statements; None for a batch in a list, where counting takes too long.
        properties: Of these statements.
        reason: What its author gave; for the person and stewards.
        holds: Whether it is in effect: neither taken back, nor taken back and restored.
        name: The person's public name, when it is of one person and he has one.
    """

    change: Change
    who: str
    delegate: str | None
    written: int | None
    closed: int | None
    people: int | None
    properties: tuple[str, ...]
    reason: str | None
    holds: bool
    name: str | None


@dataclass(frozen=True)
class ItemDiff:
    """One item before a change and after it; None where there was or is no statement.

    Args:
        is_open: Nothing happened to the item since, so that it can be taken back.
    """

    before: Statement | None
    after: Statement | None
    fields: list[FieldChange]
    is_open: bool

    @property
    def statement(self) -> Statement:
        found = self.after or self.before
        assert found is not None
        return found


@dataclass(frozen=True)
class ChangeDetail:
    """A change with its items, person by person.

    Args:
        names: Public names of the people on this page.
        party: As what the reader looks at it.
        next_person: Whom the next page comes after; None on the last one.
    """

    line: ChangeLine
    items: list[ItemDiff]
    names: dict[UUID, str]
    party: Party
    next_person: UUID | None


@dataclass(frozen=True)
class Page:
    """Changes, newest first; `next_before` is where the next page begins."""

    lines: list[ChangeLine]
    next_before: UUID | None


def list_history(
    session: Session,
    actor: Actor,
    expert_id: UUID,
    *,
    before: UUID | None = None,
    limit: int = 50,
) -> Page:
    """What was changed in a profile, for those who keep it, as far as they see it.

    Raises:
        NotFoundError: No such profile, or none that the actor has a part in.
    """
    party, near = _keeper(session, actor, expert_id)
    seen = kept.within(near)
    found = change_store.list_changes(
        session, seen, expert_id=expert_id, before=before, limit=limit + 1
    )
    counts = change_store.count_rows(session, [c.id for c in found[:limit]], seen, expert_id)
    if party != "expert":
        audit.record(session, actor, "change:read", about=expert_id)
    return _page(session, found, limit, counts, party)


def list_changes(
    session: Session,
    actor: Actor,
    *,
    kind: str | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> Page:
    """All changes, for stewards; what is between a person and his delegate alone is left out."""
    require(actor, "change:read")
    seen = kept.within(Near(selector_for(actor).levels))
    found = change_store.list_changes(session, seen, kind=kind, before=before, limit=limit + 1)
    of_one = [change.id for change in found[:limit] if change.expert_id is not None]
    counts = change_store.count_rows(session, of_one, seen)
    audit.record(session, actor, "change:list")
    return _page(session, found, limit, counts, "steward")


def get_change(
    session: Session,
    actor: Actor,
    change_id: UUID,
    *,
    expert_id: UUID | None = None,
    after: UUID | None = None,
    people: int = 20,
) -> ChangeDetail:
    """One change, item by item.

    Args:
        expert_id: Only what it did to this profile; None: to all of them, for stewards, else to
            the profile that is the actor's own or that he keeps.
        after: Only people with a greater id: the next page.

    Raises:
        NotFoundError: No such change, or the actor sees nothing of it.
    """
    change = session.get(Change, change_id)
    if change is None:
        raise unknown_change(change_id)
    expert_id = expert_id or _profile_of(actor, change)
    if expert_id is None:
        if actor.delegations and "change:read" not in permissions_of(actor):
            raise unknown_change(change_id)
        require(actor, "change:read")
        party: Party = "steward"
        near = Near(selector_for(actor).levels)
    else:
        party, near = _keeper(session, actor, expert_id)
    seen = kept.within(near)
    rows, next_person = change_store.list_rows(
        session, change_id, seen, expert_id=expert_id, after=after, people=people
    )
    if not rows and (change.expert_id is not None or party != "steward"):
        raise unknown_change(change_id)
    counts = change_store.count_rows(session, [change_id], seen, expert_id)
    names = change_store.list_names(session, {row.expert_id for row in rows})
    line = _line(session, change, counts, party, names)
    if party == "steward":
        _note(session, actor, rows, change_id)
    return ChangeDetail(line, _pairs(session, change_id, rows, party), names, party, next_person)


def unknown_change(change_id: UUID) -> NotFoundError:
    """The answer for a change that there is not, and for one of which the actor sees nothing."""
    return NotFoundError(f"no change with the id {change_id}")


def _profile_of(actor: Actor, change: Change) -> UUID | None:
    if "change:read" in permissions_of(actor) and change.expert_id != actor.expert_id:
        return None
    if change.expert_id is not None and change.expert_id in actor.delegations:
        return change.expert_id
    return actor.expert_id


def _keeper(session: Session, actor: Actor, expert_id: UUID) -> tuple[Party, Near]:
    party = party_for(
        actor, expert_id, own="profile:own", office="change:read", kept="profile:delegated"
    )
    if kept.find_kept(session, expert_id) is None:
        raise unknown_expert(expert_id)
    return party, sight_of(actor, expert_id, party)


_Counts = dict[UUID, tuple[int, int, int, list[str]]]


def _page(
    session: Session, found: Sequence[Change], limit: int, counts: _Counts, party: Party
) -> Page:
    shown = found[:limit]
    people = {change.expert_id for change in shown if change.expert_id is not None}
    names = change_store.list_names(session, people)
    lines = [_line(session, change, counts, party, names) for change in shown]
    return Page(lines, shown[-1].id if len(found) > limit else None)


def _line(
    session: Session, change: Change, counts: _Counts, party: Party, names: dict[UUID, str]
) -> ChangeLine:
    written, closed, people, properties = counts.get(change.id, (None, None, None, []))
    reason = None
    if change.words is not None and change.expert_id is not None and party != "delegate":
        reason = vault.unseal(session, change.expert_id, change.words)
    return ChangeLine(
        change=change,
        who=who_did(change),
        delegate=_delegate(session, change),
        written=written,
        closed=closed,
        people=people,
        properties=tuple(properties),
        reason=reason,
        holds=not repository.taken_back(session, [change.id]),
        name=names.get(change.expert_id) if change.expert_id is not None else None,
    )


def _delegate(session: Session, change: Change) -> str | None:
    if who_did(change) != "delegate":
        return None
    account = find_account(session, UUID(change.actor))
    return account.display_name if account is not None else None


def _pairs(
    session: Session, change_id: UUID, rows: Sequence[Statement], party: Party
) -> list[ItemDiff]:
    later = {
        found.statement_id
        for found in list_changed_later(session, Scope(change_id, {row.id for row in rows}))
    }
    before_of = {row.superseded_by: row for row in rows if row.superseded_by is not None}
    pairs: list[tuple[Statement | None, Statement | None]] = []
    paired = set()
    for row in rows:
        if row.change_id == change_id:
            old = before_of.get(row.id)
            pairs.append((old, row))
            paired.add(old.id if old is not None else row.id)
    pairs += [(row, None) for row in rows if row.closed_by == change_id and row.id not in paired]
    found = []
    for old, new in pairs:
        told = new or old
        assert told is not None
        fields = compare(session, told.expert_id, old, new, party)
        is_open = not later & {each.id for each in (old, new) if each is not None}
        found.append(ItemDiff(old, new, fields, is_open))
    return sorted(found, key=lambda item: (item.statement.expert_id, item.statement.id))


def _note(session: Session, actor: Actor, rows: Sequence[Statement], change_id: UUID) -> None:
    """Reading what is not public is noted with the people whom it is of."""
    restricted: dict[UUID, list[str]] = {}
    for row in rows:
        if row.visibility != "public":
            restricted.setdefault(row.expert_id, []).append(str(row.id))
    for expert_id, ids in restricted.items():
        audit.record(
            session,
            actor,
            "change:read",
            about=expert_id,
            subject=f"change:{change_id}",
            details={"statements": ids},
        )
