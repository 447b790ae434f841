"""Alembic's entry point; the caller hands in an open connection."""

from alembic import context
from sqlmodel import SQLModel

import matching.models
import registry.councils.models
import registry.experts.models
import registry.programmes.models
import registry.taxonomy.models  # noqa: F401

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SQLModel.metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
