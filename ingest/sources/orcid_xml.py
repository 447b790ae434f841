"""ORCID records in XML, as in the yearly public data file, in the shape of the service's JSON."""

from typing import Any, Final
from xml.etree import ElementTree

from ingest.sources.files import refusal
from registry.errors import Problem

__all__ = ["MAX_RECORD_BYTES", "record_of_xml", "shape_of_xml"]

# The largest records of the data file have some thousand works, in less than a tenth of this.
MAX_RECORD_BYTES: Final = 32 * 1024 * 1024

# Elements that may stand several times are lists in JSON, even when there is one.
_LISTS: Final = frozenset(
    {"affiliation-group", "group", "peer-review-group", "work-summary", "funding-summary"}
    | {"peer-review-summary", "research-resource-summary", "external-id", "other-name"}
    | {"keyword", "researcher-url", "external-identifier"}
)
# These names also stand for single parts elsewhere.
_LISTS_IN: Final = frozenset({("emails", "email"), ("addresses", "address")})


def record_of_xml(content: bytes, name: str) -> dict[str, Any]:
    """The record of an XML document in the shape of the JSON that the service sends.

    Raises:
        ImportRefusedError: It is no XML in UTF-8, has a document type (which could declare
            entities), is too large, or its root is no record.
    """
    root, value = shape_of_xml(content, name)
    if root != "record" or not isinstance(value, dict):
        raise refusal(name, [Problem("the root", f'the element "{root}"', "an ORCID record")])
    return value


def shape_of_xml(content: bytes, name: str) -> tuple[str, Any]:
    """The name of the root element without its prefix, and its content in the shape of JSON.

    Raises:
        ImportRefusedError: As `record_of_xml` does, but for the root.
    """
    if len(content) > MAX_RECORD_BYTES:
        found = f"more than {MAX_RECORD_BYTES // 1024 // 1024} MB"
        raise refusal(name, [Problem("the file", found, "one record")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise refusal(
            name, [Problem(f"byte {exc.start + 1}", "no UTF-8", "text in UTF-8")]
        ) from exc
    # Without a document type there are no entities but the five of XML itself, and nothing to
    # fetch. The text is decoded already, so that no declared encoding can hide one.
    if "<!DOCTYPE" in text:
        raise refusal(name, [Problem("the file", "a document type", "a record without one")])
    try:
        root = ElementTree.fromstring(text)
        return _name(root.tag), _shape(root)
    except ElementTree.ParseError as exc:
        line, column = exc.position
        problem = Problem(f"line {line}, column {column + 1}", "damaged XML", "well-formed XML")
        raise refusal(name, [problem]) from exc
    except (RecursionError, ValueError) as exc:
        raise refusal(name, [Problem("the file", "damaged XML", "well-formed XML")]) from exc


def _name(tag: str) -> str:
    return tag.rpartition("}")[2]


def _shape(element: ElementTree.Element) -> Any:
    own = {key: value for key, value in element.attrib.items() if not key.startswith("{")}
    text = (element.text or "").strip() or None
    if len(element) == 0:
        if text is None:
            return own or None
        return {"value": text, **own} if own else text
    shape: dict[str, Any] = dict(own)
    parent = _name(element.tag)
    for child in element:
        name, value = _name(child.tag), _shape(child)
        if parent == "affiliation-group" and name.endswith("-summary"):
            shape.setdefault("summaries", []).append({name: value})
        elif name in _LISTS or (parent, name) in _LISTS_IN:
            shape.setdefault(name, []).append(value)
        elif name in shape:
            # Two where one belongs: the model refuses the list.
            shape[name] = [shape[name], value]
        else:
            shape[name] = value
    return shape
