"""Crossref works of a person, read into his statements.

Publishers deposit the records. A work counts as the person's only where the entry of an author
carries his ORCID iD. Abstracts are not read: some are not free.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, ClassVar, Final
from urllib.parse import quote

from pydantic import ConfigDict, Field

from ingest.sources.files import refusal, shorten
from ingest.sources.orcid_texts import local_text, words
from ingest.sources.records import Many, Notes, Record, note_leftovers
from ingest.sources.work_lists import (
    Bylines,
    ListedWork,
    bylines,
    checked_works,
    doi_of,
    empty_draft,
    ids_of,
    listed_draft,
    printed_names,
    sound_doi,
)
from registry.dates import check_partial_date
from registry.errors import InvalidInputError, Problem
from registry.experts.schemas import PersonDraft
from registry.experts.values import ExternalIdValue, LocalText, WorkValue
from registry.ids import parse_orcid

__all__ = ["BY_DOI", "SOURCE", "read_described", "read_person", "slim"]

SOURCE: Final = "crossref"
# Apart from the works that carry an iD: neither list ends what the other one says.
BY_DOI: Final = "crossref_doi"

_KINDS: Final = frozenset(
    {"book", "book-chapter", "book-part", "book-section", "book-track", "database", "dataset"}
    | {"dissertation", "edited-book", "journal-article", "monograph", "other", "peer-review"}
    | {"posted-content", "proceedings", "proceedings-article", "reference-book", "report"}
    | {"reference-entry", "report-component", "standard"}
)
# Figures and supplements have DOIs of their own; series and issues are nobody's work.
_NO_WORKS: Final = frozenset(
    {"book-series", "book-set", "component", "grant", "journal", "journal-issue", "journal-volume"}
    | {"proceedings-series", "report-series", "standard-series"}
)
_TAKEN_BACK: Final = frozenset({"removal", "retraction", "withdrawal"})


class _Part(Record):
    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", "-"))


class _Author(_Part):
    """`name` stands alone for a group; `family` and `given` are what the publisher took for it."""

    known: ClassVar = frozenset(
        {"affiliation", "authenticated-orcid", "prefix", "role", "sequence", "suffix"}
    )

    ORCID: str | None = None
    given: str | None = None
    family: str | None = None
    name: str | None = None

    @property
    def printed(self) -> str:
        return " ".join(part for part in (self.given, self.family) if part) or self.name or ""

    def is_person(self, orcids: Collection[str]) -> bool:
        try:
            return self.ORCID is not None and parse_orcid(self.ORCID) in orcids
        except InvalidInputError:
            return False


class _Date(_Part):
    known: ClassVar = frozenset({"date-time", "timestamp", "version"})

    date_parts: Many[Many[int | None]] = Field(default_factory=list)


class _Update(_Part):
    known: ClassVar = frozenset({"DOI", "label", "record-id", "source", "updated"})

    type: str | None = None


class CrossrefWork(_Part):
    """A work as the service delivers it."""

    known: ClassVar = frozenset(
        {"ISBN", "ISSN", "URL", "abstract", "accepted", "alternative-id", "approved", "archive"}
        | {"article-number", "assertion", "award", "award-start", "chair", "citation-id", "created"}
        | {"clinical-trial-number", "content-created", "content-domain", "content-updated"}
        | {"degree", "deposited", "edition-number", "editor", "event", "free-to-read", "funder"}
        | {"group-title", "indexed", "institution", "is-referenced-by-count", "isbn-type"}
        | {"issn-type", "issue", "issue-title", "journal-issue", "language", "license", "link"}
        | {"member", "page", "part-number", "posted", "prefix", "project", "proceedings-subject"}
        | {"published-online", "published-other", "published-print", "publisher", "source"}
        | {"publisher-location", "reference", "reference-count", "references-count", "relation"}
        | {
            "resource",
            "review",
            "score",
            "short-container-title",
            "short-title",
            "special_numbering",
        }
        | {"standards-body", "status", "subject", "subtype", "translator", "update-policy"}
        | {"update-to", "version", "volume"}
    )

    DOI: str = Field(min_length=1)
    type: str | None = None
    title: Many[str] = Field(default_factory=list)
    subtitle: Many[str] = Field(default_factory=list)
    original_title: Many[str] = Field(default_factory=list)
    container_title: Many[str] = Field(default_factory=list)
    author: Many[_Author] = Field(default_factory=list)
    issued: _Date | None = None
    published: _Date | None = None
    updated_by: Many[_Update] = Field(default_factory=list)


def slim(raw: Any) -> Any:
    """A record without what is left out on purpose: abstract, references, counts, affiliations."""
    if not isinstance(raw, dict):
        return raw
    kept = {name: value for name, value in raw.items() if name not in CrossrefWork.known}
    if isinstance(kept.get("author"), list):
        kept["author"] = [
            {name: value for name, value in one.items() if name not in _Author.known}
            if isinstance(one, dict)
            else one
            for one in kept["author"]
        ]
    return kept


def read_person(
    orcid: str, raw: Mapping[str, Any] | None, retrieved_at: datetime, notes: Notes
) -> PersonDraft:
    """What the works say of a person that the service finds by his iD.

    Args:
        orcid: The person's bare iD.
        raw: `ids`, this iD and others of his; `works` as they came and `all_works`, whether
            there are no others. None when the service has none any more.
        retrieved_at: Aware, in UTC.

    Raises:
        ImportRefusedError: A work has not the known form; nothing is returned then.
    """
    url = f"https://orcid.org/{orcid}"
    if raw is None:
        return empty_draft(SOURCE, orcid, url, retrieved_at)
    problems: list[Problem] = []
    orcids = ids_of(orcid, raw, problems)
    works, has_all = _works(f"Crossref {orcid}", raw, problems)
    listed: list[ListedWork] = []
    names: list[str | None] = []
    for work, digest in works:
        if not any(author.is_person(orcids) for author in work.author):
            notes.count("works whose authors do not carry the iD of the person, left out")
            continue
        authors = bylines(((a.printed, a.is_person(orcids)) for a in work.author), notes)
        stated = _stated(work, digest, authors, notes)
        if stated:
            listed.append(stated)
            names.append(authors.own)
    _note_leftovers(works, notes)
    ids = [ExternalIdValue(scheme="orcid", value=one) for one in orcids]
    values = [*ids, *printed_names(names)]
    partial = [] if has_all else ["name", "work"]
    return listed_draft(SOURCE, orcid, url, retrieved_at, values, listed, partial, notes)


def read_described(
    key: str, raw: Mapping[str, Any], retrieved_at: datetime, notes: Notes
) -> PersonDraft:
    """How the service describes works that others say are the person's; it says so of none.

    Args:
        key: The person's id in the registry.
        raw: `works` and `all_works` as for `read_person`.

    Raises:
        ImportRefusedError: A work has not the known form; nothing is returned then.
    """
    works, has_all = _works(f"Crossref {key}", raw, [])
    listed: list[ListedWork] = []
    for work, digest in works:
        authors = bylines(((author.printed, False) for author in work.author), notes)
        if stated := _stated(work, digest, authors, notes):
            listed.append(stated)
    _note_leftovers(works, notes)
    partial = [] if has_all else ["work"]
    url = "https://www.crossref.org"
    return listed_draft(BY_DOI, key, url, retrieved_at, [], listed, partial, notes)


def _works(
    name: str, raw: Mapping[str, Any], problems: list[Problem]
) -> tuple[list[tuple[CrossrefWork, str]], bool]:
    works, has_all = checked_works(CrossrefWork, raw, problems)
    for number, (work, _) in enumerate(works):
        if sound_doi(work.DOI) is None:
            problems.append(Problem(f"works[{number}].DOI", shorten(work.DOI), "a DOI"))
    if problems:
        raise refusal(name, problems)
    return works, has_all


def _note_leftovers(works: list[tuple[CrossrefWork, str]], notes: Notes) -> None:
    for work, _ in works:
        note_leftovers("work", work, notes)


def _stated(work: CrossrefWork, digest: str, authors: Bylines, notes: Notes) -> ListedWork | None:
    """The work as a statement; None for what is no work of anybody, or was taken back."""
    if any(update.type in _TAKEN_BACK for update in work.updated_by):
        notes.count("retracted works left out")
        return None
    if work.type in _NO_WORKS:
        notes.name("parts and containers of works, left out", str(work.type))
        return None
    title = _title(work, notes)
    if title is None:
        notes.count("works without a title left out")
        return None
    if work.type and work.type not in _KINDS:
        notes.name("work types that this importer does not know", shorten(work.type)[1:-1])
    doi = doi_of(work.DOI, notes) or ""
    value = WorkValue(
        title=title,
        venue=words(next(iter(work.container_title), None), 500, "venues", notes),
        kind=words(work.type, 500, "work types", notes),
        doi=doi,
        authors=authors.names,
        author_position=authors.position,
    )
    date = _date(work.issued, notes) or _date(work.published, notes)
    return ListedWork(doi, digest, value, date, f"https://doi.org/{quote(doi)}")


def _title(work: CrossrefWork, notes: Notes) -> LocalText | None:
    """The title with its subtitle, and the original one where that is in the other language."""
    first, subtitle = next(iter(work.title), ""), next(iter(work.subtitle), "")
    if subtitle and subtitle not in first:
        first = f"{first}: {subtitle}"
    main = local_text(first, 20_000, "titles", notes)
    original = local_text(next(iter(work.original_title), None), 20_000, "titles", notes)
    if main is None or original is None:
        return main or original
    return LocalText(vi=main.vi or original.vi, en=main.en or original.en)


def _date(date: _Date | None, notes: Notes) -> str | None:
    """As much of a date as there can be; records hold years alone, and null for no date."""
    parts = [] if date is None or not date.date_parts else date.date_parts[0]
    known: list[str] = []
    for part, width in zip(parts, (4, 2, 2), strict=False):
        if part is None:
            break
        known.append(str(part).zfill(width))
        try:
            check_partial_date("-".join(known))
        except ValueError:
            notes.count("impossible dates cut to the part that is possible, or left out")
            known.pop()
            break
    return "-".join(known) or None
