"""What is done once after the schema was brought to a newer version."""

from sqlalchemy import select
from sqlmodel import col

from registry.db import Database, Progress
from registry.experts.models import SourceRecord
from registry.vault import service as vault

BATCH = 500


def seal_old_records(database: Database, on_progress: Progress | None = None) -> int:
    """Encrypt the source records that an earlier version kept openly; stopped, it goes on.

    Returns:
        How many there were.
    """
    done = 0
    while True:
        with database.session() as session:
            rows = session.scalars(
                select(SourceRecord)
                .where(col(SourceRecord.raw).is_not(None))
                .order_by(col(SourceRecord.id))
                .limit(BATCH)
                .with_for_update(skip_locked=True)
            ).all()
            sealed = vault.seal_many(session, [(row.expert_id, row.raw) for row in rows])
            for row, content in zip(rows, sealed, strict=True):
                row.sealed, row.raw = content, None
        if not rows:
            return done
        done += len(rows)
        if on_progress is not None:
            on_progress(f"source records encrypted: {done}")
