"""Who is who: planted duplicates found again among invented records, and pairs of fake1000.

    python -m benchmarks.linkage [--people 100000] [--duplicates 30000]

For the planted registry: share of the true pairs among those that were compared (of all, and of
those that share a signal beside the name), and recall at the evidence from which precision is .99,
.95 and .90. The bound is the share of duplicates that have more than their name: nobody can tell
the others from people of the same name. Automatic merges are those that the registry makes without
a person (ingest/identity/deciding.py).
"""

import argparse
import csv
import resource
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.common import console, show, write
from benchmarks.linkage_people import plant
from ingest.identity.deciding import is_certain
from ingest.identity.evidence import PersonRecord
from ingest.identity.linking import link
from ingest.identity.person_tables import read_people

FAKE = Path(__file__).parents[1] / "tests" / "data" / "linking" / "fake_1000.csv"
# Pair F1 of Jaro-Winkler rules on fake1000.
RULES = 0.864
_PRECISIONS = (0.99, 0.95, 0.90)


def planted(people: int, duplicates: int) -> dict[str, Any]:
    """Link a planted registry with itself."""
    registry = plant(people, duplicates)
    of: defaultdict[int, list[int]] = defaultdict(list)
    for position, person in enumerate(registry.person):
        of[person].append(position)
    true = {pair for group in of.values() for pair in combinations(group, 2)}
    signalled = {pair for pair in true if _shares(*(registry.records[n] for n in pair))}
    began = perf_counter()
    found, automatic = [], []
    pairs = link(registry.records, least_bits=-200.0, on_progress=_say)
    for pair in pairs:
        found.append(((pair.one, pair.other), pair.bits))
        if is_certain(pair.bits, pair.parts):
            automatic.append((pair.one, pair.other) in true)
    seconds = perf_counter() - began
    return {
        "records": len(registry.records),
        "true_pairs": len(true),
        "seconds": seconds,
        "most_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "compared": sum(pair in true for pair, _ in found) / len(true),
        "compared_with_a_signal": sum(pair in signalled for pair, _ in found) / len(signalled),
        "bound": 1 - registry.only_name / duplicates,
        "automatic": {
            "pairs": len(automatic),
            "precision": sum(automatic) / max(len(automatic), 1),
            "share_of_true": sum(automatic) / len(true),
        },
        "at": _recalls([pair in true for pair, _ in found], [b for _, b in found], len(true)),
    }


def _shares(one: PersonRecord, other: PersonRecord) -> bool:
    """Whether two records have anything in common beside the name."""
    return bool(
        (one.orcid and one.orcid == other.orcid)
        or (one.email and one.email == other.email)
        or (one.birth and other.birth and one.birth[0] == other.birth[0])
        or set(one.affiliation) & set(other.affiliation)
        or set(one.coauthors) & set(other.coauthors)
        or set(one.topics) & set(other.topics)
    )


def _say(step: str, done: int, total: int) -> None:
    if done == total:
        console.print(f"{step}: {done:,} of {total:,}", style="dim")


def _recalls(right: Sequence[bool], bits: Sequence[float], true: int) -> dict[str, Any]:
    """For each precision, the lowest evidence that keeps it, and what is found from there on."""
    at: dict[str, Any] = {}
    hits = 0
    for count, (is_right, evidence) in enumerate(zip(right, bits, strict=True), start=1):
        hits += is_right
        for precision in _PRECISIONS:
            if hits >= precision * count:
                at[f"{precision:.2f}"] = {"bits": evidence, "recall": hits / true, "pairs": count}
    return at


def fake_1000() -> dict[str, float]:
    """Pair F1 on fake1000: at even odds, and at the best evidence."""
    records, _ = read_people(FAKE, None)
    with FAKE.open(encoding="utf-8", newline="") as file:
        cluster = {row["unique_id"]: row["cluster"] for row in csv.DictReader(file)}
    true = sum(n * (n - 1) // 2 for n in Counter(cluster.values()).values())
    scores: list[float] = []
    even = hits = 0.0
    for count, pair in enumerate(link(records), start=1):
        hits += cluster[records[pair.one].id] == cluster[records[pair.other].id]
        scores.append(2 * hits / (count + true))
        if pair.bits >= 0:
            even = scores[-1]
    return {"even_odds": even, "best": max(scores), "jaro_winkler_rules": RULES}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--duplicates", type=int, default=30_000)
    arguments = parser.parse_args()
    fake = fake_1000()
    result = planted(arguments.people, arguments.duplicates)
    rows = [
        [f"precision {p}", f"{at['bits']:.1f}", f"{at['recall']:.3f}", f"{at['pairs']:,}"]
        for p, at in result["at"].items()
    ]
    title = (
        f"{result['records']:,} records, {result['true_pairs']:,} true pairs, "
        f"{result['compared']:.3f} of them compared, of those with a signal "
        f"{result['compared_with_a_signal']:.4f}, bound {result['bound']:.3f}: "
        f"{result['seconds']:.0f} s, {result['most_memory_mib']:,.0f} MiB"
    )
    merged = result["automatic"]
    rows.append(
        [
            f"automatic, precision {merged['precision']:.4f}",
            "",
            f"{merged['share_of_true']:.3f}",
            f"{merged['pairs']:,}",
        ]
    )
    show(title, ("at", "bits", "recall", "pairs"), rows)
    rows = [[name, f"{value:.3f}"] for name, value in fake.items()]
    show("fake1000, F1 of pairs", ("", "F1"), rows)
    write("linkage", {"planted": result, "fake1000": fake})


if __name__ == "__main__":
    main()
