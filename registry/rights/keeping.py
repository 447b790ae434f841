"""What routes that erase are given: the list of erasures, to be brought up to date afterwards."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from registry.config import Settings
from registry.db import Database
from registry.errors import RegistryError
from registry.rights import ledger

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kept:
    """The database, and the file that lists its erasures."""

    database: Database
    path: Path


def get_kept(request: Request) -> Kept:
    """The list of erasures of this service."""
    settings: Settings = request.app.state.settings
    return Kept(request.app.state.database, ledger.path_in(settings.data_folder))


LedgerDep = Annotated[Kept, Depends(get_kept)]


def keep_ledger(kept: Kept) -> None:
    """Note what was erased beside the database, after the commit and the answer.

    What fails here is made good by the day's work, and by the next start.
    """
    try:
        ledger.reconcile(kept.database, kept.path)
    except RegistryError as exc:
        _log.error("%s", exc)
