"""Pages of a profile that is kept: the person's own, his delegate's, and the steward's."""

from collections.abc import Callable
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData
from starlette.responses import Response

from registry.access.browsers import see_other
from registry.experts import kept_views as views
from registry.experts import standing
from registry.experts.doors import DESK_DOOR, OWN_DOOR, Door, Of, own_door
from registry.experts.kept_acts import ACTS, CHECKS, Sent, add, attempt
from registry.experts.kept_service import get_kept
from registry.ids import new_id
from registry.web.deps import ActorDep, LanguageDep, NowDep, SessionDep
from registry.web.forms import CHECKED_FORM
from registry.web.gate import needs
from registry.web.pages import render

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

_KEEPS: Final = needs("profile:own", "profile:delegated")
_EDITS: Final = needs("statement:edit")


async def get_typed(request: Request) -> FormData:
    """The fields of a form, whichever it has: they follow from the property."""
    return await request.form()


Typed = Annotated[FormData, Depends(get_typed)]


@router.get("/me", dependencies=[_KEEPS])
def own_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    now: NowDep,
    language: LanguageDep,
    of: Of = None,
    done: str = "",
) -> HTMLResponse:
    """The reader's own profile; for a delegate the one that he keeps, or those to choose from."""
    kept = sorted(actor.delegations)
    charges = [(key, get_kept(session, actor, key).summary.display_name) for key in kept]
    if of is None and actor.expert_id is None and len(kept) != 1:
        return render(request, "charges.html", {"charges": charges})
    door = own_door(actor, of)
    context = views.profile_context(session, actor, language, door, done)
    is_own = door.expert_id == actor.expert_id
    context["standing"] = standing.get_own(session, actor, now) if is_own else None
    context["charges"] = [charge for charge in charges if charge[0] != door.expert_id]
    return render(request, "kept.html", context)


@router.get("/desk/experts/{expert_id}", dependencies=[_EDITS])
def desk_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    door: Door = DESK_DOOR,
    done: str = "",
) -> HTMLResponse:
    """Any profile, in whatever state, for a steward."""
    context = views.profile_context(session, actor, language, door, done)
    return render(request, "kept.html", {**context, "standing": None, "charges": []})


def _add_forms(base: str, through: Any, reads: Any, writes: Any) -> None:
    """The pages of items below one of the two doors."""

    @router.get(f"{base}/add", dependencies=[reads])
    def add_page(
        request: Request,
        session: SessionDep,
        actor: ActorDep,
        language: LanguageDep,
        property: str = "",
        door: Door = through,
    ) -> HTMLResponse:
        """What can be added, or the form of one kind of item."""
        context = views.add_context(session, actor, language, door, property, {})
        return render(request, "item_add.html", context)

    @router.post(f"{base}/add", dependencies=[writes, CHECKED_FORM])
    def add_item(
        request: Request,
        session: SessionDep,
        actor: ActorDep,
        now: NowDep,
        language: LanguageDep,
        typed: Typed,
        property: str = "",
        door: Door = through,
    ) -> Response:
        """Add what was typed."""
        sent = Sent(session, actor, door, typed, now, new_id())
        done, refusal, status = attempt(sent, language, lambda: add(sent, property))
        if done:
            return see_other(door.link(language, done=done))
        context = views.add_context(session, actor, language, door, property, sent.texts, refusal)
        return render(request, "item_add.html", context, status)

    @router.get(f"{base}/items/{{statement_id}}", dependencies=[reads])
    def item_page(
        request: Request,
        session: SessionDep,
        actor: ActorDep,
        language: LanguageDep,
        statement_id: UUID,
        door: Door = through,
    ) -> HTMLResponse:
        """One item, with every form by which something can be done with it."""
        context = views.item_context(session, actor, language, door, statement_id)
        return render(request, "item.html", context)

    for name, act in ACTS.items():
        _add_act(f"{base}/items/{{statement_id}}/{name}", act, through, writes)


def _add_act(path: str, act: Callable[[Sent], str], through: Any, rule: Any) -> None:
    """The address that one of the forms of an item is sent to."""

    @router.post(path, dependencies=[rule, CHECKED_FORM])
    def do(
        request: Request,
        session: SessionDep,
        actor: ActorDep,
        now: NowDep,
        language: LanguageDep,
        typed: Typed,
        statement_id: UUID,
        door: Door = through,
    ) -> Response:
        sent = Sent(session, actor, door, typed, now, statement_id)
        done, refusal, status = attempt(sent, language, lambda: act(sent))
        if done:
            return see_other(door.link(language, done=done))
        texts = sent.texts
        context = views.item_context(session, actor, language, door, statement_id, texts, refusal)
        return render(request, "item.html", context, status)


_add_forms("/me", OWN_DOOR, _KEEPS, needs("statement:edit_own"))
_add_forms("/desk/experts/{expert_id}", DESK_DOOR, _EDITS, _EDITS)
for _name, _act in CHECKS.items():
    _path = f"/desk/experts/{{expert_id}}/items/{{statement_id}}/{_name}"
    _add_act(_path, _act, DESK_DOOR, needs("statement:verify"))
