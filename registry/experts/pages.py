"""The page of a person: his visible statements in words, each with its source."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from registry.experts import service
from registry.experts.api import PUBLISHED
from registry.experts.contacts import opened_of
from registry.experts.items import Item, count_items, group_statements
from registry.experts.kept_service import judged_by_steward
from registry.experts.models import Statement
from registry.experts.service import Profile
from registry.taxonomy import service as taxonomy
from registry.text import fold
from registry.web.deps import ActorDep, LanguageDep, Purpose, SessionDep
from registry.web.gate import open_to_all
from registry.web.labels import LABELS
from registry.web.language import Language, texts
from registry.web.pages import label, render

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

# Where the main words of an item stand, and the longer text below them.
_TITLES = {"biography": "text"} | dict.fromkeys(
    ("work", "patent", "project", "award", "post"), "title"
)
_BODIES = {"work": "abstract", "patent": "abstract", "project": "summary", "post": "summary"}
# Smaller facts beside the main words, in this order.
_DETAILS: Mapping[str, Sequence[str]] = {
    "affiliation": ("role", "country_code"),
    "degree": ("field", "institution", "country_code"),
    "work": ("venue",),
    "patent": ("number", "office", "patent_status"),
    "project": ("role", "funder", "number"),
    "award": ("giver",),
    "post": ("organisation", "country_code", "sector"),
    "province": ("region",),
    "language": ("level",),
    "terms": ("months", "note"),
    "contact": ("contact_kind",),
}
# Details whose key in the value is another than the kind of their words.
_KEYS = {"patent_status": "status", "contact_kind": "kind"}


@dataclass(frozen=True)
class LocalWords:
    """Words with the language that they are in."""

    text: str
    language: str


@dataclass(frozen=True)
class StatementView:
    """A statement in words; `statement` holds source, dates and verification."""

    statement: Statement
    title: LocalWords
    body: LocalWords | None
    details: list[str]
    address: str | None


@dataclass(frozen=True)
class ItemView:
    """An item in words: what is preferred, and what the others say of it.

    Args:
        same: Sources that say the same.
        different: What others say in other words.
    """

    item: Item
    preferred: StatementView
    same: list[str]
    different: list[StatementView]


class Wordings:
    """Puts values of statements into words of one language.

    Only for somebody who may see them: contact data are opened.
    """

    def __init__(self, session: Session, language: Language) -> None:
        self.language = language
        self._session = session
        vi = language == "vi"
        self._countries = {
            c.code: c.name_vi if vi else c.name_en for c in taxonomy.list_countries(session)
        }
        self._fields = {
            ("ford", f.code): (f.name_vi if vi else None) or f.name_en or f.code
            for f in taxonomy.list_ford(session)
        }
        for version in ("2025", "2026"):
            for group in taxonomy.list_groups(session, version):
                name = group.name_vi if vi else group.name_en
                self._fields[f"strategic_{version}", str(group.no)] = name

    def country(self, code: str | None) -> str | None:
        """The name of a country; the code itself when it is not in the list."""
        return self._countries.get(code, code) if code else None

    def describe(self, statement: Statement) -> StatementView:
        """One statement in words."""
        value = opened_of(self._session, statement)
        words = self.words_of(statement.property, value)
        return StatementView(statement, *words, _address(statement))

    def words_of(
        self, kind: str, value: Mapping[str, Any]
    ) -> tuple[LocalWords, LocalWords | None, list[str]]:
        """The main words of a value, its longer text, and smaller facts."""
        body = self._local(value.get(_BODIES.get(kind, "")))
        return self._title(kind, value), body, self._details(kind, value)

    def describe_item(self, item: Item) -> ItemView:
        """An item in words, with what else is said of it."""
        preferred = self.describe(item.preferred)
        others = [self.describe(statement) for statement in item.others]
        return ItemView(
            item,
            preferred,
            [v.statement.source for v in others if _says(v) == _says(preferred)],
            [v for v in others if _says(v) != _says(preferred)],
        )

    def choices(self, property_name: str) -> list[tuple[str, str]]:
        """Codes and words of what is chosen from a long list: countries, languages, fields."""
        if property_name == "language":
            words = LABELS["language"]
            codes = [(code, self._word("language", code)) for code in words if code != "und"]
            return sorted(codes, key=lambda pair: fold(pair[1]))
        if property_name == "field":
            return [(f"{scheme}:{code}", name) for (scheme, code), name in self._fields.items()]
        return sorted(self._countries.items(), key=lambda pair: fold(pair[1]))

    def _local(self, value: Any) -> LocalWords | None:
        if not isinstance(value, dict):
            return None
        for language in (self.language, "vi", "en"):
            if value.get(language):
                return LocalWords(value[language], language)
        return None

    def _title(self, kind: str, value: Mapping[str, Any]) -> LocalWords:
        words = self._local(value.get(_TITLES.get(kind, "")))
        return words or LocalWords(self._short(kind, value), self.language)

    def _short(self, kind: str, value: Mapping[str, Any]) -> str:
        if kind == "field":
            scheme, code = value["scheme"], value["code"]
            return self._fields.get((scheme, code), f"{scheme} {code}")
        if kind == "external_id":
            return f"{label('source', value['scheme'], self.language)} {value['value']}"
        if kind == "origin":
            gettext = texts(self.language).gettext
            return gettext("yes") if value["is_vietnamese"] else gettext("no")
        key = {
            "name": "display",
            "affiliation": "organisation",
            "degree": "level",
            "language": "code",
            "terms": "kind",
            "birth_year": "year",
            "contact": "address",
        }.get(kind, kind)
        return self._word(kind, str(value[key]))

    def _word(self, kind: str, code: str) -> str:
        return label(kind, code, self.language) if kind in LABELS else code

    def _details(self, kind: str, value: Mapping[str, Any]) -> list[str]:
        found = []
        for key in _DETAILS.get(kind, ()):
            item = value.get(_KEYS.get(key, key))
            if item is None:
                continue
            words = self._local(item)
            if words is not None:
                found.append(words.text)
            elif key == "country_code":
                found.append(self.country(item) or item)
            elif key == "months":
                ngettext = texts(self.language).ngettext
                months = ngettext("%(num)d month a year", "%(num)d months a year", item)
                found.append(months % {"num": item})
            else:
                found.append(self._word(key, str(item)))
        return found


def _address(statement: Statement) -> str | None:
    """Where the item itself can be seen: its DOI or ORCID record."""
    scheme, _, key = (statement.external_id or "").partition(":")
    return {"doi": f"https://doi.org/{key}", "orcid": f"https://orcid.org/{key}"}.get(scheme)


def _says(view: StatementView) -> tuple[Any, ...]:
    """What the reader sees of a statement, but for who says it."""
    row = view.statement
    return view.title, view.body, view.details, row.started_on, row.ended_on


def judgement_words(by_steward: Collection[UUID]) -> Callable[[ItemView], str]:
    """Which label says whose judgement an item is under; "" for none."""

    def code(view: ItemView) -> str:
        row = view.preferred.statement
        if row.judgement is None:
            return ""
        return f"{row.judgement}_by_steward" if row.id in by_steward else row.judgement

    return code


def by_property(wordings: Wordings, items: Sequence[Item]) -> list[tuple[str, list[ItemView]]]:
    """Items under the headings of the page; newest first, what has not ended before the rest."""
    groups: list[tuple[str, list[ItemView]]] = []
    for kind in LABELS["property"]:
        found = [item for item in items if item.preferred.property == kind]
        found.sort(key=lambda i: i.preferred.ended_on or i.preferred.started_on or "", reverse=True)
        if kind in {"affiliation", "post"}:
            found.sort(key=lambda i: i.preferred.ended_on is not None)
        if found:
            groups.append((kind, [wordings.describe_item(item) for item in found]))
    return groups


@router.get("/experts/{expert_id}", dependencies=[open_to_all(PUBLISHED)])
def expert_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    language: LanguageDep,
    expert_id: UUID,
    purpose: Purpose = None,
) -> HTMLResponse:
    """A person with the statements that the actor may see."""
    profile = service.get_profile(session, actor, expert_id, purpose)
    context = profile_context(session, language, profile)
    return render(request, "expert.html", {**context, "purpose": purpose})


def profile_context(session: Session, language: Language, profile: Profile) -> dict[str, Any]:
    """What a page needs to show a profile."""
    wordings = Wordings(session, language)
    items = group_statements(profile.statements)
    return {
        "expert": profile.expert,
        "summary": profile.summary,
        "country": wordings.country(profile.summary.country_code),
        "counts": count_items(items),
        "judgement_of": judgement_words(
            judged_by_steward(session, profile.expert.id, profile.statements)
        ),
        "groups": by_property(wordings, items),
    }
