"""Schema, state and indexes."""

import json
from typing import Annotated, Any

import typer

from registry.access.policy import LOCAL_RECRUITER
from registry.commands.opening import open_data, open_search
from registry.console import out, progress
from registry.experts import repository as experts
from registry.programmes import service as programmes

ops_app = typer.Typer(no_args_is_help=True, help="Schema, state and indexes.")


@ops_app.command("status")
def status() -> None:
    """How many people, roles and changes there are, as JSON."""
    with open_data() as (settings, database), database.session() as session:
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
    with open_data():
        out.print("the schema is up to date")


@ops_app.command("rebuild-index")
def rebuild_index(
    refreeze: Annotated[
        bool, typer.Option(help="Count the corpus statistics anew: scores of all runs may move")
    ] = False,
) -> None:
    """Build this process's indexes anew beside the old ones and swap them in."""
    with open_search() as (_, engine), progress() as step:
        statistics = None if refreeze else engine.index.statistics
        engine.rebuild(statistics, lambda done, total: step("index people", done, total))
        out.print(f"index version {engine.index.statistics.version}")
