"""Failed sign-ins, counted by what they came from; the rules are in `throttle`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access import words
from registry.access.models import SignInAttempt
from registry.access.throttle import DAY, LIMITS, Failures, Kind, opens_at
from registry.errors import TooManyAttemptsError
from registry.vault import service as vault

_SWEPT_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Bucket:
    """Failures of one origin. `key` is a digest: the table names no account and no address."""

    kind: Kind
    key: str


def bucket(session: Session, kind: Kind, *origin: str) -> Bucket:
    """The bucket of an origin."""
    return Bucket(kind, vault.digest(session, f"attempt:{kind.value}", "\0".join(origin)))


def admit(
    session: Session, buckets: Sequence[Bucket], now: datetime, message: str = words.TOO_MANY
) -> None:
    """Let an attempt pass, or say how long to wait.

    Attempts of the first bucket come one after the other until the transaction ends: many at
    once would all be admitted before the first of them is counted.

    Args:
        message: What the error says.

    Raises:
        TooManyAttemptsError: Too many failures in one of the buckets.
    """
    lock(session, buckets[0].key)
    waits = [opens_at(_failures(session, each, now), LIMITS[each.kind]) for each in buckets]
    until = max((wait for wait in waits if wait is not None), default=now)
    if until > now:
        raise TooManyAttemptsError(message, ceil((until - now).total_seconds()))


def _failures(session: Session, counted: Bucket, now: datetime) -> Failures:
    since = now - LIMITS[counted.kind].window
    count, last_at = session.execute(
        select(func.count(), func.max(col(SignInAttempt.at))).where(
            col(SignInAttempt.bucket) == counted.key, col(SignInAttempt.at) > since
        )
    ).one()
    return Failures(count, last_at)


def count_failure(session: Session, buckets: Sequence[Bucket], now: datetime) -> None:
    """Count a failure, and sweep some that are too old to count."""
    session.add_all(SignInAttempt(bucket=each.key, at=now) for each in buckets)
    session.flush()
    old = (
        select(col(SignInAttempt.id))
        .where(col(SignInAttempt.at) < now - DAY)
        .order_by(col(SignInAttempt.at))
        .limit(_SWEPT_AT_ONCE)
        # Two sweeps at once take different rows, and neither waits for the other.
        .with_for_update(skip_locked=True)
    )
    session.execute(delete(SignInAttempt).where(col(SignInAttempt.id).in_(old.scalar_subquery())))


def forget(session: Session, buckets: Sequence[Bucket]) -> None:
    """Start counting anew, after a sign-in that succeeded."""
    keys = [each.key for each in buckets]
    session.execute(delete(SignInAttempt).where(col(SignInAttempt.bucket).in_(keys)))


def lock(session: Session, key: str) -> None:
    """Let transactions that name the same key pass one after the other."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
