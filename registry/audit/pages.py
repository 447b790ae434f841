"""The page of the audit: entries, and whether the chain holds."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse

from registry.audit import service
from registry.audit.api import read_noted
from registry.errors import AuditBrokenError, InvalidInputError
from registry.web.deps import ActorDep, SessionDep
from registry.web.forms import CHECKED_FORM
from registry.web.gate import needs
from registry.web.pages import render

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

_READ = needs("audit:read")
PAGE = 50


@router.get("/audit", dependencies=[_READ])
def audit_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    action: Annotated[str, Query(max_length=60)] = "",
    by: Annotated[str, Query(max_length=100)] = "",
    about: Annotated[str, Query(max_length=40)] = "",
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> HTMLResponse:
    """Entries, newest first."""
    wrong, expert_id = False, None
    if about.strip():
        try:
            expert_id = UUID(about.strip())
        except ValueError:
            wrong = True
    found = []
    if not wrong:
        found = service.list_entries(
            session,
            actor,
            before=before,
            limit=PAGE,
            action=action.strip() or None,
            by=by.strip() or None,
            about=expert_id,
        )
    context = {
        "entries": found,
        "next": found[-1].seq if len(found) == PAGE else None,
        "asked": {"action": action, "by": by, "about": about},
        "wrong": wrong,
        "check": None,
        "noted": "",
    }
    return render(request, "audit.html", context, 422 if wrong else 200)


@router.post("/audit/check", dependencies=[_READ, CHECKED_FORM])
def check_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    noted: Annotated[str, Form(max_length=100)] = "",
) -> HTMLResponse:
    """Follow the chain and say whether it holds; it changes nothing, so the page is the answer."""
    check: dict[str, str | int]
    status = 200
    try:
        entries, head = service.verify(session, actor, read_noted(noted))
        check = {"state": "holds", "entries": entries, "head": f"{entries}:{head}"}
    except AuditBrokenError as exc:
        check, status = {"state": "broken", "why": str(exc)}, 500
    except InvalidInputError:
        check, status = {"state": "form"}, 422
    context = {
        "entries": service.list_entries(session, actor, limit=PAGE),
        "next": None,
        "asked": {"action": "", "by": "", "about": ""},
        "wrong": False,
        "check": check,
        "noted": noted,
    }
    return render(request, "audit.html", context, status)
