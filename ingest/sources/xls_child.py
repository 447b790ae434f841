"""The sheets of an old .xls workbook as JSON: run in a process of its own, which may die of it.

    python xls_child.py ROWS COLUMNS < list.xls

The library is written for files of friends: a damaged one can make it take all memory or stop the
process. Here it takes this one, which is held to limits.
"""

import io
import json
import sys
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

MEMORY_BYTES = 2 * 1024**3
SECONDS = 60


def main() -> None:
    """Read standard input, write one JSON object."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    rows, columns = int(sys.argv[1]), int(sys.argv[2])
    try:
        book = CalamineWorkbook.from_object(io.BytesIO(sys.stdin.buffer.read()))
        answer: dict[str, Any] = {"sheets": list(_sheets(book, rows, columns))}
    except PasswordError:
        answer = {"refused": "password"}
    except (CalamineError, OSError, ValueError) as exc:
        answer = {"refused": type(exc).__name__}
    json.dump(answer, sys.stdout)


def _sheets(book: CalamineWorkbook, rows: int, columns: int) -> Any:
    for place, meta in enumerate(book.sheets_metadata):
        sheet = book.get_sheet_by_index(place)
        if sheet.total_width > columns:
            found = {"columns": sheet.total_width}
        elif sheet.total_height > rows:
            found = {"rows": sheet.total_height}
        else:
            found = {}
        yield {
            "name": meta.name,
            "is_hidden": meta.visible != SheetVisibleEnum.Visible,
            "too_large": found,
            "rows": [] if found else _rows(sheet),
            "merged": sheet.merged_cell_ranges or [],
        }


def _rows(sheet: Any) -> list[list[Any]]:
    values = sheet.to_python(skip_empty_area=False)
    return [[_plain(value) for value in row] for row in values]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"date": value.date().isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, time | timedelta):
        return str(value)
    return None if value == "" else value


if __name__ == "__main__":
    main()
