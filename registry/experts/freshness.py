"""How fresh a profile is and whether its person can be reached: computed facts. Pure.

The figures are choices of this product, not of a law: a year is how often people are asked to
look through their profile, and a month is what a busy person may take to answer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

EventKind = Literal["confirmed", "sent", "replied", "bounced"]
Reachability = Literal["reachable", "unanswered", "bounced", "unknown"]
Band = Literal["year", "two_years", "older", "never"]

# A reply tells of an address for a year; people change their posts, and addresses with them.
REPLY_HOLDS: Final = timedelta(days=365)
# After a month of silence a message counts as unanswered.
SILENCE: Final = timedelta(days=30)
YEAR: Final = timedelta(days=365)
TWO_YEARS: Final = timedelta(days=730)


@dataclass(frozen=True)
class Event:
    """Something that happened between the registry and a person.

    Args:
        kind: 'confirmed': he looked through his profile; 'sent': he was written to; 'replied':
            he answered; 'bounced': the message came back.
        at: Aware.
    """

    kind: EventKind
    at: datetime


@dataclass(frozen=True)
class Freshness:
    """The latest event of each kind, and what they say together.

    Args:
        open_since: The first message since the person was last heard of: nothing answered it.
    """

    confirmed_at: datetime | None
    replied_at: datetime | None
    bounced_at: datetime | None
    reachability: Reachability
    open_since: datetime | None = None


def freshness(events: Iterable[Event], now: datetime) -> Freshness:
    """What is known of a person's profile and address at `now`; later events do not count.

    Bounced comes first: the last bounce is later than anything that the person did, so that the
    address in hand is known to be dead, however recent the last reply. A message that was only
    sent since proves nothing. Then reachable: he replied within a year. Then unanswered: he was
    written to a month ago or earlier and has done nothing since; writing again does not start
    the month anew. Else unknown.
    """
    past = [event for event in events if event.at <= now]
    confirmed_at, replied_at = _last(past, "confirmed"), _last(past, "replied")
    bounced_at = _last(past, "bounced")
    heard_at = max((at for at in (confirmed_at, replied_at) if at), default=None)
    open_since = min(
        (e.at for e in past if e.kind == "sent" and (heard_at is None or e.at > heard_at)),
        default=None,
    )
    reachability = _reachability(
        is_bounced(confirmed_at, replied_at, bounced_at),
        replied_at is not None and now - replied_at <= REPLY_HOLDS,
        open_since is not None and now - open_since >= SILENCE,
    )
    return Freshness(confirmed_at, replied_at, bounced_at, reachability, open_since)


def is_bounced(
    confirmed_at: datetime | None, replied_at: datetime | None, bounced_at: datetime | None
) -> bool:
    """Whether the last bounce is later than anything that the person did."""
    heard_at = max((at for at in (confirmed_at, replied_at) if at), default=None)
    return bounced_at is not None and (heard_at is None or bounced_at > heard_at)


def _reachability(has_bounced: bool, has_replied: bool, is_silent: bool) -> Reachability:
    if has_bounced:
        return "bounced"
    if has_replied:
        return "reachable"
    return "unanswered" if is_silent else "unknown"


@dataclass(frozen=True)
class Days:
    """The periods above in whole days (UTC), seen from one day.

    Lists and filters count so, that a filter gives one answer all day, in the database and in an
    index.
    """

    on: date

    @property
    def replied_from(self) -> date:
        """A reply on this day or later holds."""
        return self.on - REPLY_HOLDS

    @property
    def silent_until(self) -> date:
        """A message of this day or earlier has waited long enough."""
        return self.on - SILENCE

    def confirmed_from(self, within_days: int) -> date:
        """A confirmation on this day or later was within so many days."""
        return self.on - timedelta(days=within_days)

    def reachability(
        self,
        confirmed_at: datetime | None,
        replied_at: datetime | None,
        bounced_at: datetime | None,
        open_since: datetime | None,
    ) -> Reachability:
        """What the kept times say on this day, by the rule of `freshness`; times are in UTC."""
        return _reachability(
            is_bounced(confirmed_at, replied_at, bounced_at),
            replied_at is not None and replied_at.date() >= self.replied_from,
            open_since is not None and open_since.date() <= self.silent_until,
        )


def band(confirmed_at: datetime | None, now: datetime) -> Band:
    """How long ago the person confirmed his profile, in steps for filters and the quality view."""
    if confirmed_at is None:
        return "never"
    age = now - confirmed_at
    if age <= YEAR:
        return "year"
    return "two_years" if age <= TWO_YEARS else "older"


def _last(events: Iterable[Event], kind: EventKind) -> datetime | None:
    return max((event.at for event in events if event.kind == kind), default=None)
