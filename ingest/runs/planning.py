"""Tables whose columns a person settles: the plan is guessed, shown, answered, and remembered."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from ingest.headings import Column
from ingest.runs import service, store, words
from ingest.runs.kinds import PEOPLE_LIST
from ingest.runs.models import ImportRun, SavedMapping
from ingest.runs.service import GivenFile
from ingest.runs.tables import guess_table
from ingest.sources.table_plans import LEAVE_OUT, Holds, TablePlan, mapping_of, with_answer
from registry.access.policy import Actor, require
from registry.audit import service as audit
from registry.errors import InvalidInputError
from registry.text import clean, fold

__all__ = ["Answer", "begin_list", "plan_of", "read_holds", "settle_plan"]

_EXCLUSIVE: Final = "asking"


@dataclass(frozen=True)
class Answer:
    """What a person says of one column of a sheet.

    Args:
        column: From 0.
        holds: None leaves it as it was guessed.
        confirmed: Of a column in an old form, whether it reads right when it is decoded.
    """

    sheet: str
    column: int
    holds: Holds | None = None
    confirmed: bool | None = None


def begin_list(
    session: Session,
    actor: Actor,
    file: GivenFile,
    source: str,
    asserted_by: str,
    now: datetime,
    title: str = "",
) -> ImportRun:
    """Begin an import of a list; it waits for a person when a column is not certain.

    Raises:
        InvalidInputError: A wrong name, or no body.
        ImportRefusedError: The file is no list, or a damaged or hostile one.
    """
    require(actor, "expert:import")
    body = clean(asserted_by)
    with tempfile.TemporaryDirectory(prefix="registry-import-") as folder:
        path = Path(folder) / (Path(file.name).name or "list")
        path.write_bytes(file.content)
        plan = guess_table(path, _saved(session, body))
    settings = {"plan": plan.model_dump(mode="json"), "source": source, "asserted_by": body}
    run = service.begin_files(
        session,
        actor,
        PEOPLE_LIST,
        [file],
        now,
        title=title,
        source=source,
        asserted_by=body,
        settings=settings,
        is_settled=not plan.unresolved,
    )
    run.settings = {**settings, "source": run.source}
    session.flush()
    return run


def _saved(session: Session, body: str) -> Mapping[str, str]:
    row = session.get(SavedMapping, fold(body))
    return row.mapping if row is not None else {}


def plan_of(run: ImportRun) -> TablePlan:
    """The plan of a run of a list."""
    return TablePlan.model_validate(run.settings["plan"])


def read_holds(text: str) -> Holds:
    """What a column holds, by its code.

    Raises:
        InvalidInputError: There is no such thing.
    """
    if text == LEAVE_OUT:
        return LEAVE_OUT
    try:
        return Column(text)
    except ValueError as exc:
        known = ", ".join([*(column.value for column in Column), LEAVE_OUT])
        raise InvalidInputError(f"no column holds {text[:40]!r}; expected one of: {known}") from exc


def settle_plan(
    session: Session,
    actor: Actor,
    run_id: UUID,
    answers: Sequence[Answer],
    now: datetime,
    *,
    sheets: Sequence[str] | None = None,
) -> TablePlan:
    """Take a person's answers; when nothing is left to ask, reading begins.

    What the headings mean is then remembered for the body.

    Args:
        sheets: Names of the sheets that are read; None leaves them as they are.

    Returns:
        The plan as it is now.

    Raises:
        InvalidInputError: The columns were settled before, or there is no such sheet or column.
    """
    require(actor, "expert:import")
    run = store.get_run(session, run_id, hold=True)
    if run.kind != PEOPLE_LIST or run.state != _EXCLUSIVE:
        raise InvalidInputError(words.NOT_ASKING)
    plan = plan_of(run)
    if sheets is not None:
        read = set(sheets)
        plan = plan.model_copy(
            update={
                "sheets": tuple(
                    sheet.model_copy(update={"is_read": sheet.name in read})
                    for sheet in plan.sheets
                )
            }
        )
    for answer in answers:
        plan = with_answer(
            plan, answer.sheet, answer.column, answer.holds, confirmed=answer.confirmed
        )
    run.settings = {**run.settings, "plan": plan.model_dump(mode="json")}
    run.updated_at = now
    if not plan.unresolved:
        run.state = "reading"
        _remember(session, actor, run.asserted_by or "", plan, now)
    details = {"settled": not plan.unresolved}
    audit.record(session, actor, "import:plan", subject=f"import:{run_id}", details=details)
    session.flush()
    return plan


def _remember(session: Session, actor: Actor, body: str, plan: TablePlan, now: datetime) -> None:
    mapping = {**_saved(session, body), **mapping_of(plan)}
    values = {"mapping": mapping, "saved_by": actor.id, "saved_at": now}
    session.execute(
        upsert(SavedMapping)
        .values(body=fold(body), **values)
        .on_conflict_do_update(index_elements=["body"], set_=values)
    )
