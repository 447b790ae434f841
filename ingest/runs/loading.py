"""Load the chosen rows of a run under one change, a batch to a transaction."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from ingest.runs import store
from registry.access.policy import Actor
from registry.audit import service as audit
from registry.db import LOAD_LOCK, Database, exclusive
from registry.experts import repository
from registry.experts.recording import record_people
from registry.experts.schemas import PersonDraft
from registry.ids import new_id
from registry.taxonomy.service import get_crosswalk

__all__ = ["BATCH", "load_batch"]

# A list of some thousand people is there whole, or not at all.
BATCH: Final = 5_000
_ROWS: Final = 200


def load_batch(database: Database, run_id: UUID, actor: Actor) -> int:
    """Load the next chosen rows, in one transaction; all of them are there then, or none.

    What somebody changed since the dry run is seen anew: a row is compared when it is written.

    Returns:
        How many; 0 when all are loaded.

    Raises:
        BusyError: Another load runs on this database.
    """
    now = datetime.now(UTC)
    with exclusive(database.engine, LOAD_LOCK, "a load"), database.session() as session:
        rows = store.list_unloaded(session, run_id, BATCH)
        run = store.get_run(session, run_id, hold=True)
        if not rows:
            return 0
        if run.change_id is None:
            change_id = new_id()
            repository.begin_change(session, change_id, "import", actor.id, now, label=run.source)
            details = {"source": run.source, "run": str(run.id)}
            subject = f"change:{change_id}"
            audit.record(session, actor, "expert:import", subject=subject, details=details)
            run.change_id = change_id
        crosswalk = get_crosswalk(session)
        for start in range(0, len(rows), _ROWS):
            batch = rows[start : start + _ROWS]
            people = [
                PersonDraft.model_validate(store.unseal(session, row)["draft"]) for row in batch
            ]
            record_people(session, actor, people, crosswalk, now, run.change_id)
            found: dict[tuple[str, str], UUID] = {}
            for source in {person.source for person in people}:
                keys = [person.source_key for person in people if person.source == source]
                known = repository.find_by_source(session, source, keys)
                found |= {(source, key): expert_id for key, expert_id in known.items()}
            for row, person in zip(batch, people, strict=True):
                # Missing when he was erased since it was compared.
                row.expert_id = found.get((person.source, person.source_key))
                row.loaded_at = now
        run.updated_at = now
    return len(rows)
