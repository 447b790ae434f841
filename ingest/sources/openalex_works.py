"""OpenAlex works: the checked form of a record, its plain text, and the statement it makes.

Described by the service's OpenAPI document (August 2026) and, for older files, by its replies of
2023 to 2025. Unknown fields are kept apart and reported.
"""

import gzip
import html
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from registry.experts.schemas import LocalText, StatementDraft, WorkValue
from registry.ids import parse_doi
from registry.text import clean, language_of

__all__ = [
    "Many",
    "Notes",
    "Record",
    "Topic",
    "Work",
    "bare_id",
    "fitted",
    "known_topics",
    "plain_text",
    "work_statement",
]

_ID: Final = re.compile(r"(?:https?://(?:api\.)?openalex\.org/(?:[a-z]+/)?)?([A-Z]\d+)", re.IGNORECASE)
_TYPES: Final = frozenset(
    "article book book-chapter book-section book-review conference-abstract conference-paper "
    "conference-review data-paper database dataset dissertation editorial erratum grant letter "
    "libguides other paratext peer-review preprint proceedings proceedings-article "
    "reference-entry report report-component retraction review software software-paper standard "
    "supplementary-materials".split(" ")
)
_TAG: Final = re.compile(
    r"</?([a-z][\w:.-]*)(?:\s+[\w:.-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s<>]+))*\s*/?>", re.IGNORECASE
)
_INLINE: Final = frozenset({"i", "b", "u", "em", "strong", "sub", "sup", "sc", "scp", "italic", "bold"})


class Notes:
    """What a reading leaves out, counted, so that a person can look at it."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._fields: dict[str, Counter[str]] = {}

    def count(self, message: str, times: int = 1) -> None:
        """Note one thing; the same message again is counted."""
        self._counts[message] += times

    def field(self, group: str, name: str) -> None:
        """Note one name under a group, such as an unknown field."""
        self._fields.setdefault(group, Counter())[name] += 1

    def lines(self) -> list[str]:
        """One line per message and per group, in a fixed order."""
        named = [
            f"{group}: " + ", ".join(f"{name} ({n})" for name, n in sorted(names.items()))
            for group, names in sorted(self._fields.items())
        ]
        return named + [f"{message}: {n}" for message, n in sorted(self._counts.items())]


def _as_list(value: Any) -> Any:
    return [] if value is None else value


type_any = Any


class Record(BaseModel):
    """Part of a record: types are strict, and fields that nobody named are kept apart."""

    model_config = ConfigDict(strict=True, extra="allow")
