"""The pages of a PDF as text. The only module that knows the PDF library.

As a program (`python -m ingest.own.pdf_pages`) it reads a PDF from its input and writes JSON: the
texts, or why not. It limits itself first, so that nothing that a file does reaches the service.
"""

import io
import json
import logging
import resource
import sys
import warnings
from typing import Any, Final

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from ingest.own.documents import MAX_LETTERS, MAX_PAGES
from registry.experts import file_words as words

__all__ = ["read_pages"]

_MEMORY: Final = 1_500_000_000
_SECONDS: Final = 30
# Less than this on a page with a picture is the number of the page.
_FEW_LETTERS: Final = 20
# What the library raises on damaged files.
_DAMAGE: Final = (
    *(PyPdfError, LookupError, ValueError, TypeError, AttributeError, OSError, EOFError),
    *(RecursionError, ArithmeticError, AssertionError, NotImplementedError, RuntimeError),
)


def read_pages(content: bytes) -> dict[str, Any]:
    """`texts` and `pictures` (numbers of pages that hold nothing else), or a `problem`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _read(content)
    except _DAMAGE:
        return _problem(words.DAMAGED_PDF, words.SAVE_AGAIN)


def _read(content: bytes) -> dict[str, Any]:
    reader = PdfReader(io.BytesIO(content))
    # Many carry an empty password, which everybody has.
    if reader.is_encrypted and not reader.decrypt(""):
        return _problem(words.ENCRYPTED_PDF, words.WITHOUT_PASSWORD)
    if len(reader.pages) > MAX_PAGES:
        return _problem(words.MANY_PAGES, words.FEWER_PAGES)
    texts: list[str] = []
    pictures: list[int] = []
    for number, page in enumerate(reader.pages, start=1):
        text = page.extract_text() or ""
        texts.append(text)
        if len(text.strip()) < _FEW_LETTERS and "/XObject" in (page.get("/Resources") or {}):
            pictures.append(number)
        if sum(map(len, texts)) > MAX_LETTERS:
            return _problem(words.LONG_TEXT, words.SHORTER)
    return {"texts": texts, "pictures": pictures}


def _problem(found: str, expected: str) -> dict[str, Any]:
    return {"problem": {"where": words.THE_FILE, "found": found, "expected": expected}}


def main() -> None:
    """Read a PDF from the input, within limits, and write what it holds."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    logging.disable(logging.CRITICAL)
    told = read_pages(sys.stdin.buffer.read())
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
