"""Delegates: chosen sections, until a date, ended at once; what can be given to nobody."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access import accounts, delegations, links, roles, signin
from registry.access.links import Purpose
from registry.access.models import AccessLink, Account, Delegation
from registry.access.policy import Actor, Role, permissions_of
from registry.access.roles import Grant
from registry.audit import service as audit
from registry.db import Database
from registry.errors import (
    InvalidInputError,
    LinkUnusableError,
    NotFoundError,
    NotPermittedError,
    RegistryError,
    SignInTooOldError,
    TooManyAttemptsError,
)
from registry.experts import editing, judging, lifecycle, repository, service
from registry.experts.judging import Shown
from registry.experts.models import Expert
from registry.experts.schemas import Life, Visibility
from registry.experts.versions import profile_version
from registry.rights import consents
from tests.accounts import make_account
from tests.claims import LATER, actor_of, claim, make_lead
from tests.factories import NOW, said, work

OPERATOR = Actor("operator:root", frozenset({Role.ADMINISTRATOR}))
CONTACT = said("contact", {"kind": "email", "address": "khoa@vidu.example"}, visibility="stewards")


def _name(
    database: Database,
    holder: Account,
    login: str = "delegate",
    sections: tuple[str, ...] = ("work", "award"),
    days: int = 90,
) -> UUID:
    with database.session() as session:
        made = delegations.name_delegate(
            session, actor_of(session, holder), login, sections, days, NOW
        )
        return made.id


def test_a_delegate_keeps_the_sections_that_were_chosen(database: Database) -> None:
    expert_id = make_lead(database)
    holder, _ = claim(database, expert_id)
    delegate = make_account(database, "delegate")

    _name(database, holder)

    with database.session() as session:
        actor = actor_of(session, delegate)
    assert actor.delegations == {expert_id: frozenset({"work", "award"})}
    assert "statement:edit_own" in permissions_of(actor)


def test_a_delegation_ends_on_its_day_and_holds_until_then(database: Database) -> None:
    expert_id = make_lead(database)
    holder, _ = claim(database, expert_id)
    delegate = make_account(database, "delegate")
    _name(database, holder, days=30)
    over = NOW + timedelta(days=30)

    with database.session() as session:
        before = actor_of(session, delegate, over - timedelta(seconds=1)).delegations
        after = actor_of(session, delegate, over).delegations

    assert set(before) == {expert_id}
    assert after == {}


@pytest.mark.parametrize("days", [0, -1, 366])
def test_a_delegation_lasts_a_year_at_most(database: Database, days: int) -> None:
    holder, _ = claim(database, make_lead(database))
    make_account(database, "delegate")

    with pytest.raises(InvalidInputError, match="1 to 365 days"):
        _name(database, holder, days=days)

    assert _name(database, holder, days=365)


@pytest.mark.parametrize("section", ["origin", "consent", "conflict", "visibility", "life", "x"])
def test_some_things_are_given_to_nobody(database: Database, section: str) -> None:
    holder, _ = claim(database, make_lead(database))
    make_account(database, "delegate")

    with pytest.raises(InvalidInputError, match="no section for a delegate"):
        _name(database, holder, sections=("work", section))


def test_sections_are_chosen_one_by_one(database: Database) -> None:
    holder, _ = claim(database, make_lead(database))
    make_account(database, "delegate")

    with pytest.raises(InvalidInputError, match="at least one section"):
        _name(database, holder, sections=())


def test_contact_data_are_seen_by_a_delegate_only_when_they_were_chosen(
    database: Database,
) -> None:
    expert_id = make_lead(database, "1", CONTACT)
    holder, _ = claim(database, expert_id)
    delegate = make_account(database, "delegate")
    _name(database, holder)

    def seen() -> set[str]:
        with database.session() as session:
            actor = actor_of(session, delegate, LATER)
            found = service.get_profile(session, actor, expert_id)
            return {statement.property for statement in found.statements}

    without = seen()
    with database.session() as session:
        delegations.name_delegate(
            session, actor_of(session, holder, LATER), "delegate", ["contact"], 90, LATER
        )

    assert "contact" not in without
    assert "contact" in seen()


def test_naming_somebody_again_replaces_what_he_had(database: Database) -> None:
    expert_id = make_lead(database)
    holder, _ = claim(database, expert_id)
    delegate = make_account(database, "delegate")
    _name(database, holder)

    with database.session() as session:
        delegations.name_delegate(
            session, actor_of(session, holder, LATER), "delegate", ["post"], 30, LATER
        )

    with database.session() as session:
        actor = actor_of(session, delegate, LATER)
        running = delegations.list_named(session, actor_of(session, holder), LATER)
    assert actor.delegations == {expert_id: frozenset({"post"})}
    assert [each.delegation.sections for each in running] == [["post"]]


def test_a_delegation_is_revoked_at_once(database: Database) -> None:
    holder, _ = claim(database, make_lead(database))
    delegate = make_account(database, "delegate")
    delegation_id = _name(database, holder)

    with database.session() as session:
        delegations.revoke(session, actor_of(session, holder), delegation_id, NOW)

    with database.session() as session:
        assert actor_of(session, delegate).delegations == {}
        assert delegations.list_named(session, actor_of(session, holder), NOW) == []


def test_nobody_revokes_a_delegation_of_anothers_profile(database: Database) -> None:
    first, _ = claim(database, make_lead(database, "1"), "first")
    second, _ = claim(database, make_lead(database, "2"), "second")
    make_account(database, "delegate")
    delegation_id = _name(database, first)

    with database.session() as session, pytest.raises(NotFoundError):
        delegations.revoke(session, actor_of(session, second), delegation_id, NOW)
    with database.session() as session, pytest.raises(NotFoundError):
        delegations.give_up(session, actor_of(session, second), delegation_id, NOW)


def test_a_delegate_sees_what_he_keeps_and_gives_it_up(database: Database) -> None:
    expert_id = make_lead(database)
    holder, _ = claim(database, expert_id)
    delegate = make_account(database, "delegate")
    delegation_id = _name(database, holder)

    with database.session() as session:
        kept = delegations.list_kept(session, actor_of(session, delegate), NOW)
    with database.session() as session:
        delegations.give_up(session, actor_of(session, delegate), delegation_id, NOW)

    assert [(each.display_name, each.delegation.sections) for each in kept] == [
        ("Trần Thị Khóa 1", ["work", "award"])
    ]
    with database.session() as session:
        assert actor_of(session, delegate).delegations == {}


def test_delegates_are_found_by_name_in_whatever_case_and_must_exist(database: Database) -> None:
    holder, _ = claim(database, make_lead(database))
    make_account(database, "delegate")

    with pytest.raises(NotFoundError, match="No account has this name"):
        _name(database, holder, login="nobody")

    assert _name(database, holder, login=" Delegate ")


def test_nobody_is_his_own_delegate(database: Database) -> None:
    holder, _ = claim(database, make_lead(database))

    with pytest.raises(InvalidInputError, match="own account"):
        _name(database, holder, login="holder")


def test_only_the_person_names_delegates(database: Database) -> None:
    expert_id = make_lead(database)
    holder, _ = claim(database, expert_id)
    delegate = make_account(database, "delegate")
    steward = make_account(database, "steward", Role.STEWARD)
    _name(database, holder)

    for account in (delegate, steward):
        with database.session() as session, pytest.raises(NotPermittedError):
            delegations.name_delegate(
                session, actor_of(session, account), "steward", ["work"], 9, NOW
            )


def test_ten_delegates_are_the_most(database: Database) -> None:
    holder, _ = claim(database, make_lead(database))
    for number in range(11):
        make_account(database, f"delegate{number}")
    for number in range(10):
        _name(database, holder, f"delegate{number}")

    with pytest.raises(InvalidInputError, match="10 delegates"):
        _name(database, holder, "delegate10")


def test_somebody_without_an_account_joins_by_a_link_and_holds_no_role(
    database: Database,
) -> None:
    expert_id = make_lead(database)
    holder, _ = claim(database, expert_id)

    with database.session() as session:
        token = delegations.invite_delegate(
            session, actor_of(session, holder), "thu.ky", "Lê Thư Ký", ["work"], 90, NOW
        )
    with database.session() as session:
        purpose, account = signin.open_account_link(session, token, NOW)
        actor = actor_of(session, account)
        named = delegations.list_named(session, actor_of(session, holder), NOW)

    assert purpose is Purpose.JOIN
    assert actor.roles == frozenset()
    assert set(actor.delegations) == {expert_id}
    assert [(each.login, each.has_joined) for each in named] == [("thu.ky", False)]


def test_a_taken_sign_in_name_makes_no_account_and_no_delegate(database: Database) -> None:
    holder, _ = claim(database, make_lead(database))
    make_account(database, "thu.ky")

    with pytest.raises(InvalidInputError), database.session() as session:
        delegations.invite_delegate(
            session, actor_of(session, holder), "thu.ky", "Lê Thư Ký", ["work"], 90, NOW
        )

    with database.session() as session:
        assert session.scalars(select(Delegation)).all() == []


def test_the_right_to_make_a_delegates_account_makes_no_other(database: Database) -> None:
    holder, _ = claim(database, make_lead(database))

    with database.session() as session, pytest.raises(NotPermittedError):
        accounts.invite(session, actor_of(session, holder), "x.y.z", "X", [], NOW)


# Who names, how often, and what is noted of it


def test_naming_a_delegate_needs_a_recent_sign_in(database: Database) -> None:
    holder, _ = claim(database, make_lead(database))
    make_account(database, "delegate")
    late = NOW + timedelta(minutes=15)

    def name(now: datetime) -> None:
        with database.session() as session:
            actor = actor_of(session, holder, NOW)
            delegations.name_delegate(session, actor, "delegate", ["work"], 9, now)

    with pytest.raises(SignInTooOldError, match="last 15 minutes"):
        name(late + timedelta(seconds=1))
    name(late)


def test_no_program_names_delegates_and_no_program_makes_their_accounts(
    database: Database,
) -> None:
    holder, _ = claim(database, make_lead(database))
    make_account(database, "delegate")

    with database.session() as session:
        program = replace(
            actor_of(session, holder), scopes=frozenset({"delegation:own"}), signed_in_at=None
        )
        with pytest.raises(SignInTooOldError, match="with a token"):
            delegations.name_delegate(session, program, "delegate", ["work"], 9, NOW)
        with pytest.raises(SignInTooOldError, match="with a token"):
            delegations.invite_delegate(session, program, "thu.ky", "Lê", ["work"], 9, NOW)
        assert delegations.list_named(session, program, NOW) == []


def _guess(database: Database, holder: Account, login: str, now: datetime = NOW) -> RegistryError:
    """Why a name led nowhere, after a session that ended well, as that of a page does."""
    with database.session() as session:
        actor = actor_of(session, holder, now)
        with pytest.raises(RegistryError) as caught:
            delegations.name_delegate(session, actor, login, ["work"], 9, now)
    return caught.value


def test_ten_names_a_day_that_nobody_has_are_answered_and_no_more(database: Database) -> None:
    holder, _ = claim(database, make_lead(database))
    make_account(database, "delegate")

    told = [type(_guess(database, holder, f"nobody{n}")) for n in range(11)]

    assert told == [NotFoundError] * 10 + [TooManyAttemptsError]
    # Then not even the right one is looked up, until the next day.
    assert "tomorrow" in str(_guess(database, holder, "delegate"))
    later = NOW + timedelta(days=1)
    with database.session() as session:
        actor = actor_of(session, holder, later)
        assert delegations.name_delegate(session, actor, "delegate", ["work"], 9, later)


def test_taken_names_for_new_accounts_are_counted_with_unknown_ones(database: Database) -> None:
    holder, _ = claim(database, make_lead(database))
    make_account(database, "taken")
    for number in range(5):
        _guess(database, holder, f"nobody{number}")

    def invite(login: str) -> type[RegistryError]:
        with database.session() as session:
            actor = actor_of(session, holder)
            with pytest.raises(RegistryError) as caught:
                delegations.invite_delegate(session, actor, login, "Lê", ["work"], 9, NOW)
        return type(caught.value)

    told = [invite("taken") for _ in range(6)]

    assert told == [InvalidInputError] * 5 + [TooManyAttemptsError]


def test_what_is_wrong_with_the_form_is_not_counted_and_accounts_are_apart(
    database: Database,
) -> None:
    holder, _ = claim(database, make_lead(database, "1"))
    other, _ = claim(database, make_lead(database, "2"), "other")
    for _ in range(11):
        assert isinstance(_guess(database, holder, "holder"), InvalidInputError)
    for number in range(11):
        _guess(database, other, f"nobody{number}")

    assert isinstance(_guess(database, other, "nobody"), TooManyAttemptsError)
    assert isinstance(_guess(database, holder, "nobody"), NotFoundError)


def test_guesses_at_the_same_moment_are_counted_one_by_one(database: Database) -> None:
    holder, _ = claim(database, make_lead(database))

    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(lambda n: type(_guess(database, holder, f"nobody{n}")), range(14)))

    assert told.count(NotFoundError) == 10
    assert told.count(TooManyAttemptsError) == 4


def test_a_closed_account_is_told_like_one_that_never_was(database: Database) -> None:
    holder, _ = claim(database, make_lead(database))
    closed = make_account(database, "closed")
    with database.session() as session:
        session.get_one(Account, closed.id).closed_at = NOW

    told = {str(_guess(database, holder, login)) for login in ("closed", "never.was")}

    assert len(told) == 1


def test_naming_twice_at_the_same_instant_is_naming_once(database: Database) -> None:
    holder, _ = claim(database, make_lead(database))
    make_account(database, "delegate")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: _name(database, holder), range(2)))
    _name(database, holder, sections=("post",), days=30)

    with database.session() as session:
        (row,) = session.scalars(select(Delegation))
    assert (row.sections, row.revoked_at) == (["post"], None)
    assert row.expires_at == NOW + timedelta(days=30)


def test_a_delegates_account_is_noted_as_made_by_the_person_who_has_no_role_for_it(
    database: Database,
) -> None:
    holder, _ = claim(database, make_lead(database))
    with database.session() as session:
        actor = actor_of(session, holder)
        delegations.invite_delegate(session, actor, "thu.ky", "Lê Thư Ký", ["work"], 90, NOW)

    with database.session() as session:
        auditor = Actor("auditor", frozenset({Role.AUDITOR}))
        by = {
            entry.action: entry.actor
            for entry in audit.list_entries(session, auditor, by=str(holder.id))
        }
        (link,) = session.scalars(
            select(AccessLink).where(col(AccessLink.purpose) == Purpose.JOIN.value)
        )
        with pytest.raises(NotPermittedError):
            accounts.create_account(session, actor, "x.y.z", "X", is_invented=False)
        with pytest.raises(NotPermittedError):
            links.make_link(session, actor, Purpose.JOIN, now=NOW, lasts=timedelta(days=1))
    assert {"account:invite", "delegation:create", "link:create"} <= set(by)
    assert link.created_by == str(holder.id)


def _delegate(database: Database) -> tuple[UUID, Account]:
    expert_id = make_lead(database, "1", work("Một công trình"))
    holder, _ = claim(database, expert_id)
    delegate = make_account(database, "delegate")
    _name(database, holder)
    return expert_id, delegate


def _version(session: Session, actor: Actor, expert_id: UUID) -> list[str]:
    return [profile_version(session, actor, session.get_one(Expert, expert_id))]


def test_what_a_delegate_writes_is_marked_as_his_for_the_person(database: Database) -> None:
    expert_id, delegate = _delegate(database)

    with database.session() as session:
        actor = actor_of(session, delegate)
        draft = said("award", {"title": {"vi": "Giải thưởng"}})
        row = editing.add_item(
            session,
            actor,
            expert_id,
            draft,
            seen=_version(session, actor, expert_id),
            now=LATER,
        )

    assert (row.asserted_by, row.on_behalf_of) == (str(delegate.id), str(expert_id))


def test_a_delegate_writes_nothing_outside_his_sections(database: Database) -> None:
    expert_id, delegate = _delegate(database)

    with database.session() as session:
        actor = actor_of(session, delegate)
        seen = _version(session, actor, expert_id)
        draft = said("post", {"title": {"vi": "Trưởng phòng"}})
        with pytest.raises(NotPermittedError):
            editing.add_item(session, actor, expert_id, draft, seen=seen, now=LATER)


def test_a_delegate_decides_nothing_about_visibility_consents_or_life(
    database: Database,
) -> None:
    expert_id, delegate = _delegate(database)

    with database.session() as session:
        actor = actor_of(session, delegate)
        rows = repository.list_current(session, [expert_id])[expert_id]
        target = next(row for row in rows if row.property == "work")
        with pytest.raises(NotPermittedError):
            judging.show_item(
                session,
                actor,
                expert_id,
                target.id,
                Shown(Visibility.SELF),
                seen=[str(target.id)],
                now=LATER,
            )
        with pytest.raises(NotPermittedError):
            consents.give(session, actor, expert_id, "publication", "vi", LATER)
        with pytest.raises(NotPermittedError):
            lifecycle.move(session, actor, expert_id, Life.PAUSED, None, LATER)


def test_a_link_that_others_hold_leads_to_no_office(database: Database) -> None:
    holder, _ = claim(database, make_lead(database))
    with database.session() as session:
        actor = actor_of(session, holder)
        token = delegations.invite_delegate(
            session, actor, "vu.truong", "Lê Vụ Trưởng", ["work"], 90, NOW
        )
        purpose, account = signin.open_account_link(session, token, NOW)
    with database.session() as session:
        details = accounts.get_account(session, OPERATOR, account.id, NOW)

    with database.session() as session:
        roles.grant_role(session, OPERATOR, account.id, Grant(Role.STEWARD), NOW)

    assert (purpose, details.opener) == (Purpose.JOIN, "account")
    assert details.opener_name == holder.display_name
    with database.session() as session, pytest.raises(LinkUnusableError):
        signin.open_account_link(session, token, NOW)


def test_a_link_of_an_administrator_still_leads_to_the_office(database: Database) -> None:
    with database.session() as session:
        account, token = accounts.invite(session, OPERATOR, "le.hoa", "Lê Hoa", [], NOW)
        roles.grant_role(session, OPERATOR, account.id, Grant(Role.STEWARD), NOW)

        purpose, found = signin.open_account_link(session, token, NOW)

    assert (purpose, found.id) == (Purpose.JOIN, account.id)
