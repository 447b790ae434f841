"""How many claims wait for a steward: for the overview of his desk."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access.models import Claim


def count_waiting_claims(session: Session) -> tuple[int, int]:
    """Claims that nobody has decided, and granted ones that somebody contests."""
    state = col(Claim.state)
    row = session.execute(
        select(
            func.count().filter(state == "open"), func.count().filter(state == "contested")
        ).select_from(Claim)
    ).one()
    return row[0], row[1]
