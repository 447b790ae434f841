"""What has been kept long enough: listed, and then erased or deleted.

Stopped anywhere, it goes on the next time; people are erased and accounts closed one to a
transaction, each looked at again when its row is held.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CursorResult, text
from sqlalchemy.orm import Session

from registry.access import closing
from registry.access.holding import lock_expert
from registry.access.models import Account
from registry.access.policy import Actor, require
from registry.audit import service as audit
from registry.db import Database
from registry.rights.erasure import erase
from registry.rights.retention_rules import RULES, Rule

Progress = Callable[[str, int, int], None]

# Who agreed to be kept or remembered stays when a body did not engage him, and so does who is
# considered or engaged elsewhere.
_STAYS = (
    "EXISTS (SELECT FROM consent c WHERE c.expert_id = e.id AND c.withdrawn_at IS NULL "
    "AND c.purpose IN ('registry', 'talent_pool')) "
    "OR EXISTS (SELECT FROM consideration k WHERE k.expert_id = e.id "
    "AND (k.closed_at IS NULL OR k.outcome = 'engaged' OR k.closed_at > :until))"
)
# Who has asked that his data be kept, or waits for an answer about them, is not erased meanwhile.
_WAITS = (
    "(e.restricted_at IS NOT NULL OR EXISTS (SELECT FROM rights_request r "
    "WHERE r.expert_id = e.id AND r.state IN ('open', 'answered')))"
)
_PEOPLE: Final[Mapping[str, str]] = {
    "lead_expired": "SELECT e.id FROM expert e WHERE e.life IN ('lead', 'invited') "
    f"AND e.expires_at <= :until AND NOT {_WAITS} "
    # Who agreed to anything by letter is no longer somebody who was merely found.
    "AND NOT EXISTS (SELECT FROM consent c WHERE c.expert_id = e.id AND c.withdrawn_at IS NULL)",
    "not_engaged": "SELECT e.id FROM expert e WHERE e.life NOT IN ('merged', 'erased') "
    "AND EXISTS (SELECT FROM consideration k WHERE k.expert_id = e.id "
    f"AND k.outcome = 'not_engaged') AND NOT ({_STAYS}) AND NOT {_WAITS}",
}

# Accounts that were made for somebody who never came, and that are trusted with nothing. Ended
# roles and links that were swept count: whoever was to hold an office is for an administrator.
_ACCOUNTS: Final[Mapping[str, str]] = {
    "never_joined": "SELECT a.id FROM account a WHERE a.closed_at IS NULL "
    "AND NOT a.is_invented AND a.password_hash IS NULL AND a.expert_id IS NULL "
    "AND NOT EXISTS (SELECT FROM external_login x WHERE x.account_id = a.id) "
    "AND NOT EXISTS (SELECT FROM account_role r WHERE r.account_id = a.id) "
    "AND NOT EXISTS (SELECT FROM claim c WHERE c.account_id = a.id) "
    "AND NOT EXISTS (SELECT FROM delegation d WHERE d.account_id = a.id "
    "AND d.revoked_at IS NULL AND d.expires_at > :now) "
    "AND coalesce((SELECT max(least(l.expires_at, l.used_at, l.revoked_at)) FROM access_link l "
    "WHERE l.account_id = a.id), a.created_at) <= :until",
}

_OLD_RUN = "run_id IN (SELECT r.id FROM import_run r WHERE r.updated_at <= :until)"
# Conditions on the rows that go; for requests and claims, on those whose sealed words go.
_ROWS: Final[Mapping[str, str]] = {
    "sign_in_attempt": "at <= :until",
    "web_session": "least(expires_at, revoked_at) <= :until",
    "outside_flow": "expires_at <= :until",
    "access_link": "least(expires_at, used_at, revoked_at) <= :until "
    "AND NOT EXISTS (SELECT FROM outside_flow f WHERE f.link_id = access_link.id)",
    "match_run": "created_at <= :until",
    "rights_request": "done_at <= :until AND coalesce(words, requester, outcome) IS NOT NULL",
    "import_row": f"sealed IS NOT NULL AND {_OLD_RUN}",
    "import_file": _OLD_RUN,
    "claim": "state IN ('refused', 'reverted', 'ended') AND decided_at <= :until "
    "AND words IS NOT NULL",
}
_EMPTIED: Final[Mapping[str, str]] = {
    "rights_request": "SET words = NULL, requester = NULL, outcome = NULL",
    "claim": "SET words = NULL",
    "import_row": "SET sealed = NULL, source_key = NULL, matches = '[]', is_chosen = false",
}


@dataclass(frozen=True)
class Finding:
    """What a rule takes, or has taken.

    Args:
        people: Ids of those whom it erases.
        accounts: Ids of those that it closes.
    """

    rule: Rule
    count: int
    people: Sequence[UUID] = ()
    accounts: Sequence[UUID] = ()


def find_due(session: Session, actor: Actor, now: datetime) -> list[Finding]:
    """What would go now, rule by rule; nothing is changed."""
    require(actor, "retention:run")
    found = []
    for rule in RULES:
        if rule.kind == "people":
            people = _due_people(session, rule, now)
            found.append(Finding(rule, len(people), people))
        elif rule.kind == "accounts":
            due = _due_accounts(session, rule, now)
            found.append(Finding(rule, len(due), accounts=due))
        else:
            query = f"SELECT count(*) FROM {rule.code} WHERE {_ROWS[rule.code]}"
            count = session.scalar(text(query), {"until": rule.until(now)})
            found.append(Finding(rule, int(count or 0)))
    return found


def run(
    database: Database, actor: Actor, now: datetime, on_progress: Progress | None = None
) -> list[Finding]:
    """Erase and delete what is due; running twice does no more."""
    require(actor, "retention:run")
    done = []
    for rule in RULES:
        if rule.kind == "people":
            done.append(_erase_due(database, actor, rule, now, on_progress))
        elif rule.kind == "accounts":
            done.append(_close_due(database, actor, rule, now, on_progress))
        else:
            done.append(_delete_due(database, rule, now))
    with database.session() as session:
        counts = {finding.rule.code: finding.count for finding in done if finding.count}
        audit.record(session, actor, "retention:run", details=counts)
    return done


def _erase_due(
    database: Database, actor: Actor, rule: Rule, now: datetime, on_progress: Progress | None
) -> Finding:
    with database.session() as session:
        due = _due_people(session, rule, now)
    erased = []
    for number, expert_id in enumerate(due, start=1):
        with database.session() as session:
            # He may have claimed his profile, or agreed to stay, a moment ago.
            lock_expert(session, expert_id)
            if _due_people(session, rule, now, expert_id):
                erase(session, actor, expert_id, f"retention: {rule.code}", now)
                erased.append(expert_id)
        if on_progress is not None:
            on_progress(rule.code, number, len(due))
    return Finding(rule, len(erased), erased)


def _close_due(
    database: Database, actor: Actor, rule: Rule, now: datetime, on_progress: Progress | None
) -> Finding:
    with database.session() as session:
        due = _due_accounts(session, rule, now)
    closed = []
    for number, account_id in enumerate(due, start=1):
        with database.session() as session:
            # Somebody may have joined, or been named as a delegate, a moment ago.
            account = session.get(Account, account_id, with_for_update=True)
            if account is not None and _due_accounts(session, rule, now, account_id):
                closing.close(session, actor, account, now)
                closing.anonymise(session, account)
                details = {"retention": rule.code}
                subject = f"account:{account_id}"
                audit.record(session, actor, "account:close", subject=subject, details=details)
                closed.append(account_id)
        if on_progress is not None:
            on_progress(rule.code, number, len(due))
    return Finding(rule, len(closed), accounts=closed)


def _delete_due(database: Database, rule: Rule, now: datetime) -> Finding:
    act = (
        f"UPDATE {rule.code} {_EMPTIED[rule.code]}"
        if rule.code in _EMPTIED
        else f"DELETE FROM {rule.code}"
    )
    with database.session() as session:
        done = session.execute(text(f"{act} WHERE {_ROWS[rule.code]}"), {"until": rule.until(now)})
        assert isinstance(done, CursorResult)
        return Finding(rule, done.rowcount)


def _due_accounts(
    session: Session, rule: Rule, now: datetime, only: UUID | None = None
) -> list[UUID]:
    given: dict[str, Any] = {"until": rule.until(now), "now": now, "only": only}
    query = (
        f"{_ACCOUNTS[rule.code]} AND (CAST(:only AS uuid) IS NULL OR a.id = :only) ORDER BY a.id"
    )
    return list(session.scalars(text(query), given))


def _due_people(
    session: Session, rule: Rule, now: datetime, only: UUID | None = None
) -> list[UUID]:
    given: dict[str, Any] = {"until": rule.until(now), "only": only}
    query = f"{_PEOPLE[rule.code]} AND (CAST(:only AS uuid) IS NULL OR e.id = :only) ORDER BY e.id"
    return list(session.scalars(text(query), given))
