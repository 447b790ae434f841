"""What others did with an account is shown to its owner, and he is told when it is new."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from registry.access import (
    accounts,
    claims,
    delegations,
    links,
    others,
    own,
    roles,
    sessions,
    signin,
)
from registry.access.claim_joining import Chosen, join_to_claim
from registry.access.links import Purpose
from registry.access.models import AccessLink, Account, ExternalLogin, WebSession
from registry.access.policy import Actor, Role
from registry.access.roles import Grant
from registry.audit import service as audit
from registry.db import Database
from registry.errors import NotPermittedError
from tests.accounts import make_account, make_body
from tests.claims import STEWARD, actor_of, claim, make_lead
from tests.signing_in import HOME, LASTS, OTHER_PASSWORD, make_member

# The audit is dated by the database itself, so that the rest keeps to its time.
NOW = datetime.now(UTC)
OPERATOR = Actor("operator:root", frozenset({Role.ADMINISTRATOR}))


def _do(database: Database, act: Callable[[Session], object]) -> None:
    with database.session() as session:
        act(session)


def _soon() -> datetime:
    """Later than all that the database has dated."""
    return datetime.now(UTC) + timedelta(seconds=1)


def _acts(database: Database, account: Account, now: datetime | None = None) -> list[others.Act]:
    at = now or _soon()
    with database.session() as session:
        return others.list_acts(session, actor_of(session, account, at), at)


def _member(database: Database, login: str = "thu") -> Account:
    with database.session() as session:
        return make_member(session, login)


def _visit(database: Database, account: Account, method: str = "password") -> bool:
    """A sign-in; whether it brings news."""
    with database.session() as session:
        held = session.get_one(Account, account.id)
        now = datetime.now(UTC)
        return signin.open_session(session, held, method, HOME, now, LASTS).has_news


def test_all_that_others_do_with_an_account_is_shown_newest_first(database: Database) -> None:
    make_body(database, "moh")
    account = _member(database)
    admin = make_account(database, "boss", Role.ADMINISTRATOR)
    grant = Grant(Role.RECRUITER, "moh")
    for act in (
        lambda s: roles.grant_role(s, actor_of(s, admin), account.id, grant, _soon()),
        lambda s: accounts.make_password_link(s, actor_of(s, admin), account.id, _soon()),
        lambda s: accounts.make_password_link(s, OPERATOR, account.id, _soon(), drop_codes=True),
        lambda s: sessions.create_token_for(
            s, OPERATOR, s.get_one(Account, account.id), "job", {"expert:search"}, 7, _soon()
        ),
        lambda s: accounts.end_sessions(s, actor_of(s, admin), account.id, _soon()),
        lambda s: roles.end_role(s, actor_of(s, admin), account.id, Role.RECRUITER, _soon()),
    ):
        _do(database, act)

    found = _acts(database, account, _soon() + timedelta(seconds=1))

    assert [act.at for act in found] == sorted((act.at for act in found), reverse=True)
    told = {act.code: (act.role, act.body, act.by, act.name) for act in found}
    assert told == {
        "role:grant": ("recruiter", "moh", "account", "Boss"),
        "link:password": (None, None, "account", "Boss"),
        "link:recovery": (None, None, "operator", ""),
        "token:create": (None, None, "operator", ""),
        "account:end_sessions": (None, None, "account", "Boss"),
        "role:end": ("recruiter", "moh", "account", "Boss"),
    }


def test_an_administrator_is_called_so_by_what_he_was_then(database: Database) -> None:
    account = _member(database)
    admin = make_account(database, "boss", Role.ADMINISTRATOR)
    _do(database, lambda s: accounts.end_sessions(s, actor_of(s, admin), account.id, NOW))
    _do(
        database,
        lambda s: roles.end_role(s, OPERATOR, admin.id, Role.ADMINISTRATOR, _soon()),
    )

    (found,) = _acts(database, account)

    assert (found.name, found.is_administrator) == ("Boss", True)


def test_what_the_owner_does_himself_is_not_shown(database: Database) -> None:
    account = _member(database)
    _visit(database, account)
    _do(database, lambda s: own.update(s, actor_of(s, account), "Lê Thử", "en"))

    assert _acts(database, account) == []


def test_what_was_done_with_other_accounts_is_not_shown(database: Database) -> None:
    account, other = _member(database), _member(database, "other")
    _do(database, lambda s: accounts.make_password_link(s, OPERATOR, other.id, NOW))
    _do(database, lambda s: accounts.end_sessions(s, OPERATOR, other.id, NOW))

    assert _acts(database, account) == []
    assert len(_acts(database, other)) == 2


def test_acts_are_shown_for_ninety_days(database: Database) -> None:
    account = _member(database)
    _do(database, lambda s: accounts.make_password_link(s, OPERATOR, account.id, NOW))
    _do(database, lambda s: accounts.end_sessions(s, OPERATOR, account.id, NOW))
    days, moment = timedelta(days=90), timedelta(seconds=1)

    done = [act.at for act in _acts(database, account)]

    assert len(done) == 2
    assert len(_acts(database, account, min(done) + days - moment)) == 2
    assert _acts(database, account, max(done) + days + moment) == []


def test_an_invitation_by_a_person_names_that_person_who_holds_no_office(
    database: Database,
) -> None:
    holder, _ = claim(database, make_lead(database))
    with database.session() as session:
        actor, now = actor_of(session, holder, NOW), NOW
        delegations.invite_delegate(session, actor, "thu.ky", "Lê Thư Ký", ["work"], 9, now)
    with database.session() as session:
        invited = accounts.get_by_login(session, OPERATOR, "thu.ky")

    found = _acts(database, invited)

    assert {act.code for act in found} == {"account:invite", "link:join"}
    assert {(act.by, act.name, act.is_administrator) for act in found} == {
        ("account", "Holder", False)
    }


def test_who_makes_his_own_account_by_an_invitation_is_the_holder_of_its_link(
    database: Database,
) -> None:
    with database.session() as session:
        token = claims.invite(session, STEWARD, make_lead(database), "by letter", NOW)
        link_id = links.open_link(session, token, NOW).id
    with database.session() as session:
        chosen = Chosen("khoa.tran", "Trần Thị Khóa", OTHER_PASSWORD, OTHER_PASSWORD)
        account = join_to_claim(session, token, chosen, HOME, NOW, LASTS).account

    with database.session() as session:
        auditor = Actor("auditor", frozenset({Role.AUDITOR}))
        (made,) = audit.list_entries(session, auditor, action="account:invite")
    assert (made.actor, made.subject) == (f"link:{link_id}", f"account:{account.id}")
    assert _acts(database, account) == []


def test_only_the_owner_asks_and_no_program_for_him(database: Database) -> None:
    account = _member(database)

    with database.session() as session, pytest.raises(NotPermittedError):
        others.list_acts(
            session, Actor(str(account.id), frozenset(), scopes=frozenset({"expert:search"})), NOW
        )


# Being told of it


def test_whoever_comes_back_is_told_of_what_is_newer_than_his_last_visit(
    database: Database,
) -> None:
    account = _member(database)
    first = _visit(database, account)
    quiet = _visit(database, account)
    _do(database, lambda s: accounts.end_sessions(s, OPERATOR, account.id, datetime.now(UTC)))

    assert (first, quiet) == (False, False)
    assert _visit(database, account)
    assert not _visit(database, account)


def test_who_comes_for_the_first_time_knows_of_his_invitation(database: Database) -> None:
    with database.session() as session:
        admin = make_account(database, "boss", Role.ADMINISTRATOR)
        account, _ = accounts.invite(
            session, actor_of(session, admin), "an.tran", "Trần An", [Grant(Role.STEWARD)], NOW
        )

    assert not _visit(database, account, "link")


def test_who_has_not_been_here_for_long_is_told_of_all(database: Database) -> None:
    account = _member(database)
    _do(
        database,
        lambda s: setattr(s.get_one(Account, account.id), "created_at", NOW - timedelta(days=91)),
    )
    _do(database, lambda s: accounts.make_password_link(s, OPERATOR, account.id, NOW))

    assert _visit(database, account)


def test_whoever_used_the_link_himself_hides_nothing_from_the_owner(database: Database) -> None:
    account = _member(database)
    _visit(database, account)
    with database.session() as session:
        token = accounts.make_password_link(session, OPERATOR, account.id, datetime.now(UTC))
    with database.session() as session:
        now = datetime.now(UTC)
        signin.set_password_by_link(session, token, OTHER_PASSWORD, HOME, now, LASTS)
        methods = {row.method for row in session.query(WebSession)}
        purposes = {row.purpose for row in session.query(AccessLink)}

    assert methods == {"password", "link"}
    assert purposes == {Purpose.PASSWORD}
    assert _visit(database, account, "orcid")


def test_whoever_used_a_link_of_others_does_not_use_up_the_news_for_its_owner(
    database: Database,
) -> None:
    account = _member(database)
    with database.session() as session:
        session.add(
            ExternalLogin(provider="orcid", subject="x", account_id=account.id, linked_at=NOW)
        )
    _visit(database, account, "orcid")
    with database.session() as session:
        token = accounts.make_password_link(session, OPERATOR, account.id, datetime.now(UTC))
    with database.session() as session:
        signin.set_password_by_link(session, token, OTHER_PASSWORD, HOME, datetime.now(UTC), LASTS)

    first = _visit(database, account, "password")
    second = _visit(database, account, "password")
    owner = _visit(database, account, "orcid")
    again = _visit(database, account, "orcid")

    assert (first, second, owner, again) == (True, True, True, False)
