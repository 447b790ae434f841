"""Alembic's entry point; the caller hands in an open connection."""

from importlib import import_module

from alembic import context
from sqlmodel import SQLModel

# Importing a module with tables adds them to the metadata that a revision is compared with.
for room in (
    "ingest.identity.models",
    "ingest.runs.models",
    "matching.models",
    "registry.access.models",
    "registry.audit.models",
    "registry.councils.models",
    "registry.experts.models",
    "registry.identity.models",
    "registry.programmes.models",
    "registry.rights.models",
    "registry.taxonomy.models",
    "registry.vault.models",
):
    import_module(room)

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
