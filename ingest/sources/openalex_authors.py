"""One OpenAlex author with some works of his, as the draft of a person.

A profile of OpenAlex is computed from works and may mix people: all of it is claimed, nothing
checked. No statement about nationality or origin is made, since no field says it.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple

from ingest.sources.openalex_affiliations import affiliation_statements
from ingest.sources.openalex_records import Author, AuthorIds, Kept
from ingest.sources.openalex_works import Byline, StatedWork, plain_text, topic_codes
from ingest.sources.records import Notes, fitted
from registry.errors import InvalidInputError
from registry.experts.schemas import PersonDraft, StatementDraft
from registry.experts.values import VALUE_CLASSES, ExternalIdValue, FieldValue, NameValue, Value
from registry.ids import parse_orcid
from registry.names.parse import looks_vietnamese, parse_name

__all__ = ["SOURCE", "OwnWork", "author_draft", "author_url"]

SOURCE: Final = "openalex"
_SCOPUS: Final = re.compile(r"authorID=([0-9]{1,20})(?![0-9])", re.IGNORECASE)
_PROPERTIES: Final[dict[type[Value], str]] = {c: name for name, c in VALUE_CLASSES.items()}


class OwnWork(NamedTuple):
    """A work of the author, with the digest of its record.

    Args:
        byline: None when the record's list of authors ends before him.
    """

    work: StatedWork
    byline: Byline | None
    digest: str


def author_url(key: str) -> str:
    """Where the service shows an author."""
    return f"https://openalex.org/{key}"


def author_draft(
    key: str,
    kept: Kept[Author],
    works: Sequence[OwnWork],
    retrieved_at: datetime,
    notes: Notes,
    *,
    has_all_works: bool,
) -> PersonDraft:
    """What an author's record and his works say of him.

    The draft's raw record holds the author as it came, and a digest of each work: works name
    other people, and would be stored once for each of them.

    Args:
        retrieved_at: When the records were fetched; aware, in UTC.
        has_all_works: Whether a work that is not among `works` is no longer his.
    """
    author = kept.item
    url = author_url(key)
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
    statements += _works(works, notes)
    return PersonDraft(
        source=SOURCE,
        source_key=key,
        url=url,
        retrieved_at=retrieved_at,
        raw={
            "author": kept.raw,
            "works": {str(own.work.value.openalex_id): own.digest for own in works},
        },
        partial=[] if has_all_works else ["work"],
        statements=statements,
    )


def _statement(value: Value, url: str, started: str | None = None) -> StatementDraft:
    return StatementDraft(
        property=_PROPERTIES[type(value)], value=value, started_on=started, evidence_url=url
    )


def _works(works: Sequence[OwnWork], notes: Notes) -> Iterator[StatementDraft]:
    seen: set[str] = set()
    for own in works:
        position = own.byline.position if own.byline else None
        value = own.work.value.model_copy(update={"author_position": position})
        if value.item_key() in seen:
            notes.count("works under the DOI of another work of the same person, left out")
            continue
        seen.add(value.item_key())
        yield _statement(value, f"https://openalex.org/{value.openalex_id}", own.work.year)


def _name(text: str, kind: Literal["main", "variant"]) -> NameValue:
    # Elsewhere the service keeps bylines as printed, and those put the given name first.
    parsed = parse_name(text, "unknown" if looks_vietnamese(text) else "given_first")
    return NameValue(
        display=text, family=parsed.family, middle=parsed.middle, given=parsed.given, kind=kind
    )


def _names(author: Author, works: Sequence[OwnWork], notes: Notes) -> Iterator[NameValue]:
    """The main name, then every other form once; some may be another person's, mixed in."""
    printed = [own.byline.name for own in works if own.byline]
    others = [*author.display_name_alternatives, *author.raw_author_names, *printed]
    seen: set[str] = set()
    for form in [author.display_name, author.full_name, author.longest_name, *others]:
        text = fitted(plain_text(form or ""), 500, "names", notes)
        if text and text.casefold() not in seen:
            # Where nothing is left of the name of the profile, the next form stands for it.
            yield _name(text, "variant" if seen else "main")
            seen.add(text.casefold())


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
