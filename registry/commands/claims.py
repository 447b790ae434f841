"""Claims of profiles, invitations and the life of a profile."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

from registry.access import claim_decisions, claims, contests
from registry.access.claim_decisions import WAITING, Decision
from registry.commands.opening import open_data, operator
from registry.commands.versions import IfMatch, version
from registry.console import out
from registry.errors import InvalidInputError
from registry.experts import lifecycle
from registry.experts.life import describe
from registry.experts.schemas import Life

claims_app = typer.Typer(no_args_is_help=True, help="Claims, invitations, life of profiles.")

_Reason = Annotated[str, typer.Option(help="Why; kept encrypted with the claim")]


def _id(text: str, what: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as exc:
        raise InvalidInputError(f"{text[:60]!r} is no id of a {what}") from exc


@claims_app.command("invite")
def invite(
    expert: Annotated[str, typer.Argument(help="Id of the profile")],
    to: Annotated[str, typer.Option(help="Whom the link is given to; kept encrypted")],
) -> None:
    """Invite a person to claim his profile; prints the link, which is shown this once."""
    with open_data() as (settings, database), database.session() as session:
        token = claims.invite(session, operator(), _id(expert, "profile"), to, datetime.now(UTC))
    out.print(f"{settings.public_url}/claim/{token}", markup=False, soft_wrap=True)


@claims_app.command("list")
def list_claims(
    every: Annotated[bool, typer.Option("--all", help="Decided ones as well")] = False,
    before: Annotated[str | None, typer.Option(help="Only claims older than this id")] = None,
) -> None:
    """List claims that wait for a decision, newest first."""
    states = ("open", "granted", "refused", "contested", "reverted", "ended") if every else WAITING
    last = _id(before, "claim") if before else None
    with open_data() as (_, database), database.session() as session:
        found = claim_decisions.list_claims(session, operator(), states, last)
        for each in found:
            profile = each.summary.display_name if each.summary else each.claim.expert_id or "?"
            held = ", held" if each.is_held and each.claim.state == "open" else ""
            out.print(
                f"{each.claim.id}  {each.claim.state}{held}  {each.claim.proof}  "
                f"{each.login} claims {profile}",
                markup=False,
                soft_wrap=True,
            )
    if not found:
        out.print("No claims.")


@claims_app.command("decide")
def decide(
    claim: Annotated[str, typer.Argument(help="Id of the claim")],
    reason: _Reason,
    grant: Annotated[bool, typer.Option("--grant/--refuse", help="What is decided")],
    profile: Annotated[
        str | None, typer.Option(help="Profile that is granted, where the claim names none")
    ] = None,
) -> None:
    """Grant or refuse a claim that waits."""
    found = _id(profile, "profile") if profile else None
    _decide(claim, "grant" if grant else "refuse", reason, found)


@claims_app.command("contest")
def contest(
    expert: Annotated[str, typer.Argument(help="Id of the profile")],
    words: Annotated[str, typer.Option(help="Who says so, and why; kept encrypted")],
) -> None:
    """Note that a profile is said not to be its holder's, until somebody decides about it."""
    expert_id = _id(expert, "profile")
    with open_data() as (_, database), database.session() as session:
        made = contests.contest(session, operator(), expert_id, words, datetime.now(UTC))
    out.print(f"{made.id}  {made.state}", markup=False)


@claims_app.command("keep")
def keep(claim: Annotated[str, typer.Argument(help="Id of the claim")], reason: _Reason) -> None:
    """Decide that a contested claim is the right person's."""
    _decide(claim, "keep", reason)


@claims_app.command("end")
def end(claim: Annotated[str, typer.Argument(help="Id of the claim")], reason: _Reason) -> None:
    """Part account and profile, and undo nothing: the person can claim the profile again."""
    _decide(claim, "end", reason)


@claims_app.command("revert")
def revert(claim: Annotated[str, typer.Argument(help="Id of the claim")], reason: _Reason) -> None:
    """Take a claim back: the account was the wrong person's, and what it did is undone."""
    _decide(claim, "revert", reason)


def _decide(claim: str, decision: Decision, reason: str, profile: UUID | None = None) -> None:
    claim_id, now = _id(claim, "claim"), datetime.now(UTC)
    with open_data() as (_, database), database.session() as session:
        made = claim_decisions.decide(session, operator(), claim_id, decision, reason, now, profile)
    out.print(f"{made.id}  {made.state}", markup=False)


@claims_app.command("life")
def life(
    expert: Annotated[str, typer.Argument(help="Id of the profile")],
    state: Annotated[str, typer.Argument(help="State that it is to have")],
    reason: Annotated[str, typer.Option(help="Why, and how the person's word arrived")] = "",
    channel: Annotated[
        str | None, typer.Option(help="For a withdrawal: paper, email or in_person")
    ] = None,
    if_match: IfMatch = None,
) -> None:
    """Move a profile to another state of its life."""
    wanted = next((each for each in Life if each.value == state), None)
    if wanted is None:
        raise InvalidInputError(f"unknown state; choose from: {', '.join(Life)}")
    with open_data() as (_, database), database.session() as session:
        actor, expert_id = operator(), _id(expert, "profile")
        seen = version(if_match, lifecycle.get_status(session, actor, expert_id).version)
        moved = lifecycle.move(
            session, actor, expert_id, wanted, reason, datetime.now(UTC), channel, seen=seen
        )
    out.print(f"{moved.life}: {describe(Life(moved.life), 'en')}", markup=False)
