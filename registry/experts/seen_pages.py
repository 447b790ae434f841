"""Pages of one's own profile: how am I seen, who looked."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from registry.access import bodies
from registry.access.browsers import say
from registry.access.delegations import SECTIONS
from registry.errors import InvalidInputError
from registry.experts import lookers, preview
from registry.experts.life import describe
from registry.experts.pages import profile_context
from registry.experts.preview import OF_A_BODY, Viewer
from registry.experts.schemas import Life
from registry.web.deps import ActorDep, LanguageDep, SessionDep
from registry.web.gate import needs
from registry.web.pages import render

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

_A_PAGE = 50


@router.get("/me/seen", dependencies=[needs("profile:own")])
def seen_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    viewer: Annotated[str, Query(alias="as", max_length=20)] = "public",
    body: Annotated[str, Query(max_length=40)] = "",
    section: Annotated[list[str], Query(max_length=50)] = [],  # noqa: B006
) -> HTMLResponse:
    """The reader's profile as somebody else is shown it."""
    chosen = next((each for each in Viewer if each.value == viewer), Viewer.PUBLIC)
    seen, problem = None, ""
    try:
        seen = preview.see_as(session, actor, chosen, body=body, sections=section)
    except InvalidInputError as exc:
        # Nothing is chosen yet when the page is opened for this viewer first.
        problem = say(str(exc), language)
    shown = profile_context(session, language, seen.profile) if seen and seen.profile else {}
    context = {
        "viewers": [each.value for each in Viewer],
        "chosen": chosen.value,
        "of_a_body": chosen in OF_A_BODY,
        "bodies": [each for each in bodies.list_bodies(session, actor) if each.is_active],
        "body": body,
        "all_sections": SECTIONS,
        "sections": section,
        "seen": seen,
        "described": describe(Life(seen.expert.life), language) if seen else "",
        "problem": problem,
        **shown,
    }
    return render(request, "me_seen.html", context)


@router.get("/me/lookers", dependencies=[needs("rights:own")])
def lookers_page(
    request: Request, session: SessionDep, actor: ActorDep, before: UUID | None = None
) -> HTMLResponse:
    """For which bodies and why the reader's data were looked at."""
    found = lookers.list_looks(session, actor, before, _A_PAGE + 1)
    context = {
        "looks": found[:_A_PAGE],
        "more": found[_A_PAGE - 1].last_id if len(found) > _A_PAGE else None,
    }
    return render(request, "me_lookers.html", context)
