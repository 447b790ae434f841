"""What a statement may say: one checked value class per property.

Each is what `statement.value` holds as JSON.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from registry.ids import parse_doi, parse_orcid
from registry.text import clean

Text = Annotated[str, AfterValidator(clean), Field(min_length=1, max_length=20_000)]
ShortText = Annotated[str, AfterValidator(clean), Field(min_length=1, max_length=500)]
# Enough to catch a slip; whether it arrives, only writing to it tells.
_EMAIL = re.compile(r"[^\s@<>,;]{1,64}@[^\s@<>,;]{1,190}\.[^\s@<>,;.]{2,63}")
CountryCode = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class Value(BaseModel):
    """Base of all values: unknown keys are refused, so that nothing is dropped silently."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    def item_key(self) -> str | None:
        """What makes two statements of one property the same item (external id, or main words).

        None: the property holds one value per source (a birth year); a new one supersedes it.
        """
        return None

    def external_id(self) -> str | None:
        """DOI, patent number or the like: items that share it are grouped across sources."""
        return None

    def external_ids(self) -> frozenset[str]:
        """All ids of the item; `external_id` is the one that it is stored under."""
        first = self.external_id()
        return frozenset() if first is None else frozenset({first})


class LocalText(Value):
    """A text in Vietnamese, English or both."""

    vi: Text | None = None
    en: Text | None = None

    @model_validator(mode="after")
    def _at_least_one(self) -> "LocalText":
        if self.vi is None and self.en is None:
            raise ValueError("expected a text in Vietnamese or English")
        return self

    def best(self, language: str) -> str:
        """The text in `language`, else in the other one."""
        first, second = (self.vi, self.en) if language == "vi" else (self.en, self.vi)
        return first or second or ""

    def any(self) -> str:
        """The text in either language, Vietnamese first."""
        return self.vi or self.en or ""


class NameValue(Value):
    """A name as the source prints it, with its parts where they are known."""

    display: ShortText
    family: ShortText | None = None
    middle: ShortText | None = None
    given: ShortText | None = None
    kind: Literal["main", "variant"] = "main"

    def item_key(self) -> str | None:
        return None if self.kind == "main" else f"variant {self.display.casefold()}"


class ExternalIdValue(Value):
    """An id of the person elsewhere."""

    scheme: Literal["orcid", "openalex", "scopus", "dblp", "semantic_scholar"]
    value: ShortText

    @model_validator(mode="after")
    def _checked(self) -> "ExternalIdValue":
        if self.scheme == "orcid":
            parse_orcid(self.value)
        return self

    def item_key(self) -> str:
        return f"{self.scheme}:{self.value}"

    def external_id(self) -> str:
        return self.item_key()


class BirthYearValue(Value):
    year: int = Field(ge=1900, le=2100)


class SexValue(Value):
    sex: Literal["female", "male", "other"]


class SectorValue(Value):
    sector: Literal["science", "state", "enterprise", "other"]


class ProvinceValue(Value):
    """Where in Vietnam the person lives or comes from, for regional balance."""

    province: ShortText
    region: Literal["north", "central", "south"] | None = None


class OriginValue(Value):
    """Vietnamese origin, from the person's own statement only (near 'ethnic origin' in law)."""

    is_vietnamese: bool


class RankValue(Value):
    """Academic rank: giáo sư or phó giáo sư, and their equals abroad."""

    rank: Literal["professor", "associate_professor"]


class LanguageValue(Value):
    code: Annotated[str, Field(pattern=r"^[a-z]{2}$")]
    level: Literal["native", "fluent", "working", "basic"] | None = None

    def item_key(self) -> str:
        return self.code


class FieldValue(Value):
    """A field of work by the code of a published classification."""

    scheme: Literal["ford", "vn2008", "openalex_topic", "strategic_2026", "strategic_2025"]
    code: ShortText

    def item_key(self) -> str:
        return f"{self.scheme}:{self.code}"


class TermsValue(Value):
    """One way in which the person would help."""

    kind: Literal["return", "months_per_year", "remote_advice", "council_seat", "mentoring"]
    months: int | None = Field(default=None, ge=1, le=12)
    note: LocalText | None = None

    def item_key(self) -> str:
        return self.kind


