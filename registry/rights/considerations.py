"""That a body considers a person for something: opened, told to the person, closed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access.holding import lock_expert
from registry.access.policy import Actor, Role, permissions_of, require, selector_for
from registry.audit import service as audit
from registry.councils.models import Council
from registry.errors import InvalidInputError, NotFoundError, NotPermittedError
from registry.experts import repository as experts
from registry.experts.models import Expert, ExpertSummary
from registry.experts.service import disclose
from registry.rights import words
from registry.rights.consent_rules import Purpose
from registry.rights.consent_store import list_given
from registry.rights.consents import has_consent
from registry.rights.models import Consideration
from registry.text import clean

Outcome = Literal["engaged", "not_engaged"]
PAGE: Final = 200
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)


@dataclass(frozen=True)
class Considered:
    """A consideration with the name of the person.

    Args:
        summary: None when the person is not shown to the reader any more.
        is_own: It is of the reader's body, so that he can close it.
    """

    row: Consideration
    summary: ExpertSummary | None
    is_own: bool


def get_offered(
    session: Session, actor: Actor, expert_id: UUID, purpose: str | None
) -> tuple[Expert, ExpertSummary]:
    """A person whom the actor may consider for his body, before he does.

    Args:
        purpose: Why people who have not claimed their profile are looked at.

    Raises:
        NotFoundError: No such person, or not one that the actor may see.
        NotPermittedError: The actor works for no body.
    """
    _body_of(actor)
    visible = experts.get_visible(session, [expert_id], selector_for(actor, purpose))
    if expert_id not in visible:
        raise NotFoundError(f"no expert with the id {expert_id}")
    return visible[expert_id]


def list_councils(session: Session, actor: Actor) -> Sequence[Council]:
    """Councils that the actor considers people for: those of his body, for a secretary."""
    body = _body_of(actor)
    if Role.SECRETARY not in actor.roles:
        return []
    return session.scalars(
        select(Council).where(col(Council.body) == body).order_by(col(Council.id))
    ).all()


def open_consideration(
    session: Session,
    actor: Actor,
    expert_id: UUID,
    purpose: str,
    now: datetime,
    council_id: UUID | None = None,
) -> Consideration:
    """Begin to consider a person for the actor's body; the person can see that, and what for.

    Args:
        purpose: What for, in a sentence.
        council_id: A council of the body; its secretary then sees what the person opened to the
            council in charge.

    Raises:
        NotFoundError: No such person, or not one that the actor may see.
        InvalidInputError: No purpose, another body's council, the person is considered for this
            already, or has not agreed to be considered for councils.
        NotPermittedError: The actor works for no body.
    """
    body = _body_of(actor)
    said = clean(purpose)
    if not said or len(said) > 500:
        raise InvalidInputError(words.PURPOSE_MISSING)
    # Held before it is asked what he agreed to: he may be withdrawing it.
    lock_expert(session, expert_id)
    # Who considers people who have not claimed their profile has said why.
    visible = experts.get_visible(session, [expert_id], selector_for(actor, said))
    if expert_id not in visible:
        raise NotFoundError(f"no expert with the id {expert_id}")
    if council_id is not None:
        _check_council(session, actor, visible[expert_id][0], council_id)
    query = select(Consideration).where(
        col(Consideration.expert_id) == expert_id,
        col(Consideration.body) == body,
        col(Consideration.closed_at).is_(None),
    )
    for other in session.scalars(query):
        if (other.council_id, other.purpose) == (council_id, said):
            raise InvalidInputError(words.CONSIDERED_ALREADY)
    row = Consideration(
        expert_id=expert_id,
        body=body,
        purpose=said,
        council_id=council_id,
        opened_by=actor.id,
        opened_at=now,
    )
    session.add(row)
    session.flush()
    disclose(session, actor, "shortlist", [expert_id], said)
    audit.record(
        session,
        actor,
        "consideration:open",
        about=expert_id,
        subject=f"consideration:{row.id}",
        details={"purpose": said},
    )
    return row


def close_consideration(
    session: Session, actor: Actor, consideration_id: UUID, outcome: Outcome, now: datetime
) -> Consideration:
    """Note how it ended. Who was not engaged is erased later, unless he agreed to stay.

    Raises:
        NotFoundError: There is none with this id, or it is another body's.
        InvalidInputError: It was closed before.
    """
    body = _body_of(actor)
    row = session.get(Consideration, consideration_id, with_for_update=True)
    if row is None or row.body != body:
        raise NotFoundError(f"no consideration with the id {consideration_id}")
    if row.closed_at is not None:
        raise InvalidInputError(words.CONSIDERATION_ENDED)
    row.closed_at, row.outcome = now, outcome
    session.flush()
    audit.record(
        session,
        actor,
        "consideration:close",
        about=row.expert_id,
        subject=f"consideration:{row.id}",
        details={"outcome": outcome},
    )
    return row


def list_considerations(
    session: Session,
    actor: Actor,
    *,
    is_open: bool = True,
    expert_id: UUID | None = None,
    before: UUID | None = None,
    limit: int = PAGE,
) -> Sequence[Consideration]:
    """Those of the actor's body, newest first; for a steward those of all bodies.

    Args:
        expert_id: Only those of this person.
        before: The last one of the page before.
    """
    require(actor, "expert:export")
    query = select(Consideration)
    if not _keeps_all(actor):
        query = query.where(col(Consideration.body) == _body_of(actor))
    if expert_id is not None:
        query = query.where(col(Consideration.expert_id) == expert_id)
    if before is not None:
        query = query.where(col(Consideration.id) < before)
    ended = col(Consideration.closed_at)
    return session.scalars(
        query.where(ended.is_(None) if is_open else ended.is_not(None))
        .order_by(col(Consideration.id).desc())
        .limit(limit)
    ).all()


def list_considered(
    session: Session,
    actor: Actor,
    *,
    is_open: bool = True,
    expert_id: UUID | None = None,
    before: UUID | None = None,
) -> list[Considered]:
    """The same with names, as far as the actor may see the people now."""
    rows = list_considerations(session, actor, is_open=is_open, expert_id=expert_id, before=before)
    # Why each was looked at was entered, and noted, when his consideration was opened.
    selector = selector_for(actor, "considered")
    visible = experts.get_visible(session, [row.expert_id for row in rows], selector)
    return [
        Considered(
            row,
            visible[row.expert_id][1] if row.expert_id in visible else None,
            row.body == actor.body,
        )
        for row in rows
    ]


def _keeps_all(actor: Actor) -> bool:
    return "rights:handle" in permissions_of(actor)


def _body_of(actor: Actor) -> str:
    require(actor, "expert:export")
    if actor.body is None:
        raise NotPermittedError(words.CONSIDERED_BY_BODIES)
    return actor.body


def _check_council(session: Session, actor: Actor, expert: Expert, council_id: UUID) -> None:
    council = session.get(Council, council_id)
    if council is None or council.body != actor.body or Role.SECRETARY not in actor.roles:
        raise InvalidInputError(words.OTHER_COUNCIL)
    if expert.is_invented and not list_given(session, expert.id):
        # People of the demonstration can agree to nothing.
        return
    if not has_consent(session, expert.id, Purpose.COUNCIL, actor.body):
        raise InvalidInputError(words.NOT_FOR_COUNCILS)
