"""Imports: seconds and memory of the dry run, the load, and taking it back, for a list of people.

    python -m benchmarks.imports [--rows 10000] [--people 3000]

A list of 15 columns is imported beside so many invented people: read, compared with all of them,
then loaded, then read again unchanged, then taken back. Limits: 20 s for the dry run of 10,000
rows, 60 s for their load.
"""

import argparse
import resource
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

from benchmarks.common import Bench, console, open_bench, show, write
from benchmarks.sheets import make
from ingest.identity.candidates import refresh
from ingest.runs import planning, service, store
from ingest.runs.advancing import Tools, advance
from ingest.runs.service import GivenFile
from registry.access.policy import LOCAL_STEWARD
from registry.config import Settings
from registry.experts.reverting import revert_change

# Seconds for 10,000 rows.
LIMITS = {"dry run": 20.0, "load": 60.0}


def measure(bench: Bench, rows: int) -> dict[str, Any]:
    """Import a list twice, and take it back."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.xlsx"
        make(path, rows)
        content = path.read_bytes()
    began = perf_counter()
    refresh(bench.database)
    result: dict[str, Any] = {"rows": rows, "refresh": perf_counter() - began}
    first, result["dry run"] = _dry_run(bench, content)
    with bench.database.session() as session:
        result["counts"] = dict(service.get(session, LOCAL_STEWARD, first).counts)
        began = perf_counter()
        service.confirm(session, LOCAL_STEWARD, first, datetime.now(UTC))
    _advance(bench, first)
    result["load"] = perf_counter() - began
    second, result["dry run of the same"] = _dry_run(bench, content)
    with bench.database.session() as session:
        counts = service.get(session, LOCAL_STEWARD, second).counts
        result["the same"] = counts.get("same", 0)
        change_id = store.get_run(session, first).change_id
        assert change_id is not None
        began = perf_counter()
        revert_change(
            session, LOCAL_STEWARD, change_id, now=datetime.now(UTC), reason="a measurement"
        )
    result["taken back"] = perf_counter() - began
    result["most_memory_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return result


def _dry_run(bench: Bench, content: bytes) -> tuple[UUID, float]:
    began = perf_counter()
    with bench.database.session() as session:
        file = GivenFile("list.xlsx", content)
        now = datetime.now(UTC)
        run = planning.begin_list(session, LOCAL_STEWARD, file, "bench-list", "Bench", now)
        run_id, state = run.id, run.state
    assert state == "reading", state
    assert _advance(bench, run_id) == "ready"
    return run_id, perf_counter() - began


def _advance(bench: Bench, run_id: UUID) -> str:
    def say(step: str, done: int, total: int) -> None:
        if done == total:
            console.print(f"{step}: {done:,}", style="dim")

    return advance(bench.database, run_id, LOCAL_STEWARD, Tools(Settings(), on_progress=say))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--people", type=int, default=3_000)
    arguments = parser.parse_args()
    with open_bench(arguments.people) as bench:
        result = measure(bench, arguments.rows)
    share = arguments.rows / 10_000
    table = [
        [
            name,
            f"{result[name]:.1f} s",
            f"{LIMITS[name] * share:.0f} s" if name in LIMITS else "",
            f"{result[name] / (LIMITS[name] * share):.2f}" if name in LIMITS else "",
        ]
        for name in ("refresh", "dry run", "load", "dry run of the same", "taken back")
    ]
    title = (
        f"{arguments.rows:,} rows beside {arguments.people:,} people, "
        f"{result['most_memory_mib']:,.0f} MiB: {result['counts']}"
    )
    show(title, ("", "took", "limit", "ratio"), table)
    write("imports", result)


if __name__ == "__main__":
    main()
