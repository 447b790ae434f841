"""Patents, projects and awards as a CV lists them: titles, numbers, roles, years. Pure."""

import re
from typing import Any, Final

from ingest.own.citations import JUNK, QUOTED, is_name, years_beside
from ingest.own.items import Reading
from ingest.own.periods import find_period, folded, years_in
from ingest.own.places import Entry, is_organisation, without_bullet
from ingest.own.wording import LONG, SHORT, fitted, local
from registry.text import clean

__all__ = ["add_award", "add_patent", "add_project"]

_PATENT: Final = re.compile(
    r"\b(?:US|EP|WO|VN|CN|JP|KR|DE|FR|GB|AU|CA|RU|TW|SG)[\s-]?(?:\d[\d,./-]{3,20}\d)(?:\s?[A-Z]\d?)?\b"
    r"|\b\d-\d{4}-\d{5}\b|\b\d-\d{7}(?:-\d{3})?\b"
)
_PATENT_LABEL: Final = re.compile(
    r"\b(?:bang doc quyen sang che|bang sang che|bang giai phap huu ich|patent|so bang|"
    r"so don|application|so|no|number)\b\.?\s*(?:no\.?|so|number)?\s*[:.#]?\s*"
    r"(?P<number>[\d][\w/.-]{3,24})"
)
_PROJECT_NUMBER: Final = re.compile(
    r"\b(?:ma so|ma de tai|grant no|grant number|project no|contract no|so hop dong|ma)\b"
    r"\.?\s*:?\s*(?P<number>[\w][\w./-]{3,40})"
)
_PROJECT_ROLE: Final = re.compile(
    r"\b(?:(?:dong )?chu nhiem(?: (?:de tai|du an|nhiem vu))?|thanh vien(?: (?:chinh|tham gia))?|"
    r"thu ky(?: khoa hoc)?|chu tri|tham gia|co-?\s?(?:pi|investigator)|pi|principal investigator|"
    r"project leader|member|coordinator|participant)\b"
)
_FUNDER: Final = re.compile(
    r"\b(?:nafosted|cap (?:nha nuoc|bo|tinh|thanh pho|co so|truong|dhqg|quoc gia|vien)|"
    r"bo khoa hoc|bo khcn|bo kh&cn|vinif|quy |horizon|h2020|nsf|dfg|jsps|erc|anr|world bank|"
    r"ngan hang the gioi|adb|undp|usaid|ministry|foundation|fund)"
)
_WITHOUT_YEARS: Final = re.compile(r"[(\[]?\b(?:19|20)\d\d[a-z]?\b[)\]]?")


def add_patent(reading: Reading, entry: Entry) -> bool:
    """Add a patent; False when no title is found."""
    text = clean(without_bullet(entry.text))
    words = folded(text)
    number, rest = None, text
    if match := _PATENT.search(text):
        number, rest = match[0], f"{text[: match.start()]}, {text[match.end() :]}"
    elif match := _PATENT_LABEL.search(words):
        number = text[match.start("number") : match.end("number")].rstrip(".-/")
        rest = f"{text[: match.start()]}, {text[match.end() :]}"
    title, is_plain = _main_part(rest, entry.cells)
    found = fitted(reading, title, LONG, entry.where)
    if found is None:
        return False
    years = years_beside(_without_numbers(rest), title)
    value: dict[str, Any] = {"title": local(found)}
    if number:
        value["number"] = number
    return reading.add(
        "patent",
        value,
        entry.where,
        entry.text,
        sure=is_plain and bool(number) and len(set(years)) == 1,
        started_on=years[-1] if years else None,
    )


def _without_numbers(text: str) -> str:
    return re.sub(r"\d[\d,./-]*[./-]\d[\d,./-]*", lambda m: m[0] if len(m[0]) <= 10 else " ", text)


def add_project(reading: Reading, entry: Entry) -> bool:
    """Add a project; False when no title is found."""
    text = clean(without_bullet(entry.text))
    period = find_period(text)
    rest = period.without(text) if period else text
    words = folded(rest)
    value: dict[str, Any] = {}
    if match := _PROJECT_NUMBER.search(words):
        number = rest[match.start("number") : match.end("number")].rstrip(".-/")
        if any(char.isdigit() for char in number):
            value["number"] = number
            rest = f"{rest[: match.start()]}, {rest[match.end() :]}"
    pieces = [p for p in re.split(r"[,;|()]|\s[-–—]\s|\.\s|:\s", rest) if p.strip(JUNK)]
    role = next((p for p in pieces if len(p) < 60 and _PROJECT_ROLE.search(folded(p))), None)
    funder = next(
        (p for p in pieces if len(p) < 120 and _FUNDER.search(folded(p)) and p != role), None
    )
    cells = tuple(
        c for c in entry.cells if c.strip() not in {(role or "").strip(), (funder or "").strip()}
    )
    left = rest
    for part in (role, funder):
        left = left.replace(part, " ") if part else left
    title, is_plain = _main_part(left, cells)
    found = fitted(reading, title, LONG, entry.where)
    if found is None or len(found) < 8:
        return False
    value["title"] = local(found)
    if role and (shown := fitted(reading, role.strip(JUNK), SHORT, entry.where)):
        value["role"] = local(shown)
    if funder and (payer := fitted(reading, funder.strip(JUNK), SHORT, entry.where)):
        value["funder"] = payer
    return reading.add(
        "project",
        value,
        entry.where,
        entry.text,
        sure=is_plain and period is not None and not entry.is_joined,
        started_on=period.start if period else None,
        ended_on=period.end if period else None,
    )


def _main_part(text: str, cells: tuple[str, ...]) -> tuple[str, bool]:
    """The title: what stands in quotation marks, else the longest part."""
    if match := QUOTED.search(text):
        return (match[1] or match[2]).strip(" ,."), True
    bare = _WITHOUT_YEARS.sub(" ", text)
    parts = [c for c in cells if c.strip()] if len(cells) > 1 else re.split(r"[;|]|\.\s|,\s", bare)
    cleaned = [clean(_WITHOUT_YEARS.sub(" ", part)).strip(JUNK) for part in parts]
    named = [part for part in cleaned if not all(is_name(p) for p in part.split(","))]
    return max(named or cleaned, key=len, default=""), False


def add_award(reading: Reading, entry: Entry) -> bool:
    """Add an award; False when there are no words in it."""
    text = clean(without_bullet(entry.text))
    years = years_in(text)
    giver = None
    if len(entry.cells) > 1:
        filled = [c for c in entry.cells if re.search(r"[^\W\d_]{2}", c)]
        givers = [cell for cell in filled[1:] if is_organisation(cell)]
        giver = givers[-1] if givers else None
        title = next((cell for cell in filled if cell != giver), "")
    else:
        title = clean(_WITHOUT_YEARS.sub(" ", text)).strip(" ,;:.–—-|")
        head, comma, tail = title.rpartition(", ")
        if comma and is_organisation(tail) and len(head) > 8:
            title, giver = head, tail
    found = fitted(reading, title.strip(" ,;:–—-|"), LONG, entry.where)
    if found is None or len(re.findall(r"[^\W\d_]", found)) < 4:
        return False
    value: dict[str, Any] = {"title": local(found)}
    if giver and (shown := fitted(reading, giver.strip(JUNK), SHORT, entry.where)):
        value["giver"] = shown
    return reading.add(
        "award",
        value,
        entry.where,
        entry.text,
        sure=len(set(years)) == 1 and not entry.is_joined and giver is None and not entry.cells,
        started_on=years[0] if years else None,
    )
