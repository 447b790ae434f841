"""What of an ORCID record is public.

Each item says who may see it. A record from the public service holds public items alone, but a
file may come from elsewhere.
"""

import math
import re
from typing import Any, Final

from ingest.sources.records import Notes

__all__ = ["public_only"]

# PostgreSQL holds neither the character NUL nor half of a surrogate pair.
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_NAMED_ITEMS: Final = frozenset({"name", "biography"})
_GONE: Final = object()


def public_only(record: dict[str, Any], notes: Notes) -> dict[str, Any]:
    """A record without items that do not say they are public, and without e-mail addresses.

    Addresses to write to are stored encrypted here, and a raw record is no place for them.
    Characters and numbers that the database cannot hold go as well.

    Raises:
        RecursionError: It is nested without end.
    """
    kept: dict[str, Any] = _public("", record, notes)
    return kept


def _public(key: str, value: Any, notes: Notes) -> Any:
    if isinstance(value, str):
        return _UNSTORABLE.sub("", value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        items = [_public(key, item, notes) for item in value]
        return [item for item in items if item is not _GONE]
    if not isinstance(value, dict):
        return value
    is_item = "visibility" in value or "put-code" in value or key in _NAMED_ITEMS
    if is_item and value.get("visibility") != "public":
        notes.count("items that do not say that they are public, left out")
        return _GONE
    kept: dict[str, Any] = {}
    for name, part in value.items():
        if name == "emails":
            continue
        inner = _public(name, part, notes)
        kept[_UNSTORABLE.sub("", name)] = None if inner is _GONE else inner
    return kept
