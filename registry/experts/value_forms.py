"""Forms made from the value classes: which fields a property has, and what was typed as a value.

Pure. What no person types (topics, ids of organisations) is not in the form and is kept.
"""

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Union, get_args, get_origin

from annotated_types import MaxLen
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from registry.experts.values import VALUE_CLASSES, LocalText

# 'line' and 'text' differ in length; 'lines' is a list, one a line; 'code' is chosen from a list
# that the page knows (countries, languages, fields of work).
Widget = Literal["line", "text", "lines", "choice", "code", "number", "flag"]

_LONG: Final = 1_000
_MOST: Final = 20_000
# Texts in two languages that fit on a line.
_SHORT: Final = frozenset({"role", "field", "note"})
# Not typed, and kept when the rest is corrected.
_KEPT: Final = frozenset({"topics", "openalex_id", "ror_id", "author_position"})
_CODES: Final = frozenset({("language", "code"), ("field", "code")})
# Chosen together with the code.
_WITHIN_CODE: Final = frozenset({("field", "scheme")})


@dataclass(frozen=True)
class FormField:
    """One input of a form.

    Args:
        name: Keys of the value, joined by a dot: "title.vi".
        key: The first of them, which the label is of.
        language: Of the text, where the value has one for each.
        options: Codes, for a choice.
    """

    name: str
    key: str
    widget: Widget
    language: str | None
    options: tuple[str, ...]
    is_required: bool
    most: int


def fields_of(property_name: str) -> list[FormField]:
    """The inputs of a property, in the order of its class."""
    found: list[FormField] = []
    for name, info in VALUE_CLASSES[property_name].model_fields.items():
        if name in _KEPT or (property_name, name) in _WITHIN_CODE:
            continue
        found += _inputs(property_name, name, info)
    return found


def _inputs(property_name: str, name: str, info: FieldInfo) -> list[FormField]:
    kind, most = _kind(info)
    required = info.is_required()
    if kind is LocalText:
        widget: Widget = "line" if name in _SHORT else "text"
        return [
            FormField(f"{name}.{language}", name, widget, language, (), False, _MOST)
            for language in ("vi", "en")
        ]
    if get_origin(kind) is list:
        most = _MOST
    options = tuple(str(each) for each in get_args(kind)) if get_origin(kind) is Literal else ()
    return [
        FormField(
            name, name, _widget(property_name, name, kind, most), None, options, required, most
        )
    ]


def _kind(info: FieldInfo) -> tuple[Any, int]:
    """The type of a field without None, and how many characters it takes."""
    kind: Any = info.annotation
    limits = list(info.metadata)
    while get_origin(kind) in {Union, types.UnionType}:
        (kind,) = [each for each in get_args(kind) if each is not type(None)]
    if hasattr(kind, "__metadata__"):
        limits += kind.__metadata__
        kind = get_args(kind)[0]
    for each in list(limits):
        limits += getattr(each, "metadata", [])
    most = next((each.max_length for each in limits if isinstance(each, MaxLen)), 500)
    return kind, most


def _widget(property_name: str, name: str, kind: Any, most: int) -> Widget:
    if name == "country_code" or (property_name, name) in _CODES:
        return "code"
    if get_origin(kind) is Literal:
        return "choice"
    if get_origin(kind) is list:
        return "lines"
    if kind is bool:
        return "flag"
    if kind is int:
        return "number"
    return "text" if most > _LONG else "line"


def typed_from(property_name: str, value: Mapping[str, Any]) -> dict[str, str]:
    """A stated value as the form shows it."""
    typed: dict[str, str] = {}
    for field in fields_of(property_name):
        inner = value.get(field.key)
        if field.language is not None:
            inner = (inner or {}).get(field.language)
        if field.widget == "lines":
            inner = "\n".join(inner or [])
        if field.widget == "flag":
            inner = {True: "yes", False: "no"}.get(inner)  # type: ignore[arg-type]
        typed[field.name] = "" if inner is None else str(inner)
    if property_name == "field" and value:
        typed["code"] = f"{value['scheme']}:{value['code']}"
    return typed


def value_from(
    property_name: str, typed: Mapping[str, str], before: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What was typed as a value, not yet checked; blank is not stated.

    Args:
        before: The value that is corrected: what the form does not show is kept.
    """
    before = before or {}
    value: dict[str, Any] = {
        key: kept
        for key, kept in before.items()
        if key in _KEPT and not _is_stale(key, typed, before)
    }
    for field in fields_of(property_name):
        text = typed.get(field.name, "").strip()
        if not text:
            continue
        stated = _stated(field.widget, text)
        if field.language is not None:
            value.setdefault(field.key, {})[field.language] = stated
        else:
            value[field.key] = stated
    if property_name == "field" and "code" in value:
        value["scheme"], _, value["code"] = str(value["code"]).partition(":")
    return value


def _is_stale(key: str, typed: Mapping[str, str], before: Mapping[str, Any]) -> bool:
    """The id of an organisation goes with its name."""
    return key == "ror_id" and typed.get("organisation", "").strip() != before.get("organisation")


def _stated(widget: Widget, text: str) -> Any:
    if widget == "number" and text.isdecimal():
        return int(text)
    if widget == "lines":
        return [line.strip() for line in text.splitlines() if line.strip()]
    if widget == "flag":
        return {"yes": True, "no": False}.get(text, text)
    return text


Fault = Literal["missing", "language", "long", "number", "date", "order", "email", "other"]


def faults_of(error: ValidationError) -> list[tuple[str, Fault]]:
    """What is wrong with what was typed: the key of the field, and how; for words of a page."""
    found: list[tuple[str, Fault]] = []
    for each in error.errors(include_url=False):
        key = str(each["loc"][0]) if each["loc"] else ""
        found.append((key, _fault(each["type"], str(each["msg"]), key)))
    return list(dict.fromkeys(found))


def _fault(kind: str, message: str, key: str) -> Fault:
    if key in {"started_on", "ended_on"}:
        return "date"
    known: Sequence[tuple[bool, Fault]] = (
        (kind in {"missing", "string_too_short"}, "missing"),
        (kind in {"string_too_long", "too_long"}, "long"),
        (kind.startswith(("int_", "greater_", "less_")), "number"),
        ("Vietnamese or English" in message, "language"),
        ("lies before" in message, "order"),
        ("e-mail" in message, "email"),
    )
    return next((fault for holds, fault in known if holds), "other")
