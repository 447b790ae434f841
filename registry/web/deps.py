"""What routes are given: a session, the actor, the time, the language of the page."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query, Request
from sqlalchemy.orm import Session

from registry.access import sessions
from registry.access.policy import ANONYMOUS, Actor
from registry.access.sessions import SignedIn
from registry.config import Settings
from registry.db import Database
from registry.web.cookies import session_cookie
from registry.web.language import Language, page_language


def get_session(request: Request) -> Iterator[Session]:
    """A session that commits when the route has returned and before the answer is sent.

    Use it with scope="function" (`SessionDep`): with the default scope the answer goes out
    first, and a commit that fails afterwards would have reached the client as a success.
    """
    database: Database = request.app.state.database
    with database.session() as session:
        yield session


def get_now() -> datetime:
    """The time of the request: the one clock that services are given."""
    return datetime.now(UTC)


SessionDep = Annotated[Session, Depends(get_session, scope="function")]
NowDep = Annotated[datetime, Depends(get_now)]


def get_settings(request: Request) -> Settings:
    """The settings that the application was made with."""
    settings: Settings = request.app.state.settings
    return settings


SettingsDep = Annotated[Settings, Depends(get_settings)]


def get_signed_in(
    request: Request, session: SessionDep, settings: SettingsDep, now: NowDep
) -> SignedIn | None:
    """Whose browser this is."""
    token = request.cookies.get(session_cookie(settings))
    found = sessions.find_signed_in(session, token, now) if token else None
    # Pages show who is signed in and what he may do.
    request.state.signed_in = found
    return found


SignedInDep = Annotated[SignedIn | None, Depends(get_signed_in, scope="function")]


def get_actor(request: Request, session: SessionDep, signed_in: SignedInDep, now: NowDep) -> Actor:
    """Who acts: of the token that a program sends, else of the browser's session."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return sessions.actor_of_token(session, secret.strip(), now)
    return signed_in.actor if signed_in is not None else ANONYMOUS


ActorDep = Annotated[Actor, Depends(get_actor, scope="function")]
LanguageDep = Annotated[Language, Depends(page_language)]
Purpose = Annotated[
    str | None,
    Query(
        max_length=500,
        description="Why people who have not claimed their profile are looked at.",
    ),
]
