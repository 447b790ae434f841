"""Names of profiles for stewards, who judge whether they are one person's."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.experts.models import ExpertSummary


def names_of(session: Session, people: Collection[UUID]) -> dict[UUID, str]:
    """By what names these profiles are shown; those that are in no list are missing."""
    rows = session.execute(
        select(col(ExpertSummary.expert_id), col(ExpertSummary.display_name)).where(
            col(ExpertSummary.expert_id).in_(list(people))
        )
    )
    return {row[0]: row[1] for row in rows}
