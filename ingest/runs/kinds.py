"""The kinds of imports: what each asks for, and how it reads what comes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal
from uuid import UUID

from ingest.runs.staging import Staged
from ingest.services import crossref, dblp, europepmc, openalex, orcid, semantic_scholar
from ingest.services.asking import Source
from ingest.services.client import Client, Stop, Transport
from ingest.services.manifest import Manifest
from ingest.services.openalex_files import AuthorsOfSnapshot
from ingest.services.openalex_queries import AuthorsByBylines, AuthorsByFilter
from ingest.services.orcid_search import ExpandedSearch
from ingest.services.replies import Reply, Verdict
from ingest.sources.openalex import read_openalex
from ingest.sources.orcid_files import Refused, read_orcid_file
from ingest.sources.records import Notes
from registry.config import Settings

__all__ = ["KINDS", "FileKind", "Service", "ServiceKind", "open_client"]


@dataclass(frozen=True)
class Service:
    """An outside service, and how it is asked."""

    manifest: Manifest
    judge: Callable[[Reply], Verdict]
    headers: Callable[[Settings], dict[str, str]]


OPENALEX: Final = Service(
    openalex.MANIFEST, openalex.judge, lambda s: openalex.headers(s.openalex_key)
)
ORCID: Final = Service(orcid.MANIFEST, orcid.judge, lambda s: orcid.headers(s.orcid_token))
CROSSREF: Final = Service(
    crossref.MANIFEST, crossref.judge, lambda s: crossref.headers(s.contact_address)
)
SEMANTIC_SCHOLAR: Final = Service(
    semantic_scholar.MANIFEST,
    semantic_scholar.judge,
    lambda s: semantic_scholar.headers(s.semantic_scholar_key),
)
EUROPEPMC: Final = Service(europepmc.MANIFEST, europepmc.judge, lambda _: europepmc.headers())
DBLP: Final = Service(dblp.MANIFEST, dblp.judge, lambda _: dblp.headers())

Question = Mapping[str, Any]


@dataclass(frozen=True)
class ServiceKind:
    """A question to a service.

    Args:
        ask: Makes the question from its settings; InvalidInputError when they are wrong.
        asks: What the settings hold: names of lists of texts, such as 'countries' and 'orcids'.
        about: For questions about known people: the scheme of the id by which they are asked for,
            'doi' for the DOIs of their works.
    """

    source: str
    service: Service
    ask: Callable[[Question], Source]
    asks: tuple[str, ...] = ()
    about: Literal["orcid", "dblp", "semantic_scholar", "doi"] | None = None


@dataclass(frozen=True)
class FileKind:
    """Files that hold records of a source."""

    source: str
    read: Callable[[Sequence[Path], datetime, Notes], Iterator[Staged]]


def _people(question: Question) -> list[tuple[UUID, str]]:
    return [(UUID(person), key) for person, key in question["people"]]


def _dois(question: Question) -> list[tuple[UUID, list[str]]]:
    found: dict[UUID, list[str]] = {}
    for person, doi in question["people"]:
        found.setdefault(UUID(person), []).append(doi)
    return list(found.items())


def _openalex_filter(question: Question) -> Source:
    return AuthorsByFilter(
        countries=question.get("countries", ()),
        institutions=question.get("institutions", ()),
        ids=question.get("ids", ()),
        orcids=question.get("orcids", ()),
        limit_dollars=question.get("limit_dollars"),
    )


def _openalex_bylines(question: Question) -> Source:
    return AuthorsByBylines(
        question.get("names", ()),
        question.get("countries", ()),
        limit_dollars=question.get("limit_dollars"),
    )


def _snapshot(question: Question) -> Source:
    return AuthorsOfSnapshot(
        Path(question["folder"]),
        datetime.fromisoformat(question["retrieved_at"]),
        ids=question.get("ids", ()),
        orcids=question.get("orcids", ()),
        countries=question.get("countries", ()),
    )


def _orcid_records(question: Question) -> Source:
    about = {key: person for person, key in _people(question)} if "people" in question else {}
    return orcid.RecordsByOrcid([*question.get("orcids", ()), *about], about or None)


def _read_openalex_files(paths: Sequence[Path], at: datetime, notes: Notes) -> Iterator[Staged]:
    reading = read_openalex(paths, at)
    for line in reading.notes:
        notes.count(line)
    for draft in reading.people:
        yield Staged(draft.source_key, draft.source_key, draft)


def _read_orcid_files(paths: Sequence[Path], at: datetime, notes: Notes) -> Iterator[Staged]:
    for path in paths:
        for found in read_orcid_file(path, at, notes):
            if isinstance(found, Refused):
                problems = tuple(str(problem) for problem in found.problems)
                yield Staged(found.where, None, None, problems)
            else:
                yield Staged(found.source_key, found.source_key, found)


PEOPLE_LIST: Final = "people_list"
KINDS: Final[Mapping[str, ServiceKind | FileKind]] = {
    "openalex": ServiceKind(
        "openalex", OPENALEX, _openalex_filter, ("countries", "institutions", "ids", "orcids")
    ),
    "openalex_bylines": ServiceKind(
        "openalex", OPENALEX, _openalex_bylines, ("names", "countries")
    ),
    "openalex_snapshot": ServiceKind(
        "openalex", OPENALEX, _snapshot, ("ids", "orcids", "countries")
    ),
    "openalex_files": FileKind("openalex", _read_openalex_files),
    "orcid": ServiceKind("orcid", ORCID, _orcid_records, ("orcids",)),
    "orcid_known": ServiceKind("orcid", ORCID, _orcid_records, (), "orcid"),
    "orcid_search": ServiceKind(
        "orcid", ORCID, lambda q: ExpandedSearch(" ".join(q.get("query", ()))), ("query",)
    ),
    "orcid_files": FileKind("orcid", _read_orcid_files),
    "crossref": ServiceKind(
        "crossref", CROSSREF, lambda q: crossref.WorksOfPeople(_people(q)), (), "orcid"
    ),
    "crossref_doi": ServiceKind(
        "crossref_doi", CROSSREF, lambda q: crossref.WorksByDoi(_dois(q)), (), "doi"
    ),
    "europepmc": ServiceKind(
        "europepmc", EUROPEPMC, lambda q: europepmc.WorksOfPeople(_people(q)), (), "orcid"
    ),
    "dblp": ServiceKind("dblp", DBLP, lambda q: dblp.WorksOfPeople(_people(q)), (), "dblp"),
    "dblp_search": ServiceKind(
        "dblp", DBLP, lambda q: dblp.PeopleByName(" ".join(q.get("name", ()))), ("name",)
    ),
    "semantic_scholar": ServiceKind(
        "semantic_scholar",
        SEMANTIC_SCHOLAR,
        lambda q: semantic_scholar.WorksOfPeople(_people(q)),
        (),
        "semantic_scholar",
    ),
    "semantic_scholar_doi": ServiceKind(
        "semantic_scholar_doi",
        SEMANTIC_SCHOLAR,
        lambda q: semantic_scholar.WorksByDoi(_dois(q)),
        (),
        "doi",
    ),
}


def open_client(
    service: Service, settings: Settings, stop: Stop, transport: Transport | None = None
) -> Client:
    """A client that asks a service with the keys of the settings, until it is stopped."""
    return Client(
        service.manifest,
        service.judge,
        headers=service.headers(settings),
        address=settings.source_addresses.get(service.manifest.name),
        transport=transport,
        cancelled=stop,
    )
