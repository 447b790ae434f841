"""ORCID's public service: what its replies mean, and records by iD."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from ingest.services.asking import Page, Unit
from ingest.services.client import Client
from ingest.services.manifest import Manifest
from ingest.services.replies import Reply, Verdict, json_of, judge_by_status, wait_of
from ingest.sources.orcid import SOURCE, gone_record, read_orcid_record
from ingest.sources.orcid_public import public_only
from ingest.sources.records import Notes
from registry.errors import InvalidInputError, SourceRefusedError
from registry.experts.schemas import PersonDraft
from registry.experts.values import LocalText
from registry.ids import parse_orcid

__all__ = ["MANIFEST", "RecordsByOrcid", "headers", "judge"]

MANIFEST: Final = Manifest(
    name=SOURCE,
    title=LocalText(vi="ORCID", en="ORCID"),
    licence=(
        "Public API of ORCID: for non-commercial use, not inside a service that earns money. What "
        "people made public may be shown; what they make private again has to go, so records are "
        "read again on a schedule. The yearly public data file is CC0; prefer it for first loads."
    ),
    documents="https://info.orcid.org/documentation/",
    address="https://pub.orcid.org/v3.0",
    per_second=5,
)

# Records on one page: what is fetched before a stop is lost up to here.
_PAGE: Final = 20
_MOST_MOVES: Final = 3
_GONE_CODE: Final = 9016
_ORCID: Final = re.compile(r"[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]")


def headers(token: str | None = None) -> dict[str, str]:
    """Of each request; with a token of `fetch_token`, the daily quota is higher."""
    wanted = {"Accept": "application/json"}
    return wanted | ({"Authorization": f"Bearer {token}"} if token else {})


def judge(reply: Reply) -> Verdict:
    """What a reply of the public service means.

    A deprecated iD is answered with 301, which names the iD that took its place; the address it
    points to is not always one of this service, so that `RecordsByOrcid` asks anew by iD.
    """
    match reply.status:
        case 301 if _moved_to(reply):
            return Verdict("ok")
        case 301:
            return Verdict("no", "it says that the record has moved, but not where to")
        case 404 if _error(reply).get("error-code") == _GONE_CODE:
            return Verdict("missing", "there is no record under this iD")
        case 404:
            return Verdict("no", "there is nothing at this address")
        case 409:
            return Verdict("missing", "the record is locked or was deactivated")
        case 401 | 403:
            return Verdict("no", "it does not take the token: fetch a new one, or go without")
        case 429 if (wait := wait_of(reply.headers)) is not None:
            return Verdict("again", "it was asked too often", wait)
        case 429:
            return Verdict("later", "its daily quota is used up", _until_tomorrow(reply))
        case 500 if "For input string" in str(_error(reply).get("developer-message")):
            return Verdict("no", "it does not take a parameter of this search")
    # 404 is told apart above, so that a wrong address is not taken for a missing person.
    return judge_by_status(reply, missing=frozenset())


class RecordsByOrcid:
    """Whole records of known iDs, as a source.

    Args:
        orcids: iDs in any form, each asked for once.
        about: Whom of the registry an iD was found with, by bare iD.

    Raises:
        InvalidInputError: One of them is no ORCID iD.
    """

    manifest = MANIFEST

    def __init__(self, orcids: Sequence[str], about: Mapping[str, UUID] | None = None) -> None:
        self.orcids = list(dict.fromkeys(parse_orcid(orcid) for orcid in orcids))
        self._about = dict(about or {})

    def pages(self, client: Client, cursor: Mapping[str, Any] | None) -> Iterator[Page]:
        """As `Source.pages`; a record that is gone comes as a unit without content."""
        done = int(cursor["done"]) if cursor else 0
        for start in range(done, len(self.orcids), _PAGE):
            wanted = self.orcids[start : start + _PAGE]
            notes = Notes()
            units = [self._unit(client, orcid, notes) for orcid in wanted]
            end = start + len(wanted)
            following = {"done": end} if end < len(self.orcids) else None
            yield Page(units, following, len(self.orcids), notes.lines())

    def read(self, unit: Unit, notes: Notes) -> PersonDraft:
        """As `Source.read`."""
        if unit.raw is None:
            return gone_record(unit.key, unit.retrieved_at)
        return read_orcid_record(dict(unit.raw), unit.retrieved_at, notes, unit.key)

    def _unit(self, client: Client, asked: str, notes: Notes) -> Unit:
        orcid = asked
        former: list[str] = []
        for _ in range(_MOST_MOVES):
            reply = client.get(f"{orcid}/record")
            if reply is None:
                notes.name("records that were deleted or locked", orcid)
                return Unit(orcid, None, datetime.now(UTC), self._about.get(asked), tuple(former))
            moved_to = _moved_to(reply) if reply.status == 301 else None
            if moved_to is None:
                return self._with_content(reply, asked, orcid, former)
            notes.name("iDs that another iD has replaced", f"{orcid} by {moved_to}")
            former.append(orcid)
            orcid = moved_to
        raise SourceRefusedError(f"ORCID sends {asked} from one iD to another")

    def _with_content(self, reply: Reply, asked: str, orcid: str, former: list[str]) -> Unit:
        content = json_of(reply)
        if not isinstance(content, dict):
            raise SourceRefusedError(f"{reply.url} answered with something else than a record")
        try:
            # Before anything is kept: a reply that was cached may hold what is private by now.
            raw = public_only(content, Notes())
            orcid = parse_orcid(str(raw["orcid-identifier"]["path"]))
        except (InvalidInputError, KeyError, TypeError, RecursionError) as exc:
            raise SourceRefusedError(
                f"{reply.url} answered with something else than a record"
            ) from exc
        former = [one for one in dict.fromkeys([*former, asked]) if one != orcid]
        return Unit(orcid, raw, reply.retrieved_at, self._about.get(asked), tuple(former))


def _error(reply: Reply) -> dict[str, Any]:
    """The JSON of an error; empty when it is something else, such as XML or plain text."""
    try:
        value = json.loads(reply.content)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _moved_to(reply: Reply) -> str | None:
    """The iD that took the place of a deprecated one, by the header or the words of a reply."""
    words = str(_error(reply).get("developer-message", ""))
    for text in (reply.headers.get("location", ""), words, reply.text[:4000]):
        for found in _ORCID.findall(text):
            if found not in reply.url:
                return str(found)
    return None


def _until_tomorrow(reply: Reply) -> float:
    """Seconds to the next day in UTC."""
    tomorrow = reply.retrieved_at.astimezone(UTC).date() + timedelta(days=1)
    return (datetime.combine(tomorrow, time(), UTC) - reply.retrieved_at).total_seconds()
