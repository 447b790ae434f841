"""Where somebody stands who follows the registry's changes, and what changed since."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session


def snapshot(session: Session) -> str:
    """What this transaction sees, in PostgreSQL's own terms: the place to read on from."""
    return str(session.scalar(text("SELECT pg_current_snapshot()::text")))


def changed_since(session: Session, position: str) -> list[UUID]:
    """People with a change that was not visible at `position`, whatever order it committed in."""
    rows = session.execute(
        text(
            "SELECT DISTINCT expert_id FROM change_log "
            "WHERE xid >= pg_snapshot_xmin(CAST(:position AS pg_snapshot))::text::bigint "
            "AND NOT pg_visible_in_snapshot(xid::text::xid8, CAST(:position AS pg_snapshot)) "
            "ORDER BY expert_id"
        ),
        {"position": position},
    )
    return [row[0] for row in rows]
