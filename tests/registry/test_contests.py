"""How often somebody contests who holds a profile: five at a time, and one again with a reason."""

from datetime import timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest

from registry.access import claim_decisions, claim_texts, contests
from registry.access.claim_store import Remark
from registry.access.contest_rules import HEARD_FOR, MOST_OPEN, is_open, refusal
from registry.access.models import Account
from registry.access.policy import Role
from registry.db import Database
from registry.errors import InvalidInputError, RegistryError
from registry.rights import erasure
from tests.accounts import make_account
from tests.claims import LATER, STEWARD, actor_of, claim, load, state_of
from tests.factories import NOW, make_person

FIRST = "Đây là học trò của tôi"
NEW = "Viện trưởng đã gửi thư xác nhận ngày hôm qua"


def _remarks(*acts: str) -> list[Remark]:
    """Remarks a day apart, as 'who act words'."""
    made = []
    for day, text in enumerate(acts):
        by, act, *words = text.split(maxsplit=2)
        made.append(Remark(by=by, at=NOW + timedelta(days=day), act=act, words=" ".join(words)))
    return made


def test_a_contest_is_open_until_a_steward_keeps_the_claim() -> None:
    contested = _remarks("a claim mine", f"b contest {FIRST}")

    assert is_open(contested, "b")
    assert not is_open(contested, "a")
    assert not is_open([*contested, *_remarks("s keep seen")], "b")
    assert is_open([*contested, *_remarks("s keep seen", "b contest again")], "b")


@pytest.mark.parametrize(
    ("said", "new"),
    [
        (FIRST, False),
        ("day la hoc tro, CUA TOI!", False),
        (f"{FIRST} mà, thật vậy đó nhé", True),
        (f"{FIRST} mà, thật vậy đó", False),
        (NEW, True),
    ],
)
def test_after_a_decision_only_new_words_are_heard(said: str, new: bool) -> None:
    decided = _remarks(f"b contest {FIRST}", "s keep seen")

    found = refusal(decided, "b", said, decided[-1].at + timedelta(days=1), 0)

    assert found == (None if new else claim_texts.NOTHING_NEW)


def test_the_decision_is_final_for_thirty_days_and_for_whoever_contested() -> None:
    decided = _remarks(f"b contest {FIRST}", "s keep seen")
    ends = decided[-1].at + HEARD_FOR

    assert refusal(decided, "b", FIRST, ends - timedelta(seconds=1), 0) == claim_texts.NOTHING_NEW
    assert refusal(decided, "b", FIRST, ends, 0) is None
    assert refusal(decided, "c", FIRST, decided[-1].at, 0) is None


def test_words_of_an_earlier_round_are_not_new_in_the_next() -> None:
    decided = _remarks(f"b contest {FIRST}", "s keep seen", f"b contest {NEW}", "s keep seen")
    at = decided[-1].at

    assert refusal(decided, "b", NEW, at, 0) == claim_texts.NOTHING_NEW
    assert refusal(decided, "b", f"{FIRST} {NEW}", at, 0) == claim_texts.NOTHING_NEW


def test_five_wait_at_a_time_and_stewards_write_down_more() -> None:
    assert refusal([], "b", FIRST, NOW, MOST_OPEN - 1) is None
    assert refusal([], "b", FIRST, NOW, MOST_OPEN) == claim_texts.CONTESTS_WAIT
    assert refusal([], "b", FIRST, NOW, None) is None


@pytest.fixture
def held(database: Database) -> list[tuple[UUID, UUID]]:
    """More published profiles than one may contest, each with its claim."""
    ids = load(database, *(make_person(str(n), f"Trần Thị {n}") for n in range(MOST_OPEN + 3)))
    agreed = ("registry", "publication")
    return [
        (expert_id, claim(database, expert_id, f"holder{n}", agreed=agreed)[1])
        for n, expert_id in enumerate(ids)
    ]


