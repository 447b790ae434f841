"""Bodies, accounts, roles, links and tokens at the command line."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from registry.access import accounts, bodies, demo, roles, sessions
from registry.access.models import Account
from registry.access.policy import ROLES_OF_A_BODY
from registry.access.roles import Grant
from registry.commands.opening import open_data, operator
from registry.config import Settings
from registry.console import out
from registry.db import Database
from registry.errors import InvalidInputError

access_app = typer.Typer(no_args_is_help=True, help="Who may sign in, and do what.")

Login = Annotated[str, typer.Argument(help="Sign-in name of an account")]
Body = Annotated[str | None, typer.Option("--body", help="Code of the body that the role is for")]


@contextmanager
def _open() -> Iterator[tuple[Settings, Session, datetime]]:
    with open_data() as (settings, database), database.session() as session:
        yield settings, session, datetime.now(UTC)


def _say(line: str) -> None:
    out.print(line, markup=False, soft_wrap=True)


def _show_link(address: str, token: str, lasts: str) -> None:
    _say(f"{address}/l/{token}")
    _say(f"Give this link to its owner only. It is good once, for {lasts}, and is not kept here.")


@access_app.command("create-body")
def create_body(
    code: Annotated[str, typer.Argument(help="Short code: a to z, digits, hyphens")],
    name_vi: Annotated[str, typer.Option("--vi", help="Vietnamese name")],
    name_en: Annotated[str, typer.Option("--en", help="English name")],
) -> None:
    """Add a ministry or another body."""
    with _open() as (_, session, _):
        bodies.create_body(session, operator(), code, name_vi, name_en)
    _say(f"the body {code} was added")


@access_app.command("list-bodies")
def list_bodies() -> None:
    """Bodies by code, those out of use marked."""
    with _open() as (_, session, _):
        for body in bodies.list_bodies(session, operator()):
            state = "" if body.is_active else "  (out of use)"
            _say(f"{body.code}  {body.name_vi} / {body.name_en}{state}")


@access_app.command("invite")
def invite(
    login: Login,
    name: Annotated[str, typer.Option("--name", help="Name to be shown")],
    role: Annotated[list[str], typer.Option("--role", help="A role; may be repeated")] = [],  # noqa: B006
    body: Body = None,
) -> None:
    """Make an account and print the link by which its owner joins."""
    with _open() as (settings, session, now):
        grants = [_grant(each, body) for each in role]
        _, token = accounts.invite(session, operator(), login, name, grants, now)
    _show_link(settings.public_url, token, "7 days")


def _grant(role: str, body: str | None) -> Grant:
    found = roles.read_role(role)
    return Grant(found, body if found in ROLES_OF_A_BODY else None)


@access_app.command("list-accounts")
def list_accounts(
    closed: Annotated[bool, typer.Option("--closed", help="Closed ones too")] = False,
) -> None:
    """Accounts by sign-in name with their roles."""
    with _open() as (_, session, _):
        after = ""
        while page := accounts.list_accounts(
            session, operator(), after=after, limit=200, include_closed=closed
        ):
            for view in page:
                _say(_line(view))
            after = page[-1].account.login


def _line(view: accounts.AccountView) -> str:
    account = view.account
    held = [f"{role.role} of {role.body}" if role.body else role.role for role in view.roles]
    marks = ["invented"] if account.is_invented else []
    marks += ["closed"] if account.closed_at else []
    marks += ["one-time codes"] if view.has_codes else []
    about = f"{account.login}  {account.display_name}  [{', '.join(held) or 'no role'}]"
    return f"{about}  ({', '.join(marks)})" if marks else about


@access_app.command("grant-role")
def grant_role(
    login: Login, role: Annotated[str, typer.Argument(help="The role")], body: Body = None
) -> None:
    """Give a role to an account."""
    with _open() as (_, session, now):
        account = _account(session, login)
        roles.grant_role(session, operator(), account.id, _grant(role, body), now)
    _say(f"{login} now holds the role {role}")


@access_app.command("end-role")
def end_role(login: Login, role: Annotated[str, typer.Argument(help="The role")]) -> None:
    """Take a role from an account; it counts for nothing from the next request on."""
    with _open() as (_, session, now):
        account = _account(session, login)
        roles.end_role(session, operator(), account.id, roles.read_role(role), now)
    _say(f"{login} no longer holds the role {role}")


@access_app.command("link")
def link(
    login: Login,
    drop_codes: Annotated[
        bool, typer.Option("--drop-codes", help="It also turns one-time codes off")
    ] = False,
) -> None:
    """Print a link by which the owner of an account sets a new password."""
    with _open() as (settings, session, now):
        account = _account(session, login)
        token = accounts.make_password_link(
            session, operator(), account.id, now, drop_codes=drop_codes
        )
    _show_link(settings.public_url, token, "a day")


@access_app.command("end-sessions")
def end_sessions(login: Login) -> None:
    """End all sessions and tokens of an account."""
    with _open() as (_, session, now):
        count = accounts.end_sessions(session, operator(), _account(session, login).id, now)
    _say(f"{count} sessions and tokens of {login} ended")


@access_app.command("close")
def close(login: Login) -> None:
    """Close an account for good; its name stays taken."""
    with _open() as (_, session, now):
        accounts.close_account(session, operator(), _account(session, login).id, now)
    _say(f"the account {login} is closed")


@access_app.command("create-token")
def create_token(
    login: Annotated[str, typer.Option("--for", help="Sign-in name of the account it acts for")],
    scope: Annotated[list[str], typer.Option("--scope", help="A permission; may be repeated")],
    name: Annotated[str, typer.Option("--name", help="What it is for")] = "command line",
    days: Annotated[int, typer.Option("--days", min=1, max=366, help="Days that it is good")] = 30,
) -> None:
    """Print a token with which a program acts for an account, within its scopes."""
    with _open() as (_, session, now):
        row, secret = sessions.create_token_for(
            session, operator(), _account(session, login), name, set(scope), days, now
        )
    _say(secret)
    _say(f"id {row.id}, good until {row.expires_at:%Y-%m-%d}; the token is not kept here")


@access_app.command("revoke-token")
def revoke_token(
    token_id: Annotated[str, typer.Argument(help="Its id, or the token itself")],
) -> None:
    """Make a token useless."""
    with _open() as (_, session, now):
        found = sessions.find_token_id(session, operator(), token_id, now)
        sessions.revoke_token(session, operator(), found, now)
    _say("the token is revoked")


@access_app.command("demo-accounts")
def demo_accounts() -> None:
    """Make the accounts of the demonstration and print a link for each that signs in at once."""
    with open_data() as (settings, database):
        show_demo_accounts(settings, database, settings.public_url)


def show_demo_accounts(settings: Settings, database: Database, address: str) -> None:
    """Print a fresh link for each account of the demonstration.

    Raises:
        InvalidInputError: Outside development: these links ask for no password.
    """
    if settings.environment != "development":
        raise InvalidInputError(
            "accounts of the demonstration sign in without a password; they are made in "
            "development only (REGISTRY_ENVIRONMENT)"
        )
    with database.session() as session:
        made = demo.make_demo_links(session, operator(), datetime.now(UTC))
    _say("Sign in as somebody invented; each link is good once, for a day:")
    width = max(len(role) for role, _ in made)
    for role, token in made:
        _say(f"  {role:<{width}}  {address}/l/{token}")


def _account(session: Session, login: str) -> Account:
    return accounts.get_by_login(session, operator(), login)
