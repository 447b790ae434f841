"""Serve the pages, and the demonstration that ends in serving."""

import logging
import socket
from datetime import UTC, datetime
from typing import Annotated

import typer

from ingest.demo.generator import generate
from ingest.load import load_stream
from matching import service as matching
from matching.engine import Engine, open_engine
from matching.schemas import MatchRequest
from registry.access.policy import LOCAL_RECRUITER, LOCAL_STEWARD
from registry.commands.access import show_demo_accounts
from registry.commands.opening import open_data, open_search
from registry.commands.search import Language
from registry.config import Settings
from registry.console import out, progress, show_answer
from registry.db import LOAD_LOCK, Database, exclusive
from registry.errors import BusyError
from registry.programmes import service as programmes

# Roles of eight groups and kinds of work, for the demonstration.
DEMO_ROLES = ("p01a", "p07a", "p10a", "p18a", "p23a", "p24a", "p28b", "p30b")


def demo(
    people: Annotated[int, typer.Option(min=1, help="Invented people")] = 600,
    serve_after: Annotated[bool, typer.Option("--serve/--no-serve")] = True,
    language: Language = "vi",
) -> None:
    """Load invented people and example programmes, rank some roles, then serve the pages."""
    settings = Settings()
    listener = _bind(settings.host, settings.port) if serve_after else None
    with open_data() as (_, database):
        with (
            exclusive(database.engine, LOAD_LOCK, "a load"),
            database.session() as session,
        ):
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
        try:
            out.print(
                f"{counts.new} invented people new, {counts.same} there before; "
                f"index {engine.index.statistics.version}"
            )
            for code in DEMO_ROLES:
                _show_role(database, engine, code, language)
            if listener is not None:
                if settings.environment == "development":
                    show_demo_accounts(settings, database, _address(listener))
                _serve(settings, database, engine, listener)
        finally:
            engine.close()


def _show_role(database: Database, engine: Engine, code: str, language: str) -> None:
    with database.session() as session:
        role = programmes.get_role(session, LOCAL_RECRUITER, code).role
        answer = matching.match_role(
            session, engine, LOCAL_RECRUITER, code, MatchRequest(limit=3), datetime.now(UTC)
        )
    out.rule(f"{code} {role.name_vi if language == 'vi' else role.name_en}", align="left")
    show_answer(answer, language)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to bind")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to bind")] = None,
) -> None:
    """Serve the web pages and the JSON API, and follow changes, until interrupted."""
    settings = Settings()
    # Bound first: a busy port is told before anything long begins.
    listener = _bind(host or settings.host, port or settings.port)
    with open_search() as (database, engine):
        _serve(settings, database, engine, listener)


def _serve(settings: Settings, database: Database, engine: Engine, listener: socket.socket) -> None:
    # Here, so that no other command pays for loading the web framework.
    import uvicorn

    from registry.app import create_app

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    out.print(f"{_address(listener)}  (Ctrl+C ends it)")
    app = create_app(settings, database, engine)
    uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False)).run(sockets=[listener])


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio sends without delay on such sockets only: left out, each
    # answer waits 40 ms for the client's acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # At once: until then, another process could bind the same port as well.
        listener.listen(128)
    except OSError as exc:
        listener.close()
        raise BusyError(
            f"cannot listen on {host}:{port} ({exc.strerror}); choose another with --port"
        ) from exc
    return listener
