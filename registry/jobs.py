"""Work that rooms do together: what the law wants done on schedule, and proof of erasures.

One of the files that assemble: rights and matching do not know each other.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from matching import sweeping
from matching.engine import Engine
from registry.access.policy import Actor
from registry.audit.models import AuditEntry
from registry.config import Settings
from registry.daily import is_due
from registry.db import Database, exclusive
from registry.rights import compaction, ledger, leftovers, retention
from registry.rights.compaction import COMPACTION_LOCK
from registry.rights.erasure import ERASER
from registry.rights.traces import Traces

Progress = Callable[[str, int, int], None]

_log = logging.getLogger(__name__)


def begin_compaction(
    database: Database, actor: Actor, now: datetime, on_progress: Progress | None = None
) -> int:
    """Delete what nothing needs of erased people, and rewrite the tables.

    Returns:
        How many erasures wait for their proof.

    Raises:
        BusyError: Another process is at it, or a table or the vectors are in use.
    """
    with exclusive(database.engine, COMPACTION_LOCK, "a compaction"):
        with database.session() as session:
            pending = compaction.count_pending(session, actor)
        if pending:
            sweeping.drop_vectors(database)
        return compaction.rewrite_tables(database, actor, now, on_progress)


def finish_compaction(
    database: Database, actor: Actor, root: Path, now: datetime
) -> tuple[int, list[str]]:
    """Look through tables and indexes once more, and note who is proven to be gone.

    Args:
        root: Folder of the indexes of all processes that share the data folder.

    Returns:
        How many erasures are proven now, and which indexes are not renewed yet.
    """
    with database.session() as session:
        begun = compaction.list_begun(session)
        if not begun:
            return 0, []
        cleared = sweeping.clear_abandoned(session, root)
        waiting = sweeping.list_stale(session, root)
        if waiting:
            return 0, waiting
        traces = Traces(tuple(row.expert_id for row in begun))
        indexes: dict[str, Any] = {"in_use": sweeping.describe(root), "cleared": cleared}
        left = leftovers.check_files(root, traces)
        return compaction.finish(session, actor, now, indexes, left), []


def do_daily(database: Database, actor: Actor, data_folder: Path, now: datetime) -> None:
    """What is done once a day: retention, and the list of erasures."""
    found = retention.run(database, actor, now)
    for finding in found:
        if finding.count:
            _log.info("retention %s: %d", finding.rule.code, finding.count)
    ledger.reconcile(database, ledger.path_in(data_folder))


def looking(settings: Settings, database: Database, engine: Engine) -> Callable[[bool], None]:
    """What a serving process does each time that its `DailyWorker` looks."""

    def look(asked: bool) -> None:
        now = datetime.now(UTC)
        try:
            if is_due(_last_done(database), now):
                do_daily(database, ERASER, settings.data_folder, now)
            if asked or _is_waiting(database, now):
                begin_compaction(database, ERASER, now)
        finally:
            # The own index is renewed whoever rewrote the tables, and even when this failed.
            if sweeping.renew(engine):
                _log.info("the index was built anew")
            finish_compaction(database, ERASER, settings.index_folder, datetime.now(UTC))

    return look


def _last_done(database: Database) -> datetime | None:
    """When any process did the day's work last: it is in the audit."""
    with database.session() as session:
        return session.scalars(
            select(col(AuditEntry.at))
            .where(col(AuditEntry.action) == "retention:run")
            .order_by(col(AuditEntry.seq).desc())
            .limit(1)
        ).first()


def _is_waiting(database: Database, now: datetime) -> bool:
    """Whether somebody erased before the last quiet hour is still in the files of the tables."""
    with database.session() as session:
        since = compaction.waits_since(session)
    return since is not None and is_due(since, now)
