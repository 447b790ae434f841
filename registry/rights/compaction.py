"""Make erased people physically gone from the tables, and note the proof of it.

Deleting leaves old versions of rows in files, and samples of values in the planner's statistics.
Rewriting a table drops both. The indexes of matching are the other half, and no part of this.
"""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg.errors import InsufficientPrivilege, LockNotAvailable
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access.policy import Actor, require
from registry.audit import service as audit
from registry.db import Database
from registry.errors import BusyError, NotFoundError
from registry.rights import leftovers
from registry.rights.erasure_steps import REWRITTEN
from registry.rights.models import Erasure
from registry.rights.traces import Traces

Progress = Callable[[str, int, int], None]

COMPACTION_LOCK: Final = 7_239_005
# Whoever waits for a table keeps everybody behind him waiting: not longer than this.
_LOCK_TIMEOUT: Final = "2s"
_ATTEMPTS: Final = 10
_PAUSE_SECONDS: Final = 3.0

_log = logging.getLogger(__name__)


def list_pending(session: Session) -> Sequence[Erasure]:
    """Erasures of which no proof is complete, oldest first."""
    return session.scalars(
        select(Erasure)
        .where(col(Erasure.compacted_at).is_(None))
        .order_by(col(Erasure.erased_at), col(Erasure.id))
    ).all()


def list_erasures(session: Session, actor: Actor, limit: int) -> Sequence[Erasure]:
    """Erasures with their proofs, newest first."""
    require(actor, "retention:run")
    order = col(Erasure.erased_at).desc(), col(Erasure.id)
    return session.scalars(select(Erasure).order_by(*order).limit(limit)).all()


def count_pending(session: Session, actor: Actor) -> int:
    """How many erased people are not yet proven to be physically gone."""
    require(actor, "retention:run")
    return len(list_pending(session))


def rewrite_tables(
    database: Database,
    actor: Actor,
    now: datetime,
    on_progress: Progress | None = None,
    attempts: int = _ATTEMPTS,
) -> int:
    """Write every table that holds people anew, so that nothing deleted is left in its file.

    Each table is closed to everybody while it is written: seconds for some hundred thousand rows.
    The caller holds `COMPACTION_LOCK`.

    Returns:
        How many erasures this was for; with none, nothing is rewritten.

    Raises:
        BusyError: A table was in use all the time; what was rewritten until then is.
    """
    require(actor, "retention:run")
    with database.session() as session:
        pending = [row.id for row in list_pending(session)]
    if not pending:
        return 0
    report: dict[str, Any] = {}
    with database.engine.connect() as plain:
        connection = plain.execution_options(isolation_level="AUTOCOMMIT")
        before = _files(connection)
        for number, table in enumerate(REWRITTEN, start=1):
            _rewrite(connection, table, attempts)
            if on_progress is not None:
                on_progress("rewrite tables", number, len(REWRITTEN))
        after, dead = _files(connection), _dead(connection)
        for table in REWRITTEN:
            report[table] = {
                "file_before": before[table],
                "file": after[table],
                "dead_rows": dead.get(table),
            }
        checkpoint = _checkpoint(connection)
    proof = {"tables": report, "tables_at": now.isoformat(), "checkpoint": checkpoint}
    with database.session() as session:
        for row in session.scalars(select(Erasure).where(col(Erasure.id).in_(pending))):
            row.proof = proof
        audit.record(session, actor, "erasure:rewrite", details={"erasures": len(pending)})
    return len(pending)


def _rewrite(connection: Connection, table: str, attempts: int) -> None:
    connection.execute(text(f"SET lock_timeout = '{_LOCK_TIMEOUT}'"))
    try:
        for attempt in range(1, attempts + 1):
            try:
                # ANALYZE: the planner's statistics hold samples of what was there.
                connection.execute(text(f"VACUUM (FULL, ANALYZE) public.{table}"))
                return
            except DBAPIError as exc:
                if not isinstance(exc.orig, LockNotAvailable):
                    raise
                if attempt == attempts:
                    raise BusyError(
                        f"the table {table} is in use; run the compaction again when less goes on"
                    ) from exc
                time.sleep(_PAUSE_SECONDS)
    finally:
        connection.execute(text("RESET lock_timeout"))


