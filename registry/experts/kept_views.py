"""What the pages of a kept profile show: all items, one with what may be done, a form."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access.bodies import list_bodies
from registry.access.policy import Actor
from registry.errors import NotFoundError
from registry.experts.contacts import opened_of
from registry.experts.doors import Door
from registry.experts.items import Item
from registry.experts.kept_service import KeptProfile, find_current, get_kept
from registry.experts.models import Statement
from registry.experts.pages import Wordings, by_property, judgement_words
from registry.experts.parties import SOURCES
from registry.experts.schemas import Visibility
from registry.experts.told import tell_errors
from registry.experts.value_forms import FormField, fields_of, typed_from
from registry.experts.verifying import METHODS
from registry.web.labels import LABELS
from registry.web.language import Language
from registry.web.pages import label

# Beside the value, what a form asks of every item.
AROUND: Final = ("started_on", "ended_on", "evidence_url")
# Happens once and has no end.
_NO_PERIOD: Final = frozenset(
    {"name", "external_id", "birth_year", "sex", "origin", "contact", "language", "field", "terms"}
)


@dataclass(frozen=True)
class Refusal:
    """Why a form is shown again, with what was typed.

    Args:
        problems: In the language of the page.
        changes: What others changed meanwhile.
    """

    problems: Sequence[str] = ()
    changes: Sequence[Mapping[str, Any]] = ()


NOTHING: Final = Refusal()


def profile_context(
    session: Session, actor: Actor, language: Language, door: Door, done: str = ""
) -> dict[str, Any]:
    """All items of a profile, and what was just done."""
    profile = get_kept(session, actor, door.expert_id)
    wordings = Wordings(session, language)
    return {
        **_shared(door, language, profile),
        "groups": by_property(wordings, [i for i in profile.items if not i.is_rejected]),
        "rejected": by_property(wordings, [i for i in profile.items if i.is_rejected]),
        "done": done if done in LABELS["item_done"] else "",
    }


def item_context(
    session: Session,
    actor: Actor,
    language: Language,
    door: Door,
    statement_id: UUID,
    typed: Mapping[str, str] | None = None,
    refusal: Refusal = NOTHING,
) -> dict[str, Any]:
    """One item, and every form by which something can be done with it.

    Raises:
        NotFoundError: No such statement, or the reader does not see it.
    """
    profile = get_kept(session, actor, door.expert_id)
    current = find_current(session, actor, door.expert_id, statement_id)
    item = profile.item_of(current)
    if item is None:
        raise NotFoundError(f"no statement with the id {statement_id}")
    wordings = Wordings(session, language)
    kind = item.preferred.property
    corrected = _corrected(profile, item)
    value = opened_of(session, corrected or item.preferred)
    stated = {
        **typed_from(kind, value),
        **{name: getattr(corrected or item.preferred, name) or "" for name in AROUND},
    }
    theirs = [s for s in item.statements if s.source != SOURCES["expert"]]
    own = [s for s in item.statements if s.source == SOURCES[profile.party]]
    may_speak = kind != "origin" or profile.party == "expert"
    return {
        **_shared(door, language, profile),
        "kind": kind,
        "view": wordings.describe_item(item),
        "views": [wordings.describe(s) for s in item.statements],
        "corrected": corrected if may_speak else None,
        "judged": theirs[0] if theirs and may_speak else None,
        "removed": own[0] if own and may_speak else None,
        "may_show": profile.party != "delegate" and may_speak,
        "checkable": [s for s in item.statements if s.verification != "checked"],
        "checked": [s for s in item.statements if s.verification == "checked"],
        "methods": METHODS,
        "levels": [
            level.value
            for level in Visibility
            if kind != "contact" or level is not Visibility.PUBLIC
        ],
        "bodies": [body for body in list_bodies(session, actor) if body.is_active],
        **_form(wordings, kind, {**stated, **(typed or {})}),
        "refusal": refusal,
        "told": tell_errors(wordings, refusal.changes),
    }


def add_context(
    session: Session,
    actor: Actor,
    language: Language,
    door: Door,
    property_name: str,
    typed: Mapping[str, str],
    refusal: Refusal = NOTHING,
) -> dict[str, Any]:
    """The form of a new item; without a property, what can be added."""
    profile = get_kept(session, actor, door.expert_id)
    wordings = Wordings(session, language)
    kind = property_name if property_name in profile.sections else ""
    return {
        **_shared(door, language, profile),
        "kind": kind,
        **(_form(wordings, kind, typed) if kind else {}),
        "refusal": refusal,
        "told": tell_errors(wordings, refusal.changes),
    }


def _shared(door: Door, language: Language, profile: KeptProfile) -> dict[str, Any]:
    def at(path: str = "", **parameters: Any) -> str:
        return door.link(language, path, **parameters)

    def in_history(path: str = "", **parameters: Any) -> str:
        return door.link_history(language, path, **parameters)

    paths: dict[str, Callable[..., str]] = {"at": at, "in_history": in_history}
    return {
        **paths,
        "door": door,
        "profile": profile,
        "expert": profile.expert,
        "summary": profile.summary,
        "counts": profile.counts,
        "sections": [name for name in LABELS["property"] if name in profile.sections],
        "judgement_of": judgement_words(profile.judged_by_steward),
        "is_steward": profile.party == "steward",
    }


def _corrected(profile: KeptProfile, item: Item) -> Statement | None:
    """What a correction is made of: one's own word, else the one that is shown."""
    own = [s for s in item.statements if s.source == SOURCES[profile.party]]
    if own:
        return own[0]
    said_himself = any(s.source == SOURCES["expert"] for s in item.statements)
    return None if profile.party == "steward" and said_himself else item.preferred


def _form(wordings: Wordings, kind: str, typed: Mapping[str, str]) -> dict[str, Any]:
    fields = fields_of(kind)
    return {
        "fields": [(field, _options(wordings, kind, field, typed)) for field in fields],
        "around": [name for name in AROUND if name == "evidence_url" or kind not in _NO_PERIOD],
        "typed": typed,
    }


# Which words the codes of a choice have, where they are not called like the field.
_WORDS: Final[Mapping[tuple[str, str], str]] = {
    ("name", "kind"): "name_kind",
    ("external_id", "scheme"): "source",
    ("terms", "kind"): "terms",
    ("contact", "kind"): "contact_kind",
    ("degree", "level"): "degree",
    ("patent", "status"): "patent_status",
}


def _options(
    wordings: Wordings, kind: str, field: FormField, typed: Mapping[str, str]
) -> list[tuple[str, str]]:
    """What can be chosen; what is stated stays possible, also when it is in no list."""
    if field.widget == "flag":
        codes = ["yes", "no"]
        found = [(code, label("flag", code, wordings.language)) for code in codes]
    elif field.widget == "code":
        found = wordings.choices(kind if field.key == "code" else field.key)
    else:
        words = _WORDS.get((kind, field.key), field.key)
        found = [(code, label(words, code, wordings.language)) for code in field.options]
    stated = typed.get(field.name, "")
    if found and stated and stated not in {code for code, _ in found}:
        found = [(stated, stated), *found]
    if found and not field.is_required:
        found = [("", "–"), *found]
    return found
