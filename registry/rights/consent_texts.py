"""The words that people agree to: they come with the program and are kept in the database."""

import json
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.errors import InvalidInputError
from registry.rights.consent_rules import Purpose
from registry.rights.models import ConsentText

_FILE: Final = files("registry.rights").joinpath("data", "consent_texts.json")


@dataclass(frozen=True)
class Wording:
    """A text as the program brings it; the last one of a purpose in the file is the current."""

    purpose: Purpose
    version: str
    issued_at: datetime
    vi: str
    en: str


def read_texts(content: str | None = None) -> list[Wording]:
    """All texts, in the order of the file.

    Args:
        content: JSON of the same form; None reads the file of the program.
    """
    rows = json.loads(_FILE.read_text("utf-8") if content is None else content)
    return [
        Wording(
            Purpose(row["purpose"]),
            row["version"],
            datetime.fromisoformat(row["issued_at"]),
            row["vi"],
            row["en"],
        )
        for row in rows
    ]


def load_texts(session: Session, wordings: list[Wording] | None = None) -> None:
    """Keep the texts that are new; those that are there must be the same, word by word.

    Raises:
        InvalidInputError: A text differs from the one that is kept under its version.
    """
    given = read_texts() if wordings is None else wordings
    session.execute(
        upsert(ConsentText).on_conflict_do_nothing(),
        [
            {
                "purpose": w.purpose.value,
                "version": w.version,
                "text_vi": w.vi,
                "text_en": w.en,
                "issued_at": w.issued_at,
            }
            for w in given
        ],
    )
    kept = {(row.purpose, row.version): row for row in session.scalars(select(ConsentText))}
    for wording in given:
        row = kept[wording.purpose.value, wording.version]
        if (row.text_vi, row.text_en) != (wording.vi, wording.en):
            raise InvalidInputError(
                f"the consent text {wording.purpose} {wording.version} is not the one that people "
                "agreed to; give the changed text a new version"
            )


def current_texts(session: Session) -> dict[Purpose, ConsentText]:
    """The text of each purpose that is agreed to from now on."""
    versions = {wording.purpose: wording.version for wording in read_texts()}
    found = _find(session, versions)
    if len(found) < len(versions):
        # A database that no process of this version has opened yet.
        load_texts(session)
        found = _find(session, versions)
    return found


def _find(session: Session, versions: dict[Purpose, str]) -> dict[Purpose, ConsentText]:
    rows = session.scalars(
        select(ConsentText).where(col(ConsentText.version).in_(set(versions.values())))
    )
    by_key = {(row.purpose, row.version): row for row in rows}
    return {
        purpose: by_key[purpose.value, version]
        for purpose, version in versions.items()
        if (purpose.value, version) in by_key
    }
