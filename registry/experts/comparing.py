"""What differs between two statements of an item: the fields of the value, and the envelope."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from registry.experts.contacts import opened_of
from registry.experts.diff import FieldChange, diff_values
from registry.experts.models import Change, Statement
from registry.experts.parties import Party

_ENVELOPE: Final = (
    "started_on",
    "ended_on",
    "evidence_url",
    "verification",
    "verification_method",
    "judgement",
    "visibility",
)
# Which bodies the person trusts, and on which paper it was checked, is for him and for stewards.
_CLOSER: Final = ("named_bodies", "verification_document")


def compare(
    session: Session,
    expert_id: UUID,
    before: Statement | None,
    after: Statement | None,
    party: Party,
) -> list[FieldChange]:
    """The fields in which two statements of one item differ; None where there was or is none.

    Contact data are opened: whoever is shown the statements may see them.
    """
    old, new = _value(session, before), _value(session, after)
    return [
        *diff_values(old, new),
        *diff_values(_envelope(before, party), _envelope(after, party)),
    ]


def _value(session: Session, row: Statement | None) -> Mapping[str, Any]:
    return opened_of(session, row) if row is not None else {}


def _envelope(row: Statement | None, party: Party) -> dict[str, Any]:
    if row is None:
        return {}
    names = _ENVELOPE if party == "delegate" else (*_ENVELOPE, *_CLOSER)
    return {name: value for name in names if (value := getattr(row, name))}


def who_did(change: Change | None) -> str:
    """Whose act a change was: 'expert', 'delegate', 'steward' or 'source'; never an account."""
    if change is None or change.kind == "import":
        return "source"
    return change.label or "steward"
