"""Items of a profile that several sources tell of, as one group each. Pure."""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class GroupItem:
    """What grouping looks at of a statement.

    Args:
        key: Id of the statement.
        external_ids: DOI, patent number and the like, each with its scheme: "doi:10.…".
        item_key: What makes two statements without external ids the same item.
        precedence: Sort key, best first, as `rules.precedence` gives it.
        keeps_to_item: It was said beside another statement, about the same item: it stays with
            it, whatever ids it brings or corrects.
    """

    key: UUID
    property: str
    external_ids: frozenset[str]
    item_key: str
    precedence: tuple[float, ...]
    keeps_to_item: bool = False


@dataclass(frozen=True)
class ItemGroup:
    """One item as all its sources tell it.

    Args:
        members: Best first, never empty.
    """

    members: tuple[GroupItem, ...]

    @property
    def preferred(self) -> GroupItem:
        """The one to show; equals go to the smaller key."""
        return self.members[0]


def group_items(items: Sequence[GroupItem]) -> list[ItemGroup]:
    """Put items of one property together that share an external id; no item is lost.

    Sharing carries on: a work with a DOI and an OpenAlex id joins one that has only the DOI with
    one that has only the OpenAlex id. An item without external ids joins only others without that
    have the same item key: two works may bear one title and be two works, as their ids then say.

    Returns:
        Groups in the order of their first members in `items`; which groups there are does not
        depend on that order.
    """
    parents = list(range(len(items)))

    def root(index: int) -> int:
        while parents[index] != index:
            # Halving the path keeps later walks short.
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    first_with: dict[Hashable, int] = {}
    for index, item in enumerate(items):
        for mark in _marks(item):
            parents[root(index)] = root(first_with.setdefault(mark, index))

    groups: defaultdict[int, list[GroupItem]] = defaultdict(list)
    for index, item in enumerate(items):
        groups[root(index)].append(item)
    return [
        ItemGroup(tuple(sorted(members, key=lambda item: (item.precedence, item.key))))
        for members in groups.values()
    ]


def _marks(item: GroupItem) -> list[tuple[str, str, str]]:
    """What an item shares with the others of its group."""
    marks = [(item.property, "external_id", each) for each in item.external_ids]
    if item.keeps_to_item:
        # The item that it is about goes by an external id, or by its words.
        marks += [(item.property, "external_id", item.item_key)]
    if item.keeps_to_item or not item.external_ids:
        marks += [(item.property, "item_key", item.item_key)]
    return marks
