"""What would give a person away if it were left: his ids, names, addresses and texts.

Collected before an erasure and kept in memory only.
"""

import base64
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from registry.text import clean, fold
from registry.vault import service as vault

# Shorter ones stand in texts of others by chance.
SHORTEST: Final = 6


@dataclass(frozen=True)
class Traces:
    """Strings of one person.

    Args:
        people: His ids: the profile's, and those of profiles merged with it.
        names: Without marks, in the orders in which people write them.
        texts: E-mail addresses, telephone numbers, outside ids, keys of sources, titles.
        hashes: Of the texts of his passages.
    """

    people: tuple[UUID, ...]
    names: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    hashes: frozenset[str] = frozenset()


def id_texts(people: Iterable[UUID]) -> list[str]:
    """Ids as they stand in texts."""
    return [form for person in people for form in (str(person), person.hex)]


def collect(session: Session, people: Sequence[UUID]) -> Traces:
    """Everything about these profiles, which are one person's, that could be searched for."""
    names: set[str] = set()
    texts: set[str] = set()
    for expert_id, kind, value, external_id in _rows(session, _STATEMENTS, people):
        if kind == "name":
            names |= orders_of_name(value["display"])
            texts.add(value["display"])
        elif kind == "contact":
            opened = vault.unseal(session, expert_id, base64.b64decode(value["sealed"]))
            texts.add(opened["address"])
        elif kind in {"work", "patent", "project", "biography"}:
            titles = value.get("title") or value.get("text") or {}
            texts |= {said for said in titles.values() if isinstance(said, str)}
        if external_id:
            texts.add(external_id.partition(":")[2])
    for (name,) in _rows(session, _SUMMARIES, people):
        names |= orders_of_name(name)
    texts |= {key for (key,) in _rows(session, _SOURCE_KEYS, people)}
    for login, display_name in _rows(session, _ACCOUNTS, people):
        texts.add(login)
        names |= orders_of_name(display_name)
    texts |= {subject for (subject,) in _rows(session, _LOGINS, people)}
    hashes = {key for (key,) in _rows(session, _HASHES, people)}
    return Traces(
        tuple(people),
        frozenset(name for name in names if len(name) >= SHORTEST and " " in name),
        frozenset(said for said in texts if len(said) >= SHORTEST),
        frozenset(hashes),
    )


def list_accounts(session: Session, people: Sequence[UUID]) -> list[UUID]:
    """Accounts that stand for these people: those that hold the profiles, and former ones.

    A former one is still his once it is closed. An open one is, unless it is trusted with an
    office, or holds or waits for another profile: then it is somebody's who needs it.
    """
    return [account_id for (account_id,) in _rows(session, _HIS_ACCOUNTS, people)]


def orders_of_name(name: str) -> set[str]:
    """A name folded: as it is, and with the given name first, before or after the middle names."""
    parts = fold(clean(name)).split()
    if len(parts) < 2:
        return set(parts)
    first, *middle, last = parts
    return {" ".join(o) for o in (parts, [last, *middle, first], [last, first, *middle])}


def plain(text: str) -> str:
    """A text without case and marks, in the form that `plain_in_sql` gives: for searching alone."""
    letters = unicodedata.normalize("NFD", text.lower())
    return "".join(c for c in letters if not "\u0300" <= c <= "\u036f").replace("đ", "d")


def plain_in_sql(expression: str) -> str:
    """The same of an expression of SQL."""
    letters = f"normalize(lower({expression}), NFD)"
    return f"replace(regexp_replace({letters}, '[\\u0300-\\u036F]', '', 'g'), 'đ', 'd')"


def pattern_of(said: str) -> str:
    """The LIKE pattern of everything plain that holds this."""
    escaped = plain(said).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _rows(session: Session, query: str, people: Sequence[UUID]) -> Sequence[Any]:
    return session.execute(text(query), {"people": list(people)}).all()


_OF = "= ANY(CAST(:people AS uuid[]))"
_STATEMENTS: Final = (
    "SELECT coalesce(origin_id, expert_id), property, value, external_id "
    f"FROM statement WHERE expert_id {_OF}"
)
_SUMMARIES: Final = f"SELECT display_name FROM expert_summary WHERE expert_id {_OF}"
_SOURCE_KEYS: Final = (
    f"SELECT source_key FROM expert_source WHERE expert_id {_OF} "
    f"UNION SELECT source_key FROM source_record WHERE expert_id {_OF}"
)
_HIS_ACCOUNTS: Final = (
    f"SELECT a.id FROM account a WHERE a.expert_id {_OF} OR (a.expert_id IS NULL "
    f"AND EXISTS (SELECT FROM claim c WHERE c.account_id = a.id AND c.expert_id {_OF} "
    "AND c.state IN ('ended', 'contested')) AND (a.closed_at IS NOT NULL OR NOT (EXISTS "
    "(SELECT FROM account_role r WHERE r.account_id = a.id AND r.role <> 'expert') OR EXISTS "
    "(SELECT FROM claim w WHERE w.account_id = a.id AND w.state = 'open'))))"
)
_ACCOUNTS: Final = f"SELECT login, display_name FROM account WHERE id IN ({_HIS_ACCOUNTS})"
_LOGINS: Final = f"SELECT subject FROM external_login WHERE account_id IN ({_HIS_ACCOUNTS})"
_HASHES: Final = f"SELECT DISTINCT text_hash FROM passage WHERE expert_id {_OF}"
