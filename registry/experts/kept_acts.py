"""From what was typed on a page to what is done with a profile, and to words when it is refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from registry.access.browsers import say
from registry.access.policy import Actor
from registry.errors import ChangedMeanwhileError, InvalidInputError, NotPermittedError
from registry.experts import editing_words as words
from registry.experts.contacts import opened_of
from registry.experts.doors import Door
from registry.experts.editing import add_item, correct_item, remove_item
from registry.experts.judging import Judgement, Shown, judge_item, show_item
from registry.experts.kept_service import find_current
from registry.experts.kept_views import AROUND, Refusal
from registry.experts.models import Statement
from registry.experts.schemas import StatementDraft, Visibility, draft_of
from registry.experts.value_forms import faults_of, value_from
from registry.experts.verifying import verify_item, withdraw_verification
from registry.web.errors import kind_of
from registry.web.language import Language
from registry.web.pages import label

_JUDGEMENTS: Final[Mapping[str, Judgement | None]] = {
    "accepted": "accepted",
    "rejected": "rejected",
    "undone": None,
}


@dataclass(frozen=True)
class Sent:
    """A form that somebody sent.

    Args:
        statement_id: The statement that its page was made of; the version that was seen.
    """

    session: Session
    actor: Actor
    door: Door
    typed: FormData
    now: datetime
    statement_id: UUID

    def text(self, name: str) -> str:
        """What was typed there; a file counts as nothing."""
        value = self.typed.get(name, "")
        return value if isinstance(value, str) else ""

    @property
    def texts(self) -> dict[str, str]:
        return {name: value for name, value in self.typed.items() if isinstance(value, str)}

    def on(self, statement_id: UUID) -> dict[str, Any]:
        """The arguments that every act on a statement takes."""
        return {
            "session": self.session,
            "actor": self.actor,
            "expert_id": self.door.expert_id,
            "statement_id": statement_id,
            "seen": {str(statement_id)},
            "now": self.now,
        }


def attempt(sent: Sent, language: Language, act: Callable[[], str]) -> tuple[str, Refusal, int]:
    """Do it, or say in the language of the page why not; nothing half is left.

    Returns:
        What was done, else "" with the reason and the status of the answer.
    """
    try:
        return act(), Refusal(), 200
    except ValidationError as exc:
        told = [
            ": ".join(
                [*([label("entry", key, language)] if key else []), label("fault", fault, language)]
            )
            for key, fault in faults_of(exc)
        ]
        return "", Refusal(told), 422
    except (ChangedMeanwhileError, InvalidInputError, NotPermittedError) as exc:
        sent.session.rollback()
        changes = getattr(exc, "changes", ())
        return "", Refusal([say(str(exc), language)], changes), kind_of(exc).status


def add(sent: Sent, property_name: str) -> str:
    """Add what was typed."""
    add_item(
        sent.session,
        sent.actor,
        sent.door.expert_id,
        _draft(property_name, sent.texts),
        seen={sent.text("version")},
        now=sent.now,
        reason=sent.text("edit_reason"),
    )
    return "added"


def _correct(sent: Sent) -> str:
    # What the form does not show is kept from what it was made of, or what that has become.
    expert_id = sent.door.expert_id
    current = find_current(sent.session, sent.actor, expert_id, sent.statement_id)
    row = sent.session.get_one(Statement, current)
    value = opened_of(sent.session, row)
    draft = _draft(row.property, sent.texts, value)
    correct_item(**sent.on(sent.statement_id), draft=draft, reason=sent.text("edit_reason"))
    return "corrected"


def _remove(sent: Sent) -> str:
    remove_item(**sent.on(sent.statement_id), reason=sent.text("remove_reason"))
    return "removed"


def _judge(sent: Sent) -> str:
    chosen = sent.text("judgement")
    if chosen not in _JUDGEMENTS:
        raise InvalidInputError(words.JUDGEMENT_UNKNOWN)
    judge_item(
        **sent.on(sent.statement_id),
        judgement=_JUDGEMENTS[chosen],
        reason=sent.text("judge_reason"),
    )
    return chosen


def _show(sent: Sent) -> str:
    level = next((v for v in Visibility if v.value == sent.text("visibility")), None)
    if level is None:
        raise InvalidInputError(words.VISIBILITY_UNKNOWN)
    named = [str(code) for code in sent.typed.getlist("named_bodies")]
    # Boxes stay ticked when somebody chooses another group afterwards.
    shown = Shown(level, named if level is Visibility.NAMED_BODIES else [])
    show_item(**sent.on(sent.statement_id), shown=shown, reason=sent.text("show_reason"))
    return "shown"


def _verify(sent: Sent) -> str:
    method, document = sent.text("method"), sent.text("document")
    verify_item(**sent.on(_chosen(sent)), method=method, document=document)
    return "checked"


def _withdraw(sent: Sent) -> str:
    withdraw_verification(**sent.on(_chosen(sent)), reason=sent.text("withdraw_reason"))
    return "check_withdrawn"


def _chosen(sent: Sent) -> UUID:
    """Which of an item's statements: each is checked on its own."""
    try:
        return UUID(sent.text("statement"))
    except ValueError:
        return sent.statement_id


# By the last part of the form's address.
ACTS: Final[Mapping[str, Callable[[Sent], str]]] = {
    "correction": _correct,
    "removal": _remove,
    "judgement": _judge,
    "visibility": _show,
}
CHECKS: Final[Mapping[str, Callable[[Sent], str]]] = {
    "verification": _verify,
    "withdrawal": _withdraw,
}


def _draft(
    property_name: str, typed: Mapping[str, str], before: Mapping[str, Any] | None = None
) -> StatementDraft:
    around = {name: typed.get(name, "").strip() or None for name in AROUND}
    try:
        return draft_of(property_name, value_from(property_name, typed, before), **around)
    except InvalidInputError as exc:
        raise InvalidInputError(words.IDENTIFIER_WRONG) from exc
