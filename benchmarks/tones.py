"""How well queries without tone marks are repaired: python -m benchmarks.tones

Nothing measured here is counted in the model, though settings were compared with it in view
(docs/decisions/0003-tone-marks.md): sib200 (sentences of news and travel), 84 queries of
recruiters written before the phrase list was, and the names of two national taxonomies.
"""

import csv
import random
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.common import DATA, console, show, write
from matching.tone_model import ToneModel
from matching.tones import DATA as MODEL
from matching.tones import UNSURE_MARGIN, ToneRestorer
from registry.text import fold, is_folded_syllable, words

TAXONOMIES = Path(__file__).parent.parent / "registry" / "taxonomy" / "data"
# Of every ten words, this many lose their marks in the partly marked input.
LOST_PER_TEN = 3


def main() -> None:
    """Measure every set with every kind of input, print the table, write the JSON."""
    started = time.perf_counter()
    ToneModel.load(MODEL)
    load_seconds = time.perf_counter() - started
    restorer = ToneRestorer.bundled()
    sets = {
        "sib200": read(DATA / "sib200" / "vie.txt"),
        "queries": read(DATA / "tone_queries.txt"),
        "taxonomies": [
            row["name_vi"]
            for name in ("vn_science_classification_2008.csv", "vn_strategic_technologies.csv")
            for row in csv.DictReader((TAXONOMIES / name).read_text("utf-8").splitlines())
        ],
    }
    kinds: dict[str, Callable[[str], str]] = {
        "no marks": fold,
        "3 of 10 words bare": lose_marks,
        "all marks": str.lower,
    }
    rows = [
        {"set": name, "input": kind, **measure(restorer, lines, change)}
        for name, lines in sets.items()
        for kind, change in kinds.items()
    ]
    long_text = " ".join(map(fold, sets["sib200"]))[:100_000]
    started = time.perf_counter()
    restorer.restore(long_text)
    report = {
        "unsure_margin": UNSURE_MARGIN,
        "data_bytes": MODEL.stat().st_size,
        "load_seconds": round(load_seconds, 3),
        "restore_100_kb_seconds": round(time.perf_counter() - started, 2),
        "process_peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "rows": rows,
    }
    cells = [[str(value) for value in row.values()] for row in rows]
    show("Tone marks restored (shares of 1)", [c.replace("_", " ") for c in rows[0]], cells)
    for name, value in report.items():
        if name != "rows":
            console.print(f"{name.replace('_', ' ')}: {value}")
    write("tones", report)


def measure(
    restorer: ToneRestorer, lines: Sequence[str], change: Callable[[str], str]
) -> dict[str, Any]:
    """Shares (0 to 1) of right syllables and lines, and milliseconds a line.

    Tone placement is not counted as an error (hoà, hòa); a line is right when all words are.
    """
    right = total = whole = sure = sure_whole = sure_right = sure_total = near_whole = 0
    times = []
    for line in lines:
        wanted = words(line)
        typed = change(line)
        started = time.perf_counter()
        found = restorer.restore(typed)
        times.append(time.perf_counter() - started)
        got = words(found.text)
        pairs = [
            (w, g)
            for w, g in zip(wanted, got, strict=True)
            if w.isalpha() and is_folded_syllable(fold(w))
        ]
        hits = sum(w == g for w, g in pairs)
        is_whole = wanted == got
        right, total, whole = right + hits, total + len(pairs), whole + is_whole
        near_whole += is_whole or any(words(a) == wanted for a in found.alternatives)
        if not found.is_unsure:
            sure, sure_whole = sure + 1, sure_whole + is_whole
            sure_right, sure_total = sure_right + hits, sure_total + len(pairs)
    return {
        "lines": len(lines),
        "syllables_right": round(right / total, 4),
        "lines_right": round(whole / len(lines), 4),
        "lines_right_with_alternatives": round(near_whole / len(lines), 4),
        "unsure": round(1 - sure / len(lines), 4),
        "sure_syllables_right": round(sure_right / max(1, sure_total), 4),
        "sure_lines_right": round(sure_whole / max(1, sure), 4),
        "median_ms": round(1000 * statistics.median(times), 2),
        "slowest_ms": round(1000 * max(times), 2),
    }


def lose_marks(line: str) -> str:
    """Lower case, with three of ten words bare; the same words in every run."""
    chance = random.Random(line)
    return " ".join(
        fold(word) if chance.randrange(10) < LOST_PER_TEN else word.lower() for word in line.split()
    )


def read(path: Path) -> list[str]:
    """The lines of a text file."""
    return path.read_text("utf-8").splitlines()


if __name__ == "__main__":
    main()
