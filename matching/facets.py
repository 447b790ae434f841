"""Filters of a search: checked on the way in, counted and named on the way out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from matching.schemas import FacetValue, MatchRequest
from registry.access.policy import Selector
from registry.experts import repository as experts
from registry.experts.filters import ExpertFilter, parse_filter
from registry.taxonomy import service as taxonomy

Names = Mapping[str, tuple[str, str]]

_RESIDENCES: Names = {
    "domestic": ("Trong nước", "In Vietnam"),
    "overseas": ("Ở nước ngoài", "Overseas"),
    "unknown": ("Chưa rõ", "Unknown"),
}


@dataclass(frozen=True)
class FilterNames:
    """The values that filters may take, each with its Vietnamese and English name."""

    countries: Names
    fields: Names
    groups: Names

    @classmethod
    def load(cls, session: Session) -> "FilterNames":
        """Read the loaded classifications."""
        return cls(
            {c.code: (c.name_vi, c.name_en) for c in taxonomy.list_countries(session)},
            {
                f.code: (f.name_vi or f.name_en or "", f.name_en or "")
                for f in taxonomy.list_ford(session)
            },
            {str(g.no): (g.name_vi, g.name_en) for g in taxonomy.list_groups(session)},
        )

    def read(self, request: MatchRequest) -> ExpertFilter:
        """The request's filter.

        Raises:
            InvalidInputError: A value is unknown; the message says which are known.
        """
        return parse_filter(
            request.residences,
            request.countries,
            request.fields,
            request.groups,
            known_countries=self.countries,
            known_fields=self.fields,
            known_groups=[int(number) for number in self.groups],
        )

    def count(
        self, session: Session, selector: Selector, narrowed: ExpertFilter
    ) -> dict[str, list[FacetValue]]:
        """Every filter value that would leave somebody, with its count and names."""
        counts = experts.count_facets(session, selector, narrowed)
        in_countries = counts["countries"]
        countries = sorted(self.countries, key=lambda code: (-in_countries.get(code, 0), code))
        chosen = [str(number) for number in narrowed.groups]
        return {
            "residences": _facet(
                _RESIDENCES, counts["residences"], _RESIDENCES, narrowed.residences
            ),
            "groups": _facet(self.groups, counts["groups"], self.groups, chosen),
            "fields": _facet(self.fields, counts["fields"], self.fields, narrowed.fields),
            "countries": _facet(countries, in_countries, self.countries, narrowed.countries),
        }


def _facet(
    order: Iterable[str], counts: Mapping[str, int], names: Names, chosen: Iterable[str]
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
