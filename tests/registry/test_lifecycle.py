"""The life of a profile in the database: who moves it, what it remembers, what ends with it."""

from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access import claims, delegations, links
from registry.access.policy import ANONYMOUS, Actor, Role, selector_for
from registry.audit.models import AuditEntry
from registry.db import Database
from registry.errors import (
    InvalidInputError,
    LinkUnusableError,
    NotFoundError,
    NotPermittedError,
    NotSignedInError,
)
from registry.experts import lifecycle
from registry.experts.life import SHOWN_TO, Viewer
from registry.experts.models import Expert
from registry.experts.schemas import Life
from registry.experts.service import find_profile
from registry.rights import consents
from registry.rights.models import Consent
from registry.vault import service as vault
from tests.accounts import make_account
from tests.claims import LATER, STEWARD, actor_of, claim, make_lead
from tests.factories import NOW

WHY = "by letter of 20 November"


def _life(database: Database, expert_id: UUID) -> str:
    with database.session() as session:
        return session.get_one(Expert, expert_id).life


def test_a_person_pauses_his_profile_and_takes_it_up_as_what_it_was(database: Database) -> None:
    expert_id = make_lead(database, life=Life.VERIFIED)
    account, _ = claim(database, expert_id)

    with database.session() as session:
        lifecycle.move(session, actor_of(session, account), expert_id, Life.PAUSED, None, LATER)
    with database.session() as session:
        status = lifecycle.get_status(session, actor_of(session, account), expert_id)
    with database.session() as session:
        lifecycle.move(session, actor_of(session, account), expert_id, Life.VERIFIED, None, LATER)

    assert (status.former, status.moves) == (Life.VERIFIED, [Life.VERIFIED, Life.WITHDRAWN])
    with database.session() as session:
        expert = session.get_one(Expert, expert_id)
    assert (expert.life, expert.lives_before, expert.life_since) == ("verified", [], LATER)


def test_a_pause_is_no_way_to_become_verified(database: Database) -> None:
    expert_id = make_lead(database)
    account, _ = claim(database, expert_id)
    with database.session() as session:
        lifecycle.move(session, actor_of(session, account), expert_id, Life.PAUSED, None, LATER)

    with database.session() as session, pytest.raises(InvalidInputError):
        lifecycle.move(session, actor_of(session, account), expert_id, Life.VERIFIED, None, LATER)


def test_what_was_paused_and_merged_comes_back_step_by_step(database: Database) -> None:
    expert_id = make_lead(database, life=Life.VERIFIED)

    with database.session() as session:
        expert = session.get_one(Expert, expert_id)
        for life in (Life.PAUSED, Life.MERGED, Life.PAUSED, Life.VERIFIED):
            lifecycle.change_life(session, STEWARD, expert, life, LATER)
        assert (expert.life, expert.lives_before) == ("verified", [])


def test_a_steward_gives_a_reason_where_one_is_due(database: Database) -> None:
    expert_id = make_lead(database, life=Life.CLAIMED)

    with database.session() as session, pytest.raises(InvalidInputError, match="needs a reason"):
        lifecycle.move(session, STEWARD, expert_id, Life.PAUSED, " ", NOW)
    with database.session() as session:
        lifecycle.move(session, STEWARD, expert_id, Life.PAUSED, WHY, NOW)

    with database.session() as session:
        entry = session.scalars(
            select(AuditEntry).where(col(AuditEntry.action) == "life:move")
        ).one()
        assert entry.payload is not None
        noted = vault.unseal(session, expert_id, entry.payload)
    assert noted == {"from": "claimed", "to": "paused", "reason": WHY}


def test_nobody_else_moves_a_profile_or_learns_whether_it_exists(database: Database) -> None:
    expert_id = make_lead(database)
    other, _ = claim(database, make_lead(database, "2"), "other")
    recruiter = make_account(database, "recruiter", Role.RECRUITER, body="most")
    unknown = UUID("00000000-0000-7000-8000-000000000000")

    for account in (other, recruiter):
        for wanted in (expert_id, unknown):
            with database.session() as session, pytest.raises(NotPermittedError):
                lifecycle.move(session, actor_of(session, account), wanted, Life.PAUSED, WHY, NOW)
    with database.session() as session, pytest.raises(NotSignedInError):
        lifecycle.get_status(session, ANONYMOUS, expert_id)


def test_a_steward_is_told_that_there_is_no_such_profile(database: Database) -> None:
    unknown = UUID("00000000-0000-7000-8000-000000000000")
    erased = make_lead(database, life=Life.ERASED)

    for expert_id in (unknown, erased):
        with database.session() as session, pytest.raises(NotFoundError):
            lifecycle.move(session, STEWARD, expert_id, Life.PAUSED, WHY, NOW)
        with database.session() as session, pytest.raises(NotFoundError):
            lifecycle.get_status(session, STEWARD, expert_id)


@pytest.mark.parametrize(
    ("life", "wanted", "told"),
    [
        (Life.LEAD, Life.INVITED, "invitation is made"),
        (Life.INVITED, Life.CLAIMED, "when the person claims"),
        (Life.CLAIMED, Life.MERGED, "same person"),
        (Life.MERGED, Life.CLAIMED, "same person"),
        (Life.CLAIMED, Life.ERASED, "same person"),
    ],
)
def test_some_states_are_come_to_in_other_ways(
    database: Database, life: Life, wanted: Life, told: str
) -> None:
    expert_id = make_lead(database, life=life)

    with database.session() as session, pytest.raises(InvalidInputError, match=told):
        lifecycle.move(session, STEWARD, expert_id, wanted, WHY, NOW)

    assert _life(database, expert_id) == life


