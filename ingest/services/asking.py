"""The shape that every source has: pages of units that are fetched, each unit read into a draft."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from ingest.services.client import Client
from ingest.services.manifest import Manifest
from ingest.sources.records import Notes
from registry.experts.schemas import PersonDraft

__all__ = ["Page", "Source", "Unit"]


@dataclass(frozen=True)
class Unit:
    """All that a source sent of one person, as it came.

    Args:
        key: The person's id within the source, the same each time.
        raw: Records as JSON; None when the source has nothing of him any more (deleted, locked,
            made private): read, that is a draft without statements, and all of its former ones end.
        about: Whom of the registry it was asked for, when it was asked for a known person.
        aliases: Former ids of the same person, which the source has merged into `key`.
    """

    key: str
    raw: Mapping[str, Any] | None
    retrieved_at: datetime
    about: UUID | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """Some units, and where to go on after them.

    Args:
        cursor: JSON that `Source.pages` takes up again after a stop; None when this was the last.
        total: How many units there are, where the source says so; it may lie.
        notes: For the steward, in sentences.
    """

    units: list[Unit]
    cursor: Mapping[str, Any] | None
    total: int | None = None
    notes: list[str] = field(default_factory=list)


class Source(Protocol):
    """One source with one question to it; made from parameters that are kept with the run."""

    manifest: Manifest

    def pages(self, client: Client, cursor: Mapping[str, Any] | None) -> Iterator[Page]:
        """Fetch from the beginning, or from where a page's cursor says.

        Raises:
            SourceRefusedError, SourceLaterError, CancelledError: As the client does. The pages
                that came before are whole, and the run goes on after them.
        """
        ...

    def read(self, unit: Unit, notes: Notes) -> PersonDraft:
        """What a unit says of the person; pure.

        Raises:
            ImportRefusedError: It has not the form that the source documents; `problems` say where.
        """
        ...
