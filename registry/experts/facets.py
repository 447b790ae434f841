"""Filters of searches and lists: checked on the way in, counted and named on the way out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy.orm import Session

from registry.experts.filters import (
    CONFIRMED_WITHIN,
    LISTED_LIVES,
    REACHABILITIES,
    ExpertFilter,
    parse_filter,
)
from registry.experts.selection import Selection, count_facets
from registry.taxonomy import service as taxonomy
from registry.text import clean

Names = Mapping[str, tuple[str, str]]
Language = Literal["vi", "en"]

RESIDENCE_NAMES: Final[Names] = {
    "domestic": ("Trong nước", "In Vietnam"),
    "overseas": ("Ở nước ngoài", "Overseas"),
    "unknown": ("Chưa rõ", "Unknown"),
}
REACHABILITY_NAMES: Final[Names] = {
    "reachable": ("Liên hệ được", "Reachable"),
    "unanswered": ("Chưa trả lời", "Has not answered"),
    "bounced": ("Thư bị trả lại", "Messages came back"),
    "unknown": ("Chưa rõ", "Unknown"),
}
CONFIRMED_NAMES: Final[Names] = {
    "365": ("Trong một năm qua", "Within a year"),
    "730": ("Trong hai năm qua", "Within two years"),
}
LIFE_NAMES: Final[Names] = {
    "lead": ("Tìm thấy trong nguồn", "Found in a source"),
    "invited": ("Đã mời", "Invited"),
    "claimed": ("Đã nhận hồ sơ", "Claimed"),
    "verified": ("Đã kiểm tra", "Verified"),
    "paused": ("Tạm dừng", "Paused"),
    "withdrawn": ("Đã rút sự đồng ý", "Withdrawn"),
    "merged": ("Đã gộp", "Merged"),
    "erased": ("Đã xóa", "Erased"),
}


def names_in(names: Names, language: Language) -> dict[str, str]:
    """Names in one of the two languages, by code."""
    return {code: vi if language == "vi" else en for code, (vi, en) in names.items()}


class FilterRequest(BaseModel):
    """Filters as a client sends them."""

    residences: list[str] = Field(
        default=[], max_length=10, description="domestic, overseas, unknown"
    )
    countries: list[str] = Field(default=[], max_length=250, description="ISO 3166-1 codes")
    fields: list[str] = Field(default=[], max_length=50, description="OECD FORD codes")
    groups: list[str] = Field(
        default=[], max_length=50, description="Groups of the current national list"
    )
    confirmed_within: int | None = Field(
        default=None,
        description="365 or 730: the person confirmed his profile so many days ago at most. For "
        "registered bodies and stewards.",
    )
    reachability: list[str] = Field(
        default=[],
        max_length=10,
        description="reachable, unanswered, bounced, unknown. For registered bodies and stewards.",
    )
    lives: list[str] = Field(
        default=[],
        max_length=10,
        description="lead, invited, claimed, verified. For stewards.",
    )
    purpose: Annotated[str | None, AfterValidator(lambda text: clean(text or "") or None)] = Field(
        default=None,
        max_length=500,
        description="Why leads (people who have not claimed their profile) are looked at; logged.",
    )


class FacetValue(BaseModel):
    """A filter value and how many people it would leave."""

    value: str
    name_vi: str
    name_en: str
    count: int
    is_chosen: bool


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

    def read(self, request: FilterRequest, on: date) -> ExpertFilter:
        """The request's filter.

        Args:
            on: The day that freshness and reachability are counted to.

        Raises:
            InvalidInputError: A value is unknown; the message says which are known.
        """
        return parse_filter(
            request.residences,
            request.countries,
            request.fields,
            request.groups,
            request.confirmed_within,
            request.reachability,
            request.lives,
            on=on,
            known_countries=self.countries,
            known_fields=self.fields,
            known_groups=[int(number) for number in self.groups],
        )

    def count(self, session: Session, selection: Selection) -> dict[str, list[FacetValue]]:
        """Every filter value that would leave somebody, with its count and names.

        Kinds that the selector may not filter by are missing.
        """
        counts, narrowed = count_facets(session, selection), selection.narrowed
        in_countries = counts["countries"]
        kinds: dict[str, tuple[Iterable[str], Names, Iterable[object]]] = {
            "residences": (RESIDENCE_NAMES, RESIDENCE_NAMES, narrowed.residences),
            "groups": (self.groups, self.groups, narrowed.groups),
            "fields": (self.fields, self.fields, narrowed.fields),
            "countries": (
                sorted(self.countries, key=lambda code: (-in_countries.get(code, 0), code)),
                self.countries,
                narrowed.countries,
            ),
            "reachability": (REACHABILITIES, REACHABILITY_NAMES, narrowed.reachability),
            "confirmed_within": (
                [str(days) for days in CONFIRMED_WITHIN],
                CONFIRMED_NAMES,
                [narrowed.confirmed_within],
            ),
            "lives": ([life.value for life in LISTED_LIVES], LIFE_NAMES, narrowed.lives),
        }
        return {
            kind: _facet(order, counts[kind], names, chosen)
            for kind, (order, names, chosen) in kinds.items()
            if kind in counts
        }


def _facet(
    order: Iterable[str], counts: Mapping[str, int], names: Names, chosen: Iterable[object]
) -> list[FacetValue]:
    picked = {str(value) for value in chosen}
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
