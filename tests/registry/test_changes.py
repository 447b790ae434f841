"""Changes: seen as a diff, taken back by item or as a whole, nothing half and nothing lost."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from sqlalchemy import Text, cast, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from ingest.load import load_whole
from registry.access.policy import LOCAL_RECRUITER, LOCAL_STEWARD, Actor
from registry.db import LOAD_LOCK, Database, exclusive
from registry.errors import (
    BusyError,
    ChangedMeanwhileError,
    InvalidInputError,
    NotFoundError,
    NotPermittedError,
    RegistryError,
)
from registry.experts import recording, repository
from registry.experts.changes import get_change, list_changes, list_history
from registry.experts.editing import remove_item
from registry.experts.judging import Shown
from registry.experts.models import (
    Change,
    Expert,
    ExpertSummary,
    ItemChoice,
    Statement,
)
from registry.experts.reverting import Reverted, revert_change
from registry.experts.rules import Crosswalk
from registry.experts.schemas import Life, PersonDraft, Visibility, draft_of
from registry.experts.verifying import verify_item, withdraw_verification
from tests.factories import NOW, make_person, said, work
from tests.registry.test_editing import (
    LATER,
    ONLY_ME,
    add,
    award,
    correct,
    current,
    delegate_of,
    judge,
    one,
    own_actor,
    record,
    sector,
    show,
)

THEN = LATER + timedelta(days=1)


def revert(session: Session, actor: Actor, change_id: UUID | None, **more: Any) -> Reverted:
    assert change_id is not None
    return revert_change(session, actor, change_id, now=THEN, **more)


def last_change(session: Session, kind: str) -> Change:
    query = select(Change).where(col(Change.kind) == kind).order_by(col(Change.id).desc())
    return session.scalars(query).first()  # type: ignore[return-value]


def visible(session: Session, expert_id: UUID) -> Counter[Any]:
    """What is stated of a person, but for which row says it."""
    rows = repository.list_current(session, [expert_id])[expert_id]
    return Counter(
        (
            s.property,
            s.item_key,
            s.source,
            str(s.value),
            s.started_on,
            s.verification,
            s.judgement,
            s.visibility,
            tuple(s.named_bodies),
        )
        for s in rows
    )


def edition(person: PersonDraft, number: int) -> PersonDraft:
    copy = person.model_copy(deep=True)
    copy.raw["edition"] = number
    return copy


def test_a_change_is_shown_as_what_stood_before_and_after(session: Session) -> None:
    record(session, make_person("1", "Lê Thị Hoa", said("sector", {"sector": "state"})))
    expert_id = one(session)
    expert = own_actor(expert_id)
    first = correct(session, expert, current(session, "sector")[0], sector("science"))
    second = correct(session, expert, first, sector("enterprise"))

    (item,) = get_change(session, LOCAL_STEWARD, second.change_id or expert_id).items

    assert item.before is not None
    assert item.after is not None
    assert (item.before.id, item.after.id) == (first.id, second.id)
    assert [(f.path, f.before, f.after) for f in item.fields] == [
        ("sector", "science", "enterprise")
    ]


def test_the_envelope_is_part_of_the_diff(session: Session) -> None:
    record(session, make_person("1", "Lê Thị Hoa", work("Vắc xin")))
    expert = own_actor(one(session))
    hidden = show(session, expert, current(session, "work")[0], Shown(Visibility.BODIES))

    (item,) = get_change(session, expert, hidden.change_id or hidden.id).items

    assert [(f.path, f.before, f.after) for f in item.fields] == [
        ("visibility", "public", "bodies")
    ]


def test_an_edit_is_taken_back_and_the_taking_back_too(session: Session) -> None:
    record(session, make_person("1", "Lê Thị Hoa", said("sector", {"sector": "state"})))
    expert_id = one(session)
    expert = own_actor(expert_id)
    first = correct(session, expert, current(session, "sector")[0], sector("science"))
    before = visible(session, expert_id)
    second = correct(session, expert, first, sector("enterprise"))
    after = visible(session, expert_id)

    undone = revert(session, expert, second.change_id)
    assert visible(session, expert_id) == before
    redone = revert(session, expert, undone.change_id)
    assert visible(session, expert_id) == after
    revert(session, expert, redone.change_id)

    assert visible(session, expert_id) == before


def test_what_took_its_place_is_noted_on_a_row_that_was_taken_back(session: Session) -> None:
    record(session, make_person("1", "Lê Thị Hoa", work("Vắc xin")))
    expert = own_actor(one(session))
    judged = judge(session, expert, current(session, "work")[0], "rejected")

    undone = revert(session, expert, judged.change_id)

    row, again = session.get_one(Statement, judged.id), current(session, "work")[0]
    assert (row.superseded_by, row.closed_by) == (again.id, undone.change_id)
    assert (again.change_id, again.judgement) == (undone.change_id, None)


def test_nothing_is_taken_back_twice(session: Session) -> None:
    record(session, make_person("1"))
    expert = own_actor(one(session))
    added = add(session, expert, added_to := one(session), award("Giải A"))
    revert(session, expert, added.change_id)

    with pytest.raises(InvalidInputError, match="taken back already"):
        revert(session, expert, added.change_id)

    assert "award" not in {key[0] for key in visible(session, added_to)}


def test_a_change_that_was_overtaken_is_refused_with_all_that_came_later(session: Session) -> None:
    record(session, make_person("1", "Lê Thị Hoa", work("Một"), work("Hai"), work("Ba")))
    expert_id = one(session)
    expert = own_actor(expert_id)
    batch = last_change(session, "import")
    rows = {s.value["title"]["vi"]: s for s in current(session, "work")}
    judge(session, expert, rows["Một"], "rejected")
    show(session, expert, rows["Hai"], Shown(Visibility.BODIES))
    before = visible(session, expert_id)

    with pytest.raises(ChangedMeanwhileError) as caught:
        revert(session, LOCAL_STEWARD, batch.id)

    told = [(c["property"], c["kind"], c["by"]) for c in caught.value.changes]
    assert sorted(told) == [("work", "judge", "expert"), ("work", "show", "expert")]
    assert visible(session, expert_id) == before


def test_of_what_the_person_has_hidden_since_nobody_is_told_how(session: Session) -> None:
    record(session, make_person("1", "Lê Thị Hoa", work("Một")))
    expert = own_actor(one(session))
    batch = last_change(session, "import")
    show(session, expert, current(session, "work")[0], ONLY_ME)

    with pytest.raises(ChangedMeanwhileError) as caught:
        revert(session, LOCAL_STEWARD, batch.id)

    (told,) = caught.value.changes
    assert (told["property"], told["change"], told["by"], told["kind"]) == (
        "work",
        None,
        None,
        None,
    )


def test_the_rest_of_a_batch_can_be_taken_back_without_what_came_later(session: Session) -> None:
    record(session, make_person("1", "Lê Thị Hoa", work("Một"), work("Hai")))
    expert_id = one(session)
    batch = last_change(session, "import")
    rows = {s.value["title"]["vi"]: s for s in current(session, "work")}
    judge(session, own_actor(expert_id), rows["Một"], "accepted")

    done = revert(session, LOCAL_STEWARD, batch.id, leave_changed=True)

    assert done.left == 1
    assert [
        s.value["title"]["vi"] for s in repository.list_current(session, [expert_id])[expert_id]
    ] == ["Một"]


def test_single_items_of_a_change_are_taken_back(session: Session) -> None:
    first = make_person("1", "Lê Thị Hoa", work("Một"), said("sector", {"sector": "state"}))
    record(session, first)
    expert_id = one(session)
    second = make_person("1", "Lê Thị Hoa", work("Hai"), said("sector", {"sector": "science"}))
    record(session, edition(second, 2))
    batch = last_change(session, "import")
    old = session.scalars(
        select(Statement).where(col(Statement.value)["sector"].astext == "state")
    ).one()

    # By what it closed, as well as by what it wrote.
    revert(session, LOCAL_STEWARD, batch.id, items=[old.id])

    assert current(session, "sector")[0].value == {"sector": "state"}
    assert [s.value["title"]["vi"] for s in current(session, "work")] == ["Hai"]
    with pytest.raises(InvalidInputError):
        revert(session, LOCAL_STEWARD, batch.id, items=[expert_id])
    with pytest.raises(ChangedMeanwhileError):
        revert(session, LOCAL_STEWARD, batch.id, items=[old.id])
    revert(session, LOCAL_STEWARD, batch.id, leave_changed=True)
    assert [s.value["title"]["vi"] for s in current(session, "work")] == ["Một"]


def test_people_whom_a_batch_created_leave_the_lists_and_stay_leads(session: Session) -> None:
    record(session, make_person("1", "Lê Thị Hoa", life=Life.LEAD))
    record(
        session,
        edition(make_person("1", "Lê Hoa", life=Life.LEAD), 2),
        make_person("2", "Trần Minh", life=Life.LEAD),
    )
    batch = last_change(session, "import")

    done = revert(session, LOCAL_STEWARD, batch.id)

    assert (done.people, done.emptied) == (2, 1)
    assert session.scalars(select(col(ExpertSummary.display_name))).all() == ["Lê Thị Hoa"]
    assert set(session.scalars(select(col(Expert.life)))) == {"lead"}


def test_after_a_batch_was_taken_back_the_same_file_brings_everything_again(
    session: Session,
) -> None:
    person = make_person("1", "Lê Thị Hoa", work("Một"))
    record(session, person)
    expert_id = one(session)
    before = visible(session, expert_id)
    undone = revert(session, LOCAL_STEWARD, last_change(session, "import").id)

    counts = recording.record_people(session, LOCAL_STEWARD, [person], Crosswalk(), NOW)

    assert counts.updated == 1
    assert visible(session, expert_id) == before
    # Only a revert that holds makes a file new.
    revert(session, LOCAL_STEWARD, last_change(session, "import").id)
    with pytest.raises(ChangedMeanwhileError):
        revert(session, LOCAL_STEWARD, undone.change_id)


def test_a_restored_batch_counts_as_loaded(session: Session) -> None:
    person = make_person("1", "Lê Thị Hoa", work("Một"))
    record(session, person)
    undone = revert(session, LOCAL_STEWARD, last_change(session, "import").id)
    revert(session, LOCAL_STEWARD, undone.change_id)

    counts = recording.record_people(session, LOCAL_STEWARD, [person], Crosswalk(), NOW)

    assert counts.same == 1


def test_choices_become_what_they_were(session: Session) -> None:
    person = make_person("1", "Lê Thị Hoa", work("Một"))
    record(session, person)
    expert = own_actor(one(session))
    first = show(session, expert, current(session, "work")[0], Shown(Visibility.BODIES))
    second = show(session, expert, first, ONLY_ME)
    revert(session, expert, second.change_id)
    changed = make_person("1", "Lê Thị Hoa", work("Một", year="2023"))

    record(session, edition(changed, 2))

    (row,) = current(session, "work")
    assert (row.started_on, row.visibility) == ("2023", "bodies")
    kept = session.scalars(select(ItemChoice).where(col(ItemChoice.superseded_at).is_(None))).all()
    assert {c.visibility for c in kept} == {"bodies"}


def test_a_choice_that_a_later_import_followed_is_not_taken_from_under_it(
    session: Session,
) -> None:
    record(session, make_person("1", "Lê Thị Hoa", work("Một")))
    expert = own_actor(one(session))
    hidden = show(session, expert, current(session, "work")[0], ONLY_ME)
    from registry.experts.models import ExpertSource

    session.add(ExpertSource(source="other", source_key="1", expert_id=hidden.expert_id))
    session.flush()
    record(session, make_person("1", "Lê Thị Hoa", work("Một"), source="other"))

    with pytest.raises(ChangedMeanwhileError):
        revert(session, expert, hidden.change_id)

    assert {s.visibility for s in current(session, "work")} == {"self"}


def test_the_person_takes_back_what_he_his_delegate_and_stewards_did_and_no_import(
    session: Session,
) -> None:
    record(session, make_person("1", "Lê Thị Hoa", work("Một")))
    expert_id = one(session)
    expert = own_actor(expert_id)
    by_delegate = add(session, delegate_of(expert_id, "award"), expert_id, award("Giải A"))
    by_steward = judge(
        session, LOCAL_STEWARD, current(session, "work")[0], "rejected", reason="Thư"
    )

    revert(session, expert, by_delegate.change_id)
    revert(session, expert, by_steward.change_id)
    with pytest.raises(NotPermittedError):
        revert(session, expert, last_change(session, "import").id)

    assert current(session, "award") == []
    assert current(session, "work")[0].judgement is None


def test_a_delegate_takes_nothing_back_and_a_stranger_finds_nothing(session: Session) -> None:
    record(session, make_person("1"), make_person("2", "Trần Minh"))
    ids = list(session.scalars(select(col(Expert.id)).order_by(col(Expert.id))))
    added = add(session, own_actor(ids[0]), ids[0], award("Giải A"))

    with pytest.raises(NotPermittedError):
        revert(session, delegate_of(ids[0], "award"), added.change_id)
    for stranger in (own_actor(ids[1]), delegate_of(ids[1], "award"), delegate_of(ids[0], "work")):
        with pytest.raises(NotFoundError):
            revert(session, stranger, added.change_id)
        with pytest.raises(NotFoundError):
            get_change(session, stranger, added.change_id)


def test_a_check_is_not_for_the_person_to_make_or_withdraw_by_taking_back(
    session: Session,
) -> None:
    record(session, make_person("1", "Lê Thị Hoa", work("Một")))
    expert_id = one(session)
    expert = own_actor(expert_id)
    row = current(session, "work")[0]

    def seen(statement: Statement) -> dict[str, Any]:
        return {"seen": {str(statement.id)}, "now": LATER}

    checked = verify_item(
        session, LOCAL_STEWARD, expert_id, row.id, "document", "QĐ 1", **seen(row)
    )
    withdrawn = withdraw_verification(
        session, LOCAL_STEWARD, expert_id, checked.id, "Nhầm", **seen(checked)
    )

    with pytest.raises(NotPermittedError):
        revert(session, expert, withdrawn.change_id)
    back = revert(session, LOCAL_STEWARD, withdrawn.change_id)
    with pytest.raises(NotPermittedError):
        revert(session, expert, back.change_id)
    # His own correction is his, and with the old words comes their check.
    own = add(session, expert, expert_id, award("Giải A"))
    sure = verify_item(session, LOCAL_STEWARD, expert_id, own.id, "document", "QĐ 2", **seen(own))
    changed = correct(session, expert, sure, award("Giải A", "2020"))
    revert(session, expert, changed.change_id)

    assert current(session, "award")[0].verification == "checked"


def test_a_steward_takes_back_what_the_person_did_with_a_reason_and_never_origin(
    session: Session,
) -> None:
    record(session, make_person("1"))
    expert_id = one(session)
    expert = own_actor(expert_id)
    added = add(session, expert, expert_id, award("Giải A"))
    origin = add(session, expert, expert_id, draft_of("origin", {"is_vietnamese": True}))

    with pytest.raises(InvalidInputError):
        revert(session, LOCAL_STEWARD, added.change_id)
    revert(session, LOCAL_STEWARD, added.change_id, reason="Chuyên gia gọi điện")
    with pytest.raises(NotPermittedError):
        revert(session, LOCAL_STEWARD, origin.change_id, reason="Chuyên gia gọi điện")

    assert current(session, "award") == []


def test_what_a_person_changes_for_himself_alone_is_in_nobody_elses_history(
    session: Session,
) -> None:
    record(session, make_person("1", "Lê Thị Hoa", work("Một")))
    expert_id = one(session)
    expert = own_actor(expert_id)
    hidden = add(session, expert, expert_id, award("Giải kín"), shown=ONLY_ME)
    removed = remove_item(session, expert, expert_id, hidden.id, seen={str(hidden.id)}, now=LATER)

    own = list_history(session, expert, expert_id)
    others = [
        list_history(session, LOCAL_STEWARD, expert_id),
        list_changes(session, LOCAL_STEWARD),
    ]

    assert removed is None
    assert [line.change.kind for line in own.lines] == ["edit", "edit", "import"]
    assert all([line.change.kind for line in page.lines] == ["import"] for page in others)
    assert list_history(session, delegate_of(expert_id, "award"), expert_id).lines == []
    with pytest.raises(NotFoundError):
        get_change(session, LOCAL_STEWARD, hidden.change_id)


def test_what_was_open_and_is_hidden_now_is_hidden_in_the_history_as_well(
    session: Session,
) -> None:
    record(session, make_person("1", "Lê Thị Hoa", work("Một")))
    expert_id = one(session)
    batch = last_change(session, "import")
    show(session, own_actor(expert_id), current(session, "work")[0], ONLY_ME)

    items = get_change(session, LOCAL_STEWARD, batch.id).items

    assert "work" not in {item.statement.property for item in items}


def test_history_is_paged_and_tells_who_as_what_and_never_by_account(session: Session) -> None:
    record(session, make_person("1"))
    expert_id = one(session)
    expert, delegate = own_actor(expert_id), delegate_of(expert_id, "award")
    add(session, expert, expert_id, award("Giải A"))
    add(session, delegate, expert_id, award("Giải B"))
    judge(session, LOCAL_STEWARD, current(session, "name")[0], "accepted", reason="Thư")

    first = list_history(session, expert, expert_id, limit=3)
    second = list_history(session, expert, expert_id, limit=3, before=first.next_before)

    assert [line.who for line in first.lines] == ["steward", "delegate", "expert"]
    assert first.lines[0].reason == "Thư"
    assert (first.lines[1].written, first.lines[1].closed) == (1, 0)
    assert first.lines[0].properties == ("name",)
    assert [line.who for line in second.lines] == ["source"]
    assert second.next_before is None


def test_a_reason_is_not_for_the_delegate(session: Session) -> None:
    record(session, make_person("1", "Lê Thị Hoa", work("Một")))
    expert_id = one(session)
    judge(session, LOCAL_STEWARD, current(session, "work")[0], "accepted", reason="Thư riêng")

    lines = list_history(session, delegate_of(expert_id, "work"), expert_id).lines

    assert [line.reason for line in lines] == [None, None]


def test_changes_are_for_stewards_and_a_history_for_those_who_keep_the_profile(
    session: Session,
) -> None:
    record(session, make_person("1"))
    expert_id = one(session)

    for actor in (LOCAL_RECRUITER, own_actor(expert_id)):
        with pytest.raises(NotPermittedError):
            list_changes(session, actor)
    with pytest.raises(NotFoundError):
        list_history(session, LOCAL_RECRUITER, expert_id)


def test_no_batch_is_taken_back_while_data_are_loaded(database: Database) -> None:
    load_whole(database, LOCAL_STEWARD, [make_person("1")], NOW)

    with (
        exclusive(database.engine, LOAD_LOCK, "a load"),
        database.session() as session,
        pytest.raises(BusyError),
    ):
        revert(session, LOCAL_STEWARD, last_change(session, "import").id)


def test_a_batch_of_many_people_is_taken_back_in_a_handful_of_statements(
    database: Database,
) -> None:
    people = [make_person(str(n), f"Lê Thị {n}", work(f"Bài {n}")) for n in range(400)]
    load_whole(database, LOCAL_STEWARD, people, NOW)
    again = [edition(make_person(str(n), f"Lê Thị {n}", work(f"Mới {n}")), 2) for n in range(400)]
    load_whole(database, LOCAL_STEWARD, again, NOW)
    with database.session() as session:
        batch = last_change(session, "import")
        commands = _count_commands(database)

        done = revert(session, LOCAL_STEWARD, batch.id)

        assert (done.people, done.closed, done.restored, done.emptied) == (400, 400, 400, 0)
        assert {s.value["title"]["vi"] for s in current(session, "work")} == {
            f"Bài {n}" for n in range(400)
        }
    assert commands() < 60


def _count_commands(database: Database) -> Callable[[], int]:
    from sqlalchemy import event

    seen: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    return lambda: len(seen)


# Random lives of a profile: what always holds, whatever happens in whatever order.

_TITLES = ("Một", "Hai", "Ba")
_steps = st.one_of(
    st.tuples(
        st.just("import"),
        st.sampled_from(("test", "other")),
        st.lists(st.sampled_from(_TITLES), unique=True, max_size=3),
        st.sampled_from(("2020", "2021")),
    ),
    st.tuples(st.just("add"), st.sampled_from(_TITLES), st.sampled_from((None, "self", "bodies"))),
    st.tuples(st.just("correct"), st.integers(0, 9), st.sampled_from(_TITLES)),
    st.tuples(st.just("remove"), st.integers(0, 9)),
    st.tuples(st.just("judge"), st.integers(0, 9), st.sampled_from((None, "accepted", "rejected"))),
    st.tuples(st.just("show"), st.integers(0, 9), st.sampled_from(("public", "self", "stewards"))),
    st.tuples(st.just("revert"), st.integers(0, 5)),
)


class _Life:
    """One profile that random steps are done to."""

    def __init__(self, session: Session) -> None:
        self.session = session
        record(session, make_person("1", "Lê Thị Hoa", *[work(t) for t in _TITLES]))
        self.expert_id = one(session)
        self.expert = own_actor(self.expert_id)
        self.number = 1
        from registry.experts.models import ExpertSource

        session.add(ExpertSource(source="other", source_key="1", expert_id=self.expert_id))
        session.flush()

    def do(self, step: tuple[Any, ...]) -> None:
        getattr(self, f"_{step[0]}")(*step[1:])

    def _import(self, source: str, titles: list[str], year: str) -> None:
        self.number += 1
        works = [work(title, year=year) for title in titles]
        record(
            self.session,
            edition(make_person("1", "Lê Thị Hoa", *works, source=source), self.number),
        )

    def _work(self, place: int) -> Statement:
        rows = current(self.session, "work")
        if not rows:
            raise InvalidInputError("nothing to act on")
        return rows[place % len(rows)]

    def _add(self, title: str, level: str | None) -> None:
        shown = Shown(Visibility(level)) if level else None
        draft = draft_of("work", {"title": {"vi": title}})
        add(self.session, self.expert, self.expert_id, draft, shown=shown)

    def _correct(self, place: int, title: str) -> None:
        draft = draft_of("work", {"title": {"vi": title}}, "2019")
        correct(self.session, self.expert, self._work(place), draft)

    def _remove(self, place: int) -> None:
        row = self._work(place)
        remove_item(
            self.session, self.expert, self.expert_id, row.id, seen={str(row.id)}, now=LATER
        )

    def _judge(self, place: int, judgement: Any) -> None:
        judge(self.session, self.expert, self._work(place), judgement)

    def _show(self, place: int, level: str) -> None:
        show(self.session, self.expert, self._work(place), Shown(Visibility(level)))

    def _revert(self, back: int) -> None:
        lines = list_history(self.session, self.expert, self.expert_id).lines
        line = lines[back % len(lines)]
        by = LOCAL_STEWARD if line.change.expert_id is None else self.expert
        revert(self.session, by, line.change.id)

    def choices(self) -> Counter[Any]:
        rows = self.session.scalars(
            select(ItemChoice).where(col(ItemChoice.superseded_at).is_(None))
        )
        return Counter((c.property, c.item_key, c.judgement, c.visibility) for c in rows)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
)
@given(steps=st.lists(_steps, min_size=1, max_size=12))
def test_whatever_happens_nothing_is_lost_and_the_last_change_can_be_taken_back(
    database: Database, steps: list[tuple[Any, ...]]
) -> None:
    note(repr(steps))
    with database.engine.connect() as connection:
        outer = connection.begin()
        session = Session(
            connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        )
        session.info["vault"] = database.masters
        life = _Life(session)
        for step in steps:
            rows = session.scalar(select(func.count()).select_from(Statement)) or 0
            before, chosen = visible(session, life.expert_id), life.choices()
            newest = session.scalar(select(func.max(cast(col(Change.id), Text))))
            try:
                with session.begin_nested():
                    life.do(step)
            except RegistryError:
                session.expire_all()
                assert visible(session, life.expert_id) == before
                assert life.choices() == chosen
                continue
            _check_invariants(session, life, rows)
            latest = session.scalar(select(func.max(cast(col(Change.id), Text))))
            if latest == newest:
                continue
            with session.begin_nested() as attempt:
                change = session.get_one(Change, UUID(latest))
                by = LOCAL_STEWARD if change.expert_id is None else life.expert
                revert(session, by, change.id)
                assert visible(session, life.expert_id) == before
                assert life.choices() == chosen
                attempt.rollback()
            session.expire_all()
        session.close()
        outer.rollback()


def _check_invariants(session: Session, life: _Life, rows: int) -> None:
    current_rows = repository.list_current(session, [life.expert_id])[life.expert_id]
    keys = [(s.source, s.property, s.item_key) for s in current_rows]
    assert len(keys) == len(set(keys))
    assert (session.scalar(select(func.count()).select_from(Statement)) or 0) >= rows
    choices = repository.list_choices(session, [life.expert_id]).get(life.expert_id, {})
    for row in current_rows:
        choice = choices.get((row.property, row.item_key))
        if choice is not None and choice.visibility is not None:
            assert row.visibility == choice.visibility
        if choice is not None and choice.judgement is not None and row.source != "self":
            assert row.judgement == choice.judgement
