"""What the readers of records share: strict models, counted notes, and texts that fit."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from ingest.sources.files import shorten
from registry.errors import Problem
from registry.text import clean

__all__ = ["Many", "Notes", "Record", "fitted", "note_leftovers", "problems_of"]

T = TypeVar("T")
# Services write null for an empty list.
Many = Annotated[list[T], BeforeValidator(lambda value: [] if value is None else value)]

_EXPECTED: Final = {
    "missing": "a value",
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "string_pattern_mismatch": "a code of two letters",
    "string_too_short": "text",
}


class Record(BaseModel):
    """Part of a source's record: types are strict, fields without a place here are kept apart.

    `known` names the fields that are left out on purpose; any other one is reported as new.
    """

    model_config = ConfigDict(strict=True, extra="allow")
    known: ClassVar[frozenset[str]] = frozenset()


class Notes:
    """What a reading leaves out, counted, so that a person can look at it."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._names: dict[str, Counter[str]] = {}

    def count(self, message: str, times: int = 1) -> None:
        """Note one thing; the same message again is counted."""
        if times:
            self._counts[message] += times

    def name(self, group: str, name: str) -> None:
        """Note a name under a group, such as an unknown field or category."""
        self._names.setdefault(group, Counter())[name] += 1

    def dump(self) -> dict[str, dict[str, Any]]:
        """What was noted so far, as JSON, to go on from later."""
        names = {group: dict(names) for group, names in self._names.items()}
        return {"counts": dict(self._counts), "names": names}

    @classmethod
    def load(cls, dumped: Mapping[str, Mapping[str, Any]]) -> "Notes":
        """Notes as `dump` gave them."""
        notes = cls()
        notes._counts.update(dumped.get("counts", {}))
        for group, names in dumped.get("names", {}).items():
            notes._names[group] = Counter(names)
        return notes

    def lines(self) -> list[str]:
        """One line per group and per message, in a fixed order."""
        groups = [
            f"{group}: " + ", ".join(f"{name} ({times})" for name, times in sorted(names.items()))
            for group, names in sorted(self._names.items())
        ]
        return groups + [f"{message}: {times}" for message, times in sorted(self._counts.items())]


def note_leftovers(kind: str, value: object, notes: Notes, path: str = "") -> None:
    """Note the fields of a record that were not read, its parts included."""
    if isinstance(value, list):
        for item in value:
            note_leftovers(kind, item, notes, path)
    if not isinstance(value, Record):
        return
    for name in value.model_extra or {}:
        is_known = name in value.known
        group = "fields left out" if is_known else "fields that this importer does not know"
        notes.name(f"{kind} {group}", shorten(f"{path}{name}")[1:-1])
    for name in type(value).model_fields:
        note_leftovers(kind, getattr(value, name), notes, f"{path}{name}.")


def problems_of(where: str, error: ValidationError) -> list[Problem]:
    """The problems of a record that has not the form of its model."""
    problems: list[Problem] = []
    for detail in error.errors(include_url=False):
        path = where
        for part in detail["loc"]:
            path += f"[{part}]" if isinstance(part, int) else f".{shorten(part)[1:-1]}"
        found = "nothing" if detail["type"] == "missing" else shorten(detail["input"])
        expected = _EXPECTED.get(detail["type"], detail["msg"])
        problems.append(Problem(path.lstrip("."), found, expected))
    return problems


def fitted(text: str | None, limit: int, kind: str, notes: Notes) -> str | None:
    """Clean a text and cut it to what a statement holds; None when nothing is left of it."""
    cleaned = clean(text or "")
    if len(cleaned) > limit:
        notes.count(f"{kind} cut to {limit} characters")
        cleaned = clean(cleaned[:limit])
    return cleaned or None
