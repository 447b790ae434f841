"""People of OpenAlex as units: an author's record as it came, with his works."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from ingest.services.asking import Unit
from ingest.services.client import Client
from ingest.services.manifest import Manifest
from ingest.services.openalex import MANIFEST, Spending, ask_one, ask_page
from ingest.sources.openalex import read_author
from ingest.sources.openalex_records import PLACEHOLDERS
from ingest.sources.openalex_works import Authorship, Work, bare_id
from ingest.sources.records import Notes
from registry.errors import InvalidInputError, SourceRefusedError
from registry.experts.schemas import PersonDraft

__all__ = ["MOST_PAGES", "PER_PAGE", "WORK_FIELDS", "People"]

# Authors are fetched in small pages: a stop loses the works of one page at most.
PER_PAGE: Final = 25
# Lists longer than this are for the snapshot: their works alone would cost a hundred dollars.
MOST_PAGES: Final = 40_000
_WORKS_PER_PAGE: Final = 100
# What is read of a work. `updated_date` is not: it would make a work new that says the same.
WORK_FIELDS: Final = tuple(
    name for name in Work.model_fields if name not in {"host_venue", "updated_date"}
)


class People:
    """What the sources of OpenAlex share: authors become units, units become drafts.

    Args:
        works_per_author: His newest ones; the others that are known already are kept, unless
            these are all. Each hundred costs as much as a page of authors.
        limit_dollars: Of one run.
    """

    manifest: Manifest = MANIFEST

    def __init__(self, works_per_author: int, limit_dollars: float | None) -> None:
        if not 0 <= works_per_author <= 10_000:
            raise InvalidInputError("works_per_author must be a number from 0 to 10000")
        self.works_per_author = works_per_author
        self.spending = Spending(limit_dollars)

    def read(self, unit: Unit, notes: Notes) -> PersonDraft:
        """What a unit says of the person; see `ingest.services.asking.Source`."""
        return read_author(unit.key, unit.raw, unit.retrieved_at, notes)

    def units(
        self,
        client: Client,
        authors: Mapping[str, Mapping[str, Any]],
        retrieved_at: datetime,
        aliases: Mapping[str, Sequence[str]] | None = None,
    ) -> list[Unit]:
        """Fetch the works of some authors."""
        units = []
        for key, author in authors.items():
            works, has_all = self._works(client, key)
            raw = {"author": author, "works": works, "all_works": has_all}
            known = tuple((aliases or {}).get(key, ()))
            units.append(Unit(key, raw, retrieved_at, aliases=known))
        return units

    def units_of_ids(self, client: Client, ids: Sequence[str], notes: Notes) -> list[Unit]:
        """Fetch authors by their ids, at most 25, whatever became of them.

        An id that was merged into another one comes back under that, as its alias. One that was
        removed, or that gathers what belongs to nobody, comes back without a record.
        """
        filters = f"ids.openalex:{'|'.join(ids)}"
        page = ask_page(client, self.spending, "authors", {"filter": filters, "per_page": len(ids)})
        listed = authors_of(page.results, notes)
        authors = {key: author for key, author in listed.items() if key in ids}
        notes.count("authors that were not asked for, left out", len(listed) - len(authors))
        aliases: dict[str, list[str]] = {}
        gone = []
        for old in ids:
            if old in authors:
                continue
            found = ask_one(client, self.spending, f"authors/{old}")
            if found is None:
                gone.append(Unit(old, None, page.retrieved_at))
                continue
            author, reply = found
            key = _key_of(author)
            if key is None:
                raise SourceRefusedError(f"{reply.url} answered with something else than an author")
            if key in PLACEHOLDERS:
                gone.append(Unit(old, None, page.retrieved_at))
                continue
            authors.setdefault(key, author)
            if key != old:
                aliases.setdefault(key, []).append(old)
        return [*self.units(client, authors, page.retrieved_at, aliases), *gone]

    def _works(self, client: Client, key: str) -> tuple[list[Any], bool]:
        """The newest works of an author, and whether they are all."""
        works: list[Any] = []
        cursor, most = "*", self.works_per_author
        while len(works) < most:
            page = ask_page(
                client,
                self.spending,
                "works",
                {
                    "filter": f"author.id:{key}",
                    "sort": "-publication_date",
                    "select": ",".join(WORK_FIELDS),
                    "per_page": min(_WORKS_PER_PAGE, most),
                    "cursor": cursor,
                },
            )
            works += [_slim(work) for work in page.results]
            has_all = len(works) >= (page.total or 0)
            # Of a list that fits, the service gives a cursor to an empty page all the same.
            if page.next is None or (page.total is not None and has_all):
                return works[:most], has_all and len(works) <= most
            cursor = page.next
        return works[:most], False


def authors_of(results: Sequence[Any], notes: Notes) -> dict[str, dict[str, Any]]:
    """The authors of a page by bare id; those who are nobody are left out, and noted."""
    authors: dict[str, dict[str, Any]] = {}
    for item in results:
        key = _key_of(item)
        if key is None:
            notes.count("records without the id of an author, left out")
        elif key in PLACEHOLDERS:
            notes.count("placeholder authors skipped")
        else:
            authors[key] = item
    return authors


def _key_of(item: object) -> str | None:
    given = item.get("id") if isinstance(item, dict) else None
    return bare_id(given, "A") if isinstance(given, str) else None


def _slim(work: Any) -> Any:
    """A work without what it says of its other authors, their affiliations and addresses."""
    authorships = work.get("authorships") if isinstance(work, dict) else None
    if not isinstance(authorships, list):
        return work
    kept = [
        {name: value for name, value in item.items() if name not in Authorship.known}
        if isinstance(item, dict)
        else item
        for item in authorships
    ]
    return {**work, "authorships": kept}
