"""What a person hides is hidden as it was before, also under the keys that it had before."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, note, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access.policy import ANONYMOUS, LOCAL_STEWARD, Actor, Role
from registry.db import Database
from registry.errors import RegistryError
from registry.experts import changes, kept_service, service
from registry.experts.editing import add_item, correct_item, remove_item
from registry.experts.judging import Shown
from registry.experts.models import Change, Expert, ExpertSource, Statement
from registry.experts.schemas import StatementDraft, Visibility, draft_of
from registry.experts.versions import profile_version
from tests.factories import make_person, work
from tests.registry.test_changes import edition, last_change, revert
from tests.registry.test_editing import (
    LATER,
    ONLY_ME,
    add,
    correct,
    current,
    delegate_of,
    judge,
    one,
    own_actor,
    record,
    show,
)

# In every title and DOI of what gets hidden: where one turns up, something was told.
SECRETS = ("kín", "10.1000/kin")
RECRUITER = Actor("11111111-0000-7000-8000-000000000001", frozenset({Role.RECRUITER}), "most")
SECRETARY = Actor("11111111-0000-7000-8000-000000000002", frozenset({Role.SECRETARY}), "most")


def article(number: int, note: str = "") -> StatementDraft:
    """Those of even numbers are known by a DOI, the others by their titles."""
    title = {"vi": f"Bài kín {number}"}
    value: dict[str, Any] = {"title": title, "venue": f"Tạp chí kín {note}"}
    return draft_of("work", value if number % 2 else {**value, "doi": f"10.1000/kin{number}"})


def strangers(expert_id: UUID) -> dict[str, Actor]:
    """Everybody but the person himself."""
    considers = replace(SECRETARY, candidates=frozenset({expert_id}))
    return {
        "nobody": ANONYMOUS,
        "recruiter": RECRUITER,
        "secretary": considers,
        "delegate": delegate_of(expert_id, "work"),
        "both": replace(considers, delegations={expert_id: frozenset({"work"})}),
        "steward": LOCAL_STEWARD,
    }


def versions(session: Session, expert_id: UUID) -> dict[str, str]:
    """What each of them has seen last."""
    expert = session.get_one(Expert, expert_id)
    return {
        name: profile_version(session, actor, expert)
        for name, actor in strangers(expert_id).items()
    }


Door = Callable[[], Any]


def doors(session: Session, actor: Actor, expert_id: UUID, seen: str) -> Iterator[Door]:
    """Every way to what was said once; some are closed to him, and then the refusal is looked at.

    Args:
        seen: A version of the profile: an edit on it is refused, and told what came between.
    """
    other = draft_of("work", {"title": {"vi": "Bài khác"}})
    yield partial(service.get_profile, session, actor, expert_id, "a purpose")
    yield partial(kept_service.get_kept, session, actor, expert_id)
    yield partial(changes.list_history, session, actor, expert_id)
    yield partial(changes.list_changes, session, actor)
    yield partial(add_item, session, actor, expert_id, other, seen={seen}, now=LATER)
    for change in session.scalars(select(col(Change.id))).all():
        yield partial(changes.get_change, session, actor, change)
        yield partial(changes.get_change, session, actor, change, expert_id=expert_id)
        yield partial(revert, session, actor, change, reason="thư ngày 3/5")
    for row in session.scalars(select(col(Statement.id)).where(_is_of_works())).all():
        yield partial(kept_service.find_current, session, actor, expert_id, row)
        yield partial(
            correct_item, session, actor, expert_id, row, other, seen={str(row), "-"}, now=LATER
        )


def _is_of_works() -> Any:
    return col(Statement.property) == "work"


def told(session: Session, actor: Actor, expert_id: UUID, seen: str) -> str:
    """All that he is told through all doors, with what the statements in it say."""
    found: list[str] = []
    for door in doors(session, actor, expert_id, seen):
        with session.begin_nested() as attempt:
            try:
                found.append(as_text(door()))
            except RegistryError as exc:
                found.append(f"{exc} {getattr(exc, 'changes', '')}")
            attempt.rollback()
        session.expire_all()
    return " ".join(found)


def as_text(found: Any) -> str:
    if isinstance(found, Statement):
        return f"{found.value} {found.item_key} {found.external_id}"
    if isinstance(found, dict):
        return as_text([*found.keys(), *found.values()])
    if isinstance(found, (list, tuple, set, frozenset)):
        return " ".join(as_text(each) for each in found)
    if hasattr(found, "__dataclass_fields__"):
        return as_text([getattr(found, name) for name in found.__dataclass_fields__])
    return str(found)


def is_told(text: str) -> bool:
    return any(secret in text for secret in SECRETS)


class Article:
    """One article of a person, which he and a source tell of, whatever it is known by."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.number, self.edition = 0, 0
        record(session, self._person(article(0)))
        self.expert_id = one(session)
        self.expert = own_actor(self.expert_id)

    def _person(self, *works: StatementDraft) -> Any:
        self.edition += 1
        return edition(make_person("1", "Lê Thị Hoa", work("Vắc xin"), *works), self.edition)

    def rows(self, source: str | None = None) -> list[Statement]:
        found = current(self.session, "work", source)
        return [row for row in found if is_told(as_text(row))]

    def do(self, step: str) -> None:
        getattr(self, step)()

    def correct(self) -> None:
        """Another title or DOI: while the source tells of it, it stays the source's item."""
        self.number += 1
        target = [*self.rows("self"), *self.rows("test")][0]
        correct(self.session, self.expert, target, article(self.number))

    def reword(self) -> None:
        """Something that it is not known by."""
        self.edition += 1
        target = [*self.rows("self"), *self.rows("test")][0]
        correct(self.session, self.expert, target, article(self.number, str(self.edition)))

    def forget(self) -> None:
        """The source tells of it no more, which the person still does."""
        if self.rows("self"):
            record(self.session, self._person())

    def remove(self) -> None:
        """Taken out by the person, and put back."""
        for row in self.rows("self")[:1]:
            remove_item(
                self.session, self.expert, self.expert_id, row.id, seen={str(row.id)}, now=LATER
            )
            revert(self.session, self.expert, last_change(self.session, "edit").id)

    def accept(self) -> None:
        for row in self.rows("test"):
            judge(self.session, self.expert, row, "accepted")

    def hide(self) -> None:
        for row in self.rows():
            if self.session.get_one(Statement, row.id).superseded_at is None:
                show(self.session, self.expert, row, ONLY_ME)


