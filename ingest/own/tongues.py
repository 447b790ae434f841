"""Languages and how well they are spoken, and countries, by their names. Pure."""

import re
from typing import Final

from ingest.own.items import Left, Reading
from ingest.sources.people_cells import CellError, country_code, languages
from ingest.sources.records import Notes
from registry.text import clean, fold

__all__ = ["find_country", "read_language"]

_LEVELS: Final = (
    ("native", r"ban ngu|me de|native|mother tongue|bilingual"),
    ("basic", r"co ban|basic|a1|a2|so cap|elementary|beginner|limited|so dang"),
    (
        "fluent",
        r"thanh thao|luu loat|fluent\w*|full professional|c1|c2|rat tot|proficient"
        r"|proficiency|advanced|xuat sac|excellent|very good",
    ),
    (
        "working",
        r"kha|tot|working|good|b1|b2|giao tiep|professional|intermediate"
        r"|conversational|trung cap|trung binh",
    ),
)
_LEVEL: Final = [(level, re.compile(rf"\b(?:{words})\b")) for level, words in _LEVELS]
_LANGUAGE_WORD: Final = re.compile(r"^(?:ngon ngu|ngoai ngu|language)\s*:?\s*")


def read_language(reading: Reading, name: str, level: str, where: str, words: str) -> bool:
    """Add a language to the draft; a level of unknown words is noted and left out.

    Returns:
        False: the name is of no language that is known.
    """
    try:
        (found, *others) = languages(_LANGUAGE_WORD.sub("", fold(clean(name))), Notes())
    except (CellError, ValueError):
        return False
    if others or found.level is not None:
        return False
    said = fold(clean(level))
    known = next((code for code, pattern in _LEVEL if pattern.search(said)), None)
    if said and known is None:
        reading.note(Left.LEVEL, where)
    value = {"code": found.code, **({"level": known} if known else {})}
    return reading.add("language", value, where, words, sure=bool(known) or not said)


def find_country(text: str) -> str | None:
    """The code of a country's name; a code alone is too short to mean one."""
    words = clean(text).strip(" .()")
    if len(words) < 3 and fold(words) not in {"uc", "my", "uk"}:
        return None
    try:
        return country_code(words)
    except CellError:
        return None
