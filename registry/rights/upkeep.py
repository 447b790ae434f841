"""What is done each time that a database is opened, before anybody is served from it."""

from datetime import datetime
from pathlib import Path

from registry.db import Database, Progress
from registry.rights import ledger
from registry.rights.consent_texts import load_texts


def keep_promises(
    database: Database, data_folder: Path, now: datetime, on_progress: Progress | None = None
) -> None:
    """Erase again whom a restored backup brought back, and keep the texts of consents.

    Raises:
        InvalidInputError: The list of erasures cannot be read, or a consent text was changed
            under the version that people agreed to.
    """
    with database.session() as session:
        load_texts(session)
    path = ledger.path_in(data_folder)
    erased = ledger.replay(database, path, now)
    if erased and on_progress is not None:
        on_progress(f"people whom a backup brought back, erased again: {erased}")
    ledger.reconcile(database, path)
