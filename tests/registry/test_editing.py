"""Edits by the person, his delegate and stewards: what each may say, and what becomes of it."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access.models import Body, Claim
from registry.access.policy import LOCAL_RECRUITER, LOCAL_STEWARD, Actor, Role
from registry.db import Database
from registry.errors import (
    ChangedMeanwhileError,
    InvalidInputError,
    NotFoundError,
    NotPermittedError,
    NotSignedInError,
)
from registry.experts import recording, service
from registry.experts.contacts import opened_value
from registry.experts.editing import add_item, correct_item, remove_item
from registry.experts.items import count_items, group_statements
from registry.experts.judging import Shown, judge_item, show_item
from registry.experts.models import (
    Change,
    Expert,
    ExpertSource,
    ExpertSummary,
    ItemChoice,
    Statement,
)
from registry.experts.rules import Crosswalk
from registry.experts.schemas import Life, PersonDraft, StatementDraft, Visibility, draft_of
from registry.experts.verifying import verify_item, withdraw_verification
from registry.experts.versions import profile_version
from registry.ids import new_id
from registry.vault import service as vault
from tests.factories import NOW, make_person, said, work

LATER = NOW + timedelta(days=1)
DOI = {"title": {"vi": "Thiết kế vi mạch"}, "doi": "10.1000/abc", "openalex_id": "W1"}


def record(session: Session, *people: PersonDraft) -> None:
    recording.record_people(session, LOCAL_STEWARD, people, Crosswalk(), NOW)
    session.flush()


def one(session: Session) -> UUID:
    return session.scalars(select(col(Expert.id))).one()


def own_actor(expert_id: UUID) -> Actor:
    return Actor(str(uuid4()), frozenset({Role.EXPERT}), expert_id=expert_id)


def delegate_of(expert_id: UUID, *sections: str) -> Actor:
    return Actor(str(uuid4()), frozenset(), delegations={expert_id: frozenset(sections)})


def current(session: Session, property_name: str, source: str | None = None) -> list[Statement]:
    query = select(Statement).where(
        col(Statement.property) == property_name, col(Statement.superseded_at).is_(None)
    )
    if source is not None:
        query = query.where(col(Statement.source) == source)
    return list(session.scalars(query.order_by(col(Statement.id))))


def version(session: Session, actor: Actor, expert_id: UUID) -> set[str]:
    return {profile_version(session, actor, session.get_one(Expert, expert_id))}


def add(session: Session, actor: Actor, expert_id: UUID, draft: StatementDraft, **more: Any) -> Any:
    seen = version(session, actor, expert_id)
    return add_item(session, actor, expert_id, draft, seen=seen, now=LATER, **more)


def correct(session: Session, actor: Actor, row: Statement, draft: StatementDraft) -> Statement:
    return correct_item(session, actor, row.expert_id, row.id, draft, seen={str(row.id)}, now=LATER)


def judge(session: Session, actor: Actor, row: Statement, judgement: Any, **more: Any) -> Statement:
    return judge_item(
        session, actor, row.expert_id, row.id, judgement, seen={str(row.id)}, now=LATER, **more
    )


def show(session: Session, actor: Actor, row: Statement, shown: Shown, **more: Any) -> Statement:
    return show_item(
        session, actor, row.expert_id, row.id, shown, seen={str(row.id)}, now=LATER, **more
    )


def sector(name: str) -> StatementDraft:
    return draft_of("sector", {"sector": name})


def award(title: str, started_on: str | None = None) -> StatementDraft:
    return draft_of("award", {"title": {"vi": title}}, started_on)


ONLY_ME = Shown(Visibility.SELF)


def test_what_a_person_adds_is_his_word_on_his_consent_and_nothing_is_checked_by_it(
    session: Session,
) -> None:
    record(session, make_person("1"))
    expert_id = one(session)
    expert = own_actor(expert_id)

    added = add(session, expert, expert_id, award("Giải thưởng Kovalevskaia", "2020"))

    assert (added.source, added.asserted_by, added.on_behalf_of) == ("self", expert.id, None)
    assert (added.legal_ground, added.verification, added.visibility) == (
        "consent",
        "claimed",
        "public",
    )
    change = session.get_one(Change, added.change_id)
    assert (change.kind, change.actor, change.label) == ("edit", expert.id, "expert")


def test_a_delegate_speaks_for_the_person_within_his_sections_alone(session: Session) -> None:
    record(session, make_person("1", "Lê Thị Hoa", work("Vắc xin")))
    expert_id = one(session)
    delegate = delegate_of(expert_id, "award")
    published = current(session, "work")[0]

    added = add(session, delegate, expert_id, award("Giải A"))

    assert (added.source, added.asserted_by) == ("self", delegate.id)
    assert added.on_behalf_of == str(expert_id)
    assert session.get_one(Change, added.change_id).label == "delegate"
    with pytest.raises(NotPermittedError):
        add(session, delegate, expert_id, sector("state"))
    # Seen by everybody, and yet not his to change: for him it is no statement at all.
    with pytest.raises(NotFoundError):
        judge(session, delegate, published, "rejected")


def test_a_delegate_decides_for_nobody_who_sees_what(session: Session) -> None:
    record(session, make_person("1", "Lê Thị Hoa", said("award", {"title": {"vi": "Giải A"}})))
    expert_id = one(session)
    delegate = delegate_of(expert_id, "award")
    row = current(session, "award")[0]

    with pytest.raises(NotPermittedError):
        show(session, delegate, row, ONLY_ME)
    with pytest.raises(NotPermittedError):
        add(session, delegate, expert_id, award("Giải B"), shown=ONLY_ME)

    assert judge(session, delegate, row, "accepted").judgement == "accepted"


def test_what_a_person_keeps_to_himself_is_for_his_delegate_and_for_stewards_not_there(
    session: Session,
) -> None:
    record(session, make_person("1", "Lê Thị Hoa", said("award", {"title": {"vi": "Giải A"}})))
    expert_id = one(session)
    hidden = show(session, own_actor(expert_id), current(session, "award")[0], ONLY_ME)

    for other in (delegate_of(expert_id, "award"), LOCAL_STEWARD):
        with pytest.raises(NotFoundError):
            correct(session, other, hidden, award("Giải khác"))
    # Nor does the same item that another says now tell that there is one.
    assert (
        add(session, delegate_of(expert_id, "award"), expert_id, award("Giải A")).source == "self"
    )


def test_a_stewards_word_is_his_own_and_counts_before_the_source_that_it_corrects(
    session: Session,
) -> None:
    record(session, make_person("1", "Lê Thị Hoa", work("Vac xin")))
    row = current(session, "work")[0]

    right = correct(
        session, LOCAL_STEWARD, row, draft_of("work", {"title": {"vi": "Vắc xin"}}, "2022")
    )

    (item,) = group_statements(current(session, "work"))
    assert (right.source, right.legal_ground) == ("steward", "invented")
    assert [s.source for s in item.statements] == ["steward", "test"]


def test_a_correction_stands_beside_the_source_under_the_same_item(session: Session) -> None:
    record(session, make_person("1", "Lê Thị Hoa", said("work", DOI)))
    expert_id = one(session)
    row = current(session, "work")[0]
    other = {**DOI, "title": {"vi": "Thiết kế vi mạch tương tự"}, "doi": "10.1000/other"}

    own = correct(session, own_actor(expert_id), row, draft_of("work", other))

    stays = session.get_one(Statement, row.id)
    assert stays.superseded_at is None
    assert (own.source, own.item_key) == ("self", stays.item_key)
    (item,) = group_statements(current(session, "work"))
    assert item.preferred.id == own.id


def test_correcting_ones_own_statement_supersedes_it_and_its_check_with_it(
    session: Session,
) -> None:
    record(session, make_person("1"))
    expert_id = one(session)
    expert = own_actor(expert_id)
    first = add(session, expert, expert_id, sector("state"))
    checked = verify_item(
        session,
        LOCAL_STEWARD,
        expert_id,
        first.id,
        "document",
        "QĐ 12/2020",
        seen={str(first.id)},
        now=LATER,
    )

    second = correct(session, expert, checked, sector("science"))

    old = session.get_one(Statement, checked.id)
    assert (old.superseded_by, old.closed_by) == (second.id, second.change_id)
    assert (old.verification, second.verification) == ("checked", "claimed")
    assert second.verification_document is None
    assert len(current(session, "sector")) == 1


def test_a_correction_that_says_the_same_writes_nothing(session: Session) -> None:
    record(session, make_person("1", "Lê Thị Hoa", said("sector", {"sector": "state"})))
    row = current(session, "sector")[0]
    expert = own_actor(row.expert_id)

    assert correct(session, expert, row, sector("state")).id == row.id
    assert correct(session, expert, row, sector("science")).id != row.id


def test_an_item_that_was_corrected_already_is_corrected_there(session: Session) -> None:
    record(session, make_person("1", "Lê Thị Hoa", said("sector", {"sector": "state"})))
    row = current(session, "sector")[0]
    expert = own_actor(row.expert_id)
    correct(session, expert, row, sector("science"))

    with pytest.raises(ChangedMeanwhileError) as caught:
        correct(session, expert, row, sector("other"))

    (told,) = caught.value.changes
    assert (told["by"], told["path"], told["after"]) == ("expert", "sector", "science")


def test_what_is_stated_already_is_not_added_but_another_period_is(session: Session) -> None:
    record(session, make_person("1", country=None))
    expert_id = one(session)
    expert = own_actor(expert_id)
    post = {"organisation": "Viện Hóa học", "country_code": "VN"}
    add(session, expert, expert_id, draft_of("affiliation", post, "2001", "2005"))

    with pytest.raises(InvalidInputError):
        add(session, expert, expert_id, draft_of("affiliation", post, "2001", "2005"))
    add(session, expert, expert_id, draft_of("affiliation", post, "2011"))

    assert [s.started_on for s in current(session, "affiliation")] == ["2001", "2011"]


def test_removing_closes_ones_own_word_and_rejects_what_a_source_says(session: Session) -> None:
    record(session, make_person("1", "Lê Thị Hoa", work("Vắc xin")))
    expert_id = one(session)
    expert = own_actor(expert_id)
    own = add(session, expert, expert_id, award("Giải A"))
    theirs = current(session, "work")[0]

    nothing = remove_item(session, expert, expert_id, own.id, seen={str(own.id)}, now=LATER)
    rejected = remove_item(session, expert, expert_id, theirs.id, seen={str(theirs.id)}, now=LATER)

    assert nothing is None
    assert current(session, "award") == []
    assert rejected is not None
    assert rejected.judgement == "rejected"


def test_nobody_else_judges_corrects_or_removes_the_persons_own_word(session: Session) -> None:
    record(session, make_person("1"))
    expert_id = one(session)
    own = add(session, own_actor(expert_id), expert_id, sector("state"))

    with pytest.raises(NotPermittedError):
        correct(session, LOCAL_STEWARD, own, sector("science"))
    with pytest.raises(InvalidInputError):
        judge(session, LOCAL_STEWARD, own, "rejected", reason="theo điện thoại")


def test_origin_is_stated_by_the_person_alone(session: Session) -> None:
    record(session, make_person("1"))
    expert_id = one(session)
    draft = draft_of("origin", {"is_vietnamese": True})

    for other in (LOCAL_STEWARD, delegate_of(expert_id, "origin")):
        with pytest.raises(NotPermittedError):
            add(session, other, expert_id, draft)
    own = add(session, own_actor(expert_id), expert_id, draft)

    assert own.visibility == "bodies"
    for act in (
        lambda: correct(session, LOCAL_STEWARD, own, draft),
        lambda: show(session, LOCAL_STEWARD, own, ONLY_ME, reason="lời của chuyên gia"),
    ):
        with pytest.raises(NotPermittedError):
            act()


def test_a_judgement_holds_for_every_source_of_the_item_and_for_later_imports(
    session: Session,
) -> None:
    record(session, make_person("1", "Lê Thị Hoa", said("work", DOI), work("Khác")))
    expert_id = one(session)
    _link(session, expert_id, "orcid")
    record(session, make_person("1", "Lê Thị Hoa", said("work", DOI), source="orcid"))
    row = next(s for s in current(session, "work", "test") if s.external_id)

    judge(session, own_actor(expert_id), row, "rejected")
    # A third source knows the work by the other of its ids only.
    _link(session, expert_id, "third")
    other_id = {"title": {"en": "Circuit design"}, "openalex_id": "W1"}
    record(session, make_person("1", "Lê Thị Hoa", said("work", other_id), source="third"))

    judged = {s.source: s.judgement for s in current(session, "work") if s.external_id}
    assert judged == {"test": "rejected", "orcid": "rejected", "third": "rejected"}
    assert [s.judgement for s in current(session, "work") if not s.external_id] == [None]


def test_rejecting_a_birth_year_rejects_that_year_and_no_other(session: Session) -> None:
    record(session, make_person("1", "Lê Thị Hoa", said("birth_year", {"year": 1970})))
    expert_id = one(session)
    _link(session, expert_id, "list")

    judge(session, own_actor(expert_id), current(session, "birth_year")[0], "rejected")
    record(
        session, make_person("1", "Lê Thị Hoa", said("birth_year", {"year": 1971}), source="list")
    )

    assert {s.value["year"]: s.judgement for s in current(session, "birth_year")} == {
        1970: "rejected",
        1971: None,
    }


def test_a_choice_about_one_period_stays_with_it_when_the_source_lists_them_anew(
    session: Session,
) -> None:
    post = {"organisation": "Viện Hóa học", "country_code": "VN"}
    first = said("affiliation", post, started_on="2001", ended_on="2005")
    second = said("affiliation", post, started_on="2011")
    record(session, make_person("1", "Trần Minh", first, second, country=None))
    rows = {s.started_on: s for s in current(session, "affiliation")}
    show(session, own_actor(one(session)), rows["2001"], ONLY_ME)
    again = make_person("1", "Trần Minh", second, first, country=None)
    again.raw["edition"] = 2

    record(session, again)

    shown = {s.started_on: s.visibility for s in current(session, "affiliation")}
    assert shown == {"2001": "self", "2011": "public"}


def test_a_judgement_can_be_taken_back_by_judging_anew(session: Session) -> None:
    record(session, make_person("1", "Lê Thị Hoa", work("Vắc xin")))
    expert = own_actor(one(session))
    rejected = judge(session, expert, current(session, "work")[0], "rejected")

    undone = judge(session, expert, rejected, None)

    assert undone.judgement is None
    assert (
        session.scalars(select(ItemChoice).where(col(ItemChoice.superseded_at).is_(None))).all()
        == []
    )


def test_a_steward_judges_and_shows_with_a_reason_which_is_sealed(session: Session) -> None:
    record(session, make_person("1", "Lê Thị Hoa", work("Vắc xin")))
    row = current(session, "work")[0]

    with pytest.raises(InvalidInputError):
        judge(session, LOCAL_STEWARD, row, "rejected", reason="  ")
    judged = judge(session, LOCAL_STEWARD, row, "rejected", reason="Thư ngày 3/5")
    with pytest.raises(InvalidInputError):
        show(session, LOCAL_STEWARD, judged, Shown(Visibility.BODIES))

    change = session.get_one(Change, judged.change_id)
    assert change.words is not None
    assert "Thư".encode() not in change.words
    assert vault.unseal(session, judged.expert_id, change.words) == "Thư ngày 3/5"


def test_named_bodies_are_bodies_that_there_are(session: Session) -> None:
    record(session, make_person("1", "Lê Thị Hoa", work("Vắc xin")))
    session.add(Body(code="most", name_vi="Bộ", name_en="Ministry"))
    session.flush()
    row = current(session, "work")[0]
    expert = own_actor(row.expert_id)
    named = Visibility.NAMED_BODIES

    for wrong in (Shown(named), Shown(named, ["nobody"]), Shown(Visibility.BODIES, ["most"])):
        with pytest.raises(InvalidInputError):
            show(session, expert, row, wrong)
    shown = show(session, expert, row, Shown(named, ["most", "most"]))

    assert (shown.visibility, shown.named_bodies) == ("named_bodies", ["most"])


def test_contact_data_are_sealed_and_never_public(session: Session) -> None:
    record(session, make_person("1"))
    expert_id = one(session)
    expert = own_actor(expert_id)
    address = {"kind": "email", "address": "hoa@example.org"}

    added = add(session, expert, expert_id, draft_of("contact", address))

    assert "hoa@" not in str(added.value)
    assert added.visibility == "stewards"
    assert opened_value(session, expert_id, "contact", added.value) == address
    with pytest.raises(InvalidInputError):
        show(session, expert, added, Shown(Visibility.PUBLIC))
    with pytest.raises(InvalidInputError):
        add(session, expert, expert_id, draft_of("contact", address))


def test_a_holder_whose_claim_is_contested_changes_no_visibility(session: Session) -> None:
    record(session, make_person("1", "Lê Thị Hoa", work("Vắc xin")))
    expert_id = one(session)
    row = current(session, "work")[0]
    expert = own_actor(expert_id)
    _contest(session, expert_id)

    with pytest.raises(NotPermittedError):
        show(session, expert, row, ONLY_ME)

    assert judge(session, expert, row, "accepted").judgement == "accepted"


def test_hiding_ones_only_name_leaves_all_lists_and_not_ones_own_hands(session: Session) -> None:
    record(session, make_person("1", "Lê Thị Hoa"))
    expert_id = one(session)
    expert = own_actor(expert_id)

    hidden = show(session, expert, current(session, "name")[0], ONLY_ME)

    assert session.get(ExpertSummary, expert_id) is None
    assert service.get_profile(session, expert, expert_id).summary.display_name == "Lê Thị Hoa"
    with pytest.raises(NotFoundError):
        service.get_profile(session, LOCAL_RECRUITER, expert_id)
    show(session, expert, hidden, Shown(Visibility.PUBLIC))
    assert session.get(ExpertSummary, expert_id) is not None


def test_a_check_names_how_and_on_what_and_is_withdrawn_with_a_reason(session: Session) -> None:
    record(
        session,
        make_person(
            "1", "Lê Thị Hoa", said("rank", {"rank": "professor"}, verification="confirmed")
        ),
    )
    row = current(session, "rank")[0]

    def check(method: str, document: str) -> Statement:
        return verify_item(
            session,
            LOCAL_STEWARD,
            row.expert_id,
            row.id,
            method,
            document,
            seen={str(row.id)},
            now=LATER,
        )

    for method, document in (("rumour", "QĐ 1"), ("document", "  ")):
        with pytest.raises(InvalidInputError):
            check(method, document)
    checked = check("document", "QĐ 1/2020")
    assert (checked.verification, checked.verification_method) == ("checked", "document")
    assert (checked.verified_by, checked.verified_at) == (LOCAL_STEWARD.id, LATER)

    withdrawn = withdraw_verification(
        session,
        LOCAL_STEWARD,
        row.expert_id,
        checked.id,
        "Quyết định bị hủy",
        seen={str(checked.id)},
        now=LATER,
    )
    assert (withdrawn.verification, withdrawn.verification_document) == ("confirmed", None)


def test_nobody_checks_himself_and_nobody_but_a_steward_checks(session: Session) -> None:
    record(session, make_person("1", "Lê Thị Hoa", work("Vắc xin")))
    row = current(session, "work")[0]
    himself = Actor("x", frozenset({Role.STEWARD}), expert_id=row.expert_id)

    for actor in (himself, own_actor(row.expert_id), delegate_of(row.expert_id, "work")):
        with pytest.raises(NotPermittedError):
            verify_item(
                session,
                actor,
                row.expert_id,
                row.id,
                "document",
                "QĐ",
                seen={str(row.id)},
                now=LATER,
            )


def test_a_stale_edit_is_refused_and_told_what_changed_by_whom(session: Session) -> None:
    record(session, make_person("1"))
    expert_id = one(session)
    expert = own_actor(expert_id)
    first = add(session, expert, expert_id, draft_of("rank", {"rank": "professor"}, "2019"))
    correct(
        session,
        delegate_of(expert_id, "rank"),
        first,
        draft_of("rank", {"rank": "associate_professor"}, "2019"),
    )

    with pytest.raises(ChangedMeanwhileError) as caught:
        correct(session, expert, first, draft_of("rank", {"rank": "professor"}, "2018"))

    (told,) = caught.value.changes
    assert (told["by"], told["property"], told["path"]) == ("delegate", "rank", "rank")
    assert (told["before"], told["after"]) == ("professor", "associate_professor")
    assert [s.started_on for s in current(session, "rank")] == ["2019"]


def test_an_add_on_a_stale_profile_is_told_what_is_new_as_far_as_is_seen(session: Session) -> None:
    record(session, make_person("1"))
    expert_id = one(session)
    delegate = delegate_of(expert_id, "award")
    seen = version(session, delegate, expert_id)
    expert = own_actor(expert_id)
    add(session, expert, expert_id, award("Giải kín"), shown=ONLY_ME)

    # What he does not see does not move his version.
    assert version(session, delegate, expert_id) == seen
    add(session, expert, expert_id, award("Giải mở"))
    with pytest.raises(ChangedMeanwhileError) as caught:
        add_item(session, delegate, expert_id, award("Giải B"), seen=seen, now=LATER)

    told = {change["after"] for change in caught.value.changes}
    assert "Giải mở" in told
    assert "Giải kín" not in str(caught.value.changes)


def test_of_two_edits_at_the_same_time_one_is_refused(database: Database) -> None:
    with database.session() as session:
        record(session, make_person("1", "Lê Thị Hoa", said("sector", {"sector": "state"})))
        row = current(session, "sector")[0]
        expert = own_actor(row.expert_id)
        own = correct(session, expert, row, sector("science"))
    both, outcomes = Barrier(2), []

    def edit(name: str) -> None:
        both.wait()
        try:
            with database.session() as mine:
                correct(mine, expert, own, sector(name))
            outcomes.append("written")
        except ChangedMeanwhileError as exc:
            outcomes.append(str(exc.changes[0]["after"]))

    threads = [Thread(target=edit, args=(name,)) for name in ("enterprise", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    with database.session() as session:
        (left,) = current(session, "sector", "self")
        assert left.value["sector"] in {"enterprise", "other"}
    assert sorted(outcomes) == sorted(["written", left.value["sector"]])


def test_a_statement_of_somebody_else_is_not_there_under_ones_own_profile(
    session: Session,
) -> None:
    record(session, make_person("1", "Lê Thị Hoa"), make_person("2", "Trần Minh", work("Của Minh")))
    theirs = current(session, "work")[0]
    mine = next(e for e in session.scalars(select(col(Expert.id))) if e != theirs.expert_id)
    expert = own_actor(mine)

    with pytest.raises(NotFoundError) as guessed:
        judge_item(session, expert, mine, theirs.id, "rejected", seen={str(theirs.id)}, now=LATER)
    with pytest.raises(NotFoundError):
        judge(session, expert, theirs, "rejected")

    unknown = new_id()
    with pytest.raises(NotFoundError) as invented:
        judge_item(session, expert, mine, unknown, "rejected", seen={str(unknown)}, now=LATER)
    assert str(guessed.value).replace(str(theirs.id), "") == str(invented.value).replace(
        str(unknown), ""
    )


def test_who_has_no_part_in_a_profile_edits_nothing_of_it(session: Session) -> None:
    record(session, make_person("1", "Lê Thị Hoa", work("Vắc xin")))
    row = current(session, "work")[0]
    stranger = own_actor(new_id())

    for actor, refusal in (
        (stranger, NotFoundError),
        (LOCAL_RECRUITER, NotFoundError),
        (Actor("anonymous", frozenset()), NotSignedInError),
        (
            Actor("token", frozenset(), expert_id=row.expert_id, scopes=frozenset()),
            NotPermittedError,
        ),
    ):
        with pytest.raises(refusal):
            judge(session, actor, row, "rejected")


def test_counts_tell_how_far_the_items_are_verified_and_leave_out_the_rejected(
    session: Session,
) -> None:
    record(
        session,
        make_person(
            "1",
            "Lê Thị Hoa",
            work("Một", verification="confirmed"),
            work("Hai"),
            work("Ba"),
            country=None,
        ),
    )
    expert_id = one(session)
    expert = own_actor(expert_id)
    rows = {s.value["title"]["vi"]: s for s in current(session, "work")}
    judge(session, expert, rows["Hai"], "accepted")
    judge(session, expert, rows["Ba"], "rejected")

    statements = [*current(session, "work"), *current(session, "name")]
    counts = count_items(group_statements(statements))

    assert (counts.items, counts.claimed, counts.checked, counts.confirmed) == (3, 2, 0, 1)
    assert counts.accepted == 1


def test_evidence_leads_to_the_web_and_nowhere_else(session: Session) -> None:
    record(session, make_person("1"))
    expert_id = one(session)
    expert = own_actor(expert_id)
    title = {"title": {"vi": "Giải A"}}

    for address in ("javascript:alert(1)", "file:///etc/passwd", "https://x y"):
        with pytest.raises(InvalidInputError):
            add(session, expert, expert_id, draft_of("award", title, evidence_url=address))

    address = "https://example.org/giai"
    added = add(session, expert, expert_id, draft_of("award", title, evidence_url=address))
    assert added.evidence_url == address


def _link(session: Session, expert_id: UUID, source: str) -> None:
    session.add(ExpertSource(source=source, source_key="1", expert_id=expert_id))
    session.flush()


def _contest(session: Session, expert_id: UUID) -> None:
    database: Callable[[], Any] = session.get_bind  # The account is made in the same transaction.
    del database
    account_id = new_id()
    session.execute(
        text(
            "INSERT INTO account (id, login, display_name, language, is_invented, expert_id) "
            "VALUES (:id, 'hoa', 'Hoa', 'vi', true, :expert)"
        ),
        {"id": account_id, "expert": expert_id},
    )
    session.add(
        Claim(
            expert_id=expert_id,
            account_id=account_id,
            proof="words",
            state="contested",
            life_before=Life.LEAD.value,
            created_at=NOW,
        )
    )
    session.flush()
