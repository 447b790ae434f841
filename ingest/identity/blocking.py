"""Which records are compared at all: those that share the name and one thing more. Pure.

A key is a part of the name together with another signal; an ORCID iD or an address is one alone.
Where a table says nothing but names, parts of names are the keys: good for look-ups and small
tables, too many on large ones.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import Final

from ingest.identity.evidence import PersonRecord, sorted_name
from registry.names.keys import name_keys
from registry.names.tokens import readings

__all__ = ["MOST_CANDIDATES", "MOST_OF_KEY", "block_keys", "strong_keys"]

# Nobody is compared with more records than this, however many there are.
MOST_CANDIDATES: Final = 200
# Records that one key may bring together: a larger crowd shares finer keys as well.
MOST_OF_KEY: Final = 25


def strong_keys(record: PersonRecord) -> Iterator[str]:
    """Keys under which records are compared whatever their names are."""
    if record.orcid:
        yield f"orcid:{record.orcid}"
    if record.email:
        yield f"email:{record.email}"
    if record.birth and record.birth[2]:
        # So few are born on one day that a name which was misspelt need not agree.
        yield "born:{}-{}-{}".format(*record.birth)
    for one, other in combinations(_strong(record), 2):
        yield f"{one}&{other}"


def block_keys(record: PersonRecord, by_name_alone: bool = False) -> Iterator[str]:
    """Keys of the name with another signal, the coarse ones and the fine ones that split them."""
    if record.name:
        yield f"name:{sorted_name(record.name)}"
    coarse, fine = name_keys(record.name), _fine_keys(record.name)
    for signal in _signals(record):
        yield from (f"{signal}|{key}" for key in coarse)
        yield from (f"{signal}|{key}" for key in fine)
    yield from coarse if by_name_alone else fine


def _strong(record: PersonRecord) -> list[str]:
    """Few signals of different kinds: two of them stand for the name where it was misspelt."""
    found = [f"y{record.birth[0]}"] if record.birth else []
    if record.place:
        found.append(f"p{record.place}")
    found += [f"a{word}" for word in record.affiliation[:1]]
    return found + [f"c{name}" for name in record.coauthors[:4]]


def _signals(record: PersonRecord) -> Iterator[str]:
    if record.birth:
        yield f"y{record.birth[0]}"
    yield from (f"a{word}" for word in record.affiliation[:6])
    if record.place:
        yield f"p{record.place}"
    yield from (f"c{name}" for name in record.coauthors[:8])
    yield from (f"t{topic}" for topic in record.topics[:4])


def _fine_keys(name: str) -> frozenset[str]:
    """Two words of the name, in no order, and all of its first letters."""
    found = set()
    for reading in readings(name)[:1]:
        tokens = [token for token in reading.folded if len(token) > 1]
        found |= {"+".join(sorted(pair)) for pair in combinations(set(tokens), 2)}
        found.add("/" + "".join(sorted(token[0] for token in reading.folded if token)))
    return frozenset(found)
