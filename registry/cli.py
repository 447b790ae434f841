"""The command `registry`: everything that a steward or an operator needs, over the same services."""

import json
import logging
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ingest.demo.generator import generate
from ingest.load import load_stream, load_whole
from ingest.sources.openalex import read_openalex
from ingest.sources.people_list import read_people_list
from matching import service as matching
from matching.engine import Engine, open_engine
from matching.follow import build_index
from matching.schemas import SearchAnswer, SearchRequest
from registry import errors
from registry.access.policy import LOCAL_RECRUITER, LOCAL_STEWARD
from registry.config import Settings
from registry.console import err, out, progress, say, show_answer
from registry.db import Database, migrate, open_database
from registry.experts import repository as experts
from registry.experts.schemas import PersonDraft
from registry.programmes import service as programmes
from registry.taxonomy import service as taxonomy

EXIT_CODES: dict[type[errors.RegistryError], int] = {
    errors.InvalidInputError: 2,
    errors.ImportRefusedError: 3,
    errors.NotFoundError: 4,
    errors.NotPermittedError: 5,
    errors.BusyError: 6,
    errors.DataFolderError: 7,
    errors.DatabaseUnavailableError: 8,
    errors.ModelError: 9,
    errors.IndexFormatError: 10,
}

# One role each of six groups of the national list, for the demonstration.
DEMO_ROLES = ("p01a", "p07a", "p10a", "p18a", "p23a", "p24a", "p28b", "p30b")

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
programmes_app = typer.Typer(no_args_is_help=True, help="Programmes and their roles.")
ingest_app = typer.Typer(no_args_is_help=True, help="Bring people in from files.")
ops_app = typer.Typer(no_args_is_help=True, help="Schema, state and indexes.")
app.add_typer(programmes_app, name="programmes")
app.add_typer(ingest_app, name="ingest")
app.add_typer(ops_app, name="ops")

Residences = Annotated[
    list[str], typer.Option("--residence", help="domestic, overseas or unknown; may be repeated")
]
Countries = Annotated[list[str], typer.Option("--country", help="ISO code such as FR")]
Fields = Annotated[list[str], typer.Option("--field", help="OECD FORD code such as 2 or 2.2")]
Groups = Annotated[list[str], typer.Option("--group", help="Group of the national list, 1 to 10")]
Purpose = Annotated[
    str | None, typer.Option(help="Why leads are looked at too; stored with the run")
]
Limit = Annotated[int, typer.Option(min=1, max=100, help="People shown")]
Language = Annotated[str, typer.Option(help="vi or en")]
AsJSON = Annotated[bool, typer.Option("--json", help="Print the whole answer as JSON")]


@contextmanager
def _database() -> Iterator[tuple[Settings, Database]]:
    settings = Settings()
    database = open_database(settings, say)
    try:
        migrate(database.engine)
        with database.session() as session:
            if not taxonomy.is_loaded(session):
                say("loading taxonomies")
                taxonomy.load_taxonomies(session)
        yield settings, database
    finally:
        database.close()


@contextmanager
def _engine() -> Iterator[tuple[Database, Engine]]:
    with _database() as (settings, database):
        with progress() as step:
            engine = open_engine(settings, database, step)
        try:
            yield database, engine
        finally:
            engine.close()


def _show(answer: SearchAnswer, language: str, as_json: bool) -> None:
    if as_json:
        out.print_json(answer.model_dump_json())
    else:
        show_answer(answer, language)


@app.command()
def search(
    text: Annotated[str, typer.Argument(help="The expertise wanted, Vietnamese or English")],
    residence: Residences = [],  # noqa: B006
    country: Countries = [],  # noqa: B006
    field: Fields = [],  # noqa: B006
    group: Groups = [],  # noqa: B006
    purpose: Purpose = None,
    limit: Limit = 10,
    language: Language = "vi",
    as_json: AsJSON = False,
) -> None:
    """Rank people for a description of expertise, with the passages that made them match."""
    request = SearchRequest(
        query=text,
        residences=residence,
        countries=country,
        fields=field,
        groups=group,
        purpose=purpose,
        limit=limit,
    )
    with _engine() as (database, engine), database.session() as session:
        answer = matching.search(session, engine, LOCAL_RECRUITER, request, datetime.now(UTC))
    _show(answer, language, as_json)


@programmes_app.command("list")
def list_programmes(language: Language = "vi") -> None:
    """List the roles of all programmes."""
    with _database() as (_, database), database.session() as session:
        for item in programmes.list_roles(session, LOCAL_RECRUITER):
            vi = language == "vi"
            name = item.role.name_vi if vi else item.role.name_en
            programme = item.programme.name_vi if vi else item.programme.name_en
            out.print(f"{item.role.code}  {name}  ({programme})", markup=False)


@programmes_app.command("match")
def match_role(
    role: Annotated[str, typer.Argument(help="Code of the role, see `registry programmes list`")],
    residence: Residences = [],  # noqa: B006
    country: Countries = [],  # noqa: B006
    field: Fields = [],  # noqa: B006
    group: Groups = [],  # noqa: B006
    purpose: Purpose = None,
    limit: Limit = 10,
    language: Language = "vi",
    as_json: AsJSON = False,
) -> None:
    """Rank people for a role by all its requirement lines."""
    request = SearchRequest(
        query=role,
        residences=residence,
        countries=country,
        fields=field,
        groups=group,
        purpose=purpose,
        limit=limit,
    )
    with _engine() as (database, engine), database.session() as session:
        answer = matching.match_role(
            session, engine, LOCAL_RECRUITER, role, request, datetime.now(UTC)
        )
    _show(answer, language, as_json)


