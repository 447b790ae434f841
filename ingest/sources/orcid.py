"""ORCID records read into drafts of persons.

A record holds what the person, or somebody with his leave, entered: all of it is claimed. The
country of a record is where the person works or says to be, never an origin, and is not read.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import ValidationError

from ingest.sources.files import refusal, shorten
from ingest.sources.orcid_careers import career_statements
from ingest.sources.orcid_public import public_only
from ingest.sources.orcid_records import Activities, Name, OrcidRecord, Person
from ingest.sources.orcid_texts import local_text, statement, words
from ingest.sources.orcid_works import funding_statements, work_statements
from ingest.sources.records import Notes, note_leftovers, problems_of
from registry.errors import InvalidInputError, Problem
from registry.experts.schemas import PersonDraft
from registry.experts.values import BiographyValue, ExternalIdValue, NameValue
from registry.ids import parse_orcid
from registry.names.parse import looks_vietnamese, parse_name
from registry.text import fold

__all__ = ["SOURCE", "gone_record", "name_values", "orcid_url", "read_orcid_record"]

SOURCE: Final = "orcid"
_SCOPUS_TYPES: Final = frozenset({"scopus author id", "scopus id"})
_URLS: Final[tuple[tuple[Literal["dblp", "openalex"], re.Pattern[str]], ...]] = (
    (
        "dblp",
        re.compile(r"https?://dblp\.(?:org|uni-trier\.de)/pid/([0-9a-z]+/[\w-]+?)(?:\.html)?"),
    ),
    ("openalex", re.compile(r"https?://openalex\.org/(?:authors/)?(A[0-9]{1,18})", re.IGNORECASE)),
)


def orcid_url(orcid: str) -> str:
    """The address of a bare iD."""
    return f"https://orcid.org/{orcid}"


def read_orcid_record(
    raw: dict[str, Any], retrieved_at: datetime, notes: Notes, where: str = ""
) -> PersonDraft:
    """What a record says of its person.

    The record is complete: what it no longer says, because it was deleted or made private, is no
    longer said here either. The draft's raw record holds the public items alone.

    Args:
        raw: As the service sends it in JSON, or `record_of_xml` gives it.
        retrieved_at: Aware, in UTC.
        where: Of the record within a file, for messages.

    Raises:
        ImportRefusedError: It has not the form of a record, or its iD is wrong.
    """
    name = where or "the record"
    try:
        kept = public_only(raw, notes)
        record = OrcidRecord.model_validate(kept)
    except ValidationError as exc:
        raise refusal(name, problems_of(where, exc)) from exc
    except RecursionError as exc:
        problem = Problem(name, "lists nested without end", "a flat record")
        raise refusal(name, [problem]) from exc
    path = record.orcid_identifier.path
    try:
        orcid = parse_orcid(path)
    except InvalidInputError as exc:
        at = f"{where}.orcid-identifier.path".lstrip(".")
        raise refusal(name, [Problem(at, shorten(path), "an ORCID iD")]) from exc
    person, activities = record.person or Person(), record.activities_summary or Activities()
    url = orcid_url(orcid)
    values = [*_names(person, notes), *_external_ids(orcid, person, notes)]
    statements = [statement(value, url, notes) for value in values]
    if person.biography:
        text = local_text(person.biography.content, 20_000, "biographies", notes)
        if text:
            statements.append(statement(BiographyValue(text=text), url, notes))
    statements += career_statements(activities, url, notes)
    statements += funding_statements(activities.fundings, url, notes)
    statements += work_statements(activities.works, url, notes)
    note_leftovers("record", record, notes)
    return PersonDraft(
        source=SOURCE,
        source_key=orcid,
        url=url,
        retrieved_at=retrieved_at,
        raw=kept,
        statements=statements,
    )


def gone_record(orcid: str, retrieved_at: datetime) -> PersonDraft:
    """A draft that says nothing: the record was deleted or locked, so all of it ends here too."""
    return PersonDraft(
        source=SOURCE,
        source_key=orcid,
        url=orcid_url(orcid),
        retrieved_at=retrieved_at,
        raw={},
        statements=[],
    )


def name_values(
    given: str | None,
    family: str | None,
    credit: str | None,
    others: list[str | None],
    notes: Notes,
) -> Iterator[NameValue]:
    """The main name, then each other form once; a published name is main when there is no other."""
    seen: set[str] = set()
    first = " ".join(part for part in (given, family) if part)
    for text in (first, credit, *others):
        display = words(text, 500, "names", notes)
        if display is None or not any(c.isalpha() for c in display):
            notes.count("names without letters left out", bool(text))
            continue
        if display.casefold() in seen:
            continue
        kind: Literal["main", "variant"] = "variant" if seen else "main"
        seen.add(display.casefold())
        if text is first and given and family:
            yield _stated_name(display, given, family, notes)
            continue
        parsed = parse_name(display, "unknown" if looks_vietnamese(display) else "given_first")
        yield NameValue(
            display=display,
            family=parsed.family,
            middle=parsed.middle,
            given=parsed.given,
            kind=kind,
        )


def _stated_name(display: str, given: str, family: str, notes: Notes) -> NameValue:
    """The parts as entered, unless they seem to be swapped: the form asks in Western order."""
    family, given = (words(part, 500, "names", Notes()) or "" for part in (family, given))
    plain_family, plain_given = family.replace(",", " "), given.replace(",", " ")
    if looks_vietnamese(display):
        as_entered = parse_name(f"{plain_family} {plain_given}").family
        as_read = parse_name(display).family
        if as_read and fold(as_read) != fold(family) and fold(as_entered or "") != fold(family):
            notes.count("names whose family and given name may be swapped, kept without parts")
            return NameValue(display=display)
    parsed = parse_name(f"{plain_family}, {plain_given}")
    return NameValue(
        display=display, family=family or None, middle=parsed.middle, given=parsed.given
    )


def _names(person: Person, notes: Notes) -> Iterator[NameValue]:
    name = person.name or Name()
    others = [o.content for o in person.other_names.other_name] if person.other_names else []
    yield from name_values(name.given_names, name.family_name, name.credit_name, others, notes)


def _external_ids(orcid: str, person: Person, notes: Notes) -> Iterator[ExternalIdValue]:
    found = [ExternalIdValue(scheme="orcid", value=orcid)]
    given = person.external_identifiers.external_identifier if person.external_identifiers else []
    for one in given:
        kind, value = one.external_id_type or "", (one.external_id_value or "").strip()
        if one.external_id_relationship not in {"self", None}:
            notes.count("ids of a person that are not his own, left out")
        elif kind.casefold().strip() not in _SCOPUS_TYPES:
            notes.name("kinds of personal ids without a place here", shorten(kind)[1:-1])
        elif re.fullmatch("[0-9]{1,20}", value):
            found.append(ExternalIdValue(scheme="scopus", value=value))
        else:
            notes.count("Scopus ids of another form left out")
    urls = person.researcher_urls.researcher_url if person.researcher_urls else []
    for url in urls:
        for scheme, pattern in _URLS:
            if match := pattern.fullmatch((url.url or "").strip()):
                key = match.group(1)
                value = key.upper() if scheme == "openalex" else key
                found.append(ExternalIdValue(scheme=scheme, value=value))
                break
        else:
            notes.count("addresses of pages left out")
    yield from {value.item_key(): value for value in found}.values()
