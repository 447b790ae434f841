"""Imports as stewards run them: begun, looked at, corrected, confirmed, stopped, given up."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session
from sqlmodel import col

from ingest.runs import store, words
from ingest.runs.kinds import KINDS, PEOPLE_LIST, FileKind, ServiceKind
from ingest.runs.models import ImportFile, ImportRow, ImportRun
from registry.access.policy import Actor, require
from registry.audit import service as audit
from registry.errors import InvalidInputError
from registry.experts.models import Change, Expert, Statement
from registry.experts.rules import RESERVED_SOURCES
from registry.experts.schemas import Life
from registry.ids import new_id, parse_doi
from registry.text import clean
from registry.vault import service as vault

__all__ = [
    "GivenFile",
    "Looked",
    "begin_files",
    "begin_question",
    "choose",
    "confirm",
    "discard",
    "get",
    "list_runs",
    "resume",
    "rows_of",
    "stop",
]

_SOURCE: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,58}[a-z0-9]")
PAGE: Final = 50


@dataclass(frozen=True)
class GivenFile:
    """A file as somebody gave it."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Looked:
    """A run with its rows counted by outcome.

    Args:
        is_taken_back: Whether what it loaded was taken back.
    """

    run: ImportRun
    counts: Mapping[str, int]
    files: Sequence[ImportFile]
    is_taken_back: bool


def begin_files(
    session: Session,
    actor: Actor,
    kind: str,
    files: Sequence[GivenFile],
    now: datetime,
    *,
    title: str = "",
    source: str = "",
    asserted_by: str = "",
    settings: Mapping[str, Any] | None = None,
    is_settled: bool = True,
) -> ImportRun:
    """Begin an import of files; nothing is read yet.

    Args:
        source: Name of a list; files of a service carry the service's own.
        settings: The plan of a table.
        is_settled: Whether reading can begin; else a person has to say something first.

    Raises:
        InvalidInputError: No file, a wrong name, or no such kind.
    """
    require(actor, "expert:import")
    known = KINDS.get(kind)
    if kind != PEOPLE_LIST and not isinstance(known, FileKind):
        raise InvalidInputError(words.KIND_UNKNOWN)
    if not files or any(not file.content for file in files):
        raise InvalidInputError(words.NO_FILE)
    if kind == PEOPLE_LIST:
        source = _list_name(source)
        if not clean(asserted_by):
            raise InvalidInputError(words.ASSERTED_BY)
    elif isinstance(known, FileKind):
        source = known.source
    run = _begin(
        session,
        actor,
        kind,
        source,
        clean(title) or ", ".join(file.name for file in files)[:200],
        dict(settings or {}),
        now,
        asserted_by=clean(asserted_by) or None,
        state="reading" if is_settled else "asking",
    )
    for file in files:
        row = ImportFile(
            id=new_id(),
            run_id=run.id,
            name=file.name[:200],
            digest=hashlib.sha256(file.content).hexdigest(),
            size=len(file.content),
        )
        row.sealed = vault.seal_bytes(session, file.content, f"import_file:{row.id}")
        session.add(row)
    session.flush()
    return run


def _list_name(text: str) -> str:
    name = text.strip().casefold()
    if not _SOURCE.fullmatch(name):
        raise InvalidInputError(words.SOURCE_NAME)
    if name in RESERVED_SOURCES:
        raise InvalidInputError(words.SOURCE_TAKEN)
    return name


