"""The checked form of a JSON Resume, as its schema 1.0.0 says. Pure."""

from typing import ClassVar

from pydantic import Field

from ingest.sources.records import Many, Record

__all__ = [
    "Award",
    "Basics",
    "Education",
    "Job",
    "Language",
    "Profile",
    "Project",
    "Publication",
    "Resume",
    "Skill",
]


class Profile(Record):
    network: str | None = None
    username: str | None = None
    url: str | None = None


class Basics(Record):
    known: ClassVar = frozenset({"image", "picture", "location"})

    name: str | None = None
    label: str | None = None
    email: str | None = None
    phone: str | None = None
    url: str | None = None
    website: str | None = None
    summary: str | None = None
    profiles: Many[Profile] = Field(default_factory=list)


class Job(Record):
    known: ClassVar = frozenset({"location"})

    name: str | None = None
    company: str | None = None
    organization: str | None = None
    position: str | None = None
    description: str | None = None
    url: str | None = None
    website: str | None = None
    startDate: str | None = None  # noqa: N815
    endDate: str | None = None  # noqa: N815
    summary: str | None = None
    highlights: Many[str] = Field(default_factory=list)


class Education(Record):
    known: ClassVar = frozenset({"score", "gpa", "courses", "url"})

    institution: str | None = None
    area: str | None = None
    studyType: str | None = None  # noqa: N815
    startDate: str | None = None  # noqa: N815
    endDate: str | None = None  # noqa: N815


class Award(Record):
    title: str | None = None
    date: str | None = None
    awarder: str | None = None
    summary: str | None = None


class Publication(Record):
    name: str | None = None
    publisher: str | None = None
    releaseDate: str | None = None  # noqa: N815
    url: str | None = None
    website: str | None = None
    summary: str | None = None


class Skill(Record):
    known: ClassVar = frozenset({"level"})

    name: str | None = None
    keywords: Many[str] = Field(default_factory=list)


class Language(Record):
    language: str | None = None
    fluency: str | None = None


class Project(Record):
    known: ClassVar = frozenset({"keywords", "type"})

    name: str | None = None
    description: str | None = None
    highlights: Many[str] = Field(default_factory=list)
    startDate: str | None = None  # noqa: N815
    endDate: str | None = None  # noqa: N815
    url: str | None = None
    roles: Many[str] = Field(default_factory=list)
    entity: str | None = None


class Resume(Record):
    known: ClassVar = frozenset({"$schema", "meta"})

    basics: Basics | None = None
    work: Many[Job] = Field(default_factory=list)
    volunteer: Many[Job] = Field(default_factory=list)
    education: Many[Education] = Field(default_factory=list)
    awards: Many[Award] = Field(default_factory=list)
    publications: Many[Publication] = Field(default_factory=list)
    skills: Many[Skill] = Field(default_factory=list)
    languages: Many[Language] = Field(default_factory=list)
    interests: Many[Skill] = Field(default_factory=list)
    projects: Many[Project] = Field(default_factory=list)
