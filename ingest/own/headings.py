"""Headings of a CV in Vietnamese and English, with or without marks and numbers. Pure."""

import re
from enum import StrEnum
from typing import Final

from ingest.own.periods import folded, years_in
from registry.text import clean

__all__ = ["Heading", "Section", "find_heading", "is_row_of_titles", "is_title_of_cv"]


class Section(StrEnum):
    """What a part of a CV is about."""

    PERSONAL = "personal"
    SUMMARY = "summary"
    EDUCATION = "education"
    EMPLOYMENT = "employment"
    PUBLICATIONS = "publications"
    PATENTS = "patents"
    PROJECTS = "projects"
    AWARDS = "awards"
    LANGUAGES = "languages"
    INTERESTS = "interests"
    REFERENCES = "references"
    FAMILY = "family"
    OTHER = "other"


_WORDS: Final = {
    Section.PERSONAL: "thong tin ca nhan|thong tin chung|thong tin lien he|lien he|ly lich so luoc|"
    "so luoc ly lich|ly lich ban than|ban than|personal information|personal details|"
    "personal data|personal|contact|contact information|contact details|thong tin",
    Section.SUMMARY: "gioi thieu|gioi thieu ban than|tom tat|tom tat tieu su|tieu su|summary|"
    "profile|professional summary|about me|about|biography|short biography|bio|biosketch|"
    "executive summary",
    Section.EDUCATION: "qua trinh dao tao|qua trinh hoc tap|hoc van|dao tao|trinh do hoc van|"
    "trinh do dao tao|bang cap|van bang|hoc tap|trinh do chuyen mon|dao tao chuyen mon|"
    "education|academic background|educational background|education and training|"
    "academic qualifications|qualifications|degrees|academic degrees|educational history|studies",
    Section.EMPLOYMENT: "qua trinh cong tac|qua trinh cong tac chuyen mon|qua trinh lam viec|"
    "kinh nghiem lam viec|kinh nghiem cong tac|kinh nghiem|kinh nghiem chuyen mon|cong tac|"
    "kinh nghiem nghe nghiep|qua trinh hoat dong|qua trinh hoat dong khoa hoc|employment|"
    "employment history|work experience|experience|professional experience|career|work history|"
    "career history|positions held|positions|appointments|academic appointments|"
    "professional appointments|academic positions|research experience|academic experience|"
    "industry experience|professional positions",
    Section.PUBLICATIONS: "cong trinh|cong trinh khoa hoc|cong trinh cong bo|cac cong trinh|"
    "cong trinh da cong bo|cong trinh tieu bieu|bai bao|bai bao khoa hoc|cac bai bao|cong bo|"
    "cac cong trinh khoa hoc|cac cong trinh da cong bo|cong bo khoa hoc|cong trinh nghien cuu|"
    "danh muc cong trinh|danh muc cong trinh khoa hoc|danh muc cac cong trinh khoa hoc|"
    "cac cong trinh cong bo|xuat ban|an pham|publications|selected publications|"
    "list of publications|publication list|scientific publications|papers|selected papers|"
    "research publications|recent publications|sach va giao trinh",
    Section.PATENTS: "bang sang che|sang che|cac bang sang che|bang doc quyen sang che|"
    "van bang bao ho|so huu tri tue|giai phap huu ich|bang sang che giai phap huu ich|patents|"
    "patent|inventions|intellectual property|patents and inventions",
    Section.PROJECTS: "de tai|de tai nghien cuu|de tai khoa hoc|cac de tai|du an|cac du an|"
    "de tai du an|de tai du an nhiem vu|nhiem vu khoa hoc|nhiem vu khoa hoc va cong nghe|"
    "cac de tai du an|de tai nghien cuu khoa hoc|cac de tai nghien cuu khoa hoc|"
    "cac de tai nghien cuu|nhiem vu khcn|projects|research projects|grants|research grants|"
    "funding|funded projects|selected projects|grants and funding",
    Section.AWARDS: "giai thuong|khen thuong|danh hieu|giai thuong khoa hoc|cac giai thuong|"
    "thanh tich|khen thuong va ky luat|hoc bong|awards|honors|honours|prizes|distinctions|"
    "scholarships|fellowships|awards and honors|achievements",
    Section.LANGUAGES: "ngoai ngu|trinh do ngoai ngu|ngon ngu|languages|language|language skills|"
    "foreign languages|kha nang ngoai ngu",
    Section.INTERESTS: "linh vuc nghien cuu|huong nghien cuu|linh vuc chuyen mon|linh vuc|"
    "huong nghien cuu chinh|linh vuc nghien cuu chinh|cac huong nghien cuu chinh|"
    "cac huong nghien cuu|linh vuc quan tam|chuyen mon|chuyen mon sau|linh vuc khoa hoc|"
    "research interests|research interest|areas of expertise|expertise|research areas|"
    "areas of interest|research fields|fields of research|fields of expertise|interests|ky nang|"
    "ky nang chuyen mon|skills|technical skills|key skills|core competencies|"
    "professional skills|specialities|specialties",
    Section.REFERENCES: "nguoi gioi thieu|nguoi tham chieu|nguoi tham khao|thong tin tham chieu|"
    "tham chieu|nguoi lien he khi can|references|referees|professional references",
    Section.FAMILY: "quan he gia dinh|hoan canh gia dinh|gia dinh|thong tin gia dinh|than nhan|"
    "quan he than toc|family|family background|family information",
    Section.OTHER: "chung chi|cac chung chi|giang day|cac mon giang day|qua trinh giang day|"
    "hoi nghi|hoi thao|hoi vien|thanh vien|hoat dong|hoat dong khac|hoat dong xa hoi|so thich|"
    "huong dan|hoc vien|nghien cuu sinh|thong tin khac|muc tieu|muc tieu nghe nghiep|cam doan|"
    "loi cam doan|ky luat|tin hoc|trinh do tin hoc|certificates|certifications|teaching|"
    "teaching experience|courses|conferences|talks|invited talks|presentations|memberships|"
    "membership|professional memberships|professional service|service|academic service|"
    "activities|hobbies|supervision|students|phd students|objective|career objective|other|"
    "training|short courses|media|volunteering|volunteer experience|reviewer|miscellaneous|"
    "computer skills|declaration|additional information",
}
_BY_WORDS: Final = {w: section for section, text in _WORDS.items() for w in text.split("|")}
_NUMBER: Final = re.compile(r"^\s*(?:[IVX]{1,5}|\d{1,2}(?:\.\d{1,2})*|[A-Ha-h])\s*[.)/:\-–]\s*")
_NO_WORD: Final = re.compile(r"[^\w]+|_+")
_PARTS: Final = re.compile(r"[/|()\n]|\s[-–—]\s")
_AND: Final = re.compile(r",|&|;|\b(?:va|and)\b")
_FILLER: Final = re.compile(r"^(?:cac|the|my|selected|danh sach|danh muc|list of)\s+")
_LONGEST: Final = 90
_TITLES: Final = frozenset(
    {"curriculum vitae", "cv", "resume", "ly lich khoa hoc", "so yeu ly lich", "ly lich"}
    | {"so yeu ly lich khoa hoc", "ly lich chuyen gia", "ho so chuyen gia", "scientific cv"}
    | {"cong hoa xa hoi chu nghia viet nam", "doc lap tu do hanh phuc", "academic cv"}
    | {"socialist republic of vietnam", "independence freedom happiness", "ho so khoa hoc"}
)
_COLUMNS: Final = frozenset(
    {"tt", "stt", "so tt", "no", "nam", "thoi gian", "tu nam", "den nam", "tu", "den", "year"}
    | {"noi dao tao", "co so dao tao", "truong", "chuyen nganh", "nganh", "hoc vi", "bac dao tao"}
    | {"trinh do", "van bang", "he dao tao", "hinh thuc dao tao", "nam tot nghiep", "period"}
    | {"co quan", "co quan cong tac", "don vi", "don vi cong tac", "noi cong tac", "chuc vu"}
    | {"vi tri", "vi tri cong tac", "cong viec", "cong viec dam nhan", "linh vuc", "ten cong trinh"}
    | {"ten bai bao", "tac gia", "tap chi", "noi cong bo", "nam cong bo", "ten de tai", "vai tro"}
    | {"ten de tai du an", "cap", "cap de tai", "co quan quan ly", "tinh trang", "ma so"}
    | {"ten giai thuong", "ten va noi dung", "hinh thuc", "to chuc", "ngoai ngu", "nghe", "noi"}
    | {"doc", "viet", "muc do", "date", "degree", "institution", "field", "major", "university"}
    | {"organisation", "organization", "position", "title", "role", "authors", "journal", "award"}
    | {"from", "to", "dates", "employer", "project", "language", "level", "country", "quoc gia"}
    | {"nuoc", "ghi chu", "note", "notes", "so van bang", "ten van bang", "noi cap", "nam cap"}
    | {"ten cong trinh bai bao", "ten sang che", "so hieu", "san pham", "muc do su dung"}
    | {"noi dung", "thoi gian thuc hien", "thoi gian cong tac", "noi dung dao tao", "funder"}
)


