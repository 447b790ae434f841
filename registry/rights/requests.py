"""Requests about one's data: received, answered, carried out or refused, each by its deadline."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access.policy import Actor, require
from registry.audit import service as audit
from registry.errors import InvalidInputError, NotFoundError
from registry.rights import consents, restriction, words
from registry.rights import request_store as store
from registry.rights.consent_store import Proof
from registry.rights.deadlines import RequestKind, extend
from registry.rights.models import RightsRequest
from registry.rights.people import lock_person
from registry.rights.request_store import OPEN, Opened, Received
from registry.text import clean

# How a request that a steward takes down has reached him.
CHANNELS: Final = ("paper", "email", "phone", "in_person")
_MOST_WORDS: Final = 4_000


def ask(
    session: Session, actor: Actor, kind: RequestKind, asked: str, now: datetime
) -> RightsRequest:
    """Ask for something about one's own data.

    Restriction and withdrawal are done at once; everything else waits for a steward. Erasure is
    asked for in `erasure_requests.erase_own`, which wants it confirmed.

    Raises:
        InvalidInputError: No words, or an erasure.
    """
    require(actor, "rights:own")
    assert actor.expert_id is not None
    if kind is RequestKind.DELETE:
        raise InvalidInputError(words.ERASE_ELSEWHERE)
    # Asking is open to everybody whose profile it is said to be; what is done at once only hides.
    lock_person(session, actor, actor.expert_id, "rights:own", "rights:handle", only_hides=True)
    received = Received(kind, _checked(asked, words.REQUEST_WORDS), "web", actor.expert_id)
    row = store.add_request(session, actor, received, now)
    if kind is RequestKind.RESTRICT:
        restriction.restrict(session, actor, actor.expert_id, now)
    elif kind is RequestKind.WITHDRAW:
        consents.withdraw_all(session, actor, actor.expert_id, now)
    else:
        return row
    store.end_request(session, actor, row, "done", None, now)
    return row


def receive(session: Session, actor: Actor, received: Received, now: datetime) -> RightsRequest:
    """Take down a request that came by letter, e-mail, telephone or in person.

    Raises:
        InvalidInputError: Words or requester are missing, or the channel is unknown.
        NotFoundError: There is no such profile.
    """
    require(actor, "rights:handle")
    _checked(received.words, words.REQUEST_WORDS)
    if received.channel not in CHANNELS:
        raise InvalidInputError(words.CHANNEL_UNKNOWN)
    if received.expert_id is None:
        _checked(received.requester, words.REQUESTER_MISSING)
    else:
        lock_person(session, actor, received.expert_id, "rights:own", "rights:handle")
    return store.add_request(session, actor, received, now)


def answer(session: Session, actor: Actor, request_id: UUID, said: str, now: datetime) -> None:
    """Note that the person was told that the request came and when it will be done."""
    row = store.lock_open(session, actor, request_id)
    if row.answered_at is not None:
        raise InvalidInputError(words.REQUEST_ANSWERED)
    row.answered_at, row.state, row.handled_by = now, "answered", actor.id
    store.note(session, row, "answer", clean(said)[:_MOST_WORDS])
    store.note_act(session, actor, row, "answer")


def prolong(
    session: Session, actor: Actor, request_id: UUID, days: int, reason: str, now: datetime
) -> None:
    """Move the day to act by, once, with the reason that the person is told.

    Raises:
        InvalidInputError: No reason, a second time, or more days than the law allows.
    """
    row = store.lock_open(session, actor, request_id)
    said = _checked(reason, words.REASON_MISSING)
    row.act_by = extend(
        RequestKind(row.kind),
        row.act_by,
        days,
        row.through_third_party,
        already_extended=row.extended_by_days is not None,
    )
    row.extended_by_days, row.handled_by = days, actor.id
    store.note(session, row, "extension", said)
    store.note_act(session, actor, row, "extend", {"days": days})


def finish(session: Session, actor: Actor, request_id: UUID, outcome: str, now: datetime) -> None:
    """Note that a request was carried out, and what was done."""
    row = store.lock_open(session, actor, request_id)
    store.end_request(session, actor, row, "done", _checked(outcome, words.OUTCOME_MISSING), now)


def refuse(session: Session, actor: Actor, request_id: UUID, reason: str, now: datetime) -> None:
    """Note that a request is not carried out, and why; the person may complain."""
    row = store.lock_open(session, actor, request_id)
    store.end_request(session, actor, row, "refused", _checked(reason, words.REASON_MISSING), now)


def carry_out(session: Session, actor: Actor, request_id: UUID, now: datetime) -> None:
    """Do what a letter asks for, where a button can: restrict, or withdraw all consents.

    Raises:
        InvalidInputError: Nothing of the kind, or somebody without a profile.
    """
    row = store.lock_open(session, actor, request_id)
    if row.expert_id is None:
        raise InvalidInputError(words.NO_PROFILE)
    if row.kind == RequestKind.RESTRICT:
        restriction.restrict(session, actor, row.expert_id, now)
    elif row.kind == RequestKind.WITHDRAW:
        # What came by telephone was said in person.
        channel = row.channel if row.channel in {"paper", "email"} else "in_person"
        proof = Proof(channel, f"request {row.id}")
        consents.withdraw_all(session, actor, row.expert_id, now, proof)
    else:
        raise InvalidInputError(words.NOT_CARRIED_OUT_HERE)
    store.end_request(session, actor, row, "done", None, now)


def close_asked(
    session: Session, actor: Actor, expert_id: UUID, since: datetime, now: datetime
) -> int:
    """Close what the holder of a profile asked for here since then: it was not his to ask.

    To be called in the transaction that takes his claim back. What came by letter stays open: it
    may be of the person himself.

    Returns:
        How many requests were closed.
    """
    rows = session.scalars(
        select(RightsRequest)
        .where(
            col(RightsRequest.expert_id) == expert_id,
            col(RightsRequest.channel) == "web",
            col(RightsRequest.state).in_(OPEN),
            col(RightsRequest.received_at) >= since,
        )
        .order_by(col(RightsRequest.id))
        .with_for_update()
    ).all()
    for row in rows:
        store.end_request(session, actor, row, "refused", words.CLAIM_TAKEN_BACK, now)
    return len(rows)


def list_own(session: Session, actor: Actor) -> list[Opened]:
    """The actor's own requests, newest first."""
    require(actor, "rights:own")
    rows = session.scalars(
        select(RightsRequest)
        .where(col(RightsRequest.expert_id) == actor.expert_id)
        .order_by(col(RightsRequest.id).desc())
    )
    return [store.open_request(session, row) for row in rows]


