"""The served process: time until ready, answers over HTTP, memory.

    python -m benchmarks.service [--people 600]

Loads invented people into a folder of its own, starts `registry serve` on it as a user would, and
asks the 60 roles' Vietnamese queries through the JSON API, one after the other and from four
clients at once.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import psutil

from benchmarks.common import DATA, open_bench, show, write


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=600)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="registry-bench-") as made:
        folder = Path(made)
        with open_bench(arguments.people, folder):
            pass
        result = measure(folder)
    write("service", result | {"people": arguments.people})


def measure(folder: Path) -> dict[str, float]:
    """Serve the folder and measure; prints a table."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    started = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "registry.cli", "serve", "--port", str(port)],
        env=os.environ | {"REGISTRY_DATA_FOLDER": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            _wait(client)
            ready = time.perf_counter() - started
            queries = [
                json.loads(line)["query_vi"]
                for line in (DATA / "roles.jsonl").open(encoding="utf-8")
            ]

            def ask(query: str) -> float:
                begun = time.perf_counter()
                client.post("/api/v1/searches", json={"query": query}).raise_for_status()
                return (time.perf_counter() - begun) * 1000

            ask(queries[0])
            alone = [ask(query) for query in queries]
            with ThreadPoolExecutor(4) as pool:
                together = list(pool.map(ask, queries))
        memory = psutil.Process(server.pid).memory_info().rss / 2**20
    finally:
        server.terminate()
        server.wait(60)
    result = {
        "ready_seconds": ready,
        "p50_ms": float(np.quantile(alone, 0.5)),
        "p95_ms": float(np.quantile(alone, 0.95)),
        "p95_ms_four_clients": float(np.quantile(together, 0.95)),
        "rss_mib": memory,
    }
    show("served process", ("measure", "value"), [[k, f"{v:.1f}"] for k, v in result.items()])
    return result


def _wait(client: httpx.Client) -> None:
    for _ in range(600):
        try:
            if client.get("/ready").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise SystemExit("the service did not get ready within 30 s")


if __name__ == "__main__":
    main()
