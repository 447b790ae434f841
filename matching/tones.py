"""Tone marks for a Vietnamese query that was typed without them, wholly or in part."""

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from matching.tone_model import MAX_CANDIDATES, ToneModel
from matching.tone_paths import best_paths
from registry.text import clean, fold, is_folded_syllable, language_of, word_spans

__all__ = ["Restoration", "ToneRestorer"]

DATA: Final = Path(__file__).parent / "data" / "tones_vi.npz"

# Natural logarithm of how much likelier the best reading must be than the next: see decision 3.
UNSURE_MARGIN: Final = 2.0
MAX_ALTERNATIVES: Final = 3

_RUN_LIMIT: Final = 200
# Syllables that are right without a mark, per syllable with one. Running text has 0.09 to 0.12 of
# them; more is allowed here, because in a short text chance makes much of the difference.
_BARE_PER_MARKED: Final = 0.2
_ENGLISH_LINK_WORDS: Final = (
    "an at be but by do he in it me my no not on than the them then to up via"
)
_ENGLISH_LINKS: Final = frozenset(_ENGLISH_LINK_WORDS.split())
# Borrowed words that Vietnamese writes bare, although a marked syllable reads the same.
_LOANWORDS: Final = frozenset({"bit", "chip", "kit"})
_STOPPED: Final = re.compile("(?:c|ch|p|t)$")
_ACUTE_OR_DOT: Final = re.compile("[\u0301\u0323]")

Span = tuple[str, int, int]


@dataclass(frozen=True)
class Restoration:
    """A query with its tone marks.

    Args:
        text: The cleaned query, marks restored; case, punctuation and other words as typed.
        is_unsure: Another reading is nearly as likely: encode the alternatives too and fuse.
        alternatives: The next readings, best first, at most three; empty when sure.
    """

    text: str
    is_unsure: bool
    alternatives: tuple[str, ...]


@dataclass(frozen=True)
class _Slot:
    """A syllable: where it stands, what it may become, and what was typed (None: no syllable)."""

    start: int
    end: int
    candidates: tuple[int, ...]
    typed: int | None


class ToneRestorer:
    """Chooses the likeliest toned syllables for a query.

    The candidates of a syllable are all that share its folded form; the choice is the best path
    through them under a `ToneModel`. Time and memory grow linearly with the text.
    """

    def __init__(self, model: ToneModel) -> None:
        self._model = model

    @classmethod
    def bundled(cls) -> "ToneRestorer":
        """The restorer with the counts that come with the package; read once per process."""
        return cls(_bundled_model())

    def restore(self, query: str) -> Restoration:
        """Restore the tone marks of a query; marks that were typed are kept.

        English queries, acronyms in capitals, technical names and numbers stay as they are.
        """
        text = clean(query)
        language = language_of(text)
        if language == "en":
            return Restoration(text, False, ())
        bare_bonus = _bare_bonus(text)
        pieces: list[tuple[Sequence[_Slot], tuple[int, ...]]] = []
        near: list[tuple[float, int, tuple[int, ...]]] = []
        for run in self._runs(text):
            if all(len(slot.candidates) == 1 for slot in run):
                pieces.append((run, tuple(slot.candidates[0] for slot in run)))
                continue
            places = [slot.candidates for slot in run]
            bonuses = [[bare_bonus * (c == s.typed) for c in s.candidates] for s in run]
            best, others = best_paths(self._model, places, bonuses, UNSURE_MARGIN)
            near += [(margin, len(pieces), path) for margin, path in others]
            pieces.append((run, best))
        restored = self._write(text, pieces)
        readings = [
            self._write(text, [*pieces[:i], (pieces[i][0], path), *pieces[i + 1 :]])
            for _, i, path in sorted(near)[: 2 * MAX_ALTERNATIVES]
        ]
        if language == "und" and restored != text:
            # Nothing shows that this is Vietnamese at all ("ban do", "long").
            readings.insert(0, text)
        distinct = tuple(dict.fromkeys(r for r in readings if r != restored))
        return Restoration(restored, bool(distinct), distinct[:MAX_ALTERNATIVES])

    def _runs(self, text: str) -> Iterator[list[_Slot]]:
        """Runs of neighbouring syllables; other words, acronyms and punctuation part them."""
        spans = word_spans(text)
        is_shouted = text == text.upper()
        run: list[_Slot] = []
        last_end = 0
        for i, (token, start, end) in enumerate(spans):
            typed = text[start:end]
            is_acronym = len(typed) > 1 and typed.isascii() and typed.isupper() and not is_shouted
            is_kept = is_acronym or _is_english_link(spans, i)
            candidates = () if is_kept else self._candidates(token)
            is_parted = bool(text[last_end:start].strip()) or len(run) == _RUN_LIMIT
            if run and (is_parted or not candidates):
                yield run
                run = []
            if candidates:
                run.append(_Slot(start, end, candidates, self._model.ids.get(token)))
            last_end = end
        if run:
            yield run

    def _candidates(self, token: str) -> tuple[int, ...]:
        """What a token may stand for; itself alone when its marks make a complete syllable."""
        typed = self._model.ids.get(token)
        form = fold(token)
        found = self._model.candidates(form)
        if typed is not None and token in _LOANWORDS:
            return (typed,)
        if token == form:
            most = found[:MAX_CANDIDATES]
            return most if typed is None or typed in most else (*most, typed)
        if typed is not None and is_complete(token):
            return (typed,)
        syllables = self._model.syllables
        return tuple(c for c in found if _keeps_marks(token, syllables[c]))[:MAX_CANDIDATES]

    def _write(self, text: str, pieces: Iterable[tuple[Sequence[_Slot], tuple[int, ...]]]) -> str:
        """The text with its syllables replaced, in the case in which they were typed."""
        written: list[str] = []
        last_end = 0
        for run, path in pieces:
            for slot, chosen in zip(run, path, strict=True):
                written.append(text[last_end : slot.start])
                typed, last_end = text[slot.start : slot.end], slot.end
                syllable = self._model.syllables[chosen]
                cased = [
                    new.upper() if old.isupper() else new
                    for old, new in zip(typed, syllable, strict=True)
                ]
                written.append(typed if chosen == slot.typed else "".join(cased))
        return "".join([*written, text[last_end:]])


