"""Retention of claims' words, and of accounts that nobody came to use."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session
from sqlmodel import col, select

from registry.access import accounts, claim_decisions, claim_store, claims, links, sessions
from registry.access.models import AccessLink, Account, Claim, Delegation, ExternalLogin
from registry.access.policy import Actor, Role
from registry.access.roles import Grant
from registry.audit import service as audit
from registry.db import Database
from registry.errors import LinkUnusableError
from registry.experts.schemas import Life
from registry.rights import retention
from tests.accounts import make_account
from tests.claims import STEWARD, actor_of, claim, make_lead
from tests.factories import NOW

ADMIN = Actor("operator:test", frozenset({Role.ADMINISTRATOR}))
AUDITOR = Actor("operator:auditor", frozenset({Role.AUDITOR}))
YEAR, MONTH, WEEK = timedelta(days=365), timedelta(days=30), timedelta(days=7)
SECOND = timedelta(seconds=1)


def _count(database: Database, code: str, now: datetime) -> int:
    with database.session() as session:
        found = {f.rule.code: f for f in retention.find_due(session, ADMIN, now)}
    return found[code].count


def _run(database: Database, code: str, now: datetime) -> retention.Finding:
    return {f.rule.code: f for f in retention.run(database, ADMIN, now)}[code]


# Words of claims.


def _claims(database: Database) -> dict[str, UUID]:
    """One claim of each state, all decided at the same moment, or not yet."""
    made = {}
    for name, decision in (("granted", None), ("ended", "end"), ("reverted", "revert")):
        _, made[name] = claim(database, make_lead(database, name, life=Life.CLAIMED), name)
        if decision is not None:
            with database.session() as session:
                claim_decisions.decide(session, STEWARD, made[name], decision, "why", NOW)  # type: ignore[arg-type]
    for name in ("open", "refused"):
        account = make_account(database, name)
        with database.session() as session:
            actor = actor_of(session, account)
            made[name] = claims.claim_in_words(
                session, actor, "me", "ask my dean", ["registry"], "vi", NOW
            ).id
    with database.session() as session:
        claim_decisions.decide(session, STEWARD, made["refused"], "refuse", "unknown", NOW)
    _, made["contested"] = claim(database, make_lead(database, "contested"), "contested")
    with database.session() as session:
        contested = session.get_one(Claim, made["contested"])
        contested.state, contested.contested_at = "contested", NOW
    return made


def test_words_of_claims_that_nobody_holds_by_go_a_year_after_they_were_decided(
    database: Database,
) -> None:
    made = _claims(database)

    early = _run(database, "claim", NOW + YEAR - SECOND)
    due = _count(database, "claim", NOW + YEAR)
    done = _run(database, "claim", NOW + YEAR)

    assert (early.count, due, done.count) == (0, 3, 3)
    with database.session() as session:
        rows = {name: session.get_one(Claim, claim_id) for name, claim_id in made.items()}
        empty = {name for name, row in rows.items() if row.words is None}
        assert claim_store.get_words(session, rows["ended"]).remarks == []
    assert empty == {"ended", "reverted", "refused"}
    assert _count(database, "claim", NOW + 9 * YEAR) == 0


# Accounts that nobody came to use.


def _invite(session: Session, login: str, *grants: Grant) -> Account:
    account, _ = accounts.invite(session, ADMIN, login, "Trần Văn Mời", grants, NOW)
    account.created_at = NOW
    return account


def test_an_account_that_nobody_came_to_use_is_closed_a_month_after_its_link(
    database: Database,
) -> None:
    with database.session() as session:
        account = _invite(session, "moi.tran")
    ends = NOW + WEEK + MONTH

    early = _run(database, "never_joined", ends - SECOND)
    due = _count(database, "never_joined", ends)
    done = _run(database, "never_joined", ends)

    assert (early.count, due) == (0, 1)
    assert (done.count, list(done.accounts), list(done.people)) == (1, [account.id], [])
    with database.session() as session:
        left = session.get_one(Account, account.id)
        entries = audit.list_entries(session, AUDITOR, action="account:close")
        assert session.scalars(select(AccessLink)).all() == []
    assert (left.login, left.display_name) == (f"closed:{account.id.hex}", "")
    assert left.closed_at == ends
    assert [(e.subject, e.details) for e in entries] == [
        (f"account:{account.id}", {"retention": "never_joined"})
    ]
    assert _count(database, "never_joined", ends) == 0


def test_looking_first_closes_nothing(database: Database) -> None:
    with database.session() as session:
        account = _invite(session, "moi.tran")

    assert _count(database, "never_joined", NOW + YEAR) == 1

    with database.session() as session:
        assert session.get_one(Account, account.id).closed_at is None


def test_a_newer_link_gives_another_month(database: Database) -> None:
    with database.session() as session:
        account = _invite(session, "moi.tran")
    later = NOW + MONTH
    with database.session() as session:
        token = links.make_link(
            session,
            ADMIN,
            links.Purpose.JOIN,
            account_id=account.id,
            now=later,
            lasts=links.JOIN_LASTS,
        )

    assert _count(database, "never_joined", later + WEEK + MONTH - SECOND) == 0
    _run(database, "never_joined", later + WEEK + MONTH)

    with database.session() as session, pytest.raises(LinkUnusableError):
        links.open_link(session, token, later)


def test_an_account_whose_links_were_swept_counts_from_its_making(database: Database) -> None:
    with database.session() as session:
        _invite(session, "moi.tran")
        session.execute(update(AccessLink).values(revoked_at=NOW))
        for link in session.scalars(select(AccessLink)):
            session.delete(link)

    assert _count(database, "never_joined", NOW + MONTH - SECOND) == 0
    assert _count(database, "never_joined", NOW + MONTH) == 1


def _joined(session: Session, account: Account) -> None:
    account.password_hash = "x"


def _linked(session: Session, account: Account) -> None:
    session.add(ExternalLogin(provider="p", subject="s", account_id=account.id, linked_at=NOW))


def _claimed(session: Session, account: Account) -> None:
    session.add(Claim(account_id=account.id, proof="words", state="refused", created_at=NOW))


def _invented(session: Session, account: Account) -> None:
    account.is_invented = True


def _closed(session: Session, account: Account) -> None:
    account.closed_at = NOW


@pytest.mark.parametrize("more", [_joined, _linked, _claimed, _invented, _closed])
def test_accounts_that_somebody_came_to_use_stay(database: Database, more: object) -> None:
    assert callable(more)
    with database.session() as session:
        account = _invite(session, "moi.tran")
        more(session, account)

    assert _count(database, "never_joined", NOW + YEAR) == 0


@pytest.mark.parametrize("is_ended", [False, True])
def test_whoever_was_to_hold_an_office_is_for_an_administrator(
    database: Database, is_ended: bool
) -> None:
    with database.session() as session:
        account = _invite(session, "moi.tran", Grant(Role.STEWARD))
        if is_ended:
            for role in accounts.get_account(session, ADMIN, account.id, NOW).roles:
                role.ended_at = NOW

    assert _count(database, "never_joined", NOW + YEAR) == 0


def test_a_delegate_has_as_long_as_he_is_named(database: Database) -> None:
    expert_id = make_lead(database)
    ends = NOW + timedelta(days=90)
    with database.session() as session:
        account = _invite(session, "moi.tran")
        session.add(
            Delegation(
                expert_id=expert_id,
                account_id=account.id,
                sections=["work"],
                created_at=NOW,
                expires_at=ends,
            )
        )

    assert _count(database, "never_joined", ends - SECOND) == 0
    assert _run(database, "never_joined", ends).count == 1


def test_a_closed_one_is_signed_in_to_by_nobody(database: Database) -> None:
    with database.session() as session:
        account = _invite(session, "moi.tran")
        cookie = sessions.start(session, account, "link", None, NOW, 2 * YEAR)

    _run(database, "never_joined", NOW + YEAR)

    with database.session() as session:
        assert sessions.find_signed_in(session, cookie, NOW + YEAR) is None
        assert session.scalar(select(col(Account.closed_at))) == NOW + YEAR
