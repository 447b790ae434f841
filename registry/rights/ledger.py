"""The list of erasures beside the database: what a restored backup has to be told again.

A line for each erased id, and one for each digest by which imports recognise somebody erased. A
backup knows neither of what was erased after it was made.
"""

import fcntl
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import col

from registry.db import Database
from registry.errors import DataFolderError, InvalidInputError
from registry.experts.models import Expert, Suppression
from registry.experts.schemas import Life
from registry.rights.erasure import ERASER, erase
from registry.rights.models import Erasure

NAME: Final = "erasures.jsonl"
_BATCH: Final = 1_000


@dataclass(frozen=True)
class Ledger:
    """What the file holds: who was erased when, and the digests with their times."""

    erased: dict[UUID, datetime]
    suppressed: dict[str, datetime]


def path_in(data_folder: Path) -> Path:
    """Where the ledger of a data folder lies."""
    return data_folder.resolve() / NAME


def read(path: Path) -> Ledger:
    """The ledger; an empty one when there is none yet.

    A last line that a crash cut off is left out: what it stood for is written again by
    `reconcile`, for it is in the database.

    Raises:
        InvalidInputError: Another line cannot be read: somebody who was erased might come back.
    """
    ledger = Ledger({}, {})
    try:
        lines = path.read_text("utf-8").split("\n")
    except FileNotFoundError:
        return ledger
    except (OSError, UnicodeDecodeError) as exc:
        raise InvalidInputError(f"the list of erasures {path} cannot be read") from exc
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        try:
            _take(ledger, json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            if number == len(lines):
                continue
            raise InvalidInputError(
                f"line {number} of the list of erasures {path} cannot be read; take the file from "
                "a backup, or take out that line if you know whom it stood for"
            ) from exc
    return ledger


def _take(ledger: Ledger, row: dict[str, Any]) -> None:
    at = datetime.fromisoformat(row["at"])
    if "suppressed" in row:
        ledger.suppressed[row["suppressed"]] = at
    else:
        ledger.erased[UUID(row["erased"])] = at


def reconcile(database: Database, path: Path) -> int:
    """Append what the database knows and the file does not; to be called after each erasure.

    Returns:
        How many lines were added.

    Raises:
        DataFolderError: The file cannot be written.
    """
    known = read(path)
    with database.session() as session:
        erased = session.execute(
            select(col(Erasure.expert_id), col(Erasure.erased_at)).order_by(col(Erasure.erased_at))
        ).all()
        suppressed = session.execute(
            select(col(Suppression.digest), col(Suppression.created_at)).order_by(
                col(Suppression.created_at)
            )
        ).all()
    rows: list[dict[str, str]] = [
        {"erased": str(key), "at": at.isoformat()} for key, at in erased if key not in known.erased
    ]
    rows += [
        {"suppressed": digest, "at": at.isoformat()}
        for digest, at in suppressed
        if digest not in known.suppressed
    ]
    if rows:
        _append(path, [json.dumps(row) for row in rows])
    return len(rows)


def _append(path: Path, lines: Sequence[str]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        with open(descriptor, "r+b", buffering=0) as file:
            # Freed with the descriptor: of two processes, one appends after the other.
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            content = file.read()
            # A line that a crash cut off is written anew, whole.
            file.truncate(content.rfind(b"\n") + 1)
            file.seek(0, os.SEEK_END)
            file.write("".join(f"{line}\n" for line in lines).encode())
            os.fsync(descriptor)
    except OSError as exc:
        raise DataFolderError(
            f"the list of erasures {path} cannot be written ({exc.strerror}); without it a "
            "restored backup would bring erased people back"
        ) from exc


def replay(database: Database, path: Path, now: datetime) -> int:
    """Erase again whom a restored backup brought back, before anybody is served.

    Returns:
        How many people were erased.
    """
    ledger = read(path)
    with database.session() as session:
        digests = [{"digest": d, "created_at": at} for d, at in ledger.suppressed.items()]
        for start in range(0, len(digests), _BATCH):
            session.execute(
                upsert(Suppression).on_conflict_do_nothing(), digests[start : start + _BATCH]
            )
        alive: list[UUID] = []
        ids = sorted(ledger.erased)
        for start in range(0, len(ids), _BATCH):
            query = select(col(Expert.id)).where(
                col(Expert.id).in_(ids[start : start + _BATCH]), col(Expert.life) != Life.ERASED
            )
            alive += session.scalars(query.order_by(col(Expert.id)))
    for expert_id in alive:
        with database.session() as session:
            erase(session, ERASER, expert_id, "erased before this backup was restored", now)
    return len(alive)
