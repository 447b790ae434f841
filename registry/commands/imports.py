"""Bring people in: shown first, then loaded; looked at, stopped, taken up again, given up."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from ingest.runs import planning, service, store
from ingest.runs.advancing import Tools, advance
from ingest.runs.kinds import KINDS, ServiceKind
from ingest.runs.planning import Answer
from ingest.runs.service import GivenFile, Looked
from ingest.sources.files import MAX_BYTES
from ingest.sources.records import Notes
from ingest.sources.table_plans import ColumnPlan, Open, SheetPlan, TablePlan
from registry.commands.opening import open_data, operator
from registry.config import Settings
from registry.console import err, out, progress
from registry.db import Database
from registry.errors import ImportRefusedError, InvalidInputError, Problem

ingest_app = typer.Typer(no_args_is_help=True, help="Bring people in from files and services.")

RunId = Annotated[UUID, typer.Argument(metavar="RUN", help="Id of the import")]
Yes = Annotated[
    bool, typer.Option("--yes", help="Load what is shown at once, if no row was refused")
]
Title = Annotated[str, typer.Option(help="What the import is called in lists")]


@ingest_app.command("openalex")
def ingest_openalex(
    files: Annotated[
        list[Path], typer.Argument(help="Author and work records, JSON or JSON lines")
    ],
    title: Title = "",
    yes: Yes = False,
) -> None:
    """Show what OpenAlex author and work records in files would bring, and load it with --yes."""
    _run_files("openalex_files", files, title, yes)


@ingest_app.command("orcid")
def ingest_orcid(
    files: Annotated[
        list[Path], typer.Argument(help="Records as JSON or XML, or an archive of the public data")
    ],
    title: Title = "",
    yes: Yes = False,
) -> None:
    """Show what ORCID records in files would bring, and load it with --yes."""
    _run_files("orcid_files", files, title, yes)


@ingest_app.command("people-list")
def ingest_people_list(
    file: Annotated[Path, typer.Argument(help="XLSX, XLS, ODS or CSV with a person a row")],
    source: Annotated[str, typer.Option(help="Name under which this list is kept")],
    asserted_by: Annotated[str, typer.Option(help="The body that made the list")],
    column: Annotated[
        list[str],
        typer.Option(help="What a column holds, HEADING=WHAT; WHAT may be 'leave out'; repeatable"),
    ] = [],  # noqa: B006
    decode: Annotated[
        list[str],
        typer.Option(help="Heading of a column in an old form that reads right decoded; or 'all'"),
    ] = [],  # noqa: B006
    title: Title = "",
    yes: Yes = False,
) -> None:
    """Show what a ministry's list would bring, and load it with --yes."""
    given = GivenFile(file.name, _content(file))
    with open_data() as (settings, database):
        actor, now = operator(), datetime.now(UTC)
        with database.session() as session:
            run = planning.begin_list(session, actor, given, source, asserted_by, now, title)
            run_id, plan = run.id, planning.plan_of(run)
        if run.state == "asking":
            plan = _answered(database, run_id, plan, column, decode)
        if plan.unresolved:
            _tell_plan(plan)
            raise InvalidInputError(
                f"say what the columns above hold, with --column or --decode; or `registry ingest "
                f"discard {run_id}`"
            )
        _go(settings, database, run_id, yes)


def _answered(
    database: Database, run_id: UUID, plan: TablePlan, columns: Sequence[str], decode: Sequence[str]
) -> TablePlan:
    answers = []
    said: dict[str, str] = {}
    for text in columns:
        heading, equals, holds = text.rpartition("=")
        if not equals:
            raise InvalidInputError(f"{text!r} is not HEADING=WHAT")
        said[heading.strip().casefold()] = holds.strip()
    right = {text.casefold() for text in decode}
    for sheet in plan.sheets:
        for each in sheet.columns:
            heading = each.heading.casefold()
            what = planning.read_holds(said[heading]) if heading in said else None
            confirmed = True if each.needs_look and right & {"all", heading} else None
            if what is not None or confirmed is not None:
                answers.append(Answer(sheet.name, each.index, what, confirmed))
    with database.session() as session:
        return planning.settle_plan(session, operator(), run_id, answers, datetime.now(UTC))


