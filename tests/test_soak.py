"""Long products, run by `make soak`: kills at many moments, thousands of damaged files."""

import random
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.sources.openalex import read_openalex
from ingest.sources.people_list import read_people_list
from registry.errors import ImportRefusedError
from tests.test_crash import PEOPLE, _counts, _demo, environment

pytestmark = pytest.mark.soak

DATA = Path(__file__).parent / "data"
# The fixture is the crash tests' own.
__all__ = ["environment"]


@pytest.mark.parametrize("seed", range(12))
def test_a_kill_at_any_moment_is_made_good(environment: dict[str, str], seed: int) -> None:
    process = _demo(environment)
    time.sleep(random.Random(seed).uniform(0.5, 9.0))
    process.send_signal(signal.SIGKILL)
    process.communicate()

    again = _demo(environment)
    output, _ = again.communicate(timeout=180)

    assert again.returncode == 0, output
    counts = _counts(environment)
    assert counts["expert"] == counts["derivation"] == PEOPLE


@pytest.mark.parametrize(
    "name", ["openalex/pyopenalex_author.json", "people_lists/vietnamese_headings.csv"]
)
def test_a_damaged_file_is_read_or_refused_never_anything_else(name: str, tmp_path: Path) -> None:
    whole, rng = (DATA / name).read_bytes(), random.Random(name)
    path, when = tmp_path / Path(name).name, datetime(2026, 11, 1, tzinfo=UTC)
    refused = 0
    for _ in range(5_000):
        damaged = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(damaged))
            damaged[at : at + rng.randint(0, 3)] = rng.randbytes(rng.randint(0, 3))
        path.write_bytes(damaged)
        try:
            if name.startswith("openalex"):
                read_openalex([path], when)
            else:
                read_people_list(path, "soak", when, "soak")
        except ImportRefusedError:
            refused += 1

    print(f"{name}: 5000 damaged, {refused} refused, the rest read")  # noqa: T201
    assert refused > 0
