"""The command `registry`: what a steward or an operator needs, over the same services."""

import signal
import sys

import typer
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from registry import errors
from registry.commands import linking  # noqa: F401  (adds its command to ingest_app)
from registry.commands.access import access_app
from registry.commands.audit import audit_app
from registry.commands.claims import claims_app
from registry.commands.imports import ingest_app
from registry.commands.listing import people_app
from registry.commands.ops import ops_app
from registry.commands.profile import profile_app
from registry.commands.profile_draft import draft_app
from registry.commands.profile_edits import edits_app
from registry.commands.rights import rights_app
from registry.commands.rights_breaches import breaches_app
from registry.commands.rights_consents import consents_app
from registry.commands.rights_requests import requests_app
from registry.commands.search import programmes_app, runs_app, search
from registry.commands.serving import demo, serve
from registry.config import Settings
from registry.console import err

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
    errors.NotSignedInError: 11,
    errors.SignInFailedError: 12,
    errors.TooManyAttemptsError: 13,
    errors.LinkUnusableError: 14,
    errors.ChangedMeanwhileError: 15,
    errors.PreconditionNeededError: 16,
    errors.SecretsError: 17,
    errors.AuditBrokenError: 18,
    errors.SignInTooOldError: 19,
    errors.SourceRefusedError: 20,
    errors.SourceLaterError: 21,
    errors.CancelledError: 22,
}

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
app.command()(search)
app.command()(demo)
app.command()(serve)
app.add_typer(programmes_app, name="programmes")
app.add_typer(runs_app, name="runs")
app.add_typer(claims_app, name="claims")
app.add_typer(people_app, name="people")
profile_app.add_typer(edits_app)
profile_app.add_typer(draft_app)
for each in (consents_app, requests_app, breaches_app):
    rights_app.add_typer(each)
app.add_typer(profile_app, name="profile")
app.add_typer(ingest_app, name="ingest")
app.add_typer(access_app, name="access")
app.add_typer(audit_app, name="audit")
app.add_typer(rights_app, name="rights")
app.add_typer(ops_app, name="ops")


def main() -> None:
    """Run the command; a foreseen outcome is one clear message and its exit code."""
    # SIGTERM unwinds like an exit: indexes saved, database left in order.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        if any(_is_not_text(argument) for argument in sys.argv[1:]):
            raise errors.InvalidInputError("an argument is not UTF-8 text")
        app(standalone_mode=True)
    except errors.RegistryError as exc:
        _tell(str(exc))
        for problem in getattr(exc, "problems", ()):
            err.print(f"  {problem}", markup=False, soft_wrap=True)
        for change in getattr(exc, "changes", ()):
            told = f"  {change['property']}: {change['message']}"
            err.print(told, markup=False, soft_wrap=True)
        sys.exit(EXIT_CODES[type(exc)])
    except ValidationError as exc:
        for problem in exc.errors():
            name = ".".join(str(part) for part in problem["loc"])
            is_setting = exc.title == Settings.__name__
            _tell(f"{f'REGISTRY_{name.upper()}' if is_setting else name}: {problem['msg']}")
        sys.exit(EXIT_CODES[errors.InvalidInputError])
    except DBAPIError as exc:
        # The first line tells the cause (no room, connection lost); the rest is SQL.
        _tell(f"the database refused the work, nothing half is kept: {_first_line(exc)}")
        sys.exit(EXIT_CODES[errors.DatabaseUnavailableError])


def _tell(message: str) -> None:
    err.print(f"error: {message}", style="red", markup=False, soft_wrap=True)


def _first_line(exc: DBAPIError) -> str:
    return str(exc.orig).splitlines()[0] if str(exc.orig) else type(exc.orig).__name__


def _is_not_text(argument: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in argument)


if __name__ == "__main__":
    main()
