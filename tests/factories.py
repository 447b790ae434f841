"""People for tests: valid as they are, override what matters."""

from datetime import UTC, datetime
from typing import Any

from registry.experts.schemas import Life, PersonDraft, StatementDraft

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def said(property_name: str, value: dict[str, Any], **envelope: Any) -> StatementDraft:
    """One statement."""
    return StatementDraft.model_validate({"property": property_name, "value": value, **envelope})


def work(title: str, language: str = "vi", year: str = "2022", **envelope: Any) -> StatementDraft:
    """A publication with a title in one language."""
    return said("work", {"title": {language: title}}, started_on=year, **envelope)


def make_person(
    key: str = "1",
    name: str = "Nguyễn Văn Hùng",
    *statements: StatementDraft,
    country: str | None = "VN",
    groups: tuple[int, ...] = (),
    ford: str | None = None,
    life: Life = Life.CLAIMED,
    source: str = "test",
) -> PersonDraft:
    """An invented person with a name, an affiliation and the given statements."""
    facts = [said("name", {"display": name})]
    if country is not None:
        facts.append(
            said(
                "affiliation",
                {"organisation": f"Viện {key}", "country_code": country, "is_main": True},
                started_on="2015",
            )
        )
    facts += [said("field", {"scheme": "strategic_2026", "code": str(g)}) for g in groups]
    if ford:
        facts.append(said("field", {"scheme": "ford", "code": ford}))
    return PersonDraft(
        source=source,
        source_key=key,
        retrieved_at=datetime(2026, 7, 1, tzinfo=UTC),
        raw={"key": key},
        life=life,
        is_invented=True,
        legal_ground="invented",
        statements=[*facts, *statements],
    )
