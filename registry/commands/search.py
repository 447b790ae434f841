"""Search, and matching for programme roles."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

import typer
from sqlalchemy.orm import Session

from matching import repetition
from matching import service as matching
from matching.queries import check_query
from matching.schemas import MatchRequest, SearchAnswer, SearchRequest
from registry.access.bodies import find_active
from registry.access.policy import LOCAL_RECRUITER, Actor
from registry.commands.opening import open_data, open_search
from registry.console import out, show_answer
from registry.errors import NotFoundError
from registry.programmes import service as programmes

programmes_app = typer.Typer(no_args_is_help=True, help="Programmes and their roles.")
runs_app = typer.Typer(no_args_is_help=True, help="Stored runs: read one, make it again.")

Residences = Annotated[
    list[str], typer.Option("--residence", help="domestic, overseas or unknown; may be repeated")
]
Countries = Annotated[list[str], typer.Option("--country", help="ISO code such as FR")]
Fields = Annotated[list[str], typer.Option("--field", help="OECD FORD code such as 2 or 2.2")]
Groups = Annotated[list[str], typer.Option("--group", help="Group of the national list, 1 to 10")]
ConfirmedWithin = Annotated[
    int | None, typer.Option(help="The person confirmed his profile so many days ago: 365 or 730")
]
Reachabilities = Annotated[
    list[str],
    typer.Option("--reachability", help="reachable, unanswered, bounced or unknown"),
]
Body = Annotated[
    str | None,
    typer.Option(help="Search as a recruiter of this body, who sees more than is public"),
]
Purpose = Annotated[
    str | None, typer.Option(help="Why leads are looked at too; stored with the run")
]
Limit = Annotated[int, typer.Option(min=1, max=100, help="People shown")]
Language = Annotated[Literal["vi", "en"], typer.Option(help="Language of names and lines")]
AsJSON = Annotated[bool, typer.Option("--json", help="Print the whole answer as JSON")]


def _show(answer: SearchAnswer, language: str, as_json: bool) -> None:
    if as_json:
        out.print_json(answer.model_dump_json())
    else:
        show_answer(answer, language)


def _recruiter(session: Session, body: str | None) -> Actor:
    """The local recruiter, standing for a body where one is named."""
    if body is None:
        return LOCAL_RECRUITER
    if find_active(session, body) is None:
        raise NotFoundError(f"no active body has the code {body[:40]!r}")
    return replace(LOCAL_RECRUITER, body=body)


def search(
    text: Annotated[str, typer.Argument(help="The expertise wanted, Vietnamese or English")],
    residence: Residences = [],  # noqa: B006
    country: Countries = [],  # noqa: B006
    field: Fields = [],  # noqa: B006
    group: Groups = [],  # noqa: B006
    confirmed_within: ConfirmedWithin = None,
    reachability: Reachabilities = [],  # noqa: B006
    body: Body = None,
    purpose: Purpose = None,
    limit: Limit = 10,
    language: Language = "vi",
    as_json: AsJSON = False,
) -> None:
    """Rank people for a description of expertise, with the passages that made them match."""
    check_query(text)
    request = SearchRequest(
        query=text,
        residences=residence,
        countries=country,
        fields=field,
        groups=group,
        confirmed_within=confirmed_within,
        reachability=reachability,
        purpose=purpose,
        limit=limit,
    )
    with open_search() as (database, engine), database.session() as session:
        actor = _recruiter(session, body)
        answer = matching.search(session, engine, actor, request, datetime.now(UTC))
    _show(answer, language, as_json)


@programmes_app.command("list")
def list_programmes(language: Language = "vi") -> None:
    """List the roles of all programmes."""
    with open_data() as (_, database), database.session() as session:
        for item in programmes.list_roles(session, LOCAL_RECRUITER):
            vi = language == "vi"
            name = item.role.name_vi if vi else item.role.name_en
            programme = item.programme.name_vi if vi else item.programme.name_en
            out.print(f"{item.role.code}  {name}  ({programme})", markup=False)


@programmes_app.command("match")
def match_role(
    role: Annotated[str, typer.Argument(help="Code of the role, see `registry programmes list`")],
    residence: Residences = [],  # noqa: B006
    country: Countries = [],  # noqa: B006
    field: Fields = [],  # noqa: B006
    group: Groups = [],  # noqa: B006
    confirmed_within: ConfirmedWithin = None,
    reachability: Reachabilities = [],  # noqa: B006
    body: Body = None,
    purpose: Purpose = None,
    limit: Limit = 10,
    language: Language = "vi",
    as_json: AsJSON = False,
) -> None:
    """Rank people for a role by all its requirement lines."""
    request = MatchRequest(
        residences=residence,
        countries=country,
        fields=field,
        groups=group,
        confirmed_within=confirmed_within,
        reachability=reachability,
        purpose=purpose,
        limit=limit,
    )
    with open_search() as (database, engine), database.session() as session:
        actor = _recruiter(session, body)
        answer = matching.match_role(session, engine, actor, role, request, datetime.now(UTC))
    _show(answer, language, as_json)


Run = Annotated[UUID, typer.Argument(help="Id that the search printed")]


@runs_app.command("show")
def show_run(run: Run) -> None:
    """A stored run as JSON: request, versions, weights, result."""
    with open_data() as (_, database), database.session() as session:
        found = matching.get_run(session, LOCAL_RECRUITER, run)
    out.print_json(found.model_dump_json())


@runs_app.command("repeat")
def repeat_run(run: Run, body: Body = None) -> None:
    """Make a stored run again with its own weights and say what is different, as JSON."""
    with open_search() as (database, engine), database.session() as session:
        actor = _recruiter(session, body)
        found = repetition.repeat_run(session, engine, actor, run, datetime.now(UTC))
    out.print_json(found.model_dump_json())
