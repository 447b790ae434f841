"""DBLP as a service: known people by their id, and people by name as leads."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from ingest.services.asking import Page, Unit
from ingest.services.client import Client
from ingest.services.known_people import Piece, body_of, gather, pages_of, with_ids
from ingest.services.manifest import Expected, Manifest
from ingest.services.replies import Reply, Verdict, judge_by_status, said, wait_of
from ingest.sources.dblp import SOURCE, read_person
from ingest.sources.dblp_records import pid_of
from ingest.sources.dblp_xml import person_of_xml
from ingest.sources.files import shorten
from ingest.sources.records import Notes
from registry.errors import ImportRefusedError, InvalidInputError, SourceRefusedError
from registry.experts.schemas import PersonDraft
from registry.experts.values import LocalText

__all__ = ["MANIFEST", "PeopleByName", "WorksOfPeople", "headers", "hits_of", "judge"]

MANIFEST: Final = Manifest(
    name=SOURCE,
    title=LocalText(vi="DBLP", en="DBLP"),
    licence=(
        "CC0 1.0: free to use and pass on. Computer science alone; whoever wants more than some "
        "hundred people takes the dump at https://dblp.org/xml/."
    ),
    documents="https://dblp.org/faq/13501473",
    address="https://dblp.org",
    mirror="https://dblp.uni-trier.de",
    per_second=0.5,
    longest_wait=300,
    # Everybody with an id there has a work; iDs are linked for about a third.
    expected={"people with a work": Expected(95, 100), "people with an ORCID iD": Expected(5, 95)},
)

# As many as the service gives at once.
_ROWS: Final = 1000
_MOST_PAGES: Final = 5


def headers() -> dict[str, str]:
    """Of each request; the service knows no keys."""
    return {}


def judge(reply: Reply) -> Verdict:
    """What a reply means; the main server answers 500 at times, and then its mirror is asked."""
    match reply.status:
        case 400:
            return Verdict("no", f"it does not take the question: {said(reply)}")
        case 410:
            return Verdict("missing", "there is no such person any more")
        case 429:
            return Verdict("again", "it was asked too often", wait_of(reply.headers))
    return judge_by_status(reply)


class WorksOfPeople:
    """Known people with all of their publications.

    Args:
        people: Whom of the registry, and his id at DBLP, such as 152/3896, or its address.

    Raises:
        InvalidInputError: One of the ids is none.
    """

    manifest = MANIFEST

    def __init__(self, people: Sequence[tuple[UUID, str]]) -> None:
        self.people = with_ids(people, _pid)

    def pages(self, client: Client, cursor: Mapping[str, Any] | None) -> Iterator[Page]:
        """As `Source.pages`; a person who is gone comes as a unit without content."""

        def units(wanted: Sequence[tuple[UUID, list[str]]], notes: Notes) -> list[Unit]:
            return [self._unit(client, about, pids, notes) for about, pids in wanted]

        return pages_of(self.people, units, cursor)

    def read(self, unit: Unit, notes: Notes) -> PersonDraft:
        """As `Source.read`."""
        return read_person(unit.key, unit.raw, unit.retrieved_at, notes)

    def _unit(self, client: Client, about: UUID, pids: Sequence[str], notes: Notes) -> Unit:
        people: dict[str, Any] = {}
        works: dict[str, Any] = {}
        for pid in pids:
            found = _page(client, pid)
            if found is None:
                notes.name("people who are gone", pid)
                continue
            person, records = found
            # Two ids become one when they turn out to be one person's.
            people[pid_of(person["url"]) or pid] = person
            works |= {record["key"]: record for record in records}
        key = next(iter(people), pids[0])
        aliases = tuple(pid for pid in dict.fromkeys([*people, *pids]) if pid != key)
        raw = {"people": list(people.values()), "works": list(works.values()), "all_works": True}
        return Unit(key, raw if people else None, datetime.now(UTC), about, aliases)


class PeopleByName:
    """People whose name has these words, as leads, with those of their works that a search finds.

    A word is found at the beginning of names too, marks do not matter, and order neither; so a
    hit proposes somebody to a person who looks, and no more.

    Args:
        name: Some words of a name.

    Raises:
        InvalidInputError: There is no word in it.
    """

    manifest = MANIFEST

    def __init__(self, name: str) -> None:
        if not any(c.isalpha() for c in name):
            raise InvalidInputError("a search needs a name")
        self.name = " ".join(name.split())

    def pages(self, client: Client, cursor: Mapping[str, Any] | None) -> Iterator[Page]:
        """As `Source.pages`: one page, as the service gives a thousand people at once."""
        notes = Notes()
        people, has_all = self._hits(client, "author")
        notes.count("searches that find more people than the service gives", not has_all)
        works, has_works = self._hits(client, "publ")
        notes.count("searches that find more works than the service gives", not has_works)
        by_pid = _works_by_pid(works)
        units: dict[str, Unit] = {}
        for info in people:
            url = info.get("url") if isinstance(info, dict) else None
            pid = pid_of(url) if isinstance(url, str) else None
            if pid is None:
                notes.count("hits without the id of a person left out")
                continue
            raw = {"people": [info], "works": by_pid.get(pid, []), "all_works": False}
            units.setdefault(pid, Unit(pid, raw, datetime.now(UTC)))
        yield Page(list(units.values()), None, len(units), notes.lines())

    def read(self, unit: Unit, notes: Notes) -> PersonDraft:
        """A lead; whatever else is known of the person stays as it is."""
        return read_person(unit.key, unit.raw, unit.retrieved_at, notes)

    def _hits(self, client: Client, kind: str) -> tuple[list[Any], bool]:
        def ask(first: str) -> Piece:
            params: dict[str, str | int] = {
                "q": self.name,
                "format": "json",
                "h": _ROWS,
                "f": first,
                "c": 0,
            }
            reply = client.get(f"search/{kind}/api", params)
            if reply is None:
                raise SourceRefusedError("DBLP does not know its own search")
            hits, total = hits_of(reply)
            end = int(first) + len(hits)
            return Piece(hits, str(end) if hits and end < total else None)

        return gather(ask, "0", _ROWS * _MOST_PAGES, _MOST_PAGES)


def hits_of(reply: Reply) -> tuple[list[Any], int]:
    """What a search says of each hit, and how many hits there are.

    Raises:
        SourceRefusedError: It is no reply to a search, or the search failed.
    """
    body = body_of(reply)
    result = body.get("result") if isinstance(body, dict) else None
    hits = result.get("hits") if isinstance(result, dict) else None
    status = result.get("status") if isinstance(result, dict) else None
    if isinstance(status, dict) and status.get("@code", "200") != "200":
        raise SourceRefusedError(f"{reply.url} failed: {shorten(status.get('text'), 300)[1:-1]}")
    total = hits.get("@total") if isinstance(hits, dict) else None
    # The key is missing when nothing is found, and one hit stands without a list.
    listed = hits.get("hit", []) if isinstance(hits, dict) else None
    listed = [listed] if isinstance(listed, dict) else listed
    if not isinstance(listed, list) or not isinstance(total, str) or not total.isdecimal():
        raise SourceRefusedError(f"{reply.url} answered with something else than hits")
    if not all(isinstance(hit, dict) and "info" in hit for hit in listed):
        raise SourceRefusedError(f"{reply.url} answered with hits that say nothing")
    return [hit["info"] for hit in listed], int(total[:12])


def _page(client: Client, pid: str) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
    """The record of a person and his works; None when there is no such person any more."""
    reply = client.get(f"pid/{pid}.xml")
    if reply is None:
        return None
    try:
        return person_of_xml(reply.content, f"DBLP {pid}")
    except ImportRefusedError as exc:
        raise SourceRefusedError(
            f"{reply.url} answered with something else than a person: {said(reply)}"
        ) from exc


def _works_by_pid(works: Sequence[Any]) -> dict[str, list[Any]]:
    """The works of each person; records of another form are left to nobody."""
    found: dict[str, list[Any]] = {}
    for work in works:
        authors = work.get("authors") if isinstance(work, dict) else None
        listed = authors.get("author") if isinstance(authors, dict) else None
        for author in listed if isinstance(listed, list) else [listed]:
            pid = author.get("@pid") if isinstance(author, dict) else None
            if isinstance(pid, str) and work not in found.get(pid, []):
                found.setdefault(pid, []).append(work)
    return found


def _pid(text: str) -> str:
    pid = pid_of(text)
    if pid is None:
        raise InvalidInputError("not the id of a person at DBLP; expected a form like 152/3896")
    return pid
