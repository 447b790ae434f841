"""Pages of retention and of breaches."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Form, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from registry.access.browsers import say, see_other
from registry.access.policy import Actor
from registry.errors import ChangedMeanwhileError, InvalidInputError
from registry.rights import breaches, compaction, page_parts, retention, words
from registry.rights.breaches import BreachContent
from registry.rights.keeping import LedgerDep, keep_ledger
from registry.web.changed import tell_changes
from registry.web.deps import ActorDep, LanguageDep, NowDep, SessionDep
from registry.web.errors import kind_of
from registry.web.forms import CHECKED_FORM
from registry.web.gate import needs
from registry.web.language import Language
from registry.web.pages import link, render

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

_RETENTION = needs("retention:run")
_MANAGE = needs("breach:manage")
_EMPTY = {"title": "", "found": "", "people": "", "description": "", "measures": "", "number": ""}


@router.get("/desk/retention", dependencies=[_RETENTION])
def retention_page(
    request: Request, session: SessionDep, actor: ActorDep, language: LanguageDep, now: NowDep
) -> HTMLResponse:
    """What the rules would take now, and who is erased and not yet physically gone."""
    context = {
        "findings": retention.find_due(session, actor, now),
        "pending": compaction.list_pending(session),
        "can_compact": request.app.state.daily is not None,
        "done": request.query_params.get("done", ""),
        **page_parts.times(language, now),
    }
    return render(request, "desk_retention.html", context)


@router.post("/desk/retention", dependencies=[_RETENTION, CHECKED_FORM])
def run(
    request: Request,
    actor: ActorDep,
    language: LanguageDep,
    now: NowDep,
    ledger: LedgerDep,
    tasks: BackgroundTasks,
    act: Annotated[str, Form()] = "",
) -> Response:
    """Erase and delete what is due, or have tables and indexes rewritten."""
    if act == "compact":
        if request.app.state.daily is not None:
            request.app.state.daily.ask()
        return see_other(link("/desk/retention", language, done="asked"))
    retention.run(ledger.database, actor, now)
    tasks.add_task(keep_ledger, ledger)
    return see_other(link("/desk/retention", language, done="run"))


@router.get("/admin/breaches", dependencies=[_MANAGE])
def breaches_page(
    request: Request, session: SessionDep, actor: ActorDep, language: LanguageDep, now: NowDep
) -> HTMLResponse:
    """The register, with the time that is left for each notice."""
    return _breaches(request, session, actor, language, now)


@router.post("/admin/breaches", dependencies=[_MANAGE, CHECKED_FORM])
def create(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    now: NowDep,
    title: Annotated[str, Form()] = "",
    found: Annotated[str, Form()] = "",
    people: Annotated[str, Form()] = "",
    description: Annotated[str, Form()] = "",
) -> Response:
    """Note a breach."""
    typed = {**_EMPTY, "title": title, "found": found, "people": people, "description": description}
    try:
        content = BreachContent(title=title.strip(), description=description.strip())
        known = breaches.create(
            session, actor, content, breaches.read_found(found), _read_people(people), now
        )
    except InvalidInputError as exc:
        session.rollback()
        return _breaches(request, session, actor, language, now, say(str(exc), language), typed)
    return see_other(link(f"/admin/breaches/{known.row.id}", language, done="create"))


@router.get("/admin/breaches/{breach_id}", dependencies=[_MANAGE])
def breach_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    now: NowDep,
    breach_id: UUID,
) -> HTMLResponse:
    """One breach, and what is to be done about it."""
    return _breach(request, session, actor, language, now, breach_id)


@router.post("/admin/breaches/{breach_id}", dependencies=[_MANAGE, CHECKED_FORM])
def act(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    now: NowDep,
    breach_id: UUID,
    act: Annotated[str, Form()] = "",
    title: Annotated[str, Form()] = "",
    people: Annotated[str, Form()] = "",
    description: Annotated[str, Form()] = "",
    measures: Annotated[str, Form()] = "",
    number: Annotated[str, Form()] = "",
    version: Annotated[str, Form()] = "",
) -> Response:
    """Write what is known, note the notice to the authority, or close it."""
    typed = {
        **_EMPTY,
        "title": title,
        "people": people,
        "description": description,
        "measures": measures,
        "number": number,
    }
    try:
        if act == "update":
            content = BreachContent(
                title=title.strip(), description=description.strip(), measures=measures.strip()
            )
            count = _read_people(people)
            breaches.update(session, actor, breach_id, content, count, seen={version})
        elif act == "notify":
            breaches.notify(session, actor, breach_id, number, now, seen={version})
        elif act == "close":
            breaches.close(session, actor, breach_id, now, seen={version})
    except (InvalidInputError, ChangedMeanwhileError) as exc:
        session.rollback()
        kept = typed if act == "update" else None
        return _breach(request, session, actor, language, now, breach_id, exc, kept, number)
    return see_other(link(f"/admin/breaches/{breach_id}", language, done=act))


def _read_people(text: str) -> int | None:
    digits = text.strip()
    if not digits:
        return None
    if not digits.isdecimal() or len(digits) > 9:
        raise InvalidInputError(words.BREACH_PEOPLE)
    return int(digits)


def _breaches(
    request: Request,
    session: Session,
    actor: Actor,
    language: Language,
    now: datetime,
    problem: str = "",
    typed: dict[str, str] | None = None,
) -> HTMLResponse:
    context = {
        "breaches": breaches.list_breaches(session, actor),
        "problem": problem,
        "typed": typed or _EMPTY,
        "now": now,
        "hours_and_minutes": page_parts.hours_and_minutes,
        **page_parts.times(language, now),
    }
    return render(request, "admin_breaches.html", context, 422 if problem else 200)


def _breach(
    request: Request,
    session: Session,
    actor: Actor,
    language: Language,
    now: datetime,
    breach_id: UUID,
    refusal: InvalidInputError | ChangedMeanwhileError | None = None,
    typed: dict[str, str] | None = None,
    number: str = "",
) -> HTMLResponse:
    known = breaches.get_breach(session, actor, breach_id)
    people = known.row.people_affected
    context = {
        "known": known,
        "problem": say(str(refusal), language) if refusal is not None else "",
        "changed": tell_changes(getattr(refusal, "changes", ()), language),
        "typed": typed
        or {
            "title": known.content.title,
            "people": "" if people is None else str(people),
            "description": known.content.description,
            "measures": known.content.measures,
        },
        "number": number,
        "now": now,
        "hours_and_minutes": page_parts.hours_and_minutes,
        "done": request.query_params.get("done", ""),
        **page_parts.times(language, now),
    }
    status = kind_of(refusal).status if refusal is not None else 200
    return render(request, "admin_breach.html", context, status)
