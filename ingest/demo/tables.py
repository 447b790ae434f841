"""Bundled tables of the demo generator, read once: phrase bank, frames, names, organisations."""

import csv
import gzip
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

Language = str  # "vi" or "en"


@dataclass(frozen=True)
class Phrase:
    """The same words in Vietnamese and English."""

    vi: str
    en: str

    def in_language(self, language: Language) -> str:
        return self.vi if language == "vi" else self.en


@dataclass(frozen=True)
class Specialty:
    """What people of one specialty write about; generic entries have `group_no` 0.

    Args:
        phrases: Lists "methods", "objects", "problems", "results" (with {n}), "patents",
            "projects" and "near_miss" (same words, another field or level).
        posts: Post titles by sector.
        topics: OpenAlex topic ids.
    """

    id: str
    product_no: int
    group_no: int
    name: Phrase
    topics: tuple[str, ...]
    ford: str
    vn2008: str
    phrases: Mapping[str, tuple[Phrase, ...]]
    posts: Mapping[str, tuple[Phrase, ...]]
    terms: tuple[str, ...]


_LISTS = ("methods", "objects", "problems", "results", "patents", "projects", "near_miss")


def rows(name: str) -> list[dict[str, str]]:
    """Rows of a CSV table of this folder."""
    text = files("ingest.demo").joinpath("data", name).read_text("utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def taxonomy_rows(name: str) -> list[dict[str, str]]:
    """Rows of a published classification bundled with the registry (files only, no services)."""
    content = files("registry").joinpath("taxonomy", "data", name).read_bytes()
    if name.endswith(".gz"):
        content = gzip.decompress(content)
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"))))


def _phrase(entry: Mapping[str, str]) -> Phrase:
    return Phrase(entry["vi"], entry["en"])


def _specialty(entry: Mapping[str, Any]) -> Specialty:
    posts: dict[str, list[Phrase]] = {}
    for post in entry["posts"]:
        posts.setdefault(post["sector"], []).append(_phrase(post))
    return Specialty(
        id=entry["id"],
        product_no=entry["product_no"],
        group_no=entry["group_no"],
        name=_phrase(entry["name"]),
        topics=tuple(entry["openalex_topics"]),
        ford=entry["ford"],
        vn2008=entry["vn2008"],
        phrases={key: tuple(map(_phrase, entry[key])) for key in _LISTS},
        posts={sector: tuple(titles) for sector, titles in posts.items()},
        terms=tuple(entry["terms"]),
    )


def _entries(prefix: str) -> dict[str, Specialty]:
    folder = files("ingest.demo").joinpath("data")
    names = sorted(f.name for f in folder.iterdir() if f.name.startswith(prefix))
    found = [
        _specialty(entry)
        for name in names
        for entry in json.loads(folder.joinpath(name).read_text("utf-8"))
    ]
    return {specialty.id: specialty for specialty in sorted(found, key=lambda s: s.id)}


@cache
def specialties() -> dict[str, Specialty]:
    """The specialties of the strategic list by id, in the order of their ids."""
    return _entries("specialties_")


@cache
def generic_fields() -> dict[str, Specialty]:
    """Fields that serve no strategic product: teaching, science management, quality systems."""
    return _entries("generic")


@cache
def frames(language: Language) -> dict[str, list[tuple[str, str]]]:
    """Sentence frames by kind: pairs of title and body, with {slots} and [a|b] choices."""
    text = files("ingest.demo").joinpath("data", f"frames_{language}.json").read_text("utf-8")
    return {
        kind: [(pair[0], pair[1]) for pair in pairs] for kind, pairs in json.loads(text).items()
    }
