"""The snapshot of OpenAlex: chosen authors out of a folder of any size, in bounded memory.

Lines are looked through as bytes before they are parsed. Newer parts come first, so that of a
record that occurs twice the newest counts, whatever an older download left in the folder.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import from_json

from ingest.sources.files import shorten
from ingest.sources.openalex_merges import merged_ids
from ingest.sources.openalex_parts import Line, lines_of, parts_of, unlisted
from ingest.sources.openalex_records import PLACEHOLDERS, Author, storable
from ingest.sources.openalex_works import bare_id
from ingest.sources.records import problems_of
from registry.errors import InvalidInputError, Problem
from registry.ids import parse_orcid

__all__ = ["Choice", "Counts", "Snapshot", "SnapshotAuthor", "SnapshotPage"]

# A page ends after so many authors, or so many lines without enough of them. With 200 authors it
# takes twice as long: Python's search for cycles goes through all that is alive again and again.
_AUTHORS_A_PAGE: Final = 25
_LINES_A_PAGE: Final = 20_000
# The first id of an author in a line is its own: institutions and topics begin otherwise.
_ID: Final = re.compile(rb'"id"\s*:\s*"(?:https?://openalex\.org/)?[Aa]([0-9]{1,18})"')
_ORCID: Final = re.compile(rb"[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9Xx]")
_FIRST_NEW_ID: Final = 5_000_000_000
_LAST_NEW_ID: Final = 6_000_000_000
_BLOCK: Final = 1 << 16


@dataclass(frozen=True)
class Choice:
    """Which authors are wanted: those who fit any of these; all of them, when nothing is given.

    Args:
        ids: Bare ids, former ones too where the folder holds the list of merged ids.
        orcids: Bare iDs.
        countries: Of affiliations or institutions last known; two capitals each.
    """

    ids: frozenset[str] = frozenset()
    orcids: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()

    @property
    def is_all(self) -> bool:
        return not (self.ids or self.orcids or self.countries)


@dataclass(frozen=True)
class SnapshotAuthor:
    """A chosen author, whose record has the known form.

    Args:
        raw: The record as it came.
        aliases: Ids asked for that were merged into this one.
    """

    key: str
    raw: dict[str, Any]
    aliases: tuple[str, ...] = ()


@dataclass
class Counts:
    """What became of the lines."""

    lines: int = 0
    kept: int = 0
    not_chosen: int = 0
    older: int = 0
    placeholders: int = 0
    refused: int = 0

    def add(self, other: "Counts") -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass
class SnapshotPage:
    """Some chosen authors, and what was refused on the way to them.

    Args:
        after: Where to go on; None at the end.
        counts: Of this page alone.
    """

    authors: list[SnapshotAuthor] = field(default_factory=list)
    refused: list[Problem] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    after: dict[str, Any] | None = None


class Snapshot:
    """A folder as the service publishes it, or the part of it that holds authors.

    Args:
        folder: With `authors/updated_date=…/part_….gz` somewhere near its top; beside it, perhaps,
            `merged_ids/authors/….csv.gz`.

    Raises:
        ImportRefusedError: There are no such files.
    """

    def __init__(self, folder: Path, choice: Choice) -> None:
        self._authors, self._parts = parts_of(folder)
        self._choice = choice
        merged = merged_ids(self._authors, choice.ids)
        self._ids = choice.ids | frozenset(merged.values())
        self._aliases: dict[str, tuple[str, ...]] = {}
        for old, new in merged.items():
            self._aliases[new] = (*self._aliases.get(new, ()), old)
        self._numbers = frozenset(int(key[1:]) for key in self._ids)
        self._orcids = frozenset(orcid.encode() for orcid in choice.orcids)
        codes = "|".join(sorted(choice.countries)).encode()
        self._country = re.compile(rb'"country_code"\s*:\s*"(?:' + codes + rb')"', re.IGNORECASE)
        self.notes = unlisted(self._authors, self._parts)
        listing = "\n".join(f"{part.name} {part.size}" for part in self._parts)
        self._listing = hashlib.sha256(listing.encode()).hexdigest()[:16]

    def pages(self, after: Mapping[str, Any] | None = None) -> Iterator[SnapshotPage]:
        """Read from the beginning, or from where a page says.

        Lines before that are looked through once more, for the ids that they hold.

        Raises:
            InvalidInputError: Files were added or changed since that page.
        """
        if after is not None and after.get("listing") != self._listing:
            raise InvalidInputError(
                "the files of the snapshot are not those that the run began with; begin anew"
            )
        first, done = (0, 0) if after is None else (int(after["file"]), int(after["line"]))
        seen, page = _Seen(), SnapshotPage()
        for number, part in enumerate(self._parts):
            for line in lines_of(part):
                if number < first or (number == first and line.number <= done):
                    if line.content is not None and (found := _ID.search(line.content)):
                        seen.is_new(int(found[1]))
                    continue
                self._read(line, seen, page)
                if len(page.authors) >= _AUTHORS_A_PAGE or page.counts.lines >= _LINES_A_PAGE:
                    page.after = {"listing": self._listing, "file": number, "line": line.number}
                    yield page
                    page = SnapshotPage()
        yield page

    def _read(self, line: Line, seen: "_Seen", page: SnapshotPage) -> None:
        counts = page.counts
        counts.lines += 1
        if line.content is None:
            counts.refused += 1
            page.refused.append(Problem(line.where, line.damage, "one author a line, gzip or not"))
            return
        found = _ID.search(line.content)
        # A damaged record hides an older one too: what that says is no longer so.
        if found and not seen.is_new(int(found[1])):
            counts.older += 1
            return
        if not self._may_fit(line.content, int(found[1]) if found else -1):
            counts.not_chosen += 1
            return
        self._parse(line.where, line.content, page)

    def _may_fit(self, content: bytes, number: int) -> bool:
        """Whether a line is worth parsing: it may fit, or is damaged and might have."""
        return (
            self._choice.is_all
            or number in self._numbers
            or bool(self._choice.countries and self._country.search(content))
            or bool(
                self._orcids
                and not self._orcids.isdisjoint(o.upper() for o in _ORCID.findall(content))
            )
        )

    def _parse(self, where: str, content: bytes, page: SnapshotPage) -> None:
        try:
            raw = from_json(storable(content), allow_inf_nan=False, cache_strings="keys")
            author = Author.model_validate(raw)
        except ValidationError as exc:
            page.refused += [
                Problem(f"{where}, {p.where}".removesuffix(", "), p.found, p.expected)
                for p in problems_of("", exc)
            ]
        except ValueError as exc:
            reason = shorten(exc)[1:-1]
            page.refused.append(Problem(where, "a damaged line", f"valid JSON ({reason})"))
        else:
            key = bare_id(author.id, "A")
            if key is None:
                problem = Problem(f"{where}, id", shorten(author.id), "the id of an author (A…)")
                page.refused.append(problem)
            elif key in PLACEHOLDERS:
                page.counts.placeholders += 1
                return
            elif self._fits(key, author):
                page.counts.kept += 1
                page.authors.append(SnapshotAuthor(key, raw, self._aliases.get(key, ())))
                return
            else:
                page.counts.not_chosen += 1
                return
        page.counts.refused += 1

    def _fits(self, key: str, author: Author) -> bool:
        if self._choice.is_all or key in self._ids:
            return True
        if self._choice.orcids & _orcids(author):
            return True
        institutions = [a.institution for a in author.affiliations]
        institutions += author.last_known_institutions
        if author.last_known_institution:
            institutions.append(author.last_known_institution)
        codes = {i.country_code.upper() for i in institutions if i.country_code}
        return bool(self._choice.countries & codes)


def _orcids(author: Author) -> frozenset[str]:
    found = set()
    for text in (author.orcid, author.ids.orcid if author.ids else None):
        try:
            found.add(parse_orcid(text or ""))
        except InvalidInputError:
            continue
    return frozenset(found)


class _Seen:
    """Ids that were read: a bit for each of the present range, which holds nearly all of them."""

    def __init__(self) -> None:
        self._blocks: dict[int, bytearray] = {}
        self._others: set[int] = set()

    def is_new(self, number: int) -> bool:
        """Whether an id comes for the first time; from now on it does not."""
        if not _FIRST_NEW_ID <= number < _LAST_NEW_ID:
            is_new = number not in self._others
            self._others.add(number)
            return is_new
        block, at = divmod(number - _FIRST_NEW_ID, _BLOCK)
        bits = self._blocks.get(block)
        if bits is None:
            bits = self._blocks[block] = bytearray(_BLOCK // 8)
        byte, bit = at >> 3, 1 << (at & 7)
        is_new = not bits[byte] & bit
        bits[byte] |= bit
        return is_new
