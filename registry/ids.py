"""Typed ids, and the outside ids that the registry reads: ORCID iD, ROR id, DOI."""

import re
from typing import NewType
from uuid import UUID

from uuid_utils.compat import uuid7

from registry.errors import InvalidInputError

ExpertId = NewType("ExpertId", UUID)
StatementId = NewType("StatementId", UUID)
PassageId = NewType("PassageId", UUID)

_ORCID = re.compile(
    r"^(?:https?://orcid\.org/)?([0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X])$", re.IGNORECASE
)
_ROR = re.compile(r"^(?:https?://ror\.org/)?(0[a-hj-km-np-tv-z0-9]{6}[0-9]{2})$", re.IGNORECASE)
_DOI = re.compile(r"^(?:https?://(?:dx\.)?doi\.org/|doi:)?(10\.[0-9]{4,9}/\S+)$", re.IGNORECASE)


def new_id() -> UUID:
    """A UUIDv7: ordered by time, without personal data (RFC 9562, section 5.7)."""
    return uuid7()


def parse_orcid(text: str) -> str:
    """The bare ORCID iD of a URL or iD, its check character verified (ISO 7064 mod 11-2).

    Raises:
        InvalidInputError: Not sixteen digits in groups of four, or a wrong check character.
    """
    match = _ORCID.match(text.strip())
    if match is None:
        raise InvalidInputError("not an ORCID iD; expected a form like 0000-0002-1825-0097")
    orcid = match.group(1).upper()
    total = 0
    for digit in orcid.replace("-", "")[:-1]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    if orcid[-1] != ("X" if check == 10 else str(check)):
        raise InvalidInputError("the last character of this ORCID iD does not fit the others")
    return orcid


def parse_ror(text: str) -> str | None:
    """The bare ROR id of a URL or id, or None when it is of another form."""
    match = _ROR.match(text.strip())
    return match.group(1).lower() if match else None


def parse_doi(text: str) -> str | None:
    """The bare DOI in lower case (DOIs compare without case), or None."""
    match = _DOI.match(text.strip())
    return match.group(1).lower() if match else None
