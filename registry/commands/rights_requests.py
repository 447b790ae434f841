"""Requests about personal data at the command line: taken down, answered, carried out, refused."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

import typer
from sqlalchemy.orm import Session

from registry.access.policy import Actor
from registry.commands.opening import open_data, operator
from registry.console import out
from registry.rights import requests
from registry.rights.deadlines import RequestKind
from registry.rights.models import RightsRequest
from registry.rights.request_store import Received, open_request

requests_app = typer.Typer()

RequestId = Annotated[UUID, typer.Argument(metavar="REQUEST", help="Id of the request")]
Words = Annotated[str, typer.Option(help="What the person is told; kept encrypted")]


@requests_app.command("receive")
def receive(
    kind: Annotated[RequestKind, typer.Argument(help="What is asked for")],
    words: Annotated[str, typer.Option(help="The request; kept encrypted")],
    channel: Annotated[
        Literal["paper", "email", "phone", "in_person"], typer.Option(help="How it arrived")
    ],
    expert: Annotated[UUID | None, typer.Option(help="Id of the person, when he is here")] = None,
    requester: Annotated[
        str, typer.Option(help="Who asks and how to reach him; needed without --expert")
    ] = "",
    third_party: Annotated[
        bool, typer.Option("--third-party", help="Others have to help in carrying it out")
    ] = False,
) -> None:
    """Take down a request that came by letter, e-mail, telephone or in person."""
    received = Received(kind, words, channel, expert, requester, third_party)
    with open_data() as (_, database), database.session() as session:
        row = requests.receive(session, operator(), received, datetime.now(UTC))
        _show_state(session, row)


@requests_app.command("request")
def show(request: RequestId) -> None:
    """Show one request with its words and what was answered."""
    with open_data() as (_, database), database.session() as session:
        opened = requests.get_request(session, operator(), request)
        _show_state(session, opened.request)
    told = {
        "requester": opened.requester,
        "words": opened.words,
        "answer": opened.answer,
        "extension": opened.extension,
        "outcome": opened.outcome,
    }
    for name, text in told.items():
        if text:
            out.print(f"  {name}: {text}", markup=False, soft_wrap=True)


@requests_app.command("answer")
def answer(request: RequestId, words: Words = "") -> None:
    """Note that the person was told that the request came, and when it will be done."""
    with _acting(request) as (session, actor, now):
        requests.answer(session, actor, request, words, now)


@requests_app.command("extend")
def extend(
    request: RequestId,
    days: Annotated[int, typer.Option(help="Calendar days more")],
    reason: Annotated[str, typer.Option(help="Why, as the person is told; kept encrypted")],
) -> None:
    """Move the day to act by, once."""
    with _acting(request) as (session, actor, now):
        requests.prolong(session, actor, request, days, reason, now)


@requests_app.command("finish")
def finish(request: RequestId, words: Words) -> None:
    """Note that a request was carried out, and what was done."""
    _end(requests.finish, request, words)


@requests_app.command("refuse")
def refuse(request: RequestId, words: Words) -> None:
    """Note that a request is not carried out, and why."""
    _end(requests.refuse, request, words)


@requests_app.command("carry-out")
def carry_out(request: RequestId) -> None:
    """Restrict, or withdraw all consents, as a request asks, and note it as done."""
    with _acting(request) as (session, actor, now):
        requests.carry_out(session, actor, request, now)


def _end(
    act: Callable[[Session, Actor, UUID, str, datetime], None], request: UUID, words: str
) -> None:
    with _acting(request) as (session, actor, now):
        act(session, actor, request, words, now)


@contextmanager
def _acting(request: UUID) -> Iterator[tuple[Session, Actor, datetime]]:
    """Do something with a request, and print what has become of it."""
    with open_data() as (_, database), database.session() as session:
        actor = operator()
        yield session, actor, datetime.now(UTC)
        _show_state(session, requests.get_request(session, actor, request).request)


def _show_state(session: Session, row: RightsRequest) -> None:
    opened = open_request(session, row)
    about = f"about {row.expert_id}" if row.expert_id is not None else "of somebody not here"
    due = f"  due {opened.next_due:%Y-%m-%d}" if opened.is_open else ""
    out.print(f"{row.id}  {row.kind}  {row.state}  {about}{due}", markup=False, soft_wrap=True)
