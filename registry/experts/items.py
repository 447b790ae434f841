"""Items of a profile: what several sources say of one thing, the preferred first; and counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from registry.experts.grouping import GroupItem, group_items
from registry.experts.models import Statement
from registry.experts.parties import SOURCES
from registry.experts.repository import as_rule_input
from registry.experts.rules import precedence
from registry.experts.values import external_ids_of

# Said beside what a source says, about the same item.
_BESIDE: Final = frozenset(SOURCES.values())


@dataclass(frozen=True)
class Item:
    """One thing that is said of a person, by one source or several.

    Args:
        statements: The preferred one first; never empty.
    """

    statements: tuple[Statement, ...]

    @property
    def preferred(self) -> Statement:
        return self.statements[0]

    @property
    def others(self) -> tuple[Statement, ...]:
        return self.statements[1:]

    @property
    def is_rejected(self) -> bool:
        """Whether the person says that it is not his: nothing else is said of it."""
        return self.preferred.judgement == "rejected"


@dataclass(frozen=True)
class Counts:
    """How far the items that somebody sees are verified.

    Args:
        items: All but the rejected; each is counted once as claimed, checked or confirmed, by the
            best that is said of it.
        accepted: Those that the person stated or accepted himself.
    """

    items: int
    claimed: int
    checked: int
    confirmed: int
    accepted: int


def group_statements(statements: Sequence[Statement]) -> list[Item]:
    """Statements as items, in the order of their first statements; none is lost.

    What the person says is not his comes after everything else that is said of the item.
    """
    by_id = {s.id: s for s in statements}
    return [
        Item(tuple(by_id[member.key] for member in group.members))
        for group in group_items([_as_group_item(s) for s in statements])
    ]


def _as_group_item(statement: Statement) -> GroupItem:
    external_ids = external_ids_of(statement.property, statement.value)
    if statement.external_id is not None:
        external_ids |= {statement.external_id}
    rejected = int(statement.judgement == "rejected")
    return GroupItem(
        key=statement.id,
        property=statement.property,
        external_ids=external_ids,
        item_key=statement.item_key,
        precedence=(rejected, *precedence(as_rule_input(statement))),
        keeps_to_item=statement.source in _BESIDE,
    )


def count_items(items: Sequence[Item]) -> Counts:
    """How many items there are, and how far each is verified."""
    kept = [item for item in items if not item.is_rejected]
    best = [_best(item) for item in kept]
    return Counts(
        items=len(kept),
        claimed=best.count("claimed"),
        checked=best.count("checked"),
        confirmed=best.count("confirmed"),
        accepted=sum(any(_is_accepted(s) for s in item.statements) for item in kept),
    )


def _best(item: Item) -> str:
    said = {s.verification for s in item.statements if s.judgement != "rejected"}
    return next(level for level in ("checked", "confirmed", "claimed") if level in said)


def _is_accepted(statement: Statement) -> bool:
    return statement.source == SOURCES["expert"] or statement.judgement == "accepted"
