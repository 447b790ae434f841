"""The register of breaches: 72 hours from the finding, words sealed, closed after the notice."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from registry.access.policy import Actor, Role
from registry.errors import (
    ChangedMeanwhileError,
    InvalidInputError,
    NotFoundError,
    NotPermittedError,
)
from registry.ids import new_id
from registry.rights import breaches
from registry.rights.breaches import BreachContent, Known
from tests.factories import NOW

ADMIN = Actor("operator:test", frozenset({Role.ADMINISTRATOR}))
STEWARD = Actor("operator:other", frozenset({Role.STEWARD}))
LOST = BreachContent(title="Mất máy tính xách tay", description="Ổ đĩa đã mã hóa")


def _breach(session: Session, found_at: datetime = NOW) -> Known:
    return breaches.create(session, ADMIN, LOST, found_at, 12, NOW)


def test_the_notice_is_due_72_hours_after_the_finding(session: Session) -> None:
    known = _breach(session, NOW - timedelta(hours=10))

    assert known.row.notice_due == NOW + timedelta(hours=62)
    assert known.remaining(NOW) == timedelta(hours=62)
    assert not known.is_overdue(NOW + timedelta(hours=62))
    assert known.is_overdue(NOW + timedelta(hours=62, seconds=1))


def _now_seen(session: Session, breach_id: UUID) -> set[str]:
    return {breaches.get_breach(session, ADMIN, breach_id).version}


def _notify(session: Session, breach_id: UUID, number: str, at: datetime = NOW) -> None:
    seen = _now_seen(session, breach_id)
    breaches.notify(session, ADMIN, breach_id, number, at, seen=seen)


def test_a_notice_in_time_stops_the_clock_and_a_late_one_stays_late(session: Session) -> None:
    early, late = _breach(session), _breach(session)

    _notify(session, early.row.id, "TB-01/2026", NOW + timedelta(hours=72))
    _notify(session, late.row.id, "TB-02/2026", NOW + timedelta(hours=73))

    after = NOW + timedelta(days=30)
    first, second = (breaches.get_breach(session, ADMIN, k.row.id) for k in (early, late))
    assert (first.remaining(after), first.is_overdue(after)) == (None, False)
    assert second.is_overdue(after)
    assert first.content.notice == "TB-01/2026"


def test_what_is_known_is_written_anew_and_kept_sealed(session: Session) -> None:
    known = _breach(session)
    _notify(session, known.row.id, "TB-01")

    better = BreachContent(title="Mất máy", measures="Đã khóa từ xa", notice="another")
    seen = {breaches.get_breach(session, ADMIN, known.row.id).version}
    breaches.update(session, ADMIN, known.row.id, better, 15, seen=seen)

    again = breaches.get_breach(session, ADMIN, known.row.id)
    assert (again.content.measures, again.content.notice) == ("Đã khóa từ xa", "TB-01")
    assert again.row.people_affected == 15
    assert "khóa".encode() not in again.row.content


def test_a_breach_is_not_written_on_what_somebody_else_has_changed(session: Session) -> None:
    known = _breach(session)
    opened = known.version
    first = BreachContent(title=known.content.title, description="Máy để trên taxi")
    written = breaches.update(session, ADMIN, known.row.id, first, 3, seen={opened})

    second = BreachContent(title="Mất điện thoại")
    with pytest.raises(ChangedMeanwhileError) as caught:
        breaches.update(session, ADMIN, known.row.id, second, None, seen={opened})

    told = {change["path"]: change["after"] for change in caught.value.changes}
    assert told == {"description": "Máy để trên taxi", "people_affected": "3"}
    assert breaches.get_breach(session, ADMIN, known.row.id).content == first
    # On the version as it is now, it is written.
    breaches.update(session, ADMIN, known.row.id, second, None, seen={opened, written.version})
    assert breaches.get_breach(session, ADMIN, known.row.id).content == second


def test_a_notice_does_not_replace_one_that_was_not_seen(session: Session) -> None:
    known = _breach(session)
    _notify(session, known.row.id, "15/2026")

    with pytest.raises(ChangedMeanwhileError):
        breaches.notify(session, ADMIN, known.row.id, "none", NOW, seen={known.version})
    with pytest.raises(ChangedMeanwhileError):
        breaches.close(session, ADMIN, known.row.id, NOW, seen={known.version})

    kept = breaches.get_breach(session, ADMIN, known.row.id)
    assert (kept.content.notice, kept.row.closed_at) == ("15/2026", None)


def test_a_breach_is_closed_after_its_notice_and_then_for_good(session: Session) -> None:
    known = _breach(session)

    with pytest.raises(InvalidInputError):
        breaches.close(session, ADMIN, known.row.id, NOW, seen=_now_seen(session, known.row.id))
    _notify(session, known.row.id, "không cần: đã mã hóa")
    breaches.close(session, ADMIN, known.row.id, NOW, seen=_now_seen(session, known.row.id))
    with pytest.raises(InvalidInputError):
        breaches.update(session, ADMIN, known.row.id, LOST, None, seen={known.version})

    newer = _breach(session)
    listed = [k.row.id for k in breaches.list_breaches(session, ADMIN)]
    assert listed == [newer.row.id, known.row.id]


@pytest.mark.parametrize(
    ("content", "found_at"),
    [
        (BreachContent(title=" "), NOW),
        (BreachContent(title="x" * 201), NOW),
        (BreachContent(title="x", description="y" * 20_001), NOW),
        (LOST, NOW + timedelta(seconds=1)),
        (LOST, datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_what_cannot_be_is_refused(
    session: Session, content: BreachContent, found_at: datetime
) -> None:
    with pytest.raises(InvalidInputError):
        breaches.create(session, ADMIN, content, found_at, None, NOW)


def test_only_administrators_keep_the_register(session: Session) -> None:
    known = _breach(session)

    with pytest.raises(NotPermittedError):
        breaches.list_breaches(session, STEWARD)
    with pytest.raises(NotPermittedError):
        breaches.get_breach(session, STEWARD, known.row.id)
    with pytest.raises(NotFoundError):
        breaches.get_breach(session, ADMIN, new_id())
