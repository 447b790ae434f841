"""How many names hold a token: what sharing it says. Pure."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any, Final

from registry.text import fold

__all__ = ["TokenFrequencies", "vietnamese_names"]

# Names that the bundled counts were made over; tokens in fewer than five of them are not listed.
_NAMES: Final = 8_736
# As many names of a list as this weigh as much as the bundled counts do.
_PRIOR_NAMES: Final = 2_000


@dataclass(frozen=True)
class TokenFrequencies:
    """Share of names that hold a token, with its marks and without.

    Args:
        toned, folded: Counts by token, lower case.
        initials: Counts of names by the first letter of any of their tokens, folded.
        names: Over how many names they were counted.
    """

    toned: Mapping[str, float]
    folded: Mapping[str, float]
    initials: Mapping[str, float]
    names: float

    @cached_property
    def remembered(self) -> dict[tuple[str, bool, str, bool], Any]:
        """Room for what two tokens of names say: few tokens make up most names."""
        return {}

    def share(self, token: str, is_folded: bool) -> float:
        """Share of names that hold this token; one that was never seen counts as one in two."""
        counts = self.folded if is_folded else self.toned
        return min(max(counts.get(token, 0.0), 0.5) / self.names, 0.95)

    def initial_share(self, letter: str) -> float:
        """Share of names in which some token begins with this letter."""
        return min(max(self.initials.get(letter, 0.0), 0.5) / self.names, 0.95)

    def counted(self, names: Iterable[Iterable[str]]) -> "TokenFrequencies":
        """The same with the names of a list counted in, which know their own rare tokens.

        Args:
            names: Each by its tokens, lower case.
        """
        toned: Counter[str] = Counter()
        folded: Counter[str] = Counter()
        initials: Counter[str] = Counter()
        total = 0
        for tokens in names:
            total += 1
            toned.update(set(tokens))
            plain = {fold(token) for token in tokens}
            folded.update(plain)
            initials.update({token[0] for token in plain if token})
        weight = min(1.0, _PRIOR_NAMES / self.names)
        return TokenFrequencies(
            _added(self.toned, toned, weight),
            _added(self.folded, folded, weight),
            _added(self.initials, initials, weight),
            self.names * weight + total,
        )


def _added(one: Mapping[str, float], more: Counter[str], weight: float) -> dict[str, float]:
    found = {token: count * weight for token, count in one.items()}
    for token, count in more.items():
        found[token] = found.get(token, 0.0) + count
    return found


@lru_cache(maxsize=1)
def vietnamese_names() -> TokenFrequencies:
    """The bundled counts: students of one university, none of whom is named."""
    content = files("registry.names").joinpath("data", "vn_name_token_counts.csv")
    toned: Counter[str] = Counter()
    folded: Counter[str] = Counter()
    letters: dict[str, Counter[str]] = {}
    for row in csv.DictReader(io.StringIO(content.read_text(encoding="utf-8"))):
        token, count = row["token"].lower(), int(row["count"])
        toned[token] += count
        folded[fold(token)] += count
        letters.setdefault(row["position"], Counter())[fold(token)[0]] += count
    initials = {
        letter: _NAMES * (1 - _none_of([counts[letter] for counts in letters.values()]))
        for letter in {letter for counts in letters.values() for letter in counts}
    }
    return TokenFrequencies(toned, folded, initials, _NAMES)


def _none_of(counts: Iterable[int]) -> float:
    """Share of names in none of whose places such a token stands, places being independent."""
    share = 1.0
    for count in counts:
        share *= max(1 - count / _NAMES, 0.0)
    return share
