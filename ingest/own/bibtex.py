"""BibTeX as a draft: each entry an item, with its letters out of LaTeX. Pure."""

import logging
import re
from collections.abc import Iterator
from typing import Final

from bibtexparser import model
from bibtexparser.entrypoint import parse_string
from bibtexparser.library import Library
from bibtexparser.middlewares.parsestack import default_parse_stack

from ingest.own.cited import Cited, add_cited
from ingest.own.items import Draft, Left, Reading
from ingest.own.latex import decode
from ingest.own.wording import partial_date
from ingest.sources.files import refusal
from registry.errors import Problem
from registry.experts import file_words as words
from registry.text import fold

__all__ = ["is_bibtex", "read_bibtex"]

# It warns of each damaged entry, which the draft shows.
logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)

_NAME: Final = "the BibTeX file"
# The library works on the whole text at once.
_LONGEST: Final = 4_000_000
_BLOCK: Final = re.compile(r"^[ \t]*@[a-zA-Z]+\s*[{(]", re.MULTILINE)
_ENTRY: Final = re.compile(
    r"^[ \t]*@(?!comment|preamble|string)[a-zA-Z]+\s*\{[^{}=\"]{0,300},", re.MULTILINE | re.I
)
_PATENTS: Final = frozenset({"patent", "patentus", "patentuk", "patenteu", "patentde", "patentfr"})
_KINDS: Final = {
    **dict.fromkeys(("article", "periodical", "suppperiodical"), "article"),
    **dict.fromkeys(("inproceedings", "conference"), "proceedings-article"),
    **dict.fromkeys(("book", "mvbook", "booklet", "collection", "reference", "manual"), "book"),
    **dict.fromkeys(("incollection", "inbook", "bookinbook", "suppbook"), "book-chapter"),
    "inreference": "reference-entry",
    **dict.fromkeys(("phdthesis", "mastersthesis", "thesis"), "dissertation"),
    **dict.fromkeys(("techreport", "report"), "report"),
    **dict.fromkeys(("proceedings", "mvproceedings"), "proceedings"),
    **dict.fromkeys(("online", "electronic", "www"), "other"),
    "dataset": "dataset",
    "software": "software",
    "standard": "standard",
    **dict.fromkeys(("misc", "unpublished"), "other"),
}
_VAGUE: Final = frozenset({"misc", "unpublished", "online", "electronic", "www", "proceedings"})
_READ: Final = frozenset(
    {"title", "subtitle", "author", "journal", "journaltitle", "booktitle", "year", "date"}
    | {"month", "day", "doi", "url", "abstract", "publisher", "school", "institution", "holder"}
    | {"number", "type", "location", "editor"}
)
# Known, and no part of what is stated of a work.
_KNOWN: Final = frozenset(
    {"volume", "pages", "issn", "isbn", "keywords", "file", "note", "annote", "annotation"}
    | {"series", "edition", "chapter", "address", "organization", "howpublished", "key"}
    | {"crossref", "eprint", "archiveprefix", "primaryclass", "eprinttype", "eprintclass"}
    | {"language", "langid", "urldate", "issue", "eid", "articleno", "numpages", "pagetotal"}
    | {"timestamp", "biburl", "bibsource", "date-added", "date-modified", "owner", "month_numeric"}
    | {"copyright", "publicationstatus", "shorttitle", "shortjournal", "journal-iso", "pmid"}
    | {"pmcid", "mendeley-groups", "groups", "comment", "creationdate", "modificationdate"}
    | {"da", "doc-delivery-number", "unique-id", "times-cited", "journalsubtitle", "venue"}
    | {"booksubtitle", "eventtitle", "eventdate", "options", "ids", "pubstate", "urlyear"}
    | {"lccn", "rights", "citeulike-article-id", "posted-at", "priority", "ranking", "source"}
    | {"document_type", "abbrev_source_title", "affiliation", "author_keywords", "coden", "art_no"}
    | {"adsurl", "adsnote", "bdsk-url-1", "bdsk-url-2", "readstatus", "version", "originalyear"}
)
_MONTHS: Final = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)
_OPEN: Final = re.compile(
    r"in press|to appear|forthcoming|accepted|submitted|in preparation|n\.?d\.?|sap xuat ban"
)
_YEAR: Final = re.compile(r"(?<!\d)(\d{4})(?!\d)")
_DAMAGE: Final = (LookupError, ValueError, TypeError, AttributeError, RecursionError, OverflowError)


def is_bibtex(text: str) -> bool:
    """Whether a text is a bibliography of this form."""
    return _ENTRY.search(text) is not None


