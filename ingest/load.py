"""From drafts of people to statements in the registry, in transactions that leave nothing half."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import islice

from registry.access.policy import Actor
from registry.db import LOAD_LOCK, Database, exclusive
from registry.experts.recording import RecordCounts, record_people
from registry.experts.schemas import PersonDraft
from registry.ids import new_id
from registry.taxonomy.service import get_crosswalk

# Rows go to the server in batches of this many people.
BATCH = 100


def load_whole(
    database: Database,
    actor: Actor,
    people: Sequence[PersonDraft],
    now: datetime,
    on_progress: Callable[[int], None] | None = None,
) -> RecordCounts:
    """Load all people of a file in one transaction: all of it is there, or nothing.

    Raises:
        BusyError: Another load runs on this database.
    """
    counts, change_id = RecordCounts(), new_id()
    with (
        exclusive(database.engine, LOAD_LOCK, "a load"),
        database.session() as session,
    ):
        crosswalk = get_crosswalk(session)
        for start in range(0, len(people), BATCH):
            batch = people[start : start + BATCH]
            counts.add(record_people(session, actor, batch, crosswalk, now, change_id))
            if on_progress is not None:
                on_progress(start + len(batch))
    return counts


def load_stream(
    database: Database,
    actor: Actor,
    people: Iterable[PersonDraft],
    now: datetime,
    on_progress: Callable[[int], None] | None = None,
) -> RecordCounts:
    """Load any number of people, a batch to a transaction, in constant memory.

    For generated people, who each stand alone: stopped anywhere, the next call goes on, because
    people who are there already are the same and stay untouched.

    Raises:
        BusyError: Another load runs on this database.
    """
    counts, change_id = RecordCounts(), new_id()
    stream, done = iter(people), 0
    with exclusive(database.engine, LOAD_LOCK, "a load"):
        with database.session() as session:
            crosswalk = get_crosswalk(session)
        while batch := list(islice(stream, BATCH)):
            with database.session() as session:
                counts.add(record_people(session, actor, batch, crosswalk, now, change_id))
            done += len(batch)
            if on_progress is not None:
                on_progress(done)
    return counts
