"""A CV as a draft: sections by their headings, entries by their years, bullets and rows. Pure.

A CV is free text. What is plain is sure, what rests on a guess is marked, and what is not
understood stands unread.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from ingest.own.achievements import add_award, add_patent, add_project
from ingest.own.careers import add_job
from ingest.own.citations import add_work, kind_of_works
from ingest.own.documents import Line
from ingest.own.education import add_degree
from ingest.own.entries import dated_entries, listed_entries
from ingest.own.headings import Section, find_heading, is_row_of_titles, is_title_of_cv
from ingest.own.items import Left, Reading
from ingest.own.personal import add_name, labelled, left_out, read_personal
from ingest.own.places import Entry, has_bullet, without_bullet
from ingest.own.tongues import read_language
from ingest.own.wording import LONG, fitted, local
from ingest.sources.people_cells import CellError, field_values
from registry.names.parse import looks_vietnamese, parse_name
from registry.text import clean

__all__ = ["read_cv"]

_PAGE: Final = re.compile(r"(?:(?:trang|page|p\.)\s*)?\d{1,3}(?:\s*(?:/|of|trên)\s*\d{1,3})?", re.I)
_ORCID: Final = re.compile(r"orcid\D{0,30}(\d{4}-\d{4}-\d{4}-\d{3}[\dX])(?!\d)", re.IGNORECASE)
# A name stands at the top, below a title and a motto at most.
_TOP_LINES: Final = 12
_LONGEST_LINE: Final = 5_000
_LEFT: Final = {Section.REFERENCES: Left.REFERENCES, Section.FAMILY: Left.FAMILY}
# "Tiếng Tây Ban Nha"
_LANGUAGE_WORDS: Final = 4
_LANGUAGE_PARTS: Final = re.compile(r"\s*[:(–—]\s*|\s+-\s+|\s{2,}|\s*\|\s*")


def read_cv(reading: Reading, lines: Sequence[Line]) -> None:
    """Read the lines of a CV into the draft."""
    lines = [part for line in lines for part in _parts(line)]
    section, held = Section.PERSONAL, list[Line]()
    name_found = False
    for number, line in enumerate(lines):
        if _PAGE.fullmatch(line.text):
            reading.note(Left.PAGE_NUMBERS, "")
            continue
        if is_title_of_cv(line.text):
            continue
        heading = None if len(line.cells) > 1 else find_heading(line.text, is_title=line.is_title)
        is_top = section is Section.PERSONAL and not name_found and number < _TOP_LINES
        if heading is not None and heading.section is Section.OTHER and is_top and _is_name(line):
            heading = None
        if heading is None:
            if is_top and not name_found and _is_name(line):
                name_found = add_name(reading, line.text, line.where, sure=False)
                continue
            held.append(line)
            continue
        if heading.rest and section is Section.PERSONAL and labelled(line.text)[0].kind:
            held.append(line)
            continue
        _read_section(reading, section, held)
        section, held = heading.section, []
        if section is Section.OTHER:
            reading.leave(line.where, line.text)
        elif heading.rest:
            held.append(Line(line.where, heading.rest, is_whole=line.is_whole))
    _read_section(reading, section, held)


def _parts(line: Line) -> list[Line]:
    """A line without end in parts: what is looked for in it would take for ever."""
    if len(line.text) <= _LONGEST_LINE:
        return [line]
    cuts = range(0, len(line.text), _LONGEST_LINE)
    return [Line(line.where, line.text[at : at + _LONGEST_LINE], is_whole=True) for at in cuts]


def _is_name(line: Line) -> bool:
    """Whether a line at the top is somebody's name, with or without titles."""
    text = without_bullet(line.text)
    if len(line.cells) > 1 or len(text) > 80 or re.search(r"[\d@:|/]", text):
        return False
    parsed = parse_name(text)
    words = parsed.display.split()
    if not 2 <= len(words) <= 6 or not all(word[0].isupper() for word in words):
        return False
    return parsed.family is not None and (looks_vietnamese(parsed.display) or bool(parsed.titles))


