"""XML documents of services, opened without the dangers of XML. Pure."""

from xml.etree import ElementTree

from ingest.sources.files import refusal
from registry.errors import Problem

__all__ = ["root_of", "text_of"]


def root_of(content: bytes, name: str) -> ElementTree.Element:
    """The root element of a document.

    Raises:
        ImportRefusedError: It is no XML in UTF-8, or has a document type, which could declare
            entities.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        found = Problem(f"byte {exc.start + 1}", "no UTF-8", "text in UTF-8")
        raise refusal(name, [found]) from exc
    # The text is decoded already, so that no declared encoding can hide one.
    if "<!DOCTYPE" in text:
        raise refusal(name, [Problem("the document", "a document type", "XML without one")])
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError as exc:
        line, column = exc.position
        problem = Problem(f"line {line}, column {column + 1}", "damaged XML", "well-formed XML")
        raise refusal(name, [problem]) from exc
    except (RecursionError, ValueError) as exc:
        raise refusal(name, [Problem("the document", "damaged XML", "well-formed XML")]) from exc


def text_of(element: ElementTree.Element) -> str:
    """The text of an element and of all within it; markup such as <sub> goes."""
    return "".join(element.itertext()).strip()
