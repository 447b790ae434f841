"""PDF and DOCX as lines of text, each with its place: pages and lines, or paragraphs and rows.

A PDF is taken apart in a process of its own, with limits: a file made to be harmful ends there.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any, Final

from ingest.sources.files import refusal
from registry.errors import ImportRefusedError, Problem
from registry.experts import file_words as words
from registry.text import clean

__all__ = ["Line", "Pages", "lines_of_pages", "lines_of_pdf"]

NAME: Final = "the document"
MAX_PAGES: Final = 150
# A page has about 3,000 letters; twice as many on every page is no CV.
MAX_LETTERS: Final = 1_000_000
_SECONDS: Final = 40
_HANDED_ON: Final = frozenset({"PATH", "PYTHONPATH", "VIRTUAL_ENV", "HOME", "LANG", "TMPDIR"})
_CHILD: Final = "ingest.own.pdf_pages"


@dataclass(frozen=True)
class Line:
    """One line, paragraph or row.

    Args:
        cells: Of a row of a table; the text is that of all of them.
        is_whole: A paragraph, which no other line goes on with.
        is_title: Formatted as a heading.
    """

    where: str
    text: str
    cells: tuple[str, ...] = ()
    is_whole: bool = False
    is_title: bool = False


@dataclass(frozen=True)
class Pages:
    """Text of the pages of a PDF, and which of them hold only pictures."""

    texts: list[str]
    pictures: list[int]


def lines_of_pdf(content: bytes) -> tuple[list[Line], list[str]]:
    """The lines of a PDF with text.

    Returns:
        The lines, and the places of pages that hold pictures in place of text.

    Raises:
        ImportRefusedError: Encrypted, damaged, too large, or scanned without text.
    """
    return lines_of_pages(_pages_in_child(content))


def lines_of_pages(pages: Pages) -> tuple[list[Line], list[str]]:
    """The lines of the pages' texts.

    Raises:
        ImportRefusedError: There is next to no text on any page.
    """
    lines = [
        Line(f"page {number}, line {i}", cleaned)
        for number, text in enumerate(pages.texts, start=1)
        for i, line in enumerate(text.split("\n"), start=1)
        if (cleaned := kept_gaps(line))
    ]
    if sum(len(line.text) for line in lines) < 20 * min(len(pages.texts), 2):
        raise refusal(NAME, [Problem(words.THE_FILE, words.SCANNED, words.WITH_TEXT)])
    return lines, [f"page {number}" for number in pages.pictures]


def kept_gaps(text: str) -> str:
    """A clean line in which wide gaps stay two spaces: they part columns."""
    parts = [clean(part) for part in text.replace("\t", "   ").split("   ")]
    return "  ".join(part for part in parts if part)


def _pages_in_child(content: bytes) -> Pages:
    try:
        done = subprocess.run(
            [sys.executable, "-m", _CHILD],
            input=content,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            # The keys of the service stay with the service.
            env={k: v for k, v in os.environ.items() if k in _HANDED_ON},
        )
        told: dict[str, Any] = json.loads(done.stdout)
    except subprocess.TimeoutExpired as exc:
        problem = Problem(words.THE_FILE, words.SLOW_PDF, words.SAVE_AGAIN)
        raise refusal(NAME, [problem]) from exc
    except ValueError as exc:
        # It ended at one of its limits, and said nothing.
        problem = Problem(words.THE_FILE, words.SLOW_PDF, words.SAVE_AGAIN)
        raise refusal(NAME, [problem]) from exc
    return pages_from(told)


def pages_from(told: dict[str, Any]) -> Pages:
    """What the child tells, or its refusal."""
    if problem := told.get("problem"):
        raise _refused(problem)
    return Pages(told["texts"], told["pictures"])


def _refused(problem: dict[str, str]) -> ImportRefusedError:
    return refusal(NAME, [Problem(problem["where"], problem["found"], problem["expected"])])
