"""What routes are given: a session, the actor, the time, the language of the page."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query, Request
from sqlalchemy.orm import Session

from registry.access.policy import LOCAL_RECRUITER, Actor
from registry.db import Database
from registry.web.language import Language, page_language


def get_session(request: Request) -> Iterator[Session]:
    """A session that commits when the route has returned and before the answer is sent.

    Use it with scope="function" (`SessionDep`): with the default scope the answer goes out
    first, and a commit that fails afterwards would have reached the client as a success.
    """
    database: Database = request.app.state.database
    with database.session() as session:
        yield session


def get_actor() -> Actor:
    """Who acts. Sign-in will put the signed-in person here; nothing downstream changes then."""
    return LOCAL_RECRUITER


def get_now() -> datetime:
    """The time of the request: the one clock that services are given."""
    return datetime.now(UTC)


SessionDep = Annotated[Session, Depends(get_session, scope="function")]
ActorDep = Annotated[Actor, Depends(get_actor)]
NowDep = Annotated[datetime, Depends(get_now)]
LanguageDep = Annotated[Language, Depends(page_language)]
Purpose = Annotated[
    str | None,
    Query(
        max_length=500,
        description="Why people who have not claimed their profile are looked at.",
    ),
]
