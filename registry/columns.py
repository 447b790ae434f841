"""Columns that most tables have: a UUIDv7 key, aware times."""

from typing import Any

from sqlalchemy import Column, DateTime, Uuid, text
from sqlmodel import Field

from registry.ids import new_id


def key() -> Any:
    """A UUIDv7 primary key, made here."""
    return Field(default_factory=new_id, sa_column=Column(Uuid, primary_key=True))


def moment(nullable: bool = False) -> Any:
    """An aware time that the writer gives."""
    return Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=nullable))


def moment_of_insert() -> Any:
    """An aware time that the database gives when the row comes in."""
    column = Column(DateTime(timezone=True), nullable=False, server_default=text("now()"))
    return Field(default=None, sa_column=column)