class Heading(tuple[Section, str]):
    """A section, and what stands behind the heading in its line."""

    @property
    def section(self) -> Section:
        return self[0]

    @property
    def rest(self) -> str:
        return self[1]


def _words(text: str) -> str:
    return " ".join(_NO_WORD.sub(" ", folded(text)).split())


def find_heading(text: str, *, is_title: bool = False) -> Heading | None:
    """The section that a line begins, or None.

    A heading of other words is one when it is formatted so: what stands below it is then of no
    section that is known.
    """
    line = clean(text)
    bare = _NUMBER.sub("", line, count=1).strip()
    head, colon, rest = bare.partition(":")
    if colon and rest.strip() and len(head) <= _LONGEST and (found := _section(head)):
        return Heading((found, rest.strip()))
    if len(line) > _LONGEST or years_in(line):
        return None
    if found := _section(bare.rstrip(" :")):
        return Heading((found, ""))
    letters = [char for char in bare if char.isalpha()]
    is_upper = len(letters) >= 6 and bare.upper() == bare and not any(c.isdigit() for c in bare)
    # In capitals and with a number: a name or a word in capitals has none.
    if is_title or (is_upper and (bare != line or line.endswith(":"))):
        return Heading((Section.OTHER, ""))
    return None


def _section(text: str) -> Section | None:
    if found := _by(text):
        return found
    parts = [found for part in _PARTS.split(text) if (found := _by(part))]
    if parts:
        return parts[0]
    # "Giải thưởng và danh hiệu": each part alone is a heading.
    joined = [_by(part) for part in _AND.split(folded(text)) if part.strip()]
    known = [each for each in joined if each is not None]
    return known[0] if len(known) > 1 and len(known) == len(joined) else None


def _by(text: str) -> Section | None:
    words = _words(text)
    return _BY_WORDS.get(words) or _BY_WORDS.get(_FILLER.sub("", words))


def is_title_of_cv(text: str) -> bool:
    """Whether a line is the title of the document, or the motto above it."""
    words = _words(text)
    return words in _TITLES or words.removesuffix(" cv") in _TITLES


def is_row_of_titles(cells: tuple[str, ...]) -> bool:
    """Whether a row of a table holds the titles of its columns."""
    words = [_words(re.sub(r"\([^)]*\)", " ", cell)) for cell in cells if cell.strip()]
    known = sum(w in _COLUMNS or _parts_known(w) for w in words)
    return len(words) > 1 and known * 2 >= len(words) and not years_in(" ".join(cells))


def _parts_known(words: str) -> bool:
    head, _, tail = words.partition(" ")
    return head in _COLUMNS and tail in _COLUMNS
