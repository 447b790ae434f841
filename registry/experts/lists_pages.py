"""The page of a list of people, with its export."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from registry.access.policy import Actor, selector_for
from registry.errors import InvalidInputError
from registry.experts import export_files, listing
from registry.experts.export_formats import FORMATS, Format
from registry.experts.exporting import MOST_PEOPLE, ExportRequest
from registry.experts.facets import REACHABILITY_NAMES, names_in
from registry.experts.filters import MAX_NAME_CHARACTERS, parse_name, sees_standing
from registry.experts.listing import ListRequest
from registry.experts.listing_rows import SORTS, Sort
from registry.experts.narrowing import Narrowing, NarrowingDep, field_tree
from registry.web.deps import ActorDep, LanguageDep, NowDep, SessionDep
from registry.web.forms import CHECKED_FORM
from registry.web.gate import needs
from registry.web.language import Language
from registry.web.pages import render

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

Name = Annotated[str, Query(max_length=500)]


def _list(
    session: Session,
    actor: Actor,
    now: datetime,
    language: Language,
    asked: ListRequest,
    narrowing: Narrowing,
) -> dict[str, Any]:
    """What the page shows: the list, or which part of the address cannot be used."""
    answer, problem = None, ""
    try:
        parse_name(asked.q)
    except InvalidInputError:
        problem = "name"
    else:
        try:
            answer = listing.list_people(session, actor, asked, now)
        except InvalidInputError:
            problem = "filter"
    sees = sees_standing(selector_for(actor))
    context: dict[str, Any] = {
        "answer": answer,
        "problem": problem,
        "asked": asked,
        "narrowing": narrowing,
        "sorts": [sort for sort in SORTS if sees or sort != "confirmed"],
        "address": _address(asked),
        "most_characters": MAX_NAME_CHARACTERS,
        "reachabilities": names_in(REACHABILITY_NAMES, language),
        "formats": FORMATS,
        "most_people": MOST_PEOPLE,
        "export": {"problem": "", "format": "csv", "purpose": asked.purpose or ""},
    }
    if answer is not None:
        countries = answer.facets["countries"]
        context["country_names"] = names_in(
            {v.value: (v.name_vi, v.name_en) for v in countries}, language
        )
        context["field_tree"] = field_tree(answer.facets["fields"])
    return context


def _address(asked: ListRequest) -> dict[str, Any]:
    """Parameters of this list's address: those that are not as they are without being given."""
    return asked.model_dump(exclude_defaults=True, exclude={"after"})


@router.get("/experts", dependencies=[needs("expert:search")])
def list_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    language: LanguageDep,
    narrowing: NarrowingDep,
    q: Name = "",
    sort: Sort = "name",
    after: Annotated[str | None, Query(max_length=5000)] = None,
) -> HTMLResponse:
    """People whom the reader may see, filtered and in an order."""
    asked = ListRequest(q=q, sort=sort, after=after, **asdict(narrowing))
    context = _list(session, actor, now, language, asked, narrowing)
    return render(request, "experts.html", context, 422 if context["problem"] else 200)


@router.post("/experts", dependencies=[needs("expert:export"), CHECKED_FORM])
def export(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    language: LanguageDep,
    narrowing: NarrowingDep,
    q: Name = "",
    sort: Sort = "name",
    format: Annotated[Format, Form()] = "csv",
    purpose: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """The list of this address as a file; without a purpose, the page says that one is needed."""
    asked = ListRequest(q=q, sort=sort, **asdict(narrowing))
    wanted = ExportRequest(
        **asked.model_dump(exclude={"after", "limit", "purpose"}),
        format=format,
        purpose=purpose,
        # Leads are in the file when they are in the list.
        with_leads=asked.purpose is not None,
    )
    try:
        return export_files.answer(session, actor, wanted, now)
    except InvalidInputError:
        context = _list(session, actor, now, language, asked, narrowing)
        problem = "too_many" if wanted.purpose else "purpose"
        context["export"] = {"problem": problem, "format": format, "purpose": purpose}
        return render(request, "experts.html", context, 422)
