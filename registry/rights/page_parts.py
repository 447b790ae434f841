"""What the pages of this folder share: times in words, choices of bodies, problems in words."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access.browsers import say
from registry.access.models import Body
from registry.access.policy import Actor
from registry.errors import InvalidInputError, NotFoundError, NotPermittedError
from registry.rights import consent_rules as rules
from registry.rights.deadlines import VIETNAM
from registry.rights.request_store import Opened
from registry.web.errors import kind_of
from registry.web.language import Language
from registry.web.pages import partial_date

# What a form sends for "all registered bodies"; no body has this code.
ALL_BODIES: Final = "*"

# What a form is shown again for, with what was typed.
REFUSALS: Final = (InvalidInputError, NotPermittedError)


def own_id(actor: Actor) -> UUID:
    """The profile that is the actor's own.

    Raises:
        NotFoundError: His account has none.
    """
    if actor.expert_id is None:
        raise NotFoundError("this account has no profile")
    return actor.expert_id


def refused(session: Session, refusal: Exception | None, language: Language) -> tuple[str, int]:
    """The words and the status for a form that is shown again; nothing of it is written."""
    if refusal is None:
        return "", 200
    session.rollback()
    assert isinstance(refusal, REFUSALS)
    return say(str(refusal), language), kind_of(refusal).status


def times(language: Language, now: datetime) -> dict[str, Callable[[Any], Any]]:
    """Functions for templates: a day and a moment in Vietnamese time, and whether one is over."""

    def day(moment: datetime) -> str:
        return partial_date(moment.astimezone(VIETNAM).date().isoformat(), language)

    def clock(moment: datetime) -> str:
        return f"{day(moment)} {moment.astimezone(VIETNAM):%H:%M}"

    def late(opened: Opened) -> bool:
        return opened.is_overdue(now)

    return {"day": day, "clock": clock, "late": late}


def hours_and_minutes(left: timedelta) -> tuple[int, int]:
    """The length of a time, whichever way it lies."""
    minutes = abs(int(left.total_seconds())) // 60
    return divmod(minutes, 60)


def list_bodies(session: Session, language: Language) -> list[tuple[str, str]]:
    """Active bodies: code and name."""
    rows = session.scalars(
        select(Body).where(col(Body.is_active).is_(True)).order_by(col(Body.code))
    )
    return [(row.code, row.name_vi if language == "vi" else row.name_en) for row in rows]


def name_bodies(session: Session, language: Language) -> dict[str, str]:
    """Names of all bodies by code, of those no longer active as well."""
    rows = session.scalars(select(Body))
    return {row.code: row.name_vi if language == "vi" else row.name_en for row in rows}


def chosen_bodies(purpose: str, chosen: list[str]) -> list[str] | None:
    """What a form chose: None for all; purposes that cannot be limited are for all."""
    if ALL_BODIES in chosen or purpose not in rules.PER_BODY:
        return None
    return chosen
