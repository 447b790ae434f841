"""What is said of a person, before it is stored: drafts of statements and of people.

A profile is a view over statements. The value is checked by the class of its property
(values.py); the envelope (source, who, when, evidence, verification, visibility) is the same
for all.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, model_validator

from registry.dates import PartialDate
from registry.errors import InvalidInputError
from registry.experts.values import VALUE_CLASSES, ShortText, Value


class Life(StrEnum):
    """Life of a profile."""

    LEAD = "lead"
    INVITED = "invited"
    CLAIMED = "claimed"
    VERIFIED = "verified"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    ERASED = "erased"


class Verification(StrEnum):
    """How far a statement has been checked."""

    CLAIMED = "claimed"
    CHECKED = "checked"
    CONFIRMED = "confirmed"


class Visibility(StrEnum):
    """Who may see a statement, from widest to narrowest."""

    PUBLIC = "public"
    BODIES = "bodies"
    NAMED_BODIES = "named_bodies"
    COUNCIL = "council"
    STEWARDS = "stewards"
    SELF = "self"


# Where the person chose nothing: personal facts are for those who recruit and appoint, and the
# way to reach somebody for those who keep the registry.
_USUAL: Final = {
    **dict.fromkeys(("birth_year", "sex", "province", "origin"), Visibility.BODIES),
    "contact": Visibility.STEWARDS,
}


def usual_visibility(property_name: str) -> Visibility:
    """Who sees what a person or a steward says, unless the person chooses otherwise."""
    return _USUAL.get(property_name, Visibility.PUBLIC)


class StatementDraft(BaseModel):
    """One statement as a source or a person makes it, before it is stored.

    Args:
        property: A key of `VALUE_CLASSES`.
        value: Of that property's class.
        started_on, ended_on: When the fact held or happened; a single event has `started_on`.
        evidence_url: Where the source says so.
    """

    model_config = ConfigDict(extra="forbid")

    property: str
    # Without this, a dump would hold the fields of the base class only: none.
    value: SerializeAsAny[Value]
    started_on: PartialDate | None = None
    ended_on: PartialDate | None = None
    evidence_url: str | None = None
    verification: Verification = Verification.CLAIMED
    visibility: Visibility = Visibility.PUBLIC
    named_bodies: list[str] = Field(default=[], max_length=50)

    @model_validator(mode="before")
    @classmethod
    def _value_by_property(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("value"), dict):
            value_class = VALUE_CLASSES.get(str(data.get("property")))
            if value_class is None:
                raise ValueError(f"unknown property; expected one of {', '.join(VALUE_CLASSES)}")
            data = {**data, "value": value_class.model_validate(data["value"])}
        return data

    @model_validator(mode="after")
    def _consistent(self) -> "StatementDraft":
        expected = VALUE_CLASSES.get(self.property)
        if expected is None or not isinstance(self.value, expected):
            raise ValueError(f"property {self.property} does not take this value")
        if (
            self.started_on
            and self.ended_on
            and self.ended_on < self.started_on[: len(self.ended_on)]
        ):
            raise ValueError("the end lies before the start")
        if (self.visibility is Visibility.NAMED_BODIES) != bool(self.named_bodies):
            raise ValueError("named_bodies lists the bodies of the visibility named_bodies alone")
        if self.property == "contact" and self.visibility is Visibility.PUBLIC:
            raise ValueError("contact data are never public; choose a narrower visibility")
        return self


def draft_of(
    property_name: str,
    value: Mapping[str, Any],
    started_on: str | None = None,
    ended_on: str | None = None,
    evidence_url: str | None = None,
) -> StatementDraft:
    """What a person or a steward says, checked; all else of the envelope is not his to give.

    Raises:
        pydantic.ValidationError: The value or a date is wrong; places are within the value, or
            names of the other arguments.
        InvalidInputError: There is no such property, or an outside id is wrong.
    """
    value_class = VALUE_CLASSES.get(property_name)
    if value_class is None:
        raise InvalidInputError(f"unknown property; expected one of {', '.join(VALUE_CLASSES)}")
    return StatementDraft(
        property=property_name,
        value=value_class.model_validate(value),
        started_on=started_on,
        ended_on=ended_on,
        evidence_url=evidence_url,
        visibility=usual_visibility(property_name),
    )


class PersonDraft(BaseModel):
    """One person as one source describes him: what `load` turns into an expert.

    `source_key` is the person's id within the source; loading the same key again updates the
    same expert, and the same content again changes nothing.
    """

    source: ShortText
    source_key: ShortText
    url: str | None = None
    retrieved_at: datetime
    raw: dict[str, Any] = Field(description="The source's record as it came.")
    life: Life = Life.LEAD
    is_invented: bool = False
    legal_ground: ShortText = "public_record"
    asserted_by: ShortText | None = None
    partial: list[str] = Field(
        default=[],
        description="Properties of which this record brings a part: what is missing is not closed.",
    )
    statements: list[StatementDraft]
