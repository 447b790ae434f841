"""What is known of an outside source before it is asked: whose it is, how it may be used. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from registry.experts.values import LocalText


@dataclass(frozen=True)
class Expected:
    """How many there should be of something in a run; outside of it, a person should look.

    Args:
        least: Of each hundred records.
        most: Of each hundred records.
    """

    least: float
    most: float


@dataclass(frozen=True)
class Manifest:
    """A source, as whoever keeps the registry answers for it.

    Args:
        name: Under which its statements are kept.
        licence: In words, with the terms that bind the registry.
        documents: Address of its own documentation.
        address: Where it is asked, without a slash at the end.
        mirror: The same service elsewhere, asked while the first address fails.
        per_second: Requests that are begun in a second, at most; one runs at a time.
        tries: How often a request is made that fails in passing.
        longest_wait: Seconds that a run sleeps because it was told to; longer, and it is put off.
        largest_reply: Bytes.
        expected: Bounds by what is counted, such as 'people with an ORCID iD'.
    """

    name: str
    title: LocalText
    licence: str
    documents: str
    address: str
    per_second: float
    mirror: str | None = None
    tries: int = 5
    longest_wait: float = 90.0
    largest_reply: int = 64 * 1024 * 1024
    expected: Mapping[str, Expected] = field(default_factory=dict)
