"""Load the published classifications, and read them back as crosswalks and names."""

import csv
import gzip
import io
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlmodel import SQLModel, col

from registry.experts.rules import Crosswalk
from registry.taxonomy.models import (
    Country,
    Organisation,
    ResearchField,
    StrategicItem,
    TopicGroup,
)

CURRENT_LIST = "2026"


def _rows(name: str) -> Iterator[dict[str, str]]:
    content = files("registry.taxonomy").joinpath("data", name).read_bytes()
    if name.endswith(".gz"):
        content = gzip.decompress(content)
    yield from csv.DictReader(io.StringIO(content.decode("utf-8")))


def _put(session: Session, table: type[SQLModel], rows: list[dict[str, Any]]) -> int:
    keys = [column.name for column in table.__table__.primary_key]  # type: ignore[attr-defined]
    query = insert(table)
    columns = {name: query.excluded[name] for name in rows[0] if name not in keys}
    session.execute(query.on_conflict_do_update(index_elements=keys, set_=columns), rows)
    return len(rows)


def _split(cell: str) -> list[str]:
    return [part.strip() for part in cell.split("|") if part.strip()]


def load_taxonomies(session: Session) -> dict[str, int]:
    """Write all bundled classifications; loading them again changes nothing.

    Returns:
        Number of rows of each table.
    """
    counts = {
        "country": _put(
            session,
            Country,
            [
                {"code": r["alpha2"], "name_vi": r["name_vi"], "name_en": r["name_en"]}
                for r in _rows("iso_countries_en_vi.csv")
            ],
        )
    }
    counts["research_field"] = _put(session, ResearchField, list(_field_rows()))
    counts["strategic_item"] = _put(session, StrategicItem, list(_strategic_rows()))
    counts["topic_group"] = _put(
        session,
        TopicGroup,
        [
            {"topic": r["id_topic"], "group_no": int(r["group_no_2026"]), "basis": "keyword"}
            for r in _rows("vn_strategic_2026_openalex_topic_seeds.csv")
        ],
    )
    counts["organisation"] = _put(session, Organisation, list(_organisation_rows()))
    return counts


def _field_rows() -> Iterator[dict[str, Any]]:
    empty = {"parent": None, "name_vi": None, "name_en": None, "description": None}
    classification = list(_rows("vn_science_classification_2008.csv"))
    ford_vi: dict[str, str] = {}
    for row in classification:
        nearest = row["oecd_ford_nearest"] or (row["code"] if row["level"] == "1" else "")
        ford_vi.setdefault(nearest, row["name_vi"])
    for row in _rows("oecd_ford_2015.csv"):
        yield empty | {
            "scheme": "ford",
            "code": row["code"],
            "level": int(row["level"]),
            "parent": row["parent"] or None,
            "name_vi": ford_vi.get(row["code"]),
            "name_en": row["name_en"],
            "ford_code": row["code"],
        }
    nearest_of: dict[str, str | None] = {}
    for row in classification:
        # A third-level class has no nearest FORD code of its own: its parent's serves.
        inherited = nearest_of.get(row["parent"]) if row["parent"] else row["code"]
        nearest_of[row["code"]] = row["oecd_ford_nearest"] or inherited
        yield empty | {
            "scheme": "vn2008",
            "code": row["code"],
            "level": int(row["level"]),
            "parent": row["parent"] or None,
            "name_vi": row["name_vi"],
            "name_en": row["name_en_unofficial"] or None,
            "ford_code": nearest_of[row["code"]],
        }
    ford_of_field = {r["id_field"]: r["ford_code"] for r in _rows("openalex_field_ford.csv")}
    for row in _rows("openalex_topics.csv.gz"):
        yield empty | {
            "scheme": "openalex_topic",
            "code": row["id_topic"],
            "level": 4,
            "parent": row["id_subfield"],
            "name_en": row["topic"],
            "description": row["description"],
            "ford_code": ford_of_field[row["id_field"]],
        }


def _strategic_rows() -> Iterator[dict[str, Any]]:
    suggested = {
        int(r["product_no"]): int(r["group_no_suggested"])
        for r in _rows("vn_strategic_product_group_suggestion.csv")
    }
    for row in _rows("vn_strategic_technologies.csv"):
        stated = int(row["group_no"]) if row["group_no"] else None
        yield {
            "version": row["version"],
            "kind": row["kind"],
            "no": int(row["no"]),
            "tier": int(row["tier"]) if row["tier"] else None,
            "group_no": stated if stated is not None else suggested[int(row["no"])],
            "group_basis": "decision" if stated is not None else "suggestion",
            "name_vi": row["name_vi"],
            "name_en": row["name_en_unofficial"],
            "legal_basis": row["legal_basis"],
            "effective_from": row["effective_from"],
            "effective_to": row["effective_to"] or None,
        }


def _organisation_rows() -> Iterator[dict[str, Any]]:
    for row in _rows("ror_vietnam_flat.csv"):
        yield {
            "ror_id": row["ror_id"],
            "display_name": row["display_name"],
            "name_vi": row["name_vi"] or None,
            "name_en": row["name_en"] or None,
            "country_code": "VN",
            "city": row["city"] or None,
            "status": row["status"],
            "kinds": _split(row["types"]),
            "aliases": _split(row["aliases"]) + _split(row["acronyms"]),
            "relations": {
                kind: _split(row[kind])
                for kind in ("parents", "children", "successors", "predecessors")
                if row[kind]
            },
        }


def is_loaded(session: Session) -> bool:
    """Whether the classifications are there."""
    return bool(session.scalar(select(func.count()).select_from(Organisation)))


def get_crosswalk(session: Session) -> Crosswalk:
    """The crosswalks that summaries are derived with."""
    groups: dict[str, list[int]] = {}
    for topic, group_no in session.execute(
        select(col(TopicGroup.topic), col(TopicGroup.group_no)).order_by(col(TopicGroup.group_no))
    ):
        groups.setdefault(topic, []).append(group_no)
    ford = {
        f"{scheme}:{code}": ford_code
        for scheme, code, ford_code in session.execute(
            select(col(ResearchField.scheme), col(ResearchField.code), col(ResearchField.ford_code))
        )
        if ford_code
    }
    return Crosswalk(groups, ford)


def list_groups(session: Session, version: str = CURRENT_LIST) -> list[StrategicItem]:
    """The groups of one version of the national list, in its order."""
    return list(
        session.scalars(
            select(StrategicItem)
            .where(col(StrategicItem.version) == version, col(StrategicItem.kind) == "group")
            .order_by(col(StrategicItem.no))
        )
    )


def list_ford(session: Session) -> list[ResearchField]:
    """The FORD classes, by code."""
    found = session.scalars(select(ResearchField).where(col(ResearchField.scheme) == "ford"))
    return sorted(found, key=lambda row: [int(part) for part in row.code.split(".")])


def list_countries(session: Session) -> list[Country]:
    """All countries, by code."""
    return list(session.scalars(select(Country).order_by(col(Country.code))))
