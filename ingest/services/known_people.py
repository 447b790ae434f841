"""What sources about known people share: whom to ask about, and whole lists of their works."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from ingest.services.asking import Page, Unit
from ingest.services.replies import Reply, json_of
from ingest.sources.openalex_records import storable
from ingest.sources.records import Notes
from registry.errors import InvalidInputError, SourceRefusedError
from registry.ids import parse_doi

__all__ = ["Piece", "body_of", "checked_doi", "checked_secret", "gather", "pages_of", "with_ids"]

T = TypeVar("T")


class Piece(NamedTuple):
    """A page of a list.

    Args:
        next: Where the next one is; None when this was the last.
        is_cut: Whether the service has more that it does not give.
    """

    items: list[Any]
    next: str | None
    is_cut: bool = False


def with_ids(
    people: Sequence[tuple[UUID, str]], parse: Callable[[str], str]
) -> list[tuple[UUID, list[str]]]:
    """The people, each with his bare ids; an id of two people is asked for the first one.

    What a source says of one person is compared as a whole, so he comes once, with all ids.

    Raises:
        InvalidInputError: By `parse`, of an id of a wrong form.
    """
    about: dict[str, UUID] = {}
    for person, given in people:
        about.setdefault(parse(given), person)
    ids: dict[UUID, list[str]] = {}
    for key, person in about.items():
        ids.setdefault(person, []).append(key)
    return list(ids.items())


def pages_of(
    people: Sequence[T],
    units: Callable[[Sequence[T], Notes], list[Unit]],
    cursor: Mapping[str, Any] | None,
    per_page: int = 10,
) -> Iterator[Page]:
    """Pages with one whole unit for each person.

    A page's cursor counts the people who are done. It holds no cursor of the service: a unit has
    to be whole to be compared, and services forget their cursors within minutes.

    Args:
        per_page: People whose fetching is lost by a stop, at most.
    """
    done = int(cursor["people"]) if cursor else 0
    for start in range(done, len(people), per_page):
        wanted, notes = people[start : start + per_page], Notes()
        found = units(wanted, notes)
        end = start + len(wanted)
        following = {"people": end} if end < len(people) else None
        yield Page(found, following, len(people), notes.lines())


def gather(
    ask: Callable[[str], Piece], first: str, most: int, pages: int
) -> tuple[list[Any], bool]:
    """A list, page by page, and whether that is all of it.

    It ends with an empty page, after `pages` of them, when `most` items are there, or when a page
    brings nothing new: a service may send one cursor again and again, with new items or without.
    """
    items: list[Any] = []
    seen: set[str] = set()
    cursor = first
    for _ in range(pages):
        piece = ask(cursor)
        new = [item for item in piece.items if not _is_seen(item, seen)]
        if piece.items and not new:
            return items, False
        items += new
        if not piece.items or piece.next is None:
            return items[:most], len(items) <= most and not piece.is_cut
        if len(items) >= most:
            return items[:most], False
        cursor = piece.next
    return items, False


def _is_seen(item: Any, seen: set[str]) -> bool:
    try:
        text = json.dumps(item, sort_keys=True)
    except RecursionError as exc:
        raise SourceRefusedError("a reply holds lists nested without end") from exc
    known = text in seen
    seen.add(text)
    return known


def body_of(reply: Reply) -> Any:
    """The JSON of a reply without the characters that no database holds.

    Raises:
        SourceRefusedError: It is no JSON.
    """
    return json_of(replace(reply, content=storable(reply.content)))


def checked_secret(text: str, what: str) -> str:
    """A key or address as it may stand in a header.

    Raises:
        InvalidInputError: It holds spaces or other characters that do not belong there.
    """
    if not text or not (text.isascii() and text.isprintable() and " " not in text):
        raise InvalidInputError(f"{what} holds characters that do not belong there; copy it anew")
    return text


def checked_doi(text: str) -> str:
    """The bare DOI.

    Raises:
        InvalidInputError: It is none.
    """
    doi = parse_doi(text)
    if doi is None:
        raise InvalidInputError("not a DOI; expected a form like 10.1000/182")
    return doi
