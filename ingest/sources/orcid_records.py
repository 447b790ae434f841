"""ORCID records: their checked form, as the service's schemas of version 3.0 describe it."""

import re
from typing import Annotated, Any, ClassVar, Final

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from ingest.sources.records import Many, Record

__all__ = [
    "Activities",
    "Activity",
    "Affiliations",
    "ExternalId",
    "ExternalIds",
    "Funding",
    "Fundings",
    "Name",
    "OrcidDate",
    "OrcidRecord",
    "Organization",
    "Person",
    "Title",
    "WorkSummary",
    "Works",
]


def _unwrapped(value: Any) -> Any:
    """JSON wraps most texts of a record in an object with `value`, XML does not."""
    return value["value"] if isinstance(value, dict) and "value" in value else value


def _whole(value: Any) -> Any:
    if value is None:
        return 0
    if isinstance(value, str):
        if not re.fullmatch("-?[0-9]{1,18}", value):
            raise ValueError("a whole number")
        return int(value)
    return value


Wrapped = Annotated[str | None, BeforeValidator(_unwrapped)]
Index = Annotated[int, BeforeValidator(_whole)]
# The service's own book-keeping on each item, which says nothing of the person.
_BOOKKEEPING: Final = frozenset(
    {"created-date", "last-modified-date", "source", "path", "put-code", "visibility"}
)


class Part(Record):
    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", "-"))

    @model_validator(mode="before")
    @classmethod
    def _without_bookkeeping(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if key not in _BOOKKEEPING}


class OrcidDate(Part):
    year: Wrapped = None
    month: Wrapped = None
    day: Wrapped = None


class OrganizationAddress(Part):
    known: ClassVar = frozenset({"city", "region"})

    country: Wrapped = None


class Disambiguated(Part):
    known: ClassVar = frozenset({"id", "external-ids"})

    disambiguated_organization_identifier: Wrapped = None
    disambiguation_source: Wrapped = None


class Organization(Part):
    name: Annotated[str, BeforeValidator(_unwrapped)]
    address: OrganizationAddress | None = None
    disambiguated_organization: Disambiguated | None = None


class ExternalId(Part):
    known: ClassVar = frozenset(
        {"external-id-url", "external-id-normalized", "external-id-normalized-error"}
        | {"display-index"}
    )

    external_id_type: Wrapped = None
    external_id_value: Wrapped = None
    external_id_relationship: Wrapped = None


class ExternalIds(Part):
    external_id: Many[ExternalId] = Field(default_factory=list)


class Activity(Part):
    """A period or event with an organisation: employment, education, distinction and the like."""

    known: ClassVar = frozenset({"url", "external-ids", "display-index"})

    department_name: Wrapped = None
    role_title: Wrapped = None
    start_date: OrcidDate | None = None
    end_date: OrcidDate | None = None
    organization: Organization


class Summary(Part):
    """One activity under the name of its kind; nothing when it was not public."""

    distinction_summary: Activity | None = None
    education_summary: Activity | None = None
    employment_summary: Activity | None = None
    invited_position_summary: Activity | None = None
    membership_summary: Activity | None = None
    qualification_summary: Activity | None = None
    service_summary: Activity | None = None


class AffiliationGroup(Part):
    known: ClassVar = frozenset({"external-ids"})

    summaries: Many[Summary] = Field(default_factory=list)


class Affiliations(Part):
    affiliation_group: Many[AffiliationGroup] = Field(default_factory=list)

    @property
    def items(self) -> list[Activity]:
        """The activities in the record's order; the groups are only its way to show them."""
        found = [
            getattr(summary, name)
            for group in self.affiliation_group
            for summary in group.summaries
            for name in type(summary).model_fields
        ]
        return [item for item in found if item is not None]


class Translated(Part):
    value: str | None = None
    language_code: str | None = None


class Title(Part):
    title: Wrapped = None
    subtitle: Wrapped = None
    translated_title: Translated | None = None


class WorkSummary(Part):
    known: ClassVar = frozenset({"url"})

    title: Title | None = None
    external_ids: ExternalIds | None = None
    type: str | None = None
    publication_date: OrcidDate | None = None
    journal_title: Wrapped = None
    display_index: Index = 0


class WorkGroup(Part):
    """One work as several sources describe it; the highest index is the one that is shown."""

    external_ids: ExternalIds | None = None
    work_summary: Many[WorkSummary] = Field(default_factory=list)


class Works(Part):
    group: Many[WorkGroup] = Field(default_factory=list)


class Funding(Part):
    known: ClassVar = frozenset({"url"})

    title: Title | None = None
    external_ids: ExternalIds | None = None
    type: str | None = None
    start_date: OrcidDate | None = None
    end_date: OrcidDate | None = None
    organization: Organization | None = None
    display_index: Index = 0


class FundingGroup(Part):
    external_ids: ExternalIds | None = None
    funding_summary: Many[Funding] = Field(default_factory=list)


class Fundings(Part):
    group: Many[FundingGroup] = Field(default_factory=list)


class Activities(Part):
    """Reviews are given in confidence, and resources are no facts of a person: both stay out."""

    known: ClassVar = frozenset({"peer-reviews", "research-resources"})

    distinctions: Affiliations | None = None
    educations: Affiliations | None = None
    employments: Affiliations | None = None
    fundings: Fundings | None = None
    invited_positions: Affiliations | None = None
    memberships: Affiliations | None = None
    qualifications: Affiliations | None = None
    services: Affiliations | None = None
    works: Works | None = None


class Name(Part):
    given_names: Wrapped = None
    family_name: Wrapped = None
    credit_name: Wrapped = None


class Content(Part):
    known: ClassVar = frozenset({"display-index"})

    content: Wrapped = None


class OtherNames(Part):
    other_name: Many[Content] = Field(default_factory=list)


class ResearcherUrl(Part):
    known: ClassVar = frozenset({"url-name", "display-index"})

    url: Wrapped = None


class ResearcherUrls(Part):
    researcher_url: Many[ResearcherUrl] = Field(default_factory=list)


class ExternalIdentifiers(Part):
    external_identifier: Many[ExternalId] = Field(default_factory=list)


class Person(Part):
    """The country of `addresses` is neither an affiliation nor an origin, and stays out."""

    known: ClassVar = frozenset({"addresses", "keywords"})

    name: Name | None = None
    other_names: OtherNames | None = None
    biography: Content | None = None
    researcher_urls: ResearcherUrls | None = None
    external_identifiers: ExternalIdentifiers | None = None


class OrcidIdentifier(Record):
    known: ClassVar = frozenset({"uri", "host"})

    path: str


class OrcidRecord(Part):
    """A whole record: both halves are always there, if only as null."""

    known: ClassVar = frozenset({"preferences", "history"})

    orcid_identifier: OrcidIdentifier
    person: Person | None
    activities_summary: Activities | None
