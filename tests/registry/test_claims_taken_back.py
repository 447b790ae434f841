"""A claim of the wrong person is taken back: the profile is as if it had never been granted."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from ingest.load import load_whole
from registry.access import accounts, claim_decisions, claims, contests, delegations, sessions
from registry.access.models import Account, APIToken, Claim, Delegation
from registry.access.policy import Actor, Role
from registry.audit.models import AuditEntry
from registry.councils.models import Council
from registry.db import Database
from registry.errors import (
    ChangedMeanwhileError,
    InvalidInputError,
    NotFoundError,
    NotPermittedError,
    RegistryError,
)
from registry.experts import editing, judging, lifecycle, repository, standing, verifying
from registry.experts.judging import Shown
from registry.experts.models import (
    Change,
    Expert,
    ExpertStanding,
    ExpertSummary,
    ItemChoice,
    Statement,
)
from registry.experts.schemas import Life, Visibility
from registry.experts.versions import profile_version
from registry.rights import consents, considerations
from registry.rights.consent_store import Proof
from registry.rights.models import Consent, Consideration
from tests.accounts import make_account, make_body
from tests.claims import LATER, STEWARD, actor_of, claim, make_lead, state_of
from tests.factories import NOW, make_person, said, work

OPERATOR = Actor("operator:root", frozenset({Role.ADMINISTRATOR}))
REASON = "the dean says that he is somebody else"
AFTER = LATER + timedelta(days=1)


def _statements(session: Session, expert_id: UUID) -> list[dict[str, Any]]:
    """What is said now, without what tells one row from another that says the same."""
    of_the_row = {"id", "change_id", "closed_by", "superseded_by", "superseded_at", "recorded_at"}
    rows = repository.list_current(session, [expert_id])[expert_id]
    said_now = [row.model_dump(exclude=of_the_row) for row in rows]
    return sorted(said_now, key=lambda r: (r["source"], r["property"], r["item_key"]))


def _everything(database: Database, expert_id: UUID) -> dict[str, Any]:
    """All of a profile that a claim could have touched."""
    with database.session() as session:
        expert = session.get_one(Expert, expert_id)
        choices = repository.list_choices(session, [expert_id]).get(expert_id, {})
        agreed = session.scalars(
            select(Consent).where(
                col(Consent.expert_id) == expert_id, col(Consent.withdrawn_at).is_(None)
            )
        )
        contacts = session.get(ExpertStanding, expert_id)
        running = select(Delegation).where(
            col(Delegation.expert_id) == expert_id, col(Delegation.revoked_at).is_(None)
        )
        return {
            "expert": expert.model_dump(exclude={"life_since", "expires_at"}),
            "statements": _statements(session, expert_id),
            "summary": session.get_one(ExpertSummary, expert_id).model_dump(),
            "choices": {
                key: (c.judgement, c.visibility, c.named_bodies) for key, c in choices.items()
            },
            "consents": sorted((c.purpose, c.body, c.channel, c.given_at) for c in agreed),
            "standing": contacts.model_dump() if contacts is not None else None,
            "delegations": len(session.scalars(running).all()),
        }


def _revert(database: Database, claim_id: UUID, now: datetime = AFTER) -> None:
    with database.session() as session:
        claim_decisions.decide(session, STEWARD, claim_id, "revert", REASON, now)


def _find(session: Session, expert_id: UUID, property_name: str) -> Statement:
    rows = repository.list_current(session, [expert_id])[expert_id]
    return next(row for row in rows if row.property == property_name)


Act = Callable[[Session, Actor, UUID], object]


def _add(session: Session, actor: Actor, expert_id: UUID) -> object:
    seen = [profile_version(session, actor, session.get_one(Expert, expert_id))]
    draft = said("award", {"title": {"vi": "Giải thưởng bịa"}})
    return editing.add_item(session, actor, expert_id, draft, seen=seen, now=LATER)


def _correct(session: Session, actor: Actor, expert_id: UUID) -> object:
    target = _find(session, expert_id, "affiliation")
    draft = said("affiliation", {"organisation": "Viện khác", "is_main": True})
    return editing.correct_item(
        session, actor, expert_id, target.id, draft, seen=[str(target.id)], now=LATER
    )


def _reject(session: Session, actor: Actor, expert_id: UUID) -> object:
    target = _find(session, expert_id, "work")
    return judging.judge_item(
        session, actor, expert_id, target.id, "rejected", seen=[str(target.id)], now=LATER
    )


def _hide(session: Session, actor: Actor, expert_id: UUID) -> object:
    target = _find(session, expert_id, "work")
    return judging.show_item(
        session,
        actor,
        expert_id,
        target.id,
        Shown(Visibility.SELF),
        seen=[str(target.id)],
        now=LATER,
    )


def _hide_name(session: Session, actor: Actor, expert_id: UUID) -> object:
    target = _find(session, expert_id, "affiliation")
    return judging.show_item(
        session,
        actor,
        expert_id,
        target.id,
        Shown(Visibility.STEWARDS),
        seen=[str(target.id)],
        now=LATER,
    )


def _publish(session: Session, actor: Actor, expert_id: UUID) -> object:
    return consents.give(session, actor, expert_id, "publication", "vi", LATER)


def _pause(session: Session, actor: Actor, expert_id: UUID) -> object:
    return lifecycle.move(session, actor, expert_id, Life.PAUSED, None, LATER)


def _withdraw(session: Session, actor: Actor, expert_id: UUID) -> object:
    return lifecycle.move(session, actor, expert_id, Life.WITHDRAWN, None, LATER)


def _confirm(session: Session, actor: Actor, expert_id: UUID) -> object:
    return standing.confirm(session, actor, LATER)


ACTS = [_add, _correct, _reject, _hide, _hide_name, _publish, _pause, _withdraw, _confirm]


def _act(database: Database, account: Account, act: Act, expert_id: UUID) -> None:
    with database.session() as session:
        act(session, actor_of(session, account, LATER), expert_id)


@pytest.mark.parametrize("life", [Life.LEAD, Life.CLAIMED, Life.VERIFIED])
@pytest.mark.parametrize("act", ACTS)
def test_taking_a_claim_back_undoes_each_act_of_the_claimant(
    database: Database, act: Act, life: Life
) -> None:
    expert_id = make_lead(database, "1", work("Một công trình"), life=life)
    before = _everything(database, expert_id)
    account, claim_id = claim(database, expert_id)
    _act(database, account, act, expert_id)
    assert _everything(database, expert_id) != before

    _revert(database, claim_id)

    # The invitation moved the lead on, before anybody claimed it.
    if life is Life.LEAD:
        before["expert"]["life"] = "invited"
    assert _everything(database, expert_id) == before
    assert state_of(database, claim_id) == "reverted"


def test_all_acts_together_and_in_any_order_are_undone(database: Database) -> None:
    expert_id = make_lead(database, "1", work("Một công trình"))
    account, claim_id = claim(database, expert_id, agreed=("registry", "matching"))
    with database.session() as session:
        session.get_one(Expert, expert_id)
    for act in (_hide, _add, _correct, _reject, _confirm, _hide_name, _publish, _pause):
        _act(database, account, act, expert_id)

    _revert(database, claim_id)

    with database.session() as session:
        rows = repository.list_current(session, [expert_id])[expert_id]
        expert = session.get_one(Expert, expert_id)
        assert {row.source for row in rows} == {"test"}
        assert {row.visibility for row in rows} == {"public"}
        assert {row.judgement for row in rows} == {None}
        assert repository.list_choices(session, [expert_id]) == {}
        assert session.scalars(select(Consent)).all() == []
    assert (expert.life, expert.is_published, expert.is_searchable) == ("invited", False, True)


@pytest.mark.parametrize("seed", range(5))
def test_whatever_order_he_acts_in_nothing_of_it_is_left(database: Database, seed: int) -> None:
    expert_id = make_lead(database, "1", work("Một công trình"), life=Life.VERIFIED)
    before = _everything(database, expert_id)
    account, claim_id = claim(database, expert_id)
    done = 0
    for act in random.Random(seed).choices(ACTS, k=8):
        try:
            _act(database, account, act, expert_id)
        except RegistryError:
            # What cannot follow what he did before: a profile is paused once.
            continue
        done += 1
    assert done > 2

    _revert(database, claim_id)

    assert _everything(database, expert_id) == before


def test_the_holder_is_parted_from_the_profile_and_signed_out(database: Database) -> None:
    expert_id = make_lead(database)
    account, claim_id = claim(database, expert_id)
    with database.session() as session:
        token = sessions.start(session, account, "password", None, LATER, timedelta(days=9))

    _revert(database, claim_id)

    with database.session() as session:
        assert sessions.find_signed_in(session, token, AFTER) is None
        actor = actor_of(session, account, AFTER)
    assert actor.expert_id is None
    assert actor.roles == frozenset()


def test_what_the_claimants_delegates_did_is_undone_and_they_lose_their_access(
    database: Database,
) -> None:
    expert_id = make_lead(database, "1", work("Một công trình"))
    before = _everything(database, expert_id)
    account, claim_id = claim(database, expert_id)
    delegate = make_account(database, "delegate")
    with database.session() as session:
        delegations.name_delegate(
            session, actor_of(session, account), "delegate", ["award", "work"], 90, NOW
        )
    _act(database, delegate, _add, expert_id)
    _act(database, delegate, _reject, expert_id)

    _revert(database, claim_id)

    before["expert"]["life"] = "invited"
    assert _everything(database, expert_id) == before
    with database.session() as session:
        assert actor_of(session, delegate, AFTER).delegations == {}


def test_what_others_did_meanwhile_stays_without_what_the_claimant_decided(
    database: Database,
) -> None:
    expert_id = make_lead(database, "1", work("Một công trình"))
    account, claim_id = claim(database, expert_id)
    _act(database, account, _hide, expert_id)
    _act(database, account, _reject, expert_id)
    again = make_person(
        "1", "Trần Thị Khóa 1", work("Một công trình", year="2023"), work("Một công trình khác")
    )
    load_whole(database, STEWARD, [again], LATER)

    _revert(database, claim_id)

    with database.session() as session:
        rows = repository.list_current(session, [expert_id])[expert_id]
        works = [row for row in rows if row.property == "work"]
    assert sorted(row.started_on or "" for row in works) == ["2022", "2023"]
    assert {(row.visibility, row.judgement) for row in works} == {("public", None)}


def test_what_a_source_no_longer_says_is_not_said_again(database: Database) -> None:
    expert_id = make_lead(database, "1", work("Một công trình"))
    account, claim_id = claim(database, expert_id)
    _act(database, account, _reject, expert_id)
    load_whole(database, STEWARD, [make_person("1", "Trần Thị Khóa 1")], LATER)

    _revert(database, claim_id)

    with database.session() as session:
        rows = repository.list_current(session, [expert_id])[expert_id]
    assert "work" not in {row.property for row in rows}


def test_a_check_that_a_steward_made_meanwhile_stays(database: Database) -> None:
    expert_id = make_lead(database, "1", work("Một công trình"))
    account, claim_id = claim(database, expert_id)
    _act(database, account, _hide_name, expert_id)
    with database.session() as session:
        target = _find(session, expert_id, "affiliation")
        verifying.verify_item(
            session,
            STEWARD,
            expert_id,
            target.id,
            "document",
            "letter 12",
            seen=[str(target.id)],
            now=LATER,
        )

    _revert(database, claim_id)

    with database.session() as session:
        row = _find(session, expert_id, "affiliation")
    assert (row.verification, row.visibility) == ("checked", "public")


def test_the_claimants_own_word_goes_also_where_a_steward_has_checked_it(
    database: Database,
) -> None:
    expert_id = make_lead(database)
    account, claim_id = claim(database, expert_id)
    _act(database, account, _add, expert_id)
    with database.session() as session:
        target = _find(session, expert_id, "award")
        verifying.verify_item(
            session,
            STEWARD,
            expert_id,
            target.id,
            "document",
            "letter 12",
            seen=[str(target.id)],
            now=LATER,
        )

    _revert(database, claim_id)

    with database.session() as session:
        rows = repository.list_current(session, [expert_id])[expert_id]
    assert "award" not in {row.property for row in rows}


def test_consents_on_paper_that_he_withdrew_hold_again(database: Database) -> None:
    expert_id = make_lead(database, life=Life.CLAIMED)
    with database.session() as session:
        for purpose in ("registry", "matching"):
            proof = Proof("paper", "letter 7")
            consents.give(session, STEWARD, expert_id, purpose, "vi", NOW, proof=proof)
    before = _everything(database, expert_id)
    account, claim_id = claim(database, expert_id, now=LATER)
    _act(database, account, _withdraw, expert_id)

    _revert(database, claim_id)

    assert _everything(database, expert_id) == before
    assert before["expert"]["is_searchable"]


def test_taking_back_counts_from_the_grant_also_after_a_contest_was_turned_down(
    database: Database,
) -> None:
    expert_id = make_lead(database, "1", work("Một công trình"))
    before = _everything(database, expert_id)
    account, claim_id = claim(database, expert_id)
    _act(database, account, _add, expert_id)
    with database.session() as session:
        contests.contest(session, STEWARD, expert_id, "why", LATER)
        claim_decisions.decide(session, STEWARD, claim_id, "keep", "seen", AFTER)

    _revert(database, claim_id, AFTER + timedelta(days=1))

    before["expert"]["life"] = "invited"
    assert _everything(database, expert_id) == before


def test_two_wrong_people_one_after_the_other_leave_nothing_behind(database: Database) -> None:
    expert_id = make_lead(database, "1", work("Một công trình"))
    first, first_claim = claim(database, expert_id, "first")
    _act(database, first, _add, expert_id)
    _revert(database, first_claim, LATER)
    second, second_claim = claim(database, expert_id, "second", now=LATER)
    _act(database, second, _add, expert_id)

    _revert(database, second_claim)

    with database.session() as session:
        rows = repository.list_current(session, [expert_id])[expert_id]
    assert {row.source for row in rows} == {"test"}


def test_what_happened_stays_on_record(database: Database) -> None:
    expert_id = make_lead(database)
    account, claim_id = claim(database, expert_id)
    _act(database, account, _add, expert_id)

    _revert(database, claim_id)

    with database.session() as session:
        noted = session.scalars(select(col(AuditEntry.action))).all()
        changes = session.scalars(select(Change).where(col(Change.actor) == str(account.id))).all()
        revert = session.scalars(select(Change).where(col(Change.kind) == "revert")).one()
        row = session.get_one(Claim, claim_id)
        closed = session.scalars(select(Statement).where(col(Statement.property) == "award")).one()
    assert {"claim:grant", "claim:revert", "claim:undo", "life:move"} <= set(noted)
    assert {change.reverted_by for change in changes} == {revert.id}
    assert (row.state, row.decided_by) == ("reverted", STEWARD.id)
    assert closed.closed_by == revert.id


def test_a_reverted_profile_can_be_claimed_by_the_right_person(database: Database) -> None:
    expert_id = make_lead(database)
    _, claim_id = claim(database, expert_id, "wrong")
    _revert(database, claim_id)

    right, _ = claim(database, expert_id, "right", now=AFTER)

    with database.session() as session:
        assert actor_of(session, right, AFTER).expert_id == expert_id


def test_the_wrong_person_may_still_claim_his_own(database: Database) -> None:
    first, second = make_lead(database, "1"), make_lead(database, "2")
    account, claim_id = claim(database, first)
    _revert(database, claim_id)
    with database.session() as session:
        token = claims.invite(session, STEWARD, second, "x", AFTER)

    with database.session() as session:
        made = claims.claim_by_link(
            session, actor_of(session, account, AFTER), token, ("registry",), "vi", AFTER
        )

    assert made.expert_id == second


def test_taking_back_needs_a_reason_and_a_steward_and_is_done_once(database: Database) -> None:
    expert_id = make_lead(database)
    account, claim_id = claim(database, expert_id)

    with database.session() as session, pytest.raises(InvalidInputError):
        claim_decisions.decide(session, STEWARD, claim_id, "revert", "", AFTER)
    with database.session() as session, pytest.raises(NotPermittedError):
        claim_decisions.decide(
            session, actor_of(session, account), claim_id, "revert", REASON, AFTER
        )
    _revert(database, claim_id)
    with database.session() as session, pytest.raises(ChangedMeanwhileError):
        claim_decisions.decide(session, STEWARD, claim_id, "revert", REASON, AFTER)


def test_a_merged_profile_is_what_it_was_when_it_is_parted_again(database: Database) -> None:
    expert_id = make_lead(database)
    account, claim_id = claim(database, expert_id)
    with database.session() as session:
        expert = session.get_one(Expert, expert_id)
        lifecycle.change_life(session, STEWARD, expert, Life.MERGED, LATER, "the same person")

    _revert(database, claim_id)

    with database.session() as session:
        expert = session.get_one(Expert, expert_id)
        assert (expert.life, expert.lives_before) == ("merged", ["invited"])
        assert actor_of(session, account).expert_id is None


# While a claim is contested.


def test_a_contested_holder_moves_nothing_that_reaches_beyond_the_profile(
    database: Database,
) -> None:
    expert_id = make_lead(database, "1", work("Một công trình"))
    account, _ = claim(database, expert_id)
    make_account(database, "delegate")
    with database.session() as session:
        contests.contest(session, STEWARD, expert_id, "why", LATER)
    refused: list[Act] = [
        _publish,
        _hide,
        lambda s, a, e: delegations.name_delegate(s, a, "delegate", ["work"], 9, LATER),
    ]

    for act in refused:
        with pytest.raises(NotPermittedError), database.session() as session:
            act(session, actor_of(session, account, LATER), expert_id)

    with database.session() as session:
        moves = lifecycle.get_status(session, actor_of(session, account), expert_id).moves
        assert set(moves) == {Life.PAUSED, Life.WITHDRAWN}
        assert session.scalars(select(ItemChoice)).all() == []


@pytest.mark.parametrize("act", [_pause, _withdraw])
def test_a_contested_holder_can_still_hide_the_profile(database: Database, act: Act) -> None:
    expert_id = make_lead(database, "1", work("Một công trình"))
    account, _ = claim(database, expert_id)
    with database.session() as session:
        contests.contest(session, STEWARD, expert_id, "why", LATER)

    with database.session() as session:
        act(session, actor_of(session, account, LATER), expert_id)

    with database.session() as session:
        assert session.get_one(Expert, expert_id).life in {"paused", "withdrawn"}


def test_a_contested_holder_still_ends_what_he_gave_to_others(database: Database) -> None:
    expert_id = make_lead(database)
    account, _ = claim(database, expert_id)
    make_account(database, "delegate")
    with database.session() as session:
        made = delegations.name_delegate(
            session, actor_of(session, account), "delegate", ["work"], 9, NOW
        )
    with database.session() as session:
        contests.contest(session, STEWARD, expert_id, "why", NOW)

    with database.session() as session:
        delegations.revoke(session, actor_of(session, account), made.id, LATER)
    with database.session() as session, pytest.raises(NotFoundError):
        delegations.revoke(session, actor_of(session, account), made.id, LATER)


def test_a_steward_acts_on_while_a_claim_is_contested(database: Database) -> None:
    expert_id = make_lead(database)
    claim(database, expert_id)
    with database.session() as session:
        contests.contest(session, STEWARD, expert_id, "why", LATER)

    with database.session() as session:
        moved = lifecycle.move(session, STEWARD, expert_id, Life.PAUSED, "until decided", LATER)

    assert moved.life == "paused"


# Of somebody who has left


def _close(database: Database, account: Account, now: datetime = LATER) -> None:
    with database.session() as session:
        accounts.close_account(session, OPERATOR, account.id, now)


def test_closing_an_account_saves_nobody_from_being_undone(database: Database) -> None:
    expert_id = make_lead(database, "1", work("Một công trình"), life=Life.CLAIMED)
    before = _everything(database, expert_id)
    account, claim_id = claim(database, expert_id, agreed=("registry", "publication"))
    _act(database, account, _hide, expert_id)
    _close(database, account)
    assert state_of(database, claim_id) == "ended"
    witness = make_account(database, "witness")
    with database.session() as session:
        contests.contest(session, actor_of(session, witness), expert_id, "That was not me.", LATER)

    _revert(database, claim_id)

    assert _everything(database, expert_id) == before
    assert state_of(database, claim_id) == "reverted"


def test_an_ended_claim_is_kept_when_it_was_the_right_persons(database: Database) -> None:
    expert_id = make_lead(database, "1", work("Một công trình"))
    account, claim_id = claim(database, expert_id)
    _act(database, account, _hide, expert_id)
    _close(database, account)
    left = _everything(database, expert_id)
    with database.session() as session:
        contests.contest(session, STEWARD, expert_id, "Somebody has written to us.", LATER)

    with database.session() as session:
        claim_decisions.decide(session, STEWARD, claim_id, "keep", REASON, AFTER)

    assert _everything(database, expert_id) == left
    assert state_of(database, claim_id) == "ended"
    claim(database, expert_id, "again", AFTER)


def test_what_the_next_holder_did_is_not_undone_with_the_one_before(database: Database) -> None:
    expert_id = make_lead(database, "1", work("Một công trình"))
    first, first_claim = claim(database, expert_id)
    _close(database, first)
    second, second_claim = claim(database, expert_id, "second", LATER)
    _act(database, second, _hide, expert_id)
    with database.session() as session:
        opened = claim_decisions.open_claim(session, STEWARD, first_claim)

    with pytest.raises(ChangedMeanwhileError, match="granted this profile since"):
        _revert(database, first_claim)

    assert "revert" not in opened.decisions
    _revert(database, second_claim)
    # Nobody holds it after the second one any more, so that the first one can be looked at.
    _revert(database, first_claim)
    assert state_of(database, first_claim) == "reverted"


def test_the_next_profile_of_a_former_holder_is_not_taken_from_him(database: Database) -> None:
    wrong, right = make_lead(database, "1"), make_lead(database, "2")
    account, claim_id = claim(database, wrong)
    with database.session() as session:
        claim_decisions.decide(session, STEWARD, claim_id, "end", REASON, LATER)
    with database.session() as session:
        token = claims.invite(session, STEWARD, right, "letter", LATER)
    with database.session() as session:
        actor = actor_of(session, account, LATER)
        claims.claim_by_link(session, actor, token, ["registry"], "vi", LATER)

    _revert(database, claim_id)

    with database.session() as session:
        assert session.get_one(Account, account.id).expert_id == right


def test_tokens_end_with_a_claim_that_is_taken_back(database: Database) -> None:
    expert_id = make_lead(database)
    account, claim_id = claim(database, expert_id)
    with database.session() as session:
        actor = actor_of(session, account, LATER)
        sessions.create_token(session, actor, "script", {"profile:own"}, 30, LATER)

    _revert(database, claim_id)

    with database.session() as session:
        assert all(row.revoked_at for row in session.scalars(select(APIToken)))


def test_councils_stop_considering_whoever_agreed_as_the_wrong_person(database: Database) -> None:
    make_body(database, "most")
    expert_id = make_lead(database, life=Life.CLAIMED)
    _, claim_id = claim(database, expert_id, agreed=("registry", "council"))
    with database.session() as session:
        session.get_one(Expert, expert_id).is_invented = False
        council = Council(name_vi="Hội đồng", name_en="Council", body="most")
        session.add(council)
        session.flush()
        secretary = Actor("s1", frozenset({Role.SECRETARY}), body="most")
        considerations.open_consideration(
            session, secretary, expert_id, "Cố vấn", LATER, council.id
        )

    _revert(database, claim_id)

    with database.session() as session:
        assert session.scalars(select(Consideration)).one().outcome == "consent_ended"
