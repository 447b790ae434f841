"""ORCID's expanded search: people whom a steward may choose, with names and institutions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from pydantic import ConfigDict, Field, ValidationError

from ingest.services.asking import Page, Unit
from ingest.services.client import Client
from ingest.services.orcid import MANIFEST
from ingest.services.replies import Reply, json_of
from ingest.sources.files import refusal
from ingest.sources.orcid import SOURCE, name_values, orcid_url
from ingest.sources.orcid_public import public_only
from ingest.sources.orcid_texts import statement, words
from ingest.sources.records import Many, Notes, Record, note_leftovers, problems_of
from registry.errors import InvalidInputError, SourceRefusedError
from registry.experts.schemas import PersonDraft
from registry.experts.values import VALUE_CLASSES, ExternalIdValue
from registry.ids import parse_orcid

__all__ = ["Candidate", "ExpandedSearch", "candidate_of"]

_LAST_START: Final = 10_000
_MOST_ROWS: Final = 1000


class _Hit(Record):
    """A hit; e-mail addresses are taken out before it is read or kept."""

    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", "-"))
    known: ClassVar = frozenset({"email"})

    orcid_id: str
    given_names: str | None = None
    family_names: str | None = None
    credit_name: str | None = None
    other_name: Many[str] = Field(default_factory=list)
    institution_name: Many[str] = Field(default_factory=list)


@dataclass(frozen=True)
class Candidate:
    """Somebody whom a search found; nothing says that it is the person who was meant.

    Args:
        orcid: The bare iD.
        names: As they stand, the main one first.
        institutions: Where he works, worked or studied: the search does not tell these apart.
    """

    orcid: str
    names: tuple[str, ...]
    institutions: tuple[str, ...]


class ExpandedSearch:
    """The hits of a search, as a source of leads.

    Args:
        query: In the syntax of Apache Solr, such as
            'family-name:Nguyen AND affiliation-org-name:"Can Tho University"'. The field
            given-and-family-names finds names with and without marks, the others do not.
        rows: Hits that are fetched at a time, up to 1000.

    Raises:
        InvalidInputError: The query is empty, or `rows` lies outside.
    """

    manifest = MANIFEST

    def __init__(self, query: str, rows: int = 200) -> None:
        if not query.strip():
            raise InvalidInputError("a search needs a query")
        if not 1 <= rows <= _MOST_ROWS:
            raise InvalidInputError(f"rows lies between 1 and {_MOST_ROWS}")
        self.query, self.rows = query.strip(), rows

    def pages(self, client: Client, cursor: Mapping[str, Any] | None) -> Iterator[Page]:
        """As `Source.pages`; the service shows no more than its first hits, some 10,000."""
        start = int(cursor["start"]) if cursor else 0
        before: list[str] = []
        while start <= _LAST_START:
            params: dict[str, str | int] = {"q": self.query, "start": start, "rows": self.rows}
            reply = client.get("expanded-search/", params)
            if reply is None:
                raise SourceRefusedError("ORCID does not know its own search")
            hits, total = _hits(reply)
            notes = Notes()
            units = [unit for hit in hits if (unit := _unit(hit, reply, notes))]
            keys = [unit.key for unit in units]
            start += self.rows
            is_last = not hits or start >= total or keys == before
            if not is_last and start > _LAST_START:
                notes.count("hits that the search counts but does not show", total - start)
                is_last = True
            yield Page(units, None if is_last else {"start": start}, total, notes.lines())
            if is_last:
                return
            before = keys

    def read(self, unit: Unit, notes: Notes) -> PersonDraft:
        """A lead with names and the iD; whatever else is known of the person stays as it is."""
        hit = _checked(unit, notes)
        names = name_values(
            hit.given_names, hit.family_names, hit.credit_name, [*hit.other_name], notes
        )
        url = orcid_url(unit.key)
        values = [*names, ExternalIdValue(scheme="orcid", value=unit.key)]
        return PersonDraft(
            source=SOURCE,
            source_key=unit.key,
            url=url,
            retrieved_at=unit.retrieved_at,
            raw=dict(unit.raw or {}),
            partial=list(VALUE_CLASSES),
            statements=[statement(value, url, notes) for value in values],
        )


def candidate_of(unit: Unit, notes: Notes) -> Candidate:
    """A hit as a steward is shown it.

    Raises:
        ImportRefusedError: It has not the form of a hit.
    """
    hit = _checked(unit, notes)
    names = name_values(
        hit.given_names, hit.family_names, hit.credit_name, [*hit.other_name], notes
    )
    places = [words(name, 500, "organisation names", notes) for name in hit.institution_name]
    kept = dict.fromkeys(place for place in places if place)
    return Candidate(unit.key, tuple(name.display for name in names), tuple(kept))


def _hits(reply: Reply) -> tuple[list[Any], int]:
    """The hits of a reply, whose list is null when there are none, and how many there are."""
    value = json_of(reply)
    hits = value.get("expanded-result", value.get("result")) if isinstance(value, dict) else None
    total = value.get("num-found") if isinstance(value, dict) else None
    if not isinstance(total, int) or not isinstance(hits, list | None):
        raise SourceRefusedError(f"{reply.url} answered with something else than hits")
    return hits or [], total


def _unit(hit: Any, reply: Reply, notes: Notes) -> Unit | None:
    """A hit as a unit; without a sound iD nobody can be meant by it."""
    try:
        orcid = parse_orcid(hit["orcid-id"])
        raw = public_only({k: v for k, v in hit.items() if k != "email"}, notes)
    except (InvalidInputError, KeyError, TypeError, AttributeError, RecursionError):
        notes.count("hits without an ORCID iD left out")
        return None
    return Unit(orcid, raw, reply.retrieved_at)


def _checked(unit: Unit, notes: Notes) -> _Hit:
    try:
        hit = _Hit.model_validate(dict(unit.raw or {}))
    except ValidationError as exc:
        raise refusal(unit.key, problems_of("", exc)) from exc
    note_leftovers("hit", hit, notes)
    return hit
