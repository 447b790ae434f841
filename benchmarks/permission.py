"""What permission costs a search, and how soon somebody erased is in no answer.

    python -m benchmarks.permission [--people 100000] [--repetitions 10]

Cost: the same searches, by the same recruiter of a body, through the same service as the pages,
stored run included, in three ways that take turns in one process:

- permitted: as the product answers them;
- everything: nothing is asked of anybody's permission. Left out are, in SQL, the state of the
  profile, restriction, consent to be ranked and to be seen by this body, and the visibility of
  statements; in the vector index the people and audiences that the recruiter may see; in the
  text index the tags of state, audience and bodies. Left in is what any search needs: filters,
  rows whose passage is gone, passages of superseded statements;
- equal rows: nothing is asked either, but the index admits the very rows that the permitted
  search sees, given beforehand, so that both score and compare as many.

In the last two, which people pass a filter is worked out beforehand as well: what little that
spares them counts against the permitted search. People who paused, withdrew or are restricted
are in no index, in any of the three; SQL counts them where nothing is asked. Encoding the query
costs all three the same, so that the ratio is given with it and without; the limit is held
against the stricter.

Erasure: see benchmarks/permission_erasure.py. People and their vectors, most of them drawn: see
benchmarks/permission_people.py.
"""

import argparse
from typing import Any

import numpy as np
import numpy.typing as npt
import psutil

from benchmarks.common import console, show, write
from benchmarks.permission_erasure import erase_one
from benchmarks.permission_people import ENCODED_PEOPLE, open_registry, say
from benchmarks.permission_searches import (
    ENCODING,
    SELECTOR,
    VARIANTS,
    Stopwatch,
    ask,
    queries,
    variants_of,
)
from matching.engine import Engine
from registry.db import Database
from registry.experts.filters import ExpertFilter

LIMIT_RATIO = 1.3

Times = npt.NDArray[np.float64]


def measure(database: Database, engine: Engine, repetitions: int) -> dict[str, Any]:
    """Ask every query in every way, in turn; print and return times, ratios and stages."""
    asked, variants = queries(), variants_of(engine.index)
    times = {name: np.zeros((len(asked), repetitions, 2)) for name in VARIANTS}
    stages: dict[str, list[dict[str, float]]] = {name: [] for name in VARIANTS}
    people, agreed = dict.fromkeys(VARIANTS, 0), []
    # The first round only warms up.
    for round_number in range(-1, repetitions):
        say(f"searches: round {max(round_number, 0)} of {repetitions}")
        for number, request in enumerate(asked):
            turn = (number + round_number) % len(VARIANTS)
            found = {}
            for name in VARIANTS[turn:] + VARIANTS[:turn]:
                took, split, answer = ask(database, engine, request, variants[name])
                found[name] = [person.expert_id for person in answer.people]
                if number == 0:  # not narrowed
                    people[name] = answer.total
                split["all else"] = took - sum(split.values())
                if round_number >= 0:
                    times[name][number, round_number] = took, took - split[ENCODING]
                    stages[name].append(split)
            agreed.append(found["permitted"] == found["equal rows"])
    _, permitted = engine.index.admitted(SELECTOR, ExpertFilter())
    result = {
        "searches_each": len(asked) * repetitions,
        "people": people,
        "rows": {"permitted": int(permitted.sum()), "everything": int(engine.index.alive.sum())},
        "same_list_from_equal_rows": float(np.mean(agreed)),
        "variants": {name: _summary(times, name) for name in VARIANTS},
        "stages_ms": _stages(stages),
    }
    _show_cost(result)
    return result


def _summary(times: dict[str, Times], name: str) -> dict[str, float | list[float]]:
    found: dict[str, float | list[float]] = {}
    for at, part in enumerate(("", "_without_encoding")):
        own, permitted = times[name][:, :, at], times["permitted"][:, :, at]
        found[f"p50_ms{part}"], found[f"p95_ms{part}"] = np.quantile(own * 1000, [0.5, 0.95])
        found[f"ratio{part}"] = float(np.median(permitted) / np.median(own))
        found[f"interval{part}"] = _interval(permitted, own)
        # Of one search each time: less moved by how different the queries are.
        found[f"pairs{part}"] = float(np.median(permitted / own))
    return found


def _interval(one: Times, other: Times, rounds: int = 2000) -> list[float]:
    """The 95 % interval of the ratio of two medians, by resampling queries."""
    rng = np.random.default_rng(1)
    drawn = rng.integers(0, len(one), (rounds, len(one)))
    ratios = [np.median(one[numbers]) / np.median(other[numbers]) for numbers in drawn]
    return [float(edge) for edge in np.quantile(ratios, [0.025, 0.975])]


def _stages(stages: dict[str, list[dict[str, float]]]) -> dict[str, dict[str, float]]:
    names = [*dict.fromkeys(stage for _, _, stage in Stopwatch.STAGES), "all else"]
    return {
        stage: {
            name: float(np.median([split.get(stage, 0.0) for split in splits])) * 1000
            for name, splits in stages.items()
        }
        for stage in names
    }


def _show_cost(result: dict[str, Any]) -> None:
    parts = (("", "whole search"), ("_without_encoding", "without encoding"))
    rows = [
        [
            name,
            part_name,
            f"{found['p50_ms' + part]:.1f}",
            f"{found['p95_ms' + part]:.1f}",
            f"{found['ratio' + part]:.3f}",
            "{:.3f} to {:.3f}".format(*found["interval" + part]),
            f"{found['pairs' + part]:.3f}",
        ]
        for part, part_name in parts
        for name, found in result["variants"].items()
    ]
    columns = ("search", "", "p50 ms", "p95 ms", "permitted / this", "95 % interval", "of pairs")
    show(f"cost of permission, {result['searches_each']} searches each", columns, rows)
    split = [
        [
            stage,
            *(f"{by[name]:.2f}" for name in VARIANTS),
            f"{by['permitted'] - by['everything']:+.2f}",
        ]
        for stage, by in result["stages_ms"].items()
    ]
    show("median ms by stage, without the stages within", ("stage", *VARIANTS, "cost"), split)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--repetitions", type=int, default=10, help="of each query in each way")
    arguments = parser.parse_args()
    with open_registry(arguments.people) as (database, engine, seconds):
        cost = measure(database, engine, arguments.repetitions)
        # Kept at once: what follows takes as long again, and may fail.
        write("permission", {"people": arguments.people, "cost": cost})
        erasure = erase_one(database, engine)
        memory = psutil.Process().memory_info().rss / 2**20
    highest = max(
        cost["variants"][name][f"ratio{part}"]
        for name in VARIANTS[1:]
        for part in ("", "_without_encoding")
    )
    rows, people = cost["rows"], cost["people"]
    console.print(
        f"permitted are {rows['permitted']:,} of {rows['everything']:,} rows, of "
        f"{people['permitted']:,} of {people['everything']:,} people\n"
        f"highest ratio {highest:.3f}, limit {LIMIT_RATIO} "
        f"{'kept' if highest <= LIMIT_RATIO else 'EXCEEDED'}\n"
        f"vectors of all but the first {ENCODED_PEOPLE} people were drawn from a mixture fitted to "
        f"theirs; this process took {memory:,.0f} MiB"
    )
    write(
        "permission",
        {
            "people": arguments.people,
            "encoded_people": ENCODED_PEOPLE,
            "cost": cost,
            "erasure": erasure,
            "preparation_seconds": seconds,
            "rss_mib": memory,
        },
    )


if __name__ == "__main__":
    main()
