"""The copy of a person's data in words: sections with headings, for a page and for a file."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.experts.models import Statement
from registry.experts.pages import Wordings
from registry.rights.copy import AT_THE_MACHINE, OTHER_ACCOUNT, WITHHELD_WORDS
from registry.rights.deadlines import VIETNAM
from registry.rights.page_parts import name_bodies
from registry.web.labels import LABELS
from registry.web.language import LANGUAGES, Language, texts
from registry.web.pages import environment, label, number, partial_date

# Codes in columns, by the kind of their labels: by table and column, else by column.
_CODES: Final[Mapping[str, str]] = {
    "consent.purpose": "consent_purpose",
    "consent.channel": "channel",
    "consent.withdrawn_channel": "channel",
    "rights_request.kind": "request_kind",
    "rights_request.state": "request_state",
    "rights_request.channel": "channel",
    "disclosure.kind": "disclosure",
    "contact_event.kind": "contact",
    "change.kind": "change_kind",
    "claim.state": "claim_state",
    "claim.proof": "claim_proof",
    "item_choice.property": "property",
    "life": "life_state",
    "life_before": "life_state",
    "lives_before": "life_state",
    "visibility": "shown_to",
    "judgement": "own_word",
    "source": "source",
    "legal_ground": "legal_ground",
    "language": "language",
    "match_runs.kind": "run_kind",
    "role": "account_role",
    "verification": "verification",
    "method": "method",
}
# Ids and marks that only connect rows: in the copy for machines, and left out here.
_TECHNICAL: Final = frozenset(
    {"id", "expert_id", "canonical_id", "account_id", "change_id", "closed_by", "reverted_by"}
    | {"on_behalf_of", "content_hash", "link_id", "statement_id", "text_hash", "seat_id"}
)
_BODIES: Final = frozenset({"body", "open_to", "named_bodies"})
# Tables of marks alone, told by their number.
_MARKS: Final = frozenset({"change_log", "derivation", "person_key", "passage"})
# What is told of a statement besides what it says.
_ENVELOPE: Final = (
    "source",
    "asserted_by",
    "asserted_at",
    "legal_ground",
    "verification",
    "visibility",
    "judgement",
    "superseded_at",
)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*")


@dataclass
class Item:
    """One thing that is held: what it is, and its parts as pairs of words."""

    title: str
    parts: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Section:
    """What is held of one kind."""

    code: str
    heading: str
    items: list[Item] = field(default_factory=list)
    note: str = ""


def sections(session: Session, document: Mapping[str, Any], language: Language) -> list[Section]:
    """A copy (see copy.py) in words, statements first."""
    say = _Words(session, document, language)
    tables: Mapping[str, list[dict[str, Any]]] = document["tables"]
    found = [_statements(session, document, say)]
    order = [*LABELS["holding"], *(name for name in tables if name not in LABELS["holding"])]
    for table in order:
        rows = tables.get(table, [])
        if not rows or table == "statement":
            continue
        section = Section(table, label("holding", table, language))
        if table in _MARKS:
            section.note = say.count(len(rows))
        else:
            section.items = [Item("", say.parts(table, row)) for row in rows]
        found.append(section)
    found.append(
        Section(
            "vectors",
            label("holding", "vectors", language),
            [Item("", say.parts("vectors", row)) for row in document["vectors"]],
        )
    )
    for name in ("match_runs", "audit"):
        items = [Item("", say.parts(name, row)) for row in document[name]]
        found.append(Section(name, label("holding", name, language), items))
    return [section for section in found if section.items or section.note]


def copy_file(session: Session, document: Mapping[str, Any], language: Language) -> str:
    """One file that needs nothing else: in both languages, the reader's own first."""
    order = [language, *(other for other in LANGUAGES if other != language)]
    parts = [
        environment(each)
        .get_template("copy_body.html")
        .render(document=document, sections=sections(session, document, each), prefix=f"{each}-")
        for each in order
    ]
    template = environment(language).get_template("copy_file.html")
    return template.render(parts=list(zip(order, parts, strict=True)), document=document)


