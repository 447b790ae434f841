"""What an ORCID record says of works, patents and funded projects."""

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

from ingest.sources.files import shorten
from ingest.sources.orcid_records import ExternalIds, Funding, Fundings, Works, WorkSummary
from ingest.sources.orcid_texts import organisation, partial_date, statement, title_of, words
from ingest.sources.records import Notes
from registry.experts.schemas import StatementDraft
from registry.experts.values import PatentValue, ProjectValue, Value, WorkValue
from registry.ids import parse_doi

__all__ = ["funding_statements", "work_statements"]

T = TypeVar("T", WorkSummary, Funding)

# The types of works of the schemas 3.0 and of the user interface of 2026.
_WORK_TYPES: Final = frozenset(
    {"annotation", "artistic-performance", "blog-post", "book", "book-chapter", "book-review"}
    | {"cartographic-material", "clinical-study", "conference-abstract", "conference-output"}
    | {"conference-paper", "conference-poster", "conference-presentation"}
    | {"conference-proceedings", "data-management-plan", "data-set", "design", "dictionary-entry"}
    | {"disclosure", "dissertation", "dissertation-thesis", "edited-book", "encyclopedia-entry"}
    | {
        "image",
        "invention",
        "journal-article",
        "journal-issue",
        "learning-object",
        "lecture-speech",
    }
    | {"license", "magazine-article", "manual", "moving-image", "musical-composition"}
    | {"newsletter-article", "newspaper-article", "online-resource", "other", "patent"}
    | {"physical-object", "preprint", "public-speech", "registered-copyright", "report"}
    | {"research-technique", "research-tool", "review", "software", "sound", "spin-off-company"}
    | {"standards-and-policy", "supervised-student-publication", "teaching-material"}
    | {"technical-standard", "test", "trademark", "transcription", "translation", "undefined"}
    | {"website", "working-paper"}
)
_FUNDING_TYPES: Final = frozenset({"award", "contract", "grant", "salary-award"})
_PATENT_IDS: Final = ("pat", "patent")


def work_statements(works: Works | None, url: str, notes: Notes) -> Iterator[StatementDraft]:
    """One statement for each work, as the preferred one of its descriptions has it."""
    seen: set[str] = set()
    for group in works.group if works else []:
        work = _preferred(group.work_summary)
        if work is None:
            continue
        title = title_of(work.title, "titles", notes)
        if title is None:
            notes.count("works without a title left out")
            continue
        if work.type and work.type not in _WORK_TYPES:
            notes.name("work types that this importer does not know", shorten(work.type)[1:-1])
        # The preferred description comes first, the others may know what it lacks.
        ids = [work.external_ids, group.external_ids]
        ids += [other.external_ids for other in group.work_summary if other is not work]
        value: Value
        if work.type == "patent":
            number = words(_own_id(ids, _PATENT_IDS), 500, "patent numbers", notes)
            value = PatentValue(title=title, number=number)
        else:
            value = WorkValue(
                title=title,
                venue=words(work.journal_title, 500, "venues", notes),
                kind=words(work.type, 500, "work types", notes),
                doi=_doi(ids, notes),
            )
        _note_other_ids(ids, notes)
        key = f"{type(value).__name__} {value.item_key()}"
        if key in seen:
            notes.count("works that the record lists twice, counted once")
            continue
        seen.add(key)
        yield statement(value, url, notes, partial_date(work.publication_date, notes))


def funding_statements(
    fundings: Fundings | None, url: str, notes: Notes
) -> Iterator[StatementDraft]:
    """One statement for each funded project; the person's part in it is not said."""
    for group in fundings.group if fundings else []:
        funding = _preferred(group.funding_summary)
        if funding is None:
            continue
        title = title_of(funding.title, "titles of fundings", notes)
        if title is None:
            notes.count("fundings without a title left out")
            continue
        if funding.type and funding.type not in _FUNDING_TYPES:
            notes.name(
                "funding types that this importer does not know", shorten(funding.type)[1:-1]
            )
        place = organisation(funding.organization, notes)
        ids = [funding.external_ids, group.external_ids]
        number = _own_id(ids, ("grant_number", "grant-number"))
        value = ProjectValue(
            title=title,
            funder=place.name if place else None,
            number=words(number, 500, "grant numbers", notes),
        )
        started = partial_date(funding.start_date, notes)
        yield statement(value, url, notes, started, partial_date(funding.end_date, notes))


def _preferred(items: Sequence[T]) -> T | None:
    """The one that the record shows: that with the highest index, the first among equals."""
    return max(items, key=lambda item: item.display_index, default=None)


def _own_id(ids: Sequence[ExternalIds | None], types: Sequence[str]) -> str | None:
    """The first id of these types that is the item's own, and not of what it is a part of."""
    for some in ids:
        for one in some.external_id if some else []:
            if one.external_id_relationship == "self" and one.external_id_type in types:
                return one.external_id_value
    return None


def _doi(ids: Sequence[ExternalIds | None], notes: Notes) -> str | None:
    given = _own_id(ids, ("doi",))
    if given is None:
        return None
    doi = parse_doi(given)
    if doi is None or len(doi) > 500:
        notes.count("DOIs of another form left out")
        return None
    return doi


def _note_other_ids(ids: Sequence[ExternalIds | None], notes: Notes) -> None:
    others = {
        one.external_id_type
        for some in ids
        for one in (some.external_id if some else [])
        if one.external_id_type and one.external_id_type not in {"doi", *_PATENT_IDS}
    }
    for name in sorted(others):
        notes.name("kinds of work ids without a place here", shorten(name)[1:-1])
