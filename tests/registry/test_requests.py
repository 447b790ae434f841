"""Requests about one's data: deadlines by law, one extension, words kept sealed."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from registry.access.policy import LOCAL_STEWARD, Actor, Role
from registry.errors import InvalidInputError, NotFoundError, NotPermittedError
from registry.experts import repository as experts
from registry.experts.models import Expert
from registry.experts.recording import record_people
from registry.rights import requests
from registry.rights.deadlines import RequestKind
from registry.rights.models import RightsRequest
from registry.rights.request_store import Received
from registry.taxonomy.service import get_crosswalk
from tests.factories import NOW, make_person

# A Monday, ten in the morning in Vietnam.
MONDAY = datetime(2026, 11, 2, 3, tzinfo=UTC)
STEWARD = Actor("operator:test", frozenset({Role.STEWARD}))
RECRUITER = Actor("r", frozenset({Role.RECRUITER}), body="most")


def _person(session: Session, key: str = "1") -> UUID:
    record_people(session, LOCAL_STEWARD, [make_person(key)], get_crosswalk(session), NOW)
    return experts.find_by_source(session, "test", [key])[key]


def _own(expert_id: UUID) -> Actor:
    return Actor("00000000-0000-7000-8000-000000000001", frozenset(), expert_id=expert_id)


def _letter(kind: RequestKind, expert_id: UUID | None = None, **more: object) -> Received:
    given = {"words": "Xin xem hồ sơ", "channel": "paper", "requester": "Bà Mai, Huế"}
    return Received(kind=kind, expert_id=expert_id, **(given | more))  # type: ignore[arg-type]


def test_a_request_gets_the_deadlines_of_the_law(session: Session) -> None:
    own = _own(_person(session))

    row = requests.ask(session, own, RequestKind.CORRECT, "Viện đã đổi tên", MONDAY)

    assert (row.state, row.channel) == ("open", "web")
    assert row.answer_by == datetime(2026, 11, 4, 16, 59, 59, tzinfo=UTC)
    assert row.act_by == datetime(2026, 11, 12, 16, 59, 59, tzinfo=UTC)


def test_words_are_sealed_and_read_by_the_person_and_stewards_alone(session: Session) -> None:
    own = _own(_person(session))
    row = requests.ask(session, own, RequestKind.COMPLAIN, "Tôi không đồng ý", MONDAY)

    assert row.words is not None
    assert "đồng ý".encode() not in row.words
    assert requests.list_own(session, own)[0].words == "Tôi không đồng ý"
    assert requests.get_request(session, STEWARD, row.id).words == "Tôi không đồng ý"
    assert requests.list_own(session, _own(_person(session, "2"))) == []
    for look in (requests.list_all, requests.list_own):
        with pytest.raises(NotPermittedError):
            look(session, RECRUITER)


def test_restriction_and_withdrawal_are_done_as_they_are_asked(session: Session) -> None:
    expert_id = _person(session)

    restricted = requests.ask(session, _own(expert_id), RequestKind.RESTRICT, "tạm thời", MONDAY)
    withdrawn = requests.ask(session, _own(expert_id), RequestKind.WITHDRAW, "tôi rút", MONDAY)

    expert = session.get_one(Expert, expert_id)
    assert (restricted.state, withdrawn.state) == ("done", "done")
    assert (expert.restricted_at, expert.life) == (MONDAY, "withdrawn")


def test_an_erasure_is_not_asked_for_but_confirmed(session: Session) -> None:
    own = _own(_person(session))

    with pytest.raises(InvalidInputError):
        requests.ask(session, own, RequestKind.DELETE, "xóa", MONDAY)


def test_a_steward_takes_down_letters_of_people_without_a_profile_too(session: Session) -> None:
    row = requests.receive(session, STEWARD, _letter(RequestKind.VIEW), MONDAY)

    opened = requests.get_request(session, STEWARD, row.id)
    assert (opened.requester, opened.words) == ("Bà Mai, Huế", "Xin xem hồ sơ")
    assert row.requester is not None
    assert b"Mai" not in row.requester


@pytest.mark.parametrize(
    "wrong", [{"words": "  "}, {"channel": "web"}, {"requester": ""}, {"words": "x" * 4001}]
)
def test_a_letter_without_words_channel_or_sender_is_refused(
    session: Session, wrong: dict[str, object]
) -> None:
    with pytest.raises(InvalidInputError):
        requests.receive(session, STEWARD, _letter(RequestKind.VIEW, **wrong), MONDAY)


def test_a_letter_about_nobody_is_refused(session: Session) -> None:
    nobody = UUID("00000000-0000-7000-8000-00000000000f")

    with pytest.raises(NotFoundError):
        requests.receive(session, STEWARD, _letter(RequestKind.VIEW, nobody), MONDAY)


def test_only_stewards_handle_requests(session: Session) -> None:
    expert_id = _person(session)
    row = requests.ask(session, _own(expert_id), RequestKind.VIEW, "xem", MONDAY)

    for actor in (RECRUITER, _own(expert_id)):
        with pytest.raises(NotPermittedError):
            requests.finish(session, actor, row.id, "xong", MONDAY)


def test_a_third_party_makes_the_deadline_longer(session: Session) -> None:
    near = requests.receive(session, STEWARD, _letter(RequestKind.DELETE), MONDAY)
    far = requests.receive(
        session, STEWARD, _letter(RequestKind.DELETE, through_third_party=True), MONDAY
    )

    assert far.act_by - near.act_by == timedelta(days=10)


def test_a_request_is_prolonged_once_by_no_more_than_its_span_and_with_a_reason(
    session: Session,
) -> None:
    own = _own(_person(session))
    row = requests.ask(session, own, RequestKind.VIEW, "xem", MONDAY)
    before = row.act_by

    with pytest.raises(InvalidInputError):
        requests.prolong(session, STEWARD, row.id, 11, "nhiều hồ sơ", MONDAY)
    with pytest.raises(InvalidInputError):
        requests.prolong(session, STEWARD, row.id, 5, " ", MONDAY)
    requests.prolong(session, STEWARD, row.id, 10, "nhiều hồ sơ", MONDAY)
    with pytest.raises(InvalidInputError):
        requests.prolong(session, STEWARD, row.id, 1, "nữa", MONDAY)

    assert row.act_by - before == timedelta(days=10)
    assert requests.list_own(session, own)[0].extension == "nhiều hồ sơ"


def test_a_request_is_answered_and_then_done_and_then_closed_for_good(session: Session) -> None:
    own = _own(_person(session))
    row = requests.ask(session, own, RequestKind.OBJECT, "không dùng để xếp hạng", MONDAY)

    requests.answer(session, STEWARD, row.id, "Đã nhận, xong trước ngày 17", MONDAY)
    with pytest.raises(InvalidInputError):
        requests.answer(session, STEWARD, row.id, "lần nữa", MONDAY)
    requests.finish(session, STEWARD, row.id, "Đã dừng so khớp", MONDAY + timedelta(days=1))
    with pytest.raises(InvalidInputError):
        requests.refuse(session, STEWARD, row.id, "muộn", MONDAY)

    (opened,) = requests.list_own(session, own)
    assert (opened.answer, opened.outcome) == ("Đã nhận, xong trước ngày 17", "Đã dừng so khớp")
    assert (row.state, row.answered_at) == ("done", MONDAY)
    assert row.done_at == MONDAY + timedelta(days=1)


def test_a_refusal_needs_its_reason_and_tells_the_person(session: Session) -> None:
    own = _own(_person(session))
    row = requests.ask(session, own, RequestKind.CORRECT, "sửa", MONDAY)

    with pytest.raises(InvalidInputError):
        requests.refuse(session, STEWARD, row.id, "", MONDAY)
    requests.refuse(session, STEWARD, row.id, "Nguồn nói đúng như vậy", MONDAY)

    assert requests.list_own(session, own)[0].outcome == "Nguồn nói đúng như vậy"
    assert row.answered_at == MONDAY


def test_late_is_an_answer_first_and_then_the_act(session: Session) -> None:
    row = requests.ask(session, _own(_person(session)), RequestKind.VIEW, "xem", MONDAY)
    in_time, late = row.answer_by, row.answer_by + timedelta(seconds=1)

    assert requests.list_overdue(session, STEWARD, in_time) == []
    assert len(requests.list_overdue(session, STEWARD, late)) == 1
    requests.answer(session, STEWARD, row.id, "", late)
    assert requests.list_overdue(session, STEWARD, row.act_by) == []
    assert len(requests.list_overdue(session, STEWARD, row.act_by + timedelta(seconds=1))) == 1


def test_the_most_urgent_comes_first(session: Session) -> None:
    own = _own(_person(session))
    slow = requests.ask(session, own, RequestKind.COMPLAIN, "một", MONDAY)
    requests.answer(session, STEWARD, slow.id, "", MONDAY)
    quick = requests.ask(session, own, RequestKind.VIEW, "hai", MONDAY)

    assert [o.request.id for o in requests.list_all(session, STEWARD)] == [quick.id, slow.id]
    assert requests.list_all(session, STEWARD, states=("done",)) == []


def test_a_button_carries_out_what_a_letter_asks_for(session: Session) -> None:
    expert_id = _person(session)
    restrict = requests.receive(session, STEWARD, _letter(RequestKind.RESTRICT, expert_id), MONDAY)
    withdraw = requests.receive(
        session, STEWARD, _letter(RequestKind.WITHDRAW, expert_id, channel="phone"), MONDAY
    )
    view = requests.receive(session, STEWARD, _letter(RequestKind.VIEW, expert_id), MONDAY)
    nobody = requests.receive(session, STEWARD, _letter(RequestKind.WITHDRAW), MONDAY)

    requests.carry_out(session, STEWARD, restrict.id, MONDAY)
    requests.carry_out(session, STEWARD, withdraw.id, MONDAY)

    expert = session.get_one(Expert, expert_id)
    assert (expert.restricted_at, expert.life) == (MONDAY, "withdrawn")
    assert session.get_one(RightsRequest, withdraw.id).state == "done"
    for other in (view, nobody):
        with pytest.raises(InvalidInputError):
            requests.carry_out(session, STEWARD, other.id, MONDAY)


def test_an_unknown_request_is_not_found(session: Session) -> None:
    with pytest.raises(NotFoundError):
        requests.finish(
            session, STEWARD, UUID("00000000-0000-7000-8000-00000000000f"), "xong", MONDAY
        )
