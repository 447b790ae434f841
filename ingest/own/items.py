"""The draft that a file is read into: items to accept, what was left out, what was not understood.

Pure. Nothing of a file is dropped silently: it is in an item, in a note, or unread.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from registry.errors import InvalidInputError
from registry.experts.schemas import StatementDraft, draft_of
from registry.experts.values import DegreeValue
from registry.ids import parse_doi, parse_orcid

__all__ = ["Draft", "DraftItem", "Left", "Note", "Reading", "Unread"]

# A page with more could not be sent back by a browser: a form has at most a thousand fields.
MAX_ITEMS: Final = 800
# What is shown of a passage; the file itself is at hand for the rest.
_LONGEST_WORDS: Final = 1_000
_MAX_UNREAD: Final = 2_000


class Left(StrEnum):
    """What is left out of a draft on purpose, or could not be taken as it stands."""

    BIRTH = "birth"
    IDENTITY = "identity"
    ADDRESS = "address"
    FAMILY = "family"
    ORIGIN = "origin"
    SEX = "sex"
    REFERENCES = "references"
    PICTURES = "pictures"
    PAGE_NUMBERS = "page_numbers"
    FIELDS = "fields"
    CUT = "cut"
    DATE = "date"
    ID = "id"
    LEVEL = "level"
    TWICE = "twice"
    TOO_MANY = "too_many"
    SECTIONS = "sections"


class DraftItem(BaseModel):
    """One statement that the file seems to make.

    Args:
        where: Page and line, paragraph, or entry: as a person would look for it.
        text: The words that it was read from, without what is left out on purpose.
        sure: Whether nothing of it rests on a guess.
    """

    model_config = ConfigDict(frozen=True)

    property: str
    value: StatementDraft
    where: str
    text: str
    sure: bool


class Note(BaseModel):
    """Something that was left out; `detail` names fields and the like, never what they hold."""

    model_config = ConfigDict(frozen=True)

    left: Left
    where: str
    detail: str = ""


class Unread(BaseModel):
    """A passage that was not understood."""

    model_config = ConfigDict(frozen=True)

    where: str
    text: str


class Draft(BaseModel):
    """What a file was read into. `kind` is what the file turned out to be."""

    kind: str
    items: list[DraftItem]
    notes: list[Note]
    unread: list[Unread]


class Reading:
    """Collects a draft while a file is read."""

    def __init__(self) -> None:
        self._items: list[DraftItem] = []
        self._notes: dict[Note, None] = {}
        self._unread: list[Unread] = []
        self._places: dict[tuple[Any, ...], int] = {}

    def add(
        self,
        property_name: str,
        value: Mapping[str, Any],
        where: str,
        text: str,
        *,
        sure: bool,
        started_on: str | None = None,
        ended_on: str | None = None,
        evidence_url: str | None = None,
    ) -> bool:
        """Add an item; one that cannot be is left to be read by a person.

        An end that lies before the start is left out, with a note.

        Returns:
            Whether there is such an item now.
        """
        if ended_on and started_on and ended_on < started_on[: len(ended_on)]:
            self.note(Left.DATE, where)
            ended_on, sure = None, False
        if not (doi := value.get("doi")) or not parse_doi(str(doi)):
            value = {key: inner for key, inner in value.items() if key != "doi"}
            if doi:
                self.note(Left.ID, where, "DOI")
                self.leave(where, f"DOI {doi}")
        try:
            draft = draft_of(property_name, value, started_on, ended_on, evidence_url)
        except (ValidationError, InvalidInputError):
            self.leave(where, text)
            return False
        key = (property_name, *_marks(draft), draft.started_on, draft.ended_on)
        item = DraftItem(
            property=property_name, value=draft, where=where, text=_shown(text), sure=sure
        )
        if (place := self._places.get(key)) is not None:
            self.note(Left.TWICE, where)
            if sure and not self._items[place].sure:
                self._items[place] = item
            return True
        if len(self._items) >= MAX_ITEMS:
            self.note(Left.TOO_MANY, "")
            self.leave(where, text)
            return False
        self._places[key] = len(self._items)
        self._items.append(item)
        return True

    def add_orcid(self, text: str, where: str, words: str) -> None:
        """Add an ORCID iD, if its check character fits."""
        try:
            orcid = parse_orcid(text)
        except InvalidInputError:
            self.note(Left.ID, where, "ORCID iD")
            self.leave(where, words)
            return
        value = {"scheme": "orcid", "value": orcid}
        self.add("external_id", value, where, words, sure=True)

    def note(self, left: Left, where: str, detail: str = "") -> None:
        """Say that something was left out; the same of one place is said once."""
        self._notes.setdefault(Note(left=left, where=where, detail=_shown(detail)))

    def note_fields(self, names: Iterable[str]) -> None:
        """Say which fields of the whole file are left out on purpose."""
        if found := sorted(set(names)):
            self.note(Left.FIELDS, "", ", ".join(found))

    def leave(self, where: str, text: str) -> None:
        """Leave a passage for a person to read."""
        if not (words := _shown(text)):
            return
        if len(self._unread) < _MAX_UNREAD:
            self._unread.append(Unread(where=where, text=words))
        else:
            self.note(Left.TOO_MANY, "")

    def draft(self, kind: str) -> Draft:
        """What was collected."""
        items = [item for item in self._items if not self._is_told_better(item)]
        return Draft(kind=kind, items=items, notes=list(self._notes), unread=self._unread)

    def _is_told_better(self, item: DraftItem) -> bool:
        """Whether it is the degree of a title alone, of which another item says where."""
        degree = item.value.value
        if not isinstance(degree, DegreeValue) or degree.institution or item.value.started_on:
            return False
        others = (each.value.value for each in self._items)
        is_told = any(
            isinstance(each, DegreeValue) and each.level == degree.level and each.institution
            for each in others
        )
        if is_told:
            self.note(Left.TWICE, item.where)
        return is_told


def _marks(draft: StatementDraft) -> tuple[str, ...]:
    if draft.property == "contact":
        kind, address = getattr(draft.value, "kind", ""), getattr(draft.value, "normalised", str)()
        return kind, address
    return (draft.value.item_key() or draft.value.model_dump_json(),)


def _shown(text: str) -> str:
    # Storable whatever the file holds: no NUL, no half of a surrogate pair.
    words = " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())
    words = words.encode("utf-8", "ignore").decode()
    return words if len(words) <= _LONGEST_WORDS else words[: _LONGEST_WORDS - 1] + "…"
