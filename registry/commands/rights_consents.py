"""Consents and restriction at the command line, on a word that reached whoever is there.

Who considers whom is only listed here: bodies consider people, and nobody here acts for one.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

import typer

from registry.commands.opening import open_data, operator
from registry.console import out
from registry.rights import consents, considerations, restriction
from registry.rights.consent_rules import Purpose
from registry.rights.consents import Agreed, Proof
from registry.rights.people import get_person

consents_app = typer.Typer()

Expert = Annotated[UUID, typer.Argument(help="Id of the person")]
Channel = Annotated[
    Literal["paper", "email", "in_person"], typer.Option(help="How the person's word arrived")
]
Evidence = Annotated[
    str, typer.Option(help="Where the proof is kept, such as the number of the letter")
]


@consents_app.command("consents")
def list_consents(expert: Expert) -> None:
    """List what a person agreed to, what he withdrew last."""
    with open_data() as (_, database), database.session() as session:
        actor = operator()
        get_person(session, actor, expert, "consent:record")
        found = consents.list_consents(session, actor, expert)
    for agreed in found:
        out.print(_line(agreed), markup=False, soft_wrap=True)
    if not found:
        out.print("No consents.")


def _line(agreed: Agreed) -> str:
    row = agreed.consent
    ended = "" if row.withdrawn_at is None else f"  withdrawn {row.withdrawn_at:%Y-%m-%d}"
    proof = f"  “{agreed.evidence}”" if agreed.evidence else ""
    return (
        f"{row.id}  {row.purpose}  {row.body or 'all bodies'}  given {row.given_at:%Y-%m-%d} "
        f"({row.channel}, {row.language}, text {row.text_version}){ended}{proof}"
    )


@consents_app.command("record-consent")
def record_consent(
    expert: Expert,
    purpose: Annotated[Purpose, typer.Argument(help="What the person agreed to")],
    channel: Channel,
    evidence: Evidence,
    language: Annotated[
        Literal["vi", "en"], typer.Option(help="Language in which the text was read")
    ],
    body: Annotated[
        list[str],
        typer.Option("--body", help="Code of a body; may be repeated; none: all registered ones"),
    ] = [],  # noqa: B006
) -> None:
    """Record a consent that came by letter, e-mail or in person."""
    with open_data() as (_, database), database.session() as session:
        consents.give(
            session,
            operator(),
            expert,
            purpose,
            language,
            datetime.now(UTC),
            bodies=body or None,
            proof=Proof(channel, evidence),
        )
    out.print(f"recorded: {purpose} for {', '.join(body) or 'all registered bodies'}")


@consents_app.command("withdraw-consent")
def withdraw_consent(
    expert: Expert,
    consent: Annotated[UUID, typer.Argument(help="Id of the consent")],
    channel: Channel,
    evidence: Evidence,
) -> None:
    """Record that a person withdrew a consent; it is out of force at once."""
    with open_data() as (_, database), database.session() as session:
        proof = Proof(channel, evidence)
        consents.withdraw(session, operator(), expert, consent, datetime.now(UTC), proof)
    out.print("withdrawn")


@consents_app.command("restrict")
def restrict(expert: Expert) -> None:
    """Stop every use of a person's data but their keeping, because he asked for it."""
    with open_data() as (_, database), database.session() as session:
        restriction.restrict(session, operator(), expert, datetime.now(UTC))
    out.print("restricted: the data are kept, and nothing else is done with them")


@consents_app.command("lift")
def lift(expert: Expert) -> None:
    """End a restriction that a person asked for."""
    with open_data() as (_, database), database.session() as session:
        restriction.lift_restriction(session, operator(), expert)
    out.print("lifted: the data are used again as the consents allow")


@consents_app.command("considerations")
def list_considerations(
    closed: Annotated[bool, typer.Option("--closed", help="Those that ended, instead")] = False,
) -> None:
    """List whom bodies consider for what, the newest first."""
    with open_data() as (_, database), database.session() as session:
        found = considerations.list_considered(session, operator(), is_open=not closed)
    for each in found:
        row = each.row
        name = each.summary.display_name if each.summary is not None else "shown to nobody now"
        ended = "" if row.closed_at is None else f"  {row.outcome} {row.closed_at:%Y-%m-%d}"
        about = f"{row.id}  {row.body}  {row.expert_id} {name}  {row.purpose}"
        since = f"since {row.opened_at:%Y-%m-%d}"
        out.print(f"{about}  {since}{ended}", markup=False, soft_wrap=True)
    if not found:
        out.print("Nobody is considered." if not closed else "Nothing is closed.")