@cache
def _bundled_model() -> ToneModel:
    return ToneModel.load(DATA)


def _bare_bonus(text: str) -> float:
    """How much a bare syllable speaks for itself, as a natural logarithm.

    In a text whose other syllables carry their marks, a bare one was most likely meant so: of a
    marked syllable, the mark is missing with the share d that this text shows, of a bare one
    never, so the bare reading is 1 / d times as likely (a noisy channel).
    """
    syllables = [t for t, _, _ in word_spans(text) if t.isalpha() and is_folded_syllable(fold(t))]
    marked = sum(t != fold(t) for t in syllables)
    if not marked:
        return 0.0
    bare = len(syllables) - marked
    lost = max(0.0, bare - _BARE_PER_MARKED * marked)
    # Most texts with marks lack none: one lost mark in ten such texts.
    return -math.log((lost + 0.1) / (lost + marked + 0.1))


def _is_english_link(spans: Sequence[Span], i: int) -> bool:
    """Whether a word that could be a syllable ("on") stands between two English words."""
    if spans[i][0] not in _ENGLISH_LINKS or i == 0 or i == len(spans) - 1:
        return False
    return all(_is_english(spans[j][0]) for j in (i - 1, i + 1))


def _is_english(token: str) -> bool:
    if token in _LOANWORDS:
        return True
    return token.isascii() and len(token) > 2 and not is_folded_syllable(token)


def is_complete(token: str) -> bool:
    """Whether a syllable with marks also has the tone that its ending asks for.

    Syllables that end in a stop carry an acute or a dot below: "viêt" lacks its tone.
    """
    marks = unicodedata.normalize("NFD", token)
    return not _STOPPED.search(token) or _ACUTE_OR_DOT.search(marks) is not None


def _keeps_marks(typed: str, syllable: str) -> bool:
    """Whether each letter of a syllable has at least the marks that were typed on it."""
    for old, new in zip(typed, syllable, strict=True):
        if old == "đ" and new != "đ":
            return False
        marks = set(unicodedata.normalize("NFD", old)[1:])
        if not marks <= set(unicodedata.normalize("NFD", new)[1:]):
            return False
    return True
