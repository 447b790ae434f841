"""Pages on which somebody brings a file for a profile that he keeps, and chooses what is right."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from ingest.own.drafting import OpenDraft, SeenItem, accept_draft, open_draft, read_file
from ingest.own.reading import MAX_BYTES
from registry.access.browsers import say, see_other
from registry.errors import (
    ChangedMeanwhileError,
    ImportRefusedError,
    InvalidInputError,
    NotPermittedError,
)
from registry.experts import file_words as words
from registry.experts.doors import OWN_DOOR, Door
from registry.experts.kept_service import get_kept
from registry.experts.kept_views import NOTHING, Refusal
from registry.experts.pages import LocalWords, Wordings
from registry.experts.told import tell_errors
from registry.rights.deadlines import VIETNAM
from registry.web.deps import ActorDep, LanguageDep, NowDep, SessionDep
from registry.web.errors import kind_of
from registry.web.forms import CHECKED_FORM
from registry.web.gate import needs
from registry.web.labels import LABELS
from registry.web.language import LANGUAGES, Language
from registry.web.pages import label, render

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

_KEEPS: Final = needs("profile:own", "profile:delegated")
_EDITS: Final = needs("statement:edit_own")
_PLACE: Final = re.compile(r"([a-z]+)( \d+)?")


async def _get_typed(request: Request) -> FormData:
    return await request.form()


Typed = Annotated[FormData, Depends(_get_typed)]


class ItemInWords(NamedTuple):
    """An item of a draft as the page shows it."""

    seen: SeenItem
    title: LocalWords
    body: LocalWords | None
    details: list[str]
    where: str
    is_ticked: bool


@router.get("/me/file", dependencies=[_KEEPS])
def file_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    door: Door = OWN_DOOR,
) -> HTMLResponse:
    """The form by which a file is sent."""
    return _file_page(request, session, actor, language, door)


@router.post("/me/file", dependencies=[_EDITS, CHECKED_FORM])
def send_file(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    language: LanguageDep,
    typed: Typed,
    door: Door = OWN_DOOR,
) -> Response:
    """The draft of the file that was sent; nothing of it is stored."""
    file = typed.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        problems = [say(words.NO_FILE, language)]
        return _file_page(request, session, actor, language, door, problems)
    # One byte more than is read tells that it is too long.
    content = file.file.read(MAX_BYTES + 1)
    try:
        opened = read_file(session, actor, door.expert_id, file.filename, content, now)
    except ImportRefusedError as exc:
        problems = [_reason(each, language) for each in exc.problems]
        return _file_page(request, session, actor, language, door, problems)
    except InvalidInputError as exc:
        problems = [say(str(exc), language)]
        return _file_page(request, session, actor, language, door, problems)
    ticked = {each.number for each in opened.items if each.is_suggested}
    return _draft_page(request, session, language, door, opened, ticked)


@router.post("/me/file/items", dependencies=[_EDITS, CHECKED_FORM])
def choose_items(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    language: LanguageDep,
    typed: Typed,
    door: Door = OWN_DOOR,
) -> Response:
    """Add what was ticked as one change; or show the draft again, in the other language."""
    chosen = {int(str(n)) for n in typed.getlist("item") if re.fullmatch(r"\d{1,4}", str(n))}
    sealed, version = str(typed.get("draft", "")), str(typed.get("version", ""))
    try:
        opened = open_draft(session, actor, door.expert_id, sealed, now)
    except InvalidInputError as exc:
        problems = [say(str(exc), language)]
        return _file_page(request, session, actor, language, door, problems)
    if "again" in typed:
        return _draft_page(request, session, language, door, opened, chosen)
    try:
        accept_draft(session, actor, opened, chosen, seen={version}, now=now)
    except (ChangedMeanwhileError, InvalidInputError, NotPermittedError) as exc:
        session.rollback()
        refusal = Refusal([say(str(exc), language)], getattr(exc, "changes", ()))
        # As the profile is now: sent once more, it is based on what is shown.
        opened = open_draft(session, actor, door.expert_id, sealed, now)
        status = kind_of(exc).status
        return _draft_page(request, session, language, door, opened, chosen, refusal, status)
    return see_other(door.link(language, done="added_chosen"))


def _file_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: Language,
    door: Door,
    problems: Sequence[str] = (),
) -> HTMLResponse:
    profile = get_kept(session, actor, door.expert_id)
    context = {**_shared(door, language, profile.summary.display_name), "problems": problems}
    return render(request, "own_file.html", context, 422 if problems else 200)


def _draft_page(
    request: Request,
    session: SessionDep,
    language: Language,
    door: Door,
    opened: OpenDraft,
    ticked: Collection[int],
    refusal: Refusal = NOTHING,
    status: int = 200,
) -> HTMLResponse:
    wordings = Wordings(session, language)
    groups: dict[str, list[ItemInWords]] = {kind: [] for kind in LABELS["property"]}
    for seen in opened.items:
        value = seen.item.value.value.model_dump(mode="json", exclude_none=True)
        title, body, details = wordings.words_of(seen.item.property, value)
        where = _place(seen.item.where, language)
        is_ticked = seen.number in ticked
        shown = ItemInWords(seen, title, body, details, where, is_ticked)
        groups[seen.item.property].append(shown)
    context = {
        **_shared(door, language, opened.profile.summary.display_name),
        "opened": opened,
        "until": opened.until.astimezone(VIETNAM),
        "groups": [(kind, found) for kind, found in groups.items() if found],
        "notes": [(n, _place(n.where, language)) for n in opened.notes],
        "unread": [(u.text, _place(u.where, language)) for u in opened.unread],
        "refusal": refusal,
        "told": tell_errors(wordings, refusal.changes),
        # By its address alone the page cannot be shown again: a button does it.
        "other_languages": {},
        "others": [other for other in LANGUAGES if other != language],
        "other_door": {o: door.link(o, "/file/items") for o in LANGUAGES},
    }
    return render(request, "own_draft.html", context, status)


def _shared(door: Door, language: Language, name: str) -> Mapping[str, Any]:
    def at(path: str = "", **parameters: Any) -> str:
        return door.link(language, path, **parameters)

    return {"door": door, "at": at, "name": name, "kinds": list(LABELS["file_kind"])}


def _reason(problem: Any, language: Language) -> str:
    """Why a file was refused: where, what was found, what to send instead."""
    where = say(problem.where, language)
    if where == problem.where:
        where = _place(where, language)
    found, expected = say(problem.found, language), say(problem.expected, language)
    told = say(words.REFUSED, language)
    return told % {"where": where, "found": found, "expected": expected}


def _place(where: str, language: Language) -> str:
    """A place in words of the language: "trang 2, dòng 5"."""
    parts = []
    for part in where.split(", "):
        match = _PLACE.fullmatch(part)
        is_word = match is not None and match[1] in LABELS["place"]
        parts.append(
            f"{label('place', match[1], language)}{match[2] or ''}" if match and is_word else part
        )
    return ", ".join(parts)
