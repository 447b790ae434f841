"""DBLP's record of a person with his publications, read into statements.

People there are told apart by hand. The id of a person stays, while the name that is printed
differs from work to work.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from ingest.sources.dblp_records import Person, Publication, display_name, pid_of
from ingest.sources.files import refusal, shorten
from ingest.sources.openalex_works import year_text
from ingest.sources.orcid_texts import local_text, words
from ingest.sources.records import Notes, note_leftovers
from ingest.sources.work_lists import (
    Bylines,
    ListedWork,
    bylines,
    checked_works,
    doi_of,
    empty_draft,
    listed_draft,
    part_of,
    printed_names,
    without_stop,
)
from registry.errors import InvalidInputError, Problem
from registry.experts.schemas import PersonDraft
from registry.experts.values import (
    VALUE_CLASSES,
    AffiliationValue,
    ExternalIdValue,
    NameValue,
    Value,
    WorkValue,
)
from registry.ids import parse_doi, parse_orcid

__all__ = ["SOURCE", "person_url", "read_person"]

SOURCE: Final = "dblp"
_KINDS: Final = frozenset(
    {"Books and Theses", "Conference and Workshop Papers", "Data and Artifacts"}
    | {"Informal Publications", "Informal and Other Publications", "Journal Articles"}
    | {"Parts in Books or Collections", "Reference Works"}
)
# Whom a record names as editor, and what was taken back.
_NO_WORKS: Final = frozenset({"Editorship", "Withdrawn Items"})
_ORCID: Final = re.compile(r"https?://orcid\.org/(\S+)")


def person_url(pid: str) -> str:
    """Where the service shows a person."""
    return f"https://dblp.org/pid/{pid}"


def read_person(
    pid: str, raw: Mapping[str, Any] | None, retrieved_at: datetime, notes: Notes
) -> PersonDraft:
    """What the service says of a person and his works.

    Args:
        pid: The person's bare id, the first one of several.
        raw: `people`, the records of his ids, and `works`, in the shape of the search API, and
            `all_works`: whether this is all of the person, or a part that a search found, which
            ends nothing. None when the service has no such person any more.
        retrieved_at: Aware, in UTC.

    Raises:
        ImportRefusedError: A record has not the known form; nothing is returned then.
    """
    url = person_url(pid)
    if raw is None:
        return empty_draft(SOURCE, pid, url, retrieved_at)
    problems: list[Problem] = []
    people = _people(pid, raw.get("people"), problems)
    works, is_whole = checked_works(Publication, raw, problems)
    if problems:
        raise refusal(f"DBLP {pid}", problems)
    listed: list[ListedWork] = []
    printed: list[str | None] = []
    for work, digest in works:
        note_leftovers("work", work, notes)
        if not any(name.at_pid in people for name in work.names):
            notes.count("works that do not name the person as an author, left out")
            continue
        authors = bylines(
            ((display_name(n.text, notes), n.at_pid in people) for n in work.names), notes
        )
        if stated := _stated(work, digest, authors, notes):
            listed.append(stated)
            printed.append(authors.own)
    note_leftovers("person", list(people.values()), notes)
    values = [*_names(list(people.values()), printed, notes), *_facts(people, notes)]
    partial = [] if is_whole else list(VALUE_CLASSES)
    return listed_draft(SOURCE, pid, url, retrieved_at, values, listed, partial, notes)


def _people(pid: str, given: object, problems: list[Problem]) -> dict[str, Person]:
    """The records of a person by his ids, that of `pid` first."""
    if not isinstance(given, list) or not given:
        problems.append(Problem("people", shorten(given), "a list of records"))
        return {}
    found: dict[str, Person] = {}
    for number, one in enumerate(given):
        person = part_of(Person, one, f"people[{number}]", problems)
        if person is None:
            continue
        own = pid_of(person.url)
        if own is None or (number == 0 and own != pid):
            expected = f"the person {pid}" if number == 0 else "the address of a person"
            problems.append(Problem(f"people[{number}].url", shorten(person.url), expected))
        else:
            found.setdefault(own, person)
    return found


def _names(
    people: Sequence[Person], printed: list[str | None], notes: Notes
) -> Iterator[NameValue]:
    given = [
        text
        for person in people
        for text in (person.author, *(person.aliases.alias if person.aliases else []))
    ]
    names = [display_name(text, notes) for text in given]
    for number, name in enumerate(printed_names([*names, *printed])):
        # The person's own record tells his main name.
        is_main = number == 0 and names[0] == name.display
        yield NameValue(**{**name.model_dump(), "kind": "main"}) if is_main else name


def _facts(people: Mapping[str, Person], notes: Notes) -> Iterator[Value]:
    """The ids of a person, and where he works."""
    yield from (ExternalIdValue(scheme="dblp", value=pid) for pid in people)
    urls = dict.fromkeys(url for person in people.values() for url in person.urls)
    orcids = dict.fromkeys(found.group(1) for url in urls if (found := _ORCID.match(url)))
    for text in orcids:
        try:
            yield ExternalIdValue(scheme="orcid", value=parse_orcid(text))
        except InvalidInputError:
            notes.count("ORCID iDs of a wrong form or check character, left out")
    notes.count("addresses of pages left out", len(urls) - len(orcids))
    seen: set[str] = set()
    for note in (n for person in people.values() if person.notes for n in person.notes.note):
        place = words(note.text, 500, "affiliations", notes)
        if note.at_type != "affiliation" or note.at_label:
            # A label tells of former places, and of degrees, in words of many forms.
            notes.count("notes about the person left out")
        elif place and place.casefold() not in seen:
            seen.add(place.casefold())
            yield AffiliationValue(organisation=place)


def _stated(work: Publication, digest: str, authors: Bylines, notes: Notes) -> ListedWork | None:
    if work.type in _NO_WORKS:
        notes.name("records that are nobody's work, left out", str(work.type))
        return None
    title = local_text(without_stop(work.title), 20_000, "titles", notes)
    if title is None:
        notes.count("works without a title left out")
        return None
    if work.type and work.type not in _KINDS:
        notes.name("work types that this importer does not know", shorten(work.type)[1:-1])
    given = work.doi or next((one for one in work.ee if parse_doi(one)), None)
    year = work.year or ""
    if year and not re.fullmatch("[0-9]{4}", year):
        notes.count("years of another form left out")
        year = ""
    value = WorkValue(
        title=title,
        venue=words(next(iter(work.venue), None), 500, "venues", notes),
        kind=words(work.type, 500, "work types", notes),
        doi=doi_of(given, notes),
        authors=authors.names,
        author_position=authors.position,
    )
    url = f"https://dblp.org/rec/{work.key}"
    return ListedWork(work.key, digest, value, year_text(int(year), notes) if year else None, url)
