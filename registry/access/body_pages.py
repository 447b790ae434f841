"""Pages of administrators: bodies."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from registry.access import bodies
from registry.access.browsers import say, see_other
from registry.access.policy import Actor
from registry.errors import ChangedMeanwhileError, InvalidInputError
from registry.web.changed import tell_changes
from registry.web.deps import ActorDep, LanguageDep, SessionDep
from registry.web.errors import kind_of
from registry.web.forms import CHECKED_FORM
from registry.web.gate import needs
from registry.web.labels import LABELS
from registry.web.language import Language
from registry.web.pages import link, render

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

_BODIES = needs("body:manage")

Typed = Annotated[str, Form()]


@router.get("/admin/bodies", dependencies=[_BODIES])
def bodies_page(request: Request, session: SessionDep, actor: ActorDep, done: str = "") -> Response:
    """Bodies, with a form each."""
    shown = done if done in LABELS["admin_done"] else ""
    return _bodies(request, session, actor, done=shown)


def _bodies(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    part: str = "",
    problem: str = "",
    done: str = "",
    changed: Sequence[tuple[str, str | None]] = (),
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    context = {
        "bodies": bodies.list_bodies(session, actor),
        "part": part,
        "problem": problem,
        "done": done,
        "changed": changed,
        "typed": typed or {},
        "version_of": bodies.version_of_body,
    }
    return render(request, "admin_bodies.html", context, status)


@router.post("/admin/bodies", dependencies=[_BODIES, CHECKED_FORM])
def create_body(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    code: Typed = "",
    name_vi: Typed = "",
    name_en: Typed = "",
) -> Response:
    """Add a body."""
    try:
        bodies.create_body(session, actor, code, name_vi, name_en)
    except InvalidInputError as exc:
        typed = {"code": code, "name_vi": name_vi, "name_en": name_en}
        problem = say(str(exc), language)
        return _bodies(
            request, session, actor, part="new", problem=problem, typed=typed, status=422
        )
    return see_other(link("/admin/bodies", language, done="body"))


@router.post("/admin/bodies/{code}", dependencies=[_BODIES, CHECKED_FORM])
def rename_body(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    code: str,
    name_vi: Typed = "",
    name_en: Typed = "",
    version: Typed = "",
) -> Response:
    """Rename a body."""
    try:
        bodies.update_body(session, actor, code, name_vi=name_vi, name_en=name_en, seen={version})
    except (InvalidInputError, ChangedMeanwhileError) as exc:
        typed = {"name_vi": name_vi, "name_en": name_en}
        return _again(request, session, actor, language, code, exc, typed)
    return see_other(link("/admin/bodies", language, done="body"))


@router.post("/admin/bodies/{code}/use", dependencies=[_BODIES, CHECKED_FORM])
def use_body(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    code: str,
    is_active: Annotated[bool, Form()],
    version: Typed = "",
) -> Response:
    """Put a body out of use, or back."""
    try:
        bodies.update_body(session, actor, code, is_active=is_active, seen={version})
    except ChangedMeanwhileError as exc:
        return _again(request, session, actor, language, code, exc)
    return see_other(link("/admin/bodies", language, done="body"))


def _again(
    request: Request,
    session: Session,
    actor: Actor,
    language: Language,
    code: str,
    refusal: InvalidInputError | ChangedMeanwhileError,
    typed: dict[str, str] | None = None,
) -> HTMLResponse:
    """The forms again, the one that was refused with the reason."""
    session.rollback()
    return _bodies(
        request,
        session,
        actor,
        part=code,
        problem=say(str(refusal), language),
        changed=tell_changes(getattr(refusal, "changes", ()), language),
        typed=typed,
        status=kind_of(refusal).status,
    )
