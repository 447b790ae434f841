"""A file that somebody brings, read by what it is and not by its name."""

from typing import Final

from ingest.own.bibtex import is_bibtex, read_bibtex
from ingest.own.cv import read_cv
from ingest.own.documents import lines_of_pdf
from ingest.own.items import Draft, Left, Reading
from ingest.own.json_resume import is_json, read_json_resume
from ingest.own.ris import is_ris, read_ris
from ingest.own.word_lines import lines_of_docx
from ingest.sources.files import kind_of, refusal
from registry.errors import Problem
from registry.experts import file_words as words

__all__ = ["MAX_BYTES", "read_own"]

MAX_BYTES: Final = 10 * 1024 * 1024
_WRONG_KINDS: Final = {
    "gzip": (words.PACKED, words.KNOWN_FORMS),
    "ole": (words.OLD_OFFICE, words.SAVE_AS_DOCX),
    "markup": (words.WEB_PAGE, words.PRINT_TO_PDF),
    "binary": (words.BINARY, words.KNOWN_FORMS),
}


def read_own(name: str, content: bytes) -> Draft:
    """Read a file into a draft of items, for the person to accept one by one.

    Args:
        name: For messages; what the file is, its content tells.

    Raises:
        ImportRefusedError: It is none of the forms that are known, damaged, or too large; the
            message says what to do.
    """
    name = " ".join(name.split())[:100] or "the file"
    if len(content) > MAX_BYTES:
        raise refusal(name, [Problem(words.THE_FILE, words.TOO_LARGE, words.SMALLER)])
    if not content.strip():
        raise refusal(name, [Problem(words.THE_FILE, words.NOTHING, words.KNOWN_FORMS)])
    kind = "pdf" if b"%PDF-" in content[:1024] else kind_of(content)
    if kind == "pdf":
        return _read_pdf(content)
    if kind == "zip":
        return _read_docx(content)
    if kind in _WRONG_KINDS:
        found, expected = _WRONG_KINDS[kind]
        raise refusal(name, [Problem(words.THE_FILE, found, expected)])
    return _read_text(name, _decoded(name, content, kind))


def _read_pdf(content: bytes) -> Draft:
    reading = Reading()
    lines, pictures = lines_of_pdf(content)
    for where in pictures:
        reading.note(Left.PICTURES, where)
    read_cv(reading, lines)
    return reading.draft("pdf")


def _read_docx(content: bytes) -> Draft:
    reading = Reading()
    read_cv(reading, lines_of_docx(content, reading))
    return reading.draft("docx")


def _read_text(name: str, text: str) -> Draft:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if is_json(text):
        return read_json_resume(text)
    if is_ris(text):
        return read_ris(text)
    if is_bibtex(text):
        return read_bibtex(text)
    raise refusal(name, [Problem(words.THE_FILE, words.OTHER_TEXT, words.KNOWN_FORMS)])


def _decoded(name: str, content: bytes, kind: str) -> str:
    try:
        return content.decode("utf-16" if kind == "utf-16" else "utf-8-sig")
    except UnicodeDecodeError as exc:
        line = content[: exc.start].count(10) + 1
        problem = Problem(f"line {line}", words.NOT_UTF8, words.SAVE_AS_UTF8)
        raise refusal(name, [problem]) from exc
