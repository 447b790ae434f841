"""The personal part of a CV: name, titles, year of birth, contacts, where one works now. Pure.

Identity numbers, home address, family, ethnicity, religion, citizenship and the day of birth are
recognised to be left out: a note says that they were there, and nothing repeats them.
"""

import re
from typing import Final, NamedTuple

from ingest.own.items import Left, Reading
from ingest.own.periods import find_period, folded, years_in
from ingest.own.tongues import find_country
from ingest.own.wording import EMAIL, SHORT, fitted, local
from registry.names.parse import parse_name
from registry.names.titles import DEGREES, RANKS, split_titles
from registry.text import clean

__all__ = ["Labelled", "add_name", "add_titles", "labelled", "left_out", "read_personal"]

_LABELS: Final = {
    "name": "ho va ten|ho ten|ho va ten khai sinh|ho, chu dem va ten|ho, ten|full name|name|"
    "ten goi khac|other names",
    "birth": "ngay, thang, nam sinh|ngay thang nam sinh|ngay sinh|nam sinh|sinh ngay|sinh nam|"
    "date of birth|birth date|year of birth|birthday|dob|born",
    "sex": "gioi tinh|nam/nu|nam, nu|gender|sex",
    "origin": "dan toc|ton giao|quoc tich|que quan|nguyen quan|noi sinh|nationality|citizenship|"
    "ethnicity|ethnic group|religion|place of birth|birthplace|native place|hometown|"
    "date and place of birth|ngay va noi sinh|visa status|immigration status",
    "identity": "so cmnd/cccd|so cccd/cmnd|cmnd/cccd|cccd/cmnd|cmnd/ho chieu|so cmnd|so cccd|cccd|"
    "cmnd|cmtnd|can cuoc cong dan|so can cuoc cong dan|can cuoc|so can cuoc|"
    "chung minh nhan dan|so chung minh nhan dan|giay cmnd|so dinh danh ca nhan|so dinh danh|"
    "ho chieu|so ho chieu|passport number|passport no|passport|identity card|id card|"
    "id number|id no|national id|ssn|social security number|ma so thue|ma so thue ca nhan|"
    "so tai khoan|tai khoan ngan hang|bhxh|so bhxh|ma so bhxh|tax code|bank account|"
    "ngay cap|noi cap",
    "family": "tinh trang hon nhan|hon nhan|marital status|spouse|children|ho ten vo|ho ten chong|"
    "ho va ten vo|ho va ten chong|ho ten bo|ho ten cha|ho ten me|vo|chong|con|"
    "thanh phan gia dinh|father|mother",
    "address": "dia chi nha rieng|dia chi thuong tru|dia chi lien lac|dia chi lien he|"
    "dia chi hien nay|dia chi hien tai|dia chi|cho o rieng|cho o hien nay|cho o|noi o hien nay|"
    "noi o|ho khau thuong tru|ho khau|noi dang ky ho khau thuong tru|"
    "noi dang ky ho khau|noi thuong tru|thuong tru|home address|permanent address|"
    "current address|residential address|mailing address|address|residence",
    "office": "dia chi co quan|office address|work address|office",
    "email": "dia chi email|dia chi e-mail|thu dien tu|hop thu dien tu|e-mail|email|mail",
    "phone": "so dien thoai|dien thoai di dong|dien thoai co quan|dien thoai nha rieng|"
    "dien thoai lien he|dien thoai|di dong|sdt|dtdd|dt|tel|telephone|phone number|phone|"
    "mobile phone|mobile|cell phone|cell|cq|nr|dd",
    "titles": "hoc ham, hoc vi|hoc ham/hoc vi|hoc ham hoc vi|hoc ham va hoc vi|hoc vi, hoc ham|"
    "hoc ham|hoc vi cao nhat|hoc vi|chuc danh khoa hoc|chuc danh giang day|academic rank|"
    "academic title|academic degree|highest degree|trinh do cao nhat",
    "organisation": "don vi cong tac hien nay|don vi cong tac|co quan cong tac hien nay|"
    "co quan cong tac|noi cong tac hien nay|noi cong tac|noi lam viec hien nay|noi lam viec|"
    "co quan chu quan|co quan|don vi|current affiliation|affiliation|current employer|employer|"
    "institution|organisation|organization|workplace",
    "role": "chuc vu hien nay|chuc vu, chuc danh|chuc vu cong tac|chuc vu|chuc danh hien tai|"
    "chuc danh nghe nghiep|chuc danh|vi tri cong tac|vi tri hien tai|nghe nghiep|"
    "current position|position|job title|occupation",
    "orcid": "ma orcid|orcid id|orcid",
}
_KIND: Final = {label: kind for kind, text in _LABELS.items() for label in text.split("|")}
_LEFT: Final = {
    "sex": Left.SEX,
    "origin": Left.ORIGIN,
    "identity": Left.IDENTITY,
    "family": Left.FAMILY,
    "address": Left.ADDRESS,
}
_BRACKET: Final = r"(?:\s*\([^()]{0,60}\))?"
_LABEL: Final = re.compile(
    r"(?:^|(?<=[\s|;,.•*–-]))(?:\d{1,2}[.)]\s*)?(?P<label>"
    + "|".join(re.escape(label) for label in sorted(_KIND, key=len, reverse=True))
    + rf"){_BRACKET}\s*:"
)
_ORCID: Final = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX](?!\d)", re.IGNORECASE)
_PHONE: Final = re.compile(r"(?<![\d.])\(?(?:\+|00)?\d[\d ().-]{6,16}\d(?!\d)")
_IDENTITY: Final = re.compile(r"(?<!\d)(?:\d{12}|\d{9})(?!\d)")
_IDENTITY_WORDS: Final = re.compile(r"\b(?:cccd|cmnd|cmtnd|ho chieu|passport|can cuoc)\b")
# A house with its number, and where it stands.
_STREET: Final = re.compile(
    r"\b(?:so|no\.?|ngo|ngach|apt\.?|\d{1,5}[a-z]?(?:/\d+)?)\s[^|@]{0,60}"
    r"\b(?:duong|pho|phuong|quan|huyen|ngo|to dan pho|chung cu|street|st\.|road|rd\.|avenue|ave|"
    r"lane|drive|boulevard|blvd)(?!\w)"
)
_JUNK: Final = " ,;|.•–—-:"


