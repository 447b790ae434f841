"""Schema, state and indexes."""

import json
from typing import Annotated, Any

import typer

from registry.access.policy import LOCAL_RECRUITER
from registry.audit import service as audit
from registry.commands.opening import open_data, open_search, operator
from registry.console import out, progress
from registry.experts import repository as experts
from registry.programmes import service as programmes
from registry.schema import is_separated
from registry.vault import service as vault

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
            "audit_is_closed_to_the_service": is_separated(session.connection()),
            "keys": vault.count_wrapped(session),
        }
    out.print_json(json.dumps(state))


@ops_app.command("migrate")
def migrate_schema() -> None:
    """Bring the database schema to this version."""
    with open_data():
        out.print("the schema is up to date")


@ops_app.command("rotate-keys")
def rotate_keys() -> None:
    """Wrap all keys of people under the first master key; then the older ones can be dropped.

    Put the new key first in REGISTRY_SECRET_KEYS, keep the old one behind it, run this, restart
    the other processes, and only then take the old one out. Stopped, it goes on.
    """
    with open_data() as (_, database), progress() as step:
        done = 0
        while True:
            with database.session() as session:
                wrapped = vault.rotate(session)
                if wrapped:
                    details = {"keys": wrapped, "master": database.masters.current}
                    audit.record(session, operator(), "keys:rotate", details=details)
            if not wrapped:
                break
            done += wrapped
            step("wrap keys", done, done)
        with database.session() as session:
            counts = vault.count_wrapped(session)
    out.print(f"{done} keys wrapped anew")
    for name, count in sorted(counts.items()):
        out.print(f"  {name}: {count}", markup=False)


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
