"""The register of breaches at the command line: noted, written on, notified, closed."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

from registry.commands.opening import open_data, operator
from registry.commands.versions import IfMatch, version
from registry.console import out
from registry.rights import breaches
from registry.rights.breaches import BreachContent, Known

breaches_app = typer.Typer()

BreachId = Annotated[UUID, typer.Argument(metavar="BREACH", help="Id of the breach")]
Title = Annotated[str, typer.Option(help="What happened, in a few words; kept encrypted")]
NewTitle = Annotated[str | None, typer.Option(help="What happened, in a few words")]
NewText = Annotated[str | None, typer.Option(help="Instead of what stands there")]
People = Annotated[
    int | None, typer.Option(min=0, max=2**31 - 1, help="How many people it concerns, if known")
]


@breaches_app.command("create-breach")
def create(
    title: Title,
    found: Annotated[
        str, typer.Option(help="When it was found: 2026-11-25T14:30, in Vietnamese time")
    ],
    description: Annotated[str, typer.Option(help="What is known; kept encrypted")] = "",
    people: People = None,
) -> None:
    """Note a breach; from its finding on, 72 hours run for the notice."""
    content = BreachContent(title=title.strip(), description=description.strip())
    with open_data() as (_, database), database.session() as session:
        found_at, now = breaches.read_found(found), datetime.now(UTC)
        known = breaches.create(session, operator(), content, found_at, people, now)
    _show(known)


@breaches_app.command("breach")
def show(breach: BreachId) -> None:
    """Show one breach with what is known, and its version."""
    with open_data() as (_, database), database.session() as session:
        known = breaches.get_breach(session, operator(), breach)
    _show(known)
    for name, value in known.fields.items():
        if value not in (None, ""):
            out.print(f"  {name}: {value}", markup=False, soft_wrap=True)


@breaches_app.command("update-breach")
def update(
    breach: BreachId,
    title: NewTitle = None,
    description: NewText = None,
    measures: NewText = None,
    people: People = None,
    if_match: IfMatch = None,
) -> None:
    """Write what is known by now; what is not given stays."""
    given = {"title": title, "description": description, "measures": measures}
    with open_data() as (_, database), database.session() as session:
        actor = operator()
        before = breaches.get_breach(session, actor, breach)
        seen = version(if_match, before.version)
        content = before.content.model_copy(
            update={name: text.strip() for name, text in given.items() if text is not None}
        )
        count = before.row.people_affected if people is None else people
        known = breaches.update(session, actor, breach, content, count, seen=seen)
    _show(known)


@breaches_app.command("notify-breach")
def notify(
    breach: BreachId,
    number: Annotated[
        str, typer.Option(help="Number of the notice to the authority, or why none was needed")
    ],
    if_match: IfMatch = None,
) -> None:
    """Note that the authority was notified, and under which number."""
    with open_data() as (_, database), database.session() as session:
        actor, now = operator(), datetime.now(UTC)
        seen = version(if_match, breaches.get_breach(session, actor, breach).version)
        known = breaches.notify(session, actor, breach, number, now, seen=seen)
    _show(known)


@breaches_app.command("close-breach")
def close(breach: BreachId, if_match: IfMatch = None) -> None:
    """Close a breach that the authority was told of."""
    with open_data() as (_, database), database.session() as session:
        actor, now = operator(), datetime.now(UTC)
        seen = version(if_match, breaches.get_breach(session, actor, breach).version)
        known = breaches.close(session, actor, breach, now, seen=seen)
    _show(known)


def _show(known: Known) -> None:
    row = known.row
    if row.closed_at is not None:
        state = "closed"
    elif row.notified_at is not None:
        state = f"notified, {known.content.notice}"
    else:
        state = f"notice due {row.notice_due:%Y-%m-%d %H:%M}Z"
    about = f"{row.id}  {known.content.title}  {state}  version {known.version}"
    out.print(about, markup=False, soft_wrap=True)
