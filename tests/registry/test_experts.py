"""Recording what sources say: again changes nothing, anew supersedes, nothing is lost."""

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from registry.access.policy import LOCAL_RECRUITER, LOCAL_STEWARD, selector_for
from registry.errors import NotFoundError, NotPermittedError
from registry.experts import recording, service
from registry.experts.filters import ExpertFilter
from registry.experts.models import ChangeLog, Disclosure, ExpertSummary, Statement
from registry.experts.rules import Crosswalk
from registry.experts.schemas import Life, PersonDraft
from registry.experts.selection import Selection, count_facets, count_matching
from tests.factories import NOW, make_person, said, work


def _record(session: Session, *people: PersonDraft) -> recording.RecordCounts:
    return recording.record_people(session, LOCAL_STEWARD, people, Crosswalk(), NOW)


def _one_expert(session: Session):  # type: ignore[no-untyped-def]
    return session.scalars(select(ExpertSummary)).one()


def test_the_same_record_again_changes_nothing(session: Session) -> None:
    person = make_person("1", "Nguyễn Văn Hùng", work("Thiết kế vi mạch"))

    first, again = _record(session, person), _record(session, person)

    assert (first.new, first.same) == (1, 0)
    assert (again.new, again.updated, again.same, again.statements) == (0, 0, 1, 0)


def test_what_is_said_anew_supersedes_and_the_old_value_stays(session: Session) -> None:
    _record(session, make_person("1", "Nguyễn Văn Hùng", said("sector", {"sector": "state"})))
    changed = make_person("1", "Nguyễn Văn Hùng", said("sector", {"sector": "science"}))
    changed.raw["edition"] = 2

    counts = _record(session, changed)

    rows = session.scalars(
        select(Statement).where(Statement.property == "sector").order_by(Statement.id)
    ).all()
    assert counts.updated == 1
    assert counts.statements == 1
    assert [row.value["sector"] for row in rows] == ["state", "science"]
    assert rows[0].superseded_by == rows[1].id
    assert rows[1].superseded_at is None


def test_what_a_source_no_longer_says_is_closed_and_can_come_back(session: Session) -> None:
    both = make_person("1", "Lê Thị Hoa", work("Vắc xin"), work("Tế bào gốc"))
    one = make_person("1", "Lê Thị Hoa", work("Vắc xin"))
    for edition, person in enumerate((both, one, both)):
        person.raw["edition"] = edition
        _record(session, person.model_copy(deep=True))

    rows = session.scalars(select(Statement).where(Statement.property == "work")).all()

    assert sum(row.superseded_at is None for row in rows) == 2
    assert len(rows) == 3


def test_a_record_that_brings_only_a_part_closes_nothing_of_it(session: Session) -> None:
    whole = make_person("1", "Lê Thị Hoa", work("Vắc xin"), said("sector", {"sector": "state"}))
    part = make_person("1", "Lê Thị Hoa").model_copy(update={"partial": ["work"]})
    _record(session, whole)

    counts = _record(session, part)

    left = session.scalars(select(Statement).where(Statement.superseded_at.is_(None))).all()
    assert counts.closed == 1
    assert "work" in {row.property for row in left}
    assert "sector" not in {row.property for row in left}


def test_opening_a_profile_is_recorded_with_the_purpose(session: Session) -> None:
    _record(session, make_person("1", life=Life.LEAD))
    expert_id = _one_expert(session).expert_id
    service.get_profile(session, LOCAL_RECRUITER, expert_id, "tìm người")

    viewed = session.scalars(select(Disclosure)).all()

    assert [(v.kind, v.actor, v.purpose) for v in viewed] == [
        ("view", LOCAL_RECRUITER.id, "tìm người")
    ]


def test_two_periods_at_one_place_are_two_statements(session: Session) -> None:
    post = {"organisation": "Viện Hóa học", "country_code": "VN"}
    person = make_person(
        "1",
        "Trần Minh",
        said("affiliation", post, started_on="2001", ended_on="2005"),
        said("affiliation", post, started_on="2011"),
        country=None,
    )

    _record(session, person)

    found = session.scalars(select(Statement).where(Statement.property == "affiliation")).all()
    assert {row.started_on for row in found} == {"2001", "2011"}


def test_one_name_in_two_sources_stays_two_people(session: Session) -> None:
    _record(session, make_person("1"), make_person("1", source="other"))

    assert session.scalar(select(func.count()).select_from(ExpertSummary)) == 2


def test_every_change_is_logged_once_a_transaction_whoever_writes_it(session: Session) -> None:
    _record(session, make_person("1", "Nguyễn Văn Hùng", work("Thiết kế vi mạch")))
    session.commit()
    logged = session.scalar(select(func.count()).select_from(ChangeLog))

    session.execute(text("UPDATE expert SET life = 'withdrawn'"))
    session.commit()

    assert logged == 1
    assert session.scalar(select(func.count()).select_from(ChangeLog)) == 2


def test_a_profile_shows_only_what_the_actor_may_see(session: Session) -> None:
    person = make_person(
        "1",
        "Phạm Thu",
        work("Công khai"),
        work("Nội bộ", visibility="stewards"),
    )
    _record(session, person)
    expert_id = _one_expert(session).expert_id

    seen = service.get_profile(session, LOCAL_RECRUITER, expert_id)
    all_of_it = service.get_profile(session, LOCAL_STEWARD, expert_id)

    titles = {s.value["title"]["vi"] for s in seen.statements if s.property == "work"}
    assert titles == {"Công khai"}
    assert len(all_of_it.statements) == len(seen.statements) + 1


@pytest.mark.parametrize("life", [Life.LEAD, Life.PAUSED, Life.WITHDRAWN])
def test_a_person_whom_the_actor_may_not_see_does_not_exist_for_him(
    session: Session, life: Life
) -> None:
    _record(session, make_person("1", life=life))

    with pytest.raises(NotFoundError):
        service.get_profile(session, LOCAL_RECRUITER, _one_expert(session).expert_id)


def test_a_recruiter_may_not_import(session: Session) -> None:
    with pytest.raises(NotPermittedError):
        recording.record_people(session, LOCAL_RECRUITER, [make_person()], Crosswalk(), NOW)


def test_facets_count_everybody_who_passes_permission_and_the_other_filters(
    session: Session,
) -> None:
    _record(
        session,
        make_person("1", country="VN", groups=(6,), ford="2.2"),
        make_person("2", country="FR", groups=(6, 1), ford="1.2"),
        make_person("3", country=None),
        make_person("4", country="FR", life=Life.LEAD, groups=(6,)),
    )
    selector = selector_for(LOCAL_RECRUITER)

    facets = count_facets(session, Selection(selector, ExpertFilter(residences=("overseas",))))

    assert facets["residences"] == {"domestic": 1, "overseas": 1, "unknown": 1}
    assert facets["groups"] == {"1": 1, "6": 1}
    assert facets["countries"] == {"FR": 1}
    assert count_matching(session, Selection(selector, ExpertFilter(groups=(6,)))) == 2
    assert count_matching(session, Selection(selector, ExpertFilter(fields=("2",)))) == 1


def test_the_database_itself_refuses_an_unknown_life_or_visibility(session: Session) -> None:
    _record(session, make_person("1"))
    for command in (
        "UPDATE expert SET life = 'famous'",
        "UPDATE statement SET visibility = 'everyone'",
    ):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text(command))
