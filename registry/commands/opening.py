"""What every command opens: settings, database, engine."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from matching.engine import Engine, open_engine
from registry.access.policy import Actor, Role
from registry.config import Settings
from registry.console import progress, say
from registry.db import Database, open_database
from registry.experts.upkeep import seal_old_records
from registry.rights.upkeep import keep_promises
from registry.schema import migrate
from registry.taxonomy import service as taxonomy


def operator() -> Actor:
    """Whoever is at this machine's command line: the data folder is open to him anyway.

    His name in the system is what the audit notes.
    """
    roles = {Role.RECRUITER, Role.STEWARD, Role.ADMINISTRATOR, Role.AUDITOR}
    return Actor(f"operator:{getpass.getuser()}", frozenset(roles))


@contextmanager
def open_data() -> Iterator[tuple[Settings, Database]]:
    """The database of the settings, migrated, with the taxonomies."""
    settings = Settings()
    database = open_database(settings, say)
    try:
        migrate(database)
        seal_old_records(database, say)
        keep_promises(database, settings.data_folder, datetime.now(UTC), say)
        with database.session() as session:
            if not taxonomy.is_loaded(session):
                say("loading taxonomies")
                taxonomy.load_taxonomies(session)
        yield settings, database
    finally:
        database.close()


@contextmanager
def open_search() -> Iterator[tuple[Database, Engine]]:
    """The database with its indexes opened and up to date."""
    with open_data() as (settings, database):
        with progress() as step:
            engine = open_engine(settings, database, step)
        try:
            yield database, engine
        finally:
            engine.close()
