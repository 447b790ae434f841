"""DBLP records: the checked form of a person and a publication, as the search API has them.

Numbers are texts there, and what may stand several times is a list only when it does.
"""

import re
from typing import Annotated, Any, ClassVar, Final, TypeVar

from pydantic import BeforeValidator, ConfigDict, Field

from ingest.sources.orcid_texts import words
from ingest.sources.records import Notes, Record
from ingest.sources.work_lists import WorkId

__all__ = ["Person", "Publication", "display_name", "pid_of"]

T = TypeVar("T")
_PID: Final = re.compile(
    r"(?:https?://(?:dblp\.org|dblp\.uni-trier\.de|dblp\.dagstuhl\.de)/)?(?:pid/)?"
    r"([0-9a-z]{1,10}(?:/[\w-]{1,80}){1,2})(?:\.(?:html|xml))?"
)
# Persons of one name are told apart by four digits after it.
_HOMONYM: Final = re.compile(r" [0-9]{4}$")


def pid_of(text: str) -> str | None:
    """The bare id ("152/3896") of a person's id or address; None when it is of another form."""
    found = _PID.fullmatch(text.strip())
    return found.group(1) if found else None


def display_name(text: str, notes: Notes) -> str | None:
    """A name without markup and without the number that tells people of this name apart."""
    name = words(text, 500, "names", notes)
    return _HOMONYM.sub("", name) if name else None


def _listed(value: Any) -> Any:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _texts(value: Any) -> Any:
    """Names without an id are texts, those with one are objects."""
    return [{"text": one} if isinstance(one, str) else one for one in _listed(value)]


Several = Annotated[list[T], BeforeValidator(_listed)]


class _Part(Record):
    model_config = ConfigDict(alias_generator=lambda name: name.replace("at_", "@", 1))


class _Name(_Part):
    known: ClassVar = frozenset({"@orcid"})

    at_pid: str | None = None
    text: str


class _Names(_Part):
    author: Annotated[list[_Name], BeforeValidator(_texts)] = Field(default_factory=list)


class _Aliases(_Part):
    alias: Several[str] = Field(default_factory=list)


class _Note(_Part):
    at_type: str | None = None
    at_label: str | None = None
    text: str | None = None


class _Notes(_Part):
    note: Several[_Note] = Field(default_factory=list)


class Person(_Part):
    """A person; `urls` are his pages, which the search does not show."""

    known: ClassVar = frozenset({"uname"})

    author: str = Field(min_length=1)
    url: str
    aliases: _Aliases | None = None
    notes: _Notes | None = None
    urls: Several[str] = Field(default_factory=list)


class Publication(_Part):
    """A publication."""

    known: ClassVar = frozenset(
        {"access", "cdrom", "chapter", "cite", "crossref", "isbn", "mag", "month", "note", "number"}
        | {"editor", "editors", "mdate", "pages", "publisher", "publnr", "rel", "school", "series"}
        | {"stream", "volume"}
    )

    key: WorkId
    title: str | None = None
    authors: _Names | None = None
    venue: Several[str] = Field(default_factory=list)
    year: str | None = None
    type: str | None = None
    doi: str | None = None
    ee: Several[str] = Field(default_factory=list)
    url: str | None = None

    @property
    def names(self) -> list[_Name]:
        return self.authors.author if self.authors else []
