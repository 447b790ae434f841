"""What the page of a change shows: its items in words, and what somebody wants to take back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access.policy import Actor
from registry.experts import changes
from registry.experts.changes import ItemDiff
from registry.experts.doors import Door
from registry.experts.pages import StatementView, Wordings
from registry.experts.told import ToldField, tell, when
from registry.web.language import Language
from registry.web.pages import link


@dataclass(frozen=True)
class ItemLine:
    """An item of a change in words."""

    item: ItemDiff
    view: StatementView
    fields: list[ToldField]


@dataclass(frozen=True)
class Asked:
    """What somebody wants to take back.

    Args:
        what: 'whole' or 'chosen'; "": nothing was asked.
        problem: Why it was refused, in the language of the page.
        conflicts: Items that were changed again later.
    """

    what: str = ""
    items: Sequence[UUID] = ()
    leaves_changed: bool = False
    reason: str = ""
    problem: str = ""
    conflicts: Sequence[Any] = ()


def change_context(
    session: Session,
    actor: Actor,
    language: Language,
    change_id: UUID,
    door: Door | None,
    after: UUID | None = None,
    asked: Asked | None = None,
) -> dict[str, Any]:
    """What the page of a change shows."""
    of = door.expert_id if door is not None else None
    detail = changes.get_change(session, actor, change_id, expert_id=of, after=after)
    wordings = Wordings(session, language)
    people: dict[UUID, list[ItemLine]] = {}
    for item in detail.items:
        row = item.statement
        fields = [tell(wordings, row.property, field) for field in item.fields]
        people.setdefault(row.expert_id, []).append(ItemLine(item, wordings.describe(row), fields))
    if door is not None:
        here = door.link_history(language, f"/{change_id}")
        back, older = door.link_history(language), ""
    else:
        here = link(f"/desk/changes/{change_id}", language, after=after)
        back = link("/desk/changes", language)
        older = link(f"/desk/changes/{change_id}", language, after=detail.next_person)
    return {
        "shell": door.shell if door is not None else "desk_base.html",
        "here": here,
        "back": back,
        "more": older if detail.next_person else "",
        "detail": detail,
        "when": when(language),
        "line": detail.line,
        "people": people,
        "names": detail.names,
        "asked": asked or Asked(),
        "done": None,
        "to_change": lambda other: (
            door.link_history(language, f"/{other}")
            if door is not None
            else link(f"/desk/changes/{other}", language)
        ),
        "may_revert": detail.line.holds and _may_revert(detail),
        "needs_reason": detail.party == "steward" and detail.line.who in {"expert", "delegate"},
    }


def _may_revert(detail: changes.ChangeDetail) -> bool:
    """Whether the page offers it; the service decides."""
    if detail.party == "expert":
        return detail.line.change.kind not in {"import", "merge", "verify"}
    return detail.party == "steward"
