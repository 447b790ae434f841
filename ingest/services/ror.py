"""ROR's service: organisations by id, by name, and by affiliation string."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

from pydantic import Field, ValidationError

from ingest.services.client import Client
from ingest.services.manifest import Manifest
from ingest.services.replies import Reply, Verdict, json_of, judge_by_status
from ingest.sources.files import refusal
from ingest.sources.records import Many, Notes, Record, note_leftovers, problems_of
from ingest.sources.ror import Organisation, read_organisation
from registry.errors import InvalidInputError, SourceRefusedError
from registry.experts.values import LocalText
from registry.ids import parse_ror

__all__ = [
    "MANIFEST",
    "RorMatch",
    "RorMatches",
    "fetch_organisation",
    "headers",
    "judge",
    "manifest",
    "match_by_service",
    "search_by_name",
]

MANIFEST: Final = Manifest(
    name="ror",
    title=LocalText(
        vi="Sổ đăng ký tổ chức nghiên cứu (ROR)", en="Research Organization Registry (ROR)"
    ),
    licence="CC0: free to use and to pass on. Place names come from GeoNames (CC BY).",
    documents="https://ror.readme.io/docs/basics",
    address="https://api.ror.org/v2",
    per_second=8 / 60,
    # The limit is counted over five minutes.
    longest_wait=330.0,
)

_MOST_MOVES: Final = 3
# Characters with a meaning of their own in the service's query language.
_RESERVED: Final = re.compile(r'([+\-=&|><!(){}\[\]^"~*?:\\/])')


@dataclass(frozen=True)
class RorMatch:
    """An organisation that the service found for a text.

    Args:
        score: From 0 to 1, as the service gives it; None for a search by name.
        words: The part of the text that it found it by.
        reasons: Why it was taken or not, in sentences.
    """

    organisation: Organisation
    score: float | None = None
    words: str | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class RorMatches:
    """What the service makes of a text: `chosen` may be taken, `proposals` are for a person."""

    chosen: tuple[RorMatch, ...] = ()
    proposals: tuple[RorMatch, ...] = ()


class _Item(Record):
    substring: str | None = None
    score: float | int | None = None
    matching_type: str | None = None
    chosen: bool
    organization: dict[str, Any]


class _Page(Record):
    known: ClassVar = frozenset({"number_of_results", "time_taken", "meta"})

    items: Many[dict[str, Any]] = Field(default_factory=list)


def headers(client_id: str | None = None) -> dict[str, str]:
    """Of each request; a registered client id, which is no secret, allows more of them."""
    return {"Client-Id": client_id} if client_id else {}


def manifest(client_id: str | None = None) -> Manifest:
    """The manifest with the pace that a client id allows: 2,000 requests in five minutes."""
    return replace(MANIFEST, per_second=5.0) if client_id else MANIFEST


def judge(reply: Reply) -> Verdict:
    """What a reply of the service means: it has no peculiarities but its pace."""
    if reply.status == 429:
        usual = judge_by_status(reply)
        return (
            replace(usual, why="it was asked too often")
            if usual.wait
            else Verdict("again", "it was asked too often", 60.0)
        )
    return judge_by_status(reply)


def fetch_organisation(client: Client, ror_id: str, notes: Notes) -> Organisation | None:
    """The organisation of a ROR id as it is today: of one that ended, its only successor.

    An ended one without a single successor comes as it is; its status says so. None: ROR has no
    such id.

    Raises:
        InvalidInputError: It is no ROR id.
        ImportRefusedError: A record has not the form of schema v2.
        SourceRefusedError, SourceLaterError, CancelledError: As the client does.
    """
    wanted = parse_ror(ror_id)
    if wanted is None:
        raise InvalidInputError("not a ROR id; expected a form like 04nyv3z04")
    reply = client.get(f"organizations/{wanted}")
    if reply is None:
        return None
    organisation = read_organisation(_object(reply), notes)
    return _today(client, organisation, notes)


def match_by_service(client: Client, affiliation: str, notes: Notes) -> RorMatches:
    """What an affiliation string means to ROR; only what it marks as chosen may be taken.

    Raises:
        ImportRefusedError: A record has not the form that is documented.
        SourceRefusedError, SourceLaterError, CancelledError: As the client does.
    """
    chosen: list[RorMatch] = []
    proposals: list[RorMatch] = []
    for raw in _items(client, {"affiliation": affiliation}, notes):
        try:
            item = _Item.model_validate(raw)
        except ValidationError as exc:
            raise refusal("the reply of ROR", problems_of("items", exc)) from exc
        note_leftovers("match of ROR", item, notes)
        found = read_organisation(item.organization, notes)
        today = _today(client, found, notes) if item.chosen else found
        reasons = [f"ROR found it by {(item.matching_type or 'its name').lower()}"]
        if today.ror_id != found.ror_id:
            reasons.append(f"the record {found.ror_id} is {found.status}, this follows it")
        is_taken = item.chosen and today.status == "active"
        if not is_taken:
            why = "ROR is not sure" if not item.chosen else f"its record is {today.status}"
            reasons.append(why)
        match = RorMatch(today, item.score, item.substring, tuple(reasons))
        (chosen if is_taken else proposals).append(match)
    return RorMatches(tuple(chosen), tuple(proposals))


def search_by_name(client: Client, name: str, notes: Notes) -> RorMatches:
    """The first organisations that a name finds: all of them proposals.

    Raises:
        ImportRefusedError, SourceRefusedError, SourceLaterError, CancelledError: As above.
    """
    query = _RESERVED.sub(r"\\\1", name)
    found = [read_organisation(raw, notes) for raw in _items(client, {"query": query}, notes)]
    return RorMatches(proposals=tuple(RorMatch(organisation) for organisation in found))


def _today(client: Client, organisation: Organisation, notes: Notes) -> Organisation:
    """What came after an organisation that ended, if that is a single one."""
    for _ in range(_MOST_MOVES):
        if organisation.status not in {"inactive", "withdrawn"}:
            break
        if len(organisation.successors) != 1:
            break
        reply = client.get(f"organizations/{organisation.successors[0]}")
        if reply is None:
            break
        following = read_organisation(_object(reply), notes)
        notes.name(
            "organisations that ended, with what follows them",
            " by ".join((organisation.ror_id, following.ror_id)),
        )
        organisation = following
    return organisation


def _items(client: Client, params: Mapping[str, str], notes: Notes) -> list[dict[str, Any]]:
    reply = client.get("organizations", params)
    if reply is None:
        raise SourceRefusedError("ROR does not know its own search")
    value = _object(reply)
    if "items" not in value:
        raise SourceRefusedError(f"{reply.url} answered with something else than a list")
    try:
        page = _Page.model_validate(value)
    except ValidationError as exc:
        raise refusal("the reply of ROR", problems_of("", exc)) from exc
    note_leftovers("page of ROR", page, notes)
    return page.items


def _object(reply: Reply) -> dict[str, Any]:
    value = json_of(reply)
    if not isinstance(value, dict) or "errors" in value:
        raise SourceRefusedError(f"{reply.url} answered with something else than asked for")
    return value
