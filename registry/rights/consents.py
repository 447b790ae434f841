"""Consents: given per purpose and body, withdrawn at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access import delegations
from registry.access.claim_store import revoke_claim_links
from registry.access.holding import lock_expert
from registry.access.policy import Actor, require
from registry.audit import service as audit
from registry.errors import InvalidInputError, NotFoundError
from registry.experts.life import check_move
from registry.experts.lifecycle import change_life
from registry.experts.models import Expert
from registry.experts.schemas import Life
from registry.rights import consent_rules as rules
from registry.rights import consent_store as store
from registry.rights import words
from registry.rights.consent_rules import Purpose
from registry.rights.consent_store import Proof, apply_consents
from registry.rights.models import Consent, ConsentText
from registry.rights.people import Side, lock_person, side_of
from registry.text import clean
from registry.vault import service as vault

__all__ = [
    "Agreed",
    "Proof",
    "apply_consents",
    "give",
    "give_at_claim",
    "has_consent",
    "list_consents",
    "void",
    "withdraw",
    "withdraw_all",
]


@dataclass(frozen=True)
class Agreed:
    """A consent with the words that were agreed to.

    Args:
        text: In the language in which they were read.
        evidence: Where a steward keeps the proof; None for consents given here.
    """

    consent: Consent
    text: str
    evidence: str | None

    @property
    def is_current(self) -> bool:
        return self.consent.withdrawn_at is None


def list_consents(session: Session, actor: Actor, expert_id: UUID) -> list[Agreed]:
    """All consents of a person with the texts as agreed, the current ones and the newest first."""
    if side_of(actor, expert_id, "consent:own", "consent:record") == "steward":
        audit.record(session, actor, "consent:read", about=expert_id)
    rows = session.execute(
        select(Consent, ConsentText)
        .join(
            ConsentText,
            (col(ConsentText.purpose) == col(Consent.purpose))
            & (col(ConsentText.version) == col(Consent.text_version)),
        )
        .where(col(Consent.expert_id) == expert_id)
        .order_by(col(Consent.withdrawn_at).is_not(None), col(Consent.id).desc())
    )
    return [
        Agreed(
            consent,
            words_.text_vi if consent.language == "vi" else words_.text_en,
            None
            if consent.evidence is None
            else str(vault.unseal(session, expert_id, consent.evidence)),
        )
        for consent, words_ in rows
    ]


def give(
    session: Session,
    actor: Actor,
    expert_id: UUID,
    purpose: str,
    language: str,
    now: datetime,
    *,
    bodies: Sequence[str] | None = None,
    proof: Proof | None = None,
) -> None:
    """Agree to a purpose, for all registered bodies or for some; the profile follows at once.

    Naming bodies narrows an agreement that held for all; agreeing for all takes in those that
    were named. An agreement to a newer text ends the one to the older text.

    Args:
        language: In which the text was read.
        bodies: Codes; None for all registered bodies.
        proof: How the consent reached the steward who records it; None when the person himself
            gives it here.

    Raises:
        InvalidInputError: Purpose, bodies, language or proof cannot be used.
        NotPermittedError: A consent that was withdrawn wholly is given anew by another than the
            person.
    """
    expert = lock_person(session, actor, expert_id, "consent:own", "consent:record")
    side = side_of(actor, expert_id, "consent:own", "consent:record")
    wanted = store.read_purpose(purpose)
    codes = store.read_bodies(session, wanted, bodies)
    before = store.list_given(session, expert_id)
    if wanted not in rules.ALONE and not any(
        g.is_current and g.purpose == Purpose.REGISTRY for g in before
    ):
        raise InvalidInputError(words.REGISTRY_FIRST)
    if wanted is Purpose.REGISTRY and expert.life == Life.WITHDRAWN:
        check_move(Life.WITHDRAWN, Life.CLAIMED, side, None)
        change_life(session, actor, expert, Life.CLAIMED, now)
    store.write(
        session, actor, expert_id, wanted, codes, language, now, _checked_proof(side, proof)
    )
    apply_consents(session, expert_id)
    store.end_councils(session, expert_id, now)
    details = {"purpose": wanted, "bodies": codes, "channel": store.channel_of(proof)}
    audit.record(session, actor, "consent:give", about=expert_id, details=details)


def give_at_claim(
    session: Session,
    actor: Actor,
    expert_id: UUID,
    choices: Collection[str],
    language: str,
    now: datetime,
) -> None:
    """Take down what somebody agreed to while he claimed a profile, for all registered bodies.

    To be called in the transaction in which the profile becomes his.

    Args:
        choices: Purposes; that of the registry must be among them, the others are free.

    Raises:
        InvalidInputError: The person did not agree to have a profile, or a purpose is unknown.
    """
    require(actor, "account:own")
    chosen = {store.read_purpose(choice) for choice in choices}
    if Purpose.REGISTRY not in chosen:
        raise InvalidInputError(words.REGISTRY_TO_CLAIM)
    if lock_expert(session, expert_id) is None:
        raise NotFoundError(f"no expert with the id {expert_id}")
    # What an earlier holder agreed to here is not this person's word.
    before = store.list_current(session, expert_id)
    store.end(session, actor, [c for c in before if c.channel == rules.OWN_CHANNEL], now, None)
    for purpose in Purpose:
        if purpose in chosen:
            store.write(session, actor, expert_id, purpose, None, language, now, None)
    apply_consents(session, expert_id)
    store.end_councils(session, expert_id, now)
    details = {"purposes": sorted(chosen), "channel": rules.OWN_CHANNEL}
    audit.record(session, actor, "consent:give", about=expert_id, details=details)


def void(session: Session, expert_id: UUID, since: datetime) -> None:
    """Take out what a wrong person agreed to while he held the profile: it was never a consent.

    To be called in the transaction that takes his claim back.

    Args:
        since: When the claim was granted.
    """
    session.execute(
        delete(Consent).where(
            col(Consent.expert_id) == expert_id,
            col(Consent.channel) == rules.OWN_CHANNEL,
            col(Consent.given_at) >= since,
        )
    )
    session.expire_all()


def withdraw(
    session: Session,
    actor: Actor,
    expert_id: UUID,
    consent_id: UUID,
    now: datetime,
    proof: Proof | None = None,
) -> None:
    """End one consent; it is out of force when the transaction commits.

    With the last one to the registry itself all others end, and the profile is withdrawn.

    Args:
        proof: How the person's word reached the steward; None for the person himself.

    Raises:
        NotFoundError: It is not one of this person's.
        InvalidInputError: It was withdrawn before, or the proof is missing.
    """
    expert = lock_person(
        session, actor, expert_id, "consent:own", "consent:record", only_hides=True
    )
    side = side_of(actor, expert_id, "consent:own", "consent:record")
    proof = _checked_proof(side, proof)
    row = session.get(Consent, consent_id)
    if row is None or row.expert_id != expert_id:
        raise NotFoundError(f"no consent with the id {consent_id}")
    if row.withdrawn_at is not None:
        raise InvalidInputError(words.WITHDRAWN_BEFORE)
    others = (g for g in store.list_current(session, expert_id) if g.id != consent_id)
    if row.purpose == Purpose.REGISTRY and all(g.purpose != Purpose.REGISTRY for g in others):
        _withdraw_wholly(session, actor, expert, side, now, proof)
        return
    store.end(session, actor, [row], now, proof)
    apply_consents(session, expert_id)
    store.end_councils(session, expert_id, now)
    details = {"purpose": row.purpose, "body": row.body, **_told(proof)}
    audit.record(session, actor, "consent:withdraw", about=expert_id, details=details)


def withdraw_all(
    session: Session, actor: Actor, expert_id: UUID, now: datetime, proof: Proof | None = None
) -> None:
    """End all consents of a person; from the commit on his profile is shown to nobody.

    It serves people whose profile rests on no consent as well: whoever claimed it can leave.
    """
    expert = lock_person(
        session, actor, expert_id, "consent:own", "consent:record", only_hides=True
    )
    side = side_of(actor, expert_id, "consent:own", "consent:record")
    _withdraw_wholly(session, actor, expert, side, now, _checked_proof(side, proof))


def has_consent(session: Session, expert_id: UUID, purpose: Purpose, body: str | None) -> bool:
    """Whether a person agreed to a purpose for a body, and has not withdrawn it."""
    return rules.holds(store.list_given(session, expert_id), purpose, body)


def _withdraw_wholly(
    session: Session,
    actor: Actor,
    expert: Expert,
    side: Side,
    now: datetime,
    proof: Proof | None,
) -> None:
    store.end(session, actor, store.list_current(session, expert.id), now, proof)
    life = Life(expert.life)
    # A lead has no profile of his own that could be withdrawn: it is closed to all bodies below,
    # and expires.
    if life in {Life.CLAIMED, Life.VERIFIED, Life.PAUSED}:
        reason = None if proof is None else proof.evidence
        check_move(life, Life.WITHDRAWN, side, reason)
        change_life(session, actor, expert, Life.WITHDRAWN, now, reason)
        delegations.revoke_all(session, expert.id, now)
    revoke_claim_links(session, expert.id, now)
    apply_consents(session, expert.id)
    store.end_councils(session, expert.id, now)
    audit.record(
        session, actor, "consent:withdraw_all", about=expert.id, details=_told(proof) or None
    )


def _checked_proof(side: Side, proof: Proof | None) -> Proof | None:
    if side == "expert":
        # He is here himself: nothing else is needed, and nothing else would be true.
        return None
    if proof is None or not clean(proof.evidence):
        raise InvalidInputError(words.EVIDENCE_MISSING)
    if proof.channel not in rules.RECORDED_CHANNELS:
        raise InvalidInputError(words.CHANNEL_UNKNOWN)
    return proof


def _told(proof: Proof | None) -> dict[str, Any]:
    return {} if proof is None else {"channel": proof.channel, "evidence": proof.evidence}