def list_all(
    session: Session, actor: Actor, *, states: Sequence[str] = OPEN, limit: int = 200
) -> list[Opened]:
    """Requests in these states, the most urgent first."""
    require(actor, "rights:handle")
    due = case(
        (col(RightsRequest.answered_at).is_not(None), col(RightsRequest.act_by)),
        else_=func.least(col(RightsRequest.answer_by), col(RightsRequest.act_by)),
    )
    rows = session.scalars(
        select(RightsRequest)
        .where(col(RightsRequest.state).in_(list(states)))
        .order_by(due, col(RightsRequest.id))
        .limit(limit)
    )
    found = [store.open_request(session, row) for row in rows]
    audit.record(session, actor, "rights:read", details={"requests": len(found)})
    return found


def list_overdue(session: Session, actor: Actor, now: datetime) -> list[Opened]:
    """Open requests of which a deadline has passed."""
    return [found for found in list_all(session, actor) if found.is_overdue(now)]


def get_request(session: Session, actor: Actor, request_id: UUID) -> Opened:
    """One request, for a steward.

    Raises:
        NotFoundError: There is none with this id.
    """
    require(actor, "rights:handle")
    row = session.get(RightsRequest, request_id)
    if row is None:
        raise NotFoundError(f"no request with the id {request_id}")
    audit.record(
        session, actor, "rights:read", about=row.expert_id, subject=f"rights_request:{row.id}"
    )
    return store.open_request(session, row)


def _checked(text: str, message: str) -> str:
    stripped = text.strip()
    if not clean(stripped) or len(stripped) > _MOST_WORDS:
        raise InvalidInputError(message)
    return stripped
