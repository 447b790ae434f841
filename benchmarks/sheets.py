"""Spreadsheets: rows a second on one core, and memory, by size and format of the file.

    python -m benchmarks.sheets [--rows 1000 10000 50000]

A list of 15 columns of invented people is read, a plan of it is guessed, and each row is turned
into the draft of a person. Each measurement runs in a process of its own, whose largest memory is
taken, that of its children included; drafts are not kept, as a run does not keep them.
"""

import argparse
import csv
import json
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import xlwt
from openpyxl import Workbook

from benchmarks.common import console, show, write
from ingest.sources.people_list import open_list
from ingest.sources.plan_rows import ListOrigin, read_rows
from ingest.sources.table_guessing import guess_plan

# Seconds for 10,000 rows that are asked for.
MOST_SECONDS = 6
FORMATS = ("xlsx", "csv", "xls")
HEADINGS = (
    *("STT", "Họ và tên", "Ngày sinh", "Giới tính", "Học hàm, học vị", "Chức vụ"),
    *("Cơ quan công tác", "Quốc gia", "Tỉnh/Thành phố", "Lĩnh vực", "Hướng nghiên cứu"),
    *("Ngoại ngữ", "Công trình tiêu biểu", "Email", "Điện thoại"),
)
FAMILIES = ["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ"]
MIDDLES = ["Văn", "Thị", "Đình", "Thu", "Minh", "Quang"]
GIVEN = ["Hòa", "Hiền", "Đức", "An", "Bình", "Ngọc", "Thủy", "Mai", "Khôi", "Lâm"]


def people(count: int) -> Iterator[list[str | int]]:
    """Rows of invented people, the same each time."""
    chance = random.Random(1)
    for number in range(1, count + 1):
        name = " ".join(map(chance.choice, (FAMILIES, MIDDLES, GIVEN)))
        birth = f"{chance.randint(1, 28)}/{chance.randint(1, 12)}/{chance.randint(1950, 1995)}"
        yield [
            number,
            chance.choice(["", "PGS.TS. ", "TS. "]) + name,
            birth,
            chance.choice(["Nam", "Nữ"]),
            "TS",
            "Trưởng khoa",
            f"Trường Đại học Mẫu số {number % 300}",
            "Việt Nam",
            "Hà Nội",
            "10301",
            f"Vật liệu bán dẫn và cảm biến thế hệ mới số {number}",
            "Tiếng Anh (thành thạo); Tiếng Nga",
            f"1. Cảm biến nano số {number} (2019)\n2. Thin films for sensors {number} (2021)",
            f"nguoi{number}@example.org",
            f"09{number:08d}",
        ]


def make(path: Path, count: int) -> None:
    """Write a list in the format that the name of the file says."""
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([HEADINGS, *people(count)])
    elif path.suffix == ".xls":
        old = xlwt.Workbook(encoding="utf-8")
        page = old.add_sheet("Danh sách")
        for row, cells in enumerate([list(HEADINGS), *people(count)]):
            for column, value in enumerate(cells):
                page.write(row, column, value)
        old.save(str(path))
    else:
        book = Workbook(write_only=True)
        sheet = book.create_sheet("Danh sách")
        for cells in [list(HEADINGS), *people(count)]:
            sheet.append(cells)
        book.save(path)


def measure(path: Path) -> dict[str, Any]:
    """Read a list in this process."""
    began = perf_counter()
    workbook = open_list(path)
    opened = perf_counter()
    plan = guess_plan(workbook, {})
    guessed = perf_counter()
    origin = ListOrigin("bench", datetime(2026, 11, 1, tzinfo=UTC), "bench")
    drafts = sum(row.draft is not None for row in read_rows(workbook, plan, 2026, origin))
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, _CHILDREN))
    return {
        "drafts": drafts,
        "unresolved": len(plan.unresolved),
        "open_seconds": opened - began,
        "plan_seconds": guessed - opened,
        "rows_seconds": perf_counter() - guessed,
        "busy_seconds": sum(u.ru_utime + u.ru_stime for u in (own, children)) - _STARTED,
        "most_memory_mib": own.ru_maxrss / 1024,
        "child_memory_mib": children.ru_maxrss / 1024,
    }


_CHILDREN = resource.RUSAGE_CHILDREN
# What importing took is no part of reading.
_STARTED = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 10_000, 50_000])
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        json.dump(measure(arguments.measure), sys.stdout)
        return
    rows, results = [], []
    for count in arguments.rows:
        for suffix in FORMATS:
            console.print(f"{count:,} rows as {suffix}", style="dim")
            with tempfile.TemporaryDirectory(prefix="registry-bench-") as name:
                path = Path(name) / f"list.{suffix}"
                make(path, count)
                size = path.stat().st_size
                command = [sys.executable, "-m", "benchmarks.sheets", "--measure", str(path)]
                done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
            result = json.loads(done.stdout)
            if result["drafts"] != count:
                raise SystemExit(f"{count} rows gave {result['drafts']} drafts")
            rate = count / result["busy_seconds"]
            results.append({"rows": count, "format": suffix, "bytes": size, "rate": rate, **result})
            rows.append(
                [
                    f"{count:,}",
                    f"{suffix} ({size / 2**20:.1f} MiB)",
                    f"{result['open_seconds']:.2f}",
                    f"{result['plan_seconds']:.2f}",
                    f"{result['rows_seconds']:.2f}",
                    f"{rate:,.0f}",
                    f"{result['most_memory_mib']:,.0f} MiB",
                    f"{result['child_memory_mib']:,.0f} MiB",
                ]
            )
    columns = ("rows", "format", "open s", "plan s", "drafts s", "rows/s of processor time")
    title = f"Lists of 15 columns, one core; asked for are {MOST_SECONDS} s for 10,000 rows"
    show(title, (*columns, "most memory", "of the child"), rows)
    write("sheets", {"most_seconds_for_10000": MOST_SECONDS, "measured": results})


if __name__ == "__main__":
    main()
