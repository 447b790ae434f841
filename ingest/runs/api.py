"""JSON of imports: begun with a file or a question, looked at, settled, loaded, given up."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from ingest.runs import planning, service, words
from ingest.runs.kinds import PEOPLE_LIST
from ingest.runs.models import ImportRow
from ingest.runs.planning import Answer
from ingest.runs.service import GivenFile, Looked
from ingest.sources.records import Notes
from registry.errors import InvalidInputError
from registry.web.bodies import REQUIRE_JSON, StrictBody
from registry.web.deps import ActorDep, NowDep, SessionDep
from registry.web.gate import needs

router = APIRouter(prefix="/imports", tags=["imports"])

_IMPORTS = needs("expert:import")
_LARGEST = 32 * 1024 * 1024
Row = Annotated[int, Field(ge=1, le=2**31 - 1)]
ShortText = Annotated[str, Field(max_length=200)]


class FileGiven(StrictBody):
    """A file in base64."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    content: Annotated[str, Field(max_length=(_LARGEST + 2) // 3 * 4 + 4)]


class FilesBody(StrictBody):
    """Files of one kind; a list of people also says who made it and how it is called."""

    kind: Annotated[str, Field(max_length=40)]
    files: Annotated[list[FileGiven], Field(min_length=1, max_length=20)]
    title: ShortText = ""
    source: ShortText = ""
    asserted_by: ShortText = ""


class QuestionBody(StrictBody):
    """What a service is asked, by the names that the kind asks for."""

    kind: Annotated[str, Field(max_length=40)]
    question: Annotated[
        dict[str, Annotated[list[ShortText], Field(max_length=10_000)]],
        Field(max_length=10, default_factory=dict),
    ]
    people: Annotated[list[UUID], Field(max_length=10_000)] | None = None
    limit_dollars: Annotated[float, Field(ge=0, le=10_000)] | None = None
    title: ShortText = ""


class AnswerBody(StrictBody):
    """What one column holds, and whether it reads right when it is decoded."""

    sheet: ShortText
    column: Annotated[int, Field(ge=0, le=10_000)]
    holds: ShortText | None = None
    confirmed: bool | None = None


class PlanBody(StrictBody):
    """Answers about columns, and the sheets that are read."""

    answers: Annotated[list[AnswerBody], Field(max_length=2_000, default_factory=list)]
    sheets: Annotated[list[ShortText], Field(max_length=200)] | None = None


class ChoiceBody(StrictBody):
    """Rows that are loaded, or left out."""

    rows: Annotated[list[Row], Field(max_length=10_000)]
    chosen: bool


class ConfirmBody(StrictBody):
    """Outcomes whose rows are all loaded; without, the rows that are chosen."""

    outcomes: Annotated[list[ShortText], Field(max_length=10)] | None = None


class ImportPublic(BaseModel):
    """An import; `counts` are rows by outcome."""

    id: UUID
    kind: str
    source: str
    title: str
    asserted_by: str | None
    state: str
    problem: str | None
    not_before: datetime | None
    counts: dict[str, int]
    notes: list[str]
    plan: dict[str, Any] | None = Field(description="Of a list whose columns are to be settled.")
    change_id: UUID | None
    is_taken_back: bool
    created_at: datetime

    @classmethod
    def of(cls, looked: Looked) -> "ImportPublic":
        """The answer for an import."""
        run = looked.run
        return cls(
            id=run.id,
            kind=run.kind,
            source=run.source,
            title=run.title,
            asserted_by=run.asserted_by,
            state=run.state,
            problem=run.problem,
            not_before=run.not_before,
            counts=dict(looked.counts),
            notes=Notes.load(run.notes).lines(),
            plan=run.settings.get("plan") if run.state == "asking" else None,
            change_id=run.change_id,
            is_taken_back=looked.is_taken_back,
            created_at=run.created_at,
        )


class RowPublic(BaseModel):
    """One person of an import, and what would become of him."""

    number: int
    place: str
    outcome: str | None
    is_chosen: bool
    is_loaded: bool
    expert_id: UUID | None
    problems: list[str]
    changes: list[dict[str, Any]]
    matches: list[dict[str, Any]]

    @classmethod
    def of(cls, row: ImportRow, content: Mapping[str, Any]) -> "RowPublic":
        """The answer for a row."""
        return cls(
            number=row.number,
            place=row.place,
            outcome=row.outcome,
            is_chosen=row.is_chosen,
            is_loaded=row.loaded_at is not None,
            expert_id=row.expert_id,
            problems=list(content.get("problems", ())),
            changes=list(content.get("changes", ())),
            matches=list(row.matches),
        )


@router.get("", dependencies=[_IMPORTS])
def list_imports(
    session: SessionDep, actor: ActorDep, before: UUID | None = None
) -> list[ImportPublic]:
    """Imports, newest first, 50 at a time; `before` is the id of the last one of a page."""
    return [ImportPublic.of(each) for each in service.list_runs(session, actor, before)]


