"""What others changed meanwhile, in words of a page, for things that keep no history."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from registry.rights.deadlines import VIETNAM
from registry.web.language import Language
from registry.web.pages import label, partial_date

# Whose codes have words, and where.
_WORDS: Final = {"life": "life_state", "is_active": "flag"}
_FLAGS: Final = {"True": "yes", "False": "no"}


def tell_changes(
    changes: Iterable[Mapping[str, Any]], language: Language
) -> list[tuple[str, str | None]]:
    """The name of each field that differs, and what it is now; None: nothing.

    Args:
        changes: Of a `ChangedMeanwhileError` of `field_versions.check_version`.
    """
    return [
        (label("changed_field", each["path"], language), _words(each, language)) for each in changes
    ]


def _words(change: Mapping[str, Any], language: Language) -> str | None:
    name, after = change["path"], change["after"]
    if after is None:
        return None
    if name in _WORDS:
        return label(_WORDS[name], _FLAGS.get(after, after), language)
    if name.endswith(("_at", "_since")):
        local = datetime.fromisoformat(after).astimezone(VIETNAM)
        return f"{partial_date(local.date().isoformat(), language)} {local:%H:%M}"
    return str(after)
