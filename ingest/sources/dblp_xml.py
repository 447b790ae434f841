"""DBLP's page of one person in XML, which has all of his records, in the shape of the search API.

The form is that of https://dblp.org/pid/….xml; the service's documents describe it in "DBLP: Some
Lessons Learned" (Ley 2009), appendix "DBLP XML Requests".
"""

from typing import Any, Final
from xml.etree import ElementTree

from ingest.sources.files import refusal, shorten
from ingest.sources.xml_texts import root_of, text_of
from registry.errors import Problem

__all__ = ["person_of_xml"]

# The words of the search API for the kinds of records.
_KINDS: Final = {
    "article": "Journal Articles",
    "book": "Books and Theses",
    "data": "Data and Artifacts",
    "incollection": "Parts in Books or Collections",
    "inproceedings": "Conference and Workshop Papers",
    "mastersthesis": "Books and Theses",
    "phdthesis": "Books and Theses",
    "proceedings": "Editorship",
}
_PUBLTYPES: Final = {"informal": "Informal and Other Publications", "withdrawn": "Withdrawn Items"}


def person_of_xml(content: bytes, name: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The person and his publications.

    Raises:
        ImportRefusedError: It is no XML, or no page of a person with an id.
    """
    root = root_of(content, name)
    pid = root.get("pid")
    if root.tag != "dblpperson" or not pid:
        found = shorten(f"the element {root.tag}")
        raise refusal(name, [Problem("the root", found, "a person of DBLP")])
    person: dict[str, Any] = {
        "author": root.get("name") or "",
        "url": f"https://dblp.org/pid/{pid}",
    }
    record = root.find("person")
    if record is not None:
        names = [text_of(one) for one in record.findall("author")]
        person["aliases"] = {"alias": [one for one in names if one != person["author"]]}
        person["urls"] = [text_of(one) for one in record.findall("url")]
        person["notes"] = {"note": [_note(one) for one in record.findall("note")]}
    works = [_publication(one) for part in root.findall("r") for one in part if one.tag != "www"]
    return person, works


def _note(element: ElementTree.Element) -> dict[str, Any]:
    own = {f"@{name}": value for name, value in element.attrib.items()}
    return {**own, "text": text_of(element)}


def _publication(element: ElementTree.Element) -> dict[str, Any]:
    kind = _PUBLTYPES.get(element.get("publtype", "")) or _KINDS.get(element.tag, element.tag)
    shape: dict[str, Any] = {"key": element.get("key") or "", "type": kind}
    authors: list[dict[str, Any]] = []
    for child in element:
        text = text_of(child)
        if child.tag == "author":
            pid = child.get("pid")
            authors.append({"text": text} | ({"@pid": pid} if pid else {}))
        elif child.tag in {"journal", "booktitle"}:
            shape.setdefault("venue", []).append(text)
        elif child.tag == "ee":
            shape.setdefault("ee", []).append(text)
        elif child.tag != "url":
            # The address here is one within the site, unlike that of the search.
            shape.setdefault(child.tag, text)
    if authors:
        shape["authors"] = {"author": authors}
    return shape