def _contest(database: Database, account: Account, expert_id: UUID, said: str = FIRST) -> None:
    with database.session() as session:
        contests.contest(session, actor_of(session, account), expert_id, said, LATER)


def test_a_sixth_profile_is_contested_once_one_is_decided(
    database: Database, held: list[tuple[UUID, UUID]]
) -> None:
    account, other = make_account(database, "other"), make_account(database, "another")
    for expert_id, _ in held[:MOST_OPEN]:
        _contest(database, account, expert_id)
    sixth, claim_id = held[MOST_OPEN]

    with pytest.raises(InvalidInputError, match="wait for a data steward"):
        _contest(database, account, sixth)
    assert state_of(database, claim_id) == "granted"
    _contest(database, other, sixth)
    with database.session() as session:
        claim_decisions.decide(session, STEWARD, held[0][1], "keep", "seen", LATER)
    _contest(database, account, sixth)

    with pytest.raises(InvalidInputError, match="wait for a data steward"):
        _contest(database, account, held[MOST_OPEN + 1][0])


def test_a_profile_that_others_contest_does_not_count(
    database: Database, held: list[tuple[UUID, UUID]]
) -> None:
    account, other = make_account(database, "other"), make_account(database, "another")
    for expert_id, claim_id in held[:MOST_OPEN]:
        _contest(database, account, expert_id)
        with database.session() as session:
            claim_decisions.decide(session, STEWARD, claim_id, "keep", "seen", LATER)
        _contest(database, other, expert_id)

    _contest(database, account, held[MOST_OPEN][0])

    assert state_of(database, held[MOST_OPEN][1]) == "contested"


def test_a_reverted_claim_and_an_erased_person_do_not_count(
    database: Database, held: list[tuple[UUID, UUID]]
) -> None:
    account = make_account(database, "other")
    for expert_id, _ in held[:MOST_OPEN]:
        _contest(database, account, expert_id)
    with database.session() as session:
        claim_decisions.decide(session, STEWARD, held[0][1], "revert", "seen", LATER)
    with database.session() as session:
        erasure.erase(session, STEWARD, held[1][0], "by letter", LATER)

    for expert_id, _ in held[MOST_OPEN:-1]:
        _contest(database, account, expert_id)
    with pytest.raises(InvalidInputError, match="wait for a data steward"):
        _contest(database, account, held[-1][0])


def test_a_steward_contests_as_many_as_letters_come(
    database: Database, held: list[tuple[UUID, UUID]]
) -> None:
    steward = make_account(database, "steward", Role.STEWARD)

    for expert_id, _ in held:
        _contest(database, steward, expert_id)

    assert {state_of(database, claim_id) for _, claim_id in held} == {"contested"}


def test_a_profile_that_was_kept_is_contested_again_with_something_new(
    database: Database, held: list[tuple[UUID, UUID]]
) -> None:
    account = make_account(database, "other")
    expert_id, claim_id = held[0]
    _contest(database, account, expert_id)
    with database.session() as session:
        claim_decisions.decide(session, STEWARD, claim_id, "keep", "seen", LATER)

    with pytest.raises(InvalidInputError, match="what is new"):
        _contest(database, account, expert_id)
    _contest(database, account, expert_id, NEW)

    assert state_of(database, claim_id) == "contested"


def test_of_two_contests_at_once_only_the_fifth_passes(
    database: Database, held: list[tuple[UUID, UUID]]
) -> None:
    account = make_account(database, "other")
    for expert_id, _ in held[: MOST_OPEN - 1]:
        _contest(database, account, expert_id)
    together, outcomes = Barrier(2), []

    def act(expert_id: UUID) -> None:
        together.wait()
        try:
            _contest(database, account, expert_id)
            outcomes.append("passed")
        except RegistryError:
            outcomes.append("refused")

    threads = [Thread(target=act, args=(expert_id,)) for expert_id, _ in held[-2:]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["passed", "refused"]
