"""Semantic Scholar as a service: profiles of known people with their papers, papers by DOI."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from ingest.services.asking import Page, Unit
from ingest.services.client import Client
from ingest.services.known_people import (
    Piece,
    body_of,
    checked_doi,
    checked_secret,
    gather,
    pages_of,
    with_ids,
)
from ingest.services.manifest import Expected, Manifest
from ingest.services.replies import Reply, Verdict, json_of, judge_by_status, said, wait_of
from ingest.sources.files import shorten
from ingest.sources.records import Notes
from ingest.sources.semantic_scholar import (
    AUTHOR_FIELDS,
    BY_DOI,
    PAPER_FIELDS,
    SOURCE,
    read_described,
    read_person,
)
from registry.errors import InvalidInputError, SourceRefusedError
from registry.experts.schemas import PersonDraft
from registry.experts.values import LocalText
from registry.ids import parse_doi

__all__ = ["MANIFEST", "WorksByDoi", "WorksOfPeople", "headers", "judge"]

MANIFEST: Final = Manifest(
    name=SOURCE,
    title=LocalText(vi="Semantic Scholar", en="Semantic Scholar"),
    licence=(
        "Semantic Scholar API licence: whoever holds the key accepts its terms, so read them "
        "before the first run. Name Semantic Scholar, with a link, wherever its data are shown. "
        "Abstracts, summaries (tldr) and embeddings are not asked for."
    ),
    documents="https://api.semanticscholar.org/api-docs/graph",
    address="https://api.semanticscholar.org/graph/v1",
    per_second=1.0,
    # Without a key all the world shares one quota: a refusal passes, but slowly.
    tries=7,
    expected={"people with a work": Expected(80, 100)},
)
_BY_DOI: Final = replace(
    MANIFEST,
    name=BY_DOI,
    title=LocalText(vi="Semantic Scholar (theo DOI)", en="Semantic Scholar (by DOI)"),
)

_AUTHORS_AT_ONCE: Final = 10
_PAPERS_AT_ONCE: Final = 500
_ROWS: Final = 500
# Offset and limit together stay below ten thousand.
_LAST: Final = 9_999


def headers(key: str | None = None) -> dict[str, str]:
    """The header that carries the key; none without one.

    Raises:
        InvalidInputError: The key holds spaces or other characters that no key has.
    """
    return {"x-api-key": checked_secret(key, "the key to Semantic Scholar")} if key else {}


def judge(reply: Reply) -> Verdict:
    """What a reply means; of a batch in which nothing is known, 400 says so."""
    message = _message(reply)
    match reply.status:
        case 400 if message.casefold().startswith("no valid"):
            return Verdict("missing", "it knows none of these ids")
        case 400:
            return Verdict("no", f"it does not take the question: {message}")
        case 401 | 403:
            return Verdict("no", "it does not take the key; correct or remove it")
        case 404 if not message.casefold().endswith("not found"):
            return Verdict("no", "there is nothing at this address")
        case 429:
            return Verdict("again", "it was asked too often", wait_of(reply.headers))
    return judge_by_status(reply)


def _message(reply: Reply) -> str:
    if reply.status == 200:
        return ""
    try:
        body = json_of(reply)
    except SourceRefusedError:
        return said(reply)
    texts = [body.get("error"), body.get("message")] if isinstance(body, dict) else []
    text = next((t for t in texts if isinstance(t, str) and t), None)
    return shorten(text, 300)[1:-1] if text else said(reply)


class WorksOfPeople:
    """Profiles of known people with their papers.

    Args:
        people: Whom of the registry, and the id of his profile, a number. Many people have
            several profiles; then he stands here several times, and comes as one unit.
        works_per_person: Of the first ones; his other works stay as they are then.

    Raises:
        InvalidInputError: One of the ids is none, or `works_per_person` lies outside.
    """

    manifest = MANIFEST

    def __init__(self, people: Sequence[tuple[UUID, str]], works_per_person: int = 2000) -> None:
        if not 1 <= works_per_person <= _LAST:
            raise InvalidInputError(f"works_per_person must be a number from 1 to {_LAST}")
        self.people = with_ids(people, _author_id)
        self.works_per_person = works_per_person

    def pages(self, client: Client, cursor: Mapping[str, Any] | None) -> Iterator[Page]:
        """As `Source.pages`; a profile that is gone comes as a unit without content."""

        def units(wanted: Sequence[tuple[UUID, list[str]]], notes: Notes) -> list[Unit]:
            keys = [key for _, some in wanted for key in some]
            found = _batch(client, "author/batch", keys, AUTHOR_FIELDS)
            authors = dict(zip(keys, found, strict=True))
            for key in keys:
                if authors[key] is None:
                    notes.name("profiles that are gone", key)
            return [
                self._unit(client, about, {key: authors[key] for key in some}, notes)
                for about, some in wanted
            ]

        return pages_of(self.people, units, cursor, _AUTHORS_AT_ONCE)

    def read(self, unit: Unit, notes: Notes) -> PersonDraft:
        """As `Source.read`."""
        return read_person(unit.key, unit.raw, unit.retrieved_at, notes)

    def _unit(self, client: Client, about: UUID, authors: Mapping[str, Any], notes: Notes) -> Unit:
        left = {key: author for key, author in authors.items() if author is not None}
        key = next(iter(left or authors))
        aliases = tuple(other for other in authors if other != key)
        if not left:
            return Unit(key, None, datetime.now(UTC), about, aliases)
        parts = [self._papers(client, one) for one in left]
        # Profiles of one person may share a paper.
        works = {json.dumps(one, sort_keys=True): one for part, _ in parts for one in part}
        has_all = all(is_whole for _, is_whole in parts)
        notes.count("people of whom only the first works were read", not has_all)
        raw = {
            "authors": list(left.values()),
            "works": list(works.values()),
            "all_works": has_all,
        }
        return Unit(key, raw, datetime.now(UTC), about, aliases)

    def _papers(self, client: Client, key: str) -> tuple[list[Any], bool]:
        def ask(offset: str) -> Piece:
            start = int(offset)
            params: dict[str, str | int] = {
                "fields": ",".join(PAPER_FIELDS),
                "offset": start,
                "limit": min(_ROWS, _LAST - start),
            }
            reply = client.get(f"author/{key}/papers", params)
            if reply is None:
                return Piece([], None)
            body = body_of(reply)
            # Without a hit, `data` is missing.
            items = (body.get("data") or []) if isinstance(body, dict) else None
            following = body.get("next") if isinstance(body, dict) else None
            if not isinstance(items, list) or not isinstance(following, int | None):
                raise SourceRefusedError(f"{reply.url} answered with something else than papers")
            if following is not None and not start < following < _LAST:
                return Piece(items, None, is_cut=True)
            return Piece(items, None if following is None else str(following))

        pages = -(-self.works_per_person // _ROWS) + 1
        return gather(ask, "0", self.works_per_person, pages)


class WorksByDoi:
    """How Semantic Scholar describes works that a person is known for already.

    It does not say whose they are; so these statements have a source of their own, and end when
    a DOI is no longer asked for.

    Args:
        people: Whom of the registry, and all DOIs that others state for him.

    Raises:
        InvalidInputError: One of the DOIs is none.
    """

    manifest = _BY_DOI

    def __init__(self, people: Sequence[tuple[UUID, Sequence[str]]]) -> None:
        self.people = [(about, [checked_doi(text) for text in dois]) for about, dois in people]

    def pages(self, client: Client, cursor: Mapping[str, Any] | None) -> Iterator[Page]:
        """As `Source.pages`; one unit for each person."""

        def units(wanted: Sequence[tuple[UUID, list[str]]], notes: Notes) -> list[Unit]:
            dois = list(dict.fromkeys(doi for _, some in wanted for doi in some))
            found: dict[str, Any] = {}
            for start in range(0, len(dois), _PAPERS_AT_ONCE):
                asked = dois[start : start + _PAPERS_AT_ONCE]
                ids = [f"DOI:{doi}" for doi in asked]
                papers = _batch(client, "paper/batch", ids, PAPER_FIELDS)
                found |= zip(asked, papers, strict=True)
            return [
                Unit(str(about), _described(some, found, notes), datetime.now(UTC), about)
                for about, some in wanted
            ]

        return pages_of(self.people, units, cursor)

    def read(self, unit: Unit, notes: Notes) -> PersonDraft:
        """As `Source.read`."""
        return read_described(unit.key, unit.raw or {}, unit.retrieved_at, notes)


def _described(dois: Sequence[str], found: Mapping[str, Any], notes: Notes) -> dict[str, Any]:
    works: list[Any] = []
    for doi in dict.fromkeys(dois):
        paper = found[doi]
        if paper is None:
            notes.count("DOIs that Semantic Scholar does not know")
            continue
        ids = paper.get("externalIds") if isinstance(paper, dict) else None
        given = ids.get("DOI") if isinstance(ids, dict) else None
        if not isinstance(given, str) or parse_doi(given) != doi:
            notes.count("works that answer under another DOI, left out")
            continue
        works.append(paper)
    return {"works": works, "all_works": True}


def _batch(client: Client, path: str, ids: Sequence[str], fields: Sequence[str]) -> list[Any]:
    """A record for each id, in their order; None for those that are unknown."""
    params = {"fields": ",".join(fields)}
    reply = client.ask("POST", path, params=params, json={"ids": list(ids)})
    if reply is None:
        return [None] * len(ids)
    body = body_of(reply)
    # What stands where is all that tells which record belongs to which id.
    if not isinstance(body, list) or len(body) != len(ids):
        raise SourceRefusedError(
            f"{reply.url} answered with something else than {len(ids)} records"
        )
    return body


def _author_id(text: str) -> str:
    found = re.fullmatch(
        r"(?:https?://(?:www\.)?semanticscholar\.org/author/(?:[^/?#]+/)?)?([0-9]{1,12})",
        text.strip(),
    )
    if found is None:
        raise InvalidInputError("not the id of an author at Semantic Scholar, which is a number")
    return found.group(1)
