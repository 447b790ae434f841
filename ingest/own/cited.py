"""Entries of bibliographies, BibTeX and RIS alike, as works and patents. Pure."""

from dataclasses import dataclass, field
from typing import Any

from ingest.own.items import Left, Reading
from ingest.own.wording import LONG, SHORT, find_doi, fitted, local, plain, web_address
from registry.ids import parse_doi

__all__ = ["Cited", "add_cited"]

# An author list longer than this is that of a collaboration; all of it stands in the record.
_MAX_AUTHORS = 1_000


@dataclass
class Cited:
    """One entry of a bibliography.

    Args:
        kind: Of the work; None for a patent.
        date: As it stands, with the year first.
        is_open: The date says that it is not published yet.
        guessed: What the kind of entry says is vague.
    """

    where: str
    text: str
    kind: str | None
    title: str = ""
    title_vi: str = ""
    title_en: str = ""
    authors: list[str] = field(default_factory=list)
    venue: str = ""
    date: str | None = None
    doi: str = ""
    url: str = ""
    abstract: str = ""
    number: str = ""
    office: str = ""
    guessed: bool = False


def add_cited(reading: Reading, cited: Cited) -> bool:
    """Add an entry to the draft; one without a title is left unread.

    Returns:
        Whether it is an item now.
    """
    where = cited.where
    title = fitted(reading, cited.title, LONG, where)
    if title is None:
        reading.leave(where, cited.text)
        return False
    value: dict[str, Any] = {"title": local(title)}
    for language, text in (("vi", cited.title_vi), ("en", cited.title_en)):
        if other := fitted(reading, text, LONG, where):
            value["title"].setdefault(language, other)
    if abstract := fitted(reading, cited.abstract, LONG, where):
        value["abstract"] = local(abstract)
    sure = not cited.guessed and cited.date is not None
    if cited.kind is None:
        if number := fitted(reading, cited.number, SHORT, where):
            value["number"] = number
        if office := fitted(reading, cited.office, SHORT, where):
            value["office"] = office
        sure = sure and "number" in value
    else:
        authors = [fitted(reading, name, SHORT, where) for name in cited.authors[:_MAX_AUTHORS]]
        if len(cited.authors) > _MAX_AUTHORS:
            reading.note(Left.CUT, where)
        value |= {"kind": cited.kind, "authors": [name for name in authors if name]}
        if venue := fitted(reading, cited.venue, SHORT, where):
            value["venue"] = venue
        if doi := _doi(cited):
            value["doi"] = doi
        sure = sure and bool(value["authors"])
    return reading.add(
        "patent" if cited.kind is None else "work",
        value,
        where,
        cited.text,
        sure=sure,
        started_on=cited.date,
        evidence_url=web_address(cited.url),
    )


def _doi(cited: Cited) -> str | None:
    """The DOI of its own field, as it stands there; else that of its address."""
    if stated := plain(cited.doi):
        return parse_doi(stated) or find_doi(stated)[0] or stated
    return find_doi(cited.url)[0]
