"""A list of people as a file, for a stated purpose; whoever is in it can see that he was."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import IO, Any, Final
from uuid import UUID

from pydantic import Field
from sqlalchemy.orm import Session

from registry.access.policy import Actor, Selector, require, selector_for
from registry.audit import service as audit
from registry.errors import InvalidInputError
from registry.experts import standing
from registry.experts.contacts import opened_value
from registry.experts.export_formats import Format, write_people
from registry.experts.facets import FilterNames
from registry.experts.filters import sees_standing
from registry.experts.listing import OrderRequest, select_asked
from registry.experts.listing_rows import list_ids, list_said, rows_of
from registry.experts.models import Expert, ExpertStanding, ExpertSummary
from registry.experts.selection import Selection, count_matching
from registry.experts.service import disclose
from registry.vault import service as vault

MOST_PEOPLE: Final = 10_000
# People read at once: what lies in memory.
_BATCH: Final = 200
_IN_MEMORY_BYTES: Final = 4_000_000


class ExportRequest(OrderRequest):
    """Filters and order of a list that becomes a file; `purpose` is required."""

    format: Format = Field(default="csv", description="csv, xlsx or jsonl")
    with_leads: bool = Field(
        default=False,
        description="Also people who have not claimed their profile, as in a list with a purpose.",
    )


def export_people(
    session: Session, actor: Actor, request: ExportRequest, now: datetime, out: IO[bytes]
) -> int:
    """Write the people of a list, with all that the actor may see of them.

    Nothing is written to `out` before everybody has been read and looked at once more: who
    withdrew meanwhile is not in the file.

    Returns:
        How many people are in it.

    Raises:
        InvalidInputError: No purpose, too many people, or a filter that cannot be used.
        NotPermittedError: The actor may not export, or not by this filter or in this order.
    """
    require(actor, "expert:export")
    purpose = request.purpose
    if purpose is None:
        raise InvalidInputError("say for what purpose people are exported; it is kept with them")
    names = FilterNames.load(session)
    selection = select_asked(
        names, actor, request, purpose if request.with_leads else None, now.date()
    )
    found = count_matching(session, selection)
    if found > MOST_PEOPLE:
        raise InvalidInputError(
            f"the list has {found:,} people and an export at most {MOST_PEOPLE:,}; narrow it by "
            "more filters"
        )
    ids = list_ids(session, selection, request.sort, MOST_PEOPLE)
    said_to = _for_a_file(selector_for(actor, purpose))
    with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as draft:
        for batch in _batches(ids):
            for person in _read(session, selection, said_to, batch, now.date()):
                draft.write(json.dumps(person, default=_as_text).encode() + b"\n")
        staying = {i for batch in _batches(ids) for i in rows_of(session, selection, batch)}
        draft.seek(0)
        people = (json.loads(line) for line in draft)
        write_people(request.format, (p for p in people if UUID(p["id"]) in staying), out)
    others = [i for i in ids if i in staying and i != actor.expert_id]
    disclose(session, actor, "export", others, purpose)
    details = {"format": request.format, "people": len(staying)}
    audit.record(session, actor, "expert:export", details=details)
    return len(staying)


def _as_text(value: UUID | datetime) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _batches(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(ids), _BATCH):
        yield ids[start : start + _BATCH]


def _for_a_file(selector: Selector) -> Selector:
    """What goes into a file of a body: its councils' candidates as they see them.

    Left out is what the actor sees as a person of his own, or as somebody's delegate.
    """
    near = {
        key: tuple(more for more in relations if not more.any_life)
        for key, relations in selector.near.items()
    }
    return replace(selector, near=near)


def _read(
    session: Session, selection: Selection, said_to: Selector, ids: Sequence[UUID], on: date
) -> Iterator[dict[str, Any]]:
    rows, said = rows_of(session, selection, ids), list_said(session, ids, said_to)
    # All keys of the batch at once; opening each contact finds its own in the cache.
    sealed = {
        expert_id: {
            s["origin_id"] or expert_id for s in said[expert_id] if s["property"] == "contact"
        }
        for expert_id in ids
    }
    keys = vault.person_keys(session, sorted(set().union(*sealed.values())))
    shows_standing = sees_standing(selection.selector)
    for expert_id in ids:
        # A missing key: he was erased since his statements were read.
        if expert_id not in rows or not sealed[expert_id] <= keys.keys():
            continue
        expert, summary, contacts = rows[expert_id]
        for statement in said[expert_id]:
            came_with = statement.pop("origin_id") or expert_id
            statement["value"] = opened_value(
                session, came_with, statement["property"], statement["value"]
            )
        yield _person(expert, summary, said[expert_id]) | {
            "standing": _standing(contacts, on) if shows_standing else None
        }


def _standing(kept: ExpertStanding | None, on: date) -> dict[str, Any]:
    return standing.public(kept, on).model_dump(mode="json")


def _person(
    expert: Expert, summary: ExpertSummary, statements: list[dict[str, Any]]
) -> dict[str, Any]:
    contacts: dict[str, list[str]] = {}
    for statement in statements:
        if statement["property"] == "contact":
            value = statement["value"]
            contacts.setdefault(value["kind"], []).append(value["address"])
    return {
        "id": str(expert.id),
        "display_name": summary.display_name,
        "is_invented": expert.is_invented,
        "life": expert.life,
        "organisation": summary.organisation,
        "role_vi": summary.role_vi,
        "role_en": summary.role_en,
        "country_code": summary.country_code,
        "is_overseas": summary.is_overseas,
        "sector": summary.sector,
        "academic_rank": summary.rank,
        "degree": summary.degree,
        "languages": summary.languages,
        "fields": [code.removeprefix("ford:") for code in summary.fields],
        "groups": summary.groups,
        "contacts": contacts,
        "statements": statements,
    }
