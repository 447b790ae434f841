"""What changed, in words of a page: which field, from what to what, by whom."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from registry.experts.diff import FieldChange
from registry.experts.pages import Wordings
from registry.rights.deadlines import VIETNAM
from registry.web.labels import LABELS
from registry.web.language import Language
from registry.web.pages import label, partial_date

_DATES: Final = frozenset({"started_on", "ended_on"})
# Which words the codes of a field have, where they are not called like the field.
_WORDS: Final[Mapping[tuple[str, str], str]] = {
    ("", "verification_method"): "check_method",
    ("", "status"): "patent_status",
    ("degree", "level"): "degree",
    ("name", "kind"): "name_kind",
    ("external_id", "scheme"): "source",
    ("terms", "kind"): "terms",
    ("contact", "kind"): "contact_kind",
    ("language", "code"): "language",
}


@dataclass(frozen=True)
class ToldField:
    """One field that differs, as people read it; None: not stated."""

    name: str
    before: str | None
    after: str | None


def when(language: Language) -> Callable[[datetime], str]:
    """Times as the pages of one language show them, in Vietnamese time."""

    def words(at: datetime) -> str:
        local = at.astimezone(VIETNAM)
        return f"{partial_date(local.date().isoformat(), language)} {local:%H:%M}"

    return words


def tell(wordings: Wordings, property_name: str, field: FieldChange) -> ToldField:
    """A changed field in words."""
    key, _, inner = field.path.partition(".")
    name = label("entry", key, wordings.language)
    if inner in {"vi", "en"}:
        name = f"{name} ({label('language', inner, wordings.language)})"
    return ToldField(
        name,
        _words(wordings, property_name, key, field.before),
        _words(wordings, property_name, key, field.after),
    )


def tell_errors(wordings: Wordings, changes: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a refused edit tells of the changes that came before it, in words."""
    found = []
    for change in changes:
        field = None
        if change.get("path"):
            field = tell(
                wordings,
                change["property"],
                FieldChange(change["path"], change["before"], change["after"]),
            )
        found.append({**change, "field": field})
    return found


def _words(wordings: Wordings, property_name: str, key: str, text: str | None) -> str | None:
    if text is None:
        return None
    language = wordings.language
    if key == "country_code":
        return wordings.country(text)
    if key in _DATES:
        return partial_date(text, language)
    if text in {"true", "false"} and key.startswith("is_"):
        return label("flag", "yes" if text == "true" else "no", language)
    kind = _WORDS.get((property_name, key)) or _WORDS.get(("", key)) or key
    return label(kind, text, language) if kind in LABELS else text