def _files(connection: Connection) -> dict[str, int]:
    query = (
        "SELECT relname, pg_relation_filenode(oid)::bigint FROM pg_class "
        "WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    )
    return {row[0]: row[1] for row in connection.execute(text(query))}


def _dead(connection: Connection) -> dict[str, int]:
    connection.execute(text("SELECT pg_stat_force_next_flush()"))
    query = "SELECT relname, n_dead_tup FROM pg_stat_user_tables WHERE schemaname = 'public'"
    return {row[0]: row[1] for row in connection.execute(text(query))}


def _checkpoint(connection: Connection) -> str:
    """Have the database let go of the old files now; a role without the right leaves it to it."""
    try:
        connection.execute(text("CHECKPOINT"))
    except DBAPIError as exc:
        if not isinstance(exc.orig, InsufficientPrivilege):
            raise
        return "left to the database"
    return "done"


def is_begun_since(session: Session, position: str) -> bool:
    """Whether somebody was erased, and his rows rewritten, whom a reader at a position still saw.

    Args:
        position: A snapshot, as followers of the change log keep it.
    """
    query = text(
        "SELECT EXISTS (SELECT FROM erasure e JOIN change_log c ON c.expert_id = e.expert_id "
        "WHERE e.proof IS NOT NULL AND c.topic = 'expert' "
        "AND c.xid >= pg_snapshot_xmin(CAST(:position AS pg_snapshot))::text::bigint "
        "AND NOT pg_visible_in_snapshot(c.xid::text::xid8, CAST(:position AS pg_snapshot)))"
    )
    return bool(session.scalar(query, {"position": position}))


def list_begun(session: Session) -> list[Erasure]:
    """Pending erasures whose tables were rewritten, and that were not looked through yet."""
    return [
        row
        for row in list_pending(session)
        if row.proof is not None and "leftovers" not in row.proof
    ]


def waits_since(session: Session) -> datetime | None:
    """Since when the tables are to be rewritten: an erasure, or a check that found something."""
    since = [
        row.erased_at if row.proof is None else datetime.fromisoformat(row.proof["tables_at"])
        for row in list_pending(session)
        if row.proof is None or "leftovers" in row.proof
    ]
    return min(since, default=None)


def finish(
    session: Session,
    actor: Actor,
    now: datetime,
    indexes: dict[str, Any],
    in_files: Sequence[leftovers.Leftover],
) -> int:
    """Look through everything for people whose tables were rewritten, and note who is gone.

    Whoever is found somewhere stays pending: the next compaction rewrites and looks again.

    Args:
        indexes: What was found of the indexes, for the proof.
        in_files: Traces that are left in their files.

    Returns:
        How many erasures are proven now.
    """
    require(actor, "retention:run")
    rows = list_begun(session)
    traces = Traces(tuple(row.expert_id for row in rows))
    left = [
        *in_files,
        *leftovers.check_database(session, traces),
        *leftovers.check_statistics(session, traces),
    ]
    places = sorted({str(found) for found in left})
    if places:
        _log.error("traces of erased people are left: %s", ", ".join(places))
    for row in rows:
        row.proof = {**(row.proof or {}), "indexes": indexes, "leftovers": places}
        if not places:
            row.compacted_at = now
    session.flush()
    details = {"erasures": len(rows), "leftovers": places}
    audit.record(session, actor, "erasure:check", details=details)
    return 0 if places else len(rows)


def check_erased(session: Session, actor: Actor, expert_id: UUID) -> list[leftovers.Leftover]:
    """What is left of somebody who was erased: places that hold his id and may not.

    Raises:
        NotFoundError: Nobody with this id was erased.
    """
    require(actor, "rights:handle")
    query = select(Erasure).where(col(Erasure.expert_id) == expert_id)
    if session.scalars(query).first() is None:
        raise NotFoundError(f"nobody with the id {expert_id} was erased")
    return leftovers.check_database(session, Traces((expert_id,)))
