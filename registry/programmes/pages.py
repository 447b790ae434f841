"""Pages of programmes."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from registry.programmes.api import list_roles
from registry.taxonomy import service as taxonomy
from registry.web.deps import ActorDep, SessionDep
from registry.web.gate import needs
from registry.web.pages import render

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


@router.get("/roles", dependencies=[needs("programme:read")])
def roles_page(request: Request, session: SessionDep, actor: ActorDep) -> HTMLResponse:
    """All programmes with their roles, under the groups of the national list."""
    programmes = list_roles(session, actor)
    groups = [
        (group, [p for p in programmes if p.group_no == group.no])
        for group in taxonomy.list_groups(session)
    ]
    context = {"groups": [(group, found) for group, found in groups if found]}
    return render(request, "roles.html", context)
