"""A file that somebody brings, at the command line: printed, compared, and added as a steward."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.text import Text

from ingest.own.drafting import accept_draft, read_file
from ingest.own.items import Draft, DraftItem
from ingest.own.reading import MAX_BYTES, read_own
from registry.commands.opening import open_data, operator
from registry.commands.versions import IfMatch, version
from registry.console import out
from registry.errors import InvalidInputError

draft_app = typer.Typer()


@draft_app.command("draft")
def draft(
    file: Annotated[str, typer.Argument(help="PDF, DOCX, BibTeX, RIS or JSON Resume")],
    to: Annotated[
        UUID | None, typer.Option(help="Profile that it is compared with, and added to")
    ] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Add the items that are sure and new")
    ] = False,
    item: Annotated[
        list[int], typer.Option(help="With --accept: these items instead; may be repeated")
    ] = [],  # noqa: B006
    reason: Annotated[str | None, typer.Option(help="Why; kept encrypted with the change")] = None,
    if_match: IfMatch = None,
) -> None:
    """Read a file into items, each with its words; --to and --accept add them as one change."""
    if (accept and to is None) or (item and not accept):
        raise InvalidInputError("say which profile with --to, and add items with --accept")
    content = _read(file)
    if to is None:
        found = read_own(Path(file).name, content)
        _print(found, {})
        return
    with open_data() as (_, database), database.session() as session:
        actor, now = operator(), datetime.now(UTC)
        opened = read_file(session, actor, to, Path(file).name, content, now)
        seen = version(if_match, opened.profile.version)
        known = {each.number: each.known for each in opened.items}
        shown = Draft(
            kind=opened.kind,
            items=[each.item for each in opened.items],
            notes=list(opened.notes),
            unread=list(opened.unread),
        )
        _print(shown, known)
        if not accept:
            return
        chosen = item or [each.number for each in opened.items if each.is_suggested]
        if not chosen:
            raise InvalidInputError("no item is sure and new; choose with --item")
        unknown = sorted(set(chosen) - set(known))
        if unknown:
            raise InvalidInputError(f"there is no item {unknown[0]} in this file")
        change_id, rows = accept_draft(
            session, actor, opened, chosen, seen=seen, now=now, reason=reason
        )
    out.print(f"items added: {len(rows)}; the change is {change_id}", soft_wrap=True)


def _read(file: str) -> bytes:
    """The content of a file, and one byte more than is taken of one that is too long."""
    try:
        with Path(file).open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as exc:
        raise InvalidInputError(f"cannot read {file} ({exc.strerror})") from exc


def _print(found: Draft, known: dict[int, UUID | None]) -> None:
    for number, each in enumerate(found.items, start=1):
        marks = [] if each.sure else ["a guess"]
        if known.get(number) is not None:
            marks.append(f"known as {known[number]}")
        line = Text(f"{number:>4}  {each.property}: ")
        line.append(_short(each), style="bold")
        line.append(f"  ({'; '.join([each.where, *marks])})", style="dim")
        out.print(line, soft_wrap=True)
    for note in found.notes:
        told = ": ".join(part for part in (note.left.value, note.detail, note.where) if part)
        out.print(Text(f"left out: {told}", style="dim"), soft_wrap=True)
    for passage in found.unread:
        out.print(Text(f"not understood ({passage.where}): {passage.text}"), soft_wrap=True)
    sure = sum(each.sure for each in found.items)
    out.print(f"{len(found.items)} items, {sure} of them sure; {len(found.unread)} not understood")


def _short(item: DraftItem) -> str:
    """An item in a line: what its value says, with its dates."""
    value: dict[str, Any] = item.value.value.model_dump(mode="json", exclude_defaults=True)
    parts = []
    for inner in value.values():
        if isinstance(inner, dict):
            inner = " / ".join(str(text) for text in inner.values())
        elif isinstance(inner, list):
            inner = ", ".join(map(str, inner))
        parts.append(str(inner)[:120])
    dates = "–".join(date for date in (item.value.started_on, item.value.ended_on) if date)
    return " · ".join([*parts, *([dates] if dates else [])])
