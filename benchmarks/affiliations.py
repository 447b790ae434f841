"""Affiliation strings matched with the bundled organisations: python -m benchmarks.affiliations

Two labelled sets: ROR's own (Springer and Crossref strings of 2023 and 2024, of which only those
can be found whose organisation is in the table), and strings of Vietnam whose labels are this
project's and which were in view while the rules were written. The rule to beat: the longest name
of an organisation that stands in the string.
"""

import csv
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.common import console, show, write
from ingest.sources.affiliation_index import Organisations
from ingest.sources.affiliation_matching import match_affiliation
from ingest.sources.ror import bundled_organisations
from registry.text import words

DATA = Path(__file__).parents[1] / "tests" / "data" / "ror"
Case = tuple[str, frozenset[str]]
Find = Callable[[str], tuple[frozenset[str], frozenset[str]]]


def main() -> None:
    organisations = Organisations(bundled_organisations())
    names = {
        " ".join(words(name.text)): organisation.ror_id
        for organisation in organisations.by_id.values()
        for name in organisation.names
        if "acronym" not in name.types
    }

    def ours(text: str) -> tuple[frozenset[str], frozenset[str]]:
        found = match_affiliation(text, organisations)
        chosen = frozenset(m.organisation.ror_id for m in found.chosen)
        return chosen, chosen | {m.organisation.ror_id for m in found.proposals}

    def exact(text: str) -> tuple[frozenset[str], frozenset[str]]:
        padded = f" {' '.join(words(text))} "
        inside = [name for name in names if f" {name} " in padded]
        best = frozenset({names[max(inside, key=len)]} if inside else set[str]())
        return best, best

    known = frozenset(organisations.by_id)
    sets = {"ROR's labels": _ror_cases(known), "Vietnam": _vietnamese_cases(known)}
    rows = [
        {"set": name, "matcher": title, **measure(cases, find)}
        for name, cases in sets.items()
        for title, find in (("match_affiliation", ours), ("exact name", exact))
    ]
    cells = [[str(value) for value in row.values()] for row in rows]
    show("Affiliations", [key.replace("_", " ") for key in rows[0]], cells)
    for name, cases in sets.items():
        for text, right in cases:
            chosen, _ = ours(text)
            if chosen != right:
                console.print(f"{name}: {text!r}: took {sorted(chosen)}, label {sorted(right)}")
    write("affiliations", {"organisations": len(known), "rows": rows})


def _ror_cases(known: frozenset[str]) -> list[Case]:
    rows = json.loads((DATA / "affiliation_matching_sample.json").read_text("utf-8"))
    return [(row["affiliation"], frozenset(i[-9:] for i in row["ror_ids"]) & known) for row in rows]


def _vietnamese_cases(known: frozenset[str]) -> list[Case]:
    with (DATA / "vietnamese_affiliations.csv").open(encoding="utf-8", newline="") as file:
        return [
            (row["affiliation"], frozenset(row["ror_ids"].split()) & known)
            for row in csv.DictReader(file)
        ]


def measure(cases: Sequence[Case], find: Find) -> dict[str, Any]:
    """Precision and recall of what is taken, and the share that is taken or proposed."""
    taken = right = wanted = offered = 0
    started = time.perf_counter()
    for text, label in cases:
        chosen, all_offered = find(text)
        taken, right = taken + len(chosen), right + len(chosen & label)
        wanted, offered = wanted + len(label), offered + len(all_offered & label)
    seconds = time.perf_counter() - started
    return {
        "strings": len(cases),
        "findable": wanted,
        "taken": taken,
        "precision": round(right / max(1, taken), 3),
        "recall": round(right / max(1, wanted), 3),
        "recall_with_proposals": round(offered / max(1, wanted), 3),
        "ms_each": round(1000 * seconds / len(cases), 2),
    }


if __name__ == "__main__":
    main()
