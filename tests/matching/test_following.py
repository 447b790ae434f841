"""An index that is built anew while the registry goes on changing."""

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError
from sqlmodel import col

from ingest.load import load_whole
from matching.derive import derive_all
from matching.engine import Engine
from registry.access.policy import LOCAL_RECRUITER, LOCAL_STEWARD, selector_for
from registry.db import Database
from registry.experts.filters import ExpertFilter
from registry.experts.models import ExpertSummary
from registry.experts.schemas import PersonDraft
from tests.factories import NOW, make_person, work

Make = Callable[[Database, list[PersonDraft]], Engine]


def _two_people() -> list[PersonDraft]:
    return [
        make_person("hung", "Nguyễn Văn Hùng", work("Thiết kế vi mạch bán dẫn")),
        make_person("thu", "Phạm Thu", work("Chỉnh sửa gen cây lúa chịu mặn")),
    ]


def _id_of(database: Database, name: str) -> UUID:
    with database.session() as session:
        return session.scalars(
            select(col(ExpertSummary.expert_id)).where(col(ExpertSummary.display_name) == name)
        ).one()


def _withdraw(database: Database, expert_id: UUID) -> None:
    with database.session() as session:
        session.execute(
            text("UPDATE expert SET life = 'withdrawn' WHERE id = :id"), {"id": expert_id}
        )


def _is_searched(engine: Engine, expert_id: UUID) -> bool:
    people, rows = engine.index.admitted(selector_for(LOCAL_RECRUITER), ExpertFilter())
    number = engine.index.people.number_of(expert_id)
    return bool(people[number] or rows[engine.index.person_of_row == number].any())


def test_who_withdraws_while_an_index_is_built_leaves_the_old_one_before_the_new_one_is_ready(
    make_engine: Make, database: Database
) -> None:
    engine = make_engine(database, _two_people())
    hung, old, searched = _id_of(database, "Nguyễn Văn Hùng"), engine.index, [True]

    def between(done: int, _: int) -> None:
        if done == 0:
            searched.append(_is_searched(engine, hung))
            _withdraw(database, hung)
        else:
            searched.append(_is_searched(engine, hung))

    engine.rebuild(old.statistics, between)

    assert searched == [True, True, False]
    assert engine.index is not old


def test_who_withdraws_after_he_was_read_is_not_in_the_new_index_either(
    make_engine: Make, database: Database
) -> None:
    engine = make_engine(database, _two_people())
    hung, thu = _id_of(database, "Nguyễn Văn Hùng"), _id_of(database, "Phạm Thu")
    old = engine.index

    engine.rebuild(old.statistics, lambda done, _: _withdraw(database, hung) if done else None)

    assert engine.index is not old
    assert not _is_searched(engine, hung)
    assert _is_searched(engine, thu)


def test_closing_gives_up_the_index_that_is_being_built_and_leaves_nothing_of_it(
    make_engine: Make, database: Database
) -> None:
    engine = make_engine(database, _two_people())
    old = engine.index

    def close_soon(_: int, __: int) -> None:
        engine.is_closing = True

    engine.rebuild(old.statistics, close_soon)

    assert engine.index is old
    assert [folder.name for folder in engine.folder.path.glob("generation-*")] == [old.folder.name]


def test_an_index_moves_to_the_statistics_that_another_process_counted(
    make_engine: Make, database: Database
) -> None:
    first = make_engine(database, _two_people())
    second = make_engine(database, [])
    more = [make_person(str(n), f"Lê Số {n}", work(f"Đề tài {n}")) for n in range(3)]

    make_engine(database, more)
    first.rebuild(None)
    second.catch_up()

    assert first.index.statistics.frequencies.passages == 5
    assert second.index.statistics.version == first.index.statistics.version


def test_who_comes_in_after_everybody_was_listed_is_in_the_new_index(
    make_engine: Make, database: Database
) -> None:
    engine = make_engine(database, _two_people())
    new = make_person("mai", "Lê Thị Mai", work("Pin thể rắn"))

    def between(done: int, _: int) -> None:
        if done == 0:
            load_whole(database, LOCAL_STEWARD, [new], NOW)
            derive_all(database, engine.encoder)

    engine.rebuild(engine.index.statistics, between)

    assert _is_searched(engine, _id_of(database, "Lê Thị Mai"))


def test_an_index_that_cannot_be_swapped_in_leaves_nothing(
    make_engine: Make, database: Database
) -> None:
    engine = make_engine(database, _two_people())
    old = engine.index

    def between(done: int, _: int) -> None:
        if done:
            # What is left to take in cannot be read.
            with database.session() as session:
                session.execute(text("ALTER TABLE change_log RENAME TO change_log_away"))

    with pytest.raises(ProgrammingError):
        engine.rebuild(old.statistics, between)

    assert engine.index is old
    assert [folder.name for folder in engine.folder.path.glob("generation-*")] == [old.folder.name]
