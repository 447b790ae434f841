"""DOCX as lines: paragraphs and rows of tables in their order. The only module that knows docx."""

import io
import lzma
import struct
import zlib
from collections.abc import Iterator
from typing import Any, Final
from zipfile import BadZipFile, ZipFile

from docx import Document
from docx.opc.exceptions import OpcError
from docx.table import Table
from docx.text.paragraph import Paragraph
from lxml.etree import LxmlError  # type: ignore[import-untyped]

from ingest.own.documents import MAX_LETTERS, NAME, Line, kept_gaps
from ingest.own.items import Left, Reading
from ingest.sources.files import refusal
from registry.errors import Problem
from registry.experts import file_words as words

__all__ = ["lines_of_docx"]

_MAX_UNPACKED: Final = 64 * 1024 * 1024
_MAX_PARTS: Final = 2_000
_MAX_TEXT_PART: Final = 24 * 1024 * 1024
_DAMAGED: Final = Problem(words.THE_FILE, words.DAMAGED_DOCX, words.DOCX_AGAIN)
_DAMAGE: Final = (
    *(BadZipFile, OpcError, LxmlError, zlib.error, lzma.LZMAError, struct.error),
    *(LookupError, ValueError, TypeError, AttributeError, OSError, EOFError, RuntimeError),
    *(ArithmeticError, AssertionError),
)
_WORD: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_OTHERS: Final = {
    "xl/workbook.xml": words.SPREADSHEET,
    "ppt/presentation.xml": words.SLIDES,
    "content.xml": words.OPEN_DOCUMENT,
}


def lines_of_docx(content: bytes, reading: Reading) -> list[Line]:
    """All lines of the document: its text, its tables, its text boxes, its headers and footers.

    Pictures, footnotes and comments are not read, which is noted.

    Raises:
        ImportRefusedError: Damaged, of another kind, with a document type, or too large.
    """
    _check_archive(content, reading)
    try:
        document = Document(io.BytesIO(content))
        lines = [line for line in _lines(document) if line.text]
    except _DAMAGE as exc:
        raise refusal(NAME, [_DAMAGED]) from exc
    if sum(len(line.text) for line in lines) > MAX_LETTERS:
        problem = Problem(words.THE_FILE, words.LONG_TEXT, words.SHORTER)
        raise refusal(NAME, [problem])
    if not lines:
        problem = Problem(words.THE_FILE, words.NO_TEXT, words.DOCUMENT_WITH_TEXT)
        raise refusal(NAME, [problem])
    return lines


def _check_archive(content: bytes, reading: Reading) -> None:
    """Refuse what is no DOCX before anything is unpacked whole.

    The format knows no document types; entities in them can grow without end or name files and
    addresses (ECMA-376 part 2, 9.1.1.2).
    """
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            if "word/document.xml" not in names:
                found = next((v for k, v in _OTHERS.items() if k in names), words.ARCHIVE)
                raise refusal(NAME, [Problem(words.THE_FILE, found, words.DOCX_AGAIN)])
            texts = [e for e in entries if e.filename.lower().endswith((".xml", ".rels"))]
            if (
                len(entries) > _MAX_PARTS
                or sum(entry.file_size for entry in entries) > _MAX_UNPACKED
                or max((entry.file_size for entry in texts), default=0) > _MAX_TEXT_PART
            ):
                problem = Problem(words.THE_FILE, words.SWELLS, words.NO_PICTURES)
                raise refusal(NAME, [problem])
            for entry in texts:
                # A declaration stands before the first element; in UTF-16 each letter has a zero.
                part = archive.read(entry).replace(b"\0", b"")
                if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
                    problem = Problem(entry.filename[:60], words.DOCUMENT_TYPE, words.DOCX_AGAIN)
                    raise refusal(NAME, [problem])
    except _DAMAGE as exc:
        raise refusal(NAME, [_DAMAGED]) from exc
    if any(name.startswith("word/media/") for name in names):
        reading.note(Left.PICTURES, "")
    for name in ("footnotes", "endnotes", "comments"):
        if f"word/{name}.xml" in names and _has_words(content, f"word/{name}.xml"):
            reading.note(Left.FIELDS, "", name)


def _has_words(content: bytes, name: str) -> bool:
    with ZipFile(io.BytesIO(content)) as archive:
        part = archive.read(name)
    return b"<w:t>" in part or b"<w:t " in part


def _lines(document: Any) -> Iterator[Line]:
    paragraphs = tables = 0
    for block in document.iter_inner_content():
        if isinstance(block, Paragraph):
            paragraphs += 1
            where = f"paragraph {paragraphs}"
            style = (block.style.name or "") if block.style is not None else ""
            is_title = style.lower().startswith(("heading", "title"))
            # A line break in a paragraph parts lines of a CV as well as a new paragraph does.
            for text in _text_of(block._p).split("\n"):
                yield Line(where, kept_gaps(text), is_whole=True, is_title=is_title)
            yield from _boxes(block._p, where)
        else:
            tables += 1
            yield from _rows(block, f"table {tables}")
    for section in document.sections:
        for name in ("header", "footer"):
            part = getattr(section, name)
            if not part.is_linked_to_previous:
                for paragraph in part.paragraphs:
                    yield Line(name, kept_gaps(_text_of(paragraph._p)), is_whole=True)


def _rows(table: Table, name: str) -> Iterator[Line]:
    """Rows, each cell once, also where it spans several; lines within cells stay apart."""
    for number, row in enumerate(table._tbl.tr_lst, start=1):
        cells = []
        for cell in row.tc_lst:
            parts = [
                kept_gaps(line) for p in cell.iter(f"{_WORD}p") for line in _text_of(p).split("\n")
            ]
            cells.append("\n".join(part for part in parts if part))
        where = f"{name}, row {number}"
        filled = [cell for cell in cells if cell]
        if len(filled) == 1:
            # A row of one cell is no row: a heading, or a frame around text.
            for line in filled[0].split("\n"):
                yield Line(where, line, is_whole=True)
        elif filled:
            flat = tuple(cell.replace("\n", "; ") for cell in cells)
            yield Line(where, " | ".join(c for c in flat if c), flat, is_whole=True)


def _boxes(element: Any, where: str) -> Iterator[Line]:
    for box in element.iter(f"{_WORD}txbxContent"):
        if not any(parent.tag == _FALLBACK for parent in box.iterancestors()):
            for paragraph in box.iter(f"{_WORD}p"):
                yield Line(f"{where}, box", kept_gaps(_text_of(paragraph)), is_whole=True)


def _text_of(paragraph: Any) -> str:
    """The letters of a paragraph, links and insertions included, boxes and deletions not."""
    parts: list[str] = []
    todo = list(reversed(list(paragraph)))
    while todo:
        node = todo.pop()
        if node.tag == f"{_WORD}t":
            parts.append(node.text or "")
        elif node.tag == f"{_WORD}tab":
            parts.append("   " if node.getparent().tag == f"{_WORD}r" else "")
        elif node.tag in {f"{_WORD}br", f"{_WORD}cr"}:
            parts.append("\n")
        elif node.tag == f"{_WORD}noBreakHyphen":
            parts.append("-")
        elif node.tag not in {f"{_WORD}txbxContent", f"{_WORD}del", _FALLBACK, f"{_WORD}p"}:
            todo.extend(reversed(list(node)))
    return "".join(parts)
