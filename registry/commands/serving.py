"""Serve the pages, and the demonstration that ends in serving."""

import logging
import socket
from datetime import UTC, datetime
from typing import Annotated

import typer

from ingest.demo.generator import generate
from ingest.load import load_stream
from matching import service as matching
from matching.engine import open_engine
from matching.schemas import SearchRequest
from registry.access.policy import LOCAL_RECRUITER, LOCAL_STEWARD
from registry.commands.opening import open_data
from registry.commands.search import Language
from registry.config import Settings
from registry.console import out, progress, show_answer
from registry.errors import BusyError
from registry.programmes import service as programmes

# One role each of six groups of the national list, for the demonstration.
DEMO_ROLES = ("p01a", "p07a", "p10a", "p18a", "p23a", "p24a", "p28b", "p30b")


def demo(
    people: Annotated[int, typer.Option(min=1, help="Invented people")] = 600,
    serve_after: Annotated[bool, typer.Option("--serve/--no-serve")] = True,
    language: Language = "vi",
) -> None:
    """Load invented people and example programmes, rank some roles, then serve the pages."""
    with open_data() as (settings, database):
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
        raise BusyError(
            f"cannot listen on {host}:{port} ({exc.strerror}); choose another with --port"
        ) from exc
    return listener