def _tell_plan(plan: TablePlan) -> None:
    for note in plan.notes:
        err.print(f"note: {note}", markup=False)
    for asked in plan.unresolved:
        sheet, column = _find(plan, asked)
        err.print(
            f"{asked.sheet or 'the file'}: {asked.heading or 'a column without heading'}: "
            f"{asked.why}",
            markup=False,
        )
        for sample in column.samples if column else ():
            err.print(f"    {sample.before!r} -> {sample.after!r}", markup=False)
        if sheet and not column:
            err.print(f"    headings: {', '.join(c.heading for c in sheet.columns)}", markup=False)


def _find(plan: TablePlan, asked: Open) -> tuple[SheetPlan | None, ColumnPlan | None]:
    sheet = next((s for s in plan.sheets if s.name == asked.sheet), None)
    found = [c for c in sheet.columns if c.index == asked.column] if sheet else []
    return sheet, found[0] if found else None


@ingest_app.command("ask")
def ask(
    kind: Annotated[str, typer.Argument(help="What is asked; `registry ingest sources` lists all")],
    question: Annotated[
        list[str], typer.Option("--ask", help="NAME=VALUE, such as countries=VN; repeatable")
    ] = [],  # noqa: B006
    expert: Annotated[
        list[UUID], typer.Option(help="For questions about known people: whom; else all")
    ] = [],  # noqa: B006
    folder: Annotated[Path | None, typer.Option(help="Folder of a snapshot")] = None,
    limit_dollars: Annotated[
        float | None, typer.Option(min=0, help="Stop before OpenAlex costs more than this")
    ] = None,
    title: Title = "",
    yes: Yes = False,
) -> None:
    """Ask an outside source, show what its answer would bring, and load it with --yes."""
    asked: dict[str, list[str]] = {}
    for text in question:
        name, equals, value = text.partition("=")
        if not equals:
            raise InvalidInputError(f"{text!r} is not NAME=VALUE")
        asked.setdefault(name.strip(), []).append(value)
    more: dict[str, Any] = {"limit_dollars": limit_dollars} if limit_dollars is not None else {}
    now = datetime.now(UTC)
    if folder is not None:
        more |= {"folder": str(folder.resolve()), "retrieved_at": now.isoformat()}
    with open_data() as (settings, database):
        with database.session() as session:
            run = service.begin_question(
                session, operator(), kind, asked, now, people=expert or None, title=title, more=more
            )
            run_id = run.id
        _go(settings, database, run_id, yes)


@ingest_app.command("sources")
def sources() -> None:
    """List what can be asked of outside sources, with licence and pace."""
    for name, kind in KINDS.items():
        if isinstance(kind, ServiceKind):
            manifest = kind.service.manifest
            asks = "known people" if kind.about else ", ".join(kind.asks)
            out.print(f"{name}  asks by: {asks}", markup=False)
            out.print(
                f"    {manifest.title.en}; {manifest.per_second:g} a second; {manifest.licence}",
                markup=False,
                soft_wrap=True,
            )


@ingest_app.command("runs")
def list_runs() -> None:
    """List imports, newest first."""
    with open_data() as (_, database), database.session() as session:
        for looked in service.list_runs(session, operator()):
            run = looked.run
            out.print(
                f"{run.id}  {_state(looked)}  {run.source}  {run.created_at:%Y-%m-%d %H:%M}Z  "
                f"{run.title}",
                markup=False,
                soft_wrap=True,
            )


@ingest_app.command("show")
def show(
    run: RunId,
    outcome: Annotated[
        str | None,
        typer.Option(help="new, update, same, gone, refused, erased or matched"),
    ] = None,
    after: Annotated[int, typer.Option(min=0, help="Rows after this number")] = 0,
) -> None:
    """Show what an import would do, or did, row by row."""
    with open_data() as (_, database):
        _show(database, run, outcome, after)