class Labelled(NamedTuple):
    """A label with its value; without one, what stands before the first label."""

    kind: str
    label: str
    value: str


def labelled(text: str, cells: tuple[str, ...] = ()) -> list[Labelled]:
    """The labels of a line with their values; of a row, a cell may be the label of the next."""
    if cells:
        filled = [cell for cell in cells if cell.strip()]
        is_label = [_kind(cell) is not None for cell in filled]
        text = "  ".join(
            f"{cell.rstrip(' :')}:" if known else cell
            for cell, known in zip(filled, is_label, strict=True)
        )
    words = folded(text)
    matches = list(_LABEL.finditer(words))
    found: list[Labelled] = []
    first = matches[0].start() if matches else len(text)
    if before := clean(text[:first]).strip(_JUNK):
        found.append(Labelled("", "", before))
    for number, match in enumerate(matches, start=1):
        end = matches[number].start() if number < len(matches) else len(text)
        label = text[match.start("label") : match.end("label")]
        value = clean(text[match.end() : end]).strip(_JUNK)
        found.append(Labelled(_KIND[match["label"]], label, value))
    return found


def _kind(cell: str) -> str | None:
    return _KIND.get(re.sub(r"\([^)]*\)", "", folded(clean(cell))).strip(" :."))


def left_out(reading: Reading, part: Labelled, where: str) -> bool:
    """Note a part that is left out on purpose, and repeat nothing of it."""
    if (left := _LEFT.get(part.kind)) is not None:
        reading.note(left, where)
        return True
    is_bare = part.kind in {"", "office"}
    if is_bare and (_IDENTITY_WORDS.search(folded(part.value)) or _IDENTITY.search(part.value)):
        reading.note(Left.IDENTITY, where)
        return True
    if part.kind == "" and _STREET.search(folded(part.value)):
        reading.note(Left.ADDRESS, where)
        return True
    return False


def read_personal(reading: Reading, parts: list[Labelled], where: str) -> None:
    """Read the parts of one line of the personal section."""
    by_kind = {part.kind: part for part in parts}
    for part in parts:
        words = f"{part.label}: {part.value}" if part.label else part.value
        if left_out(reading, part, where) or not part.value:
            continue
        if part.kind == "name":
            add_name(reading, part.value, where, sure=True)
        elif part.kind == "birth":
            _add_birth(reading, part, where)
        elif part.kind == "titles":
            found, rest = add_titles(reading, part.value, where, words)
            if not found or (rest and not years_in(rest)):
                reading.leave(where, words)
        elif part.kind == "organisation" and re.search(r"[^\W\d_]{2}", part.value):
            _add_place(reading, part.value, by_kind.get("role"), where, words)
        elif part.kind == "role":
            if "organisation" not in by_kind:
                role = fitted(reading, part.value, SHORT, where)
                value = {"title": local(role or "")}
                reading.add("post", value, where, words, sure=False)
        elif part.kind == "orcid" and (match := _ORCID.search(part.value)):
            reading.add_orcid(match[0], where, words)
        else:
            _add_contacts(reading, part, where, words)