def _load(people: list[PersonDraft], notes: list[str]) -> None:
    with _database() as (_, database), progress() as step:
        counts = load_whole(
            database,
            LOCAL_STEWARD,
            people,
            datetime.now(UTC),
            lambda done: step("load people", done, len(people)),
        )
    for note in notes:
        out.print(f"note: {note}", markup=False)
    out.print(
        f"{counts.new} new, {counts.updated} updated, {counts.same} the same; "
        f"{counts.statements} statements written. They are leads: `registry search` shows them "
        "with --purpose."
    )


@ingest_app.command("openalex")
def ingest_openalex(
    files: Annotated[list[Path], typer.Argument(help="Author and work records, JSON or JSON lines")],
) -> None:
    """Load OpenAlex author and work records from files; a wrong file writes nothing."""
    reading = read_openalex(files, datetime.now(UTC))
    _load(reading.people, reading.notes)


@ingest_app.command("people-list")
def ingest_people_list(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX with Vietnamese or English headings")],
    source: Annotated[str, typer.Option(help="Name under which this list is kept")],
    asserted_by: Annotated[str, typer.Option(help="The body that made the list")],
    ignore_column: Annotated[
        list[str], typer.Option(help="A heading to leave out; may be repeated")
    ] = [],  # noqa: B006
) -> None:
    """Load a ministry's list of people; a wrong file writes nothing and says what is wrong."""
    reading = read_people_list(
        file, source, datetime.now(UTC), asserted_by, ignore_columns=ignore_column
    )
    _load(reading.people, reading.notes)


@ops_app.command("status")
def status() -> None:
    """How many people, roles and changes there are, as JSON."""
    with _database() as (settings, database), database.session() as session:
        state: dict[str, Any] = {
            "data_folder": str(settings.data_folder.resolve()),
            "people": experts.count_experts(session),
            "roles": len(programmes.list_roles(session, LOCAL_RECRUITER)),
            "last_change": experts.last_change(session),
        }
    out.print_json(json.dumps(state))


@ops_app.command("migrate")
def migrate_schema() -> None:
    """Bring the database schema to this version."""
    with _database():
        out.print("the schema is up to date")


@ops_app.command("rebuild-index")
def rebuild_index(
    refreeze: Annotated[
        bool, typer.Option(help="Count the corpus statistics anew: scores of all runs may move")
    ] = False,
) -> None:
    """Build this process's indexes anew beside the old ones and swap them in."""
    with _engine() as (database, engine), progress() as step:
        old = engine.index
        engine.index = build_index(
            database,
            engine.encoder,
            engine.folder,
            lambda done, total: step("index people", done, total),
            None if refreeze else old.statistics,
        )
        old.close()
        out.print(f"index version {engine.index.statistics.version}")


@app.command()
def demo(
    people: Annotated[int, typer.Option(min=1, help="Invented people")] = 600,
    serve_after: Annotated[bool, typer.Option("--serve/--no-serve")] = True,
    language: Language = "vi",
) -> None:
    """Load invented people and example programmes, rank some roles, then serve the pages."""
    with _database() as (settings, database):
        with database.session() as session:
            programmes.load_example_programmes(session)
        with progress() as step:
            counts = load_stream(
                database,
                LOCAL_STEWARD,
                (person.draft for person in generate(people)),
                datetime.now(UTC),
                lambda done: step("load invented people", done, people),
            )
            engine = open_engine(settings, database, step)
        out.print(
            f"{counts.new} invented people new, {counts.same} there before; "
            f"index {engine.index.statistics.version}"
        )
        try:
            for code in DEMO_ROLES:
                with database.session() as session:
                    role = programmes.get_role(session, LOCAL_RECRUITER, code)
                    request = SearchRequest(query=code, limit=3)
                    answer = matching.match_role(
                        session, engine, LOCAL_RECRUITER, code, request, datetime.now(UTC)
                    )
                name = role.role.name_vi if language == "vi" else role.role.name_en
                out.rule(f"{code} {name}", align="left")
                show_answer(answer, language)
        finally:
            engine.close()
    if serve_after:
        serve(None, None)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to bind")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to bind")] = None,
) -> None:
    """Serve the web pages and the JSON API, and follow changes, until interrupted."""
    import uvicorn

    from registry.app import create_app

    settings = Settings()
    host, port = host or settings.host, port or settings.port
    listener = _bind(host, port)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    out.print(f"http://{host}:{port}  (Ctrl+C ends it)")
    config = uvicorn.Config(create_app(settings), log_config=None, access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as exc:
        listener.close()
        raise errors.BusyError(
            f"cannot listen on {host}:{port} ({exc.strerror}); choose another with --port"
        ) from exc
    return listener


def main() -> None:
    """Run the command; a foreseen outcome is one clear message and its exit code."""
    try:
        app(standalone_mode=True)
    except errors.RegistryError as exc:
        err.print(f"error: {exc}", style="red", markup=False)
        for problem in getattr(exc, "problems", ()):
            err.print(f"  {problem}", markup=False)
        sys.exit(EXIT_CODES[type(exc)])
    except KeyboardInterrupt:
        err.print("stopped; what was reported as done is kept")
        sys.exit(130)


if __name__ == "__main__":
    main()
