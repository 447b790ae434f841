"""Texts, dates and organisations of an ORCID record as statements hold them."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from ingest.sources.files import shorten
from ingest.sources.openalex_works import plain_text
from ingest.sources.orcid_records import OrcidDate, Organization, Title
from ingest.sources.records import Notes, fitted
from registry.dates import check_partial_date
from registry.experts.schemas import StatementDraft
from registry.experts.values import VALUE_CLASSES, LocalText, Value
from registry.ids import parse_ror
from registry.text import language_of

__all__ = ["Place", "local_text", "organisation", "partial_date", "statement", "title_of", "words"]

_EMAIL: Final = re.compile(
    r"(?:mailto:)?[^\s@<>(),;:\"]{1,64}@[^\s@<>(),;\"]{1,190}\.[^\s@<>(),;.\"]{2,63}"
)
_PROPERTIES: Final[Mapping[type[Value], str]] = {c: name for name, c in VALUE_CLASSES.items()}
# Other registers of organisations that a record may point to, none of which is kept here.
_REGISTERS: Final = frozenset({"RINGGOLD", "FUNDREF", "GRID", "LEI", "WIKIDATA", "ISNI"})


class Place(NamedTuple):
    """An organisation: `name` fits a short text, `country` has two letters."""

    name: str
    ror_id: str | None
    country: str | None


def words(text: str | None, limit: int, kind: str, notes: Notes) -> str | None:
    """A text without markup and e-mail addresses, cut to what fits; None when nothing is left."""
    return fitted(_EMAIL.sub(" ", plain_text(text or "")), limit, kind, notes)


def local_text(text: str | None, limit: int, kind: str, notes: Notes) -> LocalText | None:
    """A text under its language; what is neither Vietnamese nor English stands under English."""
    cleaned = words(text, limit, kind, notes)
    if cleaned is None:
        return None
    is_vietnamese = language_of(cleaned) == "vi"
    return LocalText(vi=cleaned) if is_vietnamese else LocalText(en=cleaned)


def title_of(title: Title | None, kind: str, notes: Notes) -> LocalText | None:
    """A title with its subtitle, and its translation where that is in the other language."""
    if title is None:
        return None
    whole = ": ".join(part for part in (title.title, title.subtitle) if part)
    main = local_text(whole, 20_000, kind, notes)
    translated = title.translated_title
    if main is None or translated is None or not translated.value:
        return main
    language = (translated.language_code or "").lower()[:2]
    other = words(translated.value, 20_000, kind, notes)
    if language == "en" and main.en is None:
        return LocalText(vi=main.vi, en=other)
    if language == "vi" and main.vi is None:
        return LocalText(vi=other, en=main.en)
    return main


def partial_date(date: OrcidDate | None, notes: Notes) -> str | None:
    """As much of a date as there can be: records hold days like 29 February 1930."""
    if date is None or not date.year:
        return None
    parts = [date.year.strip().zfill(4)]
    for part in (date.month, date.day):
        if not part:
            break
        parts.append(part.strip().zfill(2))
    for length in range(len(parts), 0, -1):
        text = "-".join(parts[:length])
        try:
            check_partial_date(text)
        except ValueError:
            continue
        notes.count("impossible dates cut to the part that is possible", length < len(parts))
        return text
    notes.count("impossible dates left out")
    return None


def organisation(organization: Organization | None, notes: Notes) -> Place | None:
    """The organisation of an activity; its ROR id when the record points to ROR itself."""
    if organization is None:
        return None
    name = words(organization.name, 500, "organisation names", notes)
    if name is None:
        return None
    country = organization.address.country if organization.address else None
    if country and not re.fullmatch("[A-Z]{2}", country):
        notes.name("countries of another form than two letters, left out", shorten(country)[1:-1])
        country = None
    pointed = organization.disambiguated_organization
    source = pointed.disambiguation_source if pointed else None
    ror_id = None
    if pointed and source == "ROR":
        ror_id = parse_ror(pointed.disambiguated_organization_identifier or "")
        notes.count("ROR ids of another form left out", ror_id is None)
    elif source and source not in _REGISTERS:
        notes.name("registers of organisations that this importer does not know", shorten(source))
    return Place(name, ror_id, country or None)


def statement(
    value: Value, url: str, notes: Notes, started: str | None = None, ended: str | None = None
) -> StatementDraft:
    """A claimed statement; an end that lies before the start is left out."""
    if started and ended and ended < started[: len(ended)]:
        notes.count("ends before the start left out")
        ended = None
    envelope: dict[str, Any] = {"started_on": started, "ended_on": ended, "evidence_url": url}
    return StatementDraft(property=_PROPERTIES[type(value)], value=value, **envelope)
