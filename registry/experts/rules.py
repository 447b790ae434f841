"""Decisions about statements: which of several counts, and what a list shows of a person. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from registry.dates import year_of
from registry.text import fold

# Who is believed first when sources differ; the rest stays visible beside it.
# A person knows his own career best; a steward corrects what he saw was wrong in a source and
# answers for it; ORCID is kept by the person; a ministry's list by those who employ him; OpenAlex
# is computed from works and mixes people at times.
_SOURCE_ORDER = (
    "self",
    "steward",
    "orcid",
    "ministry_list",
    "openalex",
    "crossref",
    "europepmc",
    "dblp",
    "semantic_scholar",
    "crossref_doi",
    "semantic_scholar_doi",
)
_VERIFICATION_ORDER = ("checked", "confirmed", "claimed")

# No list that somebody loads may take one of these names and with it its standing.
RESERVED_SOURCES = frozenset(_SOURCE_ORDER) - {"ministry_list"} | {"demo"}

_DEGREES = ("bachelor", "master", "doctor")


@dataclass(frozen=True)
class CurrentStatement:
    """The part of a statement that the rules look at."""

    property: str
    value: Mapping[str, Any]
    source: str
    verification: str
    visibility: str
    asserted_at: datetime
    started_on: str | None = None
    ended_on: str | None = None
    legal_ground: str = "public_record"
    judgement: str | None = None


@dataclass(frozen=True)
class Crosswalk:
    """How codes of one classification lead to another; all unofficial, reviewed by people.

    Args:
        topic_groups: OpenAlex topic to strategic groups of 2026.
        ford: "scheme:code" to the nearest OECD FORD code.
    """

    topic_groups: Mapping[str, Sequence[int]] = field(default_factory=dict)
    ford: Mapping[str, str] = field(default_factory=dict)


def precedence(statement: CurrentStatement) -> tuple[int, int, int, float]:
    """Sort key, best first.

    What the person says himself or accepted as his; then what a steward checked on a document;
    then what the source itself confirmed; then by the kind of source. Within equals the newer
    statement counts.
    """
    is_own = statement.source == "self" or statement.judgement == "accepted"
    kind = statement.source
    if statement.legal_ground == "ministry_list" and kind not in RESERVED_SOURCES:
        # Each ministry's list has a name of its own; its legal ground tells its kind.
        kind = "ministry_list"
    order = _SOURCE_ORDER.index(kind) if kind in _SOURCE_ORDER else len(_SOURCE_ORDER)
    verified = _VERIFICATION_ORDER.index(statement.verification)
    return int(not is_own), verified, order, -statement.asserted_at.timestamp()


def choose(statements: Iterable[CurrentStatement], property_name: str) -> CurrentStatement | None:
    """The statement of this property that counts, or None."""
    found = [s for s in statements if s.property == property_name]
    return min(found, key=precedence) if found else None


def main_affiliation(statements: Iterable[CurrentStatement]) -> CurrentStatement | None:
    """The current main affiliation: of the best source, the one it calls main, else its newest."""
    running = [s for s in statements if s.property == "affiliation" and s.ended_on is None]
    if not running:
        return None
    best = min(precedence(s)[:3] for s in running)
    equals = [s for s in running if precedence(s)[:3] == best]
    return max(
        equals, key=lambda s: (bool(s.value.get("is_main")), s.started_on or "", s.asserted_at)
    )


def field_codes(statements: Iterable[CurrentStatement], crosswalk: Crosswalk) -> list[str]:
    """FORD codes of a person's fields, each with its parent ("ford:2.2" brings "ford:2")."""
    codes: set[str] = set()
    for statement in statements:
        if statement.property != "field":
            continue
        scheme, code = statement.value["scheme"], statement.value["code"]
        ford = code if scheme == "ford" else crosswalk.ford.get(f"{scheme}:{code}")
        if ford:
            codes |= {f"ford:{ford}", f"ford:{ford.split('.')[0]}"}
    return sorted(codes)


def strategic_groups(statements: Iterable[CurrentStatement], crosswalk: Crosswalk) -> list[int]:
    """Groups of the 2026 list that a person's stated fields or topics serve."""
    groups: set[int] = set()
    for statement in statements:
        if statement.property != "field":
            continue
        scheme, code = statement.value["scheme"], statement.value["code"]
        if scheme == "strategic_2026":
            groups.add(int(code))
        elif scheme == "openalex_topic":
            groups |= set(crosswalk.topic_groups.get(code, ()))
    return sorted(groups)


def _highest(values: Iterable[str], order: Sequence[str]) -> str | None:
    known = [order.index(v) for v in values if v in order]
    return order[max(known)] if known else None


def summarise(
    statements: Sequence[CurrentStatement], crosswalk: Crosswalk
) -> dict[str, Any] | None:
    """What lists and filters show of a person, from public statements only.

    None when no public name is stated: such a person is in no list.
    """
    public = [s for s in statements if s.visibility == "public" and s.judgement != "rejected"]
    name = choose([s for s in public if s.value.get("kind", "main") == "main"], "name")
    if name is None:
        return None
    affiliation = main_affiliation(public)
    country = affiliation.value.get("country_code") if affiliation else None
    role = (affiliation.value.get("role") or {}) if affiliation else {}
    sector, rank = choose(public, "sector"), choose(public, "rank")
    years = [
        year
        for s in public
        if s.property in {"post", "work", "project"} and (year := year_of(s.started_on))
    ]
    return {
        "display_name": name.value["display"],
        "folded_name": fold(name.value["display"]),
        "organisation": affiliation.value["organisation"] if affiliation else None,
        "role_vi": role.get("vi"),
        "role_en": role.get("en"),
        "country_code": country,
        # Unknown is kept apart: no affiliation or no country says nothing about where one is.
        "is_overseas": None if country is None else country != "VN",
        "sector": sector.value["sector"] if sector else None,
        "rank": rank.value["rank"] if rank else None,
        "degree": _highest((s.value["level"] for s in public if s.property == "degree"), _DEGREES),
        "first_year": min(years, default=None),
        "languages": sorted({s.value["code"] for s in public if s.property == "language"}),
        "fields": field_codes(public, crosswalk),
        "groups": strategic_groups(public, crosswalk),
    }
