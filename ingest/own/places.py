"""Entries of a document, the pieces that they are made of, and what the pieces name. Pure."""

import re
from dataclasses import dataclass
from typing import Final

from ingest.own.periods import folded
from registry.text import clean

__all__ = ["Entry", "is_organisation", "is_role", "is_school", "pieces_of"]

# "Viện" is an institute, and the end of many a calling: giảng viên, nghiên cứu viên.
_INSTITUTE: Final = "".join(
    f"(?<!{word} )" for word in ("cuu", "giang", "thanh", "nhan", "uy", "chuyen", "giao", "hop")
)
_SCHOOL: Final = re.compile(
    rf"\b(?:dai hoc|hoc vien|{_INSTITUTE}vien(?! truong)|truong (?:dai|cao|thpt|dh|cd|hoc)|"
    r"dhqg\w*|dh|dhbk|university|universit\w+|institut\w*|college|school|academy|polytechni\w+|"
    r"ecole|hochschule|kaist|mit|eth|epfl|faculty of|khoa(?! hoc))\b"
)
_ORGANISATION: Final = re.compile(
    r"\b(?:cong ty|tap doan|tong cong ty|tong cuc|uy ban|ubnd|van phong|trung tam|benh vien|"
    r"phong thi nghiem|ngan hang|lien hiep|ban quan ly|chi nhanh|xi nghiep|nha may|"
    r"company|corporation|corp|inc|ltd|llc|gmbh|co\.,|jsc|group|ministry|department|agency|bank|"
    r"hospital|center|centre|lab|laboratory|laboratories|council|association|society|foundation|"
    r"technologies|solutions|vingroup|viettel|fpt|vnpt|cnrs|csiro|inria|nasa|bell labs)\b"
)
# Too short to be told without their marks: "sở" is a department, "số" a number.
_MARKED: Final = re.compile(r"\b(?:Bộ|Sở|Cục|Vụ|Hội|Quỹ|Ban)\s+[^\W\d_]")
_ROLE: Final = re.compile(
    r"\b(?:giang vien|tro giang|giao vien|truong (?:khoa|phong|bo mon|nhom|ban|du an)|"
    r"pho (?:truong|giam doc|vien truong|hieu truong|chu nhiem|tong giam doc|giao su|chu tich)|"
    r"giam doc|ky su|nghien cuu vien|nghien cuu sinh|chuyen vien|chuyen gia|hieu truong|"
    r"vien truong|chu tich|chu nhiem|tong giam doc|can bo|tu van|co van|bac si|giao su|"
    r"nhan vien|lap trinh vien|kien truc su|thu ky|uy vien|thanh vien|dong sang lap|sau tien si|"
    r"professor|lecturer|engineer|director|researcher|manager|head|dean|fellow|assistant|"
    r"scientist|consultant|postdoc\w*|post-doc\w*|rector|president|chair\w*|vice|officer|ceo|cto|"
    r"cfo|founder|co-founder|developer|architect|analyst|advisor|adviser|teacher|intern|member|"
    r"secretary|instructor|reader|specialist|coordinator|leader|principal investigator)\b"
)
_SPLIT: Final = re.compile(r"\s*(?:[,;|\t\n•·]|\s[-–—]\s|\s\s+|:\s)\s*")
_JUNK: Final = " ,;:.–—-|"
_BULLET: Final = re.compile(r"^\s*(?:[-–—•●▪■◦*+✓➢»o]\s+|\(?\d{1,3}[.)]\s+|\[\d{1,3}\]\s*)")


@dataclass
class Entry:
    """One entry of a section.

    Args:
        cells: Of the row of a table; none for text.
        is_joined: Made of several lines, of which it is a guess that they belong together.
    """

    where: str
    text: str
    cells: tuple[str, ...] = ()
    is_joined: bool = False


def pieces_of(text: str, cells: tuple[str, ...] = ()) -> list[str]:
    """The pieces of an entry between commas, dashes and the like; of a row, its cells."""
    parts = cells or _SPLIT.split(without_bullet(text))
    found = []
    for part in parts:
        inner = _SPLIT.split(part) if cells else [part]
        found += [piece for each in inner if (piece := clean(each).strip(_JUNK))]
    return [piece for piece in found if piece not in {"(", ")"}]


def without_bullet(text: str) -> str:
    """A line without its bullet or number."""
    return _BULLET.sub("", text, count=1)


def has_bullet(text: str) -> bool:
    """Whether a line begins with a bullet or a number."""
    return _BULLET.match(text) is not None


def is_school(text: str) -> bool:
    """Whether a piece names a place where people study."""
    return _SCHOOL.search(folded(text)) is not None


def is_organisation(text: str) -> bool:
    """Whether a piece names a place where people work."""
    found = _ORGANISATION.search(folded(text)) or _MARKED.search(text)
    return is_school(text) or found is not None


def is_role(text: str) -> bool:
    """Whether a piece names what somebody is at work."""
    return _ROLE.search(folded(text)) is not None
