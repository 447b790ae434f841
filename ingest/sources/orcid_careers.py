"""What an ORCID record says of employments, degrees, distinctions and posts."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal

from ingest.sources.orcid_records import Activities, Activity, Affiliations
from ingest.sources.orcid_texts import local_text, organisation, partial_date, statement, words
from ingest.sources.records import Notes
from registry.experts.schemas import StatementDraft
from registry.experts.values import AffiliationValue, AwardValue, DegreeValue, PostValue
from registry.text import clean, fold

__all__ = ["career_statements", "degree_level"]

Level = Literal["doctor", "master", "bachelor"]

# Over folded text. A medical or law doctorate is a first degree in some countries and a third in
# others, so that "Doctor of Medicine" and "bác sĩ" say no level.
_LEVELS: Final[dict[Level, re.Pattern[str]]] = {
    "doctor": re.compile(
        r"\b(?:ph\.? ?d|d\.? ?phil|dr\.?-? ?ing|doctorate|doctoral degree|tien s[iy]|tskh"
        r"|doctor (?:of|in) (?:philosophy|sciences?|engineering|education|economics|mathematics"
        r"|business administration|technology))\b"
    ),
    "master": re.compile(
        r"\b(?:masters?|master['’]s|m\.? ?sc|m\.? ?eng|m\.? ?phil|mba|thac s[iy]|th\.?s)\b"
    ),
    "bachelor": re.compile(
        r"\b(?:bachelors?|bachelor['’]s|b\.? ?sc|b\.? ?eng|b\.? ?tech|cu nhan|k[yi] su)\b"
    ),
}
# Short forms that are words or initials in lower case.
_SHORT_LEVELS: Final[dict[Level, re.Pattern[str]]] = {
    "master": re.compile(r"^M\.? ?[AS]\.?(?=$|[ ,(])"),
    "bachelor": re.compile(r"^B\.? ?[AS]\.?(?=$|[ ,(])"),
}
_NO_DEGREE: Final = re.compile(
    r"\b(?:students?|candidates?|candidature|visiting|exchange|interns?|internship|expected"
    r"|ongoing|unfinished|post-?doc\w*|nghien cuu sinh|ncs|hoc vien|sinh vien|sau tien s[iy])\b"
)
_FIELD: Final = re.compile(r"\b(?:in|chuyên ngành|ngành)[ :]+([^\W\d].*)$", re.IGNORECASE)


def degree_level(role: str) -> Level | None:
    """The level that a title of an education says plainly, in English or Vietnamese, or None.

    A title that names two levels, a student or a candidate says none.
    """
    cleaned = clean(role)
    folded = fold(cleaned)
    if _NO_DEGREE.search(folded):
        return None
    found = {level for level, pattern in _LEVELS.items() if pattern.search(folded)}
    found |= {level for level, pattern in _SHORT_LEVELS.items() if pattern.search(cleaned)}
    return found.pop() if len(found) == 1 else None


def career_statements(activities: Activities, url: str, notes: Notes) -> Iterator[StatementDraft]:
    """Affiliations, degrees, awards and posts, in the record's order."""
    yield from _affiliations(_items(activities.employments), url, notes)
    for item in _items(activities.educations):
        # One with a start alone goes on.
        is_open = item.start_date is not None and item.end_date is None
        yield from _degree(item, url, notes, is_open=is_open)
    for item in _items(activities.qualifications):
        yield from _degree(item, url, notes, is_open=False)
    for item in _items(activities.distinctions):
        yield from _award(item, url, notes)
    for item in [*_items(activities.invited_positions), *_items(activities.services)]:
        yield from _post(item, url, notes)
    notes.count("memberships left out", len(_items(activities.memberships)))


def _items(affiliations: Affiliations | None) -> list[Activity]:
    return affiliations.items if affiliations else []


def _affiliations(
    employments: Sequence[Activity], url: str, notes: Notes
) -> Iterator[StatementDraft]:
    """One statement for each employment; the newest that has no end is the main one."""
    starts = [partial_date(item.start_date, Notes()) or "" for item in employments]
    still = [at for at, item in enumerate(employments) if item.end_date is None]
    main = max(still, key=lambda at: (starts[at], -at), default=None)
    for at, item in enumerate(employments):
        place = organisation(item.organization, notes)
        if place is None:
            notes.count("employments without the name of an organisation, left out")
            continue
        role = ", ".join(part for part in (item.role_title, item.department_name) if part)
        value = AffiliationValue(
            organisation=place.name,
            ror_id=place.ror_id,
            country_code=place.country,
            role=local_text(role, 1000, "roles", notes),
            is_main=at == main,
        )
        started, ended = partial_date(item.start_date, notes), partial_date(item.end_date, notes)
        yield statement(value, url, notes, started, ended)


def _degree(item: Activity, url: str, notes: Notes, *, is_open: bool) -> Iterator[StatementDraft]:
    role = words(item.role_title, 500, "titles of educations", notes) or ""
    level = degree_level(role)
    place = organisation(item.organization, notes)
    if is_open:
        notes.count("educations without an end, left out as not finished")
    elif level is None:
        notes.count("educations and qualifications without a plain level, left out")
    else:
        named = _FIELD.search(role)
        value = DegreeValue(
            level=level,
            field=local_text(named.group(1), 500, "fields of degrees", notes) if named else None,
            institution=place.name if place else None,
            country_code=place.country if place else None,
        )
        earned = partial_date(item.end_date, notes) or partial_date(item.start_date, notes)
        yield statement(value, url, notes, earned)


def _award(item: Activity, url: str, notes: Notes) -> Iterator[StatementDraft]:
    title = local_text(item.role_title, 1000, "titles of distinctions", notes)
    if title is None:
        notes.count("distinctions without a title left out")
        return
    place = organisation(item.organization, notes)
    value = AwardValue(title=title, giver=place.name if place else None)
    yield statement(value, url, notes, partial_date(item.start_date, notes))


def _post(item: Activity, url: str, notes: Notes) -> Iterator[StatementDraft]:
    title = local_text(item.role_title, 1000, "titles of posts", notes)
    if title is None:
        notes.count("services and invited positions without a title left out")
        return
    place = organisation(item.organization, notes)
    value = PostValue(
        title=title,
        organisation=place.name if place else None,
        ror_id=place.ror_id if place else None,
        country_code=place.country if place else None,
    )
    started, ended = partial_date(item.start_date, notes), partial_date(item.end_date, notes)
    yield statement(value, url, notes, started, ended)
