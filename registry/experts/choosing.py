"""By which keys a decision about an item is remembered, and found again. Pure.

A source may tell of an item under another id than the one it was judged by, and a property that
holds one value (a birth year) has no id at all: there, what is judged is the value.
"""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar


class Decision(Protocol):
    """What is looked at of a remembered decision."""

    judgement: str | None
    visibility: str | None
    named_bodies: list[str]
    chosen_at: datetime


class Keyed(Protocol):
    """What is looked at of a stored statement."""

    property: str
    item_key: str
    value_hash: str


_D = TypeVar("_D", bound=Decision)


def hash_of(content: Any) -> str:
    """What tells whether the same is said again."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def visibility_keys(item_key: str, external_ids: Iterable[str]) -> list[str]:
    """Keys under which it is remembered who sees an item; of one value, the property itself."""
    return list(dict.fromkeys((item_key, *sorted(external_ids))))


def judgement_keys(
    item_key: str, external_ids: Iterable[str], value: Mapping[str, Any]
) -> list[str]:
    """Keys under which it is remembered whether an item is the person's.

    Another birth year than the one that was rejected is not rejected with it.
    """
    if not item_key:
        return [f"value:{hash_of(value)}"]
    return visibility_keys(item_key, external_ids)


def find_judgement(
    decisions: Mapping[tuple[str, str], _D], property_name: str, keys: Iterable[str]
) -> _D | None:
    """The newest judgement under any of these keys."""
    return _newest(d for d in _under(decisions, property_name, keys) if d.judgement is not None)


def find_visibility(
    decisions: Mapping[tuple[str, str], _D], property_name: str, keys: Iterable[str]
) -> _D | None:
    """The newest choice of who sees it under any of these keys."""
    return _newest(d for d in _under(decisions, property_name, keys) if d.visibility is not None)


def narrowest(levels: Iterable[str]) -> str:
    """The visibility that lets the fewest see an item; of one level at least."""
    return max(levels, key=_WIDEST_FIRST.index)


_WIDEST_FIRST = ("public", "bodies", "named_bodies", "council", "stewards", "self")


def _under(
    decisions: Mapping[tuple[str, str], _D], property_name: str, keys: Iterable[str]
) -> list[_D]:
    return [d for key in keys if (d := decisions.get((property_name, key))) is not None]


def _newest(decisions: Iterable[_D]) -> _D | None:
    return max(decisions, key=lambda d: d.chosen_at, default=None)


def decided(
    decisions: Mapping[tuple[str, str], _D],
    property_name: str,
    item_key: str,
    external_ids: Iterable[str],
    value: Mapping[str, Any],
) -> dict[str, Any]:
    """Columns of a statement that what was decided about its item sets; none without a decision.

    Whichever source says it now, a decision about the item holds.
    """
    if not decisions:
        return {}
    columns: dict[str, Any] = {}
    ids = list(external_ids)
    shown = find_visibility(decisions, property_name, visibility_keys(item_key, ids))
    if shown is not None:
        columns |= {"visibility": shown.visibility, "named_bodies": shown.named_bodies}
    judged = find_judgement(decisions, property_name, judgement_keys(item_key, ids, value))
    if judged is not None:
        columns |= {"judgement": judged.judgement, "judged_at": judged.chosen_at}
    return columns


def apart(item_key: str, started_on: str | None, value_hash: str) -> str:
    """A key for a second item of one key: another period at the same institute."""
    return f"{item_key} {started_on or ''} {value_hash[:8]}"


def is_of(base_key: str, item_key: str) -> bool:
    """Whether a stored key is the base key, or one that `apart` made of it."""
    if item_key == base_key:
        return True
    return bool(re.fullmatch(re.escape(base_key) + r" [\d-]* [0-9a-f]{8}", item_key))


def keep_apart(rows: Iterable[dict[str, Any]], old: Iterable[Keyed]) -> list[dict[str, Any]]:
    """Keep items of one key apart: two periods at one institute are two statements.

    What is said as before keeps the key that it has, so that a decision about one period does
    not pass to another when the source lists them in another order.

    Args:
        rows: What a source says now, as it is to be stored; they get their keys here.
        old: What it said so far.
    """
    groups: defaultdict[tuple[str, str], dict[str, dict[str, Any]]] = defaultdict(dict)
    for row in rows:
        groups[row["property"], row["item_key"]].setdefault(row["value_hash"], row)
    had = {(s.property, s.value_hash): s.item_key for s in old}
    kept: list[dict[str, Any]] = []
    for (property_name, base), group in groups.items():
        keys = {
            value_hash: key
            for value_hash in group
            if (key := had.get((property_name, value_hash))) is not None and is_of(base, key)
        }
        free = base not in keys.values()
        for value_hash, row in group.items():
            if value_hash in keys:
                row["item_key"] = keys[value_hash]
            elif free:
                free = False
            else:
                row["item_key"] = apart(base, row["started_on"], value_hash)
            kept.append(row)
    return kept
