"""Requests in the database: their rows, what of them is sealed, and when the next act is due."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access.policy import Actor, require
from registry.audit import service as audit
from registry.errors import InvalidInputError, NotFoundError
from registry.experts.models import Expert
from registry.experts.schemas import Life
from registry.ids import new_id
from registry.rights import words
from registry.rights.deadlines import RequestKind, deadlines
from registry.rights.models import RightsRequest
from registry.text import clean
from registry.vault import service as vault

OPEN: Final = ("open", "answered")


@dataclass(frozen=True)
class Received:
    """A request as it reaches a steward.

    Args:
        expert_id: The profile that it is about; None when there is none.
        requester: Who asks and how to reach him; needed when there is no profile.
        through_third_party: It can be carried out with somebody else's help only.
    """

    kind: RequestKind
    words: str
    channel: str
    expert_id: UUID | None = None
    requester: str = ""
    through_third_party: bool = False


@dataclass(frozen=True)
class Opened:
    """A request with what is kept sealed; all of that is empty once the person was erased."""

    request: RightsRequest
    requester: str
    words: str
    answer: str
    extension: str
    outcome: str

    @property
    def is_open(self) -> bool:
        return self.request.state in OPEN

    def is_overdue(self, now: datetime) -> bool:
        """Whether the next deadline has passed: that of the answer, else that of the act."""
        return self.is_open and now > self.next_due

    @property
    def next_due(self) -> datetime:
        """By when something must happen next."""
        row = self.request
        return row.act_by if row.answered_at is not None else min(row.answer_by, row.act_by)


def add_request(session: Session, actor: Actor, received: Received, now: datetime) -> RightsRequest:
    """Write a request with its deadlines, its words sealed."""
    due = deadlines(received.kind, now, received.through_third_party)
    row = RightsRequest(
        id=new_id(),
        expert_id=received.expert_id,
        kind=received.kind.value,
        state="open",
        channel=received.channel,
        through_third_party=received.through_third_party,
        received_at=now,
        answer_by=due.answer_by,
        act_by=due.act_by,
    )
    row.words = _seal(session, row, received.words.strip())
    if clean(received.requester):
        row.requester = _seal(session, row, received.requester.strip())
    session.add(row)
    session.flush()
    note_act(session, actor, row, "receive", {"kind": row.kind})
    return row


def add_shell(
    session: Session,
    kind: RequestKind,
    channel: str,
    expert_id: UUID,
    handled_by: str,
    now: datetime,
) -> None:
    """Write a request without words that is done as it comes, for what is carried out at once."""
    due = deadlines(kind, now, through_third_party=False)
    session.add(
        RightsRequest(
            expert_id=expert_id,
            kind=kind.value,
            state="done",
            channel=channel,
            received_at=now,
            answer_by=due.answer_by,
            act_by=due.act_by,
            answered_at=now,
            done_at=now,
            handled_by=handled_by,
        )
    )
    session.flush()


def lock_open(session: Session, actor: Actor, request_id: UUID) -> RightsRequest:
    """A request that is not done, held until the transaction ends, for whoever handles it.

    Raises:
        NotFoundError: There is none with this id.
        InvalidInputError: It is done or refused.
    """
    require(actor, "rights:handle")
    row = session.get(RightsRequest, request_id)
    if row is None:
        raise NotFoundError(f"no request with the id {request_id}")
    if row.expert_id is not None:
        # The person's row first: the order in which all others take them.
        session.get(Expert, row.expert_id, with_for_update=True, populate_existing=True)
    session.refresh(row, with_for_update=True)
    if row.state not in OPEN:
        raise InvalidInputError(words.REQUEST_ENDED)
    return row


def end_request(
    session: Session,
    actor: Actor,
    row: RightsRequest,
    state: str,
    outcome: str | None,
    now: datetime,
) -> None:
    """Note that a request is 'done' or 'refused'; that tells the person as well that it came."""
    row.state, row.done_at, row.handled_by = state, now, actor.id
    row.answered_at = row.answered_at or now
    if outcome is not None:
        note(session, row, "outcome", outcome)
    session.flush()
    note_act(session, actor, row, state)


def note_act(
    session: Session,
    actor: Actor,
    row: RightsRequest,
    what: str,
    details: dict[str, Any] | None = None,
) -> None:
    """Note in the audit what was done with a request."""
    audit.record(
        session,
        actor,
        f"rights:{what}",
        about=row.expert_id,
        subject=f"rights_request:{row.id}",
        details=details,
    )


def _seal(session: Session, row: RightsRequest, value: Any) -> bytes:
    if row.expert_id is None:
        return vault.seal_for_service(session, value, _bound_to(row))
    return vault.seal(session, row.expert_id, value)


def _unseal(session: Session, row: RightsRequest, sealed: bytes | None) -> Any:
    if sealed is None:
        return None
    if row.expert_id is None:
        return vault.unseal_for_service(session, sealed, _bound_to(row))
    return vault.unseal(session, row.expert_id, sealed)


def _bound_to(row: RightsRequest) -> str:
    return f"rights_request:{row.id}"


def note(session: Session, row: RightsRequest, name: str, text: str) -> None:
    """Keep what the person was told: 'answer', 'extension' or 'outcome', sealed."""
    if not text:
        return
    expert = None if row.expert_id is None else session.get(Expert, row.expert_id)
    if expert is not None and expert.life == Life.ERASED:
        # Nothing is sealed for somebody erased: it would give him a key anew.
        return
    said = _unseal(session, row, row.outcome) or {}
    row.outcome = _seal(session, row, {**said, name: text})


def open_request(session: Session, row: RightsRequest) -> Opened:
    """A request with its sealed words."""
    said = _unseal(session, row, row.outcome) or {}
    return Opened(
        row,
        _unseal(session, row, row.requester) or "",
        _unseal(session, row, row.words) or "",
        said.get("answer", ""),
        said.get("extension", ""),
        said.get("outcome", ""),
    )
