"""Entries of education: the degree, its field, where and when. Pure."""

import re
from dataclasses import dataclass
from typing import Any, Final, Literal

from ingest.own.items import Reading
from ingest.own.periods import find_period, folded, years_in
from ingest.own.places import Entry, is_school, pieces_of
from ingest.own.tongues import find_country
from ingest.own.wording import SHORT, fitted, local
from registry.text import clean

__all__ = ["add_degree", "degree_level"]

Level = Literal["doctor", "master", "bachelor"]

_POSTDOC: Final = re.compile(r"\b(?:sau tien si|sau tien sy|post-?\s?doc\w*|honorary|danh du)\b")
_STUDENT: Final = re.compile(r"\b(?:nghien cuu sinh|ncs|candidate|student|hoc vien cao hoc)\b")
_LEVELS: Final[tuple[tuple[Level, re.Pattern[str]], ...]] = (
    (
        "doctor",
        re.compile(
            r"\b(?:tien si(?: khoa hoc)?|tien sy(?: khoa hoc)?|tskh|ts|pho tien si|ph\.?\s?d|"
            r"d\.?phil|doctor(?:ate|al)?(?: of (?:philosophy|science|engineering|medicine))?|"
            r"dr\.?\s?(?:rer|ing)|sc\.?d|doktor|docteur|doctorat)(?!\w)\.?"
        ),
    ),
    (
        "master",
        re.compile(
            r"\b(?:thac si|thac sy|th\.?s|cao hoc|m\.?\s?sc|m\.?\s?eng|m\.?\s?phil|mba|mph|m\.a|"
            r"master(?:'?s|’s)?(?: (?:degree|of (?:science|engineering|arts|philosophy|"
            r"business administration|public health|technology)))?|magister|diplom)(?!\w)\.?"
        ),
    ),
    (
        "bachelor",
        re.compile(
            r"\b(?:cu nhan|ky su|ki su|kien truc su|b\.?\s?sc|b\.?\s?eng|b\.a|"
            r"bachelor(?:'?s|’s)?(?: (?:degree|of (?:science|engineering|arts|technology|"
            r"commerce|business administration)))?|undergraduate|licence)(?!\w)\.?"
        ),
    ),
)
_LABEL: Final = re.compile(
    r"^(?:chuyen nganh|nganh hoc|nganh|linh vuc|chuyen mon|major|field|specialty|speciali[sz]ation|"
    r"in|of|degree in|ve)\b\s*:?\s*"
)
_SCHOOL_LABEL: Final = re.compile(
    r"^(?:noi dao tao|co so dao tao|truong|institution|university|school|tai|at)\s*:\s*"
)
_JUNK: Final = " ,;:.–—-|()/"


@dataclass
class _Found:
    level: Level | None = None
    field: str | None = None
    school: str | None = None
    country: str | None = None
    guesses: int = 0
    is_student: bool = False


def degree_level(text: str) -> Level | None:
    """The level that a text names, the highest; None for a postdoc and what names none."""
    words = folded(text)
    if _POSTDOC.search(words):
        return None
    return next((level for level, pattern in _LEVELS if pattern.search(words)), None)


def add_degree(reading: Reading, entry: Entry) -> bool:
    """Add the degree of an entry to the draft.

    Returns:
        False: it names no degree.
    """
    text = entry.text
    period = find_period(text)
    rest = period.without(text) if period else text
    found = _Found()
    pieces = pieces_of(rest, entry.cells and _without_period(entry.cells))
    pieces = [piece for piece in pieces if re.search(r"[^\W\d_]", piece)]
    at = next((i for i, piece in enumerate(pieces) if degree_level(piece)), None)
    if at is None:
        return False
    _take(found, pieces[at])
    for i, piece in enumerate(pieces):
        if i != at:
            # Of a row any cell may be the field; in a line, what stands beside the degree.
            _take(found, piece, may_be_field=bool(entry.cells) or abs(i - at) == 1)
    value: dict[str, Any] = {"level": found.level}
    if field := fitted(reading, found.field, SHORT, entry.where):
        value["field"] = local(field)
    if school := fitted(reading, found.school, SHORT, entry.where):
        value["institution"] = school
    if found.country:
        value["country_code"] = found.country
    # A word that found no place may change what the others mean.
    is_plain = not (found.guesses or found.is_student or entry.is_joined or years_in(rest))
    sure = bool(school and period and is_plain)
    return reading.add(
        "degree",
        value,
        entry.where,
        text,
        sure=sure,
        started_on=period.start if period else None,
        ended_on=period.end if period else None,
    )


def _without_period(cells: tuple[str, ...]) -> tuple[str, ...]:
    kept = []
    for cell in cells:
        period = find_period(cell)
        kept.append(period.without(cell) if period else cell)
    return tuple(kept)


def _take(found: _Found, piece: str, *, may_be_field: bool = True) -> None:
    """Give a piece its place: degree with its field, school, country, or none."""
    words = folded(piece)
    if _STUDENT.search(words):
        found.is_student = True
    level = degree_level(piece) if not _POSTDOC.search(words) else None
    if level and found.level is None:
        match = next(p for name, p in _LEVELS if name == level).search(words)
        assert match is not None
        found.level = level
        before = clean(piece[: match.start()]).strip(_JUNK)
        after = clean(piece[match.end() :]).strip(_JUNK)
        for part in filter(None, (before, after)):
            _take_rest(found, part, may_be_field=True)
    elif level:
        # Two degrees in one entry: which school is whose is a guess.
        found.guesses += 1
    else:
        _take_rest(found, piece, may_be_field=may_be_field)
        found.guesses += not _is_told(piece)


def _is_told(piece: str) -> bool:
    """Whether a piece says itself what it is."""
    words = folded(piece)
    labels = _LABEL.match(words) or _SCHOOL_LABEL.match(words)
    return bool(labels) or is_school(piece) or find_country(piece) is not None


def _take_rest(found: _Found, piece: str, *, may_be_field: bool) -> None:
    words = folded(piece)
    label, school_label = _LABEL.match(words), _SCHOOL_LABEL.match(words)
    if school_label and found.school is None:
        found.school = clean(piece[school_label.end() :]).strip(_JUNK)
    elif label and found.field is None and not is_school(piece[label.end() :]):
        found.field = clean(piece[label.end() :]).strip(_JUNK) or None
    elif is_school(piece):
        if found.school is None:
            found.school = piece
        else:
            # A faculty of a university, or two schools.
            found.school = f"{found.school}, {piece}"
    elif (country := find_country(piece)) and found.country is None:
        found.country = country
    elif found.field is None and may_be_field:
        found.field = piece
    else:
        found.guesses += 1
