"""OpenAlex affiliations: which institutions the works of a person name, and when."""

from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from ingest.sources.openalex_works import plain_text, year_text
from ingest.sources.records import Many, Notes, Record, fitted
from registry.experts.schemas import StatementDraft
from registry.experts.values import AffiliationValue
from registry.ids import parse_ror

__all__ = ["Affiliation", "Institution", "affiliation_statements"]


class Institution(Record):
    known: ClassVar = frozenset({"id", "type", "lineage"})

    display_name: str | None = None
    ror: str | None = None
    country_code: Annotated[str, Field(pattern="^[A-Za-z]{2}$")] | None = None


class Affiliation(Record):
    institution: Institution
    years: Many[int] = Field(default_factory=list)


def affiliation_statements(
    affiliations: Sequence[Affiliation], last_known: Sequence[Institution], url: str, notes: Notes
) -> Iterator[StatementDraft]:
    """One statement per institution, from the first to the last year of works that name it.

    The newest one is the main one; `last_known_institutions` only decides between equals, since
    it is often wrong. Institutions of the newest year stay open: that works end is no departure.
    """
    years: dict[str, set[int]] = {}
    values: dict[str, AffiliationValue] = {}
    for affiliation in affiliations:
        if value := _organisation(affiliation.institution, notes):
            values.setdefault(value.item_key(), value)
            known = {y for y in affiliation.years if year_text(y, notes)}
            years.setdefault(value.item_key(), set()).update(known)
    last_keys: set[str] = set()
    for institution in last_known:
        if value := _organisation(institution, notes):
            values.setdefault(value.item_key(), value)
            last_keys.add(value.item_key())
    newest = max((max(y) for y in years.values() if y), default=None)

    def rank(key: str) -> tuple[int, bool, int]:
        own = years.get(key) or {0}
        return max(own), key in last_keys, len(own)

    main = max(values, key=rank, default=None)
    for key, value in values.items():
        own = years.get(key) or set()
        ended = None if not own or max(own) == newest else str(max(own))
        yield StatementDraft(
            property="affiliation",
            value=value.model_copy(update={"is_main": key == main}),
            started_on=str(min(own)) if own else None,
            ended_on=ended,
            evidence_url=url,
        )


def _organisation(institution: Institution, notes: Notes) -> AffiliationValue | None:
    name = fitted(plain_text(institution.display_name or ""), 500, "institution names", notes)
    if name is None:
        notes.count("institutions without a name left out")
        return None
    ror = parse_ror(institution.ror) if institution.ror else None
    if institution.ror and ror is None:
        notes.count("ROR ids of another form left out")
    country = institution.country_code.upper() if institution.country_code else None
    return AffiliationValue(organisation=name, ror_id=ror, country_code=country)
