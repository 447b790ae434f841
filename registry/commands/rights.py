"""People's rights at the command line: copies, erasures and their proof, retention, registers."""

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Literal
from uuid import UUID

import typer

from registry.commands.opening import open_data, operator
from registry.console import out, progress
from registry.errors import DataFolderError, InvalidInputError
from registry.jobs import begin_compaction, finish_compaction
from registry.rights import breaches, compaction, ledger, leftovers, requests, retention
from registry.rights.copy import copy_of
from registry.rights.copy_page import copy_file
from registry.rights.erasure import erase
from registry.rights.people import get_person, same_person
from registry.rights.traces import Traces, collect

rights_app = typer.Typer(
    no_args_is_help=True, help="People's rights: copies, erasure and its proof, retention."
)

# Processes that serve look once a minute whether their index is to be built anew.
_WAIT_SECONDS: Final = 300.0

Expert = Annotated[UUID, typer.Argument(help="Id of the person")]
Language = Annotated[Literal["vi", "en"], typer.Option(help="Which language comes first")]


@rights_app.command("copy")
def copy(
    expert: Expert,
    to_html: Annotated[Path | None, typer.Option("--html", help="File for reading")] = None,
    to_json: Annotated[Path | None, typer.Option("--json", help="File for machines")] = None,
    language: Language = "vi",
) -> None:
    """Write everything that is held about a person, to be sent to him."""
    if to_html is None and to_json is None:
        raise InvalidInputError("say where to write it: --html FILE, --json FILE, or both")
    with open_data() as (_, database), database.session() as session:
        document = copy_of(session, operator(), expert, datetime.now(UTC))
        if to_json is not None:
            _write(to_json, json.dumps(document, ensure_ascii=False, indent=1))
        if to_html is not None:
            _write(to_html, copy_file(session, document, language))
    out.print(f"{sum(len(rows) for rows in document['tables'].values())} rows written")


def _write(path: Path, content: str) -> None:
    try:
        # What it holds is for one person: the file is for whoever runs this alone.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
    except OSError as exc:
        raise DataFolderError(f"cannot write {path} ({exc.strerror})") from exc


@rights_app.command("erase")
def erase_person(
    expert: Expert,
    reason: Annotated[str, typer.Option(help="Kept as proof; no personal data")],
) -> None:
    """Erase a person for good, and look for traces of him in every table."""
    if not reason.strip():
        raise InvalidInputError("give the reason of the erasure with --reason")
    now = datetime.now(UTC)
    with open_data() as (settings, database):
        with database.session() as session:
            get_person(session, operator(), expert, "rights:handle")
            traces = collect(session, same_person(session, expert))
            shared = leftovers.shared_with_others(session, traces)
            counts = erase(session, operator(), expert, reason.strip(), now).counts
        ledger.reconcile(database, ledger.path_in(settings.data_folder))
        with database.session() as session:
            left = leftovers.check_database(session, traces, shared)
    out.print(f"erased: {', '.join(f'{table} {n}' for table, n in sorted(counts.items()))}")
    _tell(left)


@rights_app.command("check-erased")
def check_erased(expert: Expert) -> None:
    """Look for an erased person's id in every table and index file."""
    with open_data() as (settings, database), database.session() as session:
        found = compaction.check_erased(session, operator(), expert)
        found += leftovers.check_files(settings.index_folder, Traces((expert,)))
    _tell(found)


def _tell(found: list[leftovers.Leftover]) -> None:
    if not found:
        out.print("no trace is left but the id in what stays by right")
        return
    for leftover in found:
        out.print(f"  found in {leftover}", markup=False)
    out.print(f"{len(found)} traces found", style="red")
    raise typer.Exit(1)


@rights_app.command("compact")
def compact() -> None:
    """Rewrite tables and indexes, so that erased people are physically gone, and prove it."""
    with open_data() as (settings, database), progress() as step:
        pending = begin_compaction(database, operator(), datetime.now(UTC), step)
        root, ends = settings.index_folder, time.monotonic() + _WAIT_SECONDS
        proven, waiting = finish_compaction(database, operator(), root, datetime.now(UTC))
        while waiting and time.monotonic() < ends:
            step(f"wait for {', '.join(waiting)}", 0, len(waiting))
            time.sleep(2.0)
            proven, waiting = finish_compaction(database, operator(), root, datetime.now(UTC))
    if waiting:
        out.print(
            f"the tables are rewritten; the processes that use {', '.join(waiting)} still hold "
            "erased people in their index: restart them, and run this again"
        )
        raise typer.Exit(1)
    out.print(f"{pending} erasures to prove, {proven} proven")
    if proven < pending:
        raise typer.Exit(1)


@rights_app.command("retention")
def run_retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would go")] = False,
) -> None:
    """Erase and delete what has been kept long enough."""
    now = datetime.now(UTC)
    with open_data() as (settings, database):
        if dry_run:
            with database.session() as session:
                found = retention.find_due(session, operator(), now)
        else:
            with progress() as step:
                found = retention.run(database, operator(), now, step)
            ledger.reconcile(database, ledger.path_in(settings.data_folder))
    for finding in found:
        out.print(f"{finding.rule.code}: {finding.count}")
        for each in (*finding.people, *finding.accounts):
            out.print(f"  {each}", markup=False)
    out.print("nothing was changed" if dry_run else "done")


@rights_app.command("requests")
def list_requests(
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those that are late")] = False,
) -> None:
    """List requests that wait, the most urgent first."""
    now = datetime.now(UTC)
    with open_data() as (_, database), database.session() as session:
        found = requests.list_all(session, operator())
    for opened in found:
        late = opened.is_overdue(now)
        if late or not overdue:
            row = opened.request
            mark = "  OVERDUE" if late else ""
            out.print(
                f"{row.id}  {row.kind}  {row.state}  due {opened.next_due:%Y-%m-%d}{mark}",
                markup=False,
            )


@rights_app.command("breaches")
def list_breaches() -> None:
    """List breaches with the time that is left for the notice."""
    now = datetime.now(UTC)
    with open_data() as (_, database), database.session() as session:
        for known in breaches.list_breaches(session, operator()):
            left = known.remaining(now)
            if known.row.closed_at is not None:
                state = "closed"
            elif left is None:
                state = f"notified, {known.content.notice}"
            else:
                hours = left.total_seconds() / 3600
                state = f"{hours:.1f} h left" if hours >= 0 else f"OVERDUE by {-hours:.1f} h"
            out.print(f"{known.row.id}  {known.content.title}  {state}", markup=False)


@rights_app.command("export-erasures")
def export_erasures(
    to: Annotated[Path, typer.Argument(help="Where to write the list of erasures")],
) -> None:
    """Write the list of erasures, to be kept beside backups: ids, digests and times alone."""
    with open_data() as (settings, database):
        path = ledger.path_in(settings.data_folder)
        ledger.reconcile(database, path)
    content = path.read_text("utf-8") if path.exists() else ""
    _write(to, content)
    out.print(f"{content.count(chr(10))} lines written")


@rights_app.command("replay-erasures")
def replay_erasures(
    file: Annotated[Path, typer.Argument(help="A list that export-erasures wrote")],
) -> None:
    """Erase again whom a restored backup brought back."""
    if not file.is_file():
        raise InvalidInputError(f"there is no file {file}")
    with open_data() as (settings, database):
        erased = ledger.replay(database, file, datetime.now(UTC))
        ledger.reconcile(database, ledger.path_in(settings.data_folder))
    out.print(f"{erased} people erased again")
