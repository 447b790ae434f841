"""Headings of people lists in Vietnamese or English, with or without marks. Pure."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from ingest.heading_words import AMBIGUOUS, SYNONYMS, Column
from registry.text import clean, fold

__all__ = [
    "LIST_COLUMNS",
    "Column",
    "candidates",
    "folded_heading",
    "known_headings",
    "recognise",
]

# Columns that may occur several times: their cells are lists or add up.
LIST_COLUMNS: Final = frozenset(
    {Column.FIELD, Column.SPECIALITY, Column.LANGUAGE, Column.WORK, Column.PATENT}
    | {Column.PROJECT, Column.AWARD, Column.NUMBER, Column.BIRTH, Column.BIRTH_OF_MAN}
    | {Column.BIRTH_OF_WOMAN, Column.EMAIL, Column.PHONE, Column.CONTACT, Column.PRIVATE}
)

_BY_WORDS: Final[dict[str, tuple[Column, ...]]] = {
    **{words: (column,) for column, text in SYNONYMS.items() for words in text.split("|") if words},
    **AMBIGUOUS,
    **{
        " ".join(re.findall(r"\w+", fold(column.value))): (column,)
        for column in Column
        if column not in {Column.BIRTH_OF_MAN, Column.BIRTH_OF_WOMAN}
    },
}
# Folded, "năm" (year) and "nam" (man) are the same: what the marks say comes first.
_MARKED: Final = {
    **dict.fromkeys(("năm sinh nam", "ngày sinh nam", "ntns nam"), Column.BIRTH_OF_MAN),
    "ngày tháng năm sinh nam": Column.BIRTH_OF_MAN,
    **dict.fromkeys(("năm sinh nữ", "ngày sinh nữ", "ntns nữ"), Column.BIRTH_OF_WOMAN),
    "ngày tháng năm sinh nữ": Column.BIRTH_OF_WOMAN,
}
# Below a group, these say of what; alone they would say something else.
_PARTS: Final = frozenset(
    {"ten", "ma", "dia chi", "nam", "ngay", "thang", "nu", "no", "so", "khac"}
)
_BRACKETS: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_NO_WORD: Final = re.compile(r"[^\w]+|_+")
_ORDINAL: Final = re.compile(r"[0-9]+")


def _words(text: str) -> str:
    """The folded words of a heading, without a number at its end or before it."""
    words = _NO_WORD.sub(" ", fold(clean(text))).split()
    while len(words) > 1 and _ORDINAL.fullmatch(words[-1]):
        words.pop()
    while len(words) > 1 and _ORDINAL.fullmatch(words[0]):
        words.pop(0)
    return " ".join(words)


def _marked_words(text: str) -> str:
    return " ".join(_NO_WORD.sub(" ", unicodedata.normalize("NFC", clean(text)).lower()).split())


def folded_heading(heading: str) -> str:
    """A heading as a saved mapping knows it: folded, without what is not a letter or digit."""
    return " ".join(_NO_WORD.sub(" ", fold(clean(heading))).split())


@lru_cache(maxsize=4096)
def candidates(heading: str, group: str = "") -> tuple[Column, ...]:
    """What a column under this heading may hold, the likeliest first; several ask for a person.

    Words in brackets are set aside ("Ngày sinh (dd/mm/yyyy)"). A heading in two languages is known
    when its known parts agree ("Họ và tên / Full name").

    Args:
        group: The heading above it that it shares with others.
    """
    if group and folded_heading(group) != folded_heading(heading):
        return _below(heading, group)
    if marked := _MARKED.get(_marked_words(heading)):
        return (marked,)
    whole = _BY_WORDS.get(_words(heading)) or _BY_WORDS.get(_words(_BRACKETS.sub(" ", heading)))
    if whole:
        return whole
    parts = [_BY_WORDS.get(_words(part)) for part in re.split(r"[/|\n()–]|\s-\s", heading)]
    found = list(dict.fromkeys(column for part in parts if part for column in part))
    if set(found) <= {Column.EMAIL, Column.PHONE, Column.CONTACT} and len(found) > 1:
        return (Column.CONTACT,)
    if set(found) == {Column.RANK, Column.DEGREE}:
        return (Column.TITLES,)
    return tuple(found)


def _below(heading: str, group: str) -> tuple[Column, ...]:
    """What a heading says together with the one above it."""
    if marked := _MARKED.get(f"{_marked_words(group)} {_marked_words(heading)}"):
        return (marked,)
    above, own = _words(group), _words(heading)
    for together in (f"{above} {own}", f"{own} {above}"):
        if found := _BY_WORDS.get(together):
            return found
    alone = candidates(heading)
    if own not in _PARTS:
        return alone
    wide = candidates(group)
    if wide == (Column.NAME,) and own == "ten":
        return (Column.GIVEN,)
    return wide if own in {"ten", "nam"} and wide != (Column.PRIVATE,) else ()


def recognise(heading: str) -> Column | None:
    """Which one column a heading names; None when it names none, or may name several."""
    found = candidates(heading)
    return found[0] if len(found) == 1 else None


def known_headings() -> str:
    """The usual headings, for a message."""
    return ", ".join(column.value for column in Column)
