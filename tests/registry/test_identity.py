"""Profiles of one person are shown as one, and parted again whole."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from ingest.load import load_whole
from registry.access import claims
from registry.access.policy import LOCAL_STEWARD, Actor, Role
from registry.councils.models import Council, CouncilSeat, CouncilTerm
from registry.db import Database
from registry.errors import (
    ChangedMeanwhileError,
    InvalidInputError,
    LinkUnusableError,
    NotFoundError,
    NotPermittedError,
)
from registry.experts import editing, judging, reverting, standing
from registry.experts import repository as experts
from registry.experts.contacts import opened_of
from registry.experts.judging import Shown
from registry.experts.models import Change, Disclosure, Expert, ExpertSummary, Statement
from registry.experts.schemas import Life, PersonDraft, Visibility
from registry.experts.service import disclose
from registry.identity import judging as identity
from registry.identity.models import IdentityJudgement
from registry.rights import considerations, copy
from registry.rights.erasure import erase
from registry.rights.models import Consideration
from tests.accounts import make_account, make_body
from tests.claims import STEWARD, actor_of, claim, make_lead
from tests.factories import NOW, make_person, said, work

LATER = NOW + timedelta(days=1)
MOST = Actor("r1", frozenset({Role.RECRUITER}), body="most")
DOI = "10.5555/mot"


def _draft(key: str, *more: Any, source: str = "test") -> PersonDraft:
    mail = said("contact", {"kind": "email", "address": f"{key}@example.org"}, visibility="bodies")
    one = work(f"Công trình {key}")
    made = make_person(key, f"Trần Thị Khóa {key}", one, mail, *more, life=Life.LEAD)
    return made.model_copy(update={"source": source})


def _load(database: Database, *drafts: PersonDraft) -> list[UUID]:
    load_whole(database, LOCAL_STEWARD, list(drafts), NOW)
    with database.session() as session:
        return [
            experts.find_by_source(session, d.source, [d.source_key])[d.source_key] for d in drafts
        ]


def _judge(
    database: Database, one: UUID, other: UUID, verdict: identity.Verdict = "same", **more: Any
) -> UUID:
    with database.session() as session:
        return identity.judge(session, STEWARD, one, other, verdict, LATER, **more).id


def _take_back(database: Database, judgement_id: UUID) -> None:
    with database.session() as session:
        identity.take_back(session, STEWARD, judgement_id, "It was a namesake.", LATER)


def _said_of(database: Database, expert_id: UUID) -> list[tuple[Any, ...]]:
    """What a profile says now, contact data opened, without what is of the row."""
    with database.session() as session:
        rows = experts.list_current(session, [expert_id])[expert_id]
        return sorted(
            (
                row.source,
                row.property,
                row.item_key,
                str(opened_of(session, row)),
                row.judgement,
                row.visibility,
                row.verification,
            )
            for row in rows
        )


def _lives(database: Database) -> dict[UUID, tuple[str, UUID | None]]:
    with database.session() as session:
        return {e.id: (e.life, e.canonical_id) for e in session.scalars(select(Expert))}


def test_two_profiles_of_one_person_are_shown_as_one(database: Database) -> None:
    one, other = _load(database, _draft("a"), _draft("b", source="list"))
    before = _said_of(database, one) + _said_of(database, other)

    _judge(database, one, other)

    assert _lives(database) == {one: ("lead", None), other: ("merged", one)}
    assert _said_of(database, one) == sorted(before)
    assert _said_of(database, other) == []
    with database.session() as session:
        assert set(session.scalars(select(col(ExpertSummary.expert_id)))) == {one}


def test_what_was_one_is_two_again_whole(database: Database) -> None:
    one, other = _load(database, _draft("a"), _draft("b"))
    before = {each: _said_of(database, each) for each in (one, other)}
    judgement = _judge(database, one, other)

    _take_back(database, judgement)

    assert _lives(database) == {one: ("lead", None), other: ("lead", None)}
    assert {each: _said_of(database, each) for each in (one, other)} == before
    with database.session() as session:
        assert set(session.scalars(select(col(ExpertSummary.expert_id)))) == {one, other}


def test_two_profiles_of_one_source_keep_their_own_items(database: Database) -> None:
    one, other = _load(database, _draft("a"), _draft("b"))
    _judge(database, one, other)
    newer = _draft("b", work("Công trình mới"))

    load_whole(database, LOCAL_STEWARD, [newer, _draft("a")], LATER)

    works = [row[3] for row in _said_of(database, one) if row[1] == "work"]
    assert len(works) == 3
    assert len([row for row in _said_of(database, one) if row[1] == "name"]) == 2


def test_what_a_source_says_after_a_merge_goes_back_with_its_profile(database: Database) -> None:
    one, other = _load(database, _draft("a"), _draft("b"))
    judgement = _judge(database, one, other)
    load_whole(database, LOCAL_STEWARD, [_draft("b", work("Công trình mới"))], LATER)

    _take_back(database, judgement)

    assert any("Công trình mới" in row[3] for row in _said_of(database, other))
    assert not any("Công trình mới" in row[3] for row in _said_of(database, one))


def test_what_was_done_to_the_other_profile_is_not_of_the_one_that_is_parted(
    database: Database,
) -> None:
    own = make_lead(database, "own", work("Công trình own"))
    (other,) = _load(database, _draft("b", work("Sửa đi"), work("Từ chối")))
    holder, _ = claim(database, own)
    before = _said_of(database, other)
    judgement = _judge(database, own, other)
    with database.session() as session:
        actor = actor_of(session, holder)
        rows = {
            str(row.value.get("title")): row
            for row in experts.list_current(session, [own])[own]
            if row.property == "work"
        }
        hidden = rows["{'vi': 'Công trình b'}"]
        shown = Shown(Visibility.SELF)
        judging.show_item(session, actor, own, hidden.id, shown, seen=[str(hidden.id)], now=LATER)
        wrong = rows["{'vi': 'Từ chối'}"]
        judging.judge_item(
            session, actor, own, wrong.id, "rejected", seen=[str(wrong.id)], now=LATER
        )
        typo = rows["{'vi': 'Sửa đi'}"]
        better = said("work", {"title": {"vi": "Đã sửa"}})
        editing.correct_item(session, actor, own, typo.id, better, seen=[str(typo.id)], now=LATER)
    assert _said_of(database, other) == []

    _take_back(database, judgement)

    assert _said_of(database, other) == before
    assert any("Đã sửa" in row[3] for row in _said_of(database, own))


def test_a_claimed_profile_shows_the_person_whichever_came_first(database: Database) -> None:
    (first,) = _load(database, _draft("a"))
    own = make_lead(database, "own")
    claim(database, own)

    _judge(database, first, own)

    assert _lives(database)[first] == ("merged", own)


def test_two_profiles_that_are_both_their_persons_own_stay_two(database: Database) -> None:
    one, other = make_lead(database, "1"), make_lead(database, "2")
    claim(database, one, "first")
    claim(database, other, "second")

    with pytest.raises(InvalidInputError, match="their own person"):
        _judge(database, one, other)

    assert _lives(database)[other] == ("claimed", None)
    _judge(database, one, other, "different")


def test_whoever_restricted_or_withdrew_is_never_merged_away(database: Database) -> None:
    (lead,) = _load(database, _draft("a"))
    restricted = make_lead(database, "r")
    withdrawn = make_lead(database, "w", life=Life.WITHDRAWN)
    with database.session() as session:
        session.get_one(Expert, restricted).restricted_at = NOW

    _judge(database, lead, restricted)
    with pytest.raises(InvalidInputError, match="their own person"):
        _judge(database, lead, withdrawn)

    assert _lives(database)[lead] == ("merged", restricted)


def test_three_are_one_over_the_second_and_parted_where_it_was_wrong(database: Database) -> None:
    one, two, three = _load(database, _draft("a"), _draft("b"), _draft("c"))
    wrong = _judge(database, one, two)
    _judge(database, two, three)
    together = _lives(database)

    _take_back(database, wrong)

    assert together == {one: ("lead", None), two: ("merged", one), three: ("merged", one)}
    assert _lives(database) == {one: ("lead", None), two: ("lead", None), three: ("merged", two)}
    assert len([r for r in _said_of(database, two) if r[1] == "work"]) == 2


def test_nobody_becomes_one_with_somebody_who_was_judged_to_be_another(
    database: Database,
) -> None:
    one, two, three = _load(database, _draft("a"), _draft("b"), _draft("c"))
    _judge(database, one, two)
    _judge(database, one, three, "different")

    with pytest.raises(InvalidInputError, match="another person"):
        _judge(database, two, three)

    assert _lives(database)[three] == ("lead", None)


def test_a_judgement_is_kept_and_the_next_one_must_have_seen_it(database: Database) -> None:
    one, other = _load(database, _draft("a"), _draft("b"))
    first = _judge(database, one, other, "unsure", reason="Cùng tên, khác trường")

    with pytest.raises(ChangedMeanwhileError):
        _judge(database, one, other, "same")
    second = _judge(database, other, one, "same", seen=first)

    with database.session() as session:
        rows = session.scalars(select(IdentityJudgement).order_by(col(IdentityJudgement.id))).all()
        kept = [(row.id, row.verdict, row.superseded_by) for row in rows]
        reason = identity.read_reason(session, rows[0])
    assert kept == [(first, "unsure", second), (second, "same", None)]
    assert reason == "Cùng tên, khác trường"
    with pytest.raises(ChangedMeanwhileError):
        _take_back(database, first)


def test_who_may_not_judge_and_what_cannot_be_judged(database: Database) -> None:
    one, other = _load(database, _draft("a"), _draft("b"))
    with database.session() as session:
        with pytest.raises(NotPermittedError):
            identity.judge(session, MOST, one, other, "same", NOW)
        with pytest.raises(InvalidInputError):
            identity.judge(session, STEWARD, one, one, "same", NOW)
        with pytest.raises(NotFoundError):
            identity.judge(session, STEWARD, one, UUID(int=1), "same", NOW)


def test_seats_considerations_looks_and_contacts_are_shown_together_and_parted(
    database: Database,
) -> None:
    make_body(database, "most")
    one, other = _load(database, _draft("a"), _draft("b"))
    with database.session() as session:
        session.get_one(Expert, other).is_invented = True
        council = Council(name_vi="Hội đồng", name_en="Council", body="most")
        session.add(council)
        session.flush()
        seat = CouncilSeat(council_id=council.id, role="member", name_vi="Ủy viên", name_en="M")
        session.add(seat)
        session.flush()
        session.add(CouncilTerm(seat_id=seat.id, expert_id=other, started_on=date(2024, 1, 1)))
        considerations.open_consideration(session, MOST, other, "Cố vấn", NOW)
        standing.record_contact(session, LOCAL_STEWARD, other, "bounced", NOW)
        disclose(session, MOST, "view", [other], "xem")

    def shown(expert_id: UUID) -> list[int]:
        tables: list[Any] = [CouncilTerm, Consideration, Disclosure]
        with database.session() as session:
            found = [
                len(session.scalars(select(t).where(t.expert_id == expert_id)).all())
                for t in tables
            ]
            kept = experts.list_standings(session, [expert_id]).get(expert_id)
            return [*found, int(kept is not None and kept.bounced_at is not None)]

    before = shown(one), shown(other)
    judgement = _judge(database, one, other)
    together = shown(one), shown(other)
    _take_back(database, judgement)

    assert before == ([0, 0, 0, 0], [1, 1, 2, 1])
    assert together == (before[1], before[0])
    assert (shown(one), shown(other)) == before


def test_an_import_is_taken_back_after_a_merge_and_touches_its_own_items_alone(
    database: Database,
) -> None:
    (one,) = _load(database, _draft("a"))
    (other,) = _load(database, _draft("b", source="list"))
    before = _said_of(database, one)
    _judge(database, one, other)
    with database.session() as session:
        change = session.scalars(
            select(col(Change.id)).where(col(Change.label) == "list", col(Change.kind) == "import")
        ).one()

    with database.session() as session:
        reverting.revert_change(session, LOCAL_STEWARD, change, now=LATER, reason="wrong file")

    assert _said_of(database, one) == before


def test_erasing_a_person_erases_all_of_his_profiles_and_what_was_judged(
    database: Database,
) -> None:
    one, other, third = _load(database, _draft("a"), _draft("b"), _draft("c"))
    _judge(database, one, other)
    _judge(database, one, third, "different")

    with database.session() as session:
        erase(session, STEWARD, one, "asked for", NOW)

    assert {key: life for key, (life, _) in _lives(database).items()} == {
        one: "erased",
        other: "erased",
        third: "lead",
    }
    with database.session() as session:
        assert session.scalars(select(IdentityJudgement)).all() == []
        left = session.scalars(select(col(Statement.expert_id)).distinct()).all()
    assert left == [third]


def test_an_invitation_to_a_profile_that_was_merged_away_no_longer_works(
    database: Database,
) -> None:
    own = make_lead(database, "own")
    (invited,) = _load(database, _draft("a"))
    claim(database, own)
    account = make_account(database, "guest")
    with database.session() as session:
        token = claims.invite(session, STEWARD, invited, "letter", NOW)

    _judge(database, own, invited)

    with database.session() as session:
        actor = actor_of(session, account)
        with pytest.raises(LinkUnusableError):
            claims.claim_by_link(session, actor, token, ["registry"], "vi", NOW)


def test_a_copy_holds_all_profiles_of_the_person_and_names_nobody_else(
    database: Database,
) -> None:
    own = make_lead(database, "own")
    other, third = _load(database, _draft("b"), _draft("c"))
    holder, _ = claim(database, own)
    _judge(database, own, other)
    _judge(database, own, third, "different")

    with database.session() as session:
        document = copy.copy_of(session, actor_of(session, holder), own, LATER)

    assert set(document["ids"]) == {str(own), str(other)}
    assert "b@example.org" in str(document)
    assert str(third) not in str(document)
