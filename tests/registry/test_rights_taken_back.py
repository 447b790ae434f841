"""What the wrong holder asked of the registry by his rights is undone with his claim."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from registry.access import claim_decisions
from registry.access.models import Account
from registry.audit.service import Done
from registry.db import Database
from registry.experts.models import Expert, ItemChoice
from registry.experts.reverting import decided_again
from registry.ids import new_id
from registry.rights import requests, restriction
from registry.rights import words as texts
from registry.rights.deadlines import RequestKind
from registry.rights.models import RightsRequest
from registry.rights.request_store import Received, open_request
from tests.claims import LATER, STEWARD, actor_of, claim, make_lead
from tests.factories import NOW, work
from tests.registry.test_editing import ONLY_ME, current, own_actor, show

AFTER = LATER + timedelta(days=1)


def _revert(database: Database, claim_id: UUID, now: datetime = AFTER) -> None:
    with database.session() as session:
        claim_decisions.decide(session, STEWARD, claim_id, "revert", "somebody else", now)


def _restricted_at(database: Database, expert_id: UUID) -> datetime | None:
    with database.session() as session:
        return session.get_one(Expert, expert_id).restricted_at


def _do(database: Database, account: Account | None, act: str, expert_id: UUID) -> None:
    """Restrict or lift, each in a transaction of its own; by a steward without an account."""
    with database.session() as session:
        actor = STEWARD if account is None else actor_of(session, account, LATER)
        if act == "restrict":
            restriction.restrict(session, actor, expert_id, LATER)
        else:
            restriction.lift_restriction(session, actor, expert_id)


# Who acts, in this order, before the claim and after it; whether it is restricted in the end.
@pytest.mark.parametrize(
    ("before", "after", "stays"),
    [
        ([], ["wrong restrict"], False),
        ([], ["steward restrict"], True),
        (["steward restrict"], [], True),
        (["steward restrict"], ["wrong lift"], True),
        (["steward restrict"], ["wrong lift", "wrong restrict"], True),
        (["steward restrict"], ["steward lift", "wrong restrict"], False),
        ([], ["wrong restrict", "steward restrict"], True),
        ([], ["wrong restrict", "steward lift"], False),
        ([], ["wrong restrict", "steward restrict", "wrong lift"], True),
        (["steward restrict", "steward lift"], [], False),
    ],
)
def test_a_restriction_is_what_it_would_be_without_the_wrong_holder(
    database: Database, before: list[str], after: list[str], stays: bool
) -> None:
    expert_id = make_lead(database)
    for step in before:
        _do(database, None, step.split()[1], expert_id)
    account, claim_id = claim(database, expert_id)
    for step in after:
        who, act = step.split()
        _do(database, account if who == "wrong" else None, act, expert_id)

    _revert(database, claim_id)

    assert (_restricted_at(database, expert_id) is not None) is stays


def test_what_an_account_did_by_its_office_before_it_claimed_stays() -> None:
    done = [
        Done(NOW, "a", "rights:restrict", None),
        Done(NOW, "b", "claim:grant", "claim:1"),
        Done(LATER, "a", "rights:lift_restriction", None),
    ]

    assert restriction.restricted_without(done, "claim:1", "a", None) == NOW
    # Of another claim of the same account nothing is undone.
    assert restriction.restricted_without(done, "claim:2", "a", None) is None


def test_a_restriction_of_which_nothing_is_noted_stays(database: Database) -> None:
    expert_id = make_lead(database)
    with database.session() as session:
        session.get_one(Expert, expert_id).restricted_at = NOW
    _, claim_id = claim(database, expert_id)

    _revert(database, claim_id)

    assert _restricted_at(database, expert_id) == NOW


def test_the_second_wrong_holder_is_undone_like_the_first(database: Database) -> None:
    expert_id = make_lead(database)
    for login in ("first", "second"):
        account, claim_id = claim(database, expert_id, login)
        _do(database, account, "restrict", expert_id)
        _revert(database, claim_id)

        assert _restricted_at(database, expert_id) is None


def test_his_open_requests_are_closed_with_the_reason_and_letters_stay_open(
    database: Database,
) -> None:
    expert_id, other = make_lead(database, "1"), make_lead(database, "2")
    account, claim_id = claim(database, expert_id)
    neighbour, _ = claim(database, other, "neighbour")
    asked = {}
    with database.session() as session:
        actor = actor_of(session, account, LATER)
        for name, kind in (("copy", RequestKind.COPY), ("answered", RequestKind.CORRECT)):
            asked[name] = requests.ask(session, actor, kind, "Gửi tôi", LATER).id
        asked["done"] = requests.ask(session, actor, RequestKind.RESTRICT, "Hạn chế", LATER).id
        letter = Received(RequestKind.CORRECT, "Theo thư", "paper", expert_id)
        asked["letter"] = requests.receive(session, STEWARD, letter, LATER).id
        theirs = actor_of(session, neighbour, LATER)
        asked["other"] = requests.ask(session, theirs, RequestKind.COPY, "Gửi tôi", LATER).id
    with database.session() as session:
        requests.answer(session, STEWARD, asked["answered"], "Đã nhận", LATER)

    _revert(database, claim_id)

    with database.session() as session:
        rows = {name: session.get_one(RightsRequest, key) for name, key in asked.items()}
        states = {name: row.state for name, row in rows.items()}
        outcomes = {name: open_request(session, row).outcome for name, row in rows.items()}
    assert states == {
        "copy": "refused",
        "answered": "refused",
        "done": "done",
        "letter": "open",
        "other": "open",
    }
    assert (outcomes["copy"], outcomes["answered"]) == (texts.CLAIM_TAKEN_BACK,) * 2
    assert (outcomes["letter"], outcomes["other"]) == ("", "")


def test_what_somebody_asked_before_the_claim_stays_open(database: Database) -> None:
    expert_id = make_lead(database)
    first, first_claim = claim(database, expert_id, "first")
    with database.session() as session:
        row = requests.ask(session, actor_of(session, first), RequestKind.COPY, "Gửi", NOW)
        asked = row.id
    with database.session() as session:
        # As if it had been asked by a holder whose claim was right.
        before = NOW - timedelta(days=1)
        session.get_one(RightsRequest, asked).received_at = before

    _revert(database, first_claim)

    with database.session() as session:
        assert session.get_one(RightsRequest, asked).state == "open"


def test_a_decision_is_made_again_whole_also_when_its_row_has_to_be_read_anew(
    database: Database,
) -> None:
    expert_id = make_lead(database, "1", work("Một"))
    with database.session() as session:
        show(session, own_actor(expert_id), current(session, "work")[0], ONLY_ME)
        choice = session.scalars(select(ItemChoice)).one()
        whole = {name: getattr(choice, name) for name in ("item_key", "visibility", "chosen_at")}
        change_id = new_id()
        session.expire(choice)

        again = decided_again(choice, change_id)

        assert whole.items() <= again.items()
        assert (again["change_id"], again["expert_id"]) == (change_id, expert_id)
        assert set(again) == {c.name for c in ItemChoice.__table__.columns} - {  # type: ignore[attr-defined]
            "closed_by",
            "superseded_at",
        }
