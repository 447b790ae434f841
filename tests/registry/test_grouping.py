"""Items of several sources that are one, grouped by external ids."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from registry.experts.grouping import GroupItem, ItemGroup, group_items
from registry.experts.values import external_ids_of


def _item(number: int, *external_ids: str, **changes: object) -> GroupItem:
    values: dict[str, object] = {
        "key": UUID(int=number),
        "property": "work",
        "external_ids": frozenset(external_ids),
        "item_key": "a title",
        "precedence": (1, 0),
    }
    return GroupItem(**(values | changes))  # type: ignore[arg-type]


def _keys(groups: list[ItemGroup]) -> set[frozenset[int]]:
    return {frozenset(item.key.int for item in group.members) for group in groups}


# Few ids and titles, so that chains and ties are the rule.
_drawn = st.builds(
    lambda property_name, external_ids, item_key, precedence: {
        "property": property_name,
        "external_ids": external_ids,
        "item_key": item_key,
        "precedence": precedence,
    },
    st.sampled_from(["work", "patent"]),
    st.frozensets(st.sampled_from("abcdefgh"), max_size=3),
    st.sampled_from(["a", "title", "other"]),
    st.tuples(st.integers(0, 1), st.integers(0, 1)),
)
item_lists = st.lists(_drawn, max_size=20).map(
    lambda drawn: [_item(number, **changes) for number, changes in enumerate(drawn)]
)


def test_items_that_share_an_external_id_are_one_whatever_their_titles() -> None:
    ours = _item(1, "doi:10.1/a", item_key="tiêu đề")
    theirs = _item(2, "doi:10.1/a", item_key="title")
    another = _item(3, "doi:10.1/b", item_key="title")

    assert _keys(group_items([ours, theirs, another])) == {frozenset({1, 2}), frozenset({3})}


def test_an_item_with_two_ids_joins_those_that_have_only_one_of_them() -> None:
    with_doi = _item(1, "doi:10.1/a")
    with_openalex = _item(2, "openalex:W1")
    with_both = _item(3, "doi:10.1/a", "openalex:W1")

    assert len(group_items([with_doi, with_openalex])) == 2
    assert len(group_items([with_doi, with_openalex, with_both])) == 1


def test_an_external_id_joins_nothing_across_properties() -> None:
    groups = group_items([_item(1, "n:1"), _item(2, "n:1", property="patent")])

    assert len(groups) == 2


def test_without_external_ids_the_item_key_decides_within_a_property() -> None:
    one, same = _item(1, item_key="award"), _item(2, item_key="award")
    other_key = _item(3, item_key="prize")
    other_property = _item(4, item_key="award", property="award")

    groups = group_items([one, same, other_key, other_property])

    assert _keys(groups) == {frozenset({1, 2}), frozenset({3}), frozenset({4})}


def test_a_title_alone_never_joins_works_whose_ids_differ() -> None:
    paper, preprint, untold = _item(1, "doi:10.1/a"), _item(2, "doi:10.1/b"), _item(3)

    assert len(group_items([paper, preprint, untold])) == 3


def test_an_item_key_that_reads_like_an_external_id_is_none() -> None:
    assert len(group_items([_item(1, "a"), _item(2, item_key="a")])) == 2


def test_the_best_by_precedence_is_preferred_and_equals_go_to_the_smaller_key() -> None:
    late, early = _item(9, "x", precedence=(1, 0)), _item(4, "x", precedence=(1, 0))
    best = _item(10, "x", precedence=(0, 7))

    assert group_items([late, early])[0].preferred is early
    assert group_items([late, early, best])[0].preferred is best
    assert group_items([late, early, best])[0].members == (best, early, late)


def test_groups_come_in_the_order_of_their_first_members() -> None:
    items = [_item(5, "b"), _item(1, "a"), _item(2, "b", "c"), _item(0, "d"), _item(3, "c")]

    firsts = [group.preferred.key.int for group in group_items(items)]

    assert firsts == [2, 1, 0]


@given(item_lists)
def test_each_item_is_in_exactly_one_group(items: list[GroupItem]) -> None:
    grouped = [item for group in group_items(items) for item in group.members]

    assert sorted(grouped, key=lambda item: item.key) == items
    assert all(group.members for group in group_items(items))


@given(item_lists)
def test_a_group_is_what_a_chain_of_shared_ids_reaches(items: list[GroupItem]) -> None:
    def joined(one: GroupItem, other: GroupItem) -> bool:
        if one.property != other.property:
            return False
        if one.external_ids or other.external_ids:
            return bool(one.external_ids & other.external_ids)
        return one.item_key == other.item_key

    expected = set()
    for item in items:
        reached = {item}
        while more := {o for o in items for r in reached if joined(r, o)} - reached:
            reached |= more
        expected.add(frozenset(each.key.int for each in reached))

    assert _keys(group_items(items)) == expected


@given(item_lists, st.data())
def test_the_order_of_the_input_changes_no_group(
    items: list[GroupItem], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(items))

    assert set(group_items(shuffled)) == set(group_items(items))


@given(item_lists)
def test_grouping_what_was_grouped_changes_nothing(items: list[GroupItem]) -> None:
    once = group_items(items)

    again = group_items([item for group in once for item in group.members])

    assert again == once


def test_what_was_said_beside_a_statement_stays_with_it_whatever_ids_it_brings() -> None:
    with_doi = _item(1, "doi:10.1/a", item_key="doi:10.1/a")
    without = _item(2, item_key="a title")
    corrected = _item(3, "doi:10.1/right", item_key="doi:10.1/a", keeps_to_item=True)
    completed = _item(4, "doi:10.1/b", item_key="a title", keeps_to_item=True)
    stranger = _item(5, "doi:10.1/c", item_key="a title")

    groups = group_items([with_doi, without, corrected, completed, stranger])

    assert _keys(groups) == {frozenset({1, 3}), frozenset({2, 4}), frozenset({5})}


def test_a_work_is_known_by_its_doi_and_its_openalex_id() -> None:
    title = {"title": {"vi": "Vi mạch"}}

    assert external_ids_of("work", {**title, "doi": "https://doi.org/10.1000/A"}) == {
        "doi:10.1000/a"
    }
    assert external_ids_of("work", {**title, "doi": "10.1000/a", "openalex_id": "W1"}) == {
        "doi:10.1000/a",
        "openalex:W1",
    }
    assert external_ids_of("work", title) == frozenset()
    assert external_ids_of("patent", {**title, "number": "vn 1"}) == {"patent:VN1"}
    assert external_ids_of("birth_year", {"year": 1970}) == frozenset()
