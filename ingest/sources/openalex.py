"""OpenAlex authors and works, in files or as the service sends them, read into drafts of persons.

The form of the records is in openalex_records.py and openalex_works.py, what they state in
openalex_authors.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from ingest.sources.files import refusal, shorten
from ingest.sources.json_files import JsonRecord, read_json_records
from ingest.sources.openalex_authors import SOURCE, OwnWork, author_draft, author_url
from ingest.sources.openalex_records import PLACEHOLDERS, Author, Kept, R, kept
from ingest.sources.openalex_works import Work, bare_id, stated_work
from ingest.sources.records import Notes, note_leftovers, problems_of
from registry.errors import Problem
from registry.experts.schemas import PersonDraft

__all__ = ["OpenAlexReading", "read_author", "read_openalex"]

_FLAT: Final = "a flat record"
_ENDLESS: Final = "lists nested without end"


@dataclass(frozen=True)
class OpenAlexReading:
    """The persons of some files, and what was left out of them."""

    people: list[PersonDraft]
    notes: list[str]


class _Checked(NamedTuple):
    """The records of all files by bare id."""

    authors: dict[str, Kept[Author]]
    works: dict[str, Kept[Work]]


def read_openalex(paths: Sequence[Path], retrieved_at: datetime) -> OpenAlexReading:
    """Read author and work records into one draft for each author.

    The files are taken together: works are attached to the authors among them, and of a record
    that occurs twice the newer one counts. The files hold some of a person's works; the others
    did not cease to exist.

    Args:
        paths: JSON, JSON lines, result pages or recorded replies, packed by gzip or not.
        retrieved_at: When the records were fetched; aware, in UTC.

    Raises:
        ImportRefusedError: A file is damaged, of another kind, or holds a record that is neither
            an author nor a work of the known form. Nothing is returned then.
    """
    notes = Notes()
    checked = _Checked({}, {})
    for path in paths:
        problems: list[Problem] = []
        for record in read_json_records(path):
            problems += _check(record, checked, notes)
        if problems:
            raise refusal(path.name, problems)
    own_works = _attach(checked, notes)
    people = [
        author_draft(key, found, own_works.get(key, []), retrieved_at, notes, has_all_works=False)
        for key, found in checked.authors.items()
    ]
    for author in checked.authors.values():
        note_leftovers("author", author.item, notes)
    for work in checked.works.values():
        note_leftovers("work", work.item, notes)
    return OpenAlexReading(people, notes.lines())


def read_author(
    key: str, raw: Mapping[str, Any] | None, retrieved_at: datetime, notes: Notes
) -> PersonDraft:
    """Read one author with the works that were fetched for him.

    Args:
        key: The author's bare id.
        raw: `author` as it came, `works` that the service lists under his id, and `all_works`:
            whether those are all of them. None when the service has no such author any more.
        retrieved_at: When the records were fetched; aware, in UTC.

    Raises:
        ImportRefusedError: A record has not the known form; nothing of the author is returned.
    """
    if raw is None:
        return PersonDraft(
            source=SOURCE,
            source_key=key,
            url=author_url(key),
            retrieved_at=retrieved_at,
            raw={},
            statements=[],
        )
    problems: list[Problem] = []
    author = _part(Author, "A", "author", raw.get("author"), problems)
    if author and (bare_id(author.item.id, "A") != key or key in PLACEHOLDERS):
        problems.append(Problem("author.id", shorten(author.item.id), f"the author {key}"))
    given, has_all_works = raw.get("works"), raw.get("all_works")
    if not isinstance(given, list):
        problems.append(Problem("works", shorten(given), "a list"))
    if not isinstance(has_all_works, bool):
        problems.append(Problem("all_works", shorten(has_all_works), "true or false"))
    works: dict[str, Kept[Work]] = {}
    for number, item in enumerate(given if isinstance(given, list) else []):
        work = _part(Work, "W", f"works[{number}]", item, problems)
        if work:
            _keep_newer(works, bare_id(work.item.id, "W") or "", work, notes)
    if problems or author is None or not isinstance(has_all_works, bool):
        raise refusal(f"OpenAlex {key}", problems)
    own = [mine for found in works.values() if (mine := _own_work(key, found, notes))]
    draft = author_draft(key, author, own, retrieved_at, notes, has_all_works=has_all_works)
    note_leftovers("author", author.item, notes)
    for found in works.values():
        note_leftovers("work", found.item, notes)
    return draft


def _part(
    model: type[R], letter: str, where: str, raw: object, problems: list[Problem]
) -> Kept[R] | None:
    """A checked record with an id of its kind; None when it is refused, and `problems` say why."""
    if not isinstance(raw, dict):
        problems.append(Problem(where, shorten(raw), "an object"))
        return None
    try:
        found = kept(model, raw)
    except ValidationError as exc:
        problems += problems_of(where, exc)
        return None
    except RecursionError:
        problems.append(Problem(where, _ENDLESS, _FLAT))
        return None
    if bare_id(found.item.id, letter) is None:
        problems.append(Problem(f"{where}.id", shorten(found.item.id), f"an id ({letter}…)"))
        return None
    return found


def _own_work(key: str, found: Kept[Work], notes: Notes) -> OwnWork | None:
    """A work that the service lists under the author's id."""
    stated = stated_work(found.item, notes)
    if stated is None:
        return None
    byline = stated.bylines.get(key)
    # Lists of authors end at a hundred.
    notes.count("works whose list of authors ends before this one", byline is None)
    return OwnWork(stated, byline, found.digest)


def _check(record: JsonRecord, checked: _Checked, notes: Notes) -> list[Problem]:
    """Put a record in its place, or say why not."""
    given = record.value.get("id")
    author_id, work_id = (
        bare_id(given, letter) if isinstance(given, str) else None for letter in ("A", "W")
    )
    try:
        if author_id in PLACEHOLDERS:
            notes.count("placeholder authors skipped")
        elif author_id:
            _keep_newer(checked.authors, author_id, kept(Author, record.value), notes)
        elif work_id:
            _keep_newer(checked.works, work_id, kept(Work, record.value), notes)
        else:
            found = (
                shorten(given) if given else f"an object with {shorten(', '.join(record.value))}"
            )
            where = f"{record.where}.id".lstrip(".")
            return [Problem(where, found, "the OpenAlex id of an author (A…) or a work (W…)")]
    except ValidationError as exc:
        return problems_of(record.where, exc)
    except RecursionError:
        return [Problem(record.where or "the file", _ENDLESS, _FLAT)]
    return []


def _keep_newer(known: dict[str, Kept[R]], key: str, new: Kept[R], notes: Notes) -> None:
    if key in known:
        notes.count("records that occur twice; the newer one counts")
        if (new.item.updated_date or "") <= (known[key].item.updated_date or ""):
            return
    known[key] = new


def _attach(checked: _Checked, notes: Notes) -> dict[str, list[OwnWork]]:
    """The works of each author of the files, in the order of the files."""
    own: dict[str, list[OwnWork]] = {}
    others: set[str] = set()
    for found in checked.works.values():
        stated = stated_work(found.item, notes)
        if stated is None:
            continue
        present = stated.bylines.keys() & checked.authors.keys()
        notes.count("works without an author in these files, not imported", not present)
        placeholders = stated.bylines.keys() & PLACEHOLDERS
        notes.count("placeholder authors skipped", len(placeholders))
        others |= stated.bylines.keys() - present - placeholders
        for author_id in present:
            own.setdefault(author_id, []).append(
                OwnWork(stated, stated.bylines[author_id], found.digest)
            )
    notes.count("authors of works without a record in these files, not imported", len(others))
    return own
