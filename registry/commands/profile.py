"""Statements of a person at the command line: seen, checked, followed back, taken back."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

import typer
from rich.text import Text

from registry.commands.opening import open_data, operator
from registry.console import out
from registry.experts.changes import ChangeLine, get_change
from registry.experts.changes import list_changes as find_changes
from registry.experts.changes import list_history as find_history
from registry.experts.kept_service import find_expert_of, get_kept
from registry.experts.pages import Wordings
from registry.experts.reverting import revert_change
from registry.experts.told import tell
from registry.experts.verifying import verify_item

profile_app = typer.Typer(no_args_is_help=True, help="Statements of a person, and their changes.")

Language = Annotated[Literal["vi", "en"], typer.Option(help="Language of the words")]
Kind = Literal["import", "edit", "judge", "show", "verify", "revert", "merge"]
Before = Annotated[UUID | None, typer.Option(help="Only changes before this one")]
Limit = Annotated[int, typer.Option(min=1, max=200, help="Changes shown")]


@profile_app.command("show")
def show(
    expert: Annotated[UUID, typer.Argument(help="Id of the person")], language: Language = "vi"
) -> None:
    """All items of a profile with the ids of their statements, the preferred ones first."""
    with open_data() as (_, database), database.session() as session:
        profile = get_kept(session, operator(), expert)
        wordings = Wordings(session, language)
        counts = profile.counts
        out.print(Text(f"{profile.summary.display_name} ({profile.expert.life})", style="bold"))
        out.print(
            f"{counts.items} items: {counts.checked} checked, {counts.confirmed} confirmed by the "
            f"source, {counts.claimed} claimed; {counts.accepted} stated or confirmed by the expert"
        )
        out.print(f"version {profile.version}", style="dim", soft_wrap=True)
        for item in profile.items:
            for place, row in enumerate(item.statements):
                about = [row.source, row.verification, row.judgement, row.visibility]
                line = Text(f"{row.id}  " if place == 0 else f"  {row.id}  ", style="dim")
                line.append(f"{row.property}: ", style="default")
                line.append(wordings.describe(row).title.text, style="bold" if place == 0 else "")
                line.append(f"  ({', '.join(each for each in about if each)})", style="dim")
                out.print(line, soft_wrap=True)


@profile_app.command("history")
def history(
    expert: Annotated[UUID, typer.Argument(help="Id of the person")],
    before: Before = None,
    limit: Limit = 50,
) -> None:
    """What was changed in a profile, newest first."""
    with open_data() as (_, database), database.session() as session:
        page = find_history(session, operator(), expert, before=before, limit=limit)
        _print_lines(page.lines)
    if page.next_before is not None:
        out.print(f"older ones: --before {page.next_before}", style="dim", soft_wrap=True)


@profile_app.command("changes")
def changes(
    kind: Annotated[Kind | None, typer.Option(help="Only changes of this kind")] = None,
    before: Before = None,
    limit: Limit = 50,
) -> None:
    """Changes of all profiles, newest first."""
    with open_data() as (_, database), database.session() as session:
        page = find_changes(session, operator(), kind=kind, before=before, limit=limit)
        _print_lines(page.lines)
    if page.next_before is not None:
        out.print(f"older ones: --before {page.next_before}", style="dim", soft_wrap=True)


@profile_app.command("diff")
def diff(
    change: Annotated[UUID, typer.Argument(help="Id of the change")],
    after: Annotated[UUID | None, typer.Option(help="Only people after this one")] = None,
    people: Annotated[int, typer.Option(min=1, max=100, help="People shown")] = 20,
    language: Language = "vi",
) -> None:
    """What a change did, item by item: before and after."""
    with open_data() as (_, database), database.session() as session:
        found = get_change(session, operator(), change, after=after, people=people)
        wordings = Wordings(session, language)
        _print_lines([found.line])
        for item in found.items:
            row = item.statement
            line = Text(f"{row.id}  ", style="dim")
            line.append(f"{found.names.get(row.expert_id, str(row.expert_id))} · {row.property}: ")
            line.append(wordings.describe(row).title.text, style="bold")
            line.append("" if item.is_open else "  (changed again later)", style="yellow")
            out.print(line, soft_wrap=True)
            for field in item.fields:
                told = tell(wordings, row.property, field)
                words = Text(f"    {told.name}: ")
                words.append(told.before or "–", style="red")
                words.append(" → ")
                words.append(told.after or "–", style="green")
                out.print(words, soft_wrap=True)
    if found.next_person is not None:
        out.print(f"more people: --after {found.next_person}", style="dim", soft_wrap=True)


@profile_app.command("revert")
def revert(
    change: Annotated[UUID, typer.Argument(help="Id of the change")],
    item: Annotated[
        list[UUID] | None, typer.Option(help="Only this item, by a statement; may be repeated")
    ] = None,
    leave_changed: Annotated[
        bool, typer.Option("--leave-changed", help="Leave alone what was changed again later")
    ] = False,
    reason: Annotated[
        str | None, typer.Option(help="Needed when the person or his delegate made the change")
    ] = None,
) -> None:
    """Take a change back, whole or item by item; the revert can be taken back itself."""
    with open_data() as (_, database), database.session() as session:
        done = revert_change(
            session,
            operator(),
            change,
            now=datetime.now(UTC),
            items=item or None,
            leave_changed=leave_changed,
            reason=reason,
        )
    out.print(
        f"taken back: {done.people} people, {done.closed} statements closed, {done.restored} said "
        f"again, {done.left} items left as they are; this is change {done.change_id}",
        soft_wrap=True,
    )
    if done.emptied:
        out.print(
            f"nothing is stated any more of {done.emptied} people: they are in no list, and their "
            "profiles stay in the state that they were in",
            soft_wrap=True,
        )


@profile_app.command("verify")
def verify(
    statement: Annotated[UUID, typer.Argument(help="Id of the statement, as it is now")],
    method: Annotated[str, typer.Option(help="document, register or interview")],
    document: Annotated[str, typer.Option(help="What was looked at, so that others find it")],
) -> None:
    """Note that a statement was checked."""
    with open_data() as (_, database), database.session() as session:
        actor = operator()
        expert_id = find_expert_of(session, actor, statement)
        row = verify_item(
            session,
            actor,
            expert_id,
            statement,
            method,
            document,
            seen={str(statement)},
            now=datetime.now(UTC),
        )
    out.print(f"checked: the statement is now {row.id}", soft_wrap=True)


def _print_lines(lines: list[ChangeLine]) -> None:
    for line in lines:
        change = line.change
        text = Text(f"{change.id}  ", style="dim")
        text.append(f"{change.created_at:%Y-%m-%d %H:%M}Z  {change.kind}", style="bold")
        who = f"{line.who} {change.label}" if line.who == "source" else line.who
        text.append(f"  {who}{f' {line.delegate}' if line.delegate else ''}")
        if line.written is not None:
            text.append(f"  +{line.written} -{line.closed}", style="cyan")
        if line.name:
            text.append(f"  {line.name}")
        if not line.holds:
            text.append("  taken back", style="red")
        if line.reason:
            text.append(f"  “{line.reason}”", style="dim")
        out.print(text, soft_wrap=True)
