"""Europe PMC articles of a person, read into his statements.

An article counts as the person's only where the entry of an author carries his ORCID iD. Abstracts
are not read: many belong to their publishers.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from ingest.sources.europepmc_records import Article
from ingest.sources.files import refusal, shorten
from ingest.sources.openalex_works import year_text
from ingest.sources.orcid_texts import local_text, statement, words
from ingest.sources.records import Notes, note_leftovers
from ingest.sources.work_lists import (
    Bylines,
    ListedWork,
    bylines,
    checked_works,
    doi_of,
    empty_draft,
    ids_of,
    listed_draft,
    printed_names,
    without_stop,
)
from registry.errors import Problem
from registry.experts.schemas import PersonDraft, StatementDraft
from registry.experts.values import AffiliationValue, ExternalIdValue, WorkValue

__all__ = ["SOURCE", "read_person"]

SOURCE: Final = "europepmc"
_KINDS: Final = frozenset(
    {"Book", "Case Reports", "Clinical Trial", "Comment", "Comparative Study", "Editorial"}
    | {"Evaluation Study", "Guideline", "Historical Article", "Journal Article", "Letter"}
    | {"Meta-Analysis", "Multicenter Study", "Observational Study", "Preprint", "Review"}
    | {"Randomized Controlled Trial", "Systematic Review", "Validation Study", "abstract"}
    | {"article-commentary", "brief-report", "case-report", "data-paper", "editorial", "letter"}
    | {"meeting-report", "methods-article", "other", "protocol", "rapid-communication"}
    | {"report", "research-article", "review-article", "systematic-review", "study guide"}
)
_TAKEN_BACK: Final = frozenset({"retracted publication", "withdrawn"})
_NOTICES: Final = frozenset(
    {"correction", "expression of concern", "published erratum", "retraction"}
    | {"retraction notice", "retraction of publication"}
)
# What stands before an e-mail address, and is left behind by it.
_ELECTRONIC: Final = re.compile(r"\s*(?:electronic address|e-?mail)\s*:?[\s.;]*$", re.IGNORECASE)


def read_person(
    orcid: str, raw: Mapping[str, Any] | None, retrieved_at: datetime, notes: Notes
) -> PersonDraft:
    """What the articles say of a person that the service finds by his iD.

    Args:
        orcid: The person's bare iD.
        raw: `ids`, this iD and others of his; `works` as they came and `all_works`, whether
            there are no others. None when the service has none any more.
        retrieved_at: Aware, in UTC.

    Raises:
        ImportRefusedError: An article has not the known form; nothing is returned then.
    """
    url = f"https://orcid.org/{orcid}"
    if raw is None:
        return empty_draft(SOURCE, orcid, url, retrieved_at)
    problems: list[Problem] = []
    orcids = ids_of(orcid, raw, problems)
    articles, has_all = checked_works(Article, raw, problems)
    if problems:
        raise refusal(f"Europe PMC {orcid}", problems)
    listed: list[ListedWork] = []
    names: list[str | None] = []
    places: list[tuple[str, str, str]] = []
    for article, digest in articles:
        note_leftovers("work", article, notes)
        own = [author for author in article.authors if author.is_person(orcids)]
        if not own:
            notes.count("works whose authors do not carry the iD of the person, left out")
            continue
        entries = ((author.printed, author.is_person(orcids)) for author in article.authors)
        authors = bylines(entries, notes)
        stated = _stated(article, digest, authors, notes)
        if stated is None:
            continue
        listed.append(stated)
        names.append(authors.own)
        if len(own) == 1 and stated.year:
            texts = (_place(text, notes) for text in own[0].affiliations)
            places += [(text, stated.year, stated.url) for text in texts if text]
    ids = [ExternalIdValue(scheme="orcid", value=one) for one in orcids]
    values = [*ids, *printed_names(names)]
    partial = [] if has_all else ["affiliation", "name", "work"]
    draft = listed_draft(SOURCE, orcid, url, retrieved_at, values, listed, partial, notes)
    draft.statements.extend(_affiliations(places, notes))
    return draft


def _stated(article: Article, digest: str, authors: Bylines, notes: Notes) -> ListedWork | None:
    """The article as a statement; None for notices, and for what was taken back."""
    kinds = {kind.casefold() for kind in article.kinds}
    if kinds & _TAKEN_BACK:
        notes.count("retracted works left out")
        return None
    if kinds & _NOTICES:
        notes.count("corrections and other notices left out")
        return None
    title = local_text(without_stop(article.title), 20_000, "titles", notes)
    if title is None:
        notes.count("works without a title left out")
        return None
    for kind in article.kinds:
        if kind not in _KINDS:
            notes.name("work types that this importer does not know", shorten(kind)[1:-1])
    year = article.pub_year or ""
    if year and not re.fullmatch("[0-9]{4}", year):
        notes.count("years of another form left out")
        year = ""
    value = WorkValue(
        title=title,
        venue=words(_venue(article), 500, "venues", notes),
        kind=words(next(iter(article.kinds), None), 500, "work types", notes),
        doi=doi_of(article.doi, notes),
        authors=authors.names,
        author_position=authors.position,
    )
    url = f"https://europepmc.org/article/{article.key}"
    return ListedWork(
        article.key, digest, value, year_text(int(year), notes) if year else None, url
    )


def _venue(article: Article) -> str | None:
    """The journal, or who published a book or preprint."""
    if article.journal_info and article.journal_info.journal:
        return article.journal_info.journal.title
    details = article.book_or_report_details
    return details.publisher if details else None


def _place(text: str | None, notes: Notes) -> str | None:
    """An affiliation as printed, without e-mail addresses and what announces them."""
    place = words(text, 500, "affiliations", notes)
    return re.sub(r"[\s.;,]+$", "", _ELECTRONIC.sub("", place)) or None if place else None


def _affiliations(places: Sequence[tuple[str, str, str]], notes: Notes) -> Iterator[StatementDraft]:
    """One statement for each printed affiliation, from the first to the last year of its works.

    Those of the newest year stay open: that works end is no departure.

    Args:
        places: Affiliation, year of the work, address of the work.
    """
    years: dict[str, list[str]] = {}
    first: dict[str, tuple[str, str]] = {}
    for text, year, url in places:
        years.setdefault(text.casefold(), []).append(year)
        first.setdefault(text.casefold(), (text, url))
    newest = max((year for _, year, _ in places), default=None)
    for key, (text, url) in first.items():
        last = max(years[key])
        ended = None if last == newest else last
        value = AffiliationValue(organisation=text)
        yield statement(value, url, notes, min(years[key]), ended)
