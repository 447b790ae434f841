"""When profiles may be made one without a person: two independent signals beside the name. Pure.

The bound on all evidence is set by benchmarks/linkage.py, where merges by this rule are right in
more than 99 of 100 cases; nothing is ever merged on a name.
"""

from collections.abc import Iterable
from typing import Final

from ingest.identity.linking import Part
from ingest.identity.model import NAME

__all__ = ["is_certain", "signals"]

PRIOR: Final = "prior"
# Bits from which a kind of evidence speaks for itself, and against.
_SPEAKS: Final = 3.0
_CONTRADICTS: Final = -3.0
# All evidence and the prior together.
CERTAIN_BITS: Final = 10.0


def signals(parts: Iterable[Part]) -> int:
    """How many kinds of evidence beside the name speak for one person on their own."""
    return sum(part.bits >= _SPEAKS for part in parts if part.kind not in {NAME, PRIOR})


def is_certain(bits: float, parts: Iterable[Part]) -> bool:
    """Whether two records may be made one by this rule alone.

    Evidence that contradicts (another ORCID iD, another year of birth, another name) is for a
    person to look at, however much speaks for it.
    """
    given = list(parts)
    against = any(part.bits <= _CONTRADICTS for part in given if part.kind != PRIOR)
    return bits >= CERTAIN_BITS and signals(given) >= 2 and not against
