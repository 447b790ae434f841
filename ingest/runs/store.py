"""SQL of import runs; rows are sealed, as they hold people who may never be in the registry."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from ingest.runs.models import ImportFile, ImportRow, ImportRun
from registry.errors import NotFoundError
from registry.experts import repository as experts
from registry.experts.models import ExpertSource
from registry.vault import service as vault

# States in which a worker goes on by itself.
MOVING: Final = ("reading", "comparing", "loading")
OVER: Final = ("loaded", "discarded")


def get_run(session: Session, run_id: UUID, *, hold: bool = False) -> ImportRun:
    """A run.

    Args:
        hold: Whether nobody else changes it until the transaction ends.

    Raises:
        NotFoundError: There is none with this id.
    """
    run = session.get(ImportRun, run_id, with_for_update=hold or None, populate_existing=True)
    if run is None:
        raise NotFoundError(f"no import with the id {run_id}")
    return run


def list_runs(session: Session, before: UUID | None, limit: int) -> Sequence[ImportRun]:
    """Runs, newest first."""
    query = select(ImportRun).order_by(col(ImportRun.id).desc()).limit(limit)
    if before is not None:
        query = query.where(col(ImportRun.id) < before)
    return session.scalars(query).all()


def list_moving(session: Session, now: datetime) -> Sequence[UUID]:
    """Runs that a worker is to take on, oldest first: one that waits when its time has come."""
    due = (col(ImportRun.state) == "waiting") & (col(ImportRun.not_before) <= now)
    return session.scalars(
        select(col(ImportRun.id))
        .where(col(ImportRun.state).in_(MOVING) | due)
        .order_by(col(ImportRun.id))
    ).all()


def count_rows(session: Session, run_ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """Rows by outcome; 'uncompared', 'chosen' and 'loaded' are counted as well."""
    counts: dict[UUID, dict[str, int]] = {run_id: {} for run_id in run_ids}
    rows = session.execute(
        select(
            col(ImportRow.run_id),
            func.coalesce(col(ImportRow.outcome), "uncompared"),
            func.count(),
            func.count().filter(col(ImportRow.is_chosen)),
            func.count().filter(col(ImportRow.loaded_at).is_not(None)),
            func.count().filter(func.jsonb_array_length(col(ImportRow.matches)) > 0),
        )
        .where(col(ImportRow.run_id).in_(list(run_ids)))
        .group_by(col(ImportRow.run_id), col(ImportRow.outcome))
    )
    for run_id, outcome, count, chosen, loaded, matched in rows:
        mine = counts[run_id]
        mine[outcome] = count
        for name, more in (("chosen", chosen), ("loaded", loaded), ("matched", matched)):
            mine[name] = mine.get(name, 0) + more
        mine["rows"] = mine.get("rows", 0) + count
    return counts


def add_rows(session: Session, run_id: UUID, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows: number, place, source_key, expert_id, and what is sealed under `content`."""
    if rows:
        session.execute(
            insert(ImportRow),
            [
                {
                    "run_id": run_id,
                    "number": row["number"],
                    "place": row["place"],
                    "source_key": row["source_key"],
                    "expert_id": row["expert_id"],
                    "outcome": row["outcome"],
                    "sealed": seal(session, run_id, row["number"], row["content"]),
                }
                for row in rows
            ],
        )


def next_number(session: Session, run_id: UUID) -> int:
    """The number of the next row of a run."""
    query = select(func.max(col(ImportRow.number))).where(col(ImportRow.run_id) == run_id)
    return (session.scalar(query) or 0) + 1


def keys_of(session: Session, run_id: UUID, keys: Sequence[str]) -> dict[str, str]:
    """Which of these keys of the source are in the run already, and where they stand."""
    rows = session.execute(
        select(col(ImportRow.source_key), col(ImportRow.place)).where(
            col(ImportRow.run_id) == run_id,
            col(ImportRow.source_key).in_(list(keys)),
            col(ImportRow.outcome).is_distinct_from("refused"),
        )
    )
    return {str(row[0]): row[1] for row in rows}


def list_uncompared(session: Session, run_id: UUID, limit: int) -> Sequence[ImportRow]:
    """Rows that were not compared yet, in order."""
    return session.scalars(
        select(ImportRow)
        .where(col(ImportRow.run_id) == run_id, col(ImportRow.outcome).is_(None))
        .order_by(col(ImportRow.number))
        .limit(limit)
    ).all()


def list_unloaded(session: Session, run_id: UUID, limit: int) -> Sequence[ImportRow]:
    """Chosen rows that are not loaded yet, in order."""
    return session.scalars(
        select(ImportRow)
        .where(
            col(ImportRow.run_id) == run_id,
            col(ImportRow.is_chosen),
            col(ImportRow.loaded_at).is_(None),
        )
        .order_by(col(ImportRow.number))
        .limit(limit)
    ).all()


