"""Organisations of ROR: records of schema v2, and the rows of the bundled table."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Any, ClassVar, Final

from pydantic import AfterValidator, Field, ValidationError

from ingest.sources.files import refusal, shorten
from ingest.sources.records import Many, Notes, Record, note_leftovers, problems_of
from registry.errors import Problem
from registry.ids import parse_ror
from registry.text import clean

__all__ = [
    "Organisation",
    "OrganisationName",
    "Relation",
    "bundled_organisations",
    "read_organisation",
]

_NAME_TYPES: Final = frozenset({"ror_display", "label", "alias", "acronym"})
_RELATIONS: Final = frozenset({"related", "parent", "child", "successor", "predecessor"})
_STATUSES: Final = frozenset({"active", "inactive", "withdrawn"})
_KINDS: Final = frozenset(
    {"education", "funder", "healthcare", "company", "archive", "nonprofit", "government"}
    | {"facility", "other"}
)
_Filled = Annotated[str, AfterValidator(clean), Field(min_length=1)]


@dataclass(frozen=True)
class OrganisationName:
    """A name, what it is (ror_display, label, alias, acronym), and its language where known."""

    text: str
    types: frozenset[str]
    language: str | None = None


@dataclass(frozen=True)
class Relation:
    """What another organisation is to this one: parent, child, related, successor, predecessor."""

    kind: str
    ror_id: str
    label: str


@dataclass(frozen=True)
class Organisation:
    """An organisation as ROR describes it.

    Args:
        ror_id: Bare.
        status: active, inactive or withdrawn; another one is as ROR writes it, and was noted.
        kinds: Education, healthcare and the like.
    """

    ror_id: str
    names: tuple[OrganisationName, ...]
    country_code: str | None
    city: str | None
    status: str
    kinds: tuple[str, ...] = ()
    relations: tuple[Relation, ...] = ()

    @property
    def display_name(self) -> str:
        """The name that ROR shows."""
        shown = [name.text for name in self.names if "ror_display" in name.types]
        return shown[0] if shown else self.names[0].text

    @property
    def successors(self) -> tuple[str, ...]:
        """The ROR ids of what came after it."""
        return self.related("successor")

    def related(self, kind: str) -> tuple[str, ...]:
        """The ROR ids of one kind of relation."""
        return tuple(r.ror_id for r in self.relations if r.kind == kind)


class _Geonames(Record):
    known: ClassVar = frozenset(
        {"continent_code", "continent_name", "country_name", "country_subdivision_code"}
        | {"country_subdivision_name", "lat", "lng"}
    )

    name: _Filled
    country_code: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = None


class _Location(Record):
    known: ClassVar = frozenset({"geonames_id"})

    geonames_details: _Geonames


class _Name(Record):
    value: _Filled
    types: list[str] = Field(min_length=1)
    lang: str | None = None


class _Relationship(Record):
    id: str
    label: _Filled
    type: str


class _OrganisationRecord(Record):
    known: ClassVar = frozenset({"admin", "domains", "established", "external_ids", "links"})

    id: str
    names: list[_Name] = Field(min_length=1)
    locations: list[_Location] = Field(min_length=1)
    status: str
    types: list[str]
    relationships: Many[_Relationship] = Field(default_factory=list)


def read_organisation(raw: Mapping[str, Any], notes: Notes, where: str = "") -> Organisation:
    """What a record of schema v2 says; pure.

    Raises:
        ImportRefusedError: It has not the form of such a record; records of v1 neither.
    """
    title = where or "the record"
    try:
        record = _OrganisationRecord.model_validate(dict(raw))
    except ValidationError as exc:
        raise refusal(title, problems_of(where, exc)) from exc
    except RecursionError as exc:
        problem = Problem(title, "lists nested without end", "a flat record")
        raise refusal(title, [problem]) from exc
    ror_id = parse_ror(record.id)
    problems = []
    if ror_id is None:
        problems.append(Problem(f"{where}.id".lstrip("."), shorten(record.id), "a ROR id"))
    if not any("ror_display" in name.types for name in record.names):
        at = f"{where}.names".lstrip(".")
        problems.append(Problem(at, "none that is shown", "a name of the type ror_display"))
    relations = []
    for i, relation in enumerate(record.relationships):
        other = parse_ror(relation.id)
        if other is None:
            at = f"{where}.relationships[{i}].id".lstrip(".")
            problems.append(Problem(at, shorten(relation.id), "a ROR id"))
        else:
            relations.append(Relation(relation.type, other, relation.label))
    if problems or ror_id is None:
        raise refusal(title, problems)
    _note_unknown("types of names", {t for n in record.names for t in n.types}, _NAME_TYPES, notes)
    _note_unknown("relationships", {r.kind for r in relations}, _RELATIONS, notes)
    _note_unknown("statuses", {record.status}, _STATUSES, notes)
    _note_unknown("types of organisations", set(record.types), _KINDS, notes)
    note_leftovers("organisation", record, notes)
    place = record.locations[0].geonames_details
    return Organisation(
        ror_id=ror_id,
        names=tuple(OrganisationName(n.value, frozenset(n.types), n.lang) for n in record.names),
        country_code=place.country_code,
        city=place.name,
        status=record.status,
        kinds=tuple(record.types),
        relations=tuple(relations),
    )


def _note_unknown(what: str, found: set[str], known: frozenset[str], notes: Notes) -> None:
    for name in sorted(found - known):
        notes.name(f"{what} of ROR that this importer does not know", shorten(name)[1:-1])


@lru_cache(maxsize=1)
def bundled_organisations() -> tuple[Organisation, ...]:
    """The organisations in Vietnam of the bundled table: many, not all."""
    text = files("registry.taxonomy").joinpath("data", "ror_vietnam_flat.csv").read_text("utf-8")
    return tuple(_of_row(row) for row in csv.DictReader(io.StringIO(text)))


def _of_row(row: Mapping[str, str]) -> Organisation:
    names = [OrganisationName(clean(row["display_name"]), frozenset({"ror_display", "label"}))]
    columns = {
        "name_vi": ("label", "vi"),
        "name_en": ("label", "en"),
        "aliases": ("alias", None),
        "acronyms": ("acronym", None),
    }
    for column, (kind, language) in columns.items():
        for text in _parts(row[column], "|"):
            names.append(OrganisationName(text, frozenset({kind}), language))
    relations = []
    kinds = {
        "parents": "parent",
        "children": "child",
        "successors": "successor",
        "predecessors": "predecessor",
    }
    for column, kind in kinds.items():
        for text in _parts(row[column], ";"):
            ror_id, _, label = text.partition(" ")
            relations.append(Relation(kind, ror_id, label))
    return Organisation(
        ror_id=row["ror_id"],
        names=tuple(names),
        country_code="VN",
        city=row["city"] or None,
        status=row["status"],
        kinds=tuple(_parts(row["types"], ";")),
        relations=tuple(relations),
    )


def _parts(cell: str, separator: str) -> list[str]:
    return [clean(part) for part in re.split(re.escape(separator), cell) if part.strip()]
