"""The snapshot of OpenAlex: authors a second on one core, and memory, for two sizes of file.

    python -m benchmarks.snapshot [--lines 20000 200000]

The files are made from the published samples, each line with an id of its own; one line in fifty
names an institution in Vietnam. Each measurement runs in a process of its own, whose largest
memory is taken: it should not grow with the file.
"""

import argparse
import gzip
import json
import resource
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from benchmarks.common import console, show, write
from ingest.services.openalex_files import AuthorsOfSnapshot
from ingest.sources.records import Notes

SAMPLES = Path(__file__).parents[1] / "tests" / "data" / "openalex"
NAMES = (
    "pyopenalex_author.json",
    "legacy2025_author_A5023888391.json",
    "legacy2023_author_singular_institution.json",
)
# Authors a second that are asked for.
LEAST = 5_000
WAYS = {
    "all, checked": "every record kept and checked",
    "all, to drafts": "and read into the draft of a person",
    "Vietnam": "one in fifty chosen by country",
}


def make(folder: Path, lines: int) -> int:
    """Write a snapshot of so many authors; its size in bytes once unpacked."""
    samples = [json.loads((SAMPLES / name).read_bytes()) for name in NAMES]
    part = folder / "authors" / "updated_date=2026-10-01" / "part_000.gz"
    part.parent.mkdir(parents=True)
    size = 0
    with gzip.open(part, "wb", compresslevel=1) as file:
        for number in range(lines):
            key = f"A{5_000_000_000 + number * 7}"
            code = "VN" if number % 50 == 0 else "US"
            last = {"display_name": "Invented Institute", "country_code": code}
            author = samples[number % len(samples)] | {
                "id": f"https://openalex.org/{key}",
                "display_name": f"Invented Person {number}",
                "last_known_institutions": [last],
            }
            line = json.dumps(author, separators=(",", ":")).encode() + b"\n"
            size += len(line)
            file.write(line)
    return size


def measure(folder: Path, way: str) -> dict[str, Any]:
    """Read a snapshot in this process."""
    countries = ["VN"] if way == "Vietnam" else []
    source = AuthorsOfSnapshot(folder, datetime(2026, 11, 1, tzinfo=UTC), countries=countries)
    notes, kept = Notes(), 0
    began, busy = perf_counter(), process_time()
    for page in source.pages(None, None):
        kept += len(page.units)
        if way == "all, to drafts":
            for unit in page.units:
                source.read(unit, notes)
    return {
        "kept": kept,
        "seconds": perf_counter() - began,
        "busy_seconds": process_time() - busy,
        "most_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, nargs="+", default=[20_000, 200_000])
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        folder, way = arguments.measure
        json.dump(measure(Path(folder), way), sys.stdout)
        return
    rows, results = [], []
    for lines in arguments.lines:
        with tempfile.TemporaryDirectory(prefix="registry-bench-") as name:
            size = make(Path(name), lines)
            for way, words in WAYS.items():
                console.print(f"{lines:,} lines: {words}", style="dim")
                command = [sys.executable, "-m", "benchmarks.snapshot", "--measure", name, way]
                done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
                result = json.loads(done.stdout)
                rate = lines / result["busy_seconds"]
                results.append({"lines": lines, "bytes": size, "way": way, "rate": rate, **result})
                rows.append(
                    [
                        f"{lines:,} ({size / 2**20:,.0f} MiB)",
                        way,
                        f"{result['kept']:,}",
                        f"{rate:,.0f}",
                        f"{result['most_memory_mib']:,.0f} MiB",
                    ]
                )
    title = f"Snapshot of OpenAlex, one core; asked for are {LEAST:,} authors a second"
    show(title, ("lines", "way", "kept", "lines/s of processor time", "most memory"), rows)
    write("snapshot", {"least": LEAST, "measured": results})


if __name__ == "__main__":
    main()
