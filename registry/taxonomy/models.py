"""Tables of the published classifications and of organisations."""

from datetime import date
from typing import Any

from sqlalchemy import ARRAY, Column, Date, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


class Country(SQLModel, table=True):
    """ISO 3166-1 country with Vietnamese and English names."""

    __tablename__ = "country"

    code: str = Field(sa_column=Column(Text, primary_key=True))
    name_vi: str = Field(sa_column=Column(Text, nullable=False))
    name_en: str = Field(sa_column=Column(Text, nullable=False))


class ResearchField(SQLModel, table=True):
    """A class of OECD FORD 2015, of Vietnam's classification of 2008, or an OpenAlex topic."""

    __tablename__ = "research_field"

    scheme: str = Field(sa_column=Column(Text, primary_key=True))
    code: str = Field(sa_column=Column(Text, primary_key=True))
    level: int
    parent: str | None = Field(default=None, sa_column=Column(Text))
    name_vi: str | None = Field(default=None, sa_column=Column(Text))
    name_en: str | None = Field(default=None, sa_column=Column(Text))
    description: str | None = Field(default=None, sa_column=Column(Text))
    ford_code: str | None = Field(default=None, sa_column=Column(Text))


class StrategicItem(SQLModel, table=True):
    """A group or product of the national list of strategic technologies, with its version.

    English names are unofficial. The decision of 2026 links no product to a group:
    `group_no` of its products is this project's suggestion (`group_basis` says so).
    """

    __tablename__ = "strategic_item"

    version: str = Field(sa_column=Column(Text, primary_key=True))
    kind: str = Field(sa_column=Column(Text, primary_key=True))
    no: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    tier: int | None = None
    group_no: int | None = None
    group_basis: str = Field(sa_column=Column(Text, nullable=False))
    name_vi: str = Field(sa_column=Column(Text, nullable=False))
    name_en: str = Field(sa_column=Column(Text, nullable=False))
    legal_basis: str = Field(sa_column=Column(Text, nullable=False))
    effective_from: date = Field(sa_column=Column(Date, nullable=False))
    effective_to: date | None = Field(default=None, sa_column=Column(Date))


class TopicGroup(SQLModel, table=True):
    """Which strategic group of 2026 an OpenAlex topic may serve; to be reviewed by people."""

    __tablename__ = "topic_group"

    topic: str = Field(sa_column=Column(Text, primary_key=True))
    group_no: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    basis: str = Field(sa_column=Column(Text, nullable=False))


class Organisation(SQLModel, table=True):
    """An organisation by its ROR id. Withdrawn ones stay, with their successors."""

    __tablename__ = "organisation"

    ror_id: str = Field(sa_column=Column(Text, primary_key=True))
    display_name: str = Field(sa_column=Column(Text, nullable=False))
    name_vi: str | None = Field(default=None, sa_column=Column(Text))
    name_en: str | None = Field(default=None, sa_column=Column(Text))
    country_code: str = Field(sa_column=Column(Text, nullable=False))
    city: str | None = Field(default=None, sa_column=Column(Text))
    status: str = Field(sa_column=Column(Text, nullable=False))
    kinds: list[str] = Field(default=[], sa_column=Column(ARRAY(Text), nullable=False))
    aliases: list[str] = Field(default=[], sa_column=Column(ARRAY(Text), nullable=False))
    relations: dict[str, Any] = Field(default={}, sa_column=Column(JSONB, nullable=False))
