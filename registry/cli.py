"""The command `registry`: what a steward or an operator needs, over the same services."""

import sys

import typer
from pydantic import ValidationError

from registry import errors
from registry.commands.ops import ops_app
from registry.commands.people import ingest_app
from registry.commands.search import programmes_app, runs_app, search
from registry.commands.serving import demo, serve
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
}

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
app.command()(search)
app.command()(demo)
app.command()(serve)
app.add_typer(programmes_app, name="programmes")
app.add_typer(runs_app, name="runs")
app.add_typer(ingest_app, name="ingest")
app.add_typer(ops_app, name="ops")


def main() -> None:
    """Run the command; a foreseen outcome is one clear message and its exit code."""
    try:
        app(standalone_mode=True)
    except errors.RegistryError as exc:
        err.print(f"error: {exc}", style="red", markup=False, soft_wrap=True)
        for problem in getattr(exc, "problems", ()):
            err.print(f"  {problem}", markup=False, soft_wrap=True)
        sys.exit(EXIT_CODES[type(exc)])
    except ValidationError as exc:
        for problem in exc.errors():
            where = ".".join(str(part) for part in problem["loc"])
            err.print(
                f"error: {where}: {problem['msg']}", style="red", markup=False, soft_wrap=True
            )
        sys.exit(EXIT_CODES[errors.InvalidInputError])
    except KeyboardInterrupt:
        err.print("stopped; what was reported as done is kept")
        sys.exit(130)


if __name__ == "__main__":
    main()