@ingest_app.command("confirm")
def confirm(
    run: RunId,
    outcome: Annotated[
        list[str],
        typer.Option(help="Load all rows with this outcome: new, update, gone; else those chosen"),
    ] = [],  # noqa: B006
) -> None:
    """Load what was chosen of an import that is ready."""
    with open_data() as (settings, database):
        _confirm(settings, database, run, outcome or None)


@ingest_app.command("leave-out")
def leave_out(
    run: RunId, rows: Annotated[list[int], typer.Argument(help="Numbers of rows")]
) -> None:
    """Leave rows of an import out of its loading."""
    with open_data() as (_, database), database.session() as session:
        count = service.choose(session, operator(), run, rows, chosen=False)
    out.print(f"{count} rows are left out")


@ingest_app.command("choose")
def choose(run: RunId, rows: Annotated[list[int], typer.Argument(help="Numbers of rows")]) -> None:
    """Choose rows of an import for its loading."""
    with open_data() as (_, database), database.session() as session:
        count = service.choose(session, operator(), run, rows, chosen=True)
    out.print(f"{count} rows are chosen")


@ingest_app.command("resume")
def resume(run: RunId) -> None:
    """Take an import on that was stopped, killed, or failed."""
    with open_data() as (settings, database):
        with database.session() as session:
            if store.get_run(session, run).state not in store.MOVING:
                service.resume(session, operator(), run, datetime.now(UTC))
        _go(settings, database, run, yes=False)


@ingest_app.command("stop")
def stop(run: RunId) -> None:
    """Have an import stop that another process is at."""
    with open_data() as (_, database), database.session() as session:
        service.stop(session, operator(), run)
    out.print("it stops after the step under way")


@ingest_app.command("discard")
def discard(run: RunId) -> None:
    """Give an import up; what it holds of people is deleted."""
    with open_data() as (_, database), database.session() as session:
        service.discard(session, operator(), run, datetime.now(UTC))
    out.print("nothing of it is kept")


def _run_files(kind: str, files: Sequence[Path], title: str, yes: bool) -> None:
    given = [GivenFile(file.name, _content(file)) for file in files]
    with open_data() as (settings, database):
        with database.session() as session:
            run = service.begin_files(
                session, operator(), kind, given, datetime.now(UTC), title=title
            )
            run_id = run.id
        _go(settings, database, run_id, yes)


def _content(file: Path) -> bytes:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise ImportRefusedError(f"{file.name} is larger than 512 MB; split it")
        return file.read_bytes()
    except OSError as exc:
        problem = Problem("the file", exc.strerror or "an error", "a readable file")
        raise ImportRefusedError(f"{file} cannot be read", [problem]) from exc


def _go(settings: Settings, database: Database, run_id: UUID, yes: bool) -> None:
    """Take a run on until a person is needed; tell what it would do."""
    with progress() as step:
        state = advance(database, run_id, operator(), Tools(settings, on_progress=step))
    with database.session() as session:
        looked = service.get(session, operator(), run_id)
    if state == "failed":
        if not looked.counts.get("rows"):
            _discard_quietly(database, run_id)
        raise ImportRefusedError(looked.run.problem or "it failed")
    if state != "ready":
        _tell(looked)
        return
    refused = looked.counts.get("refused", 0)
    if not yes:
        _show(database, run_id, None, 0)
        out.print(
            f"nothing is written yet; `registry ingest confirm {run_id}` loads it, "
            f"`registry ingest discard {run_id}` gives it up",
            markup=False,
            soft_wrap=True,
        )
        return
    if refused:
        problems = _problems(database, run_id)
        raise ImportRefusedError(
            f"{refused} rows cannot be read, so that nothing was loaded; mend the file, or load "
            f"the others with `registry ingest confirm {run_id}`",
            problems,
        )
    if looked.counts.get("chosen"):
        _confirm(settings, database, run_id, None)
    else:
        _tell(looked)


