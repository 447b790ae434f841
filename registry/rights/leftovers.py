"""Search everything that the service keeps for traces of somebody who was erased.

The proof of an erasure that does not trust it: every column of every table that there is, found
in the database's own catalogue, and every byte of the files beside it.
"""

import mmap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from registry.rights.erasure_steps import STAYS
from registry.rights.traces import Traces, id_texts, pattern_of, plain, plain_in_sql

# Columns as `table.column`, each with a string that others have there.
Shared = frozenset[tuple[str, str]]

_TEXTS: Final = frozenset({"text", "character varying", "jsonb", "json", "ARRAY"})


@dataclass(frozen=True)
class Leftover:
    """Where something was found; `what` is 'id', 'name', 'text' or 'hash', never the words."""

    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


@dataclass(frozen=True)
class _Column:
    table: str
    name: str
    kind: str
    is_personal: bool

    @property
    def place(self) -> str:
        return f"{self.table}.{self.name}"


def check_database(
    session: Session, traces: Traces, shared: Shared = frozenset()
) -> list[Leftover]:
    """What is left of an erased person in any column of any table.

    The rows that stay by right (see `STAYS`) may hold his id, and nothing else of him.

    Args:
        shared: As `shared_with_others` gave it before the erasure.
    """
    found = set()
    for column, strings in _search(session, traces, beside=()):
        kinds = {kind for kind, said in strings if (column.place, said) not in shared}
        if column.table in STAYS:
            kinds -= {"id"}
        found |= {Leftover(column.place, kind) for kind in kinds}
    return sorted(found, key=str)


def check_statistics(session: Session, traces: Traces) -> list[Leftover]:
    """What the planner's statistics still hold: they keep samples of values until made anew."""
    wanted = [("id", form) for form in id_texts(traces.people)] + list(_strings(traces))
    rows = session.execute(
        text(
            "SELECT tablename, attname, coalesce(most_common_vals::text, '') || "
            "coalesce(histogram_bounds::text, '') FROM pg_stats WHERE schemaname = 'public'"
        )
    )
    found = defaultdict(set)
    for table, name, values in rows:
        for kind, _ in _held(values, wanted):
            if kind != "id" or table not in STAYS:
                found[f"pg_stats {table}.{name}"].add(kind)
    return sorted((Leftover(p, kind) for p, kinds in found.items() for kind in kinds), key=str)


def shared_with_others(session: Session, traces: Traces) -> Shared:
    """Where others have the same strings: a co-author's title, a namesake's name is no leftover.

    To be asked before the erasure. What stands in no person's row (a stored search, an account)
    is his, wherever it is.
    """
    shared = {
        (column.place, said)
        for column, strings in _search(session, traces, beside=traces.people)
        if column.is_personal
        for kind, said in strings
        if kind != "id"
    }
    # The vector of a text is for whoever has a passage of it.
    vectors = {("text_vector.text_hash", s) for place, s in shared if place == "passage.text_hash"}
    return frozenset(shared | vectors)


def check_files(folder: Path, traces: Traces) -> list[Leftover]:
    """What is left of an erased person in the bytes of any file below a folder."""
    needles = [("id", form.encode()) for form in id_texts(traces.people)]
    needles += [("id", person.bytes) for person in traces.people]
    for kind, said in _strings(traces):
        needles += [(kind, said.encode()), (kind, said.encode("unicode_escape"))]
    found = set()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.stat().st_size:
            place = path.relative_to(folder).as_posix()
            found |= {Leftover(place, kind) for kind in _in_file(path, needles)}
    return sorted(found, key=str)


def _in_file(path: Path, needles: Sequence[tuple[str, bytes]]) -> set[str]:
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as all_:
            return {kind for kind, needle in needles if all_.find(needle) >= 0}
    except FileNotFoundError:
        # A running service swaps its files; what is gone holds nothing.
        return set()


def _strings(traces: Traces) -> Iterator[tuple[str, str]]:
    yield from (("name", name) for name in traces.names)
    yield from (("text", said) for said in traces.texts)
    yield from (("hash", key) for key in traces.hashes)


def _search(
    session: Session, traces: Traces, beside: Sequence[UUID]
) -> Iterator[tuple[_Column, set[tuple[str, str]]]]:
    """Columns that hold something, with what they hold.

    Args:
        beside: Leave out the rows of these people.
    """
    wanted = [("id", form) for form in id_texts(traces.people)] + list(_strings(traces))
    for column in _columns(session):
        rows = _matching(session, column, traces, wanted, beside)
        held = {pair for row in rows for pair in _held(row, wanted)}
        if held:
            yield column, held


def _columns(session: Session) -> list[_Column]:
    rows = session.execute(
        text(
            "SELECT c.table_name, c.column_name, c.data_type, EXISTS (SELECT FROM "
            "information_schema.columns e WHERE e.table_schema = 'public' AND e.table_name = "
            "c.table_name AND e.column_name = 'expert_id') FROM information_schema.columns c "
            "JOIN information_schema.tables t USING (table_schema, table_name) WHERE "
            "c.table_schema = 'public' AND t.table_type = 'BASE TABLE' "
            "ORDER BY c.table_name, c.ordinal_position"
        )
    )
    return [_Column(*row) for row in rows]


def _matching(
    session: Session,
    column: _Column,
    traces: Traces,
    wanted: Sequence[tuple[str, str]],
    beside: Sequence[UUID],
) -> Iterator[str]:
    """Values of a column, as text, that may hold something."""
    name = f'"{column.name}"'
    given: dict[str, Any] = {"beside": list(beside)}
    if column.kind == "uuid":
        value, condition = f"{name}::text", f"{name} = ANY(CAST(:people AS uuid[]))"
        given["people"] = list(traces.people)
    elif column.kind == "bytea":
        value, condition = f"encode({name}, 'hex')", "encode({0}, 'hex') LIKE ANY(:likes)"
        condition = condition.format(name)
        forms = [said.encode().hex() for _, said in wanted] + [p.hex for p in traces.people]
        given["likes"] = [f"%{form}%" for form in forms]
    elif column.kind in _TEXTS:
        value = f"{name}::text"
        # Plain on both sides: a name is his with and without its marks. Ids have none.
        has_words = any(kind != "id" for kind, _ in wanted)
        condition = f"{plain_in_sql(value) if has_words else value} LIKE ANY(:likes)"
        given["likes"] = [pattern_of(form) for _, said in wanted for form in _forms(said)]
    else:
        return
    others = " AND NOT expert_id = ANY(CAST(:beside AS uuid[]))" if column.is_personal else ""
    query = f'SELECT {value} FROM public."{column.table}" WHERE {condition}{others}'
    yield from session.scalars(text(query).execution_options(yield_per=500), given)


def _held(value: str, wanted: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    letters = plain(value)
    for kind, said in wanted:
        # Bytes come in hexadecimal letters; those of an id are one of its forms as text.
        forms = {plain(form) for form in _forms(said)} | {said.encode().hex()}
        if any(form in letters for form in forms):
            yield kind, said


def _forms(said: str) -> set[str]:
    """A string as it stands in a text, and inside JSON."""
    return {said, said.replace("\\", "\\\\").replace('"', '\\"')}