def test_an_invitation_that_is_taken_back_leaves_a_lead_and_a_useless_link(
    database: Database,
) -> None:
    expert_id = make_lead(database)
    with database.session() as session:
        token = claims.invite(session, STEWARD, expert_id, "x", NOW)

    with database.session() as session:
        lifecycle.move(session, STEWARD, expert_id, Life.LEAD, None, LATER)

    with database.session() as session, pytest.raises(LinkUnusableError):
        links.open_link(session, token, LATER)
    with database.session() as session:
        expert = session.get_one(Expert, expert_id)
        assert expert.life == "lead"
        assert expert.expires_at is not None


def test_what_somebody_holds_becomes_a_lead_only_by_taking_the_claim_back(
    database: Database,
) -> None:
    held, unheld = make_lead(database, "1"), make_lead(database, "2", life=Life.CLAIMED)
    claim(database, held)

    with database.session() as session, pytest.raises(InvalidInputError, match="claim back"):
        lifecycle.move(session, STEWARD, held, Life.LEAD, WHY, NOW)
    with database.session() as session:
        assert lifecycle.move(session, STEWARD, unheld, Life.LEAD, WHY, NOW).life == "lead"


def test_withdrawing_ends_consents_delegations_and_invitations(database: Database) -> None:
    expert_id = make_lead(database)
    account, _ = claim(database, expert_id, agreed=("registry", "matching"))
    delegate = make_account(database, "delegate")
    with database.session() as session:
        delegations.name_delegate(
            session, actor_of(session, account), "delegate", ["work"], 30, NOW
        )

    with database.session() as session:
        lifecycle.move(session, actor_of(session, account), expert_id, Life.WITHDRAWN, None, LATER)

    with database.session() as session:
        running = session.scalars(select(Consent).where(col(Consent.withdrawn_at).is_(None)))
        assert running.all() == []
        assert actor_of(session, delegate, LATER).delegations == {}
    assert _life(database, expert_id) == "withdrawn"


def test_a_withdrawn_profile_comes_back_by_consent_alone(database: Database) -> None:
    expert_id = make_lead(database)
    account, _ = claim(database, expert_id)
    with database.session() as session:
        lifecycle.move(session, actor_of(session, account), expert_id, Life.WITHDRAWN, None, LATER)

    with database.session() as session, pytest.raises(InvalidInputError, match="Agree to be kept"):
        lifecycle.move(session, actor_of(session, account), expert_id, Life.CLAIMED, None, LATER)
    with database.session() as session:
        consents.give(session, actor_of(session, account), expert_id, "registry", "vi", LATER)

    assert _life(database, expert_id) == "claimed"


def test_a_steward_withdraws_a_profile_only_with_how_the_word_reached_him(
    database: Database,
) -> None:
    expert_id = make_lead(database, life=Life.CLAIMED)

    with database.session() as session, pytest.raises(InvalidInputError, match="Choose how"):
        lifecycle.move(session, STEWARD, expert_id, Life.WITHDRAWN, WHY, NOW)
    with database.session() as session:
        lifecycle.move(session, STEWARD, expert_id, Life.WITHDRAWN, WHY, NOW, "paper")

    assert _life(database, expert_id) == "withdrawn"


@pytest.mark.parametrize("life", Life)
def test_the_moves_that_a_page_offers_are_those_that_pass(database: Database, life: Life) -> None:
    if life is Life.ERASED:
        return
    expert_id = make_lead(database, life=life)
    with database.session() as session:
        session.get_one(Expert, expert_id).lives_before = (
            ["verified"] if life in {Life.PAUSED, Life.MERGED} else []
        )
    with database.session() as session:
        offered = lifecycle.get_status(session, STEWARD, expert_id).moves

    passed = []
    for wanted in Life:
        with database.session() as session:
            try:
                lifecycle.move(session, STEWARD, expert_id, wanted, WHY, NOW, "paper")
                passed.append(wanted)
            except (InvalidInputError, NotPermittedError):
                pass
            session.rollback()

    assert passed == offered


# What SHOWN_TO promises is what the selectors do.


def _is_shown(session: Session, actor: Actor, expert_id: UUID, purpose: str | None = None) -> bool:
    return find_profile(session, selector_for(actor, purpose), expert_id) is not None


@pytest.mark.parametrize("life", Life)
def test_each_state_is_shown_to_those_whom_it_promises_and_to_nobody_else(
    database: Database, life: Life
) -> None:
    expert_id = make_lead(database, life=life)
    promised = SHOWN_TO[life].viewers
    recruiter = Actor("r", frozenset({Role.RECRUITER}), "most")
    person = Actor("p", frozenset({Role.EXPERT}), expert_id=expert_id)

    with database.session() as session:
        by_anyone = _is_shown(session, recruiter, expert_id)
        with_purpose = _is_shown(session, recruiter, expert_id, "find a chip designer")
        by_steward = _is_shown(session, STEWARD, expert_id)
        by_himself = _is_shown(session, person, expert_id)
        try:
            by_id = lifecycle.get_status(session, STEWARD, expert_id).expert.id == expert_id
        except NotFoundError:
            by_id = False

    assert by_anyone == (Viewer.ANYONE in promised)
    assert with_purpose == (not promised.isdisjoint({Viewer.ANYONE, Viewer.PURPOSE}))
    # Stewards meet what is open in lists, and keep what is closed by its id.
    assert by_id == (Viewer.STEWARD in promised)
    assert by_steward == (not promised.isdisjoint({Viewer.ANYONE, Viewer.PURPOSE}))
    if life not in {Life.LEAD, Life.INVITED, Life.MERGED}:
        # In these nobody holds the profile.
        assert by_himself == (Viewer.SELF in promised)
