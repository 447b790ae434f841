"""Entries of employment: where, as what, from when to when. Pure."""

import re
from typing import Any, Final

from ingest.own.items import Reading
from ingest.own.periods import find_period, years_in
from ingest.own.places import Entry, is_organisation, is_role, pieces_of
from ingest.own.tongues import find_country
from ingest.own.wording import LONG, SHORT, fitted, local

__all__ = ["add_job"]

_LETTERS: Final = re.compile(r"[^\W\d_]{2}")


def add_job(reading: Reading, entry: Entry, details: list[str]) -> bool:
    """Add a place of work, or a post where no place is named.

    Args:
        details: Lines below the entry, which say what was done there.

    Returns:
        False: it names neither.
    """
    period = find_period(entry.text)
    rest = period.without(entry.text) if period else entry.text
    cells = entry.cells
    if period and cells:
        cells = tuple(p.without(cell) if (p := find_period(cell)) else cell for cell in cells)
    organisations: list[str] = []
    roles: list[str] = []
    country, others = None, 0
    for piece in pieces_of(rest, cells):
        # "Trưởng khoa Vật lý": what somebody is comes before where.
        if is_role(piece) and not (roles and is_organisation(piece)):
            roles.append(piece)
        elif is_organisation(piece):
            organisations.append(piece)
        elif (code := find_country(piece)) and organisations:
            country = code
        elif _LETTERS.search(piece):
            others += 1
            organisations += [piece] if organisations and others == 1 else []
    organisation = fitted(reading, ", ".join(organisations), SHORT, entry.where)
    role = fitted(reading, ", ".join(roles), SHORT, entry.where)
    summary = fitted(reading, "; ".join(details), LONG, entry.where)
    around = {
        "started_on": period.start if period else None,
        "ended_on": period.end if period else None,
    }
    text = " / ".join([entry.text, *details])
    sure = bool(organisation and role and period) and not period.is_point if period else False
    sure = sure and not others and not entry.is_joined and not years_in(rest)
    if not organisation and not role:
        return False
    if organisation:
        value: dict[str, Any] = {"organisation": organisation}
        if role:
            value["role"] = local(role)
        if country:
            value["country_code"] = country
        added = reading.add("affiliation", value, entry.where, entry.text, sure=sure, **around)
    if role and (summary or not organisation):
        value = {"title": local(role)}
        if organisation:
            value["organisation"] = organisation
        if summary:
            value["summary"] = local(summary)
        return reading.add("post", value, entry.where, text, sure=False, **around)
    for detail in details:
        reading.leave(entry.where, detail)
    return added
