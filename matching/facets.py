"""Filters of a search: checked on the way in, counted and named on the way out."""

from collections.abc import Iterable
from functools import partial

from sqlalchemy.orm import Session

from matching.schemas import FacetValue, SearchRequest
from registry.access.policy import Selector
from registry.experts import repository as experts
from registry.experts.filters import RESIDENCES, ExpertFilter, parse_filter
from registry.taxonomy import service as taxonomy

_RESIDENCE_NAMES = {
    "domestic": ("Trong nước", "In Vietnam"),
    "overseas": ("Ở nước ngoài", "Overseas"),
    "unknown": ("Chưa rõ", "Unknown"),
}


def read_filter(session: Session, request: SearchRequest) -> ExpertFilter:
    """The request's filter values, checked against the loaded classifications.

    Raises:
        InvalidInputError: A value is unknown; the message says which are known.
    """
    return parse_filter(
        request.residences,
        request.countries,
        request.fields,
        request.groups,
        known_countries={country.code for country in taxonomy.list_countries(session)},
        known_fields={field.code for field in taxonomy.list_ford(session)},
        known_groups={group.no for group in taxonomy.list_groups(session)},
    )


def list_facets(
    session: Session, selector: Selector, narrowed: ExpertFilter
) -> dict[str, list[FacetValue]]:
    """Every filter value that would leave somebody, with its count and names."""
    counts = experts.count_facets(session, selector, narrowed)
    countries = {c.code: (c.name_vi, c.name_en) for c in taxonomy.list_countries(session)}
    fields = {
        f.code: (f.name_vi or f.name_en or "", f.name_en or "") for f in taxonomy.list_ford(session)
    }
    groups = {str(g.no): (g.name_vi, g.name_en) for g in taxonomy.list_groups(session)}
    by_size = partial(_by_size, counts["countries"])
    return {
        "residences": _facet(
            RESIDENCES, counts["residences"], _RESIDENCE_NAMES, narrowed.residences
        ),
        "groups": _facet(groups, counts["groups"], groups, [str(n) for n in narrowed.groups]),
        "fields": _facet(fields, counts["fields"], fields, narrowed.fields),
        "countries": _facet(
            sorted(countries, key=by_size), counts["countries"], countries, narrowed.countries
        ),
    }


def _by_size(counts: dict[str, int], code: str) -> tuple[int, str]:
    return -counts.get(code, 0), code


def _facet(
    order: Iterable[str],
    counts: dict[str, int],
    names: dict[str, tuple[str, str]],
    chosen: Iterable[str],
) -> list[FacetValue]:
    picked = set(chosen)
    return [
        FacetValue(
            value=value,
            name_vi=names[value][0],
            name_en=names[value][1],
            count=counts.get(value, 0),
            is_chosen=value in picked,
        )
        for value in order
        if counts.get(value, 0) or value in picked
    ]
