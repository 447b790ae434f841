"""People as a steward or an operator handles them: lists, files, contacts, quality."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from registry.commands.opening import open_data, operator
from registry.commands.search import (
    AsJSON,
    ConfirmedWithin,
    Countries,
    Fields,
    Groups,
    Language,
    Limit,
    Reachabilities,
    Residences,
)
from registry.console import out, say
from registry.errors import InvalidInputError
from registry.experts import exporting, listing, quality, standing
from registry.experts.export_formats import Format
from registry.experts.exporting import ExportRequest
from registry.experts.listing import ListAnswer, ListRequest
from registry.experts.listing_rows import Sort
from registry.experts.quality import QualityPublic
from registry.experts.standing import Contact

people_app = typer.Typer(
    no_args_is_help=True, help="Lists and files of people, contacts with them, quality."
)

Name = Annotated[str, typer.Option("--name", help="Words of a name, in any order")]
Lives = Annotated[
    list[str], typer.Option("--life", help="lead, invited, claimed or verified; may be repeated")
]
Order = Annotated[Sort, typer.Option(help="Order of the list")]


@people_app.command("list")
def list_people(
    name: Name = "",
    residence: Residences = [],  # noqa: B006
    country: Countries = [],  # noqa: B006
    field: Fields = [],  # noqa: B006
    group: Groups = [],  # noqa: B006
    confirmed_within: ConfirmedWithin = None,
    reachability: Reachabilities = [],  # noqa: B006
    life: Lives = [],  # noqa: B006
    sort: Order = "name",
    after: Annotated[str | None, typer.Option(help="What the page before printed as next")] = None,
    limit: Limit = 20,
    language: Language = "vi",
    as_json: AsJSON = False,
) -> None:
    """List people, leads too, with what is known of the way to reach them."""
    request = ListRequest(
        q=name,
        residences=residence,
        countries=country,
        fields=field,
        groups=group,
        confirmed_within=confirmed_within,
        reachability=reachability,
        lives=life,
        sort=sort,
        after=after,
        limit=limit,
    )
    with open_data() as (_, database), database.session() as session:
        answer = listing.list_people(session, operator(), request, datetime.now(UTC))
    if as_json:
        out.print_json(answer.model_dump_json())
    else:
        _show_list(answer, language)


def _show_list(answer: ListAnswer, language: str) -> None:
    for person in answer.people:
        known = person.standing
        roles = [person.role_vi, person.role_en]
        role = next((r for r in (roles if language == "vi" else reversed(roles)) if r), None)
        about = [role, person.organisation, person.country_code]
        parts = [
            str(person.expert_id),
            f"{person.display_name}{' [invented]' if person.is_invented else ''}",
            ", ".join(part for part in about if part),
            person.life,
        ]
        if known is not None:
            parts += [known.reachability, f"confirmed {known.confirmed_on or 'never'}"]
        out.print("  ".join(parts), markup=False, soft_wrap=True)
    out.print(f"{answer.total} people in all")
    if answer.next:
        out.print(f"next page: --after {answer.next}", markup=False, soft_wrap=True)


@people_app.command("export")
def export_people(
    file: Annotated[Path, typer.Argument(help="Where to write; it must not exist")],
    purpose: Annotated[str, typer.Option(help="Why; kept with each person in the file")],
    format: Annotated[Format, typer.Option(help="Form of the file")] = "csv",
    name: Name = "",
    residence: Residences = [],  # noqa: B006
    country: Countries = [],  # noqa: B006
    field: Fields = [],  # noqa: B006
    group: Groups = [],  # noqa: B006
    confirmed_within: ConfirmedWithin = None,
    reachability: Reachabilities = [],  # noqa: B006
    life: Lives = [],  # noqa: B006
    sort: Order = "name",
) -> None:
    """Write the people of a list to a file that only its owner may read."""
    request = ExportRequest(
        q=name,
        residences=residence,
        countries=country,
        fields=field,
        groups=group,
        confirmed_within=confirmed_within,
        reachability=reachability,
        lives=life,
        sort=sort,
        purpose=purpose,
        format=format,
    )
    part = _begin(file)
    try:
        with open_data() as (_, database), database.session() as session, part.open("wb") as opened:
            count = exporting.export_people(session, operator(), request, datetime.now(UTC), opened)
        # Noted first: a file that is there was exported for a purpose that is kept.
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)
    say(f"{count} people written to {file}")


def _begin(file: Path) -> Path:
    """An empty file beside the wanted one, for its owner alone."""
    if file.exists():
        raise InvalidInputError(f"{file} exists; choose another name")
    part = file.with_name(f"{file.name}.part")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as exc:
        raise InvalidInputError(f"{part} cannot be written ({exc.strerror})") from exc
    return part


@people_app.command("contact-event")
def note_contact(
    expert: Annotated[UUID, typer.Argument(help="Id of the person")],
    kind: Annotated[Contact, typer.Argument(help="sent, replied or bounced")],
    at: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M%z"],
            help="When, as 2026-11-25 or 2026-11-25T10:30; without a zone, UTC; now if left out",
        ),
    ] = None,
    purpose: Annotated[str | None, typer.Option(help="Why the person was written to")] = None,
) -> None:
    """Note that a person was written to, answered, or could not be reached."""
    moment = at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
    with open_data() as (_, database), database.session() as session:
        known = standing.record_contact(
            session, operator(), expert, kind, datetime.now(UTC), at=moment, purpose=purpose
        )
    assert known is not None
    out.print_json(known.model_dump_json())


@people_app.command("quality")
def show_quality(as_json: AsJSON = False) -> None:
    """How checked, fresh, reachable and complete the registry is, and what waits."""
    with open_data() as (_, database), database.session() as session:
        found = quality.get_quality(session, operator(), datetime.now(UTC))
    if as_json:
        out.print_json(found.model_dump_json())
    else:
        _show_quality(found)


def _show_quality(found: QualityPublic) -> None:
    for heading, counts in (
        ("profiles by life", found.lives),
        (f"complete, of {found.people} people in use", found.complete),
        ("statements by verification", found.verification),
        (f"confirmed by the person, of {found.claimed} claimed profiles", found.freshness),
        ("reachability of the same", found.reachability),
        ("waiting", found.queues.model_dump()),
    ):
        out.print(heading, style="bold")
        for name, count in counts.items():
            out.print(f"  {name:<18}{count:>8}", markup=False)
    out.print("contradictions", style="bold")
    out.print(f"  {'people':<18}{found.conflicting:>8}")
    for row in found.conflicts:
        out.print(f"  {row.expert_id}  {', '.join(row.properties)}", markup=False)
    out.print("longest without a confirmation", style="bold")
    for stale in found.stale:
        seen = stale.confirmed_on or f"never, {stale.life} since {stale.since}"
        out.print(f"  {stale.expert_id}  {seen}", markup=False)