class ContactValue(Value):
    """A way to reach the person, as it is given; stored encrypted, never in this form."""

    kind: Literal["email", "phone", "address"]
    address: ShortText

    @model_validator(mode="after")
    def _checked(self) -> "ContactValue":
        if self.kind == "email" and not _EMAIL.fullmatch(self.address):
            raise ValueError("expected an e-mail address like name@example.org")
        return self

    def normalised(self) -> str:
        """The form that tells two ways of writing one address apart from two addresses."""
        if self.kind == "phone":
            return "".join(c for c in self.address if c.isdigit() or c == "+")
        return self.address.casefold()


class BiographyValue(Value):
    text: LocalText

    def item_key(self) -> str:
        return self.text.any()[:80].casefold()


class AffiliationValue(Value):
    organisation: ShortText
    ror_id: Annotated[str, Field(pattern=r"^0[a-z0-9]{8}$")] | None = None
    country_code: CountryCode | None = None
    role: LocalText | None = None
    is_main: bool = False

    def item_key(self) -> str:
        return self.ror_id or self.organisation.casefold()


class DegreeValue(Value):
    level: Literal["doctor", "master", "bachelor"]
    field: LocalText | None = None
    institution: ShortText | None = None
    country_code: CountryCode | None = None

    def item_key(self) -> str:
        return f"{self.level} {(self.institution or '').casefold()}"


class WorkValue(Value):
    """A publication. `topics` are OpenAlex topic ids, `authors` names as printed, in order."""

    title: LocalText
    abstract: LocalText | None = None
    venue: ShortText | None = None
    kind: ShortText | None = None
    doi: ShortText | None = None
    openalex_id: ShortText | None = None
    topics: list[str] = []
    authors: list[ShortText] = []
    author_position: int | None = Field(default=None, ge=1)

    def item_key(self) -> str:
        return self.external_id() or self.title.any().casefold()

    def external_id(self) -> str | None:
        doi = parse_doi(self.doi) if self.doi else None
        if doi:
            return f"doi:{doi}"
        return f"openalex:{self.openalex_id}" if self.openalex_id else None

    def external_ids(self) -> frozenset[str]:
        found = super().external_ids()
        return found | {f"openalex:{self.openalex_id}"} if self.openalex_id else found


class PatentValue(Value):
    title: LocalText
    abstract: LocalText | None = None
    number: ShortText | None = None
    office: ShortText | None = None
    status: Literal["filed", "granted", "in_use", "expired"] | None = None

    def item_key(self) -> str:
        return self.external_id() or self.title.any().casefold()

    def external_id(self) -> str | None:
        return f"patent:{self.number.replace(' ', '').upper()}" if self.number else None


class ProjectValue(Value):
    title: LocalText
    summary: LocalText | None = None
    role: LocalText | None = None
    funder: ShortText | None = None
    number: ShortText | None = None

    def item_key(self) -> str:
        return self.external_id() or self.title.any().casefold()

    def external_id(self) -> str | None:
        return f"project:{self.number}" if self.number else None


class AwardValue(Value):
    title: LocalText
    giver: ShortText | None = None

    def item_key(self) -> str:
        return self.title.any().casefold()


class PostValue(Value):
    """A post held: what the person did there, which is how people without papers are found."""

    title: LocalText
    organisation: ShortText | None = None
    ror_id: Annotated[str, Field(pattern=r"^0[a-z0-9]{8}$")] | None = None
    country_code: CountryCode | None = None
    summary: LocalText | None = None
    sector: Literal["science", "state", "enterprise", "other"] | None = None

    def item_key(self) -> str:
        return f"{self.title.any().casefold()} {(self.organisation or '').casefold()}"


VALUE_CLASSES: dict[str, type[Value]] = {
    "name": NameValue,
    "external_id": ExternalIdValue,
    "birth_year": BirthYearValue,
    "sex": SexValue,
    "sector": SectorValue,
    "province": ProvinceValue,
    "origin": OriginValue,
    "rank": RankValue,
    "language": LanguageValue,
    "field": FieldValue,
    "terms": TermsValue,
    "contact": ContactValue,
    "biography": BiographyValue,
    "affiliation": AffiliationValue,
    "degree": DegreeValue,
    "work": WorkValue,
    "patent": PatentValue,
    "project": ProjectValue,
    "award": AwardValue,
    "post": PostValue,
}


def external_ids_of(property_name: str, value: Mapping[str, Any]) -> frozenset[str]:
    """All ids of a stored value's item; unlike validation, it takes what was stored long ago."""
    return VALUE_CLASSES[property_name].model_construct(**value).external_ids()
