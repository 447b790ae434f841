"""OpenAlex works: the checked form of a record, its plain text, and what it states.

Described by the service's OpenAPI document (August 2026) and, for older files, by its replies of
2023 to 2025.
"""

import csv
import gzip
import html
import io
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import ClassVar, Final, NamedTuple

from pydantic import Field

from ingest.sources.files import shorten
from ingest.sources.records import Many, Notes, Record, fitted
from registry.experts.values import LocalText, WorkValue
from registry.ids import parse_doi
from registry.text import clean, has_marks, language_of

__all__ = [
    "StatedWork",
    "Topic",
    "Work",
    "bare_id",
    "plain_text",
    "stated_work",
    "topic_codes",
    "year_text",
]

_ID: Final = re.compile(
    r"(?:https?://(?:api\.)?openalex\.org/(?:[a-z]+/)?)?([A-Z][0-9]{1,18})", re.IGNORECASE
)
_TAG: Final = re.compile(
    r"</?([a-z][\w:.-]*)(?:\s+[\w:.-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s<>]+))*\s*/?>", re.IGNORECASE
)
_INLINE_TAGS: Final = frozenset(
    {"i", "b", "u", "em", "strong", "sub", "sup", "sc", "scp", "italic", "bold", "span"}
)
# Affiliations, and now and then names and titles, are deposited with an address of the author.
_EMAIL: Final = re.compile(
    r"[(<\[]?[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}\b[)>\]]?", re.IGNORECASE
)
# The types of the service's own grouping of works, and four more of its documentation.
_TYPES: Final = frozenset(
    {"article", "book", "book-chapter", "database", "dataset", "dissertation", "editorial"}
    | {"erratum", "letter", "libguides", "other", "paratext", "preprint", "reference-entry"}
    | {"report", "review", "standard", "grant", "peer-review", "retraction"}
    | {"supplementary-materials"}
)


class Topic(Record):
    known: ClassVar = frozenset({"display_name", "count", "score", "subfield", "field", "domain"})

    id: str


class Source(Record):
    known: ClassVar = frozenset(
        {"id", "issn_l", "issn", "is_oa", "is_in_doaj", "is_core", "type", "host_organization"}
        | {"host_organization_name", "host_organization_lineage", "publisher", "url", "license"}
        | {"host_organization_lineage_names", "version"}
    )

    display_name: str | None = None


class Location(Record):
    known: ClassVar = frozenset(
        {"id", "is_oa", "landing_page_url", "pdf_url", "license", "license_id", "version"}
        | {"is_accepted", "is_published", "raw_type"}
    )

    source: Source | None = None
    raw_source_name: str | None = None


class WorkAuthor(Record):
    known: ClassVar = frozenset({"orcid"})

    id: str | None = None
    display_name: str | None = None


class Authorship(Record):
    """`institutions` and the like are of the work, and stay out of the person's affiliations."""

    known: ClassVar = frozenset(
        {"author_position", "institutions", "countries", "is_corresponding", "affiliations"}
        | {"raw_affiliation_strings", "raw_affiliation_string", "raw_orcid"}
    )

    author: WorkAuthor | None = None
    raw_author_name: str | None = None

    @property
    def author_id(self) -> str | None:
        return bare_id(self.author.id, "A") if self.author and self.author.id else None

    @property
    def printed_name(self) -> str:
        """The byline as printed, else the name of the profile."""
        return plain_text(self.raw_author_name or "") or plain_text(
            (self.author.display_name if self.author else None) or ""
        )


class Work(Record):
    """A work as the service delivers it."""

    known: ClassVar = frozenset(
        {"ids", "publication_date", "indexed_in", "open_access", "institutions", "mesh", "grants"}
        | {"countries_distinct_count", "institutions_distinct_count", "corresponding_author_ids"}
        | {"corresponding_institution_ids", "apc_list", "apc_paid", "fwci", "has_fulltext"}
        | {"cited_by_count", "citation_normalized_percentile", "cited_by_percentile_year"}
        | {"biblio", "is_xpac", "primary_topic", "keywords", "concepts", "locations_count"}
        | {"best_oa_location", "sustainable_development_goals", "awards", "funders"}
        | {"has_content", "content_url", "content_urls", "referenced_works_count", "ngrams_url"}
        | {"referenced_works", "related_works", "counts_by_year", "created_date", "locations"}
        | {"relevance_score", "cited_by_api_url", "fulltext_origin", "alternate_host_venues"}
        | {"type_crossref", "datasets", "versions", "is_authors_truncated", "authors_count"}
    )

    id: str
    title: str | None = None
    display_name: str | None = None
    language: str | None = None
    type: str | None = None
    doi: str | None = None
    publication_year: int | None = None
    primary_location: Location | None = None
    host_venue: Source | None = None
    authorships: Many[Authorship] = Field(default_factory=list)
    topics: Many[Topic] = Field(default_factory=list)
    abstract_inverted_index: dict[str, list[int]] | None = None
    is_retracted: bool | None = None
    is_paratext: bool | None = None
    updated_date: str | None = None