STEPS = ("correct", "reword", "forget", "remove", "accept", "hide")


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(st.sampled_from(STEPS), min_size=2, max_size=7))
@example(steps=["correct", "forget", "correct", "correct"])
@example(steps=["correct", "forget", "remove", "correct"])
@example(steps=["correct", "forget", "hide", "correct", "remove", "correct"])
@example(steps=["correct", "accept", "forget", "correct"])
def test_of_what_is_hidden_nobody_learns_through_any_door_what_it_was_before(
    database: Database, steps: list[str]
) -> None:
    note(repr(steps))
    with database.engine.connect() as connection:
        outer = connection.begin()
        session = Session(
            connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        )
        session.info["vault"] = database.masters
        told_of = Article(session)
        open_to_all = versions(session, told_of.expert_id)
        for step in steps:
            told_of.do(step)
        before = versions(session, told_of.expert_id)
        told_of.hide()

        for name, actor in strangers(told_of.expert_id).items():
            for seen in {open_to_all[name], before[name]}:
                assert not is_told(told(session, actor, told_of.expert_id, seen)), name
        assert is_told(told(session, told_of.expert, told_of.expert_id, "-"))
        session.close()
        outer.rollback()


@pytest.mark.parametrize("name", ["delegate", "steward", "both"])
def test_what_is_not_hidden_is_told_as_it_was_before(session: Session, name: str) -> None:
    told_of = Article(session)
    seen = versions(session, told_of.expert_id)[name]
    for step in ("correct", "forget", "correct"):
        told_of.do(step)

    text = told(session, strangers(told_of.expert_id)[name], told_of.expert_id, seen)

    assert {f"Bài kín {n}" in text for n in (0, 1, 2)} == {True}


def test_what_is_shown_again_has_its_history_again(session: Session) -> None:
    told_of = Article(session)
    for step in ("correct", "forget", "correct", "hide"):
        told_of.do(step)
    hidden = told(session, LOCAL_STEWARD, told_of.expert_id, "-")

    show(session, told_of.expert, told_of.rows()[0], Shown(Visibility.PUBLIC))

    assert not is_told(hidden)
    assert is_told(told(session, LOCAL_STEWARD, told_of.expert_id, "-"))


def test_another_item_that_a_source_brings_under_the_former_key_stays_open(
    session: Session,
) -> None:
    told_of = Article(session)
    for step in ("correct", "forget", "correct", "hide"):
        told_of.do(step)

    record(session, told_of._person(article(0)))

    (brought,) = told_of.rows("test")
    assert brought.visibility == "public"
    assert {row.visibility for row in told_of.rows("self")} == {"self"}
    kept = kept_service.get_kept(session, LOCAL_STEWARD, told_of.expert_id)
    assert brought.id in {s.id for item in kept.items for s in item.statements}


