"""Europe PMC replies in XML, which come now and then, in the shape of the service's JSON. Pure."""

from typing import Any, Final
from xml.etree import ElementTree

from ingest.sources.files import refusal
from ingest.sources.xml_texts import root_of, text_of
from registry.errors import Problem

__all__ = ["body_of_xml"]

# Elements that are lists in JSON, even when there is one.
_LISTS: Final = frozenset({"result", "author", "authorAffiliation", "pubType"})
# Elements that hold a text, which may hold markup.
_TEXTS: Final = frozenset({"title", "affiliation", "abstractText", "collectiveName"})


def body_of_xml(content: bytes, name: str) -> dict[str, Any]:
    """The reply in the shape of JSON; numbers stay texts.

    Raises:
        ImportRefusedError: It is no XML, or its root is no reply to a search.
    """
    root = root_of(content, name)
    try:
        shape = _shape(root)
    except RecursionError as exc:
        problem = Problem("the reply", "elements nested without end", "flat records")
        raise refusal(name, [problem]) from exc
    if root.tag != "responseWrapper" or not isinstance(shape, dict):
        found = f'the element "{root.tag[:60]}"'
        raise refusal(name, [Problem("the root", found, "a reply to a search")])
    return shape


def _shape(element: ElementTree.Element) -> Any:
    if len(element) == 0 or element.tag in _TEXTS:
        text = text_of(element) or None
        # The type of an id stands beside it.
        own = dict(element.attrib)
        return {"value": text, **own} if own else text
    shape: dict[str, Any] = dict(element.attrib)
    for child in element:
        value = _shape(child)
        if child.tag in _LISTS:
            shape.setdefault(child.tag, []).append(value)
        elif child.tag in shape:
            # Two where one belongs: the model refuses the list.
            shape[child.tag] = [shape[child.tag], value]
        else:
            shape[child.tag] = value
    return shape
