"""Shared by the benchmarks: a registry of invented people in a folder of its own, tables, JSON."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from rich.console import Console
from rich.table import Table

from ingest.demo.generator import generate
from ingest.load import load_stream
from matching.engine import Engine, open_engine
from registry.access.policy import LOCAL_STEWARD
from registry.config import Settings, default_data_folder
from registry.db import Database, open_database
from registry.experts import repository as experts
from registry.schema import migrate
from registry.taxonomy.service import load_taxonomies

RESULTS = Path(__file__).parent / "results"
DATA = Path(__file__).parent / "data"
console = Console(width=140)


@dataclass
class Bench:
    """An opened registry of invented people with their graded truth by expert id."""

    database: Database
    engine: Engine
    grades: dict[UUID, Mapping[str, int]]


@contextmanager
def open_bench(people: int, keep: Path | None = None) -> Iterator[Bench]:
    """Load invented people into a new data folder (or reuse `keep`) and open the indexes.

    The model that was written out for the demonstration is used when it is there.
    """
    folder = keep or Path(tempfile.mkdtemp(prefix="registry-bench-"))
    folder.mkdir(exist_ok=True)
    folder.chmod(0o711)
    written = default_data_folder() / "models"
    if written.is_dir() and not (folder / "models").exists():
        shutil.copytree(written, folder / "models")
    settings = Settings(data_folder=folder)
    database = open_database(settings)
    try:
        migrate(database)
        with database.session() as session:
            load_taxonomies(session)
        drafts = (person.draft for person in generate(people))
        load_stream(database, LOCAL_STEWARD, drafts, datetime.now(UTC), _report("people", people))
        engine = open_engine(settings, database, lambda name, d, t: _report(name, t)(d))
        try:
            yield Bench(database, engine, _grades(database, people))
        finally:
            engine.close()
    finally:
        database.close()
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def _report(name: str, total: int) -> Callable[[int], None]:
    def report(done: int) -> None:
        if done == total or done % max(total // 10, 1) < 100:
            console.print(f"{name}: {done} of {total}", style="dim")

    return report


def _grades(database: Database, people: int) -> dict[UUID, Mapping[str, int]]:
    invented = {person.draft.source_key: person.grades for person in generate(people)}
    with database.session() as session:
        ids = experts.find_by_source(session, "demo", list(invented))
    return {ids[key]: grades for key, grades in invented.items()}


def bootstrap(values: Sequence[float], seed: int = 1, rounds: int = 2000) -> tuple[float, float]:
    """The 95 % interval of a mean over queries, by resampling them."""
    rng = np.random.default_rng(seed)
    sample = np.asarray(values, dtype=np.float64)
    means = sample[rng.integers(0, len(sample), (rounds, len(sample)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table."""
    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def write(name: str, content: Mapping[str, Any]) -> None:
    """Write results as JSON under benchmarks/results."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), "utf-8")
    console.print(f"written to {path}", style="dim")
