"""After the load: who of the new people may be somebody known, or is certainly so."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from ingest.runs import store
from ingest.runs.models import ImportRow
from registry.access.policy import Actor
from registry.db import Database
from registry.errors import ChangedMeanwhileError, InvalidInputError, NotFoundError
from registry.identity import judging
from registry.identity import store as pairs
from registry.identity.graph import pair_of
from registry.identity.judging import Evidence

__all__ = ["settle"]


def settle(database: Database, run_id: UUID, actor: Actor) -> int:
    """Propose what was found for each loaded row, make certain ones one, and forget the run's rows.

    Each in a transaction of its own, so that nobody waits for all of them; done again, nothing
    changes.

    Returns:
        How many were made one with somebody known.
    """
    now = datetime.now(UTC)
    with database.session() as session:
        rows = session.scalars(
            select(ImportRow)
            .where(col(ImportRow.run_id) == run_id, col(ImportRow.loaded_at).is_not(None))
            .order_by(col(ImportRow.number))
        ).all()
        found = [
            (row.expert_id, match)
            for row in rows
            for match in row.matches
            if row.expert_id is not None and UUID(match["expert_id"]) != row.expert_id
        ]
        proposals = {pair_of(one, UUID(match["expert_id"])): match for one, match in found}
        pairs.propose(
            session,
            [
                {
                    "one_id": pair[0],
                    "other_id": pair[1],
                    "bits": match["bits"],
                    "signals": match["signals"],
                    "parts": match["parts"],
                }
                for pair, match in proposals.items()
            ],
            now,
        )
    merged = sum(_merge(database, actor, pair, match, now) for pair, match in proposals.items())
    with database.session() as session:
        store.forget(session, run_id, loaded_only=True)
    return merged


def _merge(
    database: Database,
    actor: Actor,
    pair: tuple[UUID, UUID],
    match: dict[str, Any],
    now: datetime,
) -> bool:
    """Make two profiles one by the rule, unless anything was judged of them before."""
    if not match["is_certain"]:
        return False
    evidence = Evidence(match["bits"], match["parts"])
    try:
        with database.session() as session:
            judging.judge(session, actor, *pair, "same", now, evidence=evidence, is_automatic=True)
    except (ChangedMeanwhileError, InvalidInputError, NotFoundError):
        # Judged before, contradicted, or both their person's own: a steward looks at it.
        return False
    return True
