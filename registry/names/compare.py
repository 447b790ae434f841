"""Compare two names whatever their order: evidence in bits for one person, with its parts. Pure.

Tokens are aligned so that the evidence is greatest. Each shared token counts by how few names hold
it, less what speaks against it: marks that differ, an initial for a word, a slip of the pen. Tokens
left over on one side were dropped; left over on both, they are different names. Evidence from names
alone ranks candidates and never decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from math import log2
from typing import Final

from rapidfuzz.distance import DamerauLevenshtein

from registry.names.frequencies import TokenFrequencies, vietnamese_names
from registry.names.tokens import NameTokens, readings
from registry.text import has_marks

__all__ = ["Agreement", "NameEvidence", "Shared", "compare_names", "compare_readings"]


class Agreement(StrEnum):
    """How two tokens, or what they join to, agree."""

    EXACT = "exact"
    MARKS_MISSING = "marks_missing"
    SPELLING = "spelling"
    MARKS_DIFFER = "marks_differ"
    JOINED = "joined"
    INITIAL = "initial"
    SHORT = "short"
    SLIP = "slip"


@dataclass(frozen=True)
class Shared:
    """Tokens of both names that stand for each other, and what that says, in bits."""

    one: tuple[str, ...]
    other: tuple[str, ...]
    how: Agreement
    bits: float


@dataclass(frozen=True)
class NameEvidence:
    """What two names say about one person.

    Args:
        bits: The sum: log2 of how many times likelier the two names are for one person than for
            two. Below 0, they speak against it.
        left_one, left_other: Tokens that nothing of the other name stands for.
        order: What the order of the shared tokens is.
    """

    bits: float
    shared: tuple[Shared, ...] = ()
    left_one: tuple[str, ...] = ()
    left_other: tuple[str, ...] = ()
    order: str = "same"


# Share of the true pairs in which a token that is there on both sides agrees in full.
_KEPT: Final = 0.9
# What each kind of agreement takes off the evidence of the token, in bits.
_LESS: Final = {
    Agreement.EXACT: 0.0,
    Agreement.MARKS_MISSING: 0.2,
    Agreement.SPELLING: 1.0,
    Agreement.JOINED: 0.5,
    Agreement.INITIAL: 0.2,
    Agreement.SHORT: 3.0,
    Agreement.SLIP: 4.0,
    Agreement.MARKS_DIFFER: 7.0,
}
# Hùng is not Hưng: however rare the letters are, marks that differ speak against.
_MOST_OF_DIFFERING: Final = -2.0
_MISSING_INSIDE: Final = 2.0
_PLAIN_NAME: Final = 5.0
_CONFLICT: Final = -7.0
_INITIAL_CONFLICT: Final = -6.0
_DROPPED_MIDDLE: Final = -1.2
_DROPPED_OTHER: Final = -2.6
_DROPPED_INITIAL: Final = -0.8
_OTHER_ORDER: Final = -1.5
_MOVED_ORDER: Final = -0.3
_SLIP_FROM: Final = 5
_SHORT_FROM: Final = 3
_JOINED_MOST: Final = 3
# More tokens than names have: what is longer is compared by its first ones.
_MOST_TOKENS: Final = 8
_OFTEN_MIDDLE: Final = frozenset(
    {"van", "thi", "minh", "hoang", "thanh", "ngoc", "quoc", "duc", "quang", "huu", "xuan", "dinh"}
    | {"tan", "hong", "cong", "trong", "duy", "trung", "kim", "bao", "gia", "the", "ba", "nhat"}
)
# i and y at the end of a syllable are written either way.
_Y_TO_I: Final = str.maketrans("yýỳỷỹỵ", "iíìỉĩị")


def compare_names(
    one: str, other: str, frequencies: TokenFrequencies | None = None
) -> NameEvidence:
    """What two names say about one person, the better of the ways to read them.

    Args:
        frequencies: Of the names that are compared; None takes the bundled Vietnamese ones.
    """
    return compare_readings(readings(one), readings(other), frequencies or vietnamese_names())


def compare_readings(
    ones: Sequence[NameTokens], others: Sequence[NameTokens], frequencies: TokenFrequencies
) -> NameEvidence:
    """`compare_names` of names that were read before."""
    found = [_aligned(a, b, frequencies) for a in ones for b in others]
    return max(found, key=lambda evidence: evidence.bits, default=NameEvidence(0.0))


@dataclass(frozen=True)
class _Step:
    """Tokens [start, end) of the one name that stand for tokens of the other, `taken` as bits."""

    start: int
    end: int
    taken: int
    first: int
    shared: Shared


def _aligned(one: NameTokens, other: NameTokens, frequencies: TokenFrequencies) -> NameEvidence:
    if one.toned == other.toned:
        shared = tuple(
            Shared((t,), (t,), Agreement.EXACT, _weight(one, i, frequencies))
            for i, t in enumerate(one.toned)
        )
        return NameEvidence(sum(s.bits for s in shared), shared)
    if other.toned < one.toned:
        # Where tokens repeat, several alignments are as good: which is taken must not depend on
        # which name came first.
        return _mirrored(_aligned(other, one, frequencies))
    n, m = min(len(one), _MOST_TOKENS), min(len(other), _MOST_TOKENS)
    steps = [_steps(one, other, at, n, m, frequencies) for at in range(n)]

    @cache
    def best(at: int, taken: int, left: int) -> tuple[float, tuple[_Step, ...]]:
        """Greatest evidence of the tokens from `at` on; `left` is how many stood alone before."""
        if at == n:
            return _left_over(one, other, left, taken, m), ()
        bits, path = best(at + 1, taken, left | 1 << at)
        for step in steps[at]:
            if step.taken & taken:
                continue
            more, rest = best(step.end, taken | step.taken, left)
            if more + step.shared.bits > bits:
                bits, path = more + step.shared.bits, (step, *rest)
        return bits, path

    bits, path = best(0, 0, 0)
    order = _order([step.first for step in path])
    bits += {"same": 0.0, "moved": _MOVED_ORDER, "other": _OTHER_ORDER}[order]
    used = {at for step in path for at in range(step.start, step.end)}
    taken = sum(step.taken for step in path)
    return NameEvidence(
        bits,
        tuple(step.shared for step in path),
        tuple(token for at, token in enumerate(one.toned) if at not in used),
        tuple(token for at, token in enumerate(other.toned) if not taken >> at & 1),
        order,
    )


def _mirrored(evidence: NameEvidence) -> NameEvidence:
    shared = tuple(replace(each, one=each.other, other=each.one) for each in evidence.shared)
    return replace(
        evidence, shared=shared, left_one=evidence.left_other, left_other=evidence.left_one
    )


def _steps(
    one: NameTokens, other: NameTokens, at: int, n: int, m: int, frequencies: TokenFrequencies
) -> list[_Step]:
    """Everything that the tokens of `one` from `at` on can stand for."""
    found: list[_Step] = []
    remembered = frequencies.remembered
    for j in range(m):
        pair = one.toned[at], one.is_marked, other.toned[j], other.is_marked
        if pair not in remembered:
            remembered[pair] = _agreement(one, at, other, j, frequencies)
        agreed = remembered[pair]
        if agreed is not None:
            how, bits = agreed
            shared = Shared((one.toned[at],), (other.toned[j],), how, bits)
            found.append(_Step(at, at + 1, 1 << j, j, shared))
    if not (one.may_be_joined or other.may_be_joined):
        return found
    for length in range(2, _JOINED_MOST + 1):
        for j in range(m - length + 1):
            if _is_joined(one, at, other, j, length):
                parts = range(j, j + length)
                bits = sum(_weight(other, k, frequencies) for k in parts) - _LESS[Agreement.JOINED]
                shared = Shared(
                    (one.toned[at],), other.toned[j : j + length], Agreement.JOINED, bits
                )
                found.append(_Step(at, at + 1, sum(1 << k for k in parts), j, shared))
        if at + length <= n:
            for j in range(m):
                if _is_joined(other, j, one, at, length):
                    parts = range(at, at + length)
                    bits = sum(_weight(one, k, frequencies) for k in parts)
                    shared = Shared(
                        one.toned[at : at + length],
                        (other.toned[j],),
                        Agreement.JOINED,
                        bits - _LESS[Agreement.JOINED],
                    )
                    found.append(_Step(at, at + length, 1 << j, j, shared))
    return found


def _is_joined(long: NameTokens, at: int, short: NameTokens, start: int, length: int) -> bool:
    """Whether one token of `long` is written for several that follow each other in `short`."""
    parts = range(start, start + length)
    if any(short.is_initial(k) for k in parts) or long.is_initial(at):
        return False
    if long.toned[at] == "".join(short.toned[k] for k in parts):
        return True
    if long.is_marked and short.is_marked:
        return False
    return long.folded[at] == "".join(short.folded[k] for k in parts)


def _agreement(
    one: NameTokens, i: int, other: NameTokens, j: int, frequencies: TokenFrequencies
) -> tuple[Agreement, float] | None:
    a, b = one.toned[i], other.toned[j]
    if one.is_initial(i) or other.is_initial(j):
        if one.folded[i][0] != other.folded[j][0]:
            return None
        share = frequencies.initial_share(one.folded[i][0])
        return Agreement.INITIAL, log2(_KEPT / share) - _LESS[Agreement.INITIAL]
    if a == b:
        return Agreement.EXACT, _weight(one, i, frequencies)
    folded, folded_other = one.folded[i], other.folded[j]
    if folded == folded_other:
        bits = log2(_KEPT / frequencies.share(folded, is_folded=True))
        if not (one.is_marked and other.is_marked):
            return Agreement.MARKS_MISSING, bits - _LESS[Agreement.MARKS_MISSING]
        if not (has_marks(a) and has_marks(b)):
            # Within a name that has marks, a token without them has lost its own, or has none:
            # the more often people are called so, the less.
            plain = frequencies.toned.get(folded, 0.0) / max(frequencies.folded.get(folded, 0), 1)
            return Agreement.MARKS_MISSING, bits - _MISSING_INSIDE - _PLAIN_NAME * min(plain, 1.0)
        less = bits - _LESS[Agreement.MARKS_DIFFER]
        return Agreement.MARKS_DIFFER, min(less, _MOST_OF_DIFFERING)
    if _is_same_sound(a, b) or (
        not (one.is_marked and other.is_marked) and _is_same_sound(folded, folded_other)
    ):
        commoner = min(_weight(one, i, frequencies), _weight(other, j, frequencies))
        return Agreement.SPELLING, commoner - _LESS[Agreement.SPELLING]
    return _loosely(folded, folded_other, frequencies)


def _loosely(a: str, b: str, frequencies: TokenFrequencies) -> tuple[Agreement, float] | None:
    """What longer words of other languages have in common: a short form, or a slip of the pen."""
    share = max(frequencies.share(a, is_folded=True), frequencies.share(b, is_folded=True))
    bits = log2(_KEPT / share)
    shorter, longer = sorted((a, b), key=len)
    if len(longer) >= _SLIP_FROM and DamerauLevenshtein.distance(a, b, score_cutoff=1) <= 1:
        return Agreement.SLIP, bits - _LESS[Agreement.SLIP]
    if len(shorter) >= _SHORT_FROM and len(longer) > _SLIP_FROM and longer.startswith(shorter):
        return Agreement.SHORT, bits - _LESS[Agreement.SHORT]
    return None


def _is_same_sound(a: str, b: str) -> bool:
    """Lý and Lí, Mỹ and Mĩ: one name in two spellings."""
    return (
        len(a) == len(b)
        and a[:-1] == b[:-1]
        and a[-1].translate(_Y_TO_I) == b[-1].translate(_Y_TO_I)
    )


def _weight(tokens: NameTokens, at: int, frequencies: TokenFrequencies) -> float:
    """What sharing this very token says, in bits."""
    if tokens.is_initial(at):
        return log2(_KEPT / frequencies.initial_share(tokens.folded[at][0]))
    if tokens.is_marked:
        return log2(_KEPT / frequencies.share(tokens.toned[at], is_folded=False))
    return log2(_KEPT / frequencies.share(tokens.folded[at], is_folded=True))


def _left_over(one: NameTokens, other: NameTokens, left: int, taken: int, m: int) -> float:
    """What the tokens say that nothing stands for, in bits."""
    alone = [i for i in range(left.bit_length()) if left >> i & 1]
    beside = [j for j in range(m) if not taken >> j & 1]
    costs = sorted(_cost(one, i) for i in alone)
    costs_beside = sorted(_cost(other, j) for j in beside)
    both = min(len(costs), len(costs_beside))
    initials = sum(one.is_initial(i) for i in alone) + sum(other.is_initial(j) for j in beside)
    conflict = _INITIAL_CONFLICT if initials else _CONFLICT
    # The rest of the longer side was dropped by the other.
    longer = costs if len(costs) > both else costs_beside
    return both * conflict + sum(longer[both:])


def _cost(tokens: NameTokens, at: int) -> float:
    if tokens.is_initial(at):
        return _DROPPED_INITIAL
    return _DROPPED_MIDDLE if tokens.folded[at] in _OFTEN_MIDDLE else _DROPPED_OTHER


def _order(firsts: Sequence[int]) -> str:
    """Whether shared tokens stand as in the one name, were moved from end to end, or neither."""
    if list(firsts) == sorted(firsts):
        return "same"
    count = len(firsts)
    ranks = [sorted(firsts).index(first) for first in firsts]
    turned = any(
        [*ranks[k:], *ranks[:k]] == list(range(count)) for k in range(1, count)
    ) or ranks == list(range(count - 1, -1, -1))
    return "moved" if turned else "other"
