"""What services say that list the works of known people: shared parts of their readers. Pure."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, NamedTuple, TypeVar

from pydantic import AfterValidator, ValidationError

from ingest.sources.files import shorten
from ingest.sources.orcid_texts import statement, words
from ingest.sources.records import Notes, Record, problems_of
from registry.errors import Problem
from registry.experts.schemas import PersonDraft, StatementDraft
from registry.experts.values import NameValue, Value, WorkValue
from registry.ids import parse_doi
from registry.names.parse import looks_vietnamese, parse_name

__all__ = [
    "Bylines",
    "ListedWork",
    "WorkId",
    "bylines",
    "checked_works",
    "doi_of",
    "empty_draft",
    "ids_of",
    "listed_draft",
    "part_of",
    "printed_names",
    "sound_doi",
    "without_stop",
]

R = TypeVar("R", bound=Record)
# Longer lists are those of collaborations: whom one of a thousand names belongs to says little.
_MOST_AUTHORS: Final = 100
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9/_.:+()-]{0,299}")
_ENDLESS: Final = "lists nested without end"
_FLAT: Final = "a flat record"
_STOP: Final = re.compile(r"(?:(?<=[^\W_]{2})|(?<=[)\]\"'”’»]))\.$")


class Bylines(NamedTuple):
    """The authors of a work.

    Args:
        names: As printed, in order, 100 at most.
        position: Of the person among all of them, from 1; None where it is not certain.
        own: The person's own name as printed; None where he is not marked among them.
    """

    names: list[str]
    position: int | None
    own: str | None


class ListedWork(NamedTuple):
    """A work that a service lists, ready to be stated.

    Args:
        key: Its id within the service.
        digest: SHA-256 of its record.
        year: As a partial date.
    """

    key: str
    digest: str
    value: WorkValue
    year: str | None
    url: str


def part_of(model: type[R], raw: object, where: str, problems: list[Problem]) -> R | None:
    """A checked part of what was sent; None when it is refused, and `problems` say why."""
    if not isinstance(raw, dict):
        problems.append(Problem(where, shorten(raw), "an object"))
        return None
    try:
        return model.model_validate(raw)
    except ValidationError as exc:
        problems += problems_of(where, exc)
    except RecursionError:
        problems.append(Problem(where, _ENDLESS, _FLAT))
    return None


def checked_works(
    model: type[R], raw: Mapping[str, Any], problems: list[Problem]
) -> tuple[list[tuple[R, str]], bool]:
    """The works of a unit, each with its digest, and whether they are all that there are.

    Args:
        raw: `works`, records as they came, and `all_works`, a boolean.
        problems: Extended by what is wrong; nothing of the unit may be used then.
    """
    given, has_all = raw.get("works"), raw.get("all_works")
    if not isinstance(given, list):
        problems.append(Problem("works", shorten(given), "a list"))
    if not isinstance(has_all, bool):
        problems.append(Problem("all_works", shorten(has_all), "true or false"))
    found: list[tuple[R, str]] = []
    for number, item in enumerate(given if isinstance(given, list) else []):
        where = f"works[{number}]"
        work = part_of(model, item, where, problems)
        if work is None:
            continue
        try:
            found.append((work, _digest(item)))
        except RecursionError:
            problems.append(Problem(where, _ENDLESS, _FLAT))
    return found, has_all is True


def ids_of(key: str, raw: Mapping[str, Any], problems: list[Problem]) -> list[str]:
    """All ids that the person has within the service: those of the unit, of which `key` is one."""
    ids = raw.get("ids")
    if not isinstance(ids, list) or key not in ids or not all(isinstance(i, str) for i in ids):
        problems.append(Problem("ids", shorten(ids), f"a list of ids with {key}"))
        return []
    return ids


def _digest(item: object) -> str:
    return hashlib.sha256(json.dumps(item, sort_keys=True).encode()).hexdigest()


def bylines(entries: Iterable[tuple[str | None, bool]], notes: Notes) -> Bylines:
    """The authors of a work.

    Args:
        entries: The name of each as printed, and whether the service says that it is the person.
    """
    names: list[str] = []
    own: list[int] = []
    for text, is_own in entries:
        name = words(text, 500, "author names", notes)
        if name is None:
            notes.count("authors without a name left out of works")
            continue
        names.append(name)
        if is_own:
            own.append(len(names))
    notes.count("works that name the person several times, kept without a place", len(own) > 1)
    notes.count(f"lists of authors cut to {_MOST_AUTHORS}", len(names) > _MOST_AUTHORS)
    return Bylines(
        names[:_MOST_AUTHORS],
        own[0] if len(own) == 1 else None,
        names[own[0] - 1] if own else None,
    )


def printed_names(names: Iterable[str | None]) -> Iterator[NameValue]:
    """Each printed form of the person's name once, as a variant of the name that he has.

    Services tell the parts of a name apart as publishers deposit them, who often swap those of
    Vietnamese names; so the order is judged by the words alone, where they look Vietnamese.
    """
    seen: set[str] = set()
    for name in names:
        if name is None or name.casefold() in seen:
            continue
        seen.add(name.casefold())
        parsed = parse_name(name, "unknown" if looks_vietnamese(name) else "given_first")
        yield NameValue(
            display=name,
            family=parsed.family,
            middle=parsed.middle,
            given=parsed.given,
            kind="variant",
        )


def doi_of(text: str | None, notes: Notes) -> str | None:
    """The bare DOI; None, and noted, when it is of another form."""
    if not text:
        return None
    doi = sound_doi(text)
    notes.count("DOIs of another form left out", doi is None)
    return doi


def sound_doi(text: str) -> str | None:
    """The bare DOI, if it is one that can be kept and shown."""
    doi = parse_doi(text)
    return doi if doi and len(doi) <= 500 and doi.isprintable() else None


def _sound_id(text: str) -> str:
    """An id as it may stand in addresses."""
    if not _ID.fullmatch(text):
        raise ValueError("expected an id")
    return text


WorkId = Annotated[str, AfterValidator(_sound_id)]


def without_stop(title: str | None) -> str | None:
    """A title without the full stop that some services put after each."""
    return _STOP.sub("", title.rstrip()) if title else title


def listed_draft(
    source: str,
    key: str,
    url: str,
    retrieved_at: datetime,
    values: Iterable[Value],
    works: Sequence[ListedWork],
    partial: Sequence[str],
    notes: Notes,
) -> PersonDraft:
    """The draft of a person whose works a service lists.

    Its raw record holds a digest of each work: works name other people, and would be stored once
    for each of them.
    """
    statements = [statement(value, url, notes) for value in values]
    statements += _work_statements(works, notes)
    return PersonDraft(
        source=source,
        source_key=key,
        url=url,
        retrieved_at=retrieved_at,
        raw={"works": {work.key: work.digest for work in works}},
        partial=list(partial),
        statements=statements,
    )


def empty_draft(source: str, key: str, url: str, retrieved_at: datetime) -> PersonDraft:
    """A draft that says nothing: the service has nothing of the person any more."""
    return PersonDraft(
        source=source, source_key=key, url=url, retrieved_at=retrieved_at, raw={}, statements=[]
    )


def _work_statements(works: Sequence[ListedWork], notes: Notes) -> Iterator[StatementDraft]:
    seen: set[str] = set()
    for work in works:
        if work.value.item_key() in seen:
            notes.count("works under the DOI or title of another work of the same person, left out")
            continue
        seen.add(work.value.item_key())
        yield statement(work.value, work.url, notes, work.year)
