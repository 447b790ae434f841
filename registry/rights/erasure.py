"""Erase a person: everything in one transaction, and a proof that holds nothing of him."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import CursorResult, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access.models import Account
from registry.access.policy import Actor, Role, permissions_of, require
from registry.audit import service as audit
from registry.errors import NotFoundError
from registry.experts.life import check_move
from registry.experts.models import Expert, ExpertSource, Statement, Suppression
from registry.experts.schemas import Life
from registry.ids import new_id, parse_orcid
from registry.rights.erasure_steps import STEPS
from registry.rights.models import Erasure
from registry.rights.people import same_person
from registry.rights.traces import Traces, collect, id_texts, list_accounts, pattern_of
from registry.vault import service as vault

# The service on its own: what expires, and what a restored backup brought back.
ERASER: Final = Actor("operator:service", frozenset({Role.STEWARD, Role.ADMINISTRATOR}))


def erase(
    session: Session,
    actor: Actor,
    expert_id: UUID,
    reason: str,
    now: datetime,
) -> Erasure:
    """Delete or empty everything that is held of a person, and destroy his key.

    Profiles merged with his are erased with it, and the accounts that hold or held them. From the
    commit on he is in no answer; his rows in files that the database and the indexes have left
    behind are gone after a compaction.
    Erasing again changes nothing. The caller notes no details about him in this transaction:
    they would need a key.

    Args:
        reason: Kept; no personal data.

    Raises:
        NotFoundError: There is no such person.
        NotPermittedError: It is neither the actor's own profile nor his office.
    """
    _require(actor, expert_id)
    people = list(same_person(session, expert_id))
    locked = session.scalars(
        select(Expert)
        .where(col(Expert.id).in_(people))
        .order_by(col(Expert.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if expert_id not in {expert.id for expert in locked}:
        raise NotFoundError(f"no expert with the id {expert_id}")
    found = session.scalars(select(Erasure).where(col(Erasure.expert_id) == expert_id)).first()
    if found is not None and all(expert.life == Life.ERASED for expert in locked):
        return found
    for expert in locked:
        if expert.life != Life.ERASED:
            check_move(Life(expert.life), Life.ERASED, "system", None)
    counts = _empty(session, collect(session, people), now)
    erased_by = "the person" if expert_id == actor.expert_id else actor.id
    for person in people:
        row = Erasure(
            id=new_id(),
            expert_id=person,
            reason=reason,
            erased_by=erased_by,
            erased_at=now,
            counts=counts if person == expert_id else {},
        )
        session.execute(
            upsert(Erasure)
            .values(**row.model_dump(exclude={"compacted_at", "proof"}))
            .on_conflict_do_update(
                # A person whom a restored backup brought back is erased for the second time.
                index_elements=["expert_id"],
                set_={"erased_at": now, "counts": row.counts, "compacted_at": None, "proof": None},
            )
        )
        audit.record(session, actor, "expert:erase", about=person)
    return session.scalars(select(Erasure).where(col(Erasure.expert_id) == expert_id)).one()


def _require(actor: Actor, expert_id: UUID) -> None:
    if actor.expert_id == expert_id:
        require(actor, "rights:own")
    elif "retention:run" not in permissions_of(actor):
        require(actor, "rights:handle")


def _empty(session: Session, traces: Traces, now: datetime) -> dict[str, int]:
    people = list(traces.people)
    accounts = session.scalars(
        select(Account).where(col(Account.id).in_(list_accounts(session, people))).with_for_update()
    ).all()
    _suppress(session, people)
    session.flush()
    given = {
        "people": people,
        "id_texts": id_texts(people),
        "accounts": [account.id for account in accounts],
        "hashes": sorted(traces.hashes),
        "patterns": [pattern_of(s) for s in sorted({*traces.names, *id_texts(people)})],
        "now": now,
    }
    counts: dict[str, int] = {}
    for step in STEPS:
        done = session.execute(text(step.sql), given)
        assert isinstance(done, CursorResult)
        counts[step.table] = counts.get(step.table, 0) + done.rowcount
    for person in people:
        vault.destroy_key(session, person)
    # Objects that were read before would be written back, or shown, as they were.
    session.expire_all()
    return {table: count for table, count in counts.items() if count}


def _suppress(session: Session, people: list[UUID]) -> None:
    """Keep keyed digests of the ids that sources know him by, so that no import brings him back."""
    known = session.execute(
        select(col(ExpertSource.source), col(ExpertSource.source_key)).where(
            col(ExpertSource.expert_id).in_(people)
        )
    )
    keys = {(source, key) for source, key in known}
    # Another source may know him by an id that this one only mentioned.
    for external_id in session.scalars(
        select(col(Statement.external_id)).where(
            col(Statement.expert_id).in_(people),
            col(Statement.property) == "external_id",
            col(Statement.external_id).is_not(None),
        )
    ):
        scheme, _, key = (external_id or "").partition(":")
        keys.add((scheme, parse_orcid(key) if scheme == "orcid" else key))
    digests = {vault.digest(session, "source", f"{source}\0{key}") for source, key in keys}
    if digests:
        session.execute(
            upsert(Suppression).on_conflict_do_nothing(), [{"digest": d} for d in sorted(digests)]
        )
