"""Lines of a section as entries: what begins one, and what goes on with it. Pure."""

import re
from typing import Final

from ingest.own.documents import Line
from ingest.own.periods import find_period
from ingest.own.places import Entry, has_bullet, is_role, is_school, without_bullet

__all__ = ["dated_entries", "listed_entries"]

_CLOSED: Final = re.compile(r"(?:[.!?\])”\"]|\b(?:19|20)\d\d)\s*$")
# Longer than any entry: what follows is another one, or no list at all.
_LONGEST_ENTRY: Final = 4_000


def dated_entries(lines: list[Line]) -> list[tuple[Entry, list[str]]]:
    """Entries that a year begins, each with the lines below it.

    Where the first line has no year, the lines without one are taken for the begin, and the year
    for what follows.
    """
    entries: list[tuple[Entry, list[str]]] = []
    has_year = [find_period(line.text) is not None for line in lines]
    is_name_first = len(lines) > 1 and not has_year[0] and has_year[1] and not lines[0].cells
    open_entry = False
    for number, (line, dated) in enumerate(zip(lines, has_year, strict=True)):
        is_followed = number + 1 < len(lines) and has_year[number + 1]
        names = is_role(line.text) or is_school(line.text)
        begins = is_name_first or (is_followed and names and bool(entries))
        if len(line.cells) > 1:
            entries.append((_entry(line), []))
            open_entry = False
        elif begins and not dated and not open_entry and not has_bullet(line.text):
            entries.append((_entry(line), []))
            open_entry = True
        elif dated and open_entry:
            entry, _ = entries[-1]
            entry.text, entry.is_joined = f"{entry.text}, {without_bullet(line.text)}", True
            open_entry = False
        elif dated or not entries:
            entries.append((_entry(line), []))
        else:
            entries[-1][1].append(without_bullet(line.text))
            open_entry = False
    return entries


def listed_entries(lines: list[Line]) -> list[Entry]:
    """Entries of a list: rows, paragraphs, or lines with a bullet and what goes on with them."""
    has_bullets = any(has_bullet(line.text) for line in lines)
    entries: list[Entry] = []
    for line in lines:
        starts = (
            not entries
            or len(entries[-1].text) > _LONGEST_ENTRY
            or bool(line.cells)
            or bool(entries[-1].cells)
            or has_bullet(line.text)
            or (line.is_whole and not has_bullets)
            or (line.is_whole and _CLOSED.search(entries[-1].text) is not None)
        )
        if not starts and not has_bullets:
            is_new = line.text[:1].isupper() or line.text[:1].isdigit() or line.text[:1] in '“"'
            starts = is_new and _CLOSED.search(entries[-1].text) is not None
        if starts:
            entries.append(_entry(line))
        else:
            entry = entries[-1]
            entry.text = f"{entry.text} {line.text}"
            # With bullets it is plain what goes on.
            entry.is_joined = not has_bullets
    return entries


def _entry(line: Line) -> Entry:
    return Entry(line.where, line.text, line.cells)
