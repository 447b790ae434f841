"""What became of former ids of OpenAlex authors, by the lists that come with its snapshot."""

import csv
import io
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from ingest.sources.files import refusal
from ingest.sources.openalex_parts import open_packed
from ingest.sources.openalex_works import bare_id
from registry.errors import Problem

__all__ = ["merged_ids"]

_PLACES: Final = ("merged_ids/authors", "legacy-data/merged_ids/authors")
# Of an id that was merged into one that was merged, and so on.
_MOST_STEPS: Final = 10


def merged_ids(authors: Path, wanted: frozenset[str]) -> dict[str, str]:
    """The present id of each wanted one that was merged into another.

    Only what is wanted is held in memory; the lists are read once for each step of a chain.

    Args:
        authors: The folder of authors; the lists lie beside it, or above.

    Raises:
        ImportRefusedError: A list is damaged or lacks its columns `id` and `merge_into_id`.
    """
    lists = [
        path
        for base in authors.resolve().parents[:3]
        for place in _PLACES
        for path in sorted((base / place).glob("*.csv*"))
    ]
    present: dict[str, str] = {}
    asked = wanted if lists else frozenset()
    for _ in range(_MOST_STEPS):
        into = {old: new for path in lists for old, new in _rows(path) if old in asked}
        if not into:
            break
        for key in wanted:
            here = present.get(key, key)
            if here in into:
                present[key] = into[here]
        asked = frozenset(into.values())
    return {old: new for old, new in present.items() if old != new}


def _rows(path: Path) -> Iterator[tuple[str, str]]:
    try:
        with ExitStack() as stack:
            text = io.TextIOWrapper(open_packed(path, stack), encoding="utf-8-sig", newline="")
            for row in csv.DictReader(text):
                old, new = (bare_id(row[name] or "", "A") for name in ("id", "merge_into_id"))
                if old and new:
                    yield old, new
    except (KeyError, csv.Error, EOFError, OSError, UnicodeDecodeError, zlib.error) as exc:
        found = f"a damaged list ({type(exc).__name__})"
        expected = "the columns id and merge_into_id, gzip or not"
        raise refusal(path.name, [Problem("the file", found, expected)]) from exc