def begin_question(
    session: Session,
    actor: Actor,
    kind: str,
    question: Mapping[str, Sequence[str]],
    now: datetime,
    *,
    people: Sequence[UUID] | None = None,
    title: str = "",
    more: Mapping[str, Any] | None = None,
) -> ImportRun:
    """Begin to ask a service; nothing is asked yet.

    Args:
        question: Lists of texts, by the names that the kind asks for.
        people: For kinds about known people, whom; None for all who state an id of the kind.
        more: Other settings: a limit of dollars, a folder.

    Raises:
        InvalidInputError: No such kind, an empty or a wrong question, or nobody has such an id.
    """
    require(actor, "expert:import")
    known = KINDS.get(kind)
    if not isinstance(known, ServiceKind):
        raise InvalidInputError(words.KIND_UNKNOWN)
    settings: dict[str, Any] = {
        name: given
        for name in known.asks
        if (given := [text.strip() for text in question.get(name, ()) if text.strip()])
    }
    if known.about is not None:
        found = _known_people(session, known.about, people)
        if not found:
            raise InvalidInputError(words.NOBODY_KNOWN)
        settings["people"] = [[str(person), key] for person, key in found]
    elif not settings:
        raise InvalidInputError(words.QUESTION_EMPTY)
    settings |= dict(more or {})
    known.ask(settings)
    return _begin(
        session,
        actor,
        kind,
        known.source,
        clean(title) or kind,
        settings,
        now,
        state="reading",
    )


def _known_people(
    session: Session, scheme: str, people: Sequence[UUID] | None
) -> list[tuple[UUID, str]]:
    """Living people with an id that nobody says is not theirs."""
    query = (
        select(col(Statement.expert_id), col(Statement.external_id))
        .join(Expert, col(Expert.id) == col(Statement.expert_id))
        .where(
            col(Statement.external_id).startswith(f"{scheme}:"),
            col(Statement.superseded_at).is_(None),
            col(Statement.judgement).is_distinct_from("rejected"),
            col(Statement.property) == ("work" if scheme == "doi" else "external_id"),
            col(Expert.life).not_in([Life.WITHDRAWN, Life.MERGED, Life.ERASED]),
            col(Expert.restricted_at).is_(None),
        )
        .distinct()
        .order_by(col(Statement.expert_id), col(Statement.external_id))
    )
    if people is not None:
        query = query.where(col(Statement.expert_id).in_(list(people)))
    found = []
    for person, external_id in session.execute(query):
        key = str(external_id).partition(":")[2]
        if scheme != "doi" or parse_doi(key) is not None:
            found.append((person, key))
    return found


def _begin(
    session: Session,
    actor: Actor,
    kind: str,
    source: str,
    title: str,
    settings: dict[str, Any],
    now: datetime,
    *,
    state: str,
    asserted_by: str | None = None,
) -> ImportRun:
    if len(title) > 200:
        raise InvalidInputError(words.NO_TITLE)
    run = ImportRun(
        id=new_id(),
        kind=kind,
        source=source,
        title=title,
        asserted_by=asserted_by,
        actor=actor.id,
        state=state,
        settings=settings,
        notes={},
        created_at=now,
        updated_at=now,
    )
    session.add(run)
    session.flush()
    details = {"kind": kind, "source": source}
    audit.record(session, actor, "import:begin", subject=f"import:{run.id}", details=details)
    return run


def list_runs(
    session: Session, actor: Actor, before: UUID | None = None, limit: int = PAGE
) -> list[Looked]:
    """Imports, newest first."""
    require(actor, "expert:import")
    runs = store.list_runs(session, before, limit)
    counts = store.count_rows(session, [run.id for run in runs])
    return [Looked(run, counts[run.id], (), _is_taken_back(session, run)) for run in runs]


def get(session: Session, actor: Actor, run_id: UUID) -> Looked:
    """One import.

    Raises:
        NotFoundError: There is none with this id.
    """
    require(actor, "expert:import")
    run = store.get_run(session, run_id)
    files = session.scalars(
        select(ImportFile).where(col(ImportFile.run_id) == run_id).order_by(col(ImportFile.id))
    ).all()
    return Looked(
        run, store.count_rows(session, [run_id])[run_id], files, _is_taken_back(session, run)
    )


def _is_taken_back(session: Session, run: ImportRun) -> bool:
    if run.change_id is None:
        return False
    reverted = exists().where(col(Change.id) == run.change_id, col(Change.reverted_by).is_not(None))
    return bool(session.scalar(select(reverted)))


