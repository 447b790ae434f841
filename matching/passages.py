"""From a person's statements to the evidence passages that are searched. Pure."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from registry.text import clean, language_of

# What carries evidence as text. A name, a sector or a language is a fact to filter by.
_TEXTS: Mapping[str, tuple[str, ...]] = {
    "work": ("title", "abstract"),
    "patent": ("title", "abstract"),
    "project": ("title", "summary", "role"),
    "award": ("title",),
    "post": ("title", "summary"),
    "biography": ("text",),
}


# A post told by its title alone ("Giảng viên", "Senior engineer") says nothing about a field
# unless the title is longer than the ranks of any career are (words; Vietnamese: syllables).
_TELLING_TITLE = {"vi": 7, "en": 5}


@dataclass(frozen=True)
class StatementText:
    """The part of a current statement that passages are made from."""

    statement_id: UUID
    property: str
    value: Mapping[str, Any]
    source: str
    verification: str
    audience: str
    evidence_url: str | None
    started_on: str | None
    ended_on: str | None


@dataclass(frozen=True)
class PassageDraft:
    """One passage: text of one statement in one language."""

    statement_id: UUID
    kind: str
    language: str
    body: str
    text_hash: str
    source: str
    verification: str
    dated_on: str | None
    evidence_url: str | None
    audience: str


def text_hash(body: str) -> str:
    """The key under which a text's vector is stored."""
    return hashlib.sha256(body.encode()).hexdigest()


def passages_of(statements: Iterable[StatementText]) -> list[PassageDraft]:
    """All passages of one person, in the order of the statements.

    A statement that is told in both languages gives two passages; scoring counts them as one
    piece of evidence.
    """
    found: list[PassageDraft] = []
    for statement in statements:
        # A text that is given in both languages' fields is one passage.
        for body, language in {body: language for language, body in _bodies(statement)}.items():
            found.append(
                PassageDraft(
                    statement_id=statement.statement_id,
                    kind=statement.property,
                    language=language,
                    body=body,
                    text_hash=text_hash(body),
                    source=statement.source,
                    verification=statement.verification,
                    # A post that goes on speaks for today; a finished one for its end.
                    dated_on=statement.ended_on or statement.started_on,
                    evidence_url=statement.evidence_url,
                    audience=statement.audience,
                )
            )
    return found


def _bodies(statement: StatementText) -> Iterable[tuple[str, str]]:
    parts: dict[str, list[str]] = {"vi": [], "en": []}
    for key in _TEXTS.get(statement.property, ()):
        local = statement.value.get(key)
        for language in parts:
            if local and local.get(language):
                parts[language].append(clean(local[language]).rstrip(". "))
    for stated, texts in parts.items():
        body = ". ".join(texts)
        if len(body) < 3 or (
            statement.property == "post"
            and len(texts) == 1
            and len(body.split()) < _TELLING_TITLE[stated]
        ):
            continue
        # Sources file texts under one language and write another: the words decide.
        detected = language_of(body)
        yield (detected if detected != "und" else stated), body
