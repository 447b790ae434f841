"""Which old form a column of a sheet is written in, before a person has confirmed it. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from ingest.legacy.charsets import Charset, decode
from ingest.legacy.recognise import recognise
from ingest.legacy.syllables import is_syllable

__all__ = ["form_by_another", "form_of_column", "sampled"]

_SAMPLE: Final = 400
_WORDS: Final = 60


def sampled(texts: Iterable[str]) -> list[str]:
    """Different texts of a column with foreign letters, from its whole length."""
    found = list(dict.fromkeys(text for text in texts if text and not text.isascii()))
    step = max(len(found) // _SAMPLE, 1)
    return found[::step][:_SAMPLE]


def form_of_column(sample: Sequence[str], heading: str) -> Charset | None:
    """The form of a column; its heading helps where cells hold too few words to tell.

    Args:
        sample: As `sampled` gives it.
    """
    if not sample or _is_unicode(sample):
        return None
    guess = recognise(sample) or recognise([heading, *sample])
    return guess.charset if guess else None


def form_by_another(sample: Sequence[str], charset: Charset) -> Charset | None:
    """The form of the other columns, when every word of this one fits it and not Unicode."""
    before, after = _words(sample), _words([decode(text, charset) for text in sample])
    fits = before != after and all(map(is_syllable, after))
    return charset if fits and not all(map(is_syllable, before)) else None


def _is_unicode(sample: Sequence[str]) -> bool:
    """Whether most words are Vietnamese as they stand; telling forms apart takes time."""
    words = _words(sample)[:_WORDS]
    return sum(map(is_syllable, words)) > 0.75 * len(words)


def _words(sample: Sequence[str]) -> list[str]:
    split = (word.strip(".,;:()/-\"'") for text in sample for word in text.split(" "))
    return [word for word in split if word and not word.isascii()]
