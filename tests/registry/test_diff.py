"""What changed between two values of a statement."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from registry.experts.diff import FieldChange, diff_values
from registry.experts.values import AffiliationValue, LocalText

_leaves = (
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.floats(allow_nan=False)
    | st.text(max_size=3)
)
_json = st.recursive(
    _leaves,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=8,
)
values = st.none() | st.dictionaries(st.sampled_from("abc"), _json, max_size=3)


def test_a_changed_field_is_told_with_before_and_after_and_an_equal_one_is_not() -> None:
    old = {"organisation": "Đại học A", "country_code": "FR"}
    new = {"organisation": "Đại học A", "country_code": "VN"}

    assert diff_values(old, new) == [FieldChange("country_code", "FR", "VN")]


def test_values_as_they_are_stored_differ_where_a_person_changed_them() -> None:
    old = AffiliationValue(organisation="Viện A", role=LocalText(vi="nghiên cứu viên"))
    new = AffiliationValue(
        organisation="Viện A", role=LocalText(vi="trưởng phòng", en="head"), is_main=True
    )

    assert diff_values(old.model_dump(mode="json"), new.model_dump(mode="json")) == [
        FieldChange("is_main", "false", "true"),
        FieldChange("role.en", None, "head"),
        FieldChange("role.vi", "nghiên cứu viên", "trưởng phòng"),
    ]


def test_a_new_value_and_one_taken_away_are_told_field_by_field() -> None:
    value = {"title": {"vi": "Giải", "en": "Prize"}, "year": 2020}

    assert diff_values(None, value) == [
        FieldChange("title.en", None, "Prize"),
        FieldChange("title.vi", None, "Giải"),
        FieldChange("year", None, "2020"),
    ]
    assert diff_values(value, None)[0] == FieldChange("title.en", "Prize", None)
    assert diff_values(None, None) == []


def test_a_list_is_one_field_and_its_order_counts() -> None:
    old = {"authors": ["Trần An", "Lê Bình"]}

    assert diff_values(old, {"authors": ["Lê Bình", "Trần An"]}) == [
        FieldChange("authors", "Trần An; Lê Bình", "Lê Bình; Trần An")
    ]
    assert diff_values(old, {"authors": ["Trần An", "Lê Bình"]}) == []


def test_an_empty_list_and_an_empty_text_are_told_from_a_missing_field() -> None:
    assert diff_values({"a": []}, {}) == [FieldChange("a", "[]", None)]
    assert diff_values({"a": ""}, {}) == [FieldChange("a", "", None)]
    assert diff_values({"a": {}}, {}) == [FieldChange("a", "{}", None)]


def test_null_is_the_same_as_a_missing_field() -> None:
    assert diff_values({"a": None, "b": {"c": None}}, {"b": {}}) == [FieldChange("b", None, "{}")]
    assert diff_values({"a": None}, {}) == []


def test_a_field_that_turns_into_an_object_is_told_as_gone_and_come() -> None:
    assert diff_values({"role": "head"}, {"role": {"en": "head"}}) == [
        FieldChange("role", "head", None),
        FieldChange("role.en", None, "head"),
    ]


def test_values_that_read_alike_and_differ_are_told_in_exact_form() -> None:
    assert diff_values({"a": 1}, {"a": "1"}) == [FieldChange("a", "1", '"1"')]
    assert diff_values({"a": True}, {"a": 1}) == [FieldChange("a", "true", "1")]
    assert diff_values({"a": ["x; y"]}, {"a": ["x", "y"]}) == [
        FieldChange("a", '["x; y"]', '["x", "y"]')
    ]


def test_the_order_of_keys_is_no_change_not_even_inside_a_list() -> None:
    assert diff_values({"a": [{"x": 1, "y": 2}], "b": 1}, {"b": 1, "a": [{"y": 2, "x": 1}]}) == []


@given(values)
def test_a_value_does_not_differ_from_itself(value: dict[str, Any] | None) -> None:
    assert diff_values(value, value) == []


@given(values, values)
def test_the_way_back_shows_the_same_fields_with_before_and_after_swapped(
    old: dict[str, Any] | None, new: dict[str, Any] | None
) -> None:
    back = [FieldChange(row.path, row.after, row.before) for row in diff_values(old, new)]

    assert diff_values(new, old) == back


@given(values, values)
def test_each_row_tells_of_a_change(old: dict[str, Any] | None, new: dict[str, Any] | None) -> None:
    assert all(row.before != row.after for row in diff_values(old, new))


@given(st.dictionaries(st.sampled_from("abc"), st.text(max_size=3)), st.sampled_from("abc"))
def test_one_changed_field_is_the_one_row(value: dict[str, str], key: str) -> None:
    changed = {**value, key: "a new text"}

    assert diff_values(value, changed) == [FieldChange(key, value.get(key), "a new text")]
