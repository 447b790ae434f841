"""Load the chosen rows of a run under one change, a batch to a transaction."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from ingest.runs import store
from registry.access.policy import Actor
from registry.audit import service as audit
from registry.db import LOAD_LOCK, Database, exclusive
from registry.experts import repository
from registry.experts.recording import record_people
from registry.experts.schemas import PersonDraft
from registry.identity import store as pairs
from registry.identity.graph import pair_of
from registry.ids import new_id
from registry.taxonomy.service import get_crosswalk

__all__ = ["BATCH", "load_batch"]

# A list of some thousand people is there whole, or not at all.
BATCH: Final = 5_000
_ROWS: Final = 200
# Sources make mistakes when they merge: a strong sign, and no proof.
_MERGED_BITS: Final = 8.0


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
        change_id = run.change_id
        crosswalk = get_crosswalk(session)
        # Read before anything is written: what is loaded anew each time costs a query each.
        opened = [(row.number, store.unseal(session, row)) for row in rows]
        loaded: list[dict[str, Any]] = []
        for start in range(0, len(opened), _ROWS):
            batch = opened[start : start + _ROWS]
            contents = [content for _, content in batch]
            people = [PersonDraft.model_validate(content["draft"]) for content in contents]
            for source in {person.source for person in people}:
                former = {
                    person.source_key: content["aliases"]
                    for person, content in zip(people, contents, strict=True)
                    if person.source == source and content.get("aliases")
                }
                _propose_merged(session, source, former, now)
            record_people(session, actor, people, crosswalk, now, change_id)
            found: dict[tuple[str, str], UUID] = {}
            for source in {person.source for person in people}:
                keys = [person.source_key for person in people if person.source == source]
                known = repository.find_by_source(session, source, keys)
                found |= {(source, key): expert_id for key, expert_id in known.items()}
            loaded += [
                # Missing when he was erased since it was compared.
                {"b_number": number, "b_expert": found.get((person.source, person.source_key))}
                for (number, _), person in zip(batch, people, strict=True)
            ]
        store.mark_loaded(session, run_id, loaded, now)
    return len(rows)


def _propose_merged(
    session: Session, source: str, former: Mapping[str, Sequence[str]], now: datetime
) -> None:
    """Have a steward look at people whom a source has made one, while both are here."""
    others = store.adopt_aliases(session, source, former)
    known = repository.find_by_source(session, source, list(others))
    part = {"kind": "source", "label": "the source has made their ids one", "bits": _MERGED_BITS}
    rows = []
    for key, other in others.items():
        one, two = pair_of(known[key], other)
        row = {"one_id": one, "other_id": two, "bits": _MERGED_BITS, "signals": 1, "parts": [part]}
        rows.append(row)
    pairs.propose(session, rows, now)
