"""How often somebody may say that a profile is not its holder's. Pure.

The figures are choices of this product: a contest stops its holder from much, so that nobody may
stop many, or one for ever, by saying the same again.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from registry.access import claim_texts
from registry.text import fold, words

MOST_OPEN: Final = 5
HEARD_FOR: Final = timedelta(days=30)
# So many words that were not said before make a new reason: a sentence, and no added dot.
NEW_WORDS: Final = 5


class Said(Protocol):
    """What is looked at of a remark about a claim."""

    by: str
    at: datetime
    act: str
    words: str


def is_open(remarks: Sequence[Said], by: str) -> bool:
    """Whether somebody contests a claim, and nobody has decided about that.

    Args:
        remarks: Of the claim, oldest first.
    """
    return any(r.act == "contest" and r.by == by for r in remarks[_decided(remarks) :])


def refusal(
    remarks: Sequence[Said], by: str, said: str, now: datetime, waiting: int | None
) -> str | None:
    """Why somebody may not contest a claim (again) with these words, or None.

    Args:
        remarks: Of the claim, oldest first.
        waiting: Other profiles that he contests now; None for stewards, who write down what
            others say.
    """
    if is_open(remarks, by):
        return claim_texts.CONTESTED_ALREADY
    before = remarks[: _decided(remarks)]
    own = [r.words for r in before if r.act == "contest" and r.by == by]
    if own and now < before[-1].at + HEARD_FOR and not _is_new(said, own):
        return claim_texts.NOTHING_NEW
    if waiting is not None and waiting >= MOST_OPEN:
        return claim_texts.CONTESTS_WAIT
    return None


def _decided(remarks: Sequence[Said]) -> int:
    """The number of remarks up to the last decision in favour of the holder."""
    return max((n for n, r in enumerate(remarks, 1) if r.act == "keep"), default=0)


def _is_new(said: str, before: Iterable[str]) -> bool:
    known = {fold(word) for text in before for word in words(text)}
    return len({fold(word) for word in words(said)} - known) >= NEW_WORDS
