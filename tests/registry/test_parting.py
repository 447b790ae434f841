"""Account and profile are parted without undoing anything, and the profile is claimed again."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from registry.access import (
    accounts,
    claim_decisions,
    claim_store,
    claims,
    contests,
    delegations,
    leaving,
    repository,
    sessions,
)
from registry.access.holding import find_holder, is_held
from registry.access.models import Account, Claim, ExternalLogin
from registry.access.policy import Actor, Role
from registry.access.reclaiming import is_still_proof
from registry.access.signin import Browser
from registry.audit import service as audit
from registry.db import Database
from registry.errors import (
    ChangedMeanwhileError,
    InvalidInputError,
    NotFoundError,
    NotPermittedError,
    NotSignedInError,
)
from registry.experts import editing, lifecycle
from registry.experts import repository as experts
from registry.experts.models import Change, Expert
from registry.experts.schemas import Life
from registry.experts.versions import profile_version
from registry.rights.models import Consent
from tests.accounts import make_account
from tests.claims import (
    LATER,
    ORCID,
    STEWARD,
    actor_of,
    claim,
    link_orcid,
    make_lead,
    state_of,
    with_orcid,
)
from tests.factories import NOW, said

ADMIN = Actor("operator:admin", frozenset({Role.ADMINISTRATOR}))
AUDITOR = Actor("operator:auditor", frozenset({Role.AUDITOR}))
AFTER = LATER + timedelta(days=1)
AGREED = ("registry",)
REASON = "she is to use the account of her institute"


def _end(database: Database, claim_id: UUID, reason: str = REASON) -> None:
    with database.session() as session:
        claim_decisions.decide(session, STEWARD, claim_id, "end", reason, LATER)


def _close(database: Database, account: Account) -> None:
    with database.session() as session:
        accounts.close_account(session, ADMIN, account.id, LATER)


def _says(database: Database, account: Account, property_name: str, **value: object) -> None:
    """The holder adds something to his profile."""
    with database.session() as session:
        actor = actor_of(session, account)
        assert actor.expert_id is not None
        seen = [profile_version(session, actor, session.get_one(Expert, actor.expert_id))]
        draft = said(property_name, dict(value))
        editing.add_item(session, actor, actor.expert_id, draft, seen=seen, now=NOW)


def _come(database: Database, account: Account, now: datetime = AFTER) -> Claim:
    with database.session() as session:
        return claims.claim_by_orcid(session, actor_of(session, account, now), AGREED, "vi", now)


Ending = Callable[[Database, Account, UUID], None]
ENDINGS: list[Ending] = [
    lambda database, account, claim_id: _end(database, claim_id),
    lambda database, account, claim_id: _close(database, account),
]
both_ways = pytest.mark.parametrize("ending", ENDINGS, ids=["ended", "closed"])


@both_ways
def test_nothing_that_the_person_did_is_undone(database: Database, ending: Ending) -> None:
    expert_id = make_lead(database)
    account, claim_id = claim(database, expert_id, agreed=("registry", "publication"))
    _says(database, account, "award", title={"vi": "Giải thưởng"})

    ending(database, account, claim_id)

    with database.session() as session:
        expert = session.get_one(Expert, expert_id)
        agreed = session.scalars(select(Consent).where(col(Consent.withdrawn_at).is_(None)))
        rows = experts.list_current(session, [expert_id])[expert_id]
        assert session.scalars(select(Change).where(col(Change.kind) == "revert")).all() == []
        assert {consent.purpose for consent in agreed} == {"registry", "publication"}
    assert (expert.life, expert.is_published) == ("claimed", True)
    assert "award" in {row.property for row in rows}


@both_ways
def test_the_account_has_no_profile_role_session_or_token_any_more(
    database: Database, ending: Ending
) -> None:
    expert_id = make_lead(database)
    account, claim_id = claim(database, expert_id)
    with database.session() as session:
        browser = sessions.start(session, account, "password", None, NOW, timedelta(days=9))
        actor = actor_of(session, account)
        _, token = sessions.create_token(session, actor, "x", {"rights:own"}, 30, NOW)

    ending(database, account, claim_id)

    with database.session() as session:
        held = session.get_one(Account, account.id)
        assert held.expert_id is None
        assert repository.list_held_roles(session, [account.id]) == []
        assert sessions.find_signed_in(session, browser, LATER) is None
        assert not is_held(session, expert_id)
        with pytest.raises(NotSignedInError):
            sessions.actor_of_token(session, token, LATER)


@both_ways
def test_delegates_of_the_profile_lose_their_access_and_those_of_others_keep_it(
    database: Database, ending: Ending
) -> None:
    holder, claim_id = claim(database, make_lead(database, "1"), "holder")
    other, _ = claim(database, make_lead(database, "2"), "other")
    delegate = make_account(database, "delegate")
    with database.session() as session:
        for each in (holder, other):
            actor = actor_of(session, each)
            delegations.name_delegate(session, actor, "delegate", ["work"], 90, NOW)

    ending(database, holder, claim_id)

    with database.session() as session:
        kept = actor_of(session, delegate, LATER).delegations
        other_id = session.get_one(Account, other.id).expert_id
    assert list(kept) == [other_id]


def test_an_ended_claim_tells_who_ended_it_and_why(database: Database) -> None:
    account, claim_id = claim(database, make_lead(database))

    _end(database, claim_id)

    with database.session() as session:
        row = session.get_one(Claim, claim_id)
        remark = claim_store.get_words(session, row).remarks[-1]
        told = claim_decisions.refusal_of(session, actor_of(session, account), row)
        entries = audit.list_entries(session, AUDITOR, about=row.expert_id, action="claim:end")
    assert (row.state, row.decided_by, row.decided_at) == ("ended", STEWARD.id, LATER)
    assert (remark.act, remark.words) == ("end", REASON)
    assert told == REASON
    assert entries[0].details == {"reason": REASON, "account": str(account.id)}


def test_the_claim_of_a_closed_account_tells_that_it_was_closed(database: Database) -> None:
    account, claim_id = claim(database, make_lead(database))

    _close(database, account)

    with database.session() as session:
        row = session.get_one(Claim, claim_id)
        remark = claim_store.get_words(session, row).remarks[-1]
        entries = audit.list_entries(session, AUDITOR, about=row.expert_id, action="claim:end")
    assert (row.state, row.decided_by, row.decided_at) == ("ended", ADMIN.id, LATER)
    assert (remark.act, remark.by) == ("close", ADMIN.id)
    assert len(entries) == 1


def test_only_a_steward_ends_anothers_granted_claim_and_says_why(database: Database) -> None:
    expert_id = make_lead(database)
    account, claim_id = claim(database, expert_id)
    with database.session() as session:
        other = make_account(database, "other", Role.RECRUITER, body="most")
        for actor, reason, error in (
            (STEWARD, " ", InvalidInputError),
            (actor_of(session, account), REASON, NotPermittedError),
            (actor_of(session, other), REASON, NotPermittedError),
        ):
            with pytest.raises(error):
                claim_decisions.decide(session, actor, claim_id, "end", reason, LATER)

    assert state_of(database, claim_id) == "granted"


def test_a_steward_ends_no_claim_of_his_own(database: Database) -> None:
    steward = make_account(database, "steward", Role.STEWARD)
    with database.session() as session:
        token = claims.invite(session, STEWARD, make_lead(database), "by letter", NOW)
        actor = actor_of(session, steward)
        claim_id = claims.claim_by_link(session, actor, token, AGREED, "vi", NOW).id

    with database.session() as session:
        actor = actor_of(session, steward)
        with pytest.raises(NotPermittedError):
            claim_decisions.decide(session, actor, claim_id, "end", REASON, LATER)


@pytest.mark.parametrize("decision", ["end", "keep", "grant", "refuse"])
def test_after_it_has_ended_a_claim_can_only_be_taken_back(
    database: Database, decision: claim_decisions.Decision
) -> None:
    expert_id = make_lead(database)
    _, claim_id = claim(database, expert_id)
    _end(database, claim_id)

    with database.session() as session, pytest.raises(ChangedMeanwhileError):
        claim_decisions.decide(session, STEWARD, claim_id, decision, REASON, AFTER, expert_id)


# While somebody contests it.


def test_a_contested_claim_is_kept_or_taken_back_and_not_just_ended(database: Database) -> None:
    expert_id = make_lead(database)
    _, claim_id = claim(database, expert_id)
    with database.session() as session:
        contests.contest(session, STEWARD, expert_id, "why", NOW)

    with pytest.raises(ChangedMeanwhileError):
        _end(database, claim_id)
    with database.session() as session:
        claim_decisions.decide(session, STEWARD, claim_id, "keep", "seen", LATER)
    _end(database, claim_id)

    assert state_of(database, claim_id) == "ended"


def test_closing_the_account_keeps_nobody_from_being_undone(database: Database) -> None:
    expert_id = make_lead(database)
    account, claim_id = claim(database, expert_id)
    _says(database, account, "award", title={"vi": "Giải thưởng bịa"})
    with database.session() as session:
        contests.contest(session, STEWARD, expert_id, "why", NOW)

    _close(database, account)

    with database.session() as session:
        assert session.get_one(Account, account.id).expert_id is None
        with pytest.raises(InvalidInputError, match="holds this"):
            claims.invite(session, STEWARD, expert_id, "x", LATER)
        assert not lifecycle.get_status(session, STEWARD, expert_id).is_claimable
    with database.session() as session:
        claim_decisions.decide(session, STEWARD, claim_id, "revert", "not his", AFTER)
    with database.session() as session:
        rows = experts.list_current(session, [expert_id])[expert_id]
        assert session.get_one(Expert, expert_id).life == "invited"
    assert "award" not in {row.property for row in rows}


def test_to_keep_the_claim_of_a_closed_account_is_to_end_it(database: Database) -> None:
    expert_id = make_lead(database)
    account, claim_id = claim(database, expert_id)
    with database.session() as session:
        contests.contest(session, STEWARD, expert_id, "why", NOW)
    _close(database, account)

    with database.session() as session:
        claim_decisions.decide(session, STEWARD, claim_id, "keep", "seen", AFTER)

    assert state_of(database, claim_id) == "ended"
    claim(database, expert_id, "again", AFTER)


# Closing.


def test_closing_ends_what_was_held_for_others_asked_for_and_linked(database: Database) -> None:
    holder, _ = claim(database, make_lead(database), "holder")
    account = make_account(database, "leaving")
    link_orcid(database, account)
    with database.session() as session:
        actor = actor_of(session, holder)
        delegations.name_delegate(session, actor, "leaving", ["work"], 90, NOW)
    with database.session() as session:
        asked = claims.claim_in_words(
            session, actor_of(session, account), "me", "ask my dean", AGREED, "vi", NOW
        )

    _close(database, account)

    with database.session() as session:
        row = session.get_one(Claim, asked.id)
        acts = [remark.act for remark in claim_store.get_words(session, row).remarks]
        assert session.scalars(select(ExternalLogin)).all() == []
        assert delegations.list_named(session, actor_of(session, holder), LATER) == []
    assert (row.state, acts) == ("refused", ["claim", "close"])


def test_an_account_that_holds_a_profile_without_a_claim_is_closed_all_the_same(
    database: Database,
) -> None:
    expert_id = make_lead(database, life=Life.CLAIMED)
    account = make_account(database, "demo", Role.EXPERT, expert_id=expert_id)

    _close(database, account)

    with database.session() as session:
        assert find_holder(session, expert_id) is None
        assert session.get_one(Account, account.id).expert_id is None


def test_an_account_is_closed_once(database: Database) -> None:
    account = make_account(database, "leaving")
    _close(database, account)

    with pytest.raises(NotFoundError):
        _close(database, account)


def test_an_account_that_is_given_a_profile_at_this_moment_is_not_closed_with_it_held(
    database: Database,
) -> None:
    expert_id = make_lead(database)
    account = make_account(database, "leaving")
    with database.session() as session:
        token = claims.invite(session, STEWARD, expert_id, "by letter", NOW)

    with ThreadPoolExecutor(1) as pool, database.session() as session:
        claims.claim_by_link(session, actor_of(session, account), token, AGREED, "vi", NOW)
        closing = pool.submit(_close, database, account)
        while not session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
            assert not closing.done()
        session.commit()
        error = closing.exception(timeout=30)

    assert isinstance(error, ChangedMeanwhileError)
    _close(database, account)
    with database.session() as session:
        assert not is_held(session, expert_id)


# Claimed again.


@pytest.mark.parametrize("life", ["claimed", "verified", "paused"])
@both_ways
def test_a_profile_is_claimed_again_by_invitation_and_stays_what_it_is(
    database: Database, ending: Ending, life: str
) -> None:
    expert_id = make_lead(database)
    account, claim_id = claim(database, expert_id, "before")
    with database.session() as session:
        expert = session.get_one(Expert, expert_id)
        lifecycle.change_life(session, STEWARD, expert, Life(life), NOW)
    ending(database, account, claim_id)
    with database.session() as session:
        assert lifecycle.get_status(session, STEWARD, expert_id).is_claimable

    again, _ = claim(database, expert_id, "again", AFTER)

    with database.session() as session:
        assert actor_of(session, again).expert_id == expert_id
        assert session.get_one(Expert, expert_id).life == life


def test_a_withdrawn_profile_is_nobodys_to_claim_when_its_account_was_closed(
    database: Database,
) -> None:
    expert_id = make_lead(database)
    account, _ = claim(database, expert_id)
    with database.session() as session:
        actor = actor_of(session, account)
        lifecycle.move(session, actor, expert_id, Life.WITHDRAWN, None, NOW)
    _close(database, account)

    with database.session() as session, pytest.raises(InvalidInputError, match="cannot be claimed"):
        claims.invite(session, STEWARD, expert_id, "x", LATER)


def test_whoever_claims_a_paused_profile_ends_the_pause(database: Database) -> None:
    expert_id = make_lead(database, life=Life.VERIFIED)
    account, _ = claim(database, expert_id, "before")
    with database.session() as session:
        actor = actor_of(session, account)
        lifecycle.move(session, actor, expert_id, Life.PAUSED, None, NOW)
    _close(database, account)
    again, _ = claim(database, expert_id, "again", AFTER)

    with database.session() as session:
        actor = actor_of(session, again, AFTER)
        lifecycle.move(session, actor, expert_id, Life.VERIFIED, None, AFTER)

    with database.session() as session:
        assert session.get_one(Expert, expert_id).life == "verified"


@pytest.mark.parametrize("acts", [(), ("verified",), ("verified", "withdrawn"), ("withdrawn",)])
def test_a_pause_of_before_a_wrong_claim_is_the_same_when_it_is_taken_back(
    database: Database, acts: tuple[str, ...]
) -> None:
    expert_id = make_lead(database, life=Life.VERIFIED)
    with database.session() as session:
        lifecycle.move(session, STEWARD, expert_id, Life.PAUSED, "his letter", NOW)
    account, claim_id = claim(database, expert_id)
    for life in acts:
        with database.session() as session:
            actor = actor_of(session, account, LATER)
            lifecycle.move(session, actor, expert_id, Life(life), None, LATER)

    with database.session() as session:
        claim_decisions.decide(session, STEWARD, claim_id, "revert", "not his", AFTER)

    with database.session() as session:
        expert = session.get_one(Expert, expert_id)
    assert (expert.life, expert.lives_before) == ("paused", ["verified"])


@both_ways
def test_a_steward_grants_a_claim_in_words_of_a_profile_that_was_held(
    database: Database, ending: Ending
) -> None:
    expert_id = make_lead(database)
    before, claim_id = claim(database, expert_id, "before")
    ending(database, before, claim_id)
    again = make_account(database, "again")
    with database.session() as session:
        asked = claims.claim_in_words(
            session, actor_of(session, again), str(expert_id), "it is I", AGREED, "vi", AFTER
        )

    with database.session() as session:
        claim_decisions.decide(session, STEWARD, asked.id, "grant", "called her", AFTER)

    with database.session() as session:
        assert actor_of(session, again).expert_id == expert_id


def test_what_a_former_holder_agreed_to_is_not_the_next_ones_word(database: Database) -> None:
    expert_id = make_lead(database)
    _, claim_id = claim(database, expert_id, "before", agreed=("registry", "publication"))
    _end(database, claim_id)

    claim(database, expert_id, "again", AFTER)

    with database.session() as session:
        expert = session.get_one(Expert, expert_id)
    assert not expert.is_published


# By ORCID, after somebody has held the profile.


def _leave(database: Database, account: Account) -> None:
    """The holder himself closes his account."""
    with database.session() as session:
        session.add(ExternalLogin(provider="x", subject="x", account_id=account.id, linked_at=NOW))
    with database.session() as session:
        leaving.leave(session, actor_of(session, account, LATER), "", Browser(None), LATER)


def test_an_orcid_of_before_the_first_claim_is_still_a_proof_when_the_holder_left(
    database: Database,
) -> None:
    expert_id = make_lead(database, "1", with_orcid())
    before, _ = claim(database, expert_id, "before", NOW + timedelta(hours=1))
    _leave(database, before)
    again = make_account(database, "again")
    link_orcid(database, again)

    made = _come(database, again)

    assert (made.state, made.expert_id) == ("granted", expert_id)


def test_an_orcid_that_the_former_holder_wrote_is_for_a_steward(database: Database) -> None:
    expert_id = make_lead(database)
    before, _ = claim(database, expert_id, "before", NOW - timedelta(days=1))
    _says(database, before, "external_id", scheme="orcid", value=ORCID)
    _leave(database, before)
    again = make_account(database, "again")
    link_orcid(database, again)

    made = _come(database, again)

    assert (made.state, made.expert_id) == ("open", expert_id)


def test_an_orcid_with_which_the_former_holder_signed_in_is_for_a_steward(
    database: Database,
) -> None:
    expert_id = make_lead(database)
    before, _ = claim(database, expert_id, "before", NOW - timedelta(days=1))
    link_orcid(database, before)
    _says(database, before, "external_id", scheme="orcid", value=ORCID)
    _leave(database, before)
    again = make_account(database, "again")
    link_orcid(database, again)

    assert _come(database, again).state == "open"


@pytest.mark.parametrize("decision", ["end", "revert"])
def test_whom_a_steward_parted_from_a_profile_does_not_come_back_by_orcid_alone(
    database: Database, decision: claim_decisions.Decision
) -> None:
    expert_id = make_lead(database, "1", with_orcid())
    account = make_account(database, "orcid")
    link_orcid(database, account)
    first = _come(database, account, NOW)
    assert first.state == "granted"
    with database.session() as session:
        claim_decisions.decide(session, STEWARD, first.id, decision, REASON, LATER)

    again = _come(database, account)

    assert (again.state, again.expert_id) == ("open", expert_id)


HOLDER = uuid4()


@dataclass
class _Former:
    state: str = "ended"
    decided_by: str | None = ""
    created_at: datetime = NOW
    account_id: UUID = HOLDER

    def __post_init__(self) -> None:
        self.decided_by = self.decided_by or str(self.account_id)


def test_an_orcid_is_a_proof_only_as_long_as_no_claim_speaks_against_it() -> None:
    early, late = NOW - timedelta(seconds=1), NOW
    later = _Former(created_at=NOW + timedelta(days=9))

    assert is_still_proof([], None)
    assert is_still_proof([_Former()], early)
    assert is_still_proof([later, _Former()], early)
    assert not is_still_proof([_Former()], late)
    assert not is_still_proof([later, _Former()], late)
    assert not is_still_proof([_Former()], None)
    assert not is_still_proof([_Former(state="reverted")], early)
    assert not is_still_proof([_Former(), _Former(decided_by="steward")], early)
