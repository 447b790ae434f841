"""OpenAlex authors and works in files, read into drafts of persons.

A profile of OpenAlex is computed from works and may mix people: all of it is claimed, nothing
checked. No statement about nationality or origin is made, since no field says it.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Generic, Literal, NamedTuple, TypeVar

from pydantic import AfterValidator, Field, ValidationError

from ingest.sources.files import refusal, shorten
from ingest.sources.json_files import JsonRecord, read_json_records
from ingest.sources.openalex_affiliations import (
    Affiliation,
    Institution,
    affiliation_statements,
)
from ingest.sources.openalex_works import (
    Byline,
    StatedWork,
    Topic,
    Work,
    bare_id,
    stated_work,
    topic_codes,
)
from ingest.sources.records import Many, Notes, Record, fitted, note_leftovers, problems_of
from registry.errors import InvalidInputError, Problem
from registry.experts.schemas import PersonDraft, StatementDraft
from registry.experts.values import VALUE_CLASSES, ExternalIdValue, FieldValue, NameValue, Value
from registry.ids import parse_orcid
from registry.names.parse import looks_vietnamese, parse_name
from registry.text import clean

__all__ = ["OpenAlexReading", "read_openalex"]

SOURCE: Final = "openalex"
# "No author" and "Deleted Author": placeholders that gather the works of many people.
_PLACEHOLDERS: Final = frozenset({"A9999999999", "A5317838346"})
_SCOPUS: Final = re.compile(r"authorID=([0-9]{1,20})(?![0-9])", re.IGNORECASE)
_PROPERTIES: Final[dict[type[Value], str]] = {c: name for name, c in VALUE_CLASSES.items()}


class AuthorIds(Record):
    known: ClassVar = frozenset({"openalex", "mag", "twitter", "wikipedia"})

    orcid: str | None = None
    scopus: str | None = None


class Author(Record):
    """An author as the service delivers it; `x_concepts` and `last_known_institution` are old."""

    known: ClassVar = frozenset(
        {"works_count", "cited_by_count", "summary_stats", "topic_share", "x_concepts", "block_key"}
        | {"counts_by_year", "parsed_longest_name", "works_api_url", "created_date"}
        | {"relevance_score", "most_cited_work"}
    )

    id: str
    display_name: Annotated[str, AfterValidator(clean), Field(min_length=1)]
    orcid: str | None = None
    display_name_alternatives: Many[str] = Field(default_factory=list)
    raw_author_names: Many[str] = Field(default_factory=list)
    full_name: str | None = None
    longest_name: str | None = None
    ids: AuthorIds | None = None
    affiliations: Many[Affiliation] = Field(default_factory=list)
    last_known_institutions: Many[Institution] = Field(default_factory=list)
    last_known_institution: Institution | None = None
    topics: Many[Topic] = Field(default_factory=list)
    updated_date: str | None = None


R = TypeVar("R", Author, Work)


@dataclass(frozen=True)
class OpenAlexReading:
    """The persons of some files, and what was left out of them."""

    people: list[PersonDraft]
    notes: list[str]


class _Kept(NamedTuple, Generic[R]):
    """A checked record, its JSON and the SHA-256 of that."""

    item: R
    raw: dict[str, Any]
    digest: str


class _Checked(NamedTuple):
    """The records of all files by bare id."""

    authors: dict[str, _Kept[Author]]
    works: dict[str, _Kept[Work]]


class _OwnWork(NamedTuple):
    """A work of one of the authors, with the digest of its record."""

    work: StatedWork
    byline: Byline
    digest: str


def read_openalex(paths: Sequence[Path], retrieved_at: datetime) -> OpenAlexReading:
    """Read author and work records into one draft for each author.

    The files are taken together: works are attached to the authors among them, and of a record
    that occurs twice the newer one counts. The draft's raw record holds the author as it came,
    and a digest of each work: works name other people, and would be stored once for each of them.

    Args:
        paths: JSON, JSON lines, result pages or recorded replies, packed by gzip or not.
        retrieved_at: When the records were fetched; aware, in UTC.

    Raises:
        ImportRefusedError: A file is damaged, of another kind, or holds a record that is neither
            an author nor a work of the known form. Nothing is returned then.
    """
    notes = Notes()
    checked = _Checked({}, {})
    for path in paths:
        problems: list[Problem] = []
        for record in read_json_records(path):
            problems += _check(record, checked, notes)
        if problems:
            raise refusal(path.name, problems)
    own_works = _attach(checked, notes)
    people = [
        _person(key, kept, own_works.get(key, []), retrieved_at, notes)
        for key, kept in checked.authors.items()
    ]
    for author in checked.authors.values():
        note_leftovers("author", author.item, notes)
    for work in checked.works.values():
        note_leftovers("work", work.item, notes)
    return OpenAlexReading(people, notes.lines())


def _check(record: JsonRecord, checked: _Checked, notes: Notes) -> list[Problem]:
    """Put a record in its place, or say why not."""
    given = record.value.get("id")
    author_id, work_id = (
        bare_id(given, letter) if isinstance(given, str) else None for letter in ("A", "W")
    )
    try:
        if author_id in _PLACEHOLDERS:
            notes.count("placeholder authors skipped")
        elif author_id:
            _keep_newer(checked.authors, author_id, _kept(Author, record.value), notes)
        elif work_id:
            _keep_newer(checked.works, work_id, _kept(Work, record.value), notes)
        else:
            found = (
                shorten(given) if given else f"an object with {shorten(', '.join(record.value))}"
            )
            where = f"{record.where}.id".lstrip(".")
            return [Problem(where, found, "the OpenAlex id of an author (A…) or a work (W…)")]
    except ValidationError as exc:
        return problems_of(record.where, exc)
    except RecursionError:
        return [Problem(record.where or "the file", "lists nested without end", "a flat record")]
    return []


def _kept(model: type[R], raw: dict[str, Any]) -> _Kept[R]:
    digest = hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()
    return _Kept(model.model_validate(raw), raw, digest)


def _keep_newer(kept: dict[str, _Kept[R]], key: str, new: _Kept[R], notes: Notes) -> None:
    if key in kept:
        notes.count("records that occur twice; the newer one counts")
        if (new.item.updated_date or "") <= (kept[key].item.updated_date or ""):
            return
    kept[key] = new


def _attach(checked: _Checked, notes: Notes) -> dict[str, list[_OwnWork]]:
    """The works of each author of the files, in the order of the files."""
    own: dict[str, list[_OwnWork]] = {}
    others: set[str] = set()
    for kept in checked.works.values():
        stated = stated_work(kept.item, notes)
        if stated is None:
            continue
        present = stated.bylines.keys() & checked.authors.keys()
        notes.count("works without an author in these files, not imported", not present)
        placeholders = stated.bylines.keys() & _PLACEHOLDERS
        notes.count("placeholder authors skipped", len(placeholders))
        others |= stated.bylines.keys() - present - placeholders
        for author_id in present:
            own.setdefault(author_id, []).append(
                _OwnWork(stated, stated.bylines[author_id], kept.digest)
            )
    notes.count("authors of works without a record in these files, not imported", len(others))
    return own


def _person(
    key: str,
    kept: _Kept[Author],
    works: Sequence[_OwnWork],
    retrieved_at: datetime,
    notes: Notes,
) -> PersonDraft:
    author = kept.item
    url = f"https://openalex.org/{key}"
    values: list[Value] = [*_names(author, works, notes), *_external_ids(key, author, notes)]
    fields = [
        FieldValue(scheme="openalex_topic", code=c) for c in topic_codes(author.topics, notes)
    ]
    statements = [_statement(value, url) for value in values]
    last_known = [*author.last_known_institutions]
    if author.last_known_institution:
        last_known.append(author.last_known_institution)
    statements += affiliation_statements(author.affiliations, last_known, url, notes)
    statements += [_statement(value, url) for value in fields]
    seen: set[str] = set()
    for own in works:
        value = own.work.value.model_copy(update={"author_position": own.byline.position})
        if value.item_key() in seen:
            notes.count("works under the DOI of another work of the same person, left out")
            continue
        seen.add(value.item_key())
        work_url = f"https://openalex.org/{value.openalex_id}"
        statements.append(_statement(value, work_url, own.work.year))
    digests = {str(own.work.value.openalex_id): own.digest for own in works}
    return PersonDraft(
        source=SOURCE,
        source_key=key,
        url=url,
        retrieved_at=retrieved_at,
        raw={"author": kept.raw, "works": digests},
        # The files hold some of a person's works; the others did not cease to exist.
        partial=["work"],
        statements=statements,
    )


def _statement(value: Value, url: str, started: str | None = None) -> StatementDraft:
    return StatementDraft(
        property=_PROPERTIES[type(value)], value=value, started_on=started, evidence_url=url
    )


def _name(text: str, kind: Literal["main", "variant"]) -> NameValue:
    # Elsewhere the service keeps bylines as printed, and those put the given name first.
    parsed = parse_name(text, "unknown" if looks_vietnamese(text) else "given_first")
    return NameValue(
        display=text, family=parsed.family, middle=parsed.middle, given=parsed.given, kind=kind
    )


def _names(author: Author, works: Sequence[_OwnWork], notes: Notes) -> Iterator[NameValue]:
    """The main name, then every other form once; some may be another person's, mixed in."""
    main = fitted(author.display_name, 500, "names", notes) or ""
    yield _name(main, "main")
    seen = {main.casefold()}
    printed = [own.byline.name for own in works]
    forms = [*author.display_name_alternatives, *author.raw_author_names, *printed]
    for form in [author.full_name, author.longest_name, *forms]:
        text = fitted(form, 500, "names", notes)
        if text and text.casefold() not in seen:
            seen.add(text.casefold())
            yield _name(text, "variant")


def _external_ids(key: str, author: Author, notes: Notes) -> Iterator[ExternalIdValue]:
    yield ExternalIdValue(scheme="openalex", value=key)
    ids = author.ids or AuthorIds()
    seen: set[str] = set()
    for text in (author.orcid, ids.orcid):
        try:
            orcid = parse_orcid(text) if text else None
        except InvalidInputError:
            notes.count("ORCID iDs of a wrong form or check character, left out")
            continue
        if orcid and orcid not in seen:
            seen.add(orcid)
            yield ExternalIdValue(scheme="orcid", value=orcid)
    if match := _SCOPUS.search(ids.scopus or ""):
        yield ExternalIdValue(scheme="scopus", value=match.group(1))
