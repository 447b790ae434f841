"""Columns that most tables have: a UUIDv7 key, aware times."""

from typing import Any

from sqlalchemy import Column, DateTime, ForeignKey, Index, Uuid, text
from sqlmodel import Field

from registry.ids import new_id


def key() -> Any:
    """A UUIDv7 primary key, made here."""
    return Field(default_factory=new_id, sa_column=Column(Uuid, primary_key=True))


def origin() -> Any:
    """The profile that a row came with, while it is shown with another one of the same person."""
    return Field(default=None, sa_column=Column(Uuid, ForeignKey("expert.id"), nullable=True))


def origin_index(table: str) -> Index:
    """The index by which the rows of a profile are found again that came with it."""
    return Index(f"{table}_origin", "origin_id", postgresql_where=text("origin_id IS NOT NULL"))


def moment(nullable: bool = False) -> Any:
    """An aware time that the writer gives."""
    return Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=nullable))


def moment_of_insert() -> Any:
    """An aware time that the database gives when the row comes in."""
    column = Column(DateTime(timezone=True), nullable=False, server_default=text("now()"))
    return Field(default=None, sa_column=column)
