"""Which items of a draft a profile holds already, whichever source says them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from registry.experts.contacts import opened_of
from registry.experts.models import Statement
from registry.experts.schemas import StatementDraft
from registry.experts.values import ContactValue, external_ids_of
from registry.text import clean, fold, words

__all__ = ["Known"]

# Held at several times: the same in other years is another item.
_TIMED: Final = frozenset({"affiliation", "post"})
_ANYWHERE: Final = "*"


class Known:
    """The statements of a profile that somebody sees, to be asked for items of a draft.

    Args:
        statements: Current ones; what the person says is not his is not among what is known.
    """

    def __init__(self, session: Session, statements: Sequence[Statement]) -> None:
        self._by_id: dict[tuple[str, str], UUID] = {}
        self._by_words: dict[tuple[str, ...], list[Statement]] = {}
        for row in statements:
            if row.judgement == "rejected":
                continue
            value = opened_of(session, row)
            ids = external_ids_of(row.property, row.value)
            for each in ids | ({row.external_id} if row.external_id else set()):
                self._by_id.setdefault((row.property, each), row.id)
            marks = _marks(row.property, value)
            if row.property == "degree":
                # Of a title alone it is enough that there is a degree of its level.
                marks.append((str(value["level"]), _ANYWHERE))
            for mark in marks:
                self._by_words.setdefault((row.property, *mark), []).append(row)

    def find(self, draft: StatementDraft) -> UUID | None:
        """The statement that says the same, or None."""
        for each in sorted(draft.value.external_ids()):
            if (found := self._by_id.get((draft.property, each))) is not None:
                return found
        value = draft.value.model_dump(mode="json", exclude_none=True)
        for mark in _marks(draft.property, value):
            for row in self._by_words.get((draft.property, *mark), []):
                if draft.property not in _TIMED or _goes_with(draft, row):
                    return row.id
        return None


def _goes_with(draft: StatementDraft, row: Statement) -> bool:
    if draft.started_on is None or row.started_on is None:
        return True
    return draft.started_on[:4] == row.started_on[:4]


def _marks(property_name: str, value: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """What two statements of one thing share, in words; each title of two languages alone."""
    marks = _MARKS.get(property_name)
    if marks is not None:
        return [mark for mark in marks(value) if all(mark)]
    title = value.get("title")
    texts = title.values() if isinstance(title, dict) else ()
    return [(plain,) for text in texts if (plain := _plain(str(text)))]


def _plain(text: Any) -> str:
    """Words without marks and signs: titles are printed in many ways."""
    return " ".join(fold(word) for word in words(str(text or "")))


def _local(value: Any) -> str:
    return _plain(" ".join(value.values())) if isinstance(value, dict) else ""


def _contact(value: Mapping[str, Any]) -> list[tuple[str, ...]]:
    checked = ContactValue.model_validate(dict(value))
    return [(checked.kind, checked.normalised())]


def _degree(value: Mapping[str, Any]) -> list[tuple[str, ...]]:
    place = _plain(value.get("institution")) or _ANYWHERE
    return [(str(value["level"]), place)]


_MARKS: Final[Mapping[str, Callable[[Mapping[str, Any]], list[tuple[str, ...]]]]] = {
    # Marks tell names apart: Hùng is not Hưng.
    "name": lambda v: [(clean(v["display"]).casefold(),)],
    "affiliation": lambda v: [(_plain(v["organisation"]),)],
    "post": lambda v: [(_local(v.get("title")), _plain(v.get("organisation")) or "-")],
    "degree": _degree,
    "language": lambda v: [(str(v["code"]),)],
    "rank": lambda v: [(str(v["rank"]),)],
    "birth_year": lambda v: [(str(v["year"]),)],
    "field": lambda v: [(f"{v['scheme']}:{v['code']}",)],
    "external_id": lambda v: [(f"{v['scheme']}:{v['value']}",)],
    "biography": lambda v: [(_local(v.get("text")),)],
    "contact": _contact,
}
