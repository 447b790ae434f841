"""What was joined is parted again without a trace: claims of wrong persons, merged profiles."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final, get_args
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session
from sqlmodel import SQLModel, col

from registry.access import claim_decisions, delegations
from registry.access.models import Account, Claim, Delegation
from registry.access.policy import Actor
from registry.audit.models import AuditEntry
from registry.db import Database
from registry.errors import InvalidInputError, NotPermittedError, RegistryError
from registry.experts import editing, judging, lifecycle, repository, standing
from registry.experts.judging import Shown
from registry.experts.life import Party, check_move, possible_moves
from registry.experts.models import Change, Expert, ExpertStanding, ExpertSummary, ItemChoice
from registry.experts.models import Statement as Row
from registry.experts.schemas import Life, StatementDraft, Visibility
from registry.experts.versions import profile_version
from registry.rights import consents
from registry.rights.consent_rules import Purpose
from registry.rights.consent_store import Proof
from registry.rights.models import Consent
from tests.accounts import make_account
from tests.claims import LATER, STEWARD, actor_of, claim, make_lead, state_of
from tests.factories import NOW, said, work

WHY: Final = "the dean says that he is somebody else"
AFTER: Final = LATER + timedelta(days=1)
PROFILES: Final = count(1)
# Of one row among others that say the same; life and its dates are looked at apart.
OF_THE_ROW: Final = {
    *("id", "change_id", "closed_by", "superseded_by", "superseded_at", "recorded_at")
}


# Acts of a claimant or his delegate, each with what it is about as numbers.


@dataclass(frozen=True)
class Step:
    """One act: which, by the claimant or his delegate, and choices that it makes by number."""

    act: str
    by_delegate: bool
    target: int
    choice: int


def _rows(session: Session, expert_id: UUID) -> list[Row]:
    rows = repository.list_current(session, [expert_id])[expert_id]
    return sorted(rows, key=lambda row: (row.property, row.source, row.item_key))


def _draft(row: Row, choice: int) -> StatementDraft:
    """Something else that this property could say."""
    if row.property == "name":
        return said("name", {"display": f"Lê Bịa {'ABC'[choice % 3]}"})
    if row.property == "affiliation":
        return said("affiliation", {"organisation": f"Viện bịa {choice}", "is_main": True})
    if row.property == "work":
        return work(f"Công trình bịa {choice}", year=str(2000 + choice))
    return said("award", {"title": {"vi": f"Giải bịa {choice}"}})


def _perform(
    session: Session, actor: Actor, expert_id: UUID, step: Step, login: str, now: datetime
) -> None:
    rows = _rows(session, expert_id)
    target = rows[step.target % len(rows)]
    seen: dict[str, Any] = {"seen": [str(target.id)], "now": now}
    place: tuple[Session, Actor, UUID, UUID] = (session, actor, expert_id, target.id)
    match step.act:
        case "add":
            seen["seen"] = [profile_version(session, actor, session.get_one(Expert, expert_id))]
            editing.add_item(session, actor, expert_id, _draft(target, step.choice), **seen)
        case "correct":
            editing.correct_item(*place, _draft(target, step.choice), **seen)
        case "remove":
            editing.remove_item(*place, **seen)
        case "judge":
            judgements: tuple[judging.Judgement | None, ...] = ("accepted", "rejected", None)
            judging.judge_item(*place, judgements[step.choice % 3], **seen)
        case "show":
            levels = [v for v in Visibility if v is not Visibility.NAMED_BODIES]
            judging.show_item(*place, Shown(levels[step.choice % len(levels)]), **seen)
        case "confirm":
            standing.confirm(session, actor, now)
        case "delegate":
            sections = ["award", "work", "affiliation", "name"][: 1 + step.choice % 4]
            delegations.name_delegate(session, actor, login, sections, 90, now)
        case "agree":
            purpose = list(Purpose)[step.choice % len(Purpose)]
            consents.give(session, actor, expert_id, purpose, "vi", now)
        case "disagree":
            query = select(col(Consent.id)).where(col(Consent.expert_id) == expert_id)
            agreed = sorted(session.scalars(query))
            if agreed:
                consent_id = agreed[step.choice % len(agreed)]
                consents.withdraw(session, actor, expert_id, consent_id, now)
        case _:
            lives = (Life.PAUSED, Life.WITHDRAWN, Life.CLAIMED, Life.VERIFIED)
            lifecycle.move(session, actor, expert_id, lives[step.choice % 4], None, now)


ACTS: Final = (
    *("add", "correct", "remove", "judge", "show"),
    *("confirm", "delegate", "agree", "disagree", "move"),
)
STEPS: Final = st.builds(
    Step, st.sampled_from(ACTS), st.booleans(), st.integers(0, 7), st.integers(0, 11)
)


# What there is of a profile.


@dataclass
class Profile:
    """A profile as a claim found it."""

    expert_id: UUID
    account: Account
    delegate: Account
    claim_id: UUID
    before: dict[str, Any] = field(default_factory=dict)


def _everything(database: Database, expert_id: UUID) -> dict[str, Any]:
    with database.session() as session:
        expert = session.get_one(Expert, expert_id)
        choices = repository.list_choices(session, [expert_id]).get(expert_id, {})
        agreed = session.scalars(
            select(Consent).where(
                col(Consent.expert_id) == expert_id, col(Consent.withdrawn_at).is_(None)
            )
        )
        confirmed = session.get(ExpertStanding, expert_id)
        return {
            "expert": expert.model_dump(exclude={"life_since", "expires_at"}),
            "statements": [r.model_dump(exclude=OF_THE_ROW) for r in _rows(session, expert_id)],
            "summary": session.get_one(ExpertSummary, expert_id).model_dump(),
            "choices": {k: (c.judgement, c.visibility) for k, c in choices.items()},
            "consents": sorted((c.purpose, c.body or "", c.channel, c.given_at) for c in agreed),
            "standing": confirmed.model_dump() if confirmed is not None else None,
        }


def _kept(database: Database) -> dict[type[SQLModel], set[Any]]:
    """Ids of all rows that a record of what happened is made of."""
    tables: tuple[type[SQLModel], ...] = (Row, Change, ItemChoice, Claim, Delegation, AuditEntry)
    with database.session() as session:
        return {
            table: set(session.scalars(select(*inspect(table).primary_key))) for table in tables
        }


def _claimed(database: Database, life: Life, on_paper: list[str]) -> Profile:
    """A new profile, consents on paper to some purposes, and a wrong person who has claimed it."""
    key = str(next(PROFILES))
    works = (work(f"Một công trình {key}"), work(f"Công trình khác {key}", year="2019"))
    expert_id = make_lead(database, key, *works, life=life)
    with database.session() as session:
        for purpose in on_paper:
            proof = Proof("paper", "letter 7")
            consents.give(session, STEWARD, expert_id, purpose, "vi", NOW, proof=proof)
    before = _everything(database, expert_id)
    if life is Life.LEAD:
        # The invitation moved the lead on, before anybody claimed it.
        before["expert"]["life"] = "invited"
    delegate = make_account(database, f"delegate{key}")
    account, claim_id = claim(database, expert_id, f"holder{key}", now=LATER)
    return Profile(expert_id, account, delegate, claim_id, before)


@pytest.fixture(scope="module")
def world(make_database: Callable[[str], Database]) -> Database:
    """One database for all examples; each has people and accounts of its own in it."""
    return make_database("merge_property")


@settings(
    max_examples=20,
    phases=(Phase.explicit, Phase.generate),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(
    life=st.sampled_from((Life.LEAD, Life.CLAIMED, Life.VERIFIED)),
    on_paper=st.sampled_from(([], ["registry"], ["registry", "matching", "publication"])),
    steps=st.lists(STEPS, min_size=3, max_size=9),
)
def test_whatever_a_wrong_person_and_his_delegate_did_is_undone_and_nothing_is_deleted(
    world: Database, life: Life, on_paper: list[str], steps: list[Step]
) -> None:
    profile = _claimed(world, life, on_paper if life is not Life.LEAD else [])
    done = 0
    for minute, step in enumerate(steps, start=1):
        now = LATER + timedelta(minutes=minute)
        account = profile.delegate if step.by_delegate else profile.account
        try:
            with world.session() as session:
                actor = actor_of(session, account, now)
                login = profile.delegate.login
                _perform(session, actor, profile.expert_id, step, login, now)
        except RegistryError:
            # Not for a delegate, or it cannot follow what was done before.
            continue
        done += 1
    assume(done)
    kept = _kept(world)

    with world.session() as session:
        claim_decisions.decide(session, STEWARD, profile.claim_id, "revert", WHY, AFTER)

    assert _everything(world, profile.expert_id) == profile.before
    assert state_of(world, profile.claim_id) == "reverted"
    for table, ids in _kept(world).items():
        assert kept[table] <= ids, table
    with world.session() as session:
        for each in (profile.account, profile.delegate):
            actor = actor_of(session, each, AFTER)
            assert (actor.expert_id, actor.delegations) == (None, {})


# The life of a merged profile.

PARTIES: Final[tuple[Party, ...]] = get_args(Party)
LIVES: Final = st.sampled_from(Life)
FORMER: Final = st.none() | LIVES


@given(LIVES, FORMER)
def test_a_profile_that_can_be_merged_is_after_parting_what_it_was(
    life: Life, former: Life | None
) -> None:
    if life in {Life.MERGED, Life.ERASED}:
        with pytest.raises(InvalidInputError):
            check_move(life, Life.MERGED, "steward", WHY, former)
        return

    check_move(life, Life.MERGED, "steward", WHY, former)
    check_move(Life.MERGED, life, "steward", WHY, life)

    ways_back = possible_moves(Life.MERGED, "steward", life)
    assert ways_back == [life]


@given(LIVES, LIVES, st.sampled_from(PARTIES))
def test_parting_leads_nowhere_but_to_the_former_state_and_is_for_stewards(
    former: Life, wanted: Life, party: Party
) -> None:
    is_way_back = wanted is former and former not in {Life.MERGED, Life.ERASED}
    is_erasure = wanted is Life.ERASED and party == "system"

    if (is_way_back and party == "steward") or is_erasure:
        check_move(Life.MERGED, wanted, party, WHY, former)
        return
    with pytest.raises((InvalidInputError, NotPermittedError)):
        check_move(Life.MERGED, wanted, party, WHY, former)


@given(LIVES, st.sampled_from(PARTIES), st.sampled_from((None, "", " \u200b\n")))
def test_merging_and_parting_need_a_steward_and_a_reason(
    life: Life, party: Party, reason: str | None
) -> None:
    assume(life not in {Life.MERGED, Life.ERASED})
    refused = InvalidInputError if party == "steward" else NotPermittedError

    with pytest.raises(refused):
        check_move(life, Life.MERGED, party, reason)
    with pytest.raises(refused):
        check_move(Life.MERGED, life, party, reason, life)


@given(LIVES, FORMER, st.sampled_from(PARTIES))
def test_what_is_called_possible_is_let_pass_and_nothing_else(
    life: Life, former: Life | None, party: Party
) -> None:
    possible = set(possible_moves(life, party, former))

    for wanted in Life:
        if wanted in possible:
            check_move(life, wanted, party, WHY, former)
        else:
            with pytest.raises((InvalidInputError, NotPermittedError)):
                check_move(life, wanted, party, WHY, former)
