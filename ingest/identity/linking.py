"""Compare the records of one table, or of two, and say which speak of one person, and why.

DuckDB brings together records that share a key, Splink weighs what they have in common after
estimating what it is worth in these very tables. One table at a time in memory; no pair is kept
that nobody asked for.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from math import log2
from typing import Final

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
from duckdb.func import PythonUDFType
from splink import Linker
from splink.backends.duckdb import DuckDBAPI

from ingest.identity.blocking import MOST_CANDIDATES, MOST_OF_KEY, block_keys, strong_keys
from ingest.identity.evidence import Kind, PersonRecord, sorted_name
from ingest.identity.model import (
    CERTAIN_SHARE,
    NAME,
    YEAR,
    Model,
    certain_rules,
    kinds_of,
    labels,
    settings,
    training_rules,
)
from ingest.identity.name_bits import NameBits
from registry.names.compare import NameEvidence
from registry.names.frequencies import TokenFrequencies
from registry.names.keys import name_words

__all__ = ["LinkedPair", "Part", "link"]

_log = logging.getLogger(__name__)

# Up to here, records that share only a part of the name are compared as well.
SMALL: Final = 20_000
# Of small tables, so many pairs at most: keys that few share come first.
_MOST_PAIRS: Final = 3_000_000
# So many pairs are drawn to see how often two people agree by chance.
_DRAWN_PAIRS: Final = 100_000
# With fewer, estimates would say more about chance than about the table.
_FEWEST_TO_LEARN: Final = 200
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Part:
    """What one kind of evidence says about a pair: a level in words, and bits for or against."""

    kind: str
    label: str
    bits: float


@dataclass(frozen=True)
class LinkedPair:
    """Two records that were compared.

    Args:
        one, other: Positions in the tables.
        bits: All evidence and the prior: above 0, they are likelier one person than two.
    """

    one: int
    other: int
    bits: float
    parts: tuple[Part, ...]
    name: NameEvidence

    @property
    def probability(self) -> float:
        """That they are one person, by the model."""
        return 1 / (1 + 2**-self.bits) if self.bits > -60 else 0.0


def link(
    ones: Sequence[PersonRecord],
    others: Sequence[PersonRecord] | None = None,
    least_bits: float = -10.0,
    on_progress: Progress | None = None,
    model: Model | None = None,
) -> Iterator[LinkedPair]:
    """Pairs of records that may be of one person, the likeliest first.

    Args:
        others: A second table, whose records are compared with those of the first only; None
            compares the first with itself.
        least_bits: Pairs with less evidence are left out.
        on_progress: Called with (step, done, total).
        model: What evidence is worth; None estimates it from these tables.
    """
    records = [*ones, *(others or ())]
    # Few records that were chosen for being alike tell nothing of how common a name is.
    names = NameBits(records, counted=model is None)
    kinds = _kinds(records) if model is None else kinds_of(model)
    say = on_progress or (lambda *_: None)
    with closing(duckdb.connect()) as connection:
        _put(connection, records, names)
        say("find candidates", 0, 1)
        first = len(ones) if others is not None else None
        count = _block(connection, records, first, is_small=not kinds and len(records) <= SMALL)
        say("find candidates", 1, 1)
        if not count:
            return
        if kinds:
            yield from _weighed(
                connection,
                records,
                names,
                kinds,
                count,
                len(ones),
                others,
                least_bits,
                say,
                model,
            )
        else:
            yield from _by_names(connection, records, names, len(ones), others, least_bits, say)


def _kinds(records: Sequence[PersonRecord]) -> list[str]:
    fields = {Kind.AFFILIATION: "affiliation", Kind.TOPIC: "topics", Kind.COAUTHORS: "coauthors"}
    found: list[str] = [k for k in Kind if any(getattr(r, fields.get(k, k.value)) for r in records)]
    if Kind.BIRTH in found and not any(r.birth and r.birth[2] for r in records):
        found[found.index(Kind.BIRTH)] = YEAR
    return found


def _put(
    connection: duckdb.DuckDBPyConnection, records: Sequence[PersonRecord], names: NameBits
) -> None:
    """The records as the table `person`, by their position."""
    births = [r.birth for r in records]
    words = _Words(names.frequencies)
    table = pa.table(
        {
            "unique_id": pa.array(range(len(records)), pa.int64()),
            "name": pa.array([r.name or None for r in records], pa.string()),
            "name_sorted": pa.array([sorted_name(r.name) or None for r in records], pa.string()),
            "words": pa.array([words.of(r.name) for r in records], pa.list_(pa.int64())),
            "has_initials": pa.array(
                [any(len(t) == 1 for t in names.tokens(n)) for n in range(len(records))], pa.bool_()
            ),
            "orcid": pa.array([r.orcid for r in records], pa.string()),
            "email": pa.array([r.email for r in records], pa.string()),
            "birth_day": pa.array([_day(b) for b in births], pa.string()),
            "birth_year": pa.array([b[0] if b else None for b in births], pa.int32()),
            "affiliation": pa.array([list(r.affiliation) for r in records], pa.list_(pa.string())),
            "place": pa.array([r.place for r in records], pa.string()),
            "coauthors": pa.array([list(r.coauthors) for r in records], pa.list_(pa.string())),
            "topic": pa.array([list(r.topics) for r in records], pa.list_(pa.string())),
        }
    )
    connection.register("given", table)
    connection.execute("CREATE TABLE person AS FROM given")
    connection.unregister("given")


class _Words:
    """Words of names as numbers that hold what sharing them says."""

    def __init__(self, frequencies: TokenFrequencies) -> None:
        self._frequencies = frequencies
        self._numbers: dict[str, int] = {}

    def of(self, name: str) -> list[int]:
        return [self._number(word) for word in name_words(name)]

    def _number(self, word: str) -> int:
        if word not in self._numbers:
            bits = -log2(self._frequencies.share(word, is_folded=True))
            self._numbers[word] = int(bits * 100) * _UNIT + len(self._numbers)
        return self._numbers[word]


def _day(birth: tuple[int, int, int] | None) -> str | None:
    """The day of birth when it is known in full; a year alone is compared as a year."""
    return "{:04}-{:02}-{:02}".format(*birth) if birth and birth[1] and birth[2] else None


_PAIRS: Final = """
CREATE TABLE pair AS
WITH sized AS (
    SELECT key, size FROM (
        SELECT key, count(*) AS size,
            sum(size * (size - 1) // 2) OVER (ORDER BY size, key) AS pairs_so_far
        FROM block GROUP BY key HAVING size > 1 AND size <= $most
    ) WHERE pairs_so_far <= $budget
), met AS (
    SELECT a.person AS one, b.person AS other, min(size) AS size, bool_or(a.is_strong) AS is_strong
    FROM block a JOIN sized USING (key) JOIN block b USING (key)
    WHERE a.person < b.person AND ($first IS NULL OR (a.person < $first) <> (b.person < $first))
    GROUP BY ALL
), alike AS (
    SELECT met.* FROM met
    JOIN person a ON a.unique_id = one JOIN person b ON b.unique_id = other
    WHERE is_strong
        OR list_sum(list_transform(list_intersect(a.words, b.words), lambda w: w // $unit))
            >= CASE WHEN a.has_initials OR b.has_initials THEN $least_initials ELSE $least END
), ranked AS (
    SELECT one, other,
        row_number() OVER (PARTITION BY one ORDER BY size, other) AS place,
        row_number() OVER (PARTITION BY other ORDER BY size, one) AS place_other
    FROM alike
)
SELECT row_number() OVER () AS id, one, other FROM ranked
WHERE place <= $candidates AND place_other <= $candidates
"""
# Words of names as numbers: hundredths of bits, then the number of the word.
_UNIT: Final = 10_000_000
# Pairs whose names share less are not looked at more closely, in hundredths of bits: "Nguyễn Văn"
# alone is no reason to; with initials, a family name is.
_LEAST_SHARED, _LEAST_WITH_INITIALS = 480, 100


def _block(
    connection: duckdb.DuckDBPyConnection,
    records: Sequence[PersonRecord],
    first: int | None,
    is_small: bool,
) -> int:
    """The pairs to compare as the table `pair`; how many there are."""
    connection.execute("CREATE TABLE block (key VARCHAR, person BIGINT, is_strong BOOLEAN)")
    for start in range(0, len(records), 20_000):
        keys: list[str] = []
        people: list[int] = []
        strong: list[bool] = []
        for position, record in enumerate(records[start : start + 20_000], start):
            alone = set(strong_keys(record))
            found = set(block_keys(record, by_name_alone=is_small))
            keys += [*alone, *found]
            people += [position] * (len(alone) + len(found))
            strong += [True] * len(alone) + [False] * len(found)
        given = {"key": keys, "person": pa.array(people, pa.int64()), "is_strong": strong}
        connection.register("given", pa.table(given))
        connection.execute("INSERT INTO block FROM given")
        connection.unregister("given")
    limits = {
        "first": first,
        "most": len(records) if is_small else MOST_OF_KEY,
        "candidates": len(records) if is_small else MOST_CANDIDATES,
        "budget": _MOST_PAIRS if is_small else len(records) * MOST_CANDIDATES,
        "unit": _UNIT,
        "least": 0 if is_small else _LEAST_SHARED,
        "least_initials": 0 if is_small else _LEAST_WITH_INITIALS,
    }
    connection.execute(_PAIRS, limits)
    connection.execute("DROP TABLE block")
    return int(connection.sql("SELECT count(*) FROM pair").fetchall()[0][0])


def _by_names(
    connection: duckdb.DuckDBPyConnection,
    records: Sequence[PersonRecord],
    names: NameBits,
    first: int,
    others: Sequence[PersonRecord] | None,
    least_bits: float,
    say: Progress,
) -> Iterator[LinkedPair]:
    """Pairs by the evidence of their names; a record is one of so many before they are read."""
    prior = -log2(max(len(others) if others is not None else len(records) - 1, 1))
    pairs = connection.sql("SELECT one, other FROM pair ORDER BY id").fetchall()
    found = []
    for number, (one, other) in enumerate(pairs):
        evidence = names.evidence(one, other)
        if evidence.bits + prior >= least_bits:
            found.append(
                _pair(one, other, evidence.bits + prior, prior, (), evidence, first, others)
            )
        if number % 10_000 == 0:
            say("compare names", number, len(pairs))
    say("compare names", len(pairs), len(pairs))
    found.sort(key=lambda pair: (-pair.bits, pair.one, pair.other))
    yield from found


def _pair(
    one: int,
    other: int,
    bits: float,
    prior: float,
    parts: tuple[Part, ...],
    name: NameEvidence,
    first: int,
    others: Sequence[PersonRecord] | None,
) -> LinkedPair:
    if not parts:
        parts = (Part(NAME, "names", name.bits),)
    shift = first if others is not None else 0
    return LinkedPair(
        one, other - shift, bits, (*parts, Part("prior", "before anything is known", prior)), name
    )


def _weighed(
    connection: duckdb.DuckDBPyConnection,
    records: Sequence[PersonRecord],
    names: NameBits,
    kinds: Sequence[str],
    count: int,
    first: int,
    others: Sequence[PersonRecord] | None,
    least_bits: float,
    say: Progress,
    given: Model | None,
) -> Iterator[LinkedPair]:
    """Pairs by all evidence, weighed by Splink."""
    say("compare names", 0, count)
    pairs = connection.execute("SELECT one, other FROM pair").fetchnumpy()
    names.of(pairs["one"], pairs["other"])
    say("compare names", count, count)

    def name_bits(ones: pa.Array, others: pa.Array) -> pa.Array:
        return pa.array(names.of(ones.to_numpy(), others.to_numpy()), type=pa.float64())

    connection.create_function(
        "name_bits", name_bits, ["BIGINT", "BIGINT"], "DOUBLE", type=PythonUDFType.ARROW
    )
    connection.execute(
        "CREATE TABLE compared AS "
        "SELECT p.*, p.unique_id AS position, coalesce(ids.pair_ids, []) AS pair_ids "
        "FROM person p LEFT JOIN (SELECT person, list(id) AS pair_ids FROM ("
        "SELECT one AS person, id FROM pair UNION ALL SELECT other, id FROM pair"
        ") GROUP BY person) ids ON ids.person = p.unique_id"
    )
    # One record in two has another one of the same person, as a first guess.
    expected = min(0.5, 1 / max(len(records), 2))
    api = DuckDBAPI(connection)
    wanted_settings = dict(given) if given is not None else settings(kinds, expected)
    linker = Linker(api.register("compared"), wanted_settings, log_level=logging.ERROR)
    if given is None:
        _train(linker, kinds, len(records), say)
    say("compare", 0, count)
    weighed = linker.inference.predict(threshold_match_weight=least_bits)
    model = linker.misc.save_model_to_json()
    expected = model["probability_two_random_records_match"]
    prior, known = log2(expected / (1 - expected)), labels(model)
    columns = [NAME, *map(str, kinds)]
    adjusted = "mw_tf_adj_place" if Kind.PLACE in kinds else "0"
    wanted = ", ".join(f"mw_{kind}" for kind in columns)
    answer = connection.execute(
        f"SELECT unique_id_l, unique_id_r, match_weight, {adjusted}, {wanted} "
        f"FROM {weighed.physical_name} ORDER BY match_weight DESC, unique_id_l, unique_id_r"
    )
    while batch := answer.fetchmany(10_000):
        for one, other, bits, more, *rest in batch:
            low, high = sorted((one, other))
            parts = tuple(_parts(columns, rest, more or 0.0, known))
            evidence = names.evidence(low, high)
            yield _pair(low, high, bits, prior, parts, evidence, first, others)
    say("compare", count, count)


def _train(linker: Linker, kinds: Sequence[str], size: int, say: Progress) -> None:
    """Estimate what agreement is worth in these tables; what cannot be estimated keeps defaults."""
    rules = training_rules(kinds)
    say("estimate", 0, len(rules) + 1)
    if certain := certain_rules(kinds):
        linker.training.estimate_probability_two_random_records_match(
            [*certain], recall=CERTAIN_SHARE
        )
    linker.training.estimate_u_using_random_sampling(max_pairs=_DRAWN_PAIRS, seed=1)
    for number, rule in enumerate(rules, start=1):
        if size >= _FEWEST_TO_LEARN and len(kinds) >= 2:
            try:
                linker.training.estimate_parameters_using_expectation_maximisation(rule)
            except Exception:
                # Too few pairs under this rule: the others, and the defaults, remain.
                _log.debug("nothing to estimate under %s", rule, exc_info=True)
        say("estimate", number + 1, len(rules) + 1)


def _parts(
    columns: Sequence[str],
    bits: Sequence[float],
    by_frequency: float,
    known: Mapping[str, Mapping[float, str]],
) -> Iterator[Part]:
    """What each kind says; one that a record lacks says nothing, and is left out."""
    for kind, value in zip(columns, bits, strict=True):
        label = known[kind].get(round(value, 4))
        if label is not None:
            yield Part(kind, label, value + (by_frequency if kind == Kind.PLACE else 0.0))
