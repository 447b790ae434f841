"""Everything that is held about a person, found from the schema itself.

No list of tables: a table that somebody adds is in the next copy, because it points to people.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import inspect, select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access.policy import Actor, Near
from registry.audit import service as audit
from registry.errors import NotFoundError, RegistryError
from registry.experts.contacts import opened_value
from registry.experts.kept import within
from registry.experts.models import Statement
from registry.experts.schemas import Visibility
from registry.rights.people import get_person, name_of, same_person, side_of
from registry.rights.words import N_
from registry.vault import service as vault

# What proves who somebody is, or opens what is sealed: a copy would give it to whoever finds it.
WITHHELD: Final = frozenset(
    {
        "browser_hash",
        "nonce",
        "password_hash",
        "secret_hash",
        "state_hash",
        "token_hash",
        "totp_sealed",
        "totp_used_step",
        "verifier",
        "wrapped",
    }
)
WITHHELD_WORDS: Final = N_("(secret; kept back)")
OTHER_PROFILE: Final = N_("(another profile)")
OTHER_ACCOUNT: Final = N_("(another account)")
AT_THE_MACHINE: Final = N_("(operator of the service)")
_OF_PAIRS: Final = frozenset({"identity_judgement", "identity_proposal"})
# Told in sections of their own.
_APART: Final = frozenset({"audit_entry", "match_run"})
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

Row = dict[str, Any]


@dataclass(frozen=True)
class _Link:
    """A column that points to rows of another table."""

    table: str
    column: str
    target: str


def copy_of(session: Session, actor: Actor, expert_id: UUID, now: datetime) -> dict[str, Any]:
    """Everything that is held about a person, sealed parts opened, ready for JSON.

    A steward's copy leaves out what the person keeps to himself.

    Other people's accounts are not named: who looked is told by body and purpose. Ranks are left
    out, because they tell about others.

    Raises:
        NotFoundError: There is no such person, or he was erased.
        NotPermittedError: It is neither the actor's own profile nor his office.
    """
    is_steward = side_of(actor, expert_id, "rights:own", "rights:handle") == "steward"
    if is_steward:
        get_person(session, actor, expert_id, "rights:handle")
    people = list(same_person(session, expert_id))
    tables = _tables(session, people)
    if is_steward:
        tables = _without_his_own(session, people, tables)
    for row in tables.get("import_row", []):
        # Who else he may be is told of others.
        row["matches"] = []
    for table in _OF_PAIRS & tables.keys():
        tables[table] = [_without_the_other(row, people) for row in tables[table]]
    document: dict[str, Any] = {
        "made_at": now,
        "name": name_of(session, expert_id),
        "ids": people,
        "tables": {name: _opened_rows(session, name, rows) for name, rows in tables.items()},
        "vectors": _vectors(session, people),
        "match_runs": _match_runs(session, people),
        "audit": _audit(session, people),
    }
    own = {row["id"] for row in tables.get("account", [])}
    audit.record(session, actor, "rights:copy", about=expert_id)
    plain: dict[str, Any] = _plain(document)
    masked: dict[str, Any] = _masked(plain, _other_accounts(session, plain, own))
    return masked


def _without_the_other(row: Row, people: Sequence[UUID]) -> Row:
    """A row about two profiles, without naming the one that may be of somebody else."""
    others = [n for n in ("one_id", "other_id") if row[n] not in people]
    return row | dict.fromkeys(others, OTHER_PROFILE)


def _without_his_own(
    session: Session, people: Sequence[UUID], tables: Mapping[str, list[Row]]
) -> dict[str, list[Row]]:
    """The rows without what he keeps to himself, and what that was before: he alone reads it."""
    choices, said = tables.get("item_choice", []), tables.get("statement", [])
    near = Near(frozenset(Visibility) - {Visibility.SELF}, any_life=True)
    seen = select(col(Statement.id)).where(col(Statement.expert_id).in_(people), within(near))
    shown = set(session.scalars(seen))
    statements = [row for row in said if row["id"] in shown]
    hidden = {
        (row["property"], row["item_key"])
        for row in [*(row for row in said if row["id"] not in shown), *choices]
        if row["visibility"] == Visibility.SELF
    }
    left = dict(tables)
    if len(statements) < len(said):
        # The records of sources say all that the statements drawn from them do.
        left["source_record"] = [
            row | {"sealed": None, "raw": None} for row in tables.get("source_record", [])
        ]
    left["statement"] = statements
    left["passage"] = [r for r in tables.get("passage", []) if r["statement_id"] in shown]
    left["item_choice"] = [r for r in choices if (r["property"], r["item_key"]) not in hidden]
    # Reasons are told between the person and whoever made the change.
    left["change"] = [row | {"words": None} for row in tables.get("change", [])]
    return {name: rows for name, rows in left.items() if rows}


def person_tables(session: Session) -> dict[str, list[str]]:
    """Tables that point to people, with the columns that do."""
    found: dict[str, list[str]] = {"expert": ["id"]}
    for link in _links(session):
        if link.target == "expert":
            found.setdefault(link.table, []).append(link.column)
    return found


def _links(session: Session) -> list[_Link]:
    inspector = inspect(session.connection())
    links = []
    for (_, table), keys in inspector.get_multi_foreign_keys().items():
        for key in keys:
            if len(key["constrained_columns"]) == 1 and key["referred_columns"] == ["id"]:
                links.append(_Link(table, key["constrained_columns"][0], key["referred_table"]))
    known = {(link.table, link.column) for link in links}
    for (_, table), columns in inspector.get_multi_columns().items():
        # Some tables outlive the person, and point to him without a foreign key.
        if ("expert_id" in {c["name"] for c in columns}) and (table, "expert_id") not in known:
            links.append(_Link(table, "expert_id", "expert"))
    return links


def _tables(session: Session, people: Sequence[UUID]) -> dict[str, list[Row]]:
    """Rows about the person by table, and rows that belong to those, such as his sessions."""
    links = _links(session)
    found: dict[str, list[Row]] = {}
    for table, columns in sorted(person_tables(session).items()):
        if table not in _APART:
            found[table] = _select(session, table, columns, people)
    about_people = set(found) | _APART
    waiting = [table for table, rows in found.items() if rows and "id" in rows[0]]
    while waiting:
        owner = waiting.pop()
        ids = [row["id"] for row in found[owner]]
        for link in links:
            # His account's rows are his, wherever they point; what else belongs to rows of his
            # counts only where it does not point to people itself.
            if link.target != owner or (link.table in about_people and owner != "account"):
                continue
            new = _select(session, link.table, [link.column], ids)
            if link.table == "claim":
                # What he claimed of others' profiles is told to others, under their keys.
                new = [row for row in new if row["expert_id"] in people]
            before = found.setdefault(link.table, [])
            added = [row for row in new if row not in before]
            before += added
            if added and "id" in added[0] and link.table not in about_people:
                waiting.append(link.table)
    return {table: rows for table, rows in sorted(found.items()) if rows}


def _select(session: Session, table: str, columns: Sequence[str], ids: Sequence[UUID]) -> list[Row]:
    either = " OR ".join(f'"{name}" = ANY(CAST(:ids AS uuid[]))' for name in columns)
    query = f'SELECT * FROM public."{table}" WHERE {either} ORDER BY 1, 2'
    return [dict(row) for row in session.execute(text(query), {"ids": list(ids)}).mappings()]


def _opened_rows(session: Session, table: str, rows: Sequence[Row]) -> list[Row]:
    return [
        {
            name: WITHHELD_WORDS if name in WITHHELD and value is not None else value
            for name, value in _opened(session, table, row).items()
        }
        for row in rows
    ]


def _opened(session: Session, table: str, row: Row) -> Row:
    owner: UUID | None = row.get("expert_id")
    opened = dict(row)
    if table == "statement" and owner is not None:
        came_with = row["origin_id"] or owner
        opened["value"] = opened_value(session, came_with, row["property"], row["value"])
    for name, value in row.items():
        if isinstance(value, bytes | memoryview) and name not in WITHHELD:
            opened[name] = _unsealed(session, owner, f"{table}:{row.get('id')}", bytes(value))
    return opened


def _unsealed(session: Session, owner: UUID | None, bound_to: str, sealed: bytes) -> Any:
    """What is sealed under the person's key, or under the service's for this row."""
    try:
        if owner is not None:
            return vault.unseal(session, owner, sealed)
        return vault.unseal_for_service(session, sealed, bound_to)
    except RegistryError:
        return f"(sealed for the service itself, {len(sealed)} bytes)"


def _vectors(session: Session, people: Sequence[UUID]) -> list[Row]:
    """Of how many of his texts a vector is kept, by encoder."""
    query = (
        "SELECT v.encoder_version, count(DISTINCT v.text_hash) AS texts FROM text_vector v "
        "JOIN passage p ON p.text_hash = v.text_hash "
        "WHERE p.expert_id = ANY(CAST(:people AS uuid[])) GROUP BY 1 ORDER BY 1"
    )
    rows = session.execute(text(query), {"people": list(people)}).mappings()
    return [dict(row) for row in rows]


def _match_runs(session: Session, people: Sequence[UUID]) -> list[Row]:
    """Searches and matches in which he was shown: when, what for, and how his evidence scored."""
    query = (
        "SELECT r.id, r.created_at, r.request->>'kind' AS kind, r.purpose, r.encoder_version, "
        "r.index_version, (item->>'score')::float AS score, item->'lines' AS line_scores, "
        "item->'passages' AS passages FROM match_run r, jsonb_array_elements(r.result) AS item "
        "WHERE jsonb_path_query_array(r.result, '$[*].\"expert_id\"') ?| CAST(:ids AS text[]) "
        "AND item->>'expert_id' = ANY(CAST(:ids AS text[])) ORDER BY r.id"
    )
    rows = session.execute(text(query), {"ids": [str(person) for person in people]}).mappings()
    return [dict(row) for row in rows]


def _audit(session: Session, people: Sequence[UUID]) -> list[Row]:
    """What was done with his data: when, by whose office, with which details."""
    query = (
        "SELECT seq, at, action, actor, body, expert_id, payload FROM audit_entry "
        "WHERE expert_id = ANY(CAST(:people AS uuid[])) ORDER BY seq"
    )
    found = []
    for row in session.execute(text(query), {"people": list(people)}).mappings():
        entry = dict(row)
        payload, owner = entry.pop("payload"), entry.pop("expert_id")
        if payload is not None:
            try:
                entry["details"] = vault.unseal(session, owner, bytes(payload))
            except NotFoundError:
                entry["details"] = None
        found.append(entry)
    return found


def _plain(value: Any) -> Any:
    """A value as JSON can say it."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _other_accounts(session: Session, document: Any, own: set[UUID]) -> set[str]:
    ids = sorted(set(_UUID.findall(repr(document))))
    query = "SELECT id FROM account WHERE id = ANY(CAST(:ids AS uuid[]))"
    known = session.scalars(text(query), {"ids": [UUID(i) for i in ids]})
    return {str(found) for found in known if found not in own}


def _masked(value: Any, accounts: set[str]) -> Any:
    """The same without ids of other people's accounts, and names at the command line."""
    if isinstance(value, dict):
        return {key: _masked(item, accounts) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(item, accounts) for item in value]
    if not isinstance(value, str):
        return value
    if value.startswith("operator:"):
        return AT_THE_MACHINE
    return _UUID.sub(lambda m: OTHER_ACCOUNT if m[0] in accounts else m[0], value)
