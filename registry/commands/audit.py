"""The audit at the command line."""

from typing import Annotated
from uuid import UUID

import typer

from registry.audit import service
from registry.audit.api import EntryPublic, read_noted
from registry.commands.opening import open_data, operator
from registry.console import out

audit_app = typer.Typer(no_args_is_help=True, help="Who did what to whose data.")


@audit_app.command("verify")
def verify(
    noted: Annotated[
        str | None, typer.Option(help="Entry that an earlier check printed, as 12:ab…")
    ] = None,
) -> None:
    """Follow the chain; exit code 18 names the first broken link."""
    earlier = read_noted(noted)
    with open_data() as (_, database), database.session() as session:
        entries, head = service.verify(session, operator(), earlier)
    out.print(f"the audit holds: {entries} entries; note this outside for the next check:")
    out.print(f"{entries}:{head}", markup=False, soft_wrap=True)


@audit_app.command("list")
def list_entries(
    action: Annotated[
        str | None, typer.Option(help="An act such as expert:import, or expert: for all")
    ] = None,
    by: Annotated[str | None, typer.Option(help="Id of the account that acted")] = None,
    about: Annotated[UUID | None, typer.Option(help="Id of the person concerned")] = None,
    before: Annotated[int | None, typer.Option(min=1, help="Only entries below this")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
) -> None:
    """Entries as JSON lines, newest first."""
    with open_data() as (_, database), database.session() as session:
        found = service.list_entries(
            session, operator(), before=before, limit=limit, action=action, by=by, about=about
        )
    for entry in found:
        line = EntryPublic.model_validate(entry).model_dump_json()
        out.print(line, markup=False, soft_wrap=True)
