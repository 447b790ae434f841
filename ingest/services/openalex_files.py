"""The snapshot of OpenAlex as a source: read from a folder, without asking anybody."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from ingest.services.asking import Page, Unit
from ingest.services.client import Client
from ingest.services.manifest import Manifest
from ingest.services.openalex import MANIFEST
from ingest.services.openalex_queries import checked_countries, checked_ids
from ingest.sources.openalex import read_author
from ingest.sources.openalex_snapshot import Choice, Counts, Snapshot
from ingest.sources.records import Notes
from registry.experts.schemas import PersonDraft
from registry.ids import parse_orcid

__all__ = ["AuthorsOfSnapshot"]

# Of a page; a folder of other files would fill a book.
_MOST_REFUSED: Final = 50


class AuthorsOfSnapshot:
    """Authors out of a downloaded snapshot; without their works, which are kept as they are known.

    Args:
        folder: As for `ingest.sources.openalex_snapshot.Snapshot`.
        retrieved_at: When the snapshot was made or downloaded; aware, in UTC.
        ids, orcids, countries: Whom to choose; everybody, when nothing is given.
    """

    manifest: Manifest = MANIFEST

    def __init__(
        self,
        folder: Path,
        retrieved_at: datetime,
        *,
        ids: Sequence[str] = (),
        orcids: Sequence[str] = (),
        countries: Sequence[str] = (),
    ) -> None:
        self._retrieved_at = retrieved_at
        self._snapshot = Snapshot(
            folder,
            Choice(
                frozenset(checked_ids(ids)),
                frozenset(parse_orcid(text) for text in orcids),
                frozenset(checked_countries(countries)),
            ),
        )

    def pages(self, client: Client | None, cursor: Mapping[str, Any] | None) -> Iterator[Page]:
        """Read on; the client is not used. See `ingest.services.asking.Source`.

        Raises:
            InvalidInputError: The files are others than when the cursor was made.
        """
        counts = Counts()
        notes = [*self._snapshot.notes] if cursor is None else []
        for page in self._snapshot.pages(cursor):
            counts.add(page.counts)
            notes += [f"refused: {problem}" for problem in page.refused[:_MOST_REFUSED]]
            if len(page.refused) > _MOST_REFUSED:
                notes.append(f"refused as well: {len(page.refused) - _MOST_REFUSED} problems")
            if page.after is None:
                notes.append(_summary(counts, is_whole=cursor is None))
            units = [
                Unit(
                    author.key,
                    {"author": author.raw, "works": [], "all_works": False},
                    self._retrieved_at,
                    aliases=author.aliases,
                )
                for author in page.authors
            ]
            yield Page(units, page.after, None, notes)
            notes = []

    def read(self, unit: Unit, notes: Notes) -> PersonDraft:
        """What a unit says of the person; see `ingest.services.asking.Source`."""
        return read_author(unit.key, unit.raw, unit.retrieved_at, notes)


def _summary(counts: Counts, *, is_whole: bool) -> str:
    since = "" if is_whole else "since the last stop, "
    return (
        f"{since}{counts.lines} lines: {counts.kept} authors kept, {counts.not_chosen} not chosen, "
        f"{counts.older} older than a record before them, {counts.placeholders} placeholders, "
        f"{counts.refused} refused"
    )
