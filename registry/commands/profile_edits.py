"""Edits of a profile at the command line: whoever is there acts as a data steward.

What the person alone may say (his origin, who sees what he adds) is refused here as everywhere.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import typer
from sqlalchemy.orm import Session

from registry.access.policy import Actor
from registry.commands.opening import open_data, operator
from registry.commands.versions import IfMatch, version
from registry.console import out
from registry.errors import InvalidInputError
from registry.experts.editing import add_item, correct_item, remove_item
from registry.experts.judging import Judgement, Shown, judge_item, show_item
from registry.experts.kept_service import find_current, find_expert_of, version_for
from registry.experts.models import Statement
from registry.experts.schemas import StatementDraft, Visibility, draft_of
from registry.experts.verifying import withdraw_verification

edits_app = typer.Typer()

StatementId = Annotated[UUID, typer.Argument(metavar="STATEMENT", help="Id of the statement")]
ValueFile = Annotated[
    str,
    typer.Option("--file", help="JSON of the value, as the API takes it; '-' reads from the input"),
]
Started = Annotated[str | None, typer.Option("--started", help="2019, 2019-05 or 2019-05-31")]
Ended = Annotated[str | None, typer.Option("--ended", help="In the same way")]
Evidence = Annotated[str | None, typer.Option("--evidence", help="Address of the evidence")]
Reason = Annotated[str | None, typer.Option(help="Why; kept encrypted with the change")]
NeededReason = Annotated[str, typer.Option(help="On whose word, or on what document")]

# More than any value holds; a wrong file is not read into memory.
_LONGEST: Final = 1_000_000


class Verdict(StrEnum):
    """What is decided about an item."""

    ACCEPT = "accept"
    REJECT = "reject"
    UNDO = "undo"


_JUDGEMENTS: Final[dict[Verdict, Judgement | None]] = {
    Verdict.ACCEPT: "accepted",
    Verdict.REJECT: "rejected",
    Verdict.UNDO: None,
}


@dataclass(frozen=True)
class _Target:
    """The statement that a command is about, and on which version of it."""

    session: Session
    actor: Actor
    expert_id: UUID
    statement_id: UUID
    seen: frozenset[str]
    now: datetime

    @property
    def arguments(self) -> dict[str, Any]:
        """What every act on a statement takes."""
        return dict(vars(self))


@contextmanager
def _target(statement: UUID, if_match: str | None) -> Iterator[_Target]:
    with open_data() as (_, database), database.session() as session:
        actor = operator()
        expert_id = find_expert_of(session, actor, statement)
        if if_match is None:
            statement = find_current(session, actor, expert_id, statement)
        seen = version(if_match, str(statement))
        yield _Target(session, actor, expert_id, statement, seen, datetime.now(UTC))


@edits_app.command("add")
def add(
    expert: Annotated[UUID, typer.Argument(help="Id of the person")],
    property_name: Annotated[
        str, typer.Argument(metavar="PROPERTY", help="Such as work, award or affiliation")
    ],
    file: ValueFile,
    started: Started = None,
    ended: Ended = None,
    evidence: Evidence = None,
    reason: Reason = None,
    if_match: IfMatch = None,
) -> None:
    """State something of a person, beside what others say; --if-match is a profile's version."""
    draft = draft_of(property_name, _read_value(file), started, ended, evidence)
    with open_data() as (_, database), database.session() as session:
        actor = operator()
        seen = version(if_match, version_for(session, actor, expert))
        row = add_item(
            session, actor, expert, draft, seen=seen, now=datetime.now(UTC), reason=reason
        )
    out.print(f"added: the statement is {row.id}", soft_wrap=True)


@edits_app.command("correct")
def correct(
    statement: StatementId,
    file: ValueFile,
    started: Started = None,
    ended: Ended = None,
    evidence: Evidence = None,
    reason: Reason = None,
    if_match: IfMatch = None,
) -> None:
    """Say it right, value, dates and evidence anew; what a source says stays beside it."""
    value = _read_value(file)
    with _target(statement, if_match) as target:
        draft = _draft_like(target, value, started, ended, evidence)
        row = correct_item(**target.arguments, draft=draft, reason=reason)
        is_same = row.id == target.statement_id
    told = "nothing differs" if is_same else "corrected"
    out.print(f"{told}: the statement is {row.id}", soft_wrap=True)


def _draft_like(
    target: _Target,
    value: dict[str, Any],
    started: str | None,
    ended: str | None,
    evidence: str | None,
) -> StatementDraft:
    property_name = target.session.get_one(Statement, target.statement_id).property
    return draft_of(property_name, value, started, ended, evidence)


@edits_app.command("remove")
def remove(statement: StatementId, reason: Reason = None, if_match: IfMatch = None) -> None:
    """Take a steward's statement out; a source's is judged not to be the person's instead."""
    with _target(statement, if_match) as target:
        row = remove_item(**target.arguments, reason=reason)
    if row is None:
        out.print("removed: nobody says it any more")
    else:
        out.print(f"rejected: the statement is now {row.id}", soft_wrap=True)


@edits_app.command("judge")
def judge(
    statement: StatementId,
    verdict: Annotated[Verdict, typer.Argument(help="Whether it is the person's")],
    reason: NeededReason,
    if_match: IfMatch = None,
) -> None:
    """Say on the person's word whether an item is his, whichever source says it."""
    with _target(statement, if_match) as target:
        row = judge_item(**target.arguments, judgement=_JUDGEMENTS[verdict], reason=reason)
    told = row.judgement or "not judged"
    out.print(f"{told}: the statement is now {row.id}", soft_wrap=True)


@edits_app.command("show-to")
def show_to(
    statement: StatementId,
    level: Annotated[Visibility, typer.Argument(help="Who may see it")],
    reason: NeededReason,
    body: Annotated[
        list[str], typer.Option("--body", help="Code of a body, for named_bodies; may be repeated")
    ] = [],  # noqa: B006
    if_match: IfMatch = None,
) -> None:
    """Say on the person's word who may see an item, whichever source says it."""
    with _target(statement, if_match) as target:
        row = show_item(**target.arguments, shown=Shown(level, body), reason=reason)
    shown = ", ".join([row.visibility, *row.named_bodies])
    out.print(f"shown to {shown}: the statement is now {row.id}", soft_wrap=True)


@edits_app.command("unverify")
def unverify(statement: StatementId, reason: NeededReason, if_match: IfMatch = None) -> None:
    """Note that the check of a statement does not hold."""
    with _target(statement, if_match) as target:
        row = withdraw_verification(**target.arguments, reason=reason)
    out.print(f"{row.verification}: the statement is now {row.id}", soft_wrap=True)


def _read_value(file: str) -> dict[str, Any]:
    """The JSON object in a file, or from the input.

    Raises:
        InvalidInputError: It cannot be read, or is no JSON object.
    """
    name = "the input" if file == "-" else file
    try:
        if file == "-":
            content = sys.stdin.buffer.read(_LONGEST + 1)
        else:
            with Path(file).open("rb") as opened:
                content = opened.read(_LONGEST + 1)
    except OSError as exc:
        raise InvalidInputError(f"cannot read {file} ({exc.strerror})") from exc
    if len(content) > _LONGEST:
        raise InvalidInputError(f"{name} is longer than any value: expected at most a megabyte")
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as exc:
        raise InvalidInputError(f"{name} is not JSON in UTF-8") from exc
    if not isinstance(value, dict):
        raise InvalidInputError(f'{name} holds no JSON object, such as {{"name": "…"}}')
    return value
