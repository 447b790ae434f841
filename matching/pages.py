"""The search page and the page of a programme role."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from matching import service
from matching.api import EngineDep, role_key
from matching.queries import MAX_QUERY_CHARACTERS, check_query
from matching.schemas import SearchAnswer, SearchRequest, SegmentPublic
from registry.errors import InvalidInputError
from registry.experts.facets import FilterRequest
from registry.experts.narrowing import Narrowing, NarrowingDep, field_tree
from registry.experts.told import when
from registry.programmes.service import get_role
from registry.web.deps import ActorDep, LanguageDep, NowDep, SessionDep
from registry.web.gate import needs
from registry.web.language import Language
from registry.web.pages import render

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

# A card shows this much of a passage: about three lines on a wide screen.
EXCERPT_CHARACTERS = 300
PASSAGES_PER_CARD = 3
FILTERS = tuple(name for name in FilterRequest.model_fields if name != "purpose")


def excerpt(segments: Sequence[SegmentPublic], room: int) -> list[SegmentPublic]:
    """The stretch of a passage with most marked words, cut between words.

    Args:
        room: Characters to show; a shorter passage comes back whole.
    """
    text = "".join(segment.text for segment in segments)
    if len(text) <= room:
        return list(segments)
    spans: list[tuple[int, int]] = []
    at = 0
    for segment in segments:
        if segment.is_match:
            spans.append((at, at + len(segment.text)))
        at += len(segment.text)
    starts = [start for start, _ in spans] or [0]
    best = max(starts, key=lambda s: sum(s <= a and b <= s + room for a, b in spans))
    # Some words before the first marked one make it readable.
    first = min(max(0, best - room // 6), len(text) - room)
    last = min(first + room, len(text))
    if first > 0:
        first = text.find(" ", first, best) + 1 or first
    if last < len(text):
        last = text.rfind(" ", best, last) + 1 or last
    found = [SegmentPublic(text="… ", is_match=False)] if first else []
    at = 0
    for segment in segments:
        low, high = max(first - at, 0), min(last - at, len(segment.text))
        if low < high:
            found.append(SegmentPublic(text=segment.text[low:high], is_match=segment.is_match))
        at += len(segment.text)
    return [*found, SegmentPublic(text="…", is_match=False)] if last < len(text) else found


def _names(answer: SearchAnswer, facet: str, language: Language) -> dict[str, str]:
    return {
        value.value: value.name_vi if language == "vi" else value.name_en
        for value in answer.facets[facet]
    }


def _request(narrowing: Narrowing, query: str = "") -> SearchRequest:
    return SearchRequest(query=query, **asdict(narrowing))


def _shared(
    narrowing: Narrowing, answer: SearchAnswer | None, language: Language
) -> dict[str, Any]:
    context: dict[str, Any] = {
        "narrowing": narrowing,
        "answer": answer,
        "excerpt": lambda segments: excerpt(segments, EXCERPT_CHARACTERS),
        "passages_per_card": PASSAGES_PER_CARD,
    }
    if answer is not None:
        context["country_names"] = _names(answer, "countries", language)
        context["group_names"] = _names(answer, "groups", language)
        context["field_tree"] = field_tree(answer.facets["fields"])
    return context


@router.get("/", dependencies=[needs("expert:search")])
def search_page(
    request: Request,
    session: SessionDep,
    engine: EngineDep,
    actor: ActorDep,
    now: NowDep,
    language: LanguageDep,
    narrowing: NarrowingDep,
    q: str = "",
) -> HTMLResponse:
    """The search box; with a query, who fits it and why."""
    answer, problem = None, None
    if q.strip():
        try:
            check_query(q)
        except InvalidInputError:
            problem = "too_long" if len(q) > MAX_QUERY_CHARACTERS else "no_word"
        else:
            try:
                answer = service.search(session, engine, actor, _request(narrowing, q), now)
            except InvalidInputError:
                problem = "filter"
    context = _shared(narrowing, answer, language) | {
        "typed": q,
        "problem": problem,
        "most_characters": MAX_QUERY_CHARACTERS,
    }
    return render(request, "search.html", context, 422 if problem else 200)


@router.get("/roles/{role}", dependencies=[needs("expert:search")])
def role_page(
    request: Request,
    session: SessionDep,
    engine: EngineDep,
    actor: ActorDep,
    now: NowDep,
    language: LanguageDep,
    narrowing: NarrowingDep,
    role: str,
) -> HTMLResponse:
    """A programme role, its lines, and who meets which of them by what evidence."""
    found = get_role(session, actor, role_key(role))
    answer = service.match_role(session, engine, actor, found.role.id, _request(narrowing), now)
    context = _shared(narrowing, answer, language) | {"found": found}
    return render(request, "role.html", context)


@router.get("/runs/{run_id}", dependencies=[needs("run:read")])
def run_page(
    request: Request, session: SessionDep, actor: ActorDep, language: LanguageDep, run_id: UUID
) -> HTMLResponse:
    """A stored run of the reader's own: what was asked, under which versions, who was shown."""
    run = service.get_run(session, actor, run_id)
    role = None
    if run.request["kind"] == "role":
        role = get_role(session, actor, UUID(run.request["role"])).role
    context = {
        "run": run,
        "role": role,
        "names": service.list_names(session, actor, run),
        "filters": {name: run.request[name] for name in FILTERS if run.request.get(name)},
        "made": when(language)(run.created_at),
    }
    return render(request, "run.html", context)
