"""What clients send and get about consents, requests, erasures, considerations and breaches."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from registry.rights.breaches import Known
from registry.rights.consent_rules import Purpose
from registry.rights.consent_store import Proof
from registry.rights.consents import Agreed
from registry.rights.deadlines import RequestKind
from registry.rights.models import ConsentText, Erasure
from registry.rights.request_store import Opened
from registry.web.bodies import StrictBody

Language = Literal["vi", "en"]
Words = Annotated[str, Field(min_length=1, max_length=4000)]


class ConsentTextPublic(BaseModel):
    """The words that a purpose is agreed to with."""

    model_config = ConfigDict(from_attributes=True)

    purpose: str
    version: str
    text_vi: str
    text_en: str
    issued_at: datetime


class ConsentPublic(BaseModel):
    """A consent, with the text in the language in which it was read."""

    id: UUID
    purpose: str
    body: str | None = Field(description="Null: all registered bodies.")
    text_version: str
    language: str
    text: str
    channel: str
    evidence: str | None
    given_at: datetime
    withdrawn_at: datetime | None

    @classmethod
    def of(cls, agreed: Agreed) -> "ConsentPublic":
        row = agreed.consent.model_dump(exclude={"evidence"})
        return cls.model_validate({**row, "text": agreed.text, "evidence": agreed.evidence})


class ConsentsPublic(BaseModel):
    """What can be agreed to, and what was."""

    texts: list[ConsentTextPublic]
    consents: list[ConsentPublic]

    @classmethod
    def of(cls, texts: dict[Purpose, ConsentText], agreed: list[Agreed]) -> "ConsentsPublic":
        return cls(
            texts=[ConsentTextPublic.model_validate(text) for text in texts.values()],
            consents=[ConsentPublic.of(consent) for consent in agreed],
        )


class ConsentCreate(StrictBody):
    """A consent of one's own. `bodies` null agrees for all registered bodies."""

    purpose: Purpose
    bodies: list[str] | None = Field(default=None, max_length=200)
    language: Language


class ProofBody(StrictBody):
    """How the word of a person reached the steward who records it."""

    channel: Literal["paper", "email", "in_person"]
    evidence: Annotated[str, Field(min_length=1, max_length=500)]

    def proof(self) -> Proof:
        return Proof(self.channel, self.evidence)


class ConsentRecord(ProofBody):
    """A consent that came by letter, e-mail or in person."""

    purpose: Purpose
    bodies: list[str] | None = Field(default=None, max_length=200)
    language: Language


class RequestPublic(BaseModel):
    """A request about one's data; the words are empty once the person was erased."""

    id: UUID
    expert_id: UUID | None
    kind: str
    state: str
    channel: str
    received_at: datetime
    answer_by: datetime
    act_by: datetime
    extended_by_days: int | None
    answered_at: datetime | None
    done_at: datetime | None
    is_overdue: bool
    requester: str
    words: str
    answer: str
    extension: str
    outcome: str

    @classmethod
    def of(cls, opened: Opened, now: datetime) -> "RequestPublic":
        sealed = {"requester", "words", "outcome"}
        return cls.model_validate(
            {
                **opened.request.model_dump(exclude=sealed),
                "is_overdue": opened.is_overdue(now),
                "requester": opened.requester,
                "words": opened.words,
                "answer": opened.answer,
                "extension": opened.extension,
                "outcome": opened.outcome,
            }
        )


class RequestCreate(StrictBody):
    """What a person asks about his own data."""

    kind: RequestKind
    words: Words


class RequestRecord(StrictBody):
    """A request that came by letter, e-mail, telephone or in person."""

    kind: RequestKind
    words: Words
    channel: Literal["paper", "email", "phone", "in_person"]
    expert_id: UUID | None = None
    requester: Annotated[str, Field(max_length=4000)] = ""
    through_third_party: bool = False


class AnswerBody(StrictBody):
    """What the person was told."""

    words: Annotated[str, Field(max_length=4000)] = ""


class ExtensionBody(StrictBody):
    """How many days more, and why."""

    days: Annotated[int, Field(ge=1, le=60)]
    reason: Words


class OutcomeBody(StrictBody):
    """How a request ended, in words for the person."""

    state: Literal["done", "refused"]
    words: Words


class OwnErasureBody(StrictBody):
    """The word that confirms: XÓA or ERASE."""

    confirmation: Annotated[str, Field(max_length=50)]


class ErasureBody(OwnErasureBody):
    """The request that asks for the erasure, and the word that confirms."""

    request_id: UUID


class ErasurePublic(BaseModel):
    """The proof of an erasure; `compacted_at` is when it was physically gone as well."""

    model_config = ConfigDict(from_attributes=True)

    expert_id: UUID
    reason: str
    erased_at: datetime
    counts: dict[str, Any]
    compacted_at: datetime | None
    proof: dict[str, Any] | None

    @classmethod
    def of(cls, erasure: Erasure) -> "ErasurePublic":
        return cls.model_validate(erasure)


class CompactionPublic(BaseModel):
    """The compaction that was asked for, and how many erasures wait for it."""

    pending: int
    is_asked: bool


class ConsiderationCreate(StrictBody):
    """Whom the body considers, and what for."""

    expert_id: UUID
    purpose: Annotated[str, Field(min_length=1, max_length=500)]
    council_id: UUID | None = None


class ConsiderationOutcome(StrictBody):
    """How a consideration ended."""

    outcome: Literal["engaged", "not_engaged"]


class ConsiderationPublic(BaseModel):
    """That a body considers a person."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    expert_id: UUID
    body: str
    purpose: str
    council_id: UUID | None
    opened_at: datetime
    closed_at: datetime | None
    outcome: str | None


class RetentionPublic(BaseModel):
    """What a rule takes; ids only where people are erased or accounts closed."""

    rule: str
    ground: str
    days: int
    count: int
    people: list[UUID]
    accounts: list[UUID]


class BreachBody(StrictBody):
    """What is known of a breach."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    description: Annotated[str, Field(max_length=20_000)] = ""
    measures: Annotated[str, Field(max_length=20_000)] = ""
    people_affected: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None


class BreachCreate(BreachBody):
    """A breach that was found."""

    found_at: AwareDatetime


class NoticeBody(StrictBody):
    """The number under which the authority was notified, or why no notice was needed."""

    number: Annotated[str, Field(min_length=1, max_length=200)]


class BreachPublic(BaseModel):
    """A breach, and the time that is left for the notice."""

    id: UUID
    found_at: datetime
    notice_due: datetime
    notified_at: datetime | None
    closed_at: datetime | None
    people_affected: int | None
    title: str
    description: str
    measures: str
    notice: str
    is_overdue: bool
    remaining_hours: float | None

    @classmethod
    def of(cls, known: Known, now: datetime) -> "BreachPublic":
        left = known.remaining(now)
        return cls.model_validate(
            {
                **known.row.model_dump(exclude={"content", "recorded_by", "recorded_at"}),
                **known.content.model_dump(),
                "is_overdue": known.is_overdue(now),
                "remaining_hours": None if left is None else round(left.total_seconds() / 3600, 2),
            }
        )
