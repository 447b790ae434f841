"""Where somebody may be sent after signing in: into this service, and nowhere else. Pure."""

import unicodedata
from typing import Final
from urllib.parse import unquote

_LONGEST: Final = 2000


def safe_path(text: str | None) -> str | None:
    """The path when it surely stays within this service, else None.

    Browsers read a backslash as a slash, drop tabs and line breaks, and take two slashes for the
    beginning of another host: whatever could be read so is refused, percent-encoded or not.
    """
    if not text or len(text) > _LONGEST:
        return None
    return text if _stays_here(text) and _stays_here(unquote(text)) else None


def _stays_here(text: str) -> bool:
    path = text.partition("?")[0].partition("#")[0]
    if not path.startswith("/") or "//" in path:
        return False
    # Control and format characters, surrogates, and all kinds of space but the plain one.
    unseen = any(unicodedata.category(c)[0] in "CZ" and c != " " for c in text)
    return not unseen and "\\" not in text
