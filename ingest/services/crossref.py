"""Crossref as a service: works that carry the iDs of known people, and works by DOI."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote
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
from ingest.services.replies import Reply, Verdict, json_of, judge_by_status, said
from ingest.sources.crossref import BY_DOI, SOURCE, read_described, read_person, slim
from ingest.sources.files import shorten
from ingest.sources.records import Notes
from registry.errors import InvalidInputError, SourceRefusedError
from registry.experts.schemas import PersonDraft
from registry.experts.values import LocalText
from registry.ids import parse_doi, parse_orcid

__all__ = ["MANIFEST", "WorksByDoi", "WorksOfPeople", "headers", "judge"]

MANIFEST: Final = Manifest(
    name=SOURCE,
    title=LocalText(vi="Crossref", en="Crossref"),
    licence=(
        "Facts about works are free to use and pass on. Abstracts are left out, as some of them "
        "are not free. Who asks with a contact address is served better, and told of problems."
    ),
    documents="https://www.crossref.org/documentation/retrieve-metadata/rest-api/",
    address="https://api.crossref.org",
    per_second=3.0,
    # Publishers deposit iDs for some of the works alone, so a few people have none there.
    expected={"people with a work": Expected(50, 100)},
)
_BY_DOI: Final = replace(
    MANIFEST,
    name=BY_DOI,
    title=LocalText(vi="Crossref (theo DOI)", en="Crossref (by DOI)"),
)

# Whole records of large collaborations: twenty-five of them may come to thirty megabytes.
_ROWS: Final = 25


def headers(contact: str | None = None) -> dict[str, str]:
    """Of each request: who asks.

    Args:
        contact: An e-mail address of whoever keeps the registry, for the faster pool. It travels
            in the header, since addresses of requests are kept.

    Raises:
        InvalidInputError: It is no e-mail address.
    """
    if not contact:
        return {}
    checked_secret(contact, "the contact address for Crossref")
    if contact.count("@") != 1 or any(c in "<>(),;" for c in contact):
        raise InvalidInputError("the contact for Crossref is an address like name@example.org")
    return {"User-Agent": f"expert-registry (mailto:{contact})"}


def judge(reply: Reply) -> Verdict:
    """What a reply means; 404 is plain text for a DOI nobody knows, and JSON for a bad cursor."""
    if reply.status == 404 and "cursor-invalid" in reply.text[:2000]:
        return Verdict("no", "the cursor is no longer valid; take the run up again")
    if reply.status == 400:
        return Verdict("no", f"it does not take the question: {_message(reply)}")
    if reply.status == 403:
        return Verdict("no", "it has blocked this address; write to support@crossref.org")
    return judge_by_status(reply)


def _message(reply: Reply) -> str:
    """What a failed validation says; the first words of any other reply."""
    try:
        body = json_of(reply)
    except SourceRefusedError:
        return said(reply)
    parts = body.get("message") if isinstance(body, dict) else None
    texts = [
        part["message"]
        for part in (parts if isinstance(parts, list) else [])
        if isinstance(part, dict) and isinstance(part.get("message"), str)
    ]
    return shorten(" ".join(texts), 300)[1:-1] if texts else said(reply)


class WorksOfPeople:
    """Works whose publishers deposited the iD of a known person.

    Args:
        people: Whom of the registry, and his ORCID iD in any form.
        works_per_person: Of the first ones; his other works stay as they are then.

    Raises:
        InvalidInputError: One of the iDs is none, or `works_per_person` lies outside.
    """

    manifest = MANIFEST

    def __init__(self, people: Sequence[tuple[UUID, str]], works_per_person: int = 2000) -> None:
        if not 1 <= works_per_person <= 10_000:
            raise InvalidInputError("works_per_person must be a number from 1 to 10000")
        self.people = with_ids(people, parse_orcid)
        self.works_per_person = works_per_person

    def pages(self, client: Client, cursor: Mapping[str, Any] | None) -> Iterator[Page]:
        """As `Source.pages`; one unit for each person."""

        def units(wanted: Sequence[tuple[UUID, list[str]]], notes: Notes) -> list[Unit]:
            return [self._unit(client, about, orcids, notes) for about, orcids in wanted]

        return pages_of(self.people, units, cursor)

    def read(self, unit: Unit, notes: Notes) -> PersonDraft:
        """As `Source.read`."""
        return read_person(unit.key, unit.raw, unit.retrieved_at, notes)

    def _unit(self, client: Client, about: UUID, orcids: list[str], notes: Notes) -> Unit:
        parts = [self._works(client, orcid) for orcid in orcids]
        works = [work for part, _ in parts for work in part]
        has_all = all(is_whole for _, is_whole in parts)
        notes.count("people of whom only the first works were read", not has_all)
        raw = {"ids": orcids, "works": works, "all_works": has_all}
        return Unit(orcids[0], raw, datetime.now(UTC), about, tuple(orcids[1:]))

    def _works(self, client: Client, orcid: str) -> tuple[list[Any], bool]:
        count = 0

        def ask(cursor: str) -> Piece:
            nonlocal count
            reply, message = _ask(
                client, "works", {"filter": f"orcid:{orcid}", "rows": _ROWS, "cursor": cursor}
            )
            items, following = message.get("items"), message.get("next-cursor")
            total = message.get("total-results")
            if not isinstance(items, list) or not isinstance(following, str | None):
                raise SourceRefusedError(f"{reply.url} answered with something else than works")
            count += len(items)
            # A short page is the last one where the service counts no more works.
            has_ended = isinstance(total, int) and len(items) < _ROWS and count >= total
            return Piece([slim(item) for item in items], None if has_ended else following)

        pages = -(-self.works_per_person // _ROWS) + 1
        return gather(ask, "*", self.works_per_person, pages)


class WorksByDoi:
    """How Crossref describes works that a person is known for already.

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
            return [self._unit(client, about, dois, notes) for about, dois in wanted]

        return pages_of(self.people, units, cursor)

    def read(self, unit: Unit, notes: Notes) -> PersonDraft:
        """As `Source.read`."""
        return read_described(unit.key, unit.raw or {}, unit.retrieved_at, notes)

    def _unit(self, client: Client, about: UUID, dois: Sequence[str], notes: Notes) -> Unit:
        works: list[Any] = []
        for doi in dict.fromkeys(dois):
            path = f"works/{quote(doi, safe='')}"
            reply = client.get(path)
            if reply is None:
                notes.count("DOIs that Crossref does not know")
                continue
            work = _message_of(reply)
            given = work.get("DOI")
            if not isinstance(given, str) or parse_doi(given) != doi:
                notes.count("works that answer under another DOI, left out")
                continue
            works.append(slim(work))
        raw = {"works": works, "all_works": True}
        return Unit(str(about), raw, datetime.now(UTC), about)


def _ask(
    client: Client, path: str, params: Mapping[str, str | int]
) -> tuple[Reply, dict[str, Any]]:
    reply = client.get(path, params)
    if reply is None:
        raise SourceRefusedError(f"Crossref knows no {path}")
    return reply, _message_of(reply)


def _message_of(reply: Reply) -> dict[str, Any]:
    body = body_of(reply)
    message = body.get("message") if isinstance(body, dict) else None
    if not isinstance(message, dict):
        raise SourceRefusedError(f"{reply.url} answered with something else than a message")
    return message
