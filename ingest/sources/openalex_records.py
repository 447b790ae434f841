"""OpenAlex records: the checked form of an author, and any record together with its JSON."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, Generic, TypeVar

from pydantic import AfterValidator, Field

from ingest.sources.openalex_affiliations import Affiliation, Institution
from ingest.sources.openalex_works import Topic, Work, plain_text
from ingest.sources.records import Many, Record

__all__ = ["PLACEHOLDERS", "Author", "AuthorIds", "Kept", "R", "kept", "storable"]

# "No author" and "Deleted Author": placeholders that gather the works of many people.
PLACEHOLDERS: Final = frozenset({"A9999999999", "A5317838346"})

# An escaped backslash and a whole pair are passed over, so that what follows is read rightly.
_ESCAPE: Final = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<bad>\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2}))"
)
_SUSPECT: Final = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")


class AuthorIds(Record):
    known: ClassVar = frozenset({"openalex", "mag", "twitter", "wikipedia"})

    orcid: str | None = None
    scopus: str | None = None


class Author(Record):
    """An author as the service delivers it; `x_concepts` and `last_known_institution` are old."""

    known: ClassVar = frozenset(
        {"works_count", "cited_by_count", "summary_stats", "topic_share", "x_concepts", "block_key"}
        | {"counts_by_year", "parsed_longest_name", "works_api_url", "created_date"}
        | {"relevance_score", "most_cited_work"}
    )

    id: str
    display_name: Annotated[str, AfterValidator(plain_text), Field(min_length=1)]
    orcid: str | None = None
    display_name_alternatives: Many[str] = Field(default_factory=list)
    raw_author_names: Many[str] = Field(default_factory=list)
    full_name: str | None = None
    longest_name: str | None = None
    ids: AuthorIds | None = None
    affiliations: Many[Affiliation] = Field(default_factory=list)
    last_known_institutions: Many[Institution] = Field(default_factory=list)
    last_known_institution: Institution | None = None
    topics: Many[Topic] = Field(default_factory=list)
    updated_date: str | None = None


R = TypeVar("R", Author, Work)


@dataclass(frozen=True)
class Kept(Generic[R]):
    """A checked record, its JSON as it came, and the SHA-256 of that."""

    item: R
    raw: dict[str, Any]
    digest: str


def kept(model: type[R], raw: dict[str, Any]) -> Kept[R]:
    """Check a record.

    Raises:
        pydantic.ValidationError: It has not the form of the model.
        RecursionError: It is nested without end.
    """
    digest = hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()
    return Kept(model.model_validate(raw), raw, digest)


def storable(content: bytes) -> bytes:
    """JSON without the characters that no database holds: NUL and halves of surrogate pairs.

    The service passes on texts as publishers deposit them, these included.
    """
    if not _SUSPECT.search(content):
        return content
    return _ESCAPE.sub(lambda found: b"" if found["bad"] else found[0], content)
