"""From a source to the rows of a run: page by page, each kept with the place where to go on."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from ingest.runs import store
from ingest.runs.models import ImportRun
from ingest.services.asking import Page, Source, Unit
from ingest.services.client import Client
from ingest.services.manifest import Expected
from ingest.sources.records import Notes
from registry.db import Database
from registry.errors import ImportRefusedError
from registry.experts.schemas import PersonDraft

__all__ = [
    "Staged",
    "StagedPage",
    "pages_of_people",
    "pages_of_source",
    "stage_page",
    "unexpected",
]

_PAGE: Final = 500
# With fewer people, shares say more about chance than about the source.
_ENOUGH: Final = 30


@dataclass(frozen=True)
class Staged:
    """One person as he came, read or refused.

    Args:
        place: Where he stands, as a person would look for it: 'row 7', 'A5023888391'.
        problems: Why he cannot be read; then there is no draft.
        about: Whom of the registry the source was asked about.
        aliases: Former ids of his within the source.
    """

    place: str
    key: str | None
    draft: PersonDraft | None
    problems: tuple[str, ...] = ()
    about: UUID | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class StagedPage:
    """Some people, and where to go on after them; None: these were the last."""

    rows: list[Staged]
    cursor: Mapping[str, Any] | None
    total: int | None = None
    notes: list[str] = field(default_factory=list)


def pages_of_source(
    source: Source, client: Client, cursor: Mapping[str, Any] | None, notes: Notes
) -> Iterator[StagedPage]:
    """Ask a source, and read what it sends; what has not its form is refused one by one."""
    for page in source.pages(client, cursor):
        yield _read(source, page, notes)


def _read(source: Source, page: Page, notes: Notes) -> StagedPage:
    rows = [_read_unit(source, unit, notes) for unit in page.units]
    return StagedPage(rows, page.cursor, page.total, page.notes)


def _read_unit(source: Source, unit: Unit, notes: Notes) -> Staged:
    try:
        draft = source.read(unit, notes)
    except ImportRefusedError as exc:
        problems = tuple(str(problem) for problem in exc.problems) or (str(exc),)
        return Staged(unit.key, unit.key, None, problems, unit.about, unit.aliases)
    return Staged(unit.key, unit.key, draft, (), unit.about, unit.aliases)


def pages_of_people(
    people: Iterator[Staged], cursor: Mapping[str, Any] | None, total: int | None = None
) -> Iterator[StagedPage]:
    """People of a file in pages; read again, those before the cursor are left out."""
    done = int(cursor["done"]) if cursor else 0
    rows: list[Staged] = []
    seen = 0
    for staged in people:
        seen += 1
        if seen <= done:
            continue
        rows.append(staged)
        if len(rows) == _PAGE:
            yield StagedPage(rows, {"done": seen}, total)
            rows = []
    yield StagedPage(rows, None, total)


def stage_page(database: Database, run_id: UUID, page: StagedPage, notes: Notes) -> None:
    """Write a page and the place after it, in one transaction."""
    with database.session() as session:
        run = store.get_run(session, run_id, hold=True)
        _add(session, run, page, notes)
        for line in page.notes:
            notes.count(line)
        run.notes = {**notes.dump(), "tally": _tallied(run.notes.get("tally", {}), page)}
        run.cursor = dict(page.cursor) if page.cursor is not None else None
        run.total = page.total if page.total is not None else run.total
        run.updated_at = datetime.now(UTC)
        if page.cursor is None:
            run.state = "comparing"


def _tallied(before: Mapping[str, int], page: StagedPage) -> dict[str, int]:
    """How many people came, and how many of them with what manifests expect."""
    tally = Counter(before)
    for row in page.rows:
        if row.draft is None or not row.draft.statements:
            continue
        tally["people"] += 1
        properties = {statement.property for statement in row.draft.statements}
        tally["people with a work"] += "work" in properties
        tally["people with an affiliation"] += "affiliation" in properties
        tally["people with an ORCID iD"] += any(
            (statement.value.external_id() or "").startswith("orcid:")
            for statement in row.draft.statements
        )
    return dict(tally)


def unexpected(expected: Mapping[str, Expected], tally: Mapping[str, int]) -> list[str]:
    """What came in another number than the source's manifest lets expect, for a person to look at.

    Of a few people nothing can be said.
    """
    people = tally.get("people", 0)
    found = []
    for what, bounds in expected.items():
        share = 100 * tally.get(what, 0) / max(people, 1)
        if people >= _ENOUGH and not bounds.least <= share <= bounds.most:
            found.append(
                f"{what}: {share:.0f} of a hundred, where {bounds.least:g} to {bounds.most:g} are "
                "usual; look whether the source has changed"
            )
    return found


def _add(session: Session, run: ImportRun, page: StagedPage, notes: Notes) -> None:
    number = store.next_number(session, run.id)
    keys = [row.key for row in page.rows if row.key is not None]
    known = store.keys_of(session, run.id, keys)
    written = []
    for row in page.rows:
        problems = list(row.problems)
        if row.draft is not None and row.key in known:
            if _is_same_service(run):
                # Pages of a service may overlap, and two questions may find one person.
                notes.count("people found twice, kept once")
                continue
            problems = [f"{row.place}: the same person as {known[row.key]}, expected each once"]
        elif row.key is not None and row.draft is not None:
            known[row.key] = row.place
        written.append(
            {
                "number": number,
                "place": row.place,
                "source_key": row.key,
                "expert_id": row.about,
                "outcome": "refused" if problems or row.draft is None else None,
                "content": {
                    "draft": row.draft.model_dump(mode="json")
                    if row.draft is not None and not problems
                    else None,
                    "problems": problems,
                    "aliases": list(row.aliases),
                },
            }
        )
        number += 1
    store.add_rows(session, run.id, written)


def _is_same_service(run: ImportRun) -> bool:
    return run.kind != "people_list"
