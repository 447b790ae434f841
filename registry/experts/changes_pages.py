"""Pages of changes: a profile's history, all changes, one change, and taking it back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from registry.access.browsers import say, see_other
from registry.access.policy import Actor
from registry.errors import (
    BusyError,
    ChangedMeanwhileError,
    InvalidInputError,
    NotPermittedError,
)
from registry.experts import changes
from registry.experts import editing_words as words
from registry.experts.change_views import Asked, change_context
from registry.experts.changes import Page
from registry.experts.doors import DESK_DOOR, OWN_DOOR, Door
from registry.experts.kept_service import get_kept
from registry.experts.reverting import Reverted, revert_change
from registry.experts.told import when
from registry.web.deps import ActorDep, LanguageDep, NowDep, SessionDep
from registry.web.errors import kind_of
from registry.web.forms import CHECKED_FORM
from registry.web.gate import needs
from registry.web.language import Language
from registry.web.pages import link, render

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

_KEEPS: Final = needs("profile:own", "profile:delegated")
_READS: Final = needs("change:read")
# Of a long list of conflicts, so many are shown.
_MOST: Final = 50


def _add_history(base: str, through: Any, reads: Any, writes: Any) -> None:
    @router.get(base, dependencies=[reads])
    def history_page(
        request: Request,
        session: SessionDep,
        actor: ActorDep,
        language: LanguageDep,
        door: Door = through,
        before: UUID | None = None,
    ) -> HTMLResponse:
        """What was changed in a profile, newest first."""
        page = changes.list_history(session, actor, door.expert_id, before=before)
        profile = get_kept(session, actor, door.expert_id)
        context = {
            "profile": profile,
            "when": when(language),
            "back": door.link(language),
            "to_change": lambda change_id: door.link_history(language, f"/{change_id}"),
            "older": door.link_history(language, before=page.next_before),
        }
        return _list_page(request, door.shell, page, context)

    @router.get(f"{base}/{{change_id}}", dependencies=[reads])
    def change_page(
        request: Request,
        session: SessionDep,
        actor: ActorDep,
        language: LanguageDep,
        change_id: UUID,
        door: Door = through,
    ) -> HTMLResponse:
        """One change of this profile, item by item."""
        context = change_context(session, actor, language, change_id, door)
        return render(request, "change.html", {**context, "done": _done(request)})

    @router.post(f"{base}/{{change_id}}", dependencies=[writes, CHECKED_FORM])
    def revert(
        request: Request,
        session: SessionDep,
        actor: ActorDep,
        now: NowDep,
        language: LanguageDep,
        change_id: UUID,
        door: Door = through,
        what: Annotated[str, Form(max_length=20)] = "",
        items: Annotated[list[UUID], Form()] = [],  # noqa: B006
        leave_changed: Annotated[bool, Form()] = False,
        reason: Annotated[str, Form(max_length=4000)] = "",
        confirmed: Annotated[bool, Form()] = False,
    ) -> Response:
        """Ask whether it is meant, and then take the change back."""
        asked = Asked(what, items, leave_changed, reason)

        def page(asked: Asked) -> dict[str, Any]:
            return change_context(session, actor, language, change_id, door, asked=asked)

        def after(done: Reverted) -> str:
            return door.link_history(language, f"/{done.change_id}", **_counts(done))

        return _take_back(
            request, session, actor, now, language, change_id, asked, confirmed, page, after
        )


_add_history("/me/history", OWN_DOOR, _KEEPS, needs("statement:edit_own"))
_add_history("/desk/experts/{expert_id}/history", DESK_DOOR, _READS, needs("change:revert"))


@router.get("/desk/changes", dependencies=[_READS])
def changes_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    before: UUID | None = None,
) -> HTMLResponse:
    """All changes, newest first."""
    page = changes.list_changes(session, actor, before=before)
    context = {
        "profile": None,
        "when": when(language),
        "back": "",
        "to_change": lambda change_id: link(f"/desk/changes/{change_id}", language),
        "older": link("/desk/changes", language, before=page.next_before),
    }
    return _list_page(request, "desk_base.html", page, context)


@router.get("/desk/changes/{change_id}", dependencies=[_READS])
def desk_change_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    change_id: UUID,
    after: UUID | None = None,
) -> HTMLResponse:
    """One change, person by person."""
    context = change_context(session, actor, language, change_id, None, after)
    return render(request, "change.html", {**context, "done": _done(request)})


@router.post("/desk/changes/{change_id}", dependencies=[needs("change:revert"), CHECKED_FORM])
def desk_revert(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    language: LanguageDep,
    change_id: UUID,
    after: UUID | None = None,
    what: Annotated[str, Form(max_length=20)] = "",
    items: Annotated[list[UUID], Form()] = [],  # noqa: B006
    leave_changed: Annotated[bool, Form()] = False,
    reason: Annotated[str, Form(max_length=4000)] = "",
    confirmed: Annotated[bool, Form()] = False,
) -> Response:
    """Ask whether it is meant, and then take the change back."""
    asked = Asked(what, items, leave_changed, reason)

    def page(asked: Asked) -> dict[str, Any]:
        return change_context(session, actor, language, change_id, None, after, asked)

    def then(done: Reverted) -> str:
        return link(f"/desk/changes/{done.change_id}", language, **_counts(done))

    return _take_back(
        request, session, actor, now, language, change_id, asked, confirmed, page, then
    )


def _list_page(request: Request, shell: str, page: Page, context: dict[str, Any]) -> HTMLResponse:
    return render(request, "history.html", {"shell": shell, "page": page, **context})


_COUNTED: Final = ("closed", "restored", "emptied", "left")


def _counts(done: Reverted) -> dict[str, Any]:
    """What was done, for the address of the page that tells it."""
    return {name: getattr(done, name) or None for name in _COUNTED} | {"done": 1}


def _done(request: Request) -> dict[str, int] | None:
    if "done" not in request.query_params:
        return None
    given = {name: request.query_params.get(name, "0") for name in _COUNTED}
    return {name: int(text) if text.isdecimal() else 0 for name, text in given.items()}


def _take_back(
    request: Request,
    session: Session,
    actor: Actor,
    now: datetime,
    language: Language,
    change_id: UUID,
    asked: Asked,
    confirmed: bool,
    page: Callable[[Asked], dict[str, Any]],
    after: Callable[[Reverted], str],
) -> Response:
    if not confirmed:
        if asked.what == "chosen" and not asked.items:
            nothing = replace(asked, what="", problem=say(words.NOTHING_CHOSEN, language))
            return render(request, "change.html", page(nothing), 422)
        return render(request, "change.html", page(asked))
    try:
        done = revert_change(
            session,
            actor,
            change_id,
            now=now,
            items=asked.items if asked.what == "chosen" else None,
            leave_changed=asked.leaves_changed,
            reason=asked.reason,
        )
    except (ChangedMeanwhileError, InvalidInputError, NotPermittedError, BusyError) as exc:
        session.rollback()
        conflicts = getattr(exc, "changes", ())[:_MOST]
        refused = replace(asked, problem=say(str(exc), language), conflicts=conflicts)
        return render(request, "change.html", page(refused), kind_of(exc).status)
    return see_other(after(done))