def read_bibtex(text: str) -> Draft:
    """Every entry of a bibliography as an item; what cannot be read stands unread with its line.

    Raises:
        ImportRefusedError: It is longer than 4 MB, or nothing in it is an entry.
    """
    if len(text) > _LONGEST:
        problem = Problem(words.THE_FILE, words.LONG_BIBTEX, words.SPLIT)
        raise refusal(_NAME, [problem])
    reading = Reading()
    left: set[str] = set()
    found = 0
    for block in _blocks(text):
        where = f"line {(block.start_line or 0) + 1}"
        if isinstance(block, model.Entry):
            found += 1
            _add_entry(reading, block, f"{where}, {block.key}" if block.key else where, left)
        elif isinstance(block, model.ExplicitComment | model.Preamble | model.String):
            left.add(f"@{type(block).__name__.removeprefix('Explicit').lower()}")
        else:
            # Text between entries, and entries that end nowhere or say a thing twice.
            found += isinstance(block, model.ParsingFailedBlock)
            reading.leave(where, block.raw or "")
    if not found:
        problem = Problem(words.THE_FILE, words.NO_ENTRY, words.BIBTEX_ENTRIES)
        raise refusal(_NAME, [problem])
    reading.note_fields(left)
    return reading.draft("bibtex")


def _blocks(text: str) -> Iterator[model.Block]:
    """The blocks of a text; two entries may have one key, and stay two."""
    keys: dict[str, str] = {}
    try:
        blocks = [_undoubled(block, keys) for block in parse_string(text, parse_stack=[]).blocks]
        library = Library(blocks)
        for middleware in default_parse_stack():
            library = middleware.transform(library)
    except _DAMAGE as exc:
        problem = Problem(words.THE_FILE, words.DAMAGED_BIBTEX, words.BIBTEX_ENTRIES)
        raise refusal(_NAME, [problem]) from exc
    for block in library.blocks:
        if isinstance(block, model.Entry):
            block.key = keys.get(block.key, block.key)
        yield block


def _undoubled(block: model.Block, keys: dict[str, str]) -> model.Block:
    """A block as it is, but an entry of a key that was there before under a key of its own."""
    inner = getattr(block, "ignore_error_block", None)
    if isinstance(block, model.DuplicateBlockKeyBlock) and isinstance(inner, model.Entry):
        own = f"{inner.key} \0{len(keys)}"
        keys[own] = inner.key
        inner.key = own
        return inner
    return block


def _add_entry(reading: Reading, entry: model.Entry, where: str, left: set[str]) -> None:
    kind = entry.entry_type.lower()
    raw = entry.raw or ""
    if kind not in _KINDS and kind not in _PATENTS:
        reading.leave(where, raw)
        return
    fields: dict[str, str] = {}
    for each in entry.fields:
        name = each.key.lower()
        if name in _READ:
            fields[name] = decode(str(each.value))
        elif name in _KNOWN:
            left.add(name)
        else:
            reading.leave(where, f"{each.key} = {each.value}")
    title = fields.get("title", "")
    if subtitle := fields.get("subtitle"):
        title += f": {subtitle}"
    is_patent = kind in _PATENTS
    venues = ("journal", "journaltitle", "booktitle", "school", "institution", "publisher")
    used = next((name for name in venues if fields.get(name)), "")
    if not is_patent:
        left |= {name for name in ("number", "holder", "location", "type") if name in fields}
    else:
        left |= {name for name in ("holder", "author", "editor", "doi") if name in fields}
    left |= {name for name in venues if name in fields and (name != used or is_patent)}
    cited = Cited(
        where=where,
        text=raw,
        kind=None if is_patent else _KINDS[kind],
        title=title,
        authors=_names(fields.get("author") or fields.get("editor", "")),
        venue=fields.get(used, ""),
        date=_date(reading, fields, where),
        doi=fields.get("doi", ""),
        url=fields.get("url", ""),
        abstract=fields.get("abstract", ""),
        number=fields.get("number", ""),
        office=fields.get("location", "") or fields.get("type", ""),
        guessed=kind in _VAGUE,
    )
    if add_cited(reading, cited) and fields.get("author") and fields.get("editor"):
        left.add("editor")


def _names(text: str) -> list[str]:
    names = [" ".join(part.split()) for part in re.split(r"\s+and\s+", text)]
    return [name for name in names if name and name.lower() != "others"]


def _date(reading: Reading, fields: dict[str, str], where: str) -> str | None:
    """Year, and month where it is known; "in press" is no date."""
    if date := fields.get("date", "").partition("/")[0].strip():
        return partial_date(reading, date, where)
    stated = fields.get("year", "").strip()
    years = _YEAR.findall(stated)
    if not years:
        if stated and not _OPEN.search(fold(stated)):
            reading.note(Left.DATE, where)
            reading.leave(where, f"year = {stated}")
        return None
    month = fold(fields.get("month", "")).strip()[:3]
    numbers = {name: f"{n:02}" for n, name in enumerate(_MONTHS, start=1)}
    number = numbers.get(month) or (month.zfill(2) if month.isdecimal() else "")
    if fields.get("month", "").strip() and not number:
        reading.leave(where, f"month = {fields['month']}")
    return partial_date(reading, f"{years[-1]}-{number}" if number else years[-1], where)
