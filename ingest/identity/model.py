"""How records are compared, kind by kind: levels of agreement, as Splink takes them.

Probabilities of agreement start from these defaults and are estimated where a table allows it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import log2
from typing import Any, Final

import splink.comparison_level_library as levels
import splink.comparison_library as comparisons
from splink import SettingsCreator, block_on

from ingest.identity.evidence import Kind

__all__ = [
    "CERTAIN_SHARE",
    "LEVELS",
    "NAME",
    "YEAR",
    "Level",
    "Model",
    "certain_rules",
    "kinds_of",
    "labels",
    "settings",
    "training_rules",
    "usual",
]

# What evidence is worth, as Splink writes it out.
Model = Mapping[str, Any]
NAME: Final = "name"
# One record in three that comes in is of somebody who is there, as a first guess.
USUAL_SHARE: Final = 0.33
YEAR: Final = "birth_year"


@dataclass(frozen=True)
class Level:
    """One level of agreement.

    Args:
        label: What it is, in words for a steward.
        condition: In SQL over `_l` and `_r` columns; empty for what no other level takes.
        m: Share of the pairs of one person on this level, before anything is estimated.
        u: Share of the pairs of two people, before anything is estimated.
        is_fixed: Whether `u` is not estimated: so rare among two people that no sample shows it.
    """

    label: str
    condition: str
    m: float
    u: float
    is_fixed: bool = False


def _name_levels() -> tuple[Level, ...]:
    """Bits of the names' own evidence: registry.names.compare says what they are made of.

    The same spelling apart: whoever writes his name one way everywhere is more likely himself.
    """
    of_bits = "name_bits(position_l, position_r)"
    same = ((11, 0.15, 14.0), (7, 0.1, 9.0), (-2, 0.1, 4.0))
    steps = (
        (18, 0.08, 19.0),
        (14, 0.12, 16.0),
        (11, 0.15, 12.5),
        (8, 0.1, 9.5),
        (5, 0.08, 6.5),
        (2, 0.05, 3.5),
        (-2, 0.04, 0.0),
    )
    # Bits say how many times rarer a level is among two people than among one.
    return (
        *(
            Level(
                f"the same name, {least} bits or more",
                f"name_l = name_r AND {of_bits} >= {least}",
                m,
                m / 2**bits,
                True,
            )
            for least, m, bits in same
        ),
        *(
            Level(
                f"names agree, {least} bits or more",
                f"{of_bits} >= {least}",
                m,
                m / 2**bits,
                True,
            )
            for least, m, bits in steps
        ),
        Level("names differ", "", 0.03, 0.9, True),
    )


_SHARED_WORDS: Final = "len(list_intersect(affiliation_l, affiliation_r))"
_FEWER_WORDS: Final = "least(len(affiliation_l), len(affiliation_r))"
_HALF_OF_WORDS: Final = f"2 * {_SHARED_WORDS} >= {_FEWER_WORDS}"
_COMMON_COAUTHORS: Final = "len(list_intersect(coauthors_l, coauthors_r))"
_SIGNS_OFF: Final = "damerau_levenshtein(birth_day_l, birth_day_r)"
LEVELS: Final[Mapping[str, Sequence[Level]]] = {
    NAME: _name_levels(),
    Kind.ORCID: (
        Level("the same ORCID iD", "orcid_l = orcid_r", 0.97, 1e-6, True),
        Level("different ORCID iDs", "", 0.03, 1.0, True),
    ),
    Kind.EMAIL: (
        Level("the same address", "email_l = email_r", 0.6, 1e-6, True),
        Level("different addresses", "", 0.4, 1.0, True),
    ),
    Kind.BIRTH: (
        Level("born on the same day", "birth_day_l = birth_day_r", 0.7, 6e-5),
        Level("one sign of the day of birth differs", f"{_SIGNS_OFF} <= 1", 0.1, 6e-4),
        Level("born in the same year", "birth_year_l = birth_year_r", 0.12, 0.028),
        Level("years of birth one apart", "abs(birth_year_l - birth_year_r) <= 1", 0.03, 0.055),
        Level("born in different years", "", 0.05, 0.916),
    ),
    # Where no table knows more than the year.
    YEAR: (
        Level("born in the same year", "birth_year_l = birth_year_r", 0.9, 0.028),
        Level("years of birth one apart", "abs(birth_year_l - birth_year_r) <= 1", 0.04, 0.055),
        Level("born in different years", "", 0.06, 0.917),
    ),
    Kind.AFFILIATION: (
        Level("the same organisation", f"{_SHARED_WORDS} = {_FEWER_WORDS}", 0.5, 0.01),
        Level("organisations share half of their words", _HALF_OF_WORDS, 0.12, 0.02),
        Level("organisations share a word", f"{_SHARED_WORDS} > 0", 0.08, 0.06),
        Level("different organisations", "", 0.3, 0.91),
    ),
    Kind.PLACE: (
        Level("the same place", "place_l = place_r", 0.7, 0.05),
        Level("different places", "", 0.3, 0.95),
    ),
    Kind.COAUTHORS: (
        Level("three common co-authors or more", f"{_COMMON_COAUTHORS} >= 3", 0.25, 2e-5),
        Level("two common co-authors", f"{_COMMON_COAUTHORS} = 2", 0.2, 1e-4),
        Level("one common co-author", f"{_COMMON_COAUTHORS} = 1", 0.2, 2e-3),
        Level("no common co-author", "", 0.35, 0.998),
    ),
    Kind.TOPIC: (
        Level("a common topic", "len(list_intersect(topic_l, topic_r)) > 0", 0.85, 0.08),
        Level("no common topic", "", 0.15, 0.92),
    ),
}
# What a record without the kind has there.
_ABSENT: Final[Mapping[str, str]] = {
    NAME: "name_l IS NULL OR name_r IS NULL",
    Kind.BIRTH: "birth_year_l IS NULL OR birth_year_r IS NULL",
    **{
        str(kind): f"coalesce(len({kind}_l), 0) = 0 OR coalesce(len({kind}_r), 0) = 0"
        for kind in (Kind.AFFILIATION, Kind.COAUTHORS, Kind.TOPIC)
    },
}
# Whose shared value says the less, the more people have it.
_BY_FREQUENCY: Final = frozenset({Kind.PLACE})


def _comparison(kind: str) -> Any:
    absent = _ABSENT.get(kind, f"{kind}_l IS NULL OR {kind}_r IS NULL")
    made: list[Any] = [
        levels.CustomLevel(absent, label_for_charts="unknown").configure(is_null_level=True)
    ]
    for number, level in enumerate(LEVELS[kind]):
        one = (
            levels.CustomLevel(level.condition, label_for_charts=level.label)
            if level.condition
            else levels.ElseLevel()
        )
        options: dict[str, Any] = {"m_probability": level.m, "u_probability": level.u}
        if level.is_fixed:
            options["fix_u_probability"] = True
        if kind in _BY_FREQUENCY and number == 0:
            options["tf_adjustment_column"] = str(kind)
        made.append(one.configure(**options))
    return comparisons.CustomComparison(output_column_name=str(kind), comparison_levels=made)


def settings(kinds: Collection[str], expected: float) -> SettingsCreator:
    """What Splink compares, for tables that have these kinds beside the name.

    Args:
        expected: Share of all pairs that are of one person, as far as it is known beforehand.
    """
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[_comparison(kind) for kind in (NAME, *sorted(kinds))],
        blocking_rules_to_generate_predictions=[
            block_on("pair_ids", arrays_to_explode=["pair_ids"])
        ],
        probability_two_random_records_match=expected,
        retain_intermediate_calculation_columns=True,
        retain_matching_columns=False,
    )


# Under each of these, pairs are alike enough that a good part of them are of one person.
_RULES: Final[Mapping[str, str]] = {
    NAME: "l.name_sorted = r.name_sorted AND len(l.name_sorted) > 8",
    Kind.ORCID: "l.orcid = r.orcid",
    Kind.EMAIL: "l.email = r.email",
    Kind.BIRTH: "l.birth_day = r.birth_day AND len(l.birth_day) = 10",
}


def labels(model: Mapping[str, Any]) -> dict[str, dict[float, str]]:
    """For each kind, what the levels of a trained model are worth in bits, and their words.

    Args:
        model: As Splink writes it out.
    """
    return {
        comparison["output_column_name"]: {
            round(log2(level["m_probability"] / level["u_probability"]), 4): words.label
            for level, words in zip(
                (each for each in comparison["comparison_levels"] if not each.get("is_null_level")),
                LEVELS[comparison["output_column_name"]],
                strict=True,
            )
            if level.get("m_probability") and level.get("u_probability")
        }
        for comparison in model["comparisons"]
    }


def kinds_of(model: Model) -> list[str]:
    """The kinds of evidence beside the name that a model weighs."""
    names = [comparison["output_column_name"] for comparison in model["comparisons"]]
    return [name for name in names if name != NAME]


def usual(kinds: Collection[str], people: int) -> Model:
    """What evidence is usually worth, for a few records beside a registry of so many people."""
    made = settings(kinds, min(0.5, USUAL_SHARE / max(people, 1)))
    model: Model = made.create_settings_dict(sql_dialect_str="duckdb")
    return model


def training_rules(kinds: Collection[str]) -> list[str]:
    """Rules under which the estimation looks at pairs, each leaving other kinds to be estimated."""
    return [rule for kind, rule in _RULES.items() if kind == NAME or kind in kinds]


# Pairs that hardly anybody would doubt, and what part of the true pairs they are taken to be.
_CERTAIN: Final[Mapping[Kind, str]] = {
    Kind.ORCID: "l.orcid = r.orcid",
    Kind.EMAIL: "l.email = r.email",
    Kind.BIRTH: "l.name_sorted = r.name_sorted AND l.birth_day = r.birth_day",
    Kind.AFFILIATION: (
        "l.name_sorted = r.name_sorted AND len(l.name_sorted) > 8 "
        "AND len(l.affiliation) > 0 AND l.affiliation = r.affiliation"
    ),
    Kind.COAUTHORS: (
        "l.name_sorted = r.name_sorted AND len(list_intersect(l.coauthors, r.coauthors)) >= 2"
    ),
}
CERTAIN_SHARE: Final = 0.6


def certain_rules(kinds: Collection[str]) -> list[str]:
    """Rules whose pairs are counted to see how many of all pairs are of one person."""
    return [rule for kind, rule in _CERTAIN.items() if kind in kinds]
