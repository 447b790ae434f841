"""OpenAlex as a service: what its replies mean, what they cost, and its pages of results.

Described by the service's own documentation and the source of its gateway, both of August 2026.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from ingest.services.client import Client
from ingest.services.manifest import Expected, Manifest
from ingest.services.replies import Reply, Verdict, json_of, judge_by_status, said, wait_of
from ingest.sources.files import shorten
from ingest.sources.openalex_authors import SOURCE
from ingest.sources.openalex_records import storable
from registry.errors import InvalidInputError, SourceLaterError, SourceRefusedError
from registry.experts.values import LocalText

__all__ = ["MANIFEST", "ResultPage", "Spending", "ask_one", "ask_page", "headers", "judge"]

MANIFEST: Final = Manifest(
    name=SOURCE,
    title=LocalText(vi="OpenAlex", en="OpenAlex"),
    licence=(
        "CC0 1.0: free to use and pass on. Profiles are computed and may mix people; who had his "
        "profile removed at privacy@openalex.org is to disappear here too."
    ),
    documents="https://developers.openalex.org",
    address="https://api.openalex.org",
    # The gateway allows 10 to 50, but only 5 when a list of values counts as a broad query.
    per_second=5.0,
    expected={
        # One recent authorship in six carries an iD; who was asked for by his iD has one.
        "people with an ORCID iD": Expected(5, 100),
        "people with an affiliation": Expected(40, 100),
    },
)

Kind = Literal["record", "list", "search"]
# Dollars, by the price list of August 2026. Replies say what was really charged.
_PRICES: Final[Mapping[Kind, float]] = {"record": 0.0, "list": 0.0001, "search": 0.001}
_SUPPORT: Final = "support@openalex.org"


def headers(key: str | None) -> dict[str, str]:
    """The headers that carry the key; none without one, and then ten cents a day are free.

    Raises:
        InvalidInputError: The key holds spaces or other characters that no key has.
    """
    if not key:
        return {}
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise InvalidInputError(
            "the key to OpenAlex holds characters that no key has; copy it anew from "
            "https://openalex.org/settings/api"
        )
    return {"Authorization": f"Bearer {key}"}


def judge(reply: Reply) -> Verdict:
    """What a reply means; status 429 alone has seven meanings, told apart by its words.

    Source: ourresearch/openalex-api-proxy, src/index.ts and src/f1Validation.ts of 21 August 2026.
    """
    if reply.status == 429:
        return _too_many(reply)
    if reply.status == 400:
        return Verdict("no", f"it does not take the question: {_message(reply)}")
    if reply.status == 401:
        return Verdict("no", "it does not know the key; correct or remove the key to OpenAlex")
    if reply.status == 504:
        why = "the question took it too long; narrow it if this happens again"
        return Verdict("again", why, wait_of(reply.headers))
    if reply.status == 503:
        return Verdict("again", f"it is overloaded: {_message(reply)}", wait_of(reply.headers))
    return judge_by_status(reply)


def _too_many(reply: Reply) -> Verdict:
    message, wait = _message(reply), wait_of(reply.headers)
    words = message.casefold()
    if "plan upgrade" in words or ("requires a" in words and "plan" in words):
        return Verdict("no", f"this question is for paid plans only: {message}")
    if "insufficient budget" in words:
        return Verdict("later", "the budget of this key for today is spent", wait)
    if "throttled" in words or _SUPPORT in words:
        # Its Retry-After of a second is of no use: somebody there looks at the account first.
        return Verdict(
            "later", f"it has slowed this account down; a person must write to {_SUPPORT}"
        )
    return Verdict("again", f"it asks to slow down: {message}", wait)


def _message(reply: Reply) -> str:
    """What an error reply says, on one line; its first words where it is no JSON."""
    try:
        body = json_of(reply)
    except SourceRefusedError:
        return said(reply)
    parts = (body.get("error"), body.get("message")) if isinstance(body, dict) else ()
    text = ": ".join(part for part in parts if isinstance(part, str) and part)
    return shorten(text, 300)[1:-1] if text else said(reply)


class Spending:
    """What a run has cost, and the bound that it keeps.

    Args:
        limit_dollars: Of this run; nothing is asked that would go beyond. None: what the account
            has left is the bound, and the service keeps it.
    """

    def __init__(self, limit_dollars: float | None = None) -> None:
        if limit_dollars is not None and not 0 <= limit_dollars < math.inf:
            raise InvalidInputError("the limit of dollars must be a number from 0 on")
        self.limit_dollars = limit_dollars
        self.dollars = 0.0
        self.requests = 0
        self.left_today: float | None = None
        self.resets_at: datetime | None = None
        self._prices: dict[Kind, float] = dict(_PRICES)

    def before(self, kind: Kind) -> None:
        """Make sure of the money for a request.

        Raises:
            SourceLaterError: It would cost more than is left of the limit.
        """
        # Sums of hundredths of a cent are off by less than a millionth.
        if self.limit_dollars is None or (
            self.dollars + self._prices[kind] <= self.limit_dollars + 1e-6
        ):
            return
        raise SourceLaterError(
            f"{SOURCE}: this run has cost ${self.dollars:.4f} of the ${self.limit_dollars:.4f} "
            "that it may; go on with a higher limit, or another day",
            self.resets_at,
        )

    def add(self, kind: Kind, reply: Reply, cost: object = None) -> None:
        """Count what was charged: by the header, else by the body, else by the price list."""
        charged = _dollars(reply.headers.get("x-ratelimit-cost-usd"))
        if charged is None:
            charged = _dollars(cost)
        if charged is None:
            charged = _PRICES[kind]
        elif charged > self._prices[kind]:
            self._prices[kind] = charged
        self.dollars += charged
        self.requests += 1
        self.left_today = _dollars(reply.headers.get("x-ratelimit-remaining-usd"))
        seconds = _dollars(reply.headers.get("x-ratelimit-reset"))
        if seconds is not None and seconds < 10_000_000:
            self.resets_at = reply.retrieved_at + timedelta(0, seconds)

    def line(self) -> str:
        """What it cost, in a sentence."""
        left = "" if self.left_today is None else f"; ${self.left_today:.4f} are left today"
        return f"{self.requests} requests to OpenAlex for ${self.dollars:.4f}{left}"


def _dollars(given: object) -> float | None:
    """A number from 0 on; None for nonsense."""
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        return None
    try:
        number = float(given)
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number < math.inf else None


@dataclass(frozen=True)
class ResultPage:
    """A page of a list.

    Args:
        results: As they came, unchecked.
        next: Cursor of the next page; None when this was the last one.
        total: How many results there are, as the service says.
    """

    results: list[Any]
    next: str | None
    total: int | None
    retrieved_at: datetime


def ask_page(
    client: Client,
    spending: Spending,
    path: str,
    params: Mapping[str, str | int],
    kind: Kind = "list",
) -> ResultPage:
    """Ask for a page of a list; `params` hold its cursor.

    Raises:
        SourceRefusedError: The answer is no page, or leads back to itself.
        SourceLaterError: It cannot be had now, or the limit of dollars is reached.
    """
    spending.before(kind)
    reply = client.get(path, params)
    if reply is None:
        raise SourceRefusedError(f"OpenAlex knows no list of {path}")
    body = _json(reply)
    meta = body.get("meta") if isinstance(body, dict) else None
    results = body.get("results") if isinstance(body, dict) else None
    spending.add(kind, reply, meta.get("cost_usd") if isinstance(meta, dict) else None)
    if not isinstance(meta, dict) or not isinstance(results, list):
        raise SourceRefusedError(f"{reply.url} answered with something else than a page of results")
    total, following = meta.get("count"), meta.get("next_cursor")
    if not isinstance(following, str | None):
        raise SourceRefusedError(f"{reply.url} answered with a cursor that is no text")
    if following is not None and following == params.get("cursor"):
        raise SourceRefusedError(f"{reply.url} leads back to itself")
    return ResultPage(
        results,
        following if results and following else None,
        total if isinstance(total, int) and total >= 0 else None,
        reply.retrieved_at,
    )


def ask_one(client: Client, spending: Spending, path: str) -> tuple[dict[str, Any], Reply] | None:
    """Ask for one record; None when there is none. One that was merged is the one it became.

    Raises:
        SourceRefusedError: The answer is no record.
        SourceLaterError: It cannot be had now.
    """
    spending.before("record")
    reply = client.get(path)
    if reply is None:
        return None
    spending.add("record", reply)
    body = _json(reply)
    if not isinstance(body, dict):
        raise SourceRefusedError(f"{reply.url} answered with something else than a record")
    return body, reply


def _json(reply: Reply) -> Any:
    return json_of(replace(reply, content=storable(reply.content)))
