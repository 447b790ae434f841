"""What changed between two values of a statement, as rows that people can read. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_Path = tuple[str, ...]


@dataclass(frozen=True)
class FieldChange:
    """One field that differs.

    Args:
        path: Keys from the outside in, joined by dots: "title.vi".
        before, after: As people read it; None where the field is not stated. They always differ.
    """

    path: str
    before: str | None
    after: str | None


def diff_values(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> list[FieldChange]:
    """The fields in which two values differ, by path; none when they are equal.

    A field that holds null is not stated, as when its key is missing. A list is one field:
    element for element it is the same or it is not, and the whole of it is shown.

    Args:
        old, new: JSON as `statement.value` holds it; None where there was or is no statement.
    """
    before, after = dict(_fields(old or {})), dict(_fields(new or {}))
    return [
        _change(path, before.get(path), after.get(path))
        for path in sorted(before.keys() | after.keys())
        if _exact(before.get(path)) != _exact(after.get(path))
    ]


def _fields(value: Mapping[str, Any], above: _Path = ()) -> Iterator[tuple[_Path, Any]]:
    for key, inner in value.items():
        path = (*above, key)
        # An empty object has no fields of its own, yet its presence may be the change.
        if isinstance(inner, Mapping) and inner:
            yield from _fields(inner, path)
        elif inner is not None:
            yield path, inner


def _change(path: _Path, old: Any, new: Any) -> FieldChange:
    before, after = _readable(old), _readable(new)
    if before == after:
        # The text "1" and the number 1 read alike; only the exact form tells them apart.
        before, after = _exact(old), _exact(new)
    return FieldChange(".".join(path), before, after)


def _readable(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return "; ".join(value)
    return _exact(value)


def _exact(value: Any) -> str | None:
    # Not `==`: to Python, true and 1 are equal.
    return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)
