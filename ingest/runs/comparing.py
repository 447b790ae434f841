"""The dry run: what would become of each row, seen by the same eyes as the load."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from ingest.identity.candidates import Match, find_matches
from ingest.runs import store
from ingest.runs.models import ImportRow
from registry.access.policy import Actor
from registry.db import Database
from registry.experts.contacts import opened_of
from registry.experts.models import Statement
from registry.experts.said import Seen, look
from registry.experts.schemas import PersonDraft
from registry.ids import new_id

__all__ = ["BATCH", "compare_batch"]

BATCH: Final = 5_000
# What is chosen for loading unless a person says otherwise: nobody is lost by what the source says
# anew, but that it has nothing of somebody any more is looked at first.
CHOSEN: Final = frozenset({"new", "update"})
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class _Compared:
    outcome: str
    expert_id: UUID | None
    changes: list[dict[str, Any]]
    matches: list[dict[str, Any]]


def compare_batch(database: Database, run_id: UUID, actor: Actor) -> int:
    """Compare the next rows of a run, in one transaction.

    Returns:
        How many; 0 when all are compared.
    """
    now = datetime.now(UTC)
    with database.session() as session:
        rows = store.list_uncompared(session, run_id, BATCH)
        if not rows:
            return 0
        contents = {row.number: store.unseal(session, row) for row in rows}
    drafts = {
        number: PersonDraft.model_validate(content["draft"]) for number, content in contents.items()
    }
    aliases = {
        drafts[number].source_key: content["aliases"]
        for number, content in contents.items()
        if content.get("aliases")
    }
    compared = _compare(database, actor, rows, drafts, aliases, now)
    with database.session() as session:
        for live in store.list_uncompared(session, run_id, BATCH):
            found, content = compared[live.number], contents[live.number]
            live.outcome, live.matches = found.outcome, found.matches
            live.expert_id = found.expert_id or live.expert_id
            live.is_chosen = found.outcome in CHOSEN
            live.sealed = store.seal(
                session, run_id, live.number, {**content, "changes": found.changes}
            )
        store.get_run(session, run_id, hold=True).updated_at = now
    return len(rows)


def _compare(
    database: Database,
    actor: Actor,
    rows: Sequence[ImportRow],
    drafts: Mapping[int, PersonDraft],
    aliases: Mapping[str, Sequence[str]],
    now: datetime,
) -> dict[int, _Compared]:
    by_source: dict[str, list[int]] = {}
    for row in rows:
        by_source.setdefault(drafts[row.number].source, []).append(row.number)
    compared: dict[int, _Compared] = {}
    with database.session() as session:
        for source, numbers in by_source.items():
            people = [drafts[number] for number in numbers]
            # As the load will do; this transaction is rolled back.
            mine = {p.source_key: aliases[p.source_key] for p in people if p.source_key in aliases}
            store.adopt_aliases(session, source, mine)
            seen = look(session, actor, source, people, now, new_id(), hold=False)
            for number, one in zip(numbers, seen, strict=True):
                known = one.expert_id if one.outcome in {"same", "update"} else None
                outcome = "gone" if known and not one.person.statements else one.outcome
                if outcome == "gone" and not one.closes:
                    outcome = "same"
                changes = _changes(session, one)
                compared[number] = _Compared(outcome, known, changes, [])
        # What was adopted for looking is not kept.
        session.rollback()
    new = {n: drafts[n] for n, found in compared.items() if found.outcome == "new"}
    about = {row.number: row.expert_id for row in rows if row.expert_id is not None}
    matches = find_matches(database, new, about)
    return {
        number: _Compared(
            found.outcome,
            found.expert_id,
            found.changes,
            [_as_json(match) for match in matches.get(number, [])],
        )
        for number, found in compared.items()
    }


def _as_json(match: Match) -> dict[str, Any]:
    return {
        "expert_id": str(match.expert_id),
        "bits": round(match.bits, 2),
        "signals": match.signals,
        "is_certain": match.is_certain,
        "parts": [
            {"kind": part.kind, "label": part.label, "bits": round(part.bits, 2)}
            for part in match.parts
        ],
    }


def _changes(session: Session, seen: Seen) -> list[dict[str, Any]]:
    """What would be written and ended, with what is there now, as JSON; contact data opened."""
    said = {row["id"]: row for row in seen.rows}
    by_successor = {new: old for old, new in seen.closes if new is not None}
    changes = []
    for row_id, row in said.items():
        old = seen.before.get(by_successor[row_id]) if row_id in by_successor else None
        changes.append(
            {
                "property": row["property"],
                "before": _said(session, old) if old is not None else None,
                "after": {name: row[name] for name in _TOLD},
            }
        )
    changes += [
        {
            "property": seen.before[old].property,
            "before": _said(session, seen.before[old]),
            "after": None,
        }
        for old, new in seen.closes
        if new is None
    ]
    return changes


_TOLD: Final = ("value", "started_on", "ended_on", "visibility")


def _said(session: Session, row: Statement) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in _TOLD}
    return {**told, "value": opened_of(session, row)}
