"""Europe PMC as a service: articles that carry the ORCID iDs of known people."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from ingest.services.asking import Page, Unit
from ingest.services.client import Client
from ingest.services.known_people import Piece, body_of, gather, pages_of, with_ids
from ingest.services.manifest import Expected, Manifest
from ingest.services.replies import Reply, Verdict, judge_by_status, said
from ingest.sources.europepmc import SOURCE, read_person
from ingest.sources.europepmc_records import slim
from ingest.sources.europepmc_xml import body_of_xml
from ingest.sources.files import shorten
from ingest.sources.records import Notes
from registry.errors import ImportRefusedError, InvalidInputError, SourceRefusedError
from registry.experts.schemas import PersonDraft
from registry.experts.values import LocalText
from registry.ids import parse_orcid

__all__ = ["MANIFEST", "WorksOfPeople", "headers", "judge", "results_of"]

MANIFEST: Final = Manifest(
    name=SOURCE,
    title=LocalText(vi="Europe PMC", en="Europe PMC"),
    licence=(
        "Terms of Europe PMC: data about articles are free to use, naming Europe PMC. Abstracts "
        "and full texts are left out, as many belong to their publishers."
    ),
    documents="https://europepmc.org/RestfulWebService",
    address="https://www.ebi.ac.uk/europepmc/webservices/rest",
    per_second=3.0,
    # Life sciences alone: most people of other fields have no article there.
    expected={"people with a work": Expected(5, 100)},
)

# Whole records with abstracts; those of large collaborations come to a megabyte each.
_ROWS: Final = 50


def headers() -> dict[str, str]:
    """Of each request; the service knows no keys."""
    return {"Accept": "application/json"}


def judge(reply: Reply) -> Verdict:
    """What a reply means; errors come as 200 too, and then `results_of` says so."""
    if reply.status == 400:
        return Verdict("no", f"it does not take the question: {said(reply)}")
    return judge_by_status(reply)


class WorksOfPeople:
    """Articles of which an author carries the iD of a known person.

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
        query = " OR ".join(f'AUTHORID:"{orcid}"' for orcid in orcids)

        def ask(cursor: str) -> Piece:
            params: dict[str, str | int] = {
                "query": query,
                "resultType": "core",
                "format": "json",
                "pageSize": _ROWS,
                "cursorMark": cursor,
            }
            reply = client.get("search", params)
            if reply is None:
                raise SourceRefusedError("Europe PMC does not know its own search")
            results, following = results_of(reply)
            # An unchanged cursor ends the list; how many hits are counted does not matter.
            return Piece(
                [slim(item, orcids) for item in results], None if following == cursor else following
            )

        pages = -(-self.works_per_person // _ROWS) + 1
        works, has_all = gather(ask, "*", self.works_per_person, pages)
        notes.count("people of whom only the first works were read", not has_all)
        raw = {"ids": orcids, "works": works, "all_works": has_all}
        return Unit(orcids[0], raw, datetime.now(UTC), about, tuple(orcids[1:]))


def results_of(reply: Reply) -> tuple[list[Any], str | None]:
    """The results of a search as they came, and the cursor that the service names.

    Raises:
        SourceRefusedError: It is no reply to a search, but an error or something else.
    """
    if reply.content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        try:
            body: Any = body_of_xml(reply.content, "Europe PMC")
        except ImportRefusedError as exc:
            raise SourceRefusedError(
                f"{reply.url} answered with something else than results: {said(reply)}"
            ) from exc
    else:
        body = body_of(reply)
    if not isinstance(body, dict) or "hitCount" not in body:
        message = body.get("errMsg") if isinstance(body, dict) else None
        why = f": {shorten(message, 300)[1:-1]}" if message else ""
        raise SourceRefusedError(f"{reply.url} answered with something else than results{why}")
    listed, following = body.get("resultList"), body.get("nextCursorMark")
    results = listed.get("result") if isinstance(listed, dict) else listed
    if not isinstance(results, list | None) or not isinstance(following, str | None):
        raise SourceRefusedError(f"{reply.url} answered with something else than results")
    return results or [], following