@router.post("/files", dependencies=[_IMPORTS, REQUIRE_JSON], status_code=201)
def begin_files(session: SessionDep, actor: ActorDep, now: NowDep, body: FilesBody) -> ImportPublic:
    """Begin an import of files; it is read and compared at once, and loaded when confirmed."""
    files = [GivenFile(file.name, _content(file)) for file in body.files]
    if body.kind == PEOPLE_LIST:
        run = planning.begin_list(
            session, actor, files[0], body.source, body.asserted_by, now, body.title
        )
    else:
        run = service.begin_files(session, actor, body.kind, files, now, title=body.title)
    return ImportPublic.of(service.get(session, actor, run.id))


def _content(file: FileGiven) -> bytes:
    try:
        return base64.b64decode(file.content, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise InvalidInputError(f"the content of {file.name} is not base64") from exc


@router.post("/questions", dependencies=[_IMPORTS, REQUIRE_JSON], status_code=201)
def begin_question(
    session: SessionDep, actor: ActorDep, now: NowDep, body: QuestionBody
) -> ImportPublic:
    """Begin to ask a service; its answer is compared, and loaded when confirmed."""
    if body.kind == "openalex_snapshot":
        raise InvalidInputError(words.KIND_UNKNOWN)
    more = {"limit_dollars": body.limit_dollars} if body.limit_dollars is not None else {}
    run = service.begin_question(
        session,
        actor,
        body.kind,
        body.question,
        now,
        people=body.people,
        title=body.title,
        more=more,
    )
    return ImportPublic.of(service.get(session, actor, run.id))


@router.get("/{import_id}", dependencies=[_IMPORTS])
def get_import(session: SessionDep, actor: ActorDep, import_id: UUID) -> ImportPublic:
    """One import."""
    return ImportPublic.of(service.get(session, actor, import_id))


@router.get("/{import_id}/rows", dependencies=[_IMPORTS])
def list_rows(
    session: SessionDep,
    actor: ActorDep,
    import_id: UUID,
    outcome: Annotated[str | None, Query(max_length=40)] = None,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
) -> list[RowPublic]:
    """Rows in order, 50 at a time; `after` is the number of the last one of a page."""
    rows = service.rows_of(session, actor, import_id, outcome=outcome, after=after)
    return [RowPublic.of(row, content) for row, content in rows]


@router.post("/{import_id}/plan", dependencies=[_IMPORTS, REQUIRE_JSON])
def settle_plan(
    session: SessionDep, actor: ActorDep, now: NowDep, import_id: UUID, body: PlanBody
) -> ImportPublic:
    """Say what columns hold; when nothing is left to ask, the list is read."""
    answers: Sequence[Answer] = [
        Answer(
            each.sheet,
            each.column,
            planning.read_holds(each.holds) if each.holds is not None else None,
            each.confirmed,
        )
        for each in body.answers
    ]
    planning.settle_plan(session, actor, import_id, answers, now, sheets=body.sheets)
    return ImportPublic.of(service.get(session, actor, import_id))


@router.post("/{import_id}/choice", dependencies=[_IMPORTS, REQUIRE_JSON])
def choose(session: SessionDep, actor: ActorDep, import_id: UUID, body: ChoiceBody) -> ImportPublic:
    """Choose rows, or leave them out."""
    service.choose(session, actor, import_id, body.rows, chosen=body.chosen)
    return ImportPublic.of(service.get(session, actor, import_id))


@router.post("/{import_id}/confirmation", dependencies=[_IMPORTS, REQUIRE_JSON])
def confirm(
    session: SessionDep, actor: ActorDep, now: NowDep, import_id: UUID, body: ConfirmBody
) -> ImportPublic:
    """Have the chosen rows loaded."""
    service.confirm(session, actor, import_id, now, body.outcomes)
    return ImportPublic.of(service.get(session, actor, import_id))


@router.post("/{import_id}/stopping", dependencies=[_IMPORTS, REQUIRE_JSON])
def stop(session: SessionDep, actor: ActorDep, import_id: UUID) -> ImportPublic:
    """Have it stop after the step under way."""
    service.stop(session, actor, import_id)
    return ImportPublic.of(service.get(session, actor, import_id))


@router.post("/{import_id}/resumption", dependencies=[_IMPORTS, REQUIRE_JSON])
def resume(session: SessionDep, actor: ActorDep, now: NowDep, import_id: UUID) -> ImportPublic:
    """Let it go on that was stopped, failed or waits."""
    service.resume(session, actor, import_id, now)
    return ImportPublic.of(service.get(session, actor, import_id))


@router.post("/{import_id}/discarding", dependencies=[_IMPORTS, REQUIRE_JSON])
def discard(session: SessionDep, actor: ActorDep, now: NowDep, import_id: UUID) -> ImportPublic:
    """Give it up; what it holds of people is deleted."""
    service.discard(session, actor, import_id, now)
    return ImportPublic.of(service.get(session, actor, import_id))
