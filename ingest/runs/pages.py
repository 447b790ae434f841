"""Pages of imports: begun, shown row by row, settled, loaded, stopped and given up."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from ingest.headings import Column
from ingest.runs import planning, service, store, words
from ingest.runs.kinds import KINDS, PEOPLE_LIST, ServiceKind
from ingest.runs.models import ImportRow
from ingest.runs.planning import Answer
from ingest.runs.service import GivenFile
from ingest.sources.records import Notes
from ingest.sources.table_plans import LEAVE_OUT
from registry.access.browsers import say, see_other
from registry.access.policy import Actor
from registry.errors import ImportRefusedError, InvalidInputError
from registry.experts.pages import Wordings
from registry.identity.names import names_of
from registry.web.deps import ActorDep, LanguageDep, NowDep, SessionDep
from registry.web.forms import CHECKED_FORM
from registry.web.gate import needs
from registry.web.language import Language
from registry.web.pages import link, render

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

_IMPORTS: Final = needs("expert:import")
MAX_FILE_BYTES: Final = 32 * 1024 * 1024
# Kinds that a page can begin: a folder is at the machine alone.
OFFERED: Final = (
    PEOPLE_LIST,
    "openalex_files",
    "orcid_files",
    *(name for name, kind in KINDS.items() if isinstance(kind, ServiceKind)),
)
_AT_MACHINE: Final = frozenset({"openalex_snapshot"})
SHOWN: Final = ("new", "update", "gone", "refused", "matched", "same", "erased")


async def _get_typed(request: Request) -> FormData:
    return await request.form()


Typed = Annotated[FormData, Depends(_get_typed)]
Text = Annotated[str, Form()]


@dataclass(frozen=True)
class ChangeInWords:
    """What one statement would become."""

    property: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class RowInWords:
    """A row as the page shows it."""

    row: ImportRow
    name: str
    problems: Sequence[str]
    changes: Sequence[ChangeInWords]


@router.get("/desk/imports", dependencies=[_IMPORTS])
def list_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    before: UUID | None = None,
) -> HTMLResponse:
    """Imports, newest first."""
    found = service.list_runs(session, actor, before)
    more = found[-1].run.id if len(found) == service.PAGE else None
    offered = [kind for kind in OFFERED if kind not in _AT_MACHINE]
    context = {"found": found, "more": more, "kinds": offered}
    return render(request, "desk_imports.html", context)


@router.get("/desk/imports/new/{kind}", dependencies=[_IMPORTS])
def new_page(request: Request, language: LanguageDep, kind: str) -> HTMLResponse:
    """The form by which an import of a kind is begun."""
    return _new(request, language, kind)


def _new(
    request: Request,
    language: Language,
    kind: str,
    problems: Sequence[str] = (),
    typed: Mapping[str, str] | None = None,
) -> HTMLResponse:
    known = KINDS.get(kind)
    context = {
        "kind": kind if kind in OFFERED else PEOPLE_LIST,
        "asks": known.asks if isinstance(known, ServiceKind) else (),
        "is_about_known": isinstance(known, ServiceKind) and known.about is not None,
        "manifest": known.service.manifest if isinstance(known, ServiceKind) else None,
        "problems": [say(problem, language) for problem in problems],
        "typed": typed or {},
    }
    return render(request, "desk_import_new.html", context, 422 if problems else 200)


@router.post("/desk/imports", dependencies=[_IMPORTS, CHECKED_FORM])
def begin(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    language: LanguageDep,
    typed: Typed,
) -> Response:
    """Begin an import; the page of it shows what comes."""
    kind = str(typed.get("kind", ""))
    given = {name: str(value) for name, value in typed.items() if isinstance(value, str)}
    try:
        if isinstance(KINDS.get(kind), ServiceKind):
            if kind in _AT_MACHINE:
                raise InvalidInputError(words.KIND_UNKNOWN)
            question = {name: re.split(r"[\n;]", text) for name, text in given.items()}
            run = service.begin_question(
                session, actor, kind, question, now, title=given.get("title", "")
            )
        else:
            files = _files(typed)
            if kind == PEOPLE_LIST:
                run = planning.begin_list(
                    session,
                    actor,
                    files[0],
                    given.get("source", ""),
                    given.get("asserted_by", ""),
                    now,
                    given.get("title", ""),
                )
            else:
                run = service.begin_files(
                    session, actor, kind, files, now, title=given.get("title", "")
                )
    except (InvalidInputError, ImportRefusedError) as exc:
        session.rollback()
        problems = [str(exc), *map(str, getattr(exc, "problems", ()))]
        return _new(request, language, kind, problems, given)
    return see_other(link(f"/desk/imports/{run.id}", language))


def _files(typed: FormData) -> list[GivenFile]:
    files = []
    for value in typed.getlist("file"):
        if isinstance(value, UploadFile) and value.filename:
            content = value.file.read(MAX_FILE_BYTES + 1)
            if len(content) > MAX_FILE_BYTES:
                raise InvalidInputError(words.FILE_LARGE)
            files.append(GivenFile(value.filename, content))
    if not files:
        raise InvalidInputError(words.NO_FILE)
    return files


@router.get("/desk/imports/{import_id}", dependencies=[_IMPORTS])
def import_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    import_id: UUID,
    show: str = "",
    after: int = 0,
) -> HTMLResponse:
    """One import: its state, its columns while they are open, and its rows."""
    return _page(request, session, actor, language, import_id, show, after)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    language: Language,
    import_id: UUID,
    show: str = "",
    after: int = 0,
    problem: str = "",
) -> HTMLResponse:
    looked = service.get(session, actor, import_id)
    outcome = show if show in SHOWN else None
    after = max(0, min(after, 2**31 - 1))
    rows = service.rows_of(session, actor, import_id, outcome=outcome, after=after)
    wordings = Wordings(session, language)
    shown = [_row_in_words(wordings, row, content) for row, content in rows]
    plan = planning.plan_of(looked.run) if looked.run.state == "asking" else None
    context = {
        "looked": looked,
        "run": looked.run,
        "counts": looked.counts,
        "is_moving": looked.run.state in store.MOVING,
        "notes": Notes.load(looked.run.notes).lines(),
        "plan": plan,
        "holds": [*(column.value for column in Column), LEAVE_OUT],
        "leave_out": LEAVE_OUT,
        "rows": shown,
        "show": outcome or "",
        "shown_kinds": [name for name in SHOWN if looked.counts.get(name)],
        "more": rows[-1][0].number if len(rows) == service.PAGE else None,
        "known": {
            str(key): name
            for key, name in names_of(
                session, {UUID(match["expert_id"]) for row, _ in rows for match in row.matches}
            ).items()
        },
        "problem": say(problem, language) if problem else "",
    }
    return render(request, "desk_import.html", context, 422 if problem else 200)


def _row_in_words(wordings: Wordings, row: ImportRow, content: Mapping[str, Any]) -> RowInWords:
    changes = [
        ChangeInWords(
            change["property"],
            _in_words(wordings, change["property"], change["before"]),
            _in_words(wordings, change["property"], change["after"]),
        )
        for change in content.get("changes", ())
    ]
    names = [c.after or c.before for c in changes if c.property == "name"]
    statements = (content.get("draft") or {}).get("statements", ())
    drafted = (s["value"]["display"] for s in statements if s["property"] == "name")
    name = next(drafted, "") or (names[0] if names else "") or ""
    return RowInWords(row, name, content.get("problems", ()), changes)


def _in_words(wordings: Wordings, kind: str, said: Mapping[str, Any] | None) -> str | None:
    if said is None:
        return None
    title, _, details = wordings.words_of(kind, said["value"])
    dates = "–".join(filter(None, (said["started_on"], said["ended_on"])))
    return " · ".join(filter(None, (title.text, *details, dates)))


@router.post("/desk/imports/{import_id}/plan", dependencies=[_IMPORTS, CHECKED_FORM])
def settle_plan(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    language: LanguageDep,
    typed: Typed,
    import_id: UUID,
) -> Response:
    """Say what columns hold, and that old forms read right."""
    try:
        plan = planning.plan_of(service.get(session, actor, import_id).run)
        answers = []
        for number, sheet in enumerate(plan.sheets):
            for column in sheet.columns:
                key = f"{number}-{column.index}"
                holds = str(typed.get(f"holds-{key}", ""))
                right = str(typed.get(f"right-{key}", ""))
                if holds or right in {"yes", "no"}:
                    answers.append(
                        Answer(
                            sheet.name,
                            column.index,
                            planning.read_holds(holds) if holds else None,
                            {"yes": True, "no": False}.get(right),
                        )
                    )
        read = [s.name for n, s in enumerate(plan.sheets) if typed.get(f"sheet-{n}")]
        planning.settle_plan(session, actor, import_id, answers, now, sheets=read)
    except (InvalidInputError, KeyError) as exc:
        session.rollback()
        problem = str(exc) if isinstance(exc, InvalidInputError) else words.NOT_ASKING
        return _page(request, session, actor, language, import_id, problem=problem)
    return see_other(link(f"/desk/imports/{import_id}", language))


@router.post("/desk/imports/{import_id}/rows", dependencies=[_IMPORTS, CHECKED_FORM])
def choose_rows(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    typed: Typed,
    import_id: UUID,
) -> Response:
    """Keep to the ticks of the page's rows."""
    shown, ticked = _numbers(typed, "shown"), set(_numbers(typed, "row"))
    after = "".join(c for c in str(typed.get("after", "")) if c.isdigit())[:9]
    try:
        for chosen in (True, False):
            numbers = [n for n in shown if (n in ticked) is chosen]
            service.choose(session, actor, import_id, numbers, chosen=chosen)
    except InvalidInputError as exc:
        session.rollback()
        return _page(request, session, actor, language, import_id, problem=str(exc))
    show = str(typed.get("show", ""))
    return see_other(
        link(f"/desk/imports/{import_id}", language, show=show, after=after if after else None)
    )


def _numbers(typed: FormData, name: str) -> list[int]:
    return [int(str(n)) for n in typed.getlist(name) if re.fullmatch(r"\d{1,9}", str(n))]


@router.post("/desk/imports/{import_id}/act", dependencies=[_IMPORTS, CHECKED_FORM])
def act(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    language: LanguageDep,
    import_id: UUID,
    what: Text = "",
) -> Response:
    """Load what is chosen, or stop, take on, or give up the import."""
    try:
        if what == "confirm":
            service.confirm(session, actor, import_id, now)
        elif what == "stop":
            service.stop(session, actor, import_id)
        elif what == "resume":
            service.resume(session, actor, import_id, now)
        elif what == "discard":
            service.discard(session, actor, import_id, now)
        else:
            raise InvalidInputError(words.NOT_READY)
    except InvalidInputError as exc:
        session.rollback()
        return _page(request, session, actor, language, import_id, problem=str(exc))
    return see_other(link(f"/desk/imports/{import_id}", language))