def mark_loaded(
    session: Session, run_id: UUID, rows: Sequence[Mapping[str, Any]], now: datetime
) -> None:
    """Note that rows are loaded: their numbers as `b_number`, their profiles as `b_expert`."""
    connection = session.connection()
    connection.execute(
        update(ImportRow.__table__)  # type: ignore[attr-defined]
        .where(col(ImportRow.run_id) == run_id, col(ImportRow.number) == bindparam("b_number"))
        .values(expert_id=bindparam("b_expert"), loaded_at=now),
        list(rows),
    )
    session.execute(update(ImportRun).where(col(ImportRun.id) == run_id).values(updated_at=now))
    session.expire_all()


def list_rows(
    session: Session, run_id: UUID, outcome: str | None, after: int, limit: int
) -> Sequence[ImportRow]:
    """Rows of a run in order.

    Args:
        outcome: Only those; 'matched' are those who may be somebody known.
    """
    query = select(ImportRow).where(col(ImportRow.run_id) == run_id, col(ImportRow.number) > after)
    if outcome == "matched":
        query = query.where(func.jsonb_array_length(col(ImportRow.matches)) > 0)
    elif outcome:
        query = query.where(col(ImportRow.outcome) == outcome)
    return session.scalars(query.order_by(col(ImportRow.number)).limit(limit)).all()


def adopt_aliases(
    session: Session, source: str, aliases: Mapping[str, Sequence[str]]
) -> dict[str, UUID]:
    """Let a source's new ids stand for the people whom its former ones stood for.

    Args:
        aliases: Former ids by the present one.

    Returns:
        By present id, who else a former id stood for: the source has made two of them one.
    """
    former = [each for group in aliases.values() for each in group]
    known = experts.find_by_source(session, source, [*aliases, *former])
    others: dict[str, UUID] = {}
    for key, group in aliases.items():
        people = [known[each] for each in group if each in known]
        if not people:
            continue
        shown = known.get(key, people[0])
        if key not in known:
            row = {"source": source, "source_key": key, "expert_id": shown}
            experts.add_rows(session, ExpertSource, [row])
        if apart := [each for each in people if each != shown]:
            others[key] = apart[0]
    return others


def choose(session: Session, run_id: UUID, numbers: Sequence[int], chosen: bool) -> int:
    """Choose rows for loading, or leave them out; those that cannot be loaded stay as they are."""
    result = session.execute(
        update(ImportRow)
        .where(
            col(ImportRow.run_id) == run_id,
            col(ImportRow.number).in_(list(numbers)),
            col(ImportRow.outcome).in_(["new", "update", "gone"]),
            col(ImportRow.loaded_at).is_(None),
        )
        .values(is_chosen=chosen)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def choose_outcomes(session: Session, run_id: UUID, outcomes: Sequence[str]) -> None:
    """Choose all rows with these outcomes, and no others."""
    session.execute(
        update(ImportRow)
        .where(col(ImportRow.run_id) == run_id, col(ImportRow.loaded_at).is_(None))
        .values(is_chosen=col(ImportRow.outcome).in_(list(outcomes)))
    )


def forget(session: Session, run_id: UUID, *, loaded_only: bool = False) -> None:
    """Delete what a run holds of people; that it was, and what it did, stays.

    Args:
        loaded_only: Of people who were loaded: they are in the registry now.
    """
    query = update(ImportRow).where(col(ImportRow.run_id) == run_id)
    if loaded_only:
        query = query.where(col(ImportRow.loaded_at).is_not(None))
    else:
        session.execute(delete(ImportFile).where(col(ImportFile.run_id) == run_id))
    session.execute(query.values(sealed=None, source_key=None, matches=[]))


def seal(session: Session, run_id: UUID, number: int, content: Any) -> bytes:
    """Encrypt what a row holds; it opens only as that row."""
    return vault.seal_for_service(session, content, f"import:{run_id}:{number}")


def unseal(session: Session, row: ImportRow) -> dict[str, Any]:
    """What a row holds; empty when the run is over."""
    if row.sealed is None:
        return {}
    bound = f"import:{row.run_id}:{row.number}"
    opened: dict[str, Any] = vault.unseal_for_service(session, row.sealed, bound)
    return opened


def iterate_files(session: Session, run_id: UUID) -> Iterator[tuple[ImportFile, bytes]]:
    """The files of a run with their content, in the order in which they were given."""
    query = select(ImportFile).where(col(ImportFile.run_id) == run_id).order_by(col(ImportFile.id))
    for file in session.scalars(query):
        if file.sealed is not None:
            yield file, vault.open_bytes(session, file.sealed, f"import_file:{file.id}")
