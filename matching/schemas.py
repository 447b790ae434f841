"""What a search asks and answers: shared by the API, the pages and the command line."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from matching.facts import FactState
from registry.experts.facets import FacetValue, FilterRequest
from registry.text import clean


class MatchRequest(FilterRequest):
    """Filters and length of a list, as a client sends them."""

    limit: int = Field(default=20, ge=1, le=100)


class SearchRequest(MatchRequest):
    """A free-text search with its filters, as a client sends it."""

    query: Annotated[str, AfterValidator(clean)] = Field(
        description="The expertise that is wanted, Vietnamese or English."
    )


class SegmentPublic(BaseModel):
    """A stretch of a passage; `is_match` marks a word of the query."""

    text: str
    is_match: bool


class EvidencePublic(BaseModel):
    """A passage that speaks for a person, with its source."""

    passage_id: UUID
    kind: str
    language: str
    segments: list[SegmentPublic]
    source: str
    verification: str
    dated_on: str | None
    evidence_url: str | None
    score: float
    similarity: float
    coverage: float


class LinePublic(BaseModel):
    """How a person meets one line. `state` of a text line: met means similar enough."""

    position: int
    kind: str
    weight: float
    text_vi: str
    text_en: str
    score: float
    state: FactState
    evidence: list[EvidencePublic]


class PersonPublic(BaseModel):
    """A person in a list: what the summary shows, and why he is here."""

    rank: int
    expert_id: UUID
    display_name: str
    is_invented: bool
    life: str
    organisation: str | None
    role_vi: str | None
    role_en: str | None
    country_code: str | None
    is_overseas: bool | None
    degree: str | None
    academic_rank: str | None
    sector: str | None
    groups: list[int]
    score: float
    fits: bool
    lines: list[LinePublic]


class ReadingPublic(BaseModel):
    """How a text was understood: its language, and the marks put in before the search."""

    text: str
    language: str
    readings: list[str]


class SearchAnswer(BaseModel):
    """A ranked list with everything that it depends on."""

    run_id: UUID
    total: int = Field(description="People who pass filters and permission; the query orders them.")
    readings: list[ReadingPublic]
    people: list[PersonPublic]
    facets: dict[str, list[FacetValue]]
    encoder_version: str
    index_version: str
    weights: dict[str, Any]


class RunPublic(BaseModel):
    """A stored run."""

    id: UUID
    actor: str
    purpose: str | None
    request: dict[str, Any]
    encoder_version: str
    index_version: str
    weights: dict[str, Any]
    data_position: str
    result: list[dict[str, Any]]
    created_at: datetime


class Repetition(BaseModel):
    """A run made again: what it depends on, compared, and what became of its result."""

    run_id: UUID
    same_encoder: bool
    same_index: bool = Field(description="The frozen statistics, not the people in the index.")
    same_readings: bool = Field(description="The text was understood in the same way.")
    same_data: bool = Field(description="Nobody's record was changed since.")
    same_order: bool
    gone: list[UUID]
    come: list[UUID]
    moved: list[UUID]
    largest_score_change: float
