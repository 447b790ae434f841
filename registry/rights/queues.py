"""How many requests about people's data are open: for the overview of a steward's desk."""

from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.rights.models import RightsRequest


def count_open_requests(session: Session, now: datetime) -> tuple[int, int]:
    """Requests that are open, and those of them whose next deadline has passed."""
    answer_by, act_by = col(RightsRequest.answer_by), col(RightsRequest.act_by)
    next_due = case(
        (col(RightsRequest.answered_at).is_(None), func.least(answer_by, act_by)), else_=act_by
    )
    row = session.execute(
        select(func.count(), func.count().filter(next_due < now)).where(
            col(RightsRequest.state).in_(["open", "answered"])
        )
    ).one()
    return row[0], row[1]
