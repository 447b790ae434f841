"""Telephone numbers and e-mail addresses in cells, in the forms that lists write. Pure.

Messages never repeat what stands in such a cell.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from pydantic import ValidationError

from ingest.sources.cell_errors import CellError
from registry.experts.values import ContactValue
from registry.text import clean, fold

__all__ = ["Contacts", "contacts", "emails", "phones", "without_private"]

_EMAIL: Final = re.compile(
    r"[^\s@<>,;:()\[\]\"/|]+@[^\s@<>,;:()\[\]\"/|]+\.[^\s@<>,;:()\[\]\"/|.]{2,63}"
)
_MANY_DIGITS: Final = re.compile(r"\d{8}")
# Twelve digits that begin with 0 are those of an identity card (Decree 137/2015/NĐ-CP, article 13);
# the shorter ones of former cards, passports and taxes are told by the word before them.
_IDENTITY: Final = re.compile(
    r"(?:(?:số|so)\s+)?(?:CCCD|CMND|CMTND|CMT|căn cước(?: công dân)?|chứng minh nhân dân|hộ chiếu|"
    r"passport|MST|mã số thuế|STK|số tài khoản)(?:\s+(?:số|so|no\.?))?\s*[:.]?\s*[A-Z]?\d{7,14}|"
    r"(?<!\d)0\d{11}(?!\d)",
    re.IGNORECASE,
)
_PARTS: Final = re.compile(r"[;/\n|]|,(?!\d{3}\b)|\s(?:và|va|hoặc|hoac|or|and|&)\s", re.IGNORECASE)
_EXTENSION: Final = re.compile(
    r"[\s,(]*(?:ext\.?|máy lẻ|may le|số máy lẻ|nội bộ|noi bo|#|x)\s*[:.]?\s*\d{1,5}\)?\s*$",
    re.IGNORECASE,
)
_LABEL: Final = re.compile(r"^[^\d+(@]*?[:.\s]\s*(?=[\d+(])|^[^\W\d_]{1,20}\s*(?=[\d+(])")
_WRITTEN: Final = re.compile(r"[+(]{0,2}\d[\d\s.()+\u00a0-]*")
_FAX: Final = re.compile(r"\bfax\b", re.IGNORECASE)
# Of Vietnam, after its 0: mobile numbers of nine digits, and landlines of ten since 2017 (Decision
# 2036/QĐ-BTTTT of 2016).
_MOBILE: Final = re.compile(r"(?:3[2-9]|5[25689]|7[06-9]|8[1-9]|9\d)\d{7}")
_LANDLINE: Final = re.compile(r"2(?:4|8)\d{8}|2[0-35-79]\d\d{7}")
_HANOI_BEFORE: Final = re.compile(r"4\d{8}")
# Mobile numbers of ten digits before November 2018 (Decision 798/QĐ-BTTTT), by what they became.
_BEFORE_2018: Final = {
    **{"120": "70", "121": "79", "122": "77", "126": "76", "128": "78"},
    **{"123": "83", "124": "84", "125": "85", "127": "81", "129": "82"},
    **{f"16{n}": f"3{n}" for n in range(2, 10)},
    **{"186": "56", "188": "58", "199": "59"},
}
_ABROAD: Final = re.compile(r"[1-9]\d{6,14}")
_PHONE_EXPECTED: Final = "a telephone number such as 0912 345 678, 024 3825 1234 or +81 3 1234 5678"


@dataclass
class Contacts:
    """What a cell gives to reach a person by, and what of it was left out, in words."""

    values: list[ContactValue] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def add(self, value: ContactValue) -> None:
        """Add an address, once."""
        if value.normalised() not in {each.normalised() for each in self.values}:
            self.values.append(value)


def without_private(text: str) -> str:
    """A text without the e-mail addresses and identity numbers that stand in it."""
    if "@" in text:
        text = _EMAIL.sub("", text)
    return _IDENTITY.sub("", text) if _MANY_DIGITS.search(text) else text


def emails(text: str) -> Contacts:
    """The e-mail addresses of a cell.

    Raises:
        CellError: Something in it is none.
    """
    found = Contacts()
    rest = _take_emails(text, found)
    # Names before addresses, brackets and the words between them are left out without a word.
    if not found.values or "@" in rest:
        raise CellError("an e-mail address like name@example.org")
    return found


def phones(text: str, *, is_number: bool = False) -> Contacts:
    """The telephone numbers of a cell in the form of E.164; fax numbers and extensions go.

    Args:
        is_number: The cell is a number, which has lost its first 0.

    Raises:
        CellError: Something in it is no telephone number.
    """
    found = Contacts()
    for part in _phone_parts(text):
        if _FAX.search(fold(part)):
            found.left_out.append("fax numbers")
            continue
        shorter = _EXTENSION.sub("", part)
        if shorter != part:
            found.left_out.append("extensions of telephone numbers")
        found.add(ContactValue(kind="phone", address=_number(shorter, found, is_number=is_number)))
    if not found.values and not found.left_out:
        raise CellError(_PHONE_EXPECTED)
    return found


def contacts(text: str) -> Contacts:
    """The e-mail addresses and telephone numbers of a cell that may hold both, and other words.

    Raises:
        CellError: It holds neither.
    """
    found = Contacts()
    rest = _take_emails(text, found)
    for part in _phone_parts(rest):
        if _FAX.search(fold(part)):
            found.left_out.append("fax numbers")
        elif sum(map(str.isdigit, part)) >= 8:
            number = _number(_EXTENSION.sub("", part), found)
            found.add(ContactValue(kind="phone", address=number))
        elif re.search(r"[^\W_]{2}", _LABEL.sub("", part)):
            found.left_out.append("words beside contact data")
    if not found.values:
        raise CellError("an e-mail address or a telephone number")
    return found


def _take_emails(text: str, found: Contacts) -> str:
    """Add the e-mail addresses of a text; what is left of it."""
    for match in _EMAIL.finditer(text):
        address = clean(match[0]).strip(".,'’")
        try:
            found.add(ContactValue(kind="email", address=address.removeprefix("mailto:")))
        except ValidationError as exc:
            raise CellError("an e-mail address like name@example.org") from exc
    return _EMAIL.sub("; ", text)


def _phone_parts(text: str) -> list[str]:
    parts: list[str] = []
    for part in _PARTS.split(text):
        digits = sum(map(str.isdigit, part))
        # "0912 345 678 - 0987 654 321": a dash also parts the groups of one number.
        pieces = re.split(r"\s[-–]\s", part) if digits > 13 else [part]
        parts += [clean(piece) for piece in pieces if clean(piece)]
    return [part for part in parts if part.strip(" .,-–()")]


def _number(part: str, found: Contacts, *, is_number: bool = False) -> str:
    """One number in the form of E.164."""
    written = _LABEL.sub("", part.replace("\u00a0", " ")).strip(" .,:;")
    if not _WRITTEN.fullmatch(written):
        raise CellError(_PHONE_EXPECTED)
    digits = re.sub(r"\D", "", written.replace("(0)", ""))
    is_abroad = written.lstrip("(").startswith("+")
    if digits.startswith("00") and not is_abroad:
        digits, is_abroad = digits[2:], True
    if digits.startswith("84") and (is_abroad or len(digits) in {11, 12}):
        return _vietnamese(digits[2:].removeprefix("0"), found)
    if is_abroad:
        if not _ABROAD.fullmatch(digits):
            raise CellError(_PHONE_EXPECTED)
        return f"+{digits}"
    if digits.startswith("0"):
        return _vietnamese(digits[1:], found)
    if is_number and len(digits) in {9, 10}:
        return _vietnamese(digits, found)
    raise CellError(_PHONE_EXPECTED)


def _vietnamese(national: str, found: Contacts) -> str:
    if _MOBILE.fullmatch(national) or _LANDLINE.fullmatch(national):
        return f"+84{national}"
    if len(national) == 10 and (now := _BEFORE_2018.get(national[:3])):
        found.left_out.append("numbers of before 2018, written as they are today")
        return f"+84{now}{national[3:]}"
    if _HANOI_BEFORE.fullmatch(national):
        found.left_out.append("numbers of before 2018, written as they are today")
        return f"+842{national}"
    raise CellError(_PHONE_EXPECTED)