def _discard_quietly(database: Database, run_id: UUID) -> None:
    with database.session() as session:
        service.discard(session, operator(), run_id, datetime.now(UTC))


def _problems(database: Database, run_id: UUID) -> list[Problem]:
    found = []
    with database.session() as session:
        for _, content in service.rows_of(session, operator(), run_id, outcome="refused"):
            for text in content.get("problems", ()):
                where, _, rest = text.partition(": found ")
                what, _, expected = rest.partition(", expected ")
                found.append(Problem(where, what, expected))
    return found


def _confirm(
    settings: Settings, database: Database, run_id: UUID, outcomes: Sequence[str] | None
) -> None:
    with database.session() as session:
        service.confirm(session, operator(), run_id, datetime.now(UTC), outcomes)
    with progress() as step:
        advance(database, run_id, operator(), Tools(settings, on_progress=step))
    with database.session() as session:
        _tell(service.get(session, operator(), run_id))


def _tell(looked: Looked) -> None:
    run, counts = looked.run, looked.counts
    _tell_notes(run.notes)
    if run.problem:
        err.print(run.problem, markup=False, soft_wrap=True)
    said = ", ".join(f"{counts.get(name, 0)} {word}" for name, word in _WORDS.items())
    out.print(f"{_state(looked)}: {said}", markup=False, soft_wrap=True)
    if run.change_id is not None:
        out.print(
            f"{counts.get('loaded', 0)} people are loaded, as leads: `registry search` shows them "
            f"with --purpose. `registry profile revert {run.change_id}` takes all of it back.",
            markup=False,
            soft_wrap=True,
        )


_WORDS = {
    "new": "new",
    "update": "updated",
    "same": "the same",
    "gone": "no longer there",
    "refused": "refused",
    "erased": "erased and not brought back",
    "matched": "who may be somebody known",
}


def _tell_notes(notes: Mapping[str, Any]) -> None:
    for line in Notes.load(notes).lines():
        out.print(f"note: {line}", markup=False, soft_wrap=True)


def _state(looked: Looked) -> str:
    return "taken back" if looked.is_taken_back else looked.run.state


def _show(database: Database, run_id: UUID, outcome: str | None, after: int) -> None:
    with database.session() as session:
        looked = service.get(session, operator(), run_id)
        rows = service.rows_of(session, operator(), run_id, outcome=outcome, after=after)
    _tell(looked)
    for row, content in rows:
        mark = "+" if row.is_chosen else " "
        out.print(
            f"{mark} {row.number}  {row.outcome or '-'}  {row.place}  {_name(content)}",
            markup=False,
            soft_wrap=True,
        )
        for problem in content.get("problems", ()):
            out.print(f"      {problem}", markup=False, soft_wrap=True)
        for change in content.get("changes", ()):
            if row.outcome == "update" or change["before"] is not None:
                out.print(f"      {_change(change)}", markup=False, soft_wrap=True)
        for match in row.matches:
            certain = "certainly" if match["is_certain"] else "perhaps"
            out.print(
                f"      {certain} {match['expert_id']} ({match['bits']:+.1f} bits: "
                + "; ".join(part["label"] for part in match["parts"] if part["kind"] != "prior")
                + ")",
                markup=False,
                soft_wrap=True,
            )
    if len(rows) == service.PAGE:
        out.print(f"more rows: --after {rows[-1][0].number}")


def _name(content: Mapping[str, Any]) -> str:
    statements = (content.get("draft") or {}).get("statements", ())
    names = (s["value"]["display"] for s in statements if s["property"] == "name")
    return next(names, "")


def _change(change: Mapping[str, Any]) -> str:
    def words(side: Mapping[str, Any] | None) -> str:
        if side is None:
            return "nothing"
        dates = "–".join(filter(None, (side["started_on"], side["ended_on"])))
        return f"{side['value']}{f' ({dates})' if dates else ''}"

    return f"{change['property']}: {words(change['before'])} -> {words(change['after'])}"
