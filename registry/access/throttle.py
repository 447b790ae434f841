"""How long somebody waits after failed sign-ins. Pure: counts and times in, a time out.

Failures are counted apart for each origin, so that nobody can shut out somebody else: guesses
from another network slow down that network, and a browser that has signed in to the account
before is counted by itself (device cookies). What an attacker with many networks gains is a
handful of guesses from each.

Sources: OWASP, "Slow Down Online Guessing Attacks with Device Cookies"; NIST SP 800-63B-4, 3.2.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final


class Kind(StrEnum):
    """What failures are counted by."""

    # An account's name together with the network; for unknown names just the same.
    ACCOUNT = "account"
    NETWORK = "network"
    DEVICE = "device"
    # One-time codes of an account: to be asked for one takes the right password.
    CODE = "code"
    # Sign-in names that an account has given to name delegates by, and that it cannot use.
    NAMING = "naming"


@dataclass(frozen=True)
class Limit:
    """When waiting begins and how it grows.

    Args:
        free: Failures without a wait; each one from there on doubles it.
        window: Failures that are older do not count.
    """

    free: int
    first_wait: timedelta
    longest_wait: timedelta
    window: timedelta


DAY: Final = timedelta(days=1)
LIMITS: Final[Mapping[Kind, Limit]] = {
    Kind.ACCOUNT: Limit(5, timedelta(seconds=30), timedelta(hours=1), DAY),
    # An office may stand behind one address: many may err, and nobody waits for long.
    Kind.NETWORK: Limit(100, timedelta(seconds=2), timedelta(minutes=5), timedelta(hours=1)),
    Kind.DEVICE: Limit(10, timedelta(seconds=30), timedelta(hours=1), DAY),
    Kind.CODE: Limit(10, timedelta(seconds=30), timedelta(hours=1), DAY),
    # The answers tell which names there are: ten a day help whoever mistypes, and no list.
    Kind.NAMING: Limit(10, DAY, DAY, DAY),
}


@dataclass(frozen=True)
class Failures:
    """Failures within the window."""

    count: int
    last_at: datetime | None


def opens_at(failures: Failures, limit: Limit) -> datetime | None:
    """When the next attempt is taken; None when there is no wait at all."""
    if failures.last_at is None or failures.count < limit.free:
        return None
    # Doubled in steps: a large power of two overflows a time span.
    wait, doublings = limit.first_wait, failures.count - limit.free
    while doublings and wait < limit.longest_wait:
        wait, doublings = wait * 2, doublings - 1
    return failures.last_at + min(wait, limit.longest_wait)


def network_of(address: str | None) -> str:
    """The network that an address is of: /24 for IPv4, /56 for IPv6, which is one household."""
    try:
        parsed = ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    prefix = 24 if parsed.version == 4 else 56
    return str(ip_network(f"{parsed}/{prefix}", strict=False))
