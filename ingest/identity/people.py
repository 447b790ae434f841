"""People of the registry and of drafts as the records that are compared. Pure.

Each form of a name that somebody goes by makes a record of its own: what he is called in one
source need not be what he is called in another.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from ingest.identity.evidence import Kind, PersonRecord, make_record, sorted_name
from registry.text import fold

__all__ = ["records_of"]

_MOST_NAMES: Final = 4
_MOST_ORGANISATIONS: Final = 5
_MOST_COAUTHORS: Final = 60
_MOST_TOPICS: Final = 12
Stated = tuple[str, Mapping[str, Any]]


def records_of(
    person: str, stated: Iterable[Stated], digest: Callable[[str], str]
) -> list[PersonRecord]:
    """The records of one person; none when no name is stated.

    Args:
        person: Id of all of them.
        stated: Property and value of what is said of him now; contact data opened.
        digest: Makes an address of e-mail unreadable, the same each time.
    """
    by_property: dict[str, list[Mapping[str, Any]]] = {}
    for name, value in stated:
        by_property.setdefault(name, []).append(value)
    forms: dict[str, str] = {}
    names = sorted(by_property.get("name", ()), key=lambda value: value.get("kind") != "main")
    for value in names:
        forms.setdefault(sorted_name(value["display"]), value["display"])
    own = {fold(display) for display in forms.values()} | set(forms)
    values = {
        Kind.ORCID: next(
            (v["value"] for v in by_property.get("external_id", ()) if v["scheme"] == "orcid"), ""
        ),
        Kind.EMAIL: next(
            (
                digest(v["address"].strip().lower())
                for v in by_property.get("contact", ())
                if v["kind"] == "email"
            ),
            "",
        ),
        Kind.BIRTH: next((str(v["year"]) for v in by_property.get("birth_year", ())), ""),
        Kind.AFFILIATION: " ".join(_organisations(by_property.get("affiliation", ()))),
        Kind.COAUTHORS: "; ".join(_coauthors(by_property.get("work", ()), own)),
        Kind.TOPIC: "; ".join(_topics(by_property)),
    }
    return [make_record(person, display, values) for display in list(forms.values())[:_MOST_NAMES]]


def _organisations(values: Iterable[Mapping[str, Any]]) -> list[str]:
    """Where he works and worked, the present main one first."""
    ordered = sorted(values, key=lambda value: not value.get("is_main"))
    return [value["organisation"] for value in ordered][:_MOST_ORGANISATIONS]


def _coauthors(works: Iterable[Mapping[str, Any]], own: set[str]) -> list[str]:
    found: dict[str, None] = {}
    for work in works:
        for author in work.get("authors") or ():
            if fold(author) not in own and sorted_name(author) not in own:
                found.setdefault(author.replace(";", " "), None)
    return list(found)[:_MOST_COAUTHORS]


def _topics(by_property: Mapping[str, list[Mapping[str, Any]]]) -> list[str]:
    codes = [f"{v['scheme']}:{v['code']}" for v in by_property.get("field", ())]
    for work in by_property.get("work", ()):
        codes += [f"openalex_topic:{code}" for code in (work.get("topics") or ())[:1]]
    return list(dict.fromkeys(codes))[:_MOST_TOPICS]