def _add_birth(reading: Reading, part: Labelled, where: str) -> None:
    """The year alone; the words that are shown hold no more."""
    years = [year for year in years_in(part.value) if year < "2020"]
    if part.value.strip(" .") != "".join(years[:1]):
        reading.note(Left.BIRTH, where)
    if years:
        value = {"year": int(years[0])}
        text = f"{part.label}: … {years[0]}"
        reading.add("birth_year", value, where, text, sure=len(set(years)) == 1)


def _add_place(reading: Reading, text: str, role: Labelled | None, where: str, words: str) -> None:
    name, _, tail = text.rpartition(",")
    country = find_country(tail) if name else None
    organisation = fitted(reading, name if country else text, SHORT, where)
    if organisation is None:
        return
    value: dict[str, object] = {"organisation": organisation}
    if country:
        value["country_code"] = country
    if role is not None and (title := fitted(reading, role.value, SHORT, where)):
        value["role"] = local(title)
        words = f"{words}; {role.label}: {role.value}"
    period = find_period(text)
    reading.add("affiliation", value, where, words, sure=period is None)


def _add_contacts(reading: Reading, part: Labelled, where: str, words: str) -> None:
    """E-mail addresses and numbers of a part; what else it says is left to be read."""
    rest = part.value
    for match in EMAIL.finditer(part.value):
        value = {"kind": "email", "address": match[0].rstrip(".")}
        reading.add("contact", value, where, match[0], sure=True)
        rest = rest.replace(match[0], " ")
    if part.kind != "email":
        for orcid in _ORCID.findall(rest):
            reading.add_orcid(orcid, where, words)
            rest = rest.replace(orcid, " ")
            rest = re.sub(r"(?:https?://)?orcid(?:\.org/?)?", " ", rest, flags=re.IGNORECASE)
        for found in _PHONE.findall(rest):
            digits = sum(char.isdigit() for char in found)
            is_phone = found.lstrip("(").startswith(("0", "+")) or part.kind == "phone"
            if is_phone and 8 <= digits <= 15:
                value = {"kind": "phone", "address": found.strip()}
                sure = part.kind == "phone"
                reading.add("contact", value, where, found, sure=sure)
                rest = rest.replace(found, " ")
    pieces = [clean(piece).strip(_JUNK) for piece in rest.split("|")]
    for piece in (p for p in pieces if re.search(r"[^\W_]{2}", p)):
        if not left_out(reading, Labelled("", "", piece), where):
            is_whole = rest == part.value and part.label
            reading.leave(where, f"{part.label}: {piece}" if is_whole else piece)


def add_name(reading: Reading, text: str, where: str, *, sure: bool) -> bool:
    """Add a name as another spelling, and its titles as rank and degree."""
    text = clean(text).strip(_JUNK)
    _, rest = add_titles(reading, text, where, text)
    parsed = parse_name(rest)
    if len(parsed.display.split()) < 2 or re.search(r"[\d@:]", parsed.display):
        reading.leave(where, text)
        return False
    value = {"display": parsed.display, "kind": "variant"}
    return reading.add("name", value, where, text, sure=sure)


def add_titles(reading: Reading, text: str, where: str, words: str) -> tuple[tuple[str, ...], str]:
    """Add the rank and the degree that titles name.

    Returns:
        The titles, and what stands behind them.
    """
    found, rest = split_titles(clean(text))
    years = years_in(rest)
    for title in found:
        if (rank := RANKS.get(title)) and not (title == "GS" and "PGS" in found):
            reading.add("rank", {"rank": rank}, where, words, sure=True)
        if (level := DEGREES.get(title)) and title not in {"CN", "KS", "KTS", "ThS"}:
            reading.add("degree", {"level": level}, where, words, sure=not years)
        elif level:
            reading.add("degree", {"level": level}, where, words, sure=False)
    return found, rest
