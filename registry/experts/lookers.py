"""Who looked: for which body and why one's data were shown, exported or listed; no accounts."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Date, Text, cast, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access.models import Body
from registry.access.policy import Actor, require
from registry.experts.models import Disclosure
from registry.rights.deadlines import VIETNAM

_OFFSET: Final = VIETNAM.utcoffset(None) or timedelta()


@dataclass(frozen=True)
class Look:
    """What one body did on one day for one purpose.

    Args:
        kind: 'view', 'export', 'match', 'shortlist' or 'contact'.
        body: Code of the body; None for data stewards and for readers who belong to none.
        name_vi, name_en: The body's name.
        day: In Vietnamese time.
        count: How often, by whomever of the body.
        last_id: Names the row as a place in the list.
    """

    kind: str
    body: str | None
    name_vi: str | None
    name_en: str | None
    purpose: str | None
    day: date
    count: int
    last_id: UUID


def list_looks(
    session: Session, actor: Actor, before: UUID | None = None, limit: int = 50
) -> list[Look]:
    """Disclosures of the actor's own profile, the latest first.

    Args:
        before: `last_id` of the last row of the page before.
    """
    require(actor, "rights:own")
    day = cast(col(Disclosure.disclosed_at) + _OFFSET, Date)
    # As text: the database orders uuids but has no greatest of several.
    last: Any = func.max(cast(col(Disclosure.id), Text))
    query = (
        select(
            col(Disclosure.kind),
            col(Disclosure.body),
            col(Body.name_vi),
            col(Body.name_en),
            col(Disclosure.purpose),
            day,
            func.count(),
            last,
        )
        .outerjoin(Body, col(Body.code) == col(Disclosure.body))
        .where(col(Disclosure.expert_id) == actor.expert_id)
        .group_by(
            col(Disclosure.kind),
            col(Disclosure.body),
            col(Body.name_vi),
            col(Body.name_en),
            col(Disclosure.purpose),
            day,
        )
    )
    if before is not None:
        query = query.having(last < str(before))
    rows = session.execute(query.order_by(last.desc()).limit(limit))
    return [
        Look(kind, body, name_vi, name_en, purpose, on, count, UUID(last_id))
        for kind, body, name_vi, name_en, purpose, on, count, last_id in rows
    ]
