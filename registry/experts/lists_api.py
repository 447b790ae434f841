"""JSON of lists, exports, contacts and quality."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import AwareDatetime, Field

from registry.experts import export_files, listing, quality, standing
from registry.experts.exporting import ExportRequest
from registry.experts.listing import ListAnswer, ListRequest
from registry.experts.quality import QualityPublic
from registry.experts.standing import Contact, StandingPublic
from registry.web.bodies import REQUIRE_JSON, StrictBody
from registry.web.deps import ActorDep, NowDep, SessionDep
from registry.web.forms import is_foreign
from registry.web.gate import needs

router = APIRouter(tags=["lists"])

# Unknown parameters are refused: a mistyped filter would widen the list.
_Lang = Annotated[
    Literal["vi", "en"] | None, Field(description="Language of messages about what went wrong.")
]


class ListQuery(StrictBody, ListRequest):
    """Filters, order and page of a list."""

    lang: _Lang = None


class ExportQuery(StrictBody, ExportRequest):
    """Filters, order and form of a file."""

    lang: _Lang = None


class ContactBody(StrictBody):
    """That somebody was written to, answered, or could not be reached."""

    kind: Contact
    at: AwareDatetime | None = Field(default=None, description="When; without it, now.")
    purpose: str | None = Field(
        default=None, max_length=500, description="Why he was written to; kept with the event."
    )


@router.get("/experts", dependencies=[needs("expert:search")])
def list_experts(
    session: SessionDep, actor: ActorDep, now: NowDep, query: Annotated[ListQuery, Query()]
) -> ListAnswer:
    """People whom the actor may see, filtered, counted and in an order."""
    return listing.list_people(session, actor, query, now)


@router.get(
    "/experts/export",
    dependencies=[needs("expert:export")],
    response_class=Response,
    responses={200: {"content": {kind: {} for kind in export_files.MEDIA_TYPES.values()}}},
)
def export_experts(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    query: Annotated[ExportQuery, Query()],
) -> Response:
    """The same list as a file; `purpose` is required and kept with each person in it."""
    # It writes who exported whom and why: a link on another site must not do that in his name.
    if is_foreign(request):
        raise HTTPException(403, "the request comes from a page of another site")
    return export_files.answer(session, actor, query, now)


@router.post(
    "/experts/{expert_id}/contact-events",
    status_code=201,
    dependencies=[needs("contact:record"), REQUIRE_JSON],
)
def record_contact(
    session: SessionDep, actor: ActorDep, now: NowDep, expert_id: UUID, body: ContactBody
) -> StandingPublic | None:
    """Note a contact with a person; the answer is what is then known of the way to reach him."""
    return standing.record_contact(
        session, actor, expert_id, body.kind, now, at=body.at, purpose=body.purpose
    )


@router.get("/me/standing", dependencies=[needs("profile:own")])
def get_own_standing(session: SessionDep, actor: ActorDep, now: NowDep) -> StandingPublic:
    """What is kept of contacts with the person himself."""
    return standing.get_own(session, actor, now)


@router.post("/me/confirmation", dependencies=[needs("profile:own"), REQUIRE_JSON])
def confirm_own(session: SessionDep, actor: ActorDep, now: NowDep) -> StandingPublic:
    """The person says that everything in his profile is right."""
    return standing.confirm(session, actor, now)


@router.get("/quality", dependencies=[needs("quality:read")])
def get_quality(session: SessionDep, actor: ActorDep, now: NowDep) -> QualityPublic:
    """How checked, fresh, reachable and complete the registry is, and what waits."""
    return quality.get_quality(session, actor, now)
