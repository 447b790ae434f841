"""RIS as a draft: each record an item. Pure.

The file is cut into records here, each with its line, and the library reads one record at a time:
damage stays within its record, and nothing between records is lost.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import rispy  # type: ignore[import-untyped]

from ingest.own.cited import Cited, add_cited
from ingest.own.items import Draft, Reading
from ingest.own.wording import partial_date
from ingest.sources.files import refusal
from registry.errors import Problem
from registry.experts import file_words as words
from registry.text import language_of

__all__ = ["is_ris", "read_ris"]

_TAGGED: Final = re.compile(r"([A-Z][A-Z0-9])  ?-(?: (.*))?")
_FIRST: Final = re.compile(r"\s*TY  ?- *[A-Z]{2,7}\s*$", re.MULTILINE)
_KINDS: Final = {
    **dict.fromkeys(("JOUR", "EJOUR", "JFULL", "MGZN", "NEWS", "INPR", "ABST"), "article"),
    **dict.fromkeys(("CONF", "CPAPER"), "proceedings-article"),
    **dict.fromkeys(("BOOK", "EBOOK", "EDBOOK", "CLSWK", "ANCIENT"), "book"),
    **dict.fromkeys(("CHAP", "ECHAP"), "book-chapter"),
    **dict.fromkeys(("ENCYC", "DICT"), "reference-entry"),
    "THES": "dissertation",
    **dict.fromkeys(("RPRT", "GOVDOC"), "report"),
    **dict.fromkeys(("DATA", "DBASE", "AGGR"), "dataset"),
    "COMP": "software",
    "STAND": "standard",
    **dict.fromkeys(("GEN", "ELEC", "MANSCPT", "PAMP", "SER", "UNPB", "BLOG", "MULTI"), "other"),
    **dict.fromkeys(("VIDEO", "SLIDE", "MAP", "FIGURE"), "other"),
}
_VAGUE: Final = frozenset({"other"})
# Known, and no part of what is stated of a work.
_KNOWN: Final = frozenset(
    {"A3", "A4", "AD", "AN", "C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "CA", "CN", "DB"}
    | {"DP", "ET", "EP", "ID", "IS", "KW", "L1", "L2", "L4", "LA", "LB", "M1", "M3", "N1", "NV"}
    | {"OP", "RI", "RN", "RP", "SE", "SN", "SP", "ST", "TA", "VL", "Y2", "J1", "AV", "L3", "U1"}
    | {"U2", "U3", "U4", "U5", "CY", "PP", "RD"}
)
_READ: Final = frozenset(
    {"TY", "ER", "A1", "AU", "A2", "ED", "TI", "T1", "CT", "TT", "T2", "T3", "BT", "JO", "JF"}
    | {"JA", "J2", "PB", "PY", "Y1", "DA", "DO", "UR", "LK", "AB", "N2"}
)
_DAMAGE: Final = (LookupError, ValueError, TypeError, AttributeError, RecursionError, StopIteration)


class _Record(NamedTuple):
    line: int
    text: str


def is_ris(text: str) -> bool:
    """Whether a text is a bibliography of this form."""
    return _FIRST.search(text[:20_000]) is not None


def read_ris(text: str) -> Draft:
    """Every record as an item; what cannot be read stands unread with its line.

    Raises:
        ImportRefusedError: There is no record in it.
    """
    reading = Reading()
    left: set[str] = set()
    count = 0
    for record in _records(reading, text):
        count += 1
        _add_record(reading, record, count, left)
    if not count:
        problem = Problem(words.THE_FILE, words.NO_RECORD, words.RIS_RECORDS)
        raise refusal("the RIS file", [problem])
    reading.note_fields(left)
    return reading.draft("ris")


def _records(reading: Reading, text: str) -> Iterator[_Record]:
    """Records, ended by ER, by the next TY or by the end; what stands between them is left."""
    start = 0
    lines: list[list[str]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        tagged = _TAGGED.fullmatch(line.strip())
        tag = tagged[1] if tagged else ""
        if tag == "TY":
            if start:
                yield _Record(start, _joined(lines))
            start, lines = number, [[_normal(line)]]
        elif not start:
            reading.leave(f"line {number}", line)
        elif tag == "ER":
            yield _Record(start, _joined(lines))
            start = 0
        elif tag:
            lines.append([_normal(line)])
        else:
            # A long value goes on in the next line.
            lines[-1].append(line.strip())
    if start:
        yield _Record(start, _joined(lines))


def _add_record(reading: Reading, record: _Record, number: int, left: set[str]) -> None:
    where = f"line {record.line}, record {number}"
    fields = _fields(record)
    kind = (fields.get("TY") or [""])[0].strip().upper()
    if kind != "PAT" and kind not in _KINDS:
        reading.leave(where, record.text)
        return
    for tag, values in fields.items():
        if tag in _KNOWN:
            left.add(tag)
        elif tag not in _READ:
            for value in values:
                reading.leave(where, f"{tag} - {value}")

    def first(*tags: str) -> str:
        return next((fields[tag][0] for tag in tags if fields.get(tag)), "")

    dates = first("PY", "Y1", "DA")
    date = partial_date(reading, _ymd(dates), where) if dates.strip("/ ") else None
    if dates.strip("/ ") and date is None:
        reading.leave(where, f"date {dates}")
    title, translated = first("TI", "T1", "CT", "BT"), first("TT")
    is_vietnamese = language_of(title) == "vi"
    cited = Cited(
        where=where,
        text=record.text,
        kind=None if kind == "PAT" else _KINDS[kind],
        title=title,
        # Of two titles, the second is under the language that the first is not under.
        title_vi="" if is_vietnamese else translated,
        title_en=translated if is_vietnamese else "",
        authors=[*fields.get("AU", []), *fields.get("A1", [])] or fields.get("ED", []),
        venue=first("T2", "JO", "JF", "JA", "J2", "BT", "T3", "PB"),
        date=date,
        doi=first("DO"),
        url=first("UR", "LK"),
        abstract=first("AB", "N2"),
        number=first("IS", "M1", "SN") if kind == "PAT" else "",
        office=first("CY") if kind == "PAT" else "",
        guessed=_KINDS.get(kind, "") in _VAGUE,
    )
    add_cited(reading, cited)


def _fields(record: _Record) -> dict[str, list[str]]:
    """The values of each tag, in their order; none when the library cannot read the record."""
    names = {tag: tag for tag in rispy.TAG_KEY_MAPPING}
    try:
        (found,) = rispy.loads(
            f"{record.text}\nER  - \n",
            mapping=names,
            list_tags=list(names),
            delimiter_tags_mapping={},
        )
    except _DAMAGE:
        return {}
    unknown = found.pop("UK", {})
    return {tag: [v] if isinstance(v, str) else list(v) for tag, v in {**found, **unknown}.items()}


def _joined(lines: list[list[str]]) -> str:
    # The library takes no tag without a space behind it.
    return "\n".join(" ".join(parts).rstrip() + " " for parts in lines)


def _normal(line: str) -> str:
    """A line with a tag as the library takes it."""
    tagged = _TAGGED.fullmatch(line.strip())
    assert tagged is not None
    return f"{tagged[1]}  - {(tagged[2] or '').strip()} "


def _ymd(text: str) -> str:
    """RIS dates are written 2015/06/29/other, with parts that may be missing."""
    return "-".join(part for part in text.split("/")[:3] if part.strip())