@pytest.mark.parametrize("hidden_first", [True, False])
def test_no_source_brings_a_hidden_item_back_under_the_key_that_it_was_corrected_to(
    session: Session, hidden_first: bool
) -> None:
    told_of = Article(session)
    told_of.do("correct")
    told_of.do("forget")
    for step in ("hide", "correct") if hidden_first else ("correct", "hide"):
        told_of.do(step)
    session.add(ExpertSource(source="other", source_key="1", expert_id=told_of.expert_id))
    session.flush()

    record(
        session,
        make_person("1", "Lê Thị Hoa", article(told_of.number), work("Khác"), source="other"),
    )

    shown = {r.value["title"]["vi"]: r.visibility for r in current(session, "work", "other")}
    assert shown == {f"Bài kín {told_of.number}": "self", "Khác": "public"}


def test_a_correction_to_what_a_source_shows_hides_both_and_can_be_taken_back(
    session: Session,
) -> None:
    record(session, make_person("1", "Lê Thị Hoa", article(2)))
    expert_id = one(session)
    expert = own_actor(expert_id)
    hidden = show(session, expert, add(session, expert, expert_id, article(1)), ONLY_ME)

    joined = correct(session, expert, hidden, article(2))

    both = {row.source: row.visibility for row in current(session, "work")}
    assert both == {"self": "self", "test": "self"}
    revert(session, expert, joined.change_id)
    apart = {row.source: row.visibility for row in current(session, "work")}
    assert apart == {"self": "self", "test": "public"}


def test_a_correction_never_opens_what_was_closed_under_either_key(session: Session) -> None:
    record(session, make_person("1", "Lê Thị Hoa", article(2)))
    expert_id = one(session)
    expert = own_actor(expert_id)
    show(session, expert, current(session, "work")[0], ONLY_ME)
    opened = add(session, expert, expert_id, article(1))

    joined = correct(session, expert, opened, article(2))

    assert (opened.visibility, joined.visibility) == ("public", "self")


# What the person says is not his.


def test_a_stewards_correction_does_not_bring_back_what_the_person_rejected(
    session: Session,
) -> None:
    record(session, make_person("1", "Lê Thị Hoa", article(1)))
    expert = own_actor(one(session))
    rejected = judge(session, expert, current(session, "work")[0], "rejected")

    beside = correct(session, LOCAL_STEWARD, rejected, article(3))
    record(session, make_person("1", "Lê Thị Hoa", work("Khác")))
    again = correct(session, LOCAL_STEWARD, beside, article(5))

    assert [row.judgement for row in (beside, again)] == ["rejected", "rejected"]
    assert again.item_key != beside.item_key
    found = service.get_profile(session, RECRUITER, rejected.expert_id)
    assert not is_told(as_text(found.statements))


def test_a_steward_adds_a_rejected_item_as_rejected_and_another_as_he_says(
    session: Session,
) -> None:
    record(session, make_person("1", "Lê Thị Hoa", article(2)))
    expert_id = one(session)
    judge(session, own_actor(expert_id), current(session, "work")[0], "rejected")

    same = add(session, LOCAL_STEWARD, expert_id, article(2))
    other = add(session, LOCAL_STEWARD, expert_id, article(4))

    assert (same.judgement, other.judgement) == ("rejected", None)


def test_another_birth_year_than_the_rejected_one_is_not_rejected(session: Session) -> None:
    year = draft_of("birth_year", {"year": 1970})
    record(session, make_person("1", "Lê Thị Hoa", year))
    expert = own_actor(one(session))
    rejected = judge(session, expert, current(session, "birth_year")[0], "rejected")

    other = correct(session, LOCAL_STEWARD, rejected, draft_of("birth_year", {"year": 1971}))
    back = correct(session, LOCAL_STEWARD, other, draft_of("birth_year", {"year": 1970}))

    assert (other.judgement, back.judgement) == (None, "rejected")


def test_the_person_himself_says_again_what_he_rejected(session: Session) -> None:
    record(session, make_person("1", "Lê Thị Hoa", article(2)))
    expert_id = one(session)
    expert = own_actor(expert_id)
    judge(session, expert, current(session, "work")[0], "rejected")

    assert add(session, expert, expert_id, article(2)).judgement is None
