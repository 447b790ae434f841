"""Invented records with planted duplicates, for measuring who-is-who at scale.

Names are drawn by the frequencies of their words among Vietnamese students; everything else is
drawn too. A duplicate is written as another source would write it; what it keeps of the original is
set by the shares below.
"""

import csv
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import StringIO
from random import Random

from ingest.identity.evidence import Kind, PersonRecord, make_record
from registry.text import fold

# What is done to a duplicate's name, and which of the original's signals it keeps.
TURNED, INITIALS, DROPPED, UNMARKED = 0.50, 0.25, 0.15, 0.60
MOVED, KEEPS_EMAIL, KEEPS_ORCID, KEEPS_YEAR = 0.50, 0.30, 0.20, 0.70
KEEPS_COAUTHORS, KEEPS_TOPIC, ONLY_NAME = 0.50, 0.90, 0.10
_ORGANISATIONS, _TOPICS, _GROUP = 2_000, 400, 12


@dataclass(frozen=True)
class Planted:
    """Records, and for each the number of the person whom it speaks of."""

    records: list[PersonRecord]
    person: list[int]
    # For each duplicate: whether anything but the name is left.
    only_name: int


@cache
def _tokens() -> dict[str, tuple[list[str], list[int]]]:
    found: dict[str, tuple[list[str], list[int]]] = defaultdict(lambda: ([], []))
    content = files("registry.names").joinpath("data", "vn_name_token_counts.csv")
    for row in csv.DictReader(StringIO(content.read_text(encoding="utf-8"))):
        words, counts = found[row["position"]]
        words.append(row["token"])
        counts.append(int(row["count"]))
    return found


def _name(rng: Random) -> list[str]:
    def draw(place: str) -> str:
        words, counts = _tokens()[place]
        return rng.choices(words, counts)[0]

    middles = [draw("middle") for _ in range(rng.choices((1, 2), (0.83, 0.17))[0])]
    return [draw("surname"), *middles, draw("given")]


@dataclass
class _Person:
    name: list[str]
    year: int
    email: str
    orcid: str
    organisation: int
    topic: int
    coauthors: list[str]


def plant(people: int, duplicates: int, seed: int = 1) -> Planted:
    """So many people with a record each, and so many records more of some of them."""
    rng = Random(f"linkage:{seed}:{people}")
    names = [_name(rng) for _ in range(people)]
    made: list[_Person] = []
    for number, name in enumerate(names):
        # Colleagues write together: co-authors come from people with near numbers.
        first = number // _GROUP * _GROUP
        near = [n for n in range(first, min(first + _GROUP, people)) if n != number]
        chosen = rng.sample(near, min(len(near), rng.randint(2, 6)))
        made.append(
            _Person(
                name,
                rng.randint(1950, 1999),
                f"{number}@example.org" if rng.random() < 0.8 else "",
                _orcid(number) if rng.random() < 0.5 else "",
                int(rng.paretovariate(0.8)) % _ORGANISATIONS,
                int(rng.paretovariate(0.6)) % _TOPICS,
                [" ".join(names[n]) for n in chosen],
            )
        )
    records = [_record(f"p{n}", each.name, each, rng) for n, each in enumerate(made)]
    person = list(range(people))
    only_name = 0
    for number, original in enumerate(rng.sample(range(people), duplicates)):
        copy, is_bare = _copy(made[original], rng)
        only_name += is_bare
        records.append(_record(f"d{number}", copy.name, copy, rng))
        person.append(original)
    return Planted(records, person, only_name)


def _copy(one: _Person, rng: Random) -> tuple[_Person, bool]:
    is_bare = rng.random() < ONLY_NAME

    def kept(share: float) -> bool:
        return not is_bare and rng.random() < share

    coauthors = [c for c in one.coauthors if rng.random() < 0.3][:1]
    if kept(KEEPS_COAUTHORS):
        coauthors = one.coauthors[: rng.randint(2, max(2, len(one.coauthors)))]
    other = " ".join(_name(rng))
    return (
        _Person(
            _other_spelling(one.name, rng),
            one.year if kept(KEEPS_YEAR) else 0,
            one.email if kept(KEEPS_EMAIL) else "",
            one.orcid if kept(KEEPS_ORCID) else "",
            int(rng.paretovariate(0.8)) % _ORGANISATIONS
            if is_bare or rng.random() < MOVED
            else one.organisation,
            one.topic if kept(KEEPS_TOPIC) else int(rng.paretovariate(0.6)) % _TOPICS,
            [] if is_bare else [*coauthors, other],
        ),
        is_bare,
    )


def _other_spelling(name: list[str], rng: Random) -> list[str]:
    family, *middles, given = name
    if middles and rng.random() < DROPPED:
        middles = middles[1:]
    if rng.random() < INITIALS:
        middles = [word[0] for word in middles]
        if rng.random() < 0.3:
            given = given[0]
    turned = rng.random() < TURNED
    tokens = [*middles, given, family] if turned else [family, *middles, given]
    return [_without_marks(word) for word in tokens] if rng.random() < UNMARKED else tokens


def _without_marks(word: str) -> str:
    return fold(word).title()


def _record(record_id: str, name: list[str], one: _Person, rng: Random) -> PersonRecord:
    values = {
        Kind.EMAIL: one.email,
        Kind.ORCID: one.orcid,
        Kind.BIRTH: str(one.year) if one.year else "",
        Kind.AFFILIATION: f"org{one.organisation}",
        Kind.TOPIC: f"topic{one.topic}",
        Kind.COAUTHORS: ";".join(rng.sample(one.coauthors, len(one.coauthors))),
    }
    return make_record(record_id, " ".join(name), values)


def _orcid(number: int) -> str:
    digits = f"{number:015d}"
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    whole = digits + ("X" if check == 10 else str(check))
    return "-".join(whole[i : i + 4] for i in range(0, 16, 4))
