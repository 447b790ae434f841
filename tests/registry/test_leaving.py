"""Somebody closes his own account: what proves that it is he, what goes, what an office keeps."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access import accounts, claims, leaving, links, roles, sessions, signin, totp
from registry.access.models import AccessLink, Account, APIToken, Claim, ExternalLogin, WebSession
from registry.access.policy import Actor, Role
from registry.access.roles import Grant
from registry.audit import service as audit
from registry.db import Database
from registry.errors import (
    InvalidInputError,
    LinkUnusableError,
    NotFoundError,
    NotSignedInError,
    SignInFailedError,
    SignInTooOldError,
    TooManyAttemptsError,
)
from tests import claims as people
from tests.signing_in import (
    ELSEWHERE,
    HOME,
    LASTS,
    NOW,
    OTHER_PASSWORD,
    PASSWORD,
    make_member,
    turn_codes_on,
)

OPERATOR = Actor("operator:root", frozenset({Role.ADMINISTRATOR}))
AUDITOR = Actor("operator:auditor", frozenset({Role.AUDITOR}))
NAME = "Lê Thị Thử"
LOGIN = "thu.le@vidu.example"


def _actor(session: Session, account: Account, minutes: int = 0) -> Actor:
    since = NOW - timedelta(minutes=minutes)
    return sessions.load_actor(session, account, NOW, signed_in_at=since)


def _leave(
    session: Session, account: Account, password: str = PASSWORD, minutes: int = 600
) -> bool:
    return leaving.leave(session, _actor(session, account, minutes), password, HOME, NOW)


def _link_outside(session: Session, account: Account, subject: str = "subject-1") -> None:
    session.add(
        ExternalLogin(provider="ministry", subject=subject, account_id=account.id, linked_at=NOW)
    )
    session.flush()


def _everything(session: Session) -> str:
    """What stands in the tables of accounts, as text."""
    tables = ("account", "web_session", "api_token", "external_login", "access_link", "claim")
    found = [session.execute(text(f"SELECT t::text FROM {t} t")).scalars().all() for t in tables]
    return str(found)


# What proves that it is he.


def test_a_password_is_asked_for_where_there_is_one_however_new_the_sign_in(
    session: Session,
) -> None:
    account = make_member(session)

    with pytest.raises(SignInFailedError):
        _leave(session, account, OTHER_PASSWORD, minutes=0)

    assert account.closed_at is None
    _leave(session, account, PASSWORD)
    assert account.closed_at == NOW


def test_guesses_are_counted_as_those_at_the_sign_in(session: Session) -> None:
    account = make_member(session)
    actor = _actor(session, account)

    def guess() -> None:
        leaving.leave(session, actor, OTHER_PASSWORD, ELSEWHERE, NOW)

    for _ in range(100):
        try:
            guess()
        except SignInFailedError:
            continue
        except TooManyAttemptsError:
            break
    with pytest.raises(TooManyAttemptsError):
        leaving.leave(session, actor, PASSWORD, ELSEWHERE, NOW)

    assert account.closed_at is None


@pytest.mark.parametrize(("minutes", "is_closed"), [(15, True), (16, False)])
def test_without_a_password_the_sign_in_must_be_new(
    session: Session, minutes: int, is_closed: bool
) -> None:
    account = make_member(session, password_hash=None)
    _link_outside(session, account)

    with suppress(SignInTooOldError):
        _leave(session, account, "", minutes)

    assert (account.closed_at is not None) is is_closed


def test_an_operator_has_no_account_to_close(session: Session) -> None:
    with pytest.raises(NotFoundError):
        leaving.leave(session, OPERATOR, "", HOME, NOW)


# What goes.


def test_nothing_is_left_that_tells_whose_account_it_was(session: Session) -> None:
    account = make_member(session, LOGIN, display_name=NAME, language="en")
    turn_codes_on(session, account)
    _link_outside(session, account, "subject-of-thu")
    signin.open_session(session, account, "password", HOME, NOW, LASTS)
    accounts.make_password_link(session, OPERATOR, account.id, NOW)
    actor = _actor(session, account)
    claims.claim_in_words(session, actor, "Lê Thị Thử", "hỏi viện tôi", ["registry"], "vi", NOW)
    session.flush()

    assert _leave(session, account)

    session.expire_all()
    assert (account.login, account.display_name) == (f"closed:{account.id.hex}", "")
    assert (account.password_hash, account.totp_sealed, account.language) == (None, None, "vi")
    left = _everything(session)
    for trace in (LOGIN, NAME, "subject-of-thu", "Firefox"):
        assert trace not in left
    for table in (WebSession, APIToken, ExternalLogin, AccessLink):
        assert session.scalar(select(func.count()).select_from(table)) == 0
    claim = session.scalars(select(Claim)).one()
    assert (claim.state, claim.words) == ("refused", None)


def test_the_name_is_free_for_others_and_the_id_stays(session: Session) -> None:
    account = make_member(session, LOGIN)
    _leave(session, account)

    other = accounts.create_account(session, OPERATOR, LOGIN, "Ai Khác", is_invented=False)

    assert other.id != account.id


def test_whoever_has_closed_his_account_comes_in_no_more(session: Session) -> None:
    account = make_member(session, LOGIN)
    roles.grant_role(session, OPERATOR, account.id, Grant(Role.STEWARD), NOW)
    opened = signin.open_session(session, account, "password", HOME, NOW, LASTS)
    _, token = sessions.create_token(session, _actor(session, account), "x", {"run:read"}, 9, NOW)
    link = accounts.make_password_link(session, OPERATOR, account.id, NOW)

    _leave(session, account)

    assert sessions.find_signed_in(session, opened.token, NOW) is None
    with pytest.raises(NotSignedInError):
        sessions.actor_of_token(session, token, NOW)
    with pytest.raises(LinkUnusableError):
        links.open_link(session, link, NOW)
    with pytest.raises(SignInFailedError):
        signin.sign_in(session, LOGIN, PASSWORD, HOME, NOW, LASTS)
    with pytest.raises(NotFoundError):
        _leave(session, account)


def test_the_audit_keeps_the_id_alone(database: Database) -> None:
    with database.session() as session:
        account = make_member(session, LOGIN, display_name=NAME)
    with database.session() as session:
        _leave(session, session.get_one(Account, account.id))

    with database.session() as session:
        entries = audit.list_entries(session, AUDITOR)
    assert [(e.action, e.actor, e.subject) for e in entries] == [
        ("account:close", str(account.id), f"account:{account.id}")
    ]
    assert entries[0].details == {"by_owner": True, "anonymised": True}


# What an office keeps.


@pytest.mark.parametrize("is_ended", [False, True])
@pytest.mark.parametrize(
    "role", [Role.RECRUITER, Role.SECRETARY, Role.STEWARD, Role.AUDITOR, Role.ADMINISTRATOR]
)
def test_acts_of_an_office_stay_their_holders_also_when_the_office_has_ended(
    database: Database, role: Role, is_ended: bool
) -> None:
    account = people.make_account(database, LOGIN, role, body="most")
    with database.session() as session:
        held = session.get_one(Account, account.id)
        held.password_hash = make_member(session, "another").password_hash
        other = make_member(session, "administrator")
        roles.grant_role(session, OPERATOR, other.id, Grant(Role.ADMINISTRATOR), NOW)
        turn_codes_on(session, held)
        _link_outside(session, held)
        if is_ended:
            roles.end_role(session, OPERATOR, account.id, role, NOW)

        assert not _leave(session, held)

        assert (held.login, held.display_name) == (LOGIN, account.display_name)
        assert (held.password_hash, totp.is_on(held)) == (None, False)
        assert held.closed_at == NOW
        assert session.scalars(select(ExternalLogin)).all() == []


def test_the_role_of_an_expert_is_no_office(database: Database) -> None:
    account, _ = people.claim(database, people.make_lead(database), LOGIN)
    with database.session() as session:
        outlook = leaving.look_ahead(session, people.actor_of(session, account))

    assert outlook == leaving.Outlook(keeps_name=False, has_profile=True, has_password=False)


def test_the_last_administrator_does_not_close_his_account(session: Session) -> None:
    last = make_member(session, "last")
    roles.grant_role(session, OPERATOR, last.id, Grant(Role.ADMINISTRATOR), NOW)

    with pytest.raises(InvalidInputError, match="last administrator"):
        _leave(session, last)

    assert last.closed_at is None
    other = make_member(session, "other")
    roles.grant_role(session, OPERATOR, other.id, Grant(Role.ADMINISTRATOR), NOW)
    _leave(session, last)
    assert last.closed_at == NOW


# His profile.


def test_his_profile_stays_and_its_claim_keeps_the_words(database: Database) -> None:
    expert_id = people.make_lead(database)
    account, claim_id = people.claim(database, expert_id, LOGIN)
    with database.session() as session:
        actor = people.actor_of(session, account, people.LATER)

        assert leaving.leave(session, actor, "", HOME, people.LATER)

    with database.session() as session:
        row: Any = session.get_one(Claim, claim_id)
        held = session.get_one(Account, account.id)
        offered = claims.name_offered(session, expert_id)
        sent = session.scalars(select(AccessLink).where(col(AccessLink.expert_id) == expert_id))
        assert len(sent.all()) == 1
    assert (row.state, row.decided_by) == ("ended", str(account.id))
    assert row.words is not None
    assert held.expert_id is None
    assert offered.display_name == "Trần Thị Khóa 1"
