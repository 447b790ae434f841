"""The steward's desk, and the pages by which contacts with a person are noted."""

from datetime import UTC, date, datetime, time
from http import HTTPStatus
from typing import Annotated, Final, get_args
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from registry.errors import InvalidInputError
from registry.experts import quality, standing
from registry.experts.facets import LIFE_NAMES, REACHABILITY_NAMES, names_in
from registry.experts.quality_counts import PARTS
from registry.experts.standing import Contact
from registry.web.deps import ActorDep, LanguageDep, NowDep, Purpose, SessionDep
from registry.web.forms import CHECKED_FORM
from registry.web.gate import needs
from registry.web.pages import link, render

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

_CONTACTS: Final[tuple[Contact, ...]] = get_args(Contact)
# At noon in UTC it is the same day in Vietnam.
_NOON: Final = time(12, tzinfo=UTC)


@router.get("/desk", dependencies=[needs("quality:read")])
def desk_page(
    request: Request, session: SessionDep, actor: ActorDep, now: NowDep, language: LanguageDep
) -> HTMLResponse:
    """What waits for stewards, how good the registry is, and what changed last."""
    context = {
        "desk": quality.get_desk(session, actor, now),
        "life_names": names_in(LIFE_NAMES, language),
        "reachabilities": names_in(REACHABILITY_NAMES, language),
        "parts": list(PARTS),
    }
    return render(request, "desk.html", context)


@router.get("/experts/{expert_id}/contacts", dependencies=[needs("contact:record")])
def contact_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    language: LanguageDep,
    expert_id: UUID,
    purpose: Purpose = None,
    noted: bool = False,
) -> HTMLResponse:
    """What is known of contacts with a person, and the form to note another one."""
    found = standing.get_contacts(session, actor, expert_id, now, purpose)
    context = {
        "found": found,
        "noted": noted,
        "problem": False,
        "kinds": _CONTACTS,
        "typed": {"kind": "sent", "on": "", "purpose": purpose or ""},
        "reachabilities": names_in(REACHABILITY_NAMES, language),
    }
    return render(request, "contacts.html", context)


@router.post("/experts/{expert_id}/contacts", dependencies=[needs("contact:record"), CHECKED_FORM])
def note_contact(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    language: LanguageDep,
    expert_id: UUID,
    kind: Annotated[Contact, Form()],
    on: Annotated[str, Form(max_length=20)] = "",
    purpose: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Note a contact, and show what follows from it."""
    try:
        at = _moment(on, now)
        standing.record_contact(session, actor, expert_id, kind, now, at=at, purpose=purpose)
    except InvalidInputError:
        context = {
            "found": standing.get_contacts(session, actor, expert_id, now, purpose),
            "noted": False,
            "problem": True,
            "kinds": _CONTACTS,
            "typed": {"kind": kind, "on": on, "purpose": purpose},
            "reachabilities": names_in(REACHABILITY_NAMES, language),
        }
        return render(request, "contacts.html", context, 422)
    address = link(f"/experts/{expert_id}/contacts", language, purpose=purpose, noted="true")
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


def _moment(on: str, now: datetime) -> datetime | None:
    """A typed day; today and nothing are now."""
    if not on.strip():
        return None
    try:
        day = date.fromisoformat(on.strip())
    except ValueError as exc:
        raise InvalidInputError("expected a day as 2026-11-25") from exc
    return None if day == now.date() else datetime.combine(day, _NOON)


@router.post("/me/confirmation", dependencies=[needs("profile:own"), CHECKED_FORM])
def confirm(
    session: SessionDep, actor: ActorDep, now: NowDep, language: LanguageDep
) -> RedirectResponse:
    """The person says that everything in his profile is right."""
    standing.confirm(session, actor, now)
    # Back to the button, beside which the day of the confirmation now stands.
    return RedirectResponse(f"{link('/me', language)}#confirm", HTTPStatus.SEE_OTHER)
