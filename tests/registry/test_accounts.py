"""Accounts and bodies as administrators keep them, and tokens within their scopes."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from registry.access import (
    accounts,
    bodies,
    links,
    outside,
    repository,
    roles,
    sessions,
    signin,
    totp,
)
from registry.access.models import Account, ExternalLogin
from registry.access.policy import Actor, Role, permissions_of
from registry.access.roles import Grant
from registry.audit import service as audit
from registry.db import Database
from registry.errors import (
    InvalidInputError,
    LinkUnusableError,
    NotFoundError,
    NotPermittedError,
    NotSignedInError,
    SignInTooOldError,
)
from tests.signing_in import HOME, LASTS, NOW, actor_of, make_member, turn_codes_on

ADMIN = Actor("admin", frozenset({Role.ADMINISTRATOR}))
OPERATOR = Actor("operator:root", frozenset({Role.ADMINISTRATOR}))


@pytest.fixture(autouse=True)
def two_bodies(session: Session) -> None:
    """Bodies that roles can be for."""
    for code in ("moh", "most"):
        bodies.create_body(session, ADMIN, code, f"Bộ {code}", f"Ministry {code}")


def _invite(session: Session, login: str = "an@moh.example", *grants: Grant) -> tuple[Account, str]:
    return accounts.invite(session, ADMIN, login, "Trần Văn An", grants, NOW)


def _roles(session: Session, account: Account) -> dict[str, str | None]:
    return {r.role: r.body for r in repository.list_held_roles(session, [account.id])}


def _permissions(session: Session, account: Account) -> frozenset[str]:
    return permissions_of(sessions.load_actor(session, account, NOW))


# Invitations


def test_an_invitation_is_an_account_with_roles_and_a_link_to_join(session: Session) -> None:
    account, token = _invite(session, "An@MOH.example", Grant(Role.RECRUITER, "moh"))

    link = links.open_link(session, token, NOW)

    assert account.login == "an@moh.example"
    assert account.password_hash is None
    assert (link.purpose, link.account_id) == ("join", account.id)
    assert _roles(session, account) == {"recruiter": "moh"}


@pytest.mark.parametrize(
    "login", ["", "ab", "orcid:0000-0000-0000-0001", "thử@moh.example", "a b c", "-abc", "x" * 65]
)
def test_a_sign_in_name_is_of_plain_letters_and_never_that_of_a_provider(
    session: Session, login: str
) -> None:
    with pytest.raises(InvalidInputError, match="sign-in name"):
        _invite(session, login)


def test_a_sign_in_name_is_given_once_even_after_the_account_is_closed(session: Session) -> None:
    account, _ = _invite(session)
    accounts.close_account(session, ADMIN, account.id, NOW)

    with pytest.raises(InvalidInputError, match="Another account"):
        _invite(session, "AN@moh.example")


@pytest.mark.parametrize(
    ("grants", "words"),
    [
        ([Grant(Role.RECRUITER)], "work for a body"),
        ([Grant(Role.SECRETARY, "none")], "active body"),
        ([Grant(Role.SECRETARY, "\0")], "active body"),
        ([Grant(Role.RECRUITER, "moh"), Grant(Role.SECRETARY, "most")], "another body"),
    ],
)
def test_a_wrong_role_invites_nobody(session: Session, grants: list[Grant], words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        _invite(session, "an@moh.example", *grants)

    assert repository.find_by_login(session, "an@moh.example") is None


# Roles


def test_a_role_that_ends_counts_for_nothing_from_then_on(session: Session) -> None:
    account, _ = _invite(session, "an@moh.example", Grant(Role.RECRUITER, "moh"))
    assert "expert:search" in _permissions(session, account)

    roles.end_role(session, ADMIN, account.id, Role.RECRUITER, NOW)

    assert _permissions(session, account) == {"account:own"}
    with pytest.raises(NotFoundError):
        roles.end_role(session, ADMIN, account.id, Role.RECRUITER, NOW)


def test_a_body_out_of_use_takes_its_roles_along_and_brings_them_back(session: Session) -> None:
    account, _ = _invite(session, "an@moh.example", Grant(Role.RECRUITER, "moh"))

    bodies.update_body(session, ADMIN, "moh", is_active=False)
    without = _permissions(session, account)
    bodies.update_body(session, ADMIN, "moh", is_active=True)

    assert without == {"account:own"}
    assert "expert:search" in _permissions(session, account)


def test_giving_a_role_twice_changes_nothing(session: Session) -> None:
    account, _ = _invite(session, "an@moh.example", Grant(Role.RECRUITER, "moh"))

    roles.grant_role(session, ADMIN, account.id, Grant(Role.RECRUITER, "moh"), NOW)

    assert len(repository.list_held_roles(session, [account.id])) == 1


def test_an_account_works_for_one_body(session: Session) -> None:
    account, _ = _invite(session, "an@moh.example", Grant(Role.RECRUITER, "moh"))

    with pytest.raises(InvalidInputError, match="another body"):
        roles.grant_role(session, ADMIN, account.id, Grant(Role.SECRETARY, "most"), NOW)
    roles.grant_role(session, ADMIN, account.id, Grant(Role.SECRETARY, "moh"), NOW)
    roles.grant_role(session, ADMIN, account.id, Grant(Role.STEWARD, "most"), NOW)

    assert _roles(session, account) == {"recruiter": "moh", "secretary": "moh", "steward": None}


def _administrator(session: Session, login: str, **fields: object) -> Account:
    account = make_member(session, login, **fields)
    roles.grant_role(session, OPERATOR, account.id, Grant(Role.ADMINISTRATOR), NOW)
    return account


def test_the_last_administrator_who_can_sign_in_stays_one(session: Session) -> None:
    last = _administrator(session, "last")
    _administrator(session, "invited", password_hash=None)
    closed = _administrator(session, "gone")
    actor = sessions.load_actor(session, last, NOW)
    accounts.close_account(session, actor, closed.id, NOW)

    for act in (
        lambda: roles.end_role(session, actor, last.id, Role.ADMINISTRATOR, NOW),
        lambda: accounts.close_account(session, actor, last.id, NOW),
    ):
        with pytest.raises(InvalidInputError, match="last administrator"):
            act()

    assert "account:manage" in _permissions(session, last)


def test_an_administrator_leaves_when_another_can_sign_in(session: Session) -> None:
    leaving = _administrator(session, "leaving")
    other = _administrator(session, "other", password_hash=None)
    session.add(ExternalLogin(provider="ministry", subject="x", account_id=other.id, linked_at=NOW))
    session.flush()

    actor = sessions.load_actor(session, leaving, NOW)
    roles.end_role(session, actor, leaving.id, Role.ADMINISTRATOR, NOW)

    assert _permissions(session, leaving) == {"account:own"}


def test_an_operator_ends_even_the_last_administrator(session: Session) -> None:
    last = _administrator(session, "last")

    roles.end_role(session, OPERATOR, last.id, Role.ADMINISTRATOR, NOW)

    assert _roles(session, last) == {}


def test_nobody_gives_a_role_to_himself_but_may_end_what_he_holds(session: Session) -> None:
    own = _administrator(session, "own")
    _administrator(session, "other")
    actor = sessions.load_actor(session, own, NOW)

    for role in (Role.STEWARD, Role.ADMINISTRATOR):
        with pytest.raises(NotPermittedError, match="to himself"):
            roles.grant_role(session, actor, own.id, Grant(role), NOW)

    assert _roles(session, own) == {"administrator": None}
    roles.grant_role(session, OPERATOR, own.id, Grant(Role.AUDITOR), NOW)
    roles.end_role(session, actor, own.id, Role.AUDITOR, NOW)
    roles.end_role(session, actor, own.id, Role.ADMINISTRATOR, NOW)
    assert _roles(session, own) == {}


# Links that set a password


def test_nobody_makes_a_password_link_for_himself(session: Session) -> None:
    own = _administrator(session, "own")
    other = _administrator(session, "other")

    for drop_codes in (False, True):
        with pytest.raises(NotPermittedError, match="for himself"):
            accounts.make_password_link(
                session,
                sessions.load_actor(session, own, NOW),
                own.id,
                NOW,
                drop_codes=drop_codes,
            )

    by_another = sessions.load_actor(session, other, NOW)
    assert accounts.make_password_link(session, by_another, own.id, NOW)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR])
def test_codes_of_whoever_watches_over_others_are_dropped_at_the_command_line_only(
    session: Session, role: Role
) -> None:
    account = make_member(session)
    roles.grant_role(session, OPERATOR, account.id, Grant(role), NOW)

    with pytest.raises(NotPermittedError, match="command line only"):
        accounts.make_password_link(session, ADMIN, account.id, NOW, drop_codes=True)

    assert accounts.make_password_link(session, ADMIN, account.id, NOW)
    assert accounts.make_password_link(session, OPERATOR, account.id, NOW, drop_codes=True)


def test_ending_the_role_first_opens_no_way_to_drop_the_codes(session: Session) -> None:
    account = make_member(session)
    roles.grant_role(session, ADMIN, account.id, Grant(Role.AUDITOR), NOW)
    roles.end_role(session, ADMIN, account.id, Role.AUDITOR, NOW)
    almost, over = NOW + timedelta(days=30, seconds=-1), NOW + timedelta(days=30)

    with pytest.raises(NotPermittedError, match="command line only"):
        accounts.make_password_link(session, ADMIN, account.id, almost, drop_codes=True)

    assert accounts.make_password_link(session, ADMIN, account.id, over, drop_codes=True)


def test_a_recovery_link_of_before_is_of_no_use_once_the_role_is_given(session: Session) -> None:
    account = make_member(session)
    recovery = accounts.make_password_link(session, ADMIN, account.id, NOW, drop_codes=True)
    roles.grant_role(session, ADMIN, account.id, Grant(Role.STEWARD), NOW)
    assert links.open_link(session, recovery, NOW)

    roles.grant_role(session, ADMIN, account.id, Grant(Role.AUDITOR), NOW)

    with pytest.raises(LinkUnusableError):
        links.open_link(session, recovery, NOW)


def test_who_is_invited_as_auditor_still_joins_by_the_link(session: Session) -> None:
    account, joining = _invite(session, "an@moh.example", Grant(Role.AUDITOR))

    roles.grant_role(session, ADMIN, account.id, Grant(Role.ADMINISTRATOR), NOW)

    assert links.open_link(session, joining, NOW)


def test_codes_of_a_steward_are_dropped_by_an_administrator(session: Session) -> None:
    account = make_member(session)
    roles.grant_role(session, ADMIN, account.id, Grant(Role.STEWARD), NOW)

    assert accounts.make_password_link(session, ADMIN, account.id, NOW, drop_codes=True)


# Shutting out


def test_a_closed_account_has_nothing_left(session: Session) -> None:
    account = make_member(session, "an.tran")
    roles.grant_role(session, ADMIN, account.id, Grant(Role.STEWARD), NOW)
    turn_codes_on(session, account)
    opened = signin.open_session(session, account, "password", HOME, NOW, LASTS)
    actor = sessions.load_actor(session, account, NOW, signed_in_at=NOW)
    _, token = sessions.create_token(session, actor, "job", {"expert:search"}, 7, NOW)
    link = accounts.make_password_link(session, ADMIN, account.id, NOW)

    accounts.close_account(session, ADMIN, account.id, NOW)

    assert sessions.find_signed_in(session, opened.token, NOW) is None
    with pytest.raises(NotSignedInError):
        sessions.actor_of_token(session, token, NOW)
    with pytest.raises(LinkUnusableError):
        links.open_link(session, link, NOW)
    assert (account.password_hash, totp.is_on(account), _roles(session, account)) == (
        None,
        False,
        {},
    )
    with pytest.raises(NotFoundError):
        roles.grant_role(session, ADMIN, account.id, Grant(Role.STEWARD), NOW)


def test_sessions_and_tokens_end_together_and_are_counted(session: Session) -> None:
    account = make_member(session, "an.tran")
    roles.grant_role(session, ADMIN, account.id, Grant(Role.STEWARD), NOW)
    opened = signin.open_session(session, account, "password", HOME, NOW, LASTS)
    signin.open_session(session, account, "password", HOME, NOW - LASTS, LASTS)
    actor = sessions.load_actor(session, account, NOW, signed_in_at=NOW)
    _, token = sessions.create_token(session, actor, "job", {"expert:search"}, 7, NOW)

    assert accounts.end_sessions(session, ADMIN, account.id, NOW) == 2
    assert sessions.find_signed_in(session, opened.token, NOW) is None
    with pytest.raises(NotSignedInError):
        sessions.actor_of_token(session, token, NOW)


def test_unknown_accounts_are_not_found(session: Session) -> None:
    for act in (
        lambda: accounts.get_account(session, ADMIN, uuid4(), NOW),
        lambda: accounts.end_sessions(session, ADMIN, uuid4(), NOW),
        lambda: accounts.make_password_link(session, ADMIN, uuid4(), NOW),
        lambda: accounts.get_by_login(session, ADMIN, "nobody"),
    ):
        with pytest.raises(NotFoundError):
            act()


def test_administration_needs_its_permission(session: Session) -> None:
    account = make_member(session)
    actor = Actor(str(account.id), frozenset(set(Role) - {Role.ADMINISTRATOR}), "moh")

    for act in (
        lambda: accounts.list_accounts(session, actor),
        lambda: accounts.get_account(session, actor, account.id, NOW),
        lambda: accounts.invite(session, actor, "new.one", "x", [], NOW),
        lambda: roles.grant_role(session, actor, account.id, Grant(Role.STEWARD), NOW),
        lambda: roles.end_role(session, actor, account.id, Role.STEWARD, NOW),
        lambda: accounts.end_sessions(session, actor, account.id, NOW),
        lambda: accounts.close_account(session, actor, account.id, NOW),
        lambda: accounts.make_password_link(session, actor, account.id, NOW),
        lambda: bodies.create_body(session, actor, "new", "x", "x"),
        lambda: bodies.update_body(session, actor, "moh", is_active=False),
    ):
        with pytest.raises(NotPermittedError):
            act()


def test_accounts_are_listed_by_name_in_pages_and_found_by_any_case(session: Session) -> None:
    for login in ("c.tran", "a.tran", "b.tran"):
        _invite(session, login)

    first = accounts.list_accounts(session, ADMIN, limit=2)
    second = accounts.list_accounts(session, ADMIN, limit=2, after="b.tran")
    found = accounts.list_accounts(session, ADMIN, text="C.TR")
    none = accounts.list_accounts(session, ADMIN, text="%")

    assert [view.account.login for view in first] == ["a.tran", "b.tran"]
    assert [view.account.login for view in second] == ["c.tran"]
    assert [view.account.login for view in found] == ["c.tran"]
    assert none == []


# Bodies


@pytest.mark.parametrize("code", ["", "x", "MOH", "bộ", "a b", "x" * 41, "a\0"])
def test_the_code_of_a_body_is_plain(session: Session, code: str) -> None:
    with pytest.raises(InvalidInputError, match="code of a body"):
        bodies.create_body(session, ADMIN, code, "Bộ", "Ministry")


def test_a_body_is_added_once_and_renamed_without_changing_its_code(session: Session) -> None:
    with pytest.raises(InvalidInputError, match="Another body"):
        bodies.create_body(session, ADMIN, "moh", "Bộ", "Ministry")
    with pytest.raises(InvalidInputError, match="names"):
        bodies.update_body(session, ADMIN, "moh", name_vi=" ")
    with pytest.raises(NotFoundError):
        bodies.update_body(session, ADMIN, "none", name_vi="Bộ")

    changed = bodies.update_body(session, ADMIN, "moh", name_vi="Bộ  Y tế")

    assert (changed.code, changed.name_vi, changed.name_en) == ("moh", "Bộ Y tế", "Ministry moh")


def test_bodies_out_of_use_are_listed_for_administrators_only(session: Session) -> None:
    bodies.update_body(session, ADMIN, "most", is_active=False)
    expert = Actor("expert", frozenset())

    assert [body.code for body in bodies.list_bodies(session, expert)] == ["moh"]
    assert [body.code for body in bodies.list_bodies(session, ADMIN)] == ["moh", "most"]
    with pytest.raises(NotSignedInError):
        bodies.list_bodies(session, Actor("anonymous", frozenset()))


# Tokens


def test_a_token_does_what_its_scopes_say_while_its_owner_may(session: Session) -> None:
    account = make_member(session)
    roles.grant_role(session, ADMIN, account.id, Grant(Role.STEWARD), NOW)
    actor = sessions.load_actor(session, account, NOW, signed_in_at=NOW)
    _, token = sessions.create_token(session, actor, "job", {"expert:search"}, 7, NOW)

    before = permissions_of(sessions.actor_of_token(session, token, NOW))
    roles.end_role(session, ADMIN, account.id, Role.STEWARD, NOW)
    after = permissions_of(sessions.actor_of_token(session, token, NOW))

    assert before == {"expert:search"}
    assert after == frozenset()


@pytest.mark.parametrize(
    ("scopes", "days", "words"),
    [
        (set(), 7, "at least one"),
        ({"account:own"}, 7, "choose from"),
        ({"account:manage"}, 7, "choose from"),
        ({"no:such"}, 7, "unknown scope"),
        ({"expert:search"}, 0, "1 to 366"),
        ({"expert:search"}, 367, "1 to 366"),
    ],
)
def test_no_token_may_more_than_its_maker_or_live_for_ever(
    session: Session, scopes: set[str], days: int, words: str
) -> None:
    account = make_member(session)
    roles.grant_role(session, ADMIN, account.id, Grant(Role.STEWARD), NOW)
    actor = sessions.load_actor(session, account, NOW, signed_in_at=NOW)

    with pytest.raises(InvalidInputError, match=words):
        sessions.create_token(session, actor, "job", scopes, days, NOW)


def test_a_token_is_made_after_a_recent_sign_in_only_and_by_no_token(session: Session) -> None:
    account = make_member(session)
    roles.grant_role(session, ADMIN, account.id, Grant(Role.STEWARD), NOW)
    scopes = {"expert:search"}

    def make(signed_in_at: datetime | None) -> object:
        actor = sessions.load_actor(session, account, NOW, signed_in_at=signed_in_at)
        return sessions.create_token(session, actor, "job", scopes, 7, NOW)

    for at in (None, NOW - timedelta(minutes=15, seconds=1)):
        with pytest.raises(SignInTooOldError, match="last 15 minutes"):
            make(at)
    _, secret = sessions.create_token(
        session,
        sessions.load_actor(session, account, NOW, signed_in_at=NOW - timedelta(minutes=15)),
        "job",
        scopes,
        7,
        NOW,
    )
    program = sessions.actor_of_token(session, secret, NOW)
    with pytest.raises(NotPermittedError):
        sessions.create_token(session, program, "job", scopes, 7, NOW)
    with pytest.raises(NotPermittedError):
        outside.require_linking(program, NOW)


def test_a_token_ends_with_its_time_and_when_it_is_revoked(session: Session) -> None:
    account = make_member(session)
    roles.grant_role(session, ADMIN, account.id, Grant(Role.STEWARD), NOW)
    actor = sessions.load_actor(session, account, NOW, signed_in_at=NOW)
    row, token = sessions.create_token(session, actor, "job", {"expert:search"}, 7, NOW)

    assert sessions.actor_of_token(session, token, NOW + timedelta(days=7, seconds=-1))
    with pytest.raises(NotSignedInError):
        sessions.actor_of_token(session, token, NOW + timedelta(days=7))
    with pytest.raises(NotFoundError):
        sessions.revoke_token(session, Actor(str(uuid4()), frozenset()), row.id, NOW)
    sessions.revoke_token(session, actor_of(account), row.id, NOW)
    with pytest.raises(NotSignedInError):
        sessions.actor_of_token(session, token, NOW)


def test_tokens_of_others_are_made_at_the_command_line_only(session: Session) -> None:
    account = make_member(session)
    roles.grant_role(session, ADMIN, account.id, Grant(Role.STEWARD), NOW)

    with pytest.raises(NotPermittedError):
        sessions.create_token_for(session, ADMIN, account, "job", {"expert:search"}, 7, NOW)
    _, token = sessions.create_token_for(
        session, OPERATOR, account, "job", {"expert:search"}, 7, NOW
    )

    assert sessions.actor_of_token(session, token, NOW).id == str(account.id)
    with pytest.raises(InvalidInputError):
        sessions.create_token_for(session, OPERATOR, account, "job", {"body:manage"}, 7, NOW)


# The audit


def test_every_act_is_in_the_audit_without_a_secret(database: Database) -> None:
    with database.session() as session:
        bodies.create_body(session, ADMIN, "moet", "Bộ moet", "Ministry moet")
        account, joining = _invite(session, "an.tran", Grant(Role.RECRUITER, "moet"))
        roles.end_role(session, ADMIN, account.id, Role.RECRUITER, NOW)
        link = accounts.make_password_link(session, ADMIN, account.id, NOW, drop_codes=True)
        accounts.end_sessions(session, ADMIN, account.id, NOW)
        bodies.update_body(session, ADMIN, "moet", is_active=False)
        accounts.close_account(session, ADMIN, account.id, NOW)

    with database.session() as session:
        entries = audit.list_entries(session, Actor("auditor", frozenset({Role.AUDITOR})))

    assert [entry.action for entry in reversed(entries)] == [
        "body:create",
        "account:invite",
        "role:grant",
        "link:create",
        "role:end",
        "link:create",
        "account:end_sessions",
        "body:update",
        "account:close",
    ]
    assert {entry.actor for entry in entries} == {"admin"}
    assert "recovery" in str(entries[3].details)
    for secret in (link, joining):
        assert secret[-20:] not in str(entries)
