"""Semantic Scholar's papers of an author, read into statements of the person.

Profiles are computed from papers: many people have several, and some profiles mix people. So the
papers are claimed, and the profile's name is one variant among others.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from ingest.sources.files import refusal, shorten
from ingest.sources.openalex_works import year_text
from ingest.sources.orcid_texts import local_text, words
from ingest.sources.records import Many, Notes, Record, note_leftovers
from ingest.sources.work_lists import (
    Bylines,
    ListedWork,
    WorkId,
    bylines,
    checked_works,
    doi_of,
    empty_draft,
    listed_draft,
    part_of,
    printed_names,
)
from registry.errors import InvalidInputError, Problem
from registry.experts.schemas import PersonDraft
from registry.experts.values import ExternalIdValue, WorkValue
from registry.ids import parse_orcid

__all__ = [
    "AUTHOR_FIELDS",
    "BY_DOI",
    "PAPER_FIELDS",
    "SOURCE",
    "author_url",
    "read_described",
    "read_person",
]

SOURCE: Final = "semantic_scholar"
# Apart from the papers of a profile: neither list ends what the other one says.
BY_DOI: Final = "semantic_scholar_doi"

_KINDS: Final = frozenset(
    {"Book", "BookSection", "CaseReport", "ClinicalTrial", "Conference", "Dataset", "Editorial"}
    | {"JournalArticle", "LettersAndComments", "MetaAnalysis", "News", "Review", "Study"}
)


class _Part(Record):
    model_config = ConfigDict(alias_generator=to_camel)


class _PaperAuthor(_Part):
    known: ClassVar = frozenset(
        {"affiliations", "citationCount", "externalIds", "hIndex", "homepage", "paperCount", "url"}
    )

    author_id: str | None = None
    name: str | None = None


class _Journal(_Part):
    known: ClassVar = frozenset({"pages", "volume"})

    name: str | None = None


class Paper(_Part):
    """A paper as the service delivers it."""

    known: ClassVar = frozenset(
        {"abstract", "citationCount", "citationStyles", "citations", "corpusId", "embedding"}
        | {"fieldsOfStudy", "influentialCitationCount", "isOpenAccess", "openAccessPdf", "tldr"}
        | {"publicationDate", "publicationVenue", "referenceCount", "references", "url"}
        | {"s2FieldsOfStudy", "textAvailability"}
    )

    paper_id: WorkId
    external_ids: dict[str, str | int | None] | None = None
    title: str | None = None
    venue: str | None = None
    journal: _Journal | None = None
    year: int | None = None
    publication_types: Many[str] = Field(default_factory=list)
    authors: Many[_PaperAuthor] = Field(default_factory=list)


class Author(_Part):
    """A profile as the service delivers it; `externalIds` holds names in DBLP, and ORCID iDs."""

    known: ClassVar = frozenset(
        {"affiliations", "aliases", "citationCount", "hIndex", "homepage", "paperCount", "papers"}
        | {"url"}
    )

    author_id: WorkId
    name: str | None = None
    external_ids: dict[str, str | int | list[str | int] | None] | None = None


# What is asked for: neither abstracts nor summaries nor embeddings.
AUTHOR_FIELDS: Final = tuple(to_camel(n) for n in Author.model_fields if n != "author_id")
PAPER_FIELDS: Final = tuple(to_camel(n) for n in Paper.model_fields if n != "paper_id")


def author_url(key: str) -> str:
    """Where the service shows a profile."""
    return f"https://www.semanticscholar.org/author/{key}"


def read_person(
    key: str, raw: Mapping[str, Any] | None, retrieved_at: datetime, notes: Notes
) -> PersonDraft:
    """What a profile and its papers say of the person.

    Args:
        key: The id of the profile, or of the first one of several.
        raw: `authors`, the profiles, and `works` as they came, and `all_works`, whether there
            are no other ones. None when the service has no such profile any more.
        retrieved_at: Aware, in UTC.

    Raises:
        ImportRefusedError: A record has not the known form; nothing is returned then.
    """
    url = author_url(key)
    if raw is None:
        return empty_draft(SOURCE, key, url, retrieved_at)
    problems: list[Problem] = []
    authors = _authors(key, raw.get("authors"), problems)
    keys = {author.author_id for author in authors}
    papers, has_all = checked_works(Paper, raw, problems)
    if problems:
        raise refusal(f"Semantic Scholar {key}", problems)
    listed: list[ListedWork] = []
    names = [words(author.name, 500, "names", notes) for author in authors]
    for paper, digest in papers:
        # A list of authors may end before the person; that the paper is his, the profile says.
        entries = bylines(((a.name, a.author_id in keys) for a in paper.authors), notes)
        notes.count("works without the person among their authors", entries.own is None)
        if stated := _stated(paper, digest, entries, notes):
            listed.append(stated)
            names.append(entries.own)
    note_leftovers("author", authors, notes)
    for paper, _ in papers:
        note_leftovers("work", paper, notes)
    values = [*_external_ids(authors, notes), *printed_names(names)]
    partial = [] if has_all else ["name", "work"]
    return listed_draft(SOURCE, key, url, retrieved_at, values, listed, partial, notes)


def read_described(
    key: str, raw: Mapping[str, Any], retrieved_at: datetime, notes: Notes
) -> PersonDraft:
    """How the service describes works that others say are the person's; it says so of none.

    Args:
        key: The person's id in the registry.
        raw: `works` as they came, and `all_works`.

    Raises:
        ImportRefusedError: A paper has not the known form; nothing is returned then.
    """
    problems: list[Problem] = []
    papers, has_all = checked_works(Paper, raw, problems)
    if problems:
        raise refusal(f"Semantic Scholar {key}", problems)
    listed: list[ListedWork] = []
    for paper, digest in papers:
        authors = bylines(((author.name, False) for author in paper.authors), notes)
        if stated := _stated(paper, digest, authors, notes):
            listed.append(stated)
        note_leftovers("work", paper, notes)
    partial = [] if has_all else ["work"]
    url = "https://www.semanticscholar.org"
    return listed_draft(BY_DOI, key, url, retrieved_at, [], listed, partial, notes)


def _authors(key: str, given: object, problems: list[Problem]) -> list[Author]:
    """The profiles of a person, that of `key` first."""
    if not isinstance(given, list) or not given:
        problems.append(Problem("authors", shorten(given), "a list of profiles"))
        return []
    parts = [part_of(Author, one, f"authors[{i}]", problems) for i, one in enumerate(given)]
    found = [part for part in parts if part is not None]
    if found and found[0].author_id != key:
        where, first = "authors[0].authorId", shorten(found[0].author_id)
        problems.append(Problem(where, first, f"the author {key}"))
    return found


def _external_ids(authors: Sequence[Author], notes: Notes) -> list[ExternalIdValue]:
    found: list[ExternalIdValue] = []
    for kind, given in (pair for a in authors for pair in (a.external_ids or {}).items()):
        if kind != "ORCID":
            notes.name("kinds of personal ids without a place here", shorten(kind)[1:-1])
            continue
        for one in given if isinstance(given, list) else [given]:
            try:
                found.append(ExternalIdValue(scheme="orcid", value=parse_orcid(str(one))))
            except InvalidInputError:
                notes.count("ORCID iDs of a wrong form or check character, left out")
    return list({value.item_key(): value for value in found}.values())


def _stated(paper: Paper, digest: str, authors: Bylines, notes: Notes) -> ListedWork | None:
    title = local_text(paper.title, 20_000, "titles", notes)
    if title is None:
        notes.count("works without a title left out")
        return None
    for kind in paper.publication_types:
        if kind not in _KINDS:
            notes.name("work types that this importer does not know", shorten(kind)[1:-1])
    doi = (paper.external_ids or {}).get("DOI")
    venue = paper.venue or (paper.journal.name if paper.journal else None)
    value = WorkValue(
        title=title,
        venue=words(venue, 500, "venues", notes),
        kind=words(next(iter(paper.publication_types), None), 500, "work types", notes),
        doi=doi_of(str(doi) if doi else None, notes),
        authors=authors.names,
        author_position=authors.position,
    )
    url = f"https://www.semanticscholar.org/paper/{paper.paper_id}"
    return ListedWork(paper.paper_id, digest, value, year_text(paper.year, notes), url)
