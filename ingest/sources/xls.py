"""Old .xls workbooks as sheets, read by a process that may fail without harm."""

import json
import math
import struct
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any, Final

from ingest.sources import xls_child
from ingest.sources.files import refusal
from ingest.sources.sheets import Block, Sheet, SheetMaker, Workbook
from ingest.sources.table_rows import EXPECTED, MAX_COLUMNS, MAX_ROWS, Fault, Written
from registry.errors import Problem

__all__ = ["read_xls"]

_TIMEOUT_SECONDS: Final = 120
_MAX_BYTES: Final = 128 * 1024 * 1024
# The stream of an encrypted .xlsx within its envelope.
_ENVELOPE: Final = "EncryptedPackage".encode("utf-16-le")
# How the stream of a workbook begins (BOF of BIFF8), and the record that asks for a password
# ([MS-XLS] 2.4.117), which is one of the first.
_BEGIN: Final = b"\x09\x08\x10\x00\x00\x06\x05\x00"
_FILEPASS: Final = 0x2F
_FIRST_RECORDS: Final = 6
_LOCKED: Final = Problem(
    "the file", "a workbook with a password", "a workbook saved without a password"
)


def read_xls(name: str, content: bytes) -> Workbook:
    """The sheets of an .xls workbook. Its formulas always carry a result; a failed one is empty.

    Raises:
        ImportRefusedError: It has a password, is damaged, no workbook, or too large.
    """
    if _ENVELOPE in content or _asks_for_password(content):
        raise refusal(name, [_LOCKED])
    if len(content) > _MAX_BYTES:
        raise refusal(name, [Problem("the file", "more than 128 MB", "a smaller workbook")])
    command = [sys.executable, "-I", str(Path(xls_child.__file__))]
    command += [str(MAX_ROWS), str(MAX_COLUMNS)]
    try:
        done = subprocess.run(
            command, input=content, capture_output=True, timeout=_TIMEOUT_SECONDS, check=True
        )
        answer: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError) as exc:
        found = "a damaged .xls workbook, or one that takes too much memory or time"
        raise refusal(name, [Problem("the file", found, EXPECTED)]) from exc
    if answer.get("refused") == "password":
        raise refusal(name, [_LOCKED])
    if "sheets" not in answer:
        found = "a damaged .xls workbook, or another office document"
        raise refusal(name, [Problem("the file", found, EXPECTED)])
    return Workbook(name, [_sheet(name, sheet) for sheet in answer["sheets"]])


def _asks_for_password(content: bytes) -> bool:
    at = content.find(_BEGIN)
    for _ in range(_FIRST_RECORDS if at >= 0 else 0):
        header = content[at : at + 4]
        if len(header) < 4:
            return False
        kind, length = struct.unpack("<HH", header)
        if kind == _FILEPASS:
            return True
        at += 4 + length
    return False


def _sheet(file: str, read: dict[str, Any]) -> Sheet:
    for what, count in read["too_large"].items():
        most = MAX_ROWS if what == "rows" else MAX_COLUMNS
        expected = f"at most {most}; delete what stands far from the list, or split it"
        problem = Problem(f"sheet {read['name']}", f"{count} {what}", expected)
        raise refusal(file, [problem])
    maker = SheetMaker(file, read["name"], is_hidden=read["is_hidden"])
    for number, row in enumerate(read["rows"], start=1):
        maker.add(number, [_written(value) for value in row])
    for (top, left), (bottom, right) in read["merged"]:
        maker.merge(Block(top + 1, left, bottom + 1, right))
    return maker.made()


def _written(value: Any) -> Written:
    if isinstance(value, dict):
        return date.fromisoformat(value["date"])
    if isinstance(value, float):
        if not math.isfinite(value):
            return Fault(str(value), "error")
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    written: Written = value.replace("\0", "") if isinstance(value, str) else value
    return written
