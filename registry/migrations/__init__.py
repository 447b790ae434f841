"""Alembic revisions: each changes one thing and is not edited once landed."""