class _Words:
    """Puts columns and values into words of one language."""

    def __init__(self, session: Session, document: Mapping[str, Any], language: Language) -> None:
        self.language = language
        self.gettext = texts(language).gettext
        self.ngettext = texts(language).ngettext
        self._bodies = name_bodies(session, language)
        self._said = {
            **{row["id"]: self.gettext("you") for row in document["tables"].get("account", [])},
            **{
                code: self.gettext(code) for code in (WITHHELD_WORDS, OTHER_ACCOUNT, AT_THE_MACHINE)
            },
        }

    def count(self, rows: int) -> str:
        return self.ngettext("%(num)d entry", "%(num)d entries", rows) % {"num": rows}

    def parts(self, table: str, row: Mapping[str, Any]) -> list[tuple[str, str]]:
        return [
            (label("column", name, self.language), self.value(table, name, value))
            for name, value in row.items()
            if name not in _TECHNICAL and value not in (None, [], {}, "")
        ]

    def value(self, table: str, name: str, value: Any) -> str:
        if isinstance(value, bool):
            return self.gettext("yes") if value else self.gettext("no")
        if isinstance(value, float):
            return number(value, self.language, 3)
        if isinstance(value, list):
            return ", ".join(self.value(table, name, item) for item in value)
        if isinstance(value, dict):
            return json.dumps(value, ensure_ascii=False, indent=1)
        if value in self._said:
            return str(self._said[value])
        if name in _BODIES:
            return str(self._bodies.get(value, value))
        kind = _CODES.get(f"{table}.{name}") or _CODES.get(name)
        if kind is not None and kind in LABELS and isinstance(value, str):
            return label(kind, value, self.language)
        return self.moment(value) if isinstance(value, str) else str(value)

    def moment(self, text: str) -> str:
        """A time in words; another text as it is."""
        if not _MOMENT.fullmatch(text):
            return text
        local = datetime.fromisoformat(text).astimezone(VIETNAM)
        return f"{partial_date(local.date().isoformat(), self.language)} {local:%H:%M}"


def _statements(session: Session, document: Mapping[str, Any], say: _Words) -> Section:
    """What is said of the person, the current statements first, the ended ones after them."""
    language = say.language
    wordings = Wordings(session, language)
    opened = {row["id"]: row for row in document["tables"].get("statement", [])}
    rows: Sequence[Statement] = session.scalars(
        select(Statement)
        .where(col(Statement.expert_id).in_([UUID(i) for i in document["ids"]]))
        .order_by(
            col(Statement.superseded_at).is_not(None), col(Statement.property), col(Statement.id)
        )
    ).all()
    section = Section("statement", label("holding", "statement", language))
    for statement in rows:
        # A steward's copy is without what the person keeps to himself.
        if (row := opened.get(str(statement.id))) is not None:
            section.items.append(_statement(wordings, statement, row, say))
    return section


def _statement(
    wordings: Wordings, statement: Statement, row: Mapping[str, Any], say: _Words
) -> Item:
    language = say.language
    parts: list[tuple[str, str]] = []
    if statement.property == "contact":
        heading = label("holding", "contact", language)
        told = row["value"]
        parts.append((label("contact_kind", told["kind"], language), told["address"]))
    else:
        heading = label("property", statement.property, language)
        view = wordings.describe(statement)
        lines = [view.title.text, *([view.body.text] if view.body else []), *view.details]
        parts.append((heading, " · ".join(lines)))
    for name in ("started_on", "ended_on"):
        if row.get(name):
            shown = partial_date(row[name], language)
            parts.append((label("column", name, language), shown))
    parts += [
        (label("column", name, language), say.value("statement", name, row[name]))
        for name in _ENVELOPE
        if row.get(name)
    ]
    return Item(heading, parts)
