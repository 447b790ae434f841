"""JSON of changes: what happened to a profile, what a change did, and taking it back."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from registry.experts import changes
from registry.experts.changes import ChangeLine, ItemDiff, Page
from registry.experts.reverting import revert_change
from registry.web.bodies import REQUIRE_JSON, StrictBody
from registry.web.deps import ActorDep, NowDep, SessionDep
from registry.web.gate import needs

router = APIRouter(tags=["changes"])

Kind = Literal["import", "edit", "judge", "show", "verify", "revert", "merge"]
Limit = Annotated[int, Query(ge=1, le=200)]


class ChangePublic(BaseModel):
    """A change as far as the reader sees it.

    `who` is 'expert', 'delegate', 'steward' or 'source', and never an account; `delegate` is the
    name of the one whom the person chose. `written`, `closed` and `people` are null for a batch in
    a list.
    """

    id: UUID
    kind: str
    who: str
    delegate: str | None
    source: str | None
    expert_id: UUID | None
    name: str | None
    created_at: datetime
    written: int | None
    closed: int | None
    people: int | None
    properties: list[str]
    reason: str | None
    holds: bool
    reverted_by: UUID | None


class ChangesPublic(BaseModel):
    """A page of changes, newest first; `next` is the `before` of the next one."""

    changes: list[ChangePublic]
    next: UUID | None


class FieldPublic(BaseModel):
    """A field that differs; null: not stated."""

    path: str
    before: str | None
    after: str | None


class ItemPublic(BaseModel):
    """One item before the change and after it.

    `statement_id` names it when single items are taken back; `is_open`: nothing happened to it
    since, so that it can be.
    """

    statement_id: UUID
    expert_id: UUID
    property: str
    source: str
    before_id: UUID | None
    after_id: UUID | None
    fields: list[FieldPublic]
    is_open: bool


class ChangeDetailPublic(ChangePublic):
    """A change with its items, person by person; `next` is the `after` of the next page."""

    items: list[ItemPublic]
    next: UUID | None


class Reversion(StrictBody):
    """What is to be taken back; without `items` everything.

    `leave_changed` leaves alone what was changed again later, instead of refusing everything.
    """

    items: Annotated[list[UUID], Field(min_length=1, max_length=10_000)] | None = None
    leave_changed: bool = False
    reason: Annotated[str | None, Field(max_length=2000)] = None


class RevertedPublic(BaseModel):
    """What was done; `change_id` is of the revert, which can be taken back itself.

    Of `emptied` people nothing is stated now: they are in no list, and their profiles stay as
    they are (a lead stays a lead).
    """

    change_id: UUID
    people: int
    closed: int
    restored: int
    emptied: int
    left: int


@router.get(
    "/experts/{expert_id}/history",
    dependencies=[needs("profile:own", "profile:delegated", "change:read")],
)
def list_history(
    session: SessionDep,
    actor: ActorDep,
    expert_id: UUID,
    before: UUID | None = None,
    limit: Limit = 50,
) -> ChangesPublic:
    """What was changed in a profile, for the person, his delegates and stewards."""
    return _page(changes.list_history(session, actor, expert_id, before=before, limit=limit))


@router.get("/changes", dependencies=[needs("change:read")])
def list_changes(
    session: SessionDep,
    actor: ActorDep,
    kind: Kind | None = None,
    before: UUID | None = None,
    limit: Limit = 50,
) -> ChangesPublic:
    """All changes, newest first."""
    return _page(changes.list_changes(session, actor, kind=kind, before=before, limit=limit))


@router.get(
    "/changes/{change_id}",
    dependencies=[needs("profile:own", "profile:delegated", "change:read")],
)
def get_change(
    session: SessionDep,
    actor: ActorDep,
    change_id: UUID,
    after: UUID | None = None,
    people: Annotated[int, Query(ge=1, le=100)] = 20,
) -> ChangeDetailPublic:
    """One change, item by item, before and after."""
    found = changes.get_change(session, actor, change_id, after=after, people=people)
    line = _line(found.line)
    return ChangeDetailPublic(
        **line.model_dump(), items=[_item(item) for item in found.items], next=found.next_person
    )


@router.post(
    "/changes/{change_id}/reversion",
    dependencies=[needs("statement:edit_own", "change:revert"), REQUIRE_JSON],
)
def post_reversion(
    session: SessionDep, actor: ActorDep, now: NowDep, change_id: UUID, body: Reversion
) -> RevertedPublic:
    """Take a change back, whole or item by item."""
    done = revert_change(
        session,
        actor,
        change_id,
        now=now,
        items=body.items,
        leave_changed=body.leave_changed,
        reason=body.reason,
    )
    return RevertedPublic(**vars(done))


def _page(page: Page) -> ChangesPublic:
    return ChangesPublic(changes=[_line(line) for line in page.lines], next=page.next_before)


def _line(line: ChangeLine) -> ChangePublic:
    change = line.change
    return ChangePublic(
        id=change.id,
        kind=change.kind,
        who=line.who,
        delegate=line.delegate,
        source=change.label if line.who == "source" else None,
        expert_id=change.expert_id,
        name=line.name,
        created_at=change.created_at,
        written=line.written,
        closed=line.closed,
        people=line.people,
        properties=list(line.properties),
        reason=line.reason,
        holds=line.holds,
        reverted_by=change.reverted_by,
    )


def _item(item: ItemDiff) -> ItemPublic:
    row = item.statement
    return ItemPublic(
        statement_id=row.id,
        expert_id=row.expert_id,
        property=row.property,
        source=row.source,
        before_id=item.before.id if item.before is not None else None,
        after_id=item.after.id if item.after is not None else None,
        fields=[FieldPublic(path=f.path, before=f.before, after=f.after) for f in item.fields],
        is_open=item.is_open,
    )
