"""Texts of a file as they fit into statements. Pure."""

import html
import re
from typing import Any, Final

from ingest.own.items import Left, Reading
from registry.dates import check_partial_date
from registry.ids import parse_doi
from registry.text import clean, language_of

__all__ = ["DOI", "EMAIL", "find_doi", "fitted", "local", "partial_date", "plain", "web_address"]

SHORT: Final = 500
LONG: Final = 20_000

EMAIL: Final = re.compile(r"[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,8}[a-zA-Z]{2,24}\b")
DOI: Final = re.compile(
    r"(?:https?://(?:dx\.)?doi\.org/|\bdoi:?\s*)?\b10\.[0-9]{4,9}/[^\s;,\"<>]{1,300}",
    re.IGNORECASE,
)
_DOI_WORD: Final = re.compile(r"^doi:?\s*", re.IGNORECASE)
_TAG: Final = re.compile(r"</?[a-zA-Z][\w:.-]{0,40}(?:\s[^<>]{0,500})?/?>")
_WEB: Final = re.compile(r"https?://[^\s\"'<>]{1,1990}", re.IGNORECASE)
_DATE: Final = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?:[T ].*|/*)?")


def plain(text: str) -> str:
    """A text without markup, control characters and e-mail addresses."""
    text = html.unescape(text) if "&" in text else text
    text = _TAG.sub(" ", text) if "<" in text else text
    return clean(EMAIL.sub(" ", text) if "@" in text else text)


def fitted(reading: Reading, text: str | None, limit: int, where: str) -> str | None:
    """A plain text cut to what a statement holds, which is noted; None when nothing is left."""
    found = plain(text or "")
    if len(found) > limit:
        reading.note(Left.CUT, where)
        found = clean(found[:limit])
    return found or None


def local(text: str) -> dict[str, Any]:
    """A plain text under its language; other languages than Vietnamese are kept under English."""
    return {"vi" if language_of(text) == "vi" else "en": text}


def find_doi(text: str) -> tuple[str | None, str]:
    """The first DOI in a text, and the text without it."""
    match = DOI.search(text)
    if match is None:
        return None, text
    found = match[0].rstrip(".)]}'")
    bare = parse_doi(_DOI_WORD.sub("", found))
    return bare, text[: match.start()] + " " + text[match.start() + len(found) :]


def web_address(text: str | None) -> str | None:
    """An address of the web, else None."""
    found = (text or "").strip()
    return found if _WEB.fullmatch(found) and found.isprintable() else None


def partial_date(reading: Reading, text: str, where: str) -> str | None:
    """A date as year, month or day; of an impossible one what is possible, with a note."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        reading.note(Left.DATE, where)
        return None
    parts = [match[1], *(p.zfill(2) for p in match.groups()[1:] if p)]
    for count in range(len(parts), 0, -1):
        try:
            date = check_partial_date("-".join(parts[:count]))
        except ValueError:
            reading.note(Left.DATE, where)
        else:
            return date
    return None
