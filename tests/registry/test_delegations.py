"""Delegates: chosen sections, until a date, ended at once; what can be given to nobody."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.access import accounts, delegations, signin
from registry.access.links import Purpose
from registry.access.models import Account, Delegation
from registry.access.policy import Actor, Role, permissions_of
from registry.db import Database
from registry.errors import InvalidInputError, NotFoundError, NotPermittedError
from registry.experts import editing, judging, lifecycle, repository, service
from registry.experts.judging import Shown
from registry.experts.models import Expert
from registry.experts.schemas import Life, Visibility
from registry.experts.versions import profile_version
from registry.rights import consents
from tests.accounts import make_account
from tests.claims import LATER, actor_of, claim, make_lead
from tests.factories import NOW, said, work

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