class Byline(NamedTuple):
    """Where a person stands among the authors, counted from 1, and under which name."""

    position: int
    name: str


@dataclass(frozen=True)
class StatedWork:
    """A work as a statement, its year as a partial date, and the bylines by author id."""

    value: WorkValue
    year: str | None
    bylines: dict[str, Byline]


def bare_id(text: str, letter: str) -> str | None:
    """The bare id ("A5023888391") of an id or URL of the kind that `letter` names, or None."""
    match = _ID.fullmatch(text.strip())
    bare = match.group(1).upper() if match else ""
    return bare if bare.startswith(letter) else None


def year_text(year: int | None, notes: Notes) -> str | None:
    """A year as a partial date; the service also holds works and people of other centuries."""
    if year is None or 1900 <= year <= 2100:
        return str(year) if year else None
    notes.count("years outside 1900 to 2100 left out")
    return None


def plain_text(text: str) -> str:
    """Text without markup and e-mail addresses.

    Entities become characters; tags go, those within a line of text without leaving a gap.
    """
    without = _TAG.sub(
        lambda tag: "" if tag.group(1).lower() in _INLINE_TAGS else " ", html.unescape(text)
    )
    return clean(_EMAIL.sub(" ", without) if "@" in without else without)


@lru_cache(maxsize=1)
def _bundled_topics() -> frozenset[str]:
    packed = files("registry.taxonomy").joinpath("data", "openalex_topics.csv.gz").read_bytes()
    rows = csv.DictReader(io.StringIO(gzip.decompress(packed).decode("utf-8")))
    return frozenset(row["id_topic"] for row in rows)


def topic_codes(topics: list[Topic], notes: Notes) -> list[str]:
    """The bare topic ids, each once; ids of another form are left out and noted."""
    codes: list[str] = []
    for topic in topics:
        code = bare_id(topic.id, "T")
        if code is None:
            notes.count("topics without a topic id, left out")
            continue
        if code not in _bundled_topics():
            notes.name("topics that the bundled classification lacks", code)
        codes.append(code)
    return list(dict.fromkeys(codes))


def _local(text: str, declared: str | None, notes: Notes) -> LocalText:
    """A text under its own language; the service's guess counts where the words say nothing.

    Vietnamese journals often deposit an English title for a Vietnamese article, and the reverse.
    """
    guess = language_of(text)
    if declared not in {"vi", "en", None}:
        if guess == "vi" and has_marks(text):
            return LocalText(vi=text)
        notes.name("works in another language, kept under English", shorten(declared)[1:-1])
        return LocalText(en=text)
    language = declared if guess == "und" else guess
    return LocalText(vi=text) if language == "vi" else LocalText(en=text)


def _abstract(index: dict[str, list[int]] | None) -> str:
    placed = sorted((at, word) for word, places in (index or {}).items() for at in places)
    return plain_text(" ".join(word for _, word in placed))


def _venue(work: Work) -> str | None:
    location = work.primary_location
    if location is None:
        return work.host_venue.display_name if work.host_venue else None
    return (location.source and location.source.display_name) or location.raw_source_name


def stated_work(work: Work, notes: Notes) -> StatedWork | None:
    """What a work states, the same for each of its authors but for the position.

    None, with a note, when it has no title, is no work of anybody (paratext), or was retracted.
    """
    if work.is_retracted:
        notes.count("retracted works left out")
        return None
    if work.is_paratext or work.type == "paratext":
        notes.count("covers, contents and other paratext left out")
        return None
    title = fitted(plain_text(work.title or work.display_name or ""), 20_000, "titles", notes)
    if title is None:
        notes.count("works without a title left out")
        return None
    if work.type and work.type not in _TYPES:
        notes.name("work types that this importer does not know", shorten(work.type)[1:-1])
    doi = parse_doi(work.doi) if work.doi else None
    if work.doi and (doi is None or len(doi) > 500):
        notes.count("DOIs of another form left out")
        doi = None
    abstract = fitted(_abstract(work.abstract_inverted_index), 20_000, "abstracts", notes)
    names: list[str] = []
    bylines: dict[str, Byline] = {}
    for authorship in work.authorships:
        name = fitted(authorship.printed_name, 500, "author names", notes)
        if name is None:
            notes.count("authors without a name left out of works")
            continue
        names.append(name)
        if author_id := authorship.author_id:
            bylines.setdefault(author_id, Byline(len(names), name))
    value = WorkValue(
        title=_local(title, work.language, notes),
        # The language is noted once, with the title.
        abstract=_local(abstract, work.language, Notes()) if abstract else None,
        venue=fitted(plain_text(_venue(work) or ""), 500, "venues", notes),
        kind=fitted(work.type, 500, "work types", notes),
        doi=doi,
        openalex_id=bare_id(work.id, "W"),
        topics=topic_codes(work.topics, notes),
        authors=names,
    )
    return StatedWork(value, year_text(work.publication_year, notes), bylines)
