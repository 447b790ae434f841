"""Which version a command is based on: the one that is named, else the current one, told so."""

from typing import Annotated

import typer

from registry.console import say

IfMatch = Annotated[
    str | None,
    typer.Option("--if-match", help="Version that it is based on; else the current one"),
]


def version(if_match: str | None, current: str) -> frozenset[str]:
    """The versions that services take as seen."""
    if if_match is None:
        say(f"without --if-match this is based on the current version, {current}")
        return frozenset({current})
    return frozenset({if_match})
