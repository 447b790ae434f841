"""One person met by two relations: what is seen is the union, what is kept is the charge alone."""

import io
import json
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from registry.access.policy import Actor, Role
from registry.errors import NotFoundError, NotPermittedError
from registry.experts import changes, service
from registry.experts.exporting import ExportRequest, export_people
from registry.experts.judging import Shown
from registry.experts.kept_service import get_kept
from registry.experts.models import Expert
from registry.experts.schemas import Life, Visibility
from registry.experts.versions import profile_version
from tests.factories import NOW, make_person, said, work
from tests.registry.test_editing import (
    ONLY_ME,
    add,
    award,
    current,
    judge,
    one,
    own_actor,
    record,
    show,
)

SECRETARY = Actor("00000000-0000-7000-8000-000000000001", frozenset({Role.SECRETARY}), "most")


def _person(session: Session) -> UUID:
    """One item for everybody, and two in each of two sections: for councils, and for stewards."""
    record(
        session,
        make_person(
            "1",
            "Lê Thị Hoa",
            work("Công khai"),
            work("Cho hội đồng", visibility="council"),
            work("Cho quản lý", visibility="stewards"),
            said("award", {"title": {"vi": "Giải cho hội đồng"}}, visibility="council"),
            said("award", {"title": {"vi": "Giải cho quản lý"}}, visibility="stewards"),
        ),
    )
    return one(session)


def _as(expert_id: UUID, *, charge: bool, candidate: bool) -> Actor:
    return replace(
        SECRETARY,
        delegations={expert_id: frozenset({"award"})} if charge else {},
        candidates=frozenset({expert_id} if candidate else ()),
    )


def _titles(session: Session, actor: Actor, expert_id: UUID) -> set[str]:
    found = service.get_profile(session, actor, expert_id).statements
    return {s.value["title"]["vi"] for s in found if s.property in {"work", "award"}}


OF_A_COUNCIL = {"Công khai", "Cho hội đồng", "Giải cho hội đồng"}
OF_A_CHARGE = {"Giải cho hội đồng", "Giải cho quản lý"}


@pytest.mark.parametrize(
    ("charge", "candidate", "seen"),
    [
        (False, False, {"Công khai"}),
        (True, False, {"Công khai"} | OF_A_CHARGE),
        (False, True, OF_A_COUNCIL),
        (True, True, OF_A_COUNCIL | OF_A_CHARGE),
    ],
)
def test_a_delegate_whose_council_considers_the_person_sees_what_both_give(
    session: Session, charge: bool, candidate: bool, seen: set[str]
) -> None:
    expert_id = _person(session)

    actor = _as(expert_id, charge=charge, candidate=candidate)

    assert _titles(session, actor, expert_id) == seen


@pytest.mark.parametrize("closed", ["paused", "restricted", "other bodies", "no public name"])
def test_where_the_profile_is_not_shown_only_the_charge_is_left(
    session: Session, closed: str
) -> None:
    expert_id = _person(session)
    expert = session.get_one(Expert, expert_id)
    if closed == "paused":
        expert.life = Life.PAUSED.value
    elif closed == "restricted":
        expert.restricted_at = NOW
    elif closed == "other bodies":
        expert.open_to = ["moh"]
    else:
        show(session, own_actor(expert_id), current(session, "name")[0], Shown(Visibility.COUNCIL))
    session.flush()

    assert _titles(session, _as(expert_id, charge=True, candidate=True), expert_id) == OF_A_CHARGE
    with pytest.raises(NotFoundError):
        _titles(session, _as(expert_id, charge=False, candidate=True), expert_id)


def test_what_the_person_says_is_not_his_is_for_his_delegate_and_no_council(
    session: Session,
) -> None:
    expert_id = _person(session)
    for row in [*current(session, "award"), *current(session, "work")]:
        judge(session, own_actor(expert_id), row, "rejected")

    assert _titles(session, _as(expert_id, charge=True, candidate=True), expert_id) == OF_A_CHARGE
    assert _titles(session, _as(expert_id, charge=False, candidate=True), expert_id) == set()


def test_a_delegate_keeps_his_sections_and_nothing_that_he_sees_beside_them(
    session: Session,
) -> None:
    expert_id = _person(session)
    actor = _as(expert_id, charge=True, candidate=True)

    kept = get_kept(session, actor, expert_id)
    with pytest.raises(NotPermittedError):
        add(session, actor, expert_id, work("Thêm"))
    with pytest.raises(NotFoundError):
        judge(session, actor, current(session, "work")[1], "rejected")
    added = add(session, actor, expert_id, award("Giải mới"))

    assert (kept.party, kept.sections) == ("delegate", ("award",))
    assert {i.preferred.value["title"]["vi"] for i in kept.items} == OF_A_CHARGE
    assert added.on_behalf_of == str(expert_id)


def test_the_history_of_a_charge_holds_nothing_that_only_a_council_sees(session: Session) -> None:
    expert_id = _person(session)
    actor = _as(expert_id, charge=True, candidate=True)
    hidden = show(
        session,
        own_actor(expert_id),
        current(session, "work")[0],
        Shown(Visibility.COUNCIL),
    )
    change_id = hidden.change_id or hidden.id

    lines = changes.list_history(session, actor, expert_id).lines

    assert change_id not in {line.change.id for line in lines}
    with pytest.raises(NotFoundError):
        changes.get_change(session, actor, change_id)


def test_a_version_moves_with_what_either_relation_shows_and_with_nothing_else(
    session: Session,
) -> None:
    expert_id = _person(session)
    both, charge = (_as(expert_id, charge=True, candidate=c) for c in (True, False))
    hidden, considered = current(session, "work")[2], current(session, "work")[1]

    def versions() -> tuple[str, str]:
        expert = session.get_one(Expert, expert_id)
        return profile_version(session, both, expert), profile_version(session, charge, expert)

    first = versions()
    show(session, own_actor(expert_id), hidden, ONLY_ME)
    second = versions()
    show(session, own_actor(expert_id), considered, ONLY_ME)
    third = versions()

    assert second == first
    assert (third[0] != second[0], third[1] == second[1]) == (True, True)


def test_a_file_holds_what_the_council_sees_of_its_candidate_who_is_also_in_ones_charge(
    session: Session,
) -> None:
    expert_id = _person(session)
    request = ExportRequest(format="jsonl", purpose="hội đồng")
    file = io.BytesIO()

    export_people(session, _as(expert_id, charge=True, candidate=True), request, NOW, file)

    (person,) = (json.loads(line) for line in file.getvalue().splitlines())
    titles = {
        s["value"]["title"]["vi"]
        for s in person["statements"]
        if s["property"] in {"work", "award"}
    }
    assert titles == OF_A_COUNCIL


def test_a_token_that_may_write_and_not_read_keeps_no_profile(session: Session) -> None:
    expert_id = _person(session)
    whole = own_actor(expert_id)
    token = replace(whole, scopes=frozenset({"statement:edit_own"}))

    with pytest.raises(NotPermittedError):
        judge(session, token, current(session, "work")[0], "accepted")
    assert judge(session, whole, current(session, "work")[0], "accepted").judgement == "accepted"
