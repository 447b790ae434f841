"""Consents in the database: written, ended, and what follows from them for the profile."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access.models import Body
from registry.access.policy import Actor
from registry.errors import InvalidInputError
from registry.experts import repository as experts
from registry.experts.models import Expert
from registry.experts.recording import refresh_summaries
from registry.ids import new_id
from registry.rights import consent_rules as rules
from registry.rights import words
from registry.rights.consent_rules import Given, Purpose
from registry.rights.consent_texts import current_texts
from registry.rights.models import Consent, Consideration
from registry.taxonomy.service import get_crosswalk
from registry.vault import service as vault


@dataclass(frozen=True)
class Proof:
    """How a word of the person reached a steward.

    Args:
        channel: 'paper', 'email' or 'in_person'.
        evidence: Where the proof is kept, such as the number of the letter.
    """

    channel: str
    evidence: str


def apply_consents(session: Session, expert_id: UUID) -> None:
    """Derive anew what consents decide of a profile: who sees it, whether searches hold it.

    Whoever never decided about the registry (a lead, an invented person) stays as he is.
    """
    session.flush()
    derived = rules.effects(list_given(session, expert_id))
    expert = session.get(Expert, expert_id)
    if derived is None or expert is None:
        return
    expert.open_to = derived.open_to
    expert.is_searchable = derived.is_searchable
    expert.is_published = derived.is_published
    session.flush()


def end_councils(session: Session, expert_id: UUID, now: datetime) -> None:
    """Close what councils consider a person for without his consent: their sight ends with it.

    No body has said that it does not engage him, so that nothing is erased for it. People of a
    demonstration can agree to nothing, and stay as they are.
    """
    given, expert = list_given(session, expert_id), session.get(Expert, expert_id)
    if expert is None or (expert.is_invented and not given):
        return
    for row in session.scalars(
        select(Consideration).where(
            col(Consideration.expert_id) == expert_id,
            col(Consideration.council_id).is_not(None),
            col(Consideration.closed_at).is_(None),
        )
    ):
        if not rules.holds(given, Purpose.COUNCIL, row.body):
            row.closed_at, row.outcome = now, "consent_ended"
    session.flush()


def list_current(session: Session, expert_id: UUID) -> Sequence[Consent]:
    """Consents that hold, oldest first."""
    return session.scalars(
        select(Consent)
        .where(col(Consent.expert_id) == expert_id, col(Consent.withdrawn_at).is_(None))
        .order_by(col(Consent.id))
    ).all()


def list_given(session: Session, expert_id: UUID) -> list[Given]:
    """All consents of a person as the rules look at them."""
    rows = session.execute(
        select(col(Consent.purpose), col(Consent.body), col(Consent.withdrawn_at)).where(
            col(Consent.expert_id) == expert_id
        )
    )
    return [Given(purpose, body, ended is None) for purpose, body, ended in rows]


def write(
    session: Session,
    actor: Actor,
    expert_id: UUID,
    purpose: Purpose,
    codes: Sequence[str] | None,
    language: str,
    now: datetime,
    proof: Proof | None,
) -> None:
    """Write that a purpose is agreed to, under its current text, and end what that replaces.

    Args:
        codes: Bodies; None for all.
        proof: None when the person gives it himself.

    Raises:
        InvalidInputError: There is no text in this language.
    """
    if language not in {"vi", "en"}:
        raise InvalidInputError(words.LANGUAGE_UNKNOWN)
    version = current_texts(session)[purpose].version
    wanted: set[str | None] = {None} if codes is None else set(codes)
    ended = []
    for row in list_current(session, expert_id):
        if row.purpose != purpose:
            continue
        if row.body in wanted and row.text_version == version:
            wanted.discard(row.body)
        elif row.body in wanted or codes is None or row.body is None:
            ended.append(row)
    # Ended first: one current consent for each purpose and body.
    _mark_ended(session, actor, ended, now, proof)
    for body in sorted(wanted, key=str):
        session.add(
            Consent(
                expert_id=expert_id,
                purpose=purpose.value,
                body=body,
                text_version=version,
                language=language,
                channel=channel_of(proof),
                evidence=None if proof is None else vault.seal(session, expert_id, proof.evidence),
                given_at=now,
                recorded_by=actor.id,
            )
        )
    session.flush()


def end(
    session: Session,
    actor: Actor,
    rows: Sequence[Consent],
    now: datetime,
    proof: Proof | None,
) -> None:
    """End consents; what a person said of his origin is closed with the consent to that."""
    _mark_ended(session, actor, rows, now, proof)
    for expert_id in {row.expert_id for row in rows if row.purpose == Purpose.ORIGIN}:
        _close_origin(session, actor, expert_id, now)


def _mark_ended(
    session: Session, actor: Actor, rows: Sequence[Consent], now: datetime, proof: Proof | None
) -> None:
    for row in rows:
        row.withdrawn_at, row.withdrawn_by = now, actor.id
        row.withdrawn_channel = channel_of(proof)
    session.flush()


def _close_origin(session: Session, actor: Actor, expert_id: UUID, now: datetime) -> None:
    """Close what a person said of his origin: without consent nothing may rest on it."""
    current = experts.list_current(session, [expert_id])[expert_id]
    said = [statement.id for statement in current if statement.property == "origin"]
    if not said:
        return
    change_id = new_id()
    experts.begin_change(session, change_id, "edit", actor.id, now, expert_id=expert_id)
    experts.close(session, said, now, change_id)
    refresh_summaries(session, [expert_id], get_crosswalk(session))


def channel_of(proof: Proof | None) -> str:
    """How the word came: here by the person himself, or as the steward says."""
    return rules.OWN_CHANNEL if proof is None else proof.channel


def read_purpose(text: str) -> Purpose:
    """A purpose by its code.

    Raises:
        InvalidInputError: There is none with this code.
    """
    try:
        return Purpose(text)
    except ValueError as exc:
        raise InvalidInputError(words.PURPOSE_UNKNOWN) from exc


def read_bodies(
    session: Session, purpose: Purpose, bodies: Sequence[str] | None
) -> list[str] | None:
    """Codes of active bodies, sorted; None for all.

    Raises:
        InvalidInputError: The purpose cannot be limited, or a body is unknown.
    """
    if bodies is None:
        return None
    if purpose not in rules.PER_BODY:
        raise InvalidInputError(words.BODIES_NOT_HERE)
    wanted = sorted(set(bodies))
    known = session.scalars(
        select(col(Body.code)).where(col(Body.code).in_(wanted), col(Body.is_active).is_(True))
    ).all()
    if not wanted or set(known) != set(wanted):
        raise InvalidInputError(words.BODY_UNKNOWN)
    return wanted