def _read_section(reading: Reading, section: Section, lines: list[Line]) -> None:
    if not lines:
        return
    if (left := _LEFT.get(section)) is not None:
        # Other people, who were not asked: not even kept to be looked at.
        reading.note(left, lines[0].where)
        return
    if section is Section.PERSONAL:
        for line in lines:
            read_personal(reading, labelled(line.text, line.cells), line.where)
        return
    kept = [line for line in lines if not _take_private(reading, line)]
    kept = [line for line in kept if not is_row_of_titles(line.cells)]
    match section:
        case Section.SUMMARY:
            _add_passage(reading, kept, sure=True)
        case Section.EDUCATION:
            for entry, details in dated_entries(kept):
                _add_or_leave(reading, entry, add_degree, details)
        case Section.EMPLOYMENT:
            for entry, details in dated_entries(kept):
                if not add_job(reading, entry, details):
                    _leave(reading, entry, details)
        case Section.PUBLICATIONS:
            _add_works(reading, kept)
        case Section.PATENTS:
            for entry in listed_entries(kept):
                _add_or_leave(reading, entry, add_patent)
        case Section.PROJECTS:
            for entry in listed_entries(kept):
                _add_or_leave(reading, entry, add_project)
        case Section.AWARDS:
            for entry in listed_entries(kept):
                _add_or_leave(reading, entry, add_award)
        case Section.LANGUAGES:
            for line in kept:
                _add_languages(reading, line)
        case Section.INTERESTS:
            _add_interests(reading, kept)
        case _:
            for line in kept:
                reading.leave(line.where, line.text)


def _take_private(reading: Reading, line: Line) -> bool:
    """Whether a line of another section is one of what is left out, or an ORCID iD."""
    parts = labelled(line.text, line.cells)
    found = [left_out(reading, part, line.where) for part in parts if part.kind]
    if any(found):
        rest = [p for p in parts if p.kind == ""]
        for part in rest:
            reading.leave(line.where, part.value)
        return True
    if match := _ORCID.search(line.text):
        reading.add_orcid(match[1], line.where, line.text)
        return True
    return False


def _leave(reading: Reading, entry: Entry, details: Sequence[str] = ()) -> None:
    reading.leave(entry.where, entry.text)
    for detail in details:
        reading.leave(entry.where, detail)


def _add_or_leave(
    reading: Reading,
    entry: Entry,
    add: Callable[[Reading, Entry], bool],
    details: Sequence[str] = (),
) -> None:
    added = add(reading, entry)
    if not added and details:
        # The words that tell may stand in the next line.
        joined = Entry(entry.where, ", ".join([entry.text, *details]), is_joined=True)
        if add(reading, joined):
            return
    _leave(reading, entry if not added else Entry(entry.where, ""), details)


def _add_works(reading: Reading, lines: list[Line]) -> None:
    kind: str | None = None
    group: list[Line] = []

    def read_group() -> None:
        for entry in listed_entries(group):
            if not add_work(reading, entry, kind):
                _leave(reading, entry)

    for line in lines:
        bare = without_bullet(line.text)
        is_label = len(bare.split()) <= 8 and "," not in bare and not line.cells
        if is_label and (announced := kind_of_works(bare)) is not None:
            read_group()
            kind, group = announced, []
        else:
            group.append(line)
    read_group()


def _add_languages(reading: Reading, line: Line) -> None:
    whole = without_bullet(line.text)
    parts = [whole] if line.cells else re.split(r"[;•]|,(?![^()]*\))", whole)
    unknown: list[str] = []
    for part in parts:
        bits = [bit.strip(" ()") for bit in _LANGUAGE_PARTS.split(part) if bit.strip(" ()")]
        if bits and bits[0].isdigit():
            bits = bits[1:]
        if not bits:
            continue
        name, level = bits[0], ", ".join(bits[1:])
        if read_language(reading, name, level, line.where, part.strip()):
            continue
        # "Tiếng Anh thành thạo": the level may follow without a sign.
        words = name.split()
        cuts = range(min(len(words) - 1, _LANGUAGE_WORDS), 0, -1)
        if not any(
            read_language(
                reading,
                " ".join(words[:n]),
                " ".join([*words[n:], level]),
                line.where,
                part.strip(),
            )
            for n in cuts
        ):
            unknown.append(part.strip())
    if unknown:
        reading.leave(line.where, ", ".join(unknown))


def _add_interests(reading: Reading, lines: list[Line]) -> None:
    """Fields of the classifications that are named as such; the words stay as a passage."""
    for line in lines:
        for part in re.split(r"[;,•|]", without_bullet(line.text)):
            try:
                values, _ = field_values(clean(part), is_number=False)
            except CellError:
                continue
            for value in values:
                words = clean(part)
                if not words[:1].isdigit():
                    found = value.model_dump()
                    reading.add("field", found, line.where, words, sure=True)
    _add_passage(reading, lines, sure=False)


def _add_passage(reading: Reading, lines: list[Line], *, sure: bool) -> None:
    if not lines:
        return
    parts = [without_bullet(line.text) for line in lines]
    joint = "; " if any(has_bullet(line.text) for line in lines) else " "
    text = fitted(reading, joint.join(parts), LONG, lines[0].where)
    if text:
        value = {"text": local(text)}
        reading.add("biography", value, lines[0].where, text, sure=sure)