def rows_of(
    session: Session,
    actor: Actor,
    run_id: UUID,
    *,
    outcome: str | None = None,
    after: int = 0,
    limit: int = PAGE,
) -> list[tuple[ImportRow, dict[str, Any]]]:
    """Rows with what they hold; that they were looked at is noted."""
    require(actor, "expert:import")
    store.get_run(session, run_id)
    rows = store.list_rows(session, run_id, outcome, after, limit)
    audit.record(session, actor, "import:read", subject=f"import:{run_id}")
    return [(row, store.unseal(session, row)) for row in rows]


def choose(
    session: Session, actor: Actor, run_id: UUID, numbers: Sequence[int], *, chosen: bool
) -> int:
    """Choose rows for loading, or leave them out; how many there were that can be."""
    require(actor, "expert:import")
    run = store.get_run(session, run_id, hold=True)
    if run.state != "ready":
        raise InvalidInputError(words.NOT_READY)
    return store.choose(session, run_id, numbers, chosen)


def confirm(
    session: Session,
    actor: Actor,
    run_id: UUID,
    now: datetime,
    outcomes: Sequence[str] | None = None,
) -> None:
    """Have the chosen rows loaded.

    Args:
        outcomes: All rows with these instead, of 'new', 'update' and 'gone'.

    Raises:
        InvalidInputError: It is not ready, or nothing is chosen.
    """
    require(actor, "expert:import")
    run = store.get_run(session, run_id, hold=True)
    if run.state != "ready":
        raise InvalidInputError(words.NOT_READY)
    if outcomes is not None:
        store.choose_outcomes(session, run_id, [o for o in outcomes if o in _LOADABLE])
    counts = store.count_rows(session, [run_id])[run_id]
    if not counts.get("chosen"):
        raise InvalidInputError(words.NOTHING_CHOSEN)
    run.state, run.updated_at = "loading", now
    details = {"rows": counts["chosen"]}
    audit.record(session, actor, "import:confirm", subject=f"import:{run_id}", details=details)


_LOADABLE: Final = ("new", "update", "gone")


def stop(session: Session, actor: Actor, run_id: UUID) -> None:
    """Ask that a run stops; it does so within a second or after the batch under way."""
    require(actor, "expert:import")
    run = store.get_run(session, run_id, hold=True)
    if run.state == "waiting":
        run.state = "stopped"
    elif run.state in store.MOVING:
        run.is_stopping = True
    else:
        raise InvalidInputError(words.NOT_MOVING)
    audit.record(session, actor, "import:stop", subject=f"import:{run_id}")


def resume(session: Session, actor: Actor, run_id: UUID, now: datetime) -> None:
    """Let a run go on that was stopped, failed or waits.

    Raises:
        InvalidInputError: It is neither.
    """
    require(actor, "expert:import")
    run = store.get_run(session, run_id, hold=True)
    if run.state not in {"stopped", "failed", "waiting"}:
        raise InvalidInputError(words.NOT_STOPPED)
    counts = store.count_rows(session, [run_id])[run_id]
    run.state = _where_it_was(run, counts)
    run.problem, run.not_before, run.is_stopping, run.updated_at = None, None, False, now
    audit.record(session, actor, "import:resume", subject=f"import:{run_id}")


def _where_it_was(run: ImportRun, counts: Mapping[str, int]) -> str:
    if run.change_id is not None or counts.get("loaded"):
        return "loading"
    is_read = bool(counts.get("rows")) and run.cursor is None
    return "comparing" if is_read else "reading"


def discard(session: Session, actor: Actor, run_id: UUID, now: datetime) -> None:
    """Give a run up before it is loaded; what it holds of people is deleted.

    Raises:
        InvalidInputError: It is loaded, or being loaded.
    """
    require(actor, "expert:import")
    run = store.get_run(session, run_id, hold=True)
    if run.state in {*store.OVER, "loading"} or run.change_id is not None:
        raise InvalidInputError(words.IS_OVER)
    run.state, run.updated_at, run.is_stopping = "discarded", now, True
    store.forget(session, run_id)
    audit.record(session, actor, "import:discard", subject=f"import:{run_id}")
