"""Versions of things without a history: what differs has a name."""

from datetime import UTC, datetime

import pytest

from registry.errors import ChangedMeanwhileError
from registry.field_versions import check_version, version_of

THING = {"title": "Mất máy", "people": None, "closed_at": None}
CLOSED = datetime(2026, 11, 2, 3, tzinfo=UTC)


def _changes(fields: dict[str, object], *seen: str) -> list[tuple[object, object]]:
    with pytest.raises(ChangedMeanwhileError, match="stale") as caught:
        check_version(fields, seen, "stale")
    return [(change["path"], change["after"]) for change in caught.value.changes]


def test_the_version_that_was_seen_passes_while_nothing_has_changed() -> None:
    version = version_of(THING)

    check_version(dict(THING), {"another", version}, "stale")

    assert version == version_of(dict(THING))
    assert version_of({**THING, "people": 0}) != version


def test_each_field_that_differs_is_named_with_what_it_is_now() -> None:
    changed = {**THING, "people": 12, "closed_at": CLOSED}

    told = _changes(changed, version_of(THING))

    assert told == [("people", "12"), ("closed_at", "2026-11-02T03:00:00+00:00")]


def test_what_was_emptied_is_told_as_nothing() -> None:
    assert _changes({**THING, "title": ""}, version_of(THING)) == [("title", None)]


def test_of_several_versions_the_nearest_one_tells_what_has_changed() -> None:
    older, newer = version_of(THING), version_of({**THING, "title": "Mất khóa"})

    assert _changes({**THING, "title": "Mất khóa", "people": 1}, older, newer) == [("people", "1")]


def test_a_version_of_something_else_tells_nothing() -> None:
    assert _changes(dict(THING), "abc") == []
    assert _changes(dict(THING)) == []


def test_the_same_value_in_another_field_is_another_version() -> None:
    assert version_of({"a": "x", "b": "y"}) != version_of({"a": "y", "b": "x"})


def test_a_long_value_is_cut_in_the_message_and_whole_in_the_change() -> None:
    with pytest.raises(ChangedMeanwhileError) as caught:
        check_version({"text": "x" * 900}, {version_of({"text": ""})}, "stale")

    (change,) = caught.value.changes
    assert len(str(change["message"])) < 300
    assert change["after"] == "x" * 900
