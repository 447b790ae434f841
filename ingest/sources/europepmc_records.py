"""Europe PMC articles: the checked form of a record, and what is kept of one. Pure."""

from collections.abc import Collection
from typing import Any, ClassVar

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from ingest.sources.orcid_texts import words
from ingest.sources.records import Many, Notes, Record
from ingest.sources.work_lists import WorkId
from registry.errors import InvalidInputError
from registry.ids import parse_orcid

__all__ = ["Article", "slim"]


class _Part(Record):
    model_config = ConfigDict(alias_generator=to_camel)


class _AuthorId(_Part):
    type: str | None = None
    value: str | None = None


class _Affiliation(_Part):
    affiliation: str | None = None


class _Affiliations(_Part):
    author_affiliation: Many[_Affiliation] = Field(default_factory=list)


class _Author(_Part):
    """`full_name` is the short form of indexes; `collective_name` stands alone for a group."""

    known: ClassVar = frozenset({"initials", "suffix"})

    full_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    collective_name: str | None = None
    author_id: _AuthorId | None = None
    author_affiliation_details_list: _Affiliations | None = None
    affiliation: str | None = None

    @property
    def printed(self) -> str:
        if self.first_name and self.last_name:
            return f"{self.first_name} {self.last_name}"
        return self.full_name or self.collective_name or self.last_name or ""

    def is_person(self, orcids: Collection[str]) -> bool:
        one = self.author_id
        if one is None or one.type != "ORCID" or not one.value:
            return False
        try:
            return parse_orcid(one.value) in orcids
        except InvalidInputError:
            return False

    @property
    def affiliations(self) -> list[str | None]:
        listed = self.author_affiliation_details_list
        found = [one.affiliation for one in listed.author_affiliation] if listed else []
        return found or [self.affiliation]


class _Authors(_Part):
    author: Many[_Author] = Field(default_factory=list)


class _Journal(_Part):
    known: ClassVar = frozenset(
        {"ESSN", "ISOAbbreviation", "ISSN", "NLMid", "essn", "isoabbreviation", "issn", "nlmid"}
        | {"medlineAbbreviation"}
    )

    title: str | None = None


class _JournalInfo(_Part):
    known: ClassVar = frozenset(
        {"dateOfPublication", "issue", "journalIssueId", "monthOfPublication", "volume"}
        | {"printPublicationDate", "yearOfPublication"}
    )

    journal: _Journal | None = None


class _BookDetails(_Part):
    known: ClassVar = frozenset(
        {"comprisingTitle", "edition", "extraInformation", "isbn10", "isbn13", "numberOfPages"}
        | {"seriesIssn", "seriesName", "yearOfPublication"}
    )

    publisher: str | None = None


class _PubTypes(_Part):
    pub_type: Many[str] = Field(default_factory=list)


class Article(_Part):
    """An article as the service delivers it, with all of its fields (`core`)."""

    known: ClassVar = frozenset(
        {"abstractText", "affiliation", "authMan", "authorIdList", "authorString", "chemicalList"}
        | {"citedByCount", "commentCorrectionList", "dataLinksTagsList", "dateOfCompletion"}
        | {"dateOfCreation", "dateOfRevision", "dbCrossReferenceList", "electronicPublicationDate"}
        | {"embargoDate", "epmcAuthMan", "firstIndexDate", "firstPublicationDate", "fullTextIdList"}
        | {"fullTextReceivedDate", "fullTextUrlList", "grantsList", "hasBook", "hasData"}
        | {"hasDbCrossReferences", "hasEvaluations", "hasLabsLinks", "hasPDF", "hasReferences"}
        | {"hasSuppl", "hasTMAccessionNumbers", "hasTextMinedTerms", "inEPMC", "inPMC"}
        | {"investigatorList", "isOpenAccess", "keywordList", "labsLinks", "language", "license"}
        | {"manuscriptId", "meshHeadingList", "nihAuthMan", "pageInfo", "pmcid", "pmid", "pubModel"}
        | {"publicationStatus", "subsetList", "tmAccessionTypeList", "versionList", "versionNumber"}
    )

    id: WorkId
    source: WorkId
    doi: str | None = None
    title: str | None = None
    author_list: _Authors | None = None
    journal_info: _JournalInfo | None = None
    book_or_report_details: _BookDetails | None = None
    pub_year: str | None = None
    pub_type_list: _PubTypes | None = None

    @property
    def authors(self) -> list[_Author]:
        return self.author_list.author if self.author_list else []

    @property
    def kinds(self) -> list[str]:
        return self.pub_type_list.pub_type if self.pub_type_list else []

    @property
    def key(self) -> str:
        return f"{self.source}/{self.id}"


def slim(raw: Any, orcids: Collection[str]) -> Any:
    """A record without what is left out on purpose, and without where the others work.

    E-mail addresses go from what is left of affiliations, before anything is kept.
    """
    if not isinstance(raw, dict):
        return raw
    kept = {name: value for name, value in raw.items() if name not in Article.known}
    listed = kept.get("authorList")
    authors = listed.get("author") if isinstance(listed, dict) else None
    if isinstance(listed, dict) and isinstance(authors, list):
        kept["authorList"] = {**listed, "author": [_slim_author(one, orcids) for one in authors]}
    return kept


def _slim_author(raw: Any, orcids: Collection[str]) -> Any:
    if not isinstance(raw, dict):
        return raw
    own = raw.get("authorId")
    is_person = isinstance(own, dict) and own.get("value") in orcids
    places = {"affiliation", "authorAffiliationDetailsList"}
    left_out = _Author.known if is_person else _Author.known | places
    return {name: _without_email(part) for name, part in raw.items() if name not in left_out}


def _without_email(part: Any, depth: int = 6) -> Any:
    """A part of an author without addresses; nothing lies deeper than `depth` in a sound one."""
    if depth == 0:
        return None
    if isinstance(part, dict):
        return {name: _without_email(value, depth - 1) for name, value in part.items()}
    if isinstance(part, list):
        return [_without_email(value, depth - 1) for value in part]
    return (words(part, len(part), "", Notes()) or "") if isinstance(part, str) else part
