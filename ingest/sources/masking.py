"""Samples of cells that can be shown and kept: without numbers that identify or reach. Pure."""

import re
from typing import Final

__all__ = ["masked", "masked_birth"]

_EMAIL: Final = re.compile(r"[^\s@<>,;()]+@[^\s@<>,;()]+")
# Phones, identity and account numbers; years, classes and ORCID iDs are shorter or of another form.
_LONG_NUMBER: Final = re.compile(r"(?<![\d-])\+?\(?\d(?:[\s.()-]{0,2}\d){7,}(?![\d-])")
_ORCID: Final = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dXx]")
_YEAR: Final = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_DIGIT: Final = re.compile(r"\d")
_LENGTH: Final = 80


def masked(text: str) -> str:
    """A cell in short, with dots for the digits of long numbers and the letters of addresses."""
    kept = _EMAIL.sub(lambda match: re.sub(r"[^@.]", "•", match[0]), text)
    if not _ORCID.search(kept):
        kept = _LONG_NUMBER.sub(lambda match: _DIGIT.sub("•", match[0]), kept)
    return kept if len(kept) <= _LENGTH else kept[: _LENGTH - 1] + "…"


def masked_birth(text: str) -> str:
    """A date of birth of which only the year is shown."""
    pieces: list[str] = []
    end = 0
    for match in _YEAR.finditer(text):
        pieces += [_DIGIT.sub("•", text[end : match.start()]), match[0]]
        end = match.end()
    return masked("".join([*pieces, _DIGIT.sub("•", text[end:])]))
